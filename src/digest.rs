//! The daily digest: yesterday's waits in a few lines, by mail, to managers who ask for it. It names no patient.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::{NaiveDate, Timelike};
use tokio::sync::watch;
use tr::tr;

use crate::analytics::figures::{FEWEST, few};
use crate::analytics::waits::{Dimension, Question};
use crate::analytics::{Figure, Filter, Kept, Period, behind};
use crate::clock::Clock;
use crate::db::Db;
use crate::hospital::departments::{self, Department};
use crate::hospital::tenants::{self, Tenant};
use crate::hospital::{digests, measure_targets, people};
use crate::journey::course::Measure;
use crate::journey::ids::Id as _;
use crate::journey::words::Role;
use crate::language::{self, duration, say};
use crate::mail::{MailError, Mailer};

/// From which hour on it is sent.
const HOUR: u32 = 6;
/// How often it is looked whether it is time.
const TURN: Duration = Duration::from_secs(60);
/// A day, told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Its first line.
    pub subject: String,
    /// All of it.
    pub text: String,
}

/// Tells a day.
pub fn digest(tenant: &Tenant, day: NaiveDate, question: Question, departments: &[Department]) -> Digest {
    let visits = masked(question.visits_in(question.period).count());
    let mut text = format!("{}, {}\n\n", tenant.name, language::date(day, "%A, %-d %B %Y"));
    let _ = writeln!(text, "{}", tr!("Visits registered: {count}", count = visits));
    for (measure, [now, before]) in question.figures() {
        let _ = writeln!(text, "{}: {}", say(measure.label()), told(&now, &before));
    }
    let _ = writeln!(text, "\n{}", tr!("Door to doctor, by department, the longest first:"));
    for group in question.by(Measure::DoorToDoctor, Dimension::Department) {
        let name = departments.iter().find(|department| Some(department.id.as_str()) == group.key.as_deref());
        let name = name.map_or_else(|| tr!("No department"), |department| department.name.clone());
        let _ = writeln!(text, "- {name}: {}", told(&group.figure, &group.before));
    }
    let breaches = masked(question.breaches(Measure::DoorToDoctor).len());
    let _ = writeln!(text, "\n{}", tr!("Past the target from door to doctor: {count}", count = breaches));
    let stop = tr!("You asked for this digest on the page of targets, where it can be stopped.");
    let _ = writeln!(text, "\n{stop}");
    let day = language::date(day, "%-d %B");
    Digest { subject: tr!("{hospital}: where patients waited on {day}", hospital = tenant.name, day), text }
}

fn masked(count: usize) -> String {
    if few(count) { tr!("fewer than {count}", count = FEWEST) } else { count.to_string() }
}

fn told(now: &Figure, before: &Figure) -> String {
    if now.visits < FEWEST {
        return tr!("fewer than {count}, not told", count = FEWEST);
    }
    let words = |seconds: Option<i64>| seconds.map_or_else(|| "–".to_owned(), duration);
    let (median, p90) = (words(now.median), words(now.p90));
    let mut text = tr!("{median} at the median, {p90} for nine of ten", median, p90);
    if before.visits >= FEWEST {
        let before = words(before.median);
        let _ = write!(text, " ({})", tr!("the day before: {median}", median = before));
    }
    if let Some(share) = now.share_within().filter(|_| !few(now.least_within())) {
        let _ = write!(text, ", {}", tr!("{share} % within target", share = format!("{share:.0}")));
    }
    text
}

/// Sends the digest each morning, until it is asked to stop.
pub async fn run(db: Db, clock: Clock, kept: Kept, mailer: Mailer, mut stop: watch::Receiver<()>) {
    loop {
        if let Err(error) = round(&db, &clock, &kept, &mailer).await {
            tracing::warn!(%error, "the daily digest could not be made");
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(TURN) => {}
        }
    }
}

/// Sends what is due; says how many mails were sent.
pub async fn round(db: &Db, clock: &Clock, kept: &Kept, mailer: &Mailer) -> sqlx::Result<usize> {
    let mut sent = 0;
    for tenant in tenants::list(db).await? {
        let now = tenant.local(clock.now());
        let Some(yesterday) = now.date_naive().pred_opt().filter(|_| now.hour() >= HOUR) else { continue };
        let mut due = digests::list(db, &tenant.id).await?;
        due.retain(|reader| reader.told.is_none_or(|told| told < yesterday));
        // Half a day's figures are not told: it is looked again in a minute.
        if due.is_empty() || behind(db, &tenant.id).await?.is_some() {
            continue;
        }
        let period = Period::ending(yesterday, 1);
        let days = kept.days(db, &tenant, &[period, period.before()]).await?;
        let departments = departments::list(db, &tenant.id).await?;
        let targets = measure_targets::of_hospital(db, &tenant.id).await?;
        let filter = Filter::default();
        let question = Question { days: &days, period, filter: &filter, targets: &targets };
        let Digest { subject, text } = digest(&tenant, yesterday, question, &departments);
        for reader in due {
            // Who is no manager any more is told nothing.
            let person = people::by_id(db, &tenant.id, &reader.person_id).await?;
            let may = person.is_some_and(|person| person.active && person.holds_any(&[Role::Manager]));
            if !may || !digests::tell(db, &tenant.id, &reader.person_id, yesterday).await? {
                continue;
            }
            let outcome: Result<(), MailError> = mailer.send(reader.mail.as_str(), &subject, text.clone()).await;
            match outcome {
                Ok(()) => sent += 1,
                Err(error) => {
                    tracing::warn!(%error, "a digest was not sent; it is tried again");
                    digests::untell(db, &tenant.id, &reader).await?;
                }
            }
        }
    }
    Ok(sent)
}
