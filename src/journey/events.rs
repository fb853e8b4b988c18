//! The table of events: all 34, each with who may log it, what it carries, and when it is accepted.
//!
//! This is the one place that lists them. The registry, the role check, the screens and the documents read it from here.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::ids::*;
use super::money::Money;
use super::schema::{Decimal, Digest, Due, Field, FieldProblem, List, New, Record, Shaped, Text, Whole, check};
use super::words::{Code, Flag, Group, Method, Phase, Priority, Role, Station, Verdict, VisitType, words};

/// One row of the table of events.
#[derive(Debug)]
pub struct Row {
    /// The event.
    pub event: EventType,
    /// Its group.
    pub group: Group,
    /// Its phase, which gives its colour.
    pub phase: Phase,
    /// Its icon, by lucide's name.
    pub icon: &'static str,
    /// The roles that may log it.
    pub roles: &'static [Role],
    /// The roles that may log it too when the visit is lab-only.
    pub lab_only_roles: &'static [Role],
    /// The fields of its metadata.
    pub fields: &'static [Field],
    /// When it is accepted.
    pub accepted: &'static str,
    /// The codes it is refused with otherwise.
    pub refused: &'static [Code],
    /// What one does to log it, for a button.
    pub action: &'static str,
}

/// Declares records: structs whose fields know their shape.
macro_rules! records {
    ($($(#[$doc:meta])* $name:ident { $($field:ident $wire:literal: $kind:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub struct $name {
            $(
                #[doc = concat!("`", $wire, "`.")]
                #[serde(rename = $wire, skip_serializing_if = "Shaped::is_absent")]
                pub $field: $kind,
            )*
        }

        impl Record for $name {
            const FIELDS: &'static [Field] = &[$(
                Field { name: $wire, shape: <$kind as Shaped>::SHAPE, required: <$kind as Shaped>::REQUIRED },
            )*];
        }
    )*};
}

