//! The tests as the laboratory's worklist and the doctor's results show them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::visits::urgency;
use super::{Change, new_and_changed};
use crate::db::Db;
use crate::db::rows::{Batch, Rows, insert_rows, update_rows};
use crate::journey::events::AnalyteResult;
use crate::journey::ids::*;
use crate::journey::money::Money;
use crate::journey::visit::Visit;
use crate::journey::words::{Priority, Sex, Stage, Station, Word};
use crate::on;

/// A test.
#[derive(Clone, Debug, PartialEq, Serialize, sqlx::FromRow)]
pub struct TestRow {
    /// Of which visit.
    pub visit_id: VisitId,
    /// Which test.
    pub test_id: TestId,
    /// Its code in the tariff.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its price when it was ordered.
    pub price: Money,
    /// What is to be collected, or was.
    pub specimen: Option<String>,
    /// How urgent it is.
    pub priority: Priority,
    /// How far it is.
    pub stage: Stage,
    /// Since when it is there.
    pub since: DateTime<Utc>,
    /// When it was ordered.
    pub ordered_at: DateTime<Utc>,
    /// The specimen's label.
    pub sample_id: Option<String>,
    /// How often the specimen had to be collected again.
    pub recollections: i32,
    /// The bill it is on.
    pub bill_id: Option<BillId>,
    /// Whether that bill is settled.
    pub paid: bool,
    /// Who entered the results.
    pub completed_by: Option<PersonId>,
    /// The results.
    #[sqlx(json)]
    pub results: Vec<AnalyteResult>,
    /// Whether somebody still has something to do on it, if only to hand over its report.
    pub pending: bool,
}

/// A test with the names that people know it by.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct TestCard {
    /// The test.
    #[sqlx(flatten)]
    pub test: TestRow,
    /// What the patient is called by.
    pub token: String,
    /// The version of the visit.
    pub version: i64,
    /// How urgent the visit is.
    pub visit_priority: Priority,
    /// The branch of the visit.
    pub branch_id: Option<BranchId>,
    /// The doctor of the visit.
    pub doctor_id: Option<PersonId>,
    /// The patient.
    pub patient_id: PatientId,
    /// The patient's name.
    pub patient_name: String,
    /// The patient's sex.
    pub patient_sex: Option<Sex>,
    /// The patient's date of birth.
    pub patient_birth_date: Option<NaiveDate>,
}

impl TestCard {
    /// How urgent it is: as its order says, or its visit if that is more.
    pub fn urgency(&self) -> Priority {
        self.test.priority.min(self.visit_priority)
    }
}

/// The tests that wait at a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AtStage {
    /// Which stage.
    pub stage: Stage,
    /// How many tests.
    pub tests: i64,
    /// How many visits they are of.
    pub visits: i64,
}

fn rows(visit_id: &VisitId, visit: &Visit) -> impl Iterator<Item = TestRow> {
    visit.tests.iter().map(move |(test_id, test)| TestRow {
        visit_id: visit_id.clone(),
        test_id: test_id.clone(),
        code: test.code.clone(),
        name: test.name.clone(),
        price: test.price,
        specimen: test.specimen.clone(),
        priority: test.priority,
        stage: test.stage,
        since: test.since,
        ordered_at: test.ordered_at,
        sample_id: test.sample_id.clone(),
        recollections: test.recollections as i32,
        bill_id: test.bill_id.clone(),
        paid: visit.is_paid(test),
        completed_by: test.completed_by.clone(),
        results: test.results.clone(),
        // A report can be handed over after the visit has ended; nothing else goes on.
        pending: match test.stage {
            Stage::Reported => true,
            Stage::Delivered | Stage::Cancelled => false,
            _ => visit.outcome.is_none(),
        },
    })
}

const ORDERED: Rows = insert_rows!("tests":
    text "visit_id", text "test_id", text "code", text "name", number "price", text "specimen", text "priority",
    number "urgency", text "stage", time "since", time "ordered_at", text "sample_id", number "recollections",
    text "bill_id", truth "paid", text "completed_by", json "results", truth "pending", time "to_hand_over_since"; "");
const PROGRESSED: Rows = update_rows!("tests" by "visit_id", "test_id":
    text "specimen", text "stage", time "since", text "sample_id", number "recollections", text "bill_id", truth "paid",
    text "completed_by", json "results", truth "pending", time "to_hand_over_since");

/// A row to be written: with what it is found and sorted by.
#[derive(Serialize)]
struct SortedRow {
    #[serde(flatten)]
    row: TestRow,
    urgency: i32,
    to_hand_over_since: Option<DateTime<Utc>>,
}

/// The tests that were ordered, and those that went on.
pub(super) fn changed(visits: &BTreeMap<VisitId, Change>) -> [sqlx::Result<Batch>; 2] {
    let [new, changed] = new_and_changed(visits, rows, |test| &test.test_id);
    let sorted = |row: TestRow| SortedRow {
        urgency: urgency(row.priority),
        to_hand_over_since: (row.stage == Stage::Reported).then_some(row.since),
        row,
    };
    [ORDERED.batch(new.into_iter().map(sorted)), PROGRESSED.batch(changed.into_iter().map(sorted))]
}

