//! Closed vocabularies: enums with one fixed word each on the wire and in the database.

/// A value of a closed vocabulary.
pub trait Word: Copy + Eq + Sized + 'static {
    /// What the vocabulary is called in messages.
    const VOCABULARY: &'static str;
    /// Every value, in order.
    const ALL: &'static [Self];
    /// Every value's word, and what people read.
    const CHOICES: &'static [(&'static str, &'static str)];

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
            const CHOICES: &'static [(&'static str, &'static str)] = &[$(($word, $label)),*];

            fn word(self) -> &'static str {
                match self { $(Self::$value => $word),* }
            }
        }

        impl $crate::journey::schema::Shaped for $name {
            const SHAPE: $crate::journey::schema::Shape =
                $crate::journey::schema::Shape::Choice(<Self as $crate::journey::words::Word>::CHOICES);
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

    /// The phase of a visit an event belongs to; each has its colour.
    Phase {
        Arrive "arrive" "Arrival",
        Wait "wait" "Waiting",
        Consult "consult" "Consultation",
        Test "test" "Tests",
        Treat "treat" "Treatment",
        Pay "pay" "Payment",
        Refer "refer" "Onward care",
        Leave "leave" "Leaving",
    }

    /// The groups of the table of events.
    Group {
        Registration "A" "Registration",
        Queue "B" "Queue",
        Consultation "C" "Consultation",
        Clinical "D" "Clinical",
        Billing "E" "Billing",
        Laboratory "F" "Laboratory",
        Documents "G" "Documents",
        Completion "H" "Completion",
        FollowUp "I" "Follow-up",
    }

    /// Why a step was refused.
    Code {
        InvalidMetadata "INVALID_METADATA" "Not filled in correctly",
        RoleNotAllowed "ROLE_NOT_ALLOWED" "Not for this role",
        UnknownReference "UNKNOWN_REFERENCE" "Unknown reference",
        VisitNotFound "VISIT_NOT_FOUND" "Visit not found",
        VersionConflict "VERSION_CONFLICT" "Changed meanwhile",
        InTheFuture "IN_THE_FUTURE" "In the future",
        BeforeRegistration "BEFORE_REGISTRATION" "Before registration",
        TooOld "TOO_OLD" "Too long ago",
        OutOfOrder "OUT_OF_ORDER" "Out of order",
        VisitClosed "VISIT_CLOSED" "Visit closed",
        AlreadyRegistered "ALREADY_REGISTERED" "Already registered",
        InRoom "IN_ROOM" "In a room",
        AlreadyInQueue "ALREADY_IN_QUEUE" "Already in a queue",
        NoTestAwaiting "NO_TEST_AWAITING" "No test awaiting",
        NotInQueue "NOT_IN_QUEUE" "Not in a queue",
        NotCalled "NOT_CALLED" "Not called",
        NotInRoom "NOT_IN_ROOM" "Not in a room",
        NotInConsultation "NOT_IN_CONSULTATION" "Not in consultation",
        NotSeenYet "NOT_SEEN_YET" "Not seen yet",
        DuplicateId "DUPLICATE_ID" "Id used already",
        AlreadyBilled "ALREADY_BILLED" "Already billed",
        TestNotOrdered "TEST_NOT_ORDERED" "Test not ordered",
        BillNotFound "BILL_NOT_FOUND" "Bill not found",
        NothingDue "NOTHING_DUE" "Nothing due",
        AmountMismatch "AMOUNT_MISMATCH" "Amount does not fit",
        RefundExceedsPaid "REFUND_EXCEEDS_PAID" "More than was paid",
        SamePerson "SAME_PERSON" "Another person is needed",
        WrongTestStage "WRONG_TEST_STAGE" "Wrong stage of the test",
        PaymentRequired "PAYMENT_REQUIRED" "Payment required",
        DocumentNotFound "DOCUMENT_NOT_FOUND" "Document not found",
        StillInQueue "STILL_IN_QUEUE" "Still in a queue",
        TestsOutstanding "TESTS_OUTSTANDING" "Tests outstanding",
        BalanceDue "BALANCE_DUE" "Balance due",
        AlreadySeen "ALREADY_SEEN" "Already seen",
        FollowUpNotFound "FOLLOWUP_NOT_FOUND" "Follow-up not found",
    }
}
