//! Which programmes of quality and law an event counts for, by its type.

use super::events::EventType::{self, *};

impl EventType {
    /// The tags that every event of this type bears, beside those its writer gives it.
    ///
    /// HEDIS and STAR: measures of care given (control of blood pressure, medicines, tests, follow-up). CMS: encounters and what they
    /// cost. PRIVACY: papers that enter or leave the house.
    pub fn default_tags(self) -> &'static [&'static str] {
        match self {
            VisitRegistered | VisitCompleted | ConsultationBilled | TestsBilled | PaymentRefunded => &["CMS"],
            VitalsRecorded | TestsOrdered | TestApproved => &["HEDIS"],
            PrescriptionGiven | FollowUpScheduled | FollowUpReminderSent => &["HEDIS", "STAR"],
            VisitNoShow => &["STAR"],
            DocumentUploaded | DocumentShared | ReportDelivered => &["PRIVACY"],
            _ => &[],
        }
    }
}