/// Repeats what every list of tests selects, before its own conditions.
macro_rules! select_cards {
    ($conditions:literal) => {
        concat!(
            "SELECT tests.*, visits.token, visits.version, visits.priority AS visit_priority, \
             visits.branch_id, visits.doctor_id, visits.patient_id, patients.name AS patient_name, \
             patients.sex AS patient_sex, patients.birth_date AS patient_birth_date \
             FROM tests \
             JOIN visits ON visits.tenant_id = tests.tenant_id AND visits.visit_id = tests.visit_id \
             JOIN patients ON patients.tenant_id = visits.tenant_id AND patients.id = visits.patient_id \
             WHERE tests.tenant_id = $1 AND ",
            $conditions
        )
    };
}

// A visit may have become urgent after its tests were ordered.
const WORKLIST: &str = select_cards!(
    "tests.stage = $2 AND tests.pending AND tests.to_hand_over_since IS NULL ORDER BY \
     CASE WHEN visits.urgency < tests.urgency THEN visits.urgency ELSE tests.urgency END, tests.since LIMIT 500"
);
// Reports that nobody fetches pile up for years: of each urgency that was ordered the newest are read, as the index has them.
const TO_HAND_OVER: &str = select_cards!(
    "tests.urgency = $2 AND tests.to_hand_over_since IS NOT NULL ORDER BY tests.to_hand_over_since DESC LIMIT 200"
);
const BY_SAMPLE: &str = select_cards!("tests.sample_id IN ($2, $3) ORDER BY tests.since DESC LIMIT 20");
const TO_REVIEW: &str = select_cards!(
    "tests.stage = $2 AND tests.pending AND tests.to_hand_over_since IS NULL AND (visits.doctor_id = $3 OR visits.doctor_id IS NULL \
     AND (visits.branch_id = $4 OR visits.branch_id IS NULL OR $4 IS NULL)) ORDER BY \
     CASE WHEN visits.urgency < tests.urgency THEN visits.urgency ELSE tests.urgency END, tests.since LIMIT 100"
);
const VISITS_WITH_RESULTS: &str = "SELECT DISTINCT visits.visit_id FROM visits \
    JOIN tests ON tests.tenant_id = visits.tenant_id AND tests.visit_id = visits.visit_id \
    WHERE visits.tenant_id = $1 AND visits.station = $2 AND visits.ended_at IS NULL \
    AND tests.stage IN ('COMPLETED', 'REVIEWED', 'APPROVED', 'REPORTED', 'DELIVERED')";
const COUNTS: &str = "SELECT stage, COUNT(*) AS tests, COUNT(DISTINCT visit_id) AS visits FROM tests \
    WHERE tenant_id = $1 AND pending AND to_hand_over_since IS NULL GROUP BY stage \
    UNION ALL SELECT stage, COUNT(*), COUNT(DISTINCT visit_id) FROM tests \
    WHERE tenant_id = $1 AND to_hand_over_since IS NOT NULL GROUP BY stage";

/// The tests at a stage on which something is to be done: the most urgent first, then the oldest; of reports, the newest.
pub async fn worklist(db: &Db, tenant: &TenantId, stage: Stage) -> sqlx::Result<Vec<TestCard>> {
    if stage != Stage::Reported {
        return on!(&db.read, pool => sqlx::query_as(WORKLIST).bind(tenant).bind(stage).fetch_all(pool).await);
    }
    let mut cards: Vec<TestCard> = Vec::new();
    for priority in Priority::ALL {
        let at = urgency(*priority);
        cards.extend(on!(&db.read, pool => {
            sqlx::query_as::<_, TestCard>(TO_HAND_OVER).bind(tenant).bind(at).fetch_all(pool).await
        })?);
    }
    cards.sort_by_key(|card| (card.urgency(), Reverse(card.test.since)));
    Ok(cards)
}

/// The tests whose specimen bears a label, as it was typed or in the capitals that suggested labels are in.
pub async fn by_sample(db: &Db, tenant: &TenantId, sample: &str) -> sqlx::Result<Vec<TestCard>> {
    let sample = sample.trim();
    let capitals = sample.to_uppercase();
    on!(&db.read, pool => {
        sqlx::query_as(BY_SAMPLE).bind(tenant).bind(sample).bind(&capitals).fetch_all(pool).await
    })
}

/// The tests at a stage on visits of a doctor, or of none in the doctor's branch: the most urgent first, then the oldest.
pub async fn for_doctor(
    db: &Db,
    tenant: &TenantId,
    stage: Stage,
    doctor: &PersonId,
    branch: Option<&BranchId>,
) -> sqlx::Result<Vec<TestCard>> {
    on!(&db.read, pool => {
        sqlx::query_as(TO_REVIEW).bind(tenant).bind(stage).bind(doctor).bind(branch).fetch_all(pool).await
    })
}

/// The open visits at a station of which some test has results.
pub async fn visits_with_results(db: &Db, tenant: &TenantId, station: Station) -> sqlx::Result<Vec<VisitId>> {
    on!(&db.read, pool => sqlx::query_scalar(VISITS_WITH_RESULTS).bind(tenant).bind(station).fetch_all(pool).await)
}

/// How many tests wait at each stage, and of how many visits.
pub async fn counts(db: &Db, tenant: &TenantId) -> sqlx::Result<Vec<AtStage>> {
    on!(&db.read, pool => sqlx::query_as(COUNTS).bind(tenant).fetch_all(pool).await)
}
