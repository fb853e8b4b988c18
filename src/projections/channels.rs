//! The ways by which patients are reminded of follow-ups without a person's help.

use chrono::{DateTime, TimeDelta, Utc};

use super::follow_ups::FollowUpCard;

/// How often a reminder is tried before a person is to call.
pub const ATTEMPTS: i32 = 5;
/// How long a follow-up is still reminded of after it was due.
pub const LATE: TimeDelta = TimeDelta::days(1);

/// The ways that are set up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Channels {
    /// Whether mail can be sent.
    pub mail: bool,
    /// Whether text messages can be sent.
    pub messages: bool,
}

impl Channels {
    /// Whether there is none.
    pub fn are_closed(self) -> bool {
        self == Self::default()
    }

    /// Whether a reminder will still go out by one of them.
    pub fn reach(self, card: &FollowUpCard, now: DateTime<Utc>) -> bool {
        let is_reached = self.mail && card.patient_email.is_some() || self.messages && card.patient_phone.is_some();
        let is_given_up = card.attempts.is_some_and(|attempts| attempts >= ATTEMPTS);
        let is_due = card.follow_up.reminders == 0 && card.follow_up.due_at >= now - LATE;
        is_reached && is_due && !is_given_up
    }
}
