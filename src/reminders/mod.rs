//! Reminders of follow-ups: what is due is found, sent by mail or by a webhook for text messages, and logged by the system.
//!
//! Who has no address that can be reached this way stands on the reception's call list, and so does whom no reminder reached after
//! some attempts. A reminder that was sent but not logged, because the server ended between the two, is sent once more.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use tokio::sync::watch;
use tr::tr;

use crate::clock::Clock;
use crate::db::Db;
use crate::delivery::Outcome;
use crate::delivery::webhook::Webhook;
use crate::hospital::people;
use crate::hospital::tenants::{self, Tenant};
use crate::journey::events::EventType;
use crate::language;
use crate::log;
use crate::mail::Mailer;
use crate::projections::channels::{Channels, LATE};
use crate::projections::follow_ups::{self, FollowUpCard, FollowUps};
use crate::projections::following;
use crate::record::{RecordError, Recorder, Wish};

/// How often it is looked what is due.
const TURN: Duration = Duration::from_secs(60);
/// How long somebody who took a reminder upon themselves is left alone with it.
const CLAIM: TimeDelta = TimeDelta::minutes(10);

/// How reminders go out, and when.
pub struct Settings {
    /// Sends mail, when there is a server for it.
    pub mail: Option<Mailer>,
    /// Sends text messages, when there is a receiver for them.
    pub messages: Option<Webhook>,
    /// How long before it is due a follow-up is reminded of.
    pub ahead: TimeDelta,
}

impl Settings {
    /// The ways that are set up.
    pub fn channels(&self) -> Channels {
        Channels { mail: self.mail.is_some(), messages: self.messages.is_some() }
    }
}

/// Sends reminders.
pub struct Reminders {
    db: Db,
    clock: Clock,
    recorder: Recorder,
    settings: Settings,
}

/// Why reminders were not looked after.
#[derive(Debug, thiserror::Error)]
pub enum RemindError {
    /// A reminder was not logged.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Reminders {
    /// One who sends reminders.
    pub fn new(db: Db, clock: Clock, recorder: Recorder, settings: Settings) -> Self {
        Self { db, clock, recorder, settings }
    }

    /// Sends what is due, again and again, until it is told to stop.
    pub async fn run(self, mut stop: watch::Receiver<()>) {
        loop {
            if let Err(error) = self.turn().await {
                tracing::warn!(%error, "reminders were not sent");
            }
            tokio::select! {
                () = tokio::time::sleep(TURN) => {}
                _ = stop.changed() => return,
            }
        }
    }

    /// Sends what is due now, in every hospital, and says how many reminders went out.
    pub async fn turn(&self) -> Result<usize, RemindError> {
        let mut sent = 0;
        let channels = self.settings.channels();
        if channels.are_closed() {
            return Ok(sent);
        }
        for id in log::tenants(&self.db).await? {
            let Some(tenant) = tenants::by_id(&self.db, &id).await? else { continue };
            let now = self.clock.now();
            // Rows that are made anew do not know yet who was reminded.
            if !following::is_level(&self.db, &tenant.id, &FollowUps).await? {
                continue;
            }
            let (from, before) = (now - LATE, now + self.settings.ahead);
            for card in follow_ups::to_remind(&self.db, &tenant.id, from, before, channels).await? {
                if self.remind(&tenant, &card, now).await? {
                    sent += 1;
                }
            }
        }
        Ok(sent)
    }

    /// Sends one reminder and logs it; says whether it went out.
    async fn remind(&self, tenant: &Tenant, card: &FollowUpCard, now: DateTime<Utc>) -> Result<bool, RemindError> {
        let follow_up = &card.follow_up;
        let by_mail = self.settings.mail.as_ref().zip(card.patient_email.as_deref());
        let by_message = self.settings.messages.as_ref().zip(card.patient_phone.as_deref());
        if by_mail.is_none() && by_message.is_none() {
            return Ok(false);
        }
        if !follow_ups::claim(&self.db, &tenant.id, follow_up, now, now - CLAIM).await? {
            return Ok(false);
        }
        let words = words(tenant, card);
        let (channel, sent) = match (by_mail, by_message) {
            (Some((mail, address)), _) => {
                let subject = tr!("Your follow-up at {hospital}", hospital = tenant.name);
                ("e-mail", mail.send(address, &subject, words).await.map_err(|error| error.to_string()))
            }
            (None, Some((webhook, phone))) => ("SMS", message(webhook, tenant, card, phone, &words, now).await),
            (None, None) => return Ok(false),
        };
        if let Err(problem) = sent {
            tracing::warn!(%problem, channel, "a reminder did not go out");
            follow_ups::failed(&self.db, &tenant.id, follow_up, &problem).await?;
            return Ok(false);
        }
        let Some(system) = people::system(&self.db, &tenant.id).await? else { return Ok(false) };
        let metadata = json!({ "followUpId": follow_up.follow_up_id, "channel": channel });
        let mut wish = Wish::new(Some(follow_up.visit_id.clone()), EventType::FollowUpReminderSent, metadata);
        wish.branch_id = follow_up.branch_id.clone();
        self.recorder.record(tenant, &system.actor(), vec![wish], None).await?;
        Ok(true)
    }
}

async fn message(
    webhook: &Webhook,
    tenant: &Tenant,
    card: &FollowUpCard,
    phone: &str,
    words: &str,
    now: DateTime<Utc>,
) -> Result<(), String> {
    let body = json!({
        "to": phone,
        "text": words,
        "tenant": tenant.id,
        "followUpId": card.follow_up.follow_up_id,
    });
    match webhook.post("application/json", body.to_string().into(), now).await {
        Outcome::Delivered => Ok(()),
        Outcome::Refused(problem) | Outcome::Away(problem) => Err(problem),
    }
}

/// What a reminder says: where, when and with whom, and nothing of why.
fn words(tenant: &Tenant, card: &FollowUpCard) -> String {
    let due = language::date(tenant.local(card.follow_up.due_at), "%A %-d %B %Y, %H:%M");
    let (patient, hospital) = (&card.patient_name, &tenant.name);
    match &card.doctor_name {
        Some(doctor) => tr!(
            "{patient}, your follow-up at {hospital} is due on {time} with {doctor}. If you cannot come, please tell the reception.",
            patient,
            hospital,
            time = due,
            doctor
        ),
        None => tr!(
            "{patient}, your follow-up at {hospital} is due on {time}. If you cannot come, please tell the reception.",
            patient,
            hospital,
            time = due
        ),
    }
}
