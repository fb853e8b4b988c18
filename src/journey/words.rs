//! Closed vocabularies: enums with one fixed word each on the wire and in the database.

/// A value of a closed vocabulary.
pub trait Word: Copy + Eq + Sized + 'static {
    /// What the vocabulary is called in messages.
    const VOCABULARY: &'static str;
    /// Every value, in order.
    const ALL: &'static [Self];

    /// The word on the wire.
    fn word(self) -> &'static str;

    /// The value a word stands for.
    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.word() == word)
    }
}

/// Declares vocabularies; each value has its word and what people read.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident $word:literal $label:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$value_doc])* #[doc = $label] #[serde(rename = $word)] $value,)*
        }

        impl $crate::journey::words::Word for $name {
            const VOCABULARY: &'static str = stringify!($name);
            const ALL: &'static [Self] = &[$(Self::$value),*];

            fn word(self) -> &'static str {
                match self { $(Self::$value => $word),* }
            }
        }

        impl $name {
            /// What people read.
            pub fn label(self) -> &'static str {
                match self { $(Self::$value => $label),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.label())
            }
        }
    )*};
}
pub(crate) use words;

words! {
    /// What a person may be in the hospital.
    Role {
        Receptionist "RECEPTIONIST" "receptionist",
        Nurse "NURSE" "nurse",
        Doctor "DOCTOR" "doctor",
        BillingClerk "BILLING_CLERK" "billing clerk",
        LabTechnician "LAB_TECHNICIAN" "lab technician",
        Pathologist "PATHOLOGIST" "pathologist",
        Manager "MANAGER" "manager",
        System "SYSTEM" "system",
        Admin "ADMIN" "administrator",
        Auditor "AUDITOR" "auditor",
    }

    /// Who or what acts.
    ActorType {
        Human "HUMAN" "person",
        Ai "AI" "AI",
        System "SYSTEM" "system",
    }

    /// Why the patient is here.
    VisitType {
        Opd "OPD" "Out-patient",
        Emergency "EMERGENCY" "Emergency",
        FollowUp "FOLLOW_UP" "Follow-up",
        LabOnly "LAB_ONLY" "Lab only",
    }

    /// How urgent the visit, or a test, is; the most urgent first.
    Priority {
        Emergency "EMERGENCY" "Emergency",
        Urgent "URGENT" "Urgent",
        Routine "ROUTINE" "Routine",
    }

    /// Where patients queue.
    Station {
        Consultation "CONSULTATION" "Consultation",
        Lab "LAB" "Lab",
        Billing "BILLING" "Billing",
    }

    /// How a visit ended.
    Outcome {
        Completed "COMPLETED" "Completed",
        Cancelled "CANCELLED" "Cancelled",
        NoShow "NO_SHOW" "No-show",
        Rescheduled "RESCHEDULED" "Rescheduled",
    }

    /// A visit's status, derived for people.
    Status {
        Registered "REGISTERED" "Registered",
        Waiting "WAITING" "Waiting",
        Called "CALLED" "Called",
        Away "AWAY" "Away",
        InConsultation "IN_CONSULTATION" "In consultation",
        Open "OPEN" "In the house",
        Completed "COMPLETED" "Completed",
        Cancelled "CANCELLED" "Cancelled",
        NoShow "NO_SHOW" "No-show",
        Rescheduled "RESCHEDULED" "Rescheduled",
    }

    /// Where the latest consultation round stands.
    Consultation {
        None "NONE" "Not yet",
        InProgress "IN_PROGRESS" "In progress",
        Completed "COMPLETED" "Completed",
    }

    /// A test's stage.
    Stage {
        Ordered "ORDERED" "Ordered",
        Collected "COLLECTED" "Collected",
        InProgress "IN_PROGRESS" "In progress",
        Completed "COMPLETED" "Completed",
        Reviewed "REVIEWED" "Reviewed",
        Approved "APPROVED" "Approved",
        Reported "REPORTED" "Reported",
        Delivered "DELIVERED" "Delivered",
        Cancelled "CANCELLED" "Cancelled",
    }

    /// How a bill was paid.
    Method {
        Cash "CASH" "Cash",
        Card "CARD" "Card",
        Upi "UPI" "UPI",
        Insurance "INSURANCE" "Insurance",
        Transfer "TRANSFER" "Transfer",
        Other "OTHER" "Other",
    }

    /// What a review says of a result.
    Verdict {
        Accepted "ACCEPTED" "Accept",
        Repeat "REPEAT" "Repeat the test",
    }

    /// What a bill is for.
    BillKind {
        Consultation "CONSULTATION" "Consultation",
        Tests "TESTS" "Tests",
    }

    /// How a result compares with its reference range.
    Flag {
        Low "LOW" "low",
        Normal "NORMAL" "in range",
        High "HIGH" "high",
        Abnormal "ABNORMAL" "abnormal",
        Critical "CRITICAL" "critical",
    }

    /// Sex, as recorded.
    Sex {
        Female "FEMALE" "female",
        Male "MALE" "male",
        Other "OTHER" "other",
        Unknown "UNKNOWN" "sex not recorded",
    }
}