/// Declares the events: the vocabulary, the metadata of each, and the table's rows.
macro_rules! events {
    ($(
        $(#[$doc:meta])*
        $name:ident $word:literal $title:literal, $group:ident $phase:ident $icon:literal,
        by [$($role:ident)*] $(or when lab_only [$($lab_role:ident)*])?,
        to $action:literal, when $accepted:literal, else [$($code:ident)*]
        { $($fields:tt)* }
    )*) => {
        words! {
            /// The type of an event.
            EventType { $($name $word $title,)* }
        }

        records! { $($(#[$doc])* $name { $($fields)* })* }

        /// An event with its metadata.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Event {
            $($(#[$doc])* $name($name),)*
        }

        impl Event {
            /// Its type.
            pub fn event_type(&self) -> EventType {
                match self { $(Self::$name(_) => EventType::$name),* }
            }

            /// Its metadata as JSON.
            pub fn metadata(&self) -> Value {
                match self { $(Self::$name(metadata) => serde_json::to_value(metadata)),* }.unwrap_or_default()
            }

            fn read<'a, D: Deserializer<'a>>(event: EventType, metadata: D) -> Result<Self, D::Error> {
                Ok(match event { $(EventType::$name => Self::$name($name::deserialize(metadata)?)),* })
            }
        }

        /// The table of events, in the order of the specification.
        pub static TABLE: &[Row] = &[$(Row {
            event: EventType::$name,
            group: Group::$group,
            phase: Phase::$phase,
            icon: $icon,
            roles: &[$(Role::$role),*],
            lab_only_roles: &[$($(Role::$lab_role),*)?],
            fields: $name::FIELDS,
            accepted: $accepted,
            refused: &[$(Code::$code),*],
            action: $action,
        }),*];
    };
}

records! {
    /// A line of a prescription.
    PrescriptionItem {
        drug "drug": Text<200>,
        dose "dose": Text<100>,
        frequency "frequency": Text<100>,
        days "days": Whole<1, 365>,
        instructions "instructions": Option<Text<500>>,
    }

    /// A test as ordered.
    OrderedTest {
        test_id "testId": New<TestId>,
        code "code": Text<50>,
        name "name": Text<200>,
        price "price": Money,
        specimen "specimen": Option<Text<100>>,
        priority "priority": Option<Priority>,
    }

    /// A line of a consultation bill.
    ConsultationItem {
        description "description": Text<200>,
        amount "amount": Money,
    }

    /// A line of a bill for tests.
    TestItem {
        test_id "testId": TestId,
        amount "amount": Money,
    }

    /// One measured value of a test.
    AnalyteResult {
        analyte "analyte": Text<100>,
        value "value": Text<200>,
        unit "unit": Option<Text<50>>,
        low "low": Option<Decimal<-1_000_000_000, 1_000_000_000>>,
        high "high": Option<Decimal<-1_000_000_000, 1_000_000_000>>,
        flag "flag": Option<Flag>,
    }
}

events! {
    /// The patient is registered for a visit.
    VisitRegistered "VISIT_REGISTERED" "Registered", Registration Arrive "clipboard-plus",
    by [Receptionist Nurse],
    to "Register visit", when "it is the first event of the visit", else [AlreadyRegistered]
    {
        patient_id "patientId": PatientId,
        visit_type "visitType": Option<VisitType>,
        priority "priority": Option<Priority>,
        department_id "departmentId": Option<DepartmentId>,
        reason "reason": Option<Text<500>>,
        rescheduled_from "rescheduledFrom": Option<VisitId>,
        follow_up_of "followUpOf": Option<VisitId>,
    }

    /// A doctor, and perhaps a room, is chosen for the visit.
    VisitAssigned "VISIT_ASSIGNED" "Assigned", Registration Arrive "user-check",
    by [Receptionist Nurse Manager],
    to "Assign doctor", when "the patient is not in a room", else [InRoom]
    {
        doctor_id "doctorId": PersonId,
        room_id "roomId": Option<RoomId>,
    }

    /// The patient joins a queue.
    QueueJoined "QUEUE_JOINED" "Joined the queue", Queue Wait "users",
    by [Receptionist Nurse BillingClerk LabTechnician],
    to "Join a queue", when "the patient is nowhere in particular or away; for the lab, some test is ordered",
    else [AlreadyInQueue InRoom NoTestAwaiting]
    {
        station "station": Option<Station>,
        doctor_id "doctorId": Option<PersonId>,
    }

    /// The patient is called from a queue.
    QueueCalled "QUEUE_CALLED" "Called", Queue Wait "megaphone",
    by [Receptionist Nurse Doctor BillingClerk LabTechnician],
    to "Call", when "the patient is in a queue, called already, or away (a recall)", else [NotInQueue PaymentRequired]
    {
        room_id "roomId": Option<RoomId>,
        counter "counter": Option<Text<50>>,
    }

    /// The called patient did not come.
    QueueSkipped "QUEUE_SKIPPED" "Skipped", Queue Wait "skip-forward",
    by [Receptionist Nurse Doctor BillingClerk LabTechnician],
    to "Skip", when "the patient is called", else [NotCalled]
    {
        reason "reason": Option<Text<500>>,
    }

    /// The patient enters a consultation room.
    EnteredRoom "ENTERED_ROOM" "Entered the room", Consultation Consult "door-open",
    by [Nurse Doctor Receptionist],
    to "Enter room", when "the patient is called to a consultation", else [NotCalled]
    {
        room_id "roomId": RoomId,
    }

    /// The patient leaves the consultation room.
    ExitedRoom "EXITED_ROOM" "Left the room", Consultation Consult "log-out",
    by [Nurse Doctor Receptionist],
    to "Leave room", when "the patient is in a room", else [NotInRoom]
    {}

    /// The doctor completes the consultation.
    ConsultationCompleted "CONSULTATION_COMPLETED" "Consultation completed", Consultation Consult "stethoscope",
    by [Doctor],
    to "Complete consultation", when "a consultation is in progress", else [NotInConsultation]
    {
        diagnosis "diagnosis": Option<Text<1000>>,
        notes "notes": Option<Text<5000>>,
    }

    /// The doctor gives a prescription.
    PrescriptionGiven "PRESCRIPTION_GIVEN" "Prescription given", Clinical Treat "pill",
    by [Doctor],
    to "Give prescription", when "the patient has been seen", else [NotSeenYet]
    {
        items "items": List<PrescriptionItem, 50>,
    }

    /// Tests are ordered.
    TestsOrdered "TESTS_ORDERED" "Tests ordered", Clinical Test "test-tubes",
    by [Doctor] or when lab_only [Receptionist],
    to "Order tests", when "the patient has been seen, or the visit is lab-only; every test id is new",
    else [NotSeenYet DuplicateId]
    {
        tests "tests": List<OrderedTest, 50>,
    }

    /// The patient is referred onward.
    ReferralGiven "REFERRAL_GIVEN" "Referred", Clinical Refer "share-2",
    by [Doctor],
    to "Refer", when "the patient has been seen", else [NotSeenYet]
    {
        to "to": Text<200>,
        reason "reason": Text<1000>,
        urgency "urgency": Option<Priority>,
    }

    /// Vital signs are measured.
    VitalsRecorded "VITALS_RECORDED" "Vitals recorded", Clinical Consult "heart-pulse",
    by [Nurse Doctor],
    to "Record vitals", when "the visit is open", else []
    {
        systolic "systolic": Option<Whole<30, 300>>,
        diastolic "diastolic": Option<Whole<10, 200>>,
        pulse "pulse": Option<Whole<10, 300>>,
        temperature_c "temperatureC": Option<Decimal<25, 45>>,
        spo2 "spo2": Option<Whole<30, 100>>,
        respiratory_rate "respiratoryRate": Option<Whole<2, 100>>,
        weight_kg "weightKg": Option<Decimal<0, 500>>,
        height_cm "heightCm": Option<Decimal<20, 260>>,
        pain_score "painScore": Option<Whole<0, 10>>,
        priority "priority": Option<Priority>,
    }

    /// The consultation is billed.
    ConsultationBilled "CONSULTATION_BILLED" "Consultation billed", Billing Pay "receipt-indian-rupee",
    by [BillingClerk Receptionist],
    to "Bill consultation", when "the bill id is new and no consultation bill of this round has anything still on it",
    else [DuplicateId AlreadyBilled]
    {
        bill_id "billId": New<BillId>,
        items "items": List<ConsultationItem, 50>,
        discount "discount": Option<Money>,
        discount_reason "discountReason": Option<Text<200>>,
    }

    /// Tests are billed.
    TestsBilled "TESTS_BILLED" "Tests billed", Billing Pay "receipt-indian-rupee",
    by [BillingClerk Receptionist],
    to "Bill tests", when "the bill id is new; every test is ordered, not cancelled and not billed",
    else [DuplicateId TestNotOrdered AlreadyBilled]
    {
        bill_id "billId": New<BillId>,
        items "items": List<TestItem, 50>,
        discount "discount": Option<Money>,
        discount_reason "discountReason": Option<Text<200>>,
    }

    /// A payment settles a bill.
    PaymentReceived "PAYMENT_RECEIVED" "Payment received", Billing Pay "banknote",
    by [BillingClerk Receptionist],
    to "Take payment", when "the amount is the whole balance", else [BillNotFound NothingDue AmountMismatch]
    {
        bill_id "billId": BillId,
        amount "amount": Due,
        method "method": Method,
        reference "reference": Option<Text<100>>,
    }

    /// A payment covers part of a bill.
    PaymentPartial "PAYMENT_PARTIAL" "Part payment received", Billing Pay "coins",
    by [BillingClerk Receptionist],
    to "Take part payment", when "the amount is less than the balance", else [BillNotFound NothingDue AmountMismatch]
    {
        bill_id "billId": BillId,
        amount "amount": Due,
        method "method": Method,
        reference "reference": Option<Text<100>>,
    }

    /// Money is given back: a credit note.
    PaymentRefunded "PAYMENT_REFUNDED" "Payment refunded", Billing Pay "rotate-ccw",
    by [BillingClerk Manager],
    to "Refund", when "the amount is no more than was paid, less refunds so far; by a person who took none of the bill's payments",
    else [BillNotFound RefundExceedsPaid SamePerson]
    {
        bill_id "billId": BillId,
        amount "amount": Due,
        reason "reason": Text<500>,
    }

    /// The specimen of a test is collected.
    TestSampleCollected "TEST_SAMPLE_COLLECTED" "Sample collected", Laboratory Test "syringe",
    by [LabTechnician Nurse],
    to "Collect sample", when "the test is ORDERED, and paid for when the policy asks it",
    else [TestNotOrdered WrongTestStage PaymentRequired]
    {
        test_id "testId": TestId,
        sample_id "sampleId": Option<Text<50>>,
        specimen "specimen": Option<Text<100>>,
    }

    /// The specimen is spoilt and must be collected again.
    TestSampleRejected "TEST_SAMPLE_REJECTED" "Sample rejected", Laboratory Test "circle-x",
    by [LabTechnician Pathologist],
    to "Reject sample", when "the test is COLLECTED or IN_PROGRESS", else [WrongTestStage]
    {
        test_id "testId": TestId,
        reason "reason": Text<500>,
    }

    /// Work on a test begins.
    TestInProgress "TEST_IN_PROGRESS" "Test started", Laboratory Test "flask-conical",
    by [LabTechnician],
    to "Start test", when "the test is COLLECTED", else [WrongTestStage]
    {
        test_id "testId": TestId,
        analyser "analyser": Option<Text<100>>,
    }

    /// A test has its results.
    TestCompleted "TEST_COMPLETED" "Results entered", Laboratory Test "microscope",
    by [LabTechnician],
    to "Enter results", when "the test is IN_PROGRESS", else [WrongTestStage]
    {
        test_id "testId": TestId,
        results "results": List<AnalyteResult, 100>,
    }

    /// The results are reviewed.
    TestReviewed "TEST_REVIEWED" "Results reviewed", Laboratory Test "clipboard-check",
    by [Doctor Pathologist],
    to "Review results", when "the test is COMPLETED", else [WrongTestStage]
    {
        test_id "testId": TestId,
        verdict "verdict": Option<Verdict>,
        comment "comment": Option<Text<1000>>,
    }

    /// The results are approved by a second person.
    TestApproved "TEST_APPROVED" "Results approved", Laboratory Test "badge-check",
    by [Doctor Pathologist],
    to "Approve results", when "the test is REVIEWED, by another person than entered its results",
    else [WrongTestStage SamePerson]
    {
        test_id "testId": TestId,
    }

    /// The report is written.
    ReportGenerated "REPORT_GENERATED" "Report ready", Laboratory Test "file-text",
    by [LabTechnician Pathologist Doctor],
    to "Make report", when "the test is APPROVED", else [WrongTestStage]
    {
        test_id "testId": TestId,
        document_id "documentId": Option<DocumentId>,
    }

    /// The report is handed over.
    ReportDelivered "REPORT_DELIVERED" "Report handed over", Laboratory Test "send",
    by [LabTechnician Receptionist Doctor],
    to "Hand over report", when "the test is REPORTED", else [WrongTestStage]
    {
        test_id "testId": TestId,
        delivered_to "deliveredTo": Text<200>,
        channel "channel": Option<Text<50>>,
    }

    /// An order for a test is withdrawn.
    TestCancelled "TEST_CANCELLED" "Test cancelled", Laboratory Test "ban",
    by [Doctor Pathologist LabTechnician],
    to "Cancel test", when "the test is ORDERED, COLLECTED or IN_PROGRESS", else [WrongTestStage]
    {
        test_id "testId": TestId,
        reason "reason": Text<500>,
    }

    /// A document is added.
    DocumentUploaded "DOCUMENT_UPLOADED" "Document added", Documents Leave "file-plus",
    by [Receptionist Nurse Doctor BillingClerk LabTechnician Pathologist],
    to "Add document", when "the document id is new", else [DuplicateId]
    {
        document_id "documentId": New<DocumentId>,
        file_name "fileName": Text<255>,
        media_type "mediaType": Text<100>,
        size_bytes "sizeBytes": Whole<0, 1_000_000_000_000>,
        sha256 "sha256": Digest,
        kind "kind": Option<Text<50>>,
    }

    /// A document is shared.
    DocumentShared "DOCUMENT_SHARED" "Document shared", Documents Leave "share",
    by [Receptionist Doctor LabTechnician Pathologist],
    to "Share document", when "the document exists", else [DocumentNotFound]
    {
        document_id "documentId": DocumentId,
        shared_with "sharedWith": Text<200>,
        channel "channel": Text<50>,
    }

    /// The visit is completed.
    VisitCompleted "VISIT_COMPLETED" "Visit completed", Completion Leave "circle-check",
    by [Receptionist Doctor],
    to "Complete visit",
    when "the patient has been seen (lab-only: a test is reported) and is in no room or queue, every test is reported, delivered or cancelled, and nothing is due",
    else [NotSeenYet InRoom StillInQueue TestsOutstanding BalanceDue]
    {
        summary "summary": Option<Text<2000>>,
    }

    /// The visit is cancelled before the patient was seen.
    VisitCancelled "VISIT_CANCELLED" "Visit cancelled", Completion Leave "circle-off",
    by [Receptionist Manager],
    to "Cancel visit", when "the patient was never seen and no sample was ever collected", else [AlreadySeen]
    {
        reason "reason": Text<500>,
    }

    /// The visit is moved to another day.
    VisitRescheduled "VISIT_RESCHEDULED" "Visit rescheduled", Completion Leave "calendar-clock",
    by [Receptionist],
    to "Reschedule", when "the patient was never seen", else [AlreadySeen]
    {
        new_date "newDate": NaiveDate,
        reason "reason": Option<Text<500>>,
    }

    /// The patient never came.
    VisitNoShow "VISIT_NO_SHOW" "No-show", Completion Leave "user-x",
    by [Receptionist Nurse System],
    to "No-show", when "the patient was never seen", else [AlreadySeen]
    {
        reason "reason": Option<Text<500>>,
    }

    /// A follow-up is planned.
    FollowUpScheduled "FOLLOWUP_SCHEDULED" "Follow-up scheduled", FollowUp Refer "calendar-plus",
    by [Receptionist Doctor Nurse],
    to "Schedule follow-up", when "the patient has been seen; the follow-up id is new; it is due later than now",
    else [NotSeenYet DuplicateId InvalidMetadata]
    {
        follow_up_id "followUpId": New<FollowUpId>,
        due_at "dueAt": DateTime<Utc>,
        doctor_id "doctorId": Option<PersonId>,
        note "note": Option<Text<1000>>,
    }

    /// A reminder of a follow-up is sent.
    FollowUpReminderSent "FOLLOWUP_REMINDER_SENT" "Reminder sent", FollowUp Refer "bell",
    by [Receptionist System],
    to "Record reminder", when "the follow-up exists", else [FollowUpNotFound]
    {
        follow_up_id "followUpId": FollowUpId,
        channel "channel": Text<50>,
    }
}

impl EventType {
    /// Its row in the table.
    pub fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// Whether it ends the visit.
    pub fn is_outcome(self) -> bool {
        matches!(self, Self::VisitCompleted | Self::VisitCancelled | Self::VisitRescheduled | Self::VisitNoShow)
    }

    /// Whether it is accepted after an outcome too.
    pub fn may_follow_outcome(self) -> bool {
        matches!(
            self,
            Self::ReportDelivered
                | Self::PaymentRefunded
                | Self::DocumentUploaded
                | Self::DocumentShared
                | Self::FollowUpScheduled
                | Self::FollowUpReminderSent
        )
    }
}

impl Event {
    /// Reads an event from outside; lists everything that is wrong with its metadata.
    pub fn parse(event: EventType, metadata: &Value) -> Result<Self, Vec<FieldProblem>> {
        let problems = check(event.row().fields, metadata);
        if !problems.is_empty() {
            return Err(problems);
        }
        let event = Self::read(event, metadata).map_err(|error| vec![FieldProblem::new("", error.to_string())])?;
        match event.contradiction() {
            Some(problem) => Err(vec![problem]),
            None => Ok(event),
        }
    }

    /// Reads an event from the log, where it was checked before it was written.
    pub fn from_log<'a, D: Deserializer<'a>>(event: EventType, metadata: D) -> Result<Self, D::Error> {
        Self::read(event, metadata)
    }

    /// What is wrong with fields that are each right.
    fn contradiction(&self) -> Option<FieldProblem> {
        match self {
            Self::QueueCalled(QueueCalled { room_id: Some(_), counter: Some(_) }) => {
                Some(FieldProblem::new("counter", "must be left out when a room is named"))
            }
            Self::VitalsRecorded(vitals) if vitals.measurements().next().is_none() => {
                Some(FieldProblem::new("", "must hold at least one measurement"))
            }
            _ => None,
        }
    }
}

impl VitalsRecorded {
    /// What was measured: name, value, unit.
    pub fn measurements(&self) -> impl Iterator<Item = (&'static str, String, &'static str)> {
        fn text<T: std::fmt::Display>(value: Option<T>) -> Option<String> {
            value.map(|value| value.to_string())
        }
        let pressure = match (&self.systolic, &self.diastolic) {
            (None, None) => None,
            (systolic, diastolic) => Some(format!(
                "{}/{}",
                text(systolic.as_deref()).unwrap_or("–".into()),
                text(diastolic.as_deref()).unwrap_or("–".into())
            )),
        };
        [
            ("temperature", text(self.temperature_c.as_deref()), "°C"),
            ("blood pressure", pressure, "mmHg"),
            ("pulse", text(self.pulse.as_deref()), "/min"),
            ("SpO₂", text(self.spo2.as_deref()), "%"),
            ("breathing", text(self.respiratory_rate.as_deref()), "/min"),
            ("weight", text(self.weight_kg.as_deref()), "kg"),
            ("height", text(self.height_cm.as_deref()), "cm"),
            ("pain", text(self.pain_score.as_deref()), "of 10"),
        ]
        .into_iter()
        .filter_map(|(name, value, unit)| Some((name, value?, unit)))
    }
}
