//! What was measured of patients before, to compare new results with.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::tests::TestCard;
use crate::db::rows::{Statement, listed};
use crate::db::{Db, Engine};
use crate::journey::events::AnalyteResult;
use crate::journey::ids::{PatientId, TenantId, TestId};

/// An approved test of a patient.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct EarlierResults {
    /// Whose.
    pub patient_id: PatientId,
    /// The test's code in the tariff.
    pub code: String,
    /// When it was ordered.
    pub ordered_at: DateTime<Utc>,
    /// The results.
    #[sqlx(json)]
    pub results: Vec<AnalyteResult>,
}

impl EarlierResults {
    /// The value of something measured.
    pub fn value(&self, analyte: &str) -> Option<&str> {
        let found = self.results.iter().find(|result| result.analyte.as_str() == analyte)?;
        Some(found.value.as_str())
    }
}

macro_rules! of_patients {
    ($listed:expr) => {
        concat!(
            "SELECT visits.patient_id, tests.code, tests.ordered_at, tests.results FROM visits \
             JOIN tests ON tests.tenant_id = visits.tenant_id AND tests.visit_id = visits.visit_id \
             WHERE visits.tenant_id = $1 AND visits.patient_id ",
            $listed,
            " AND tests.stage IN ('APPROVED', 'REPORTED', 'DELIVERED') ORDER BY tests.ordered_at DESC LIMIT 1000"
        )
    };
}

const OF_PATIENTS: Statement =
    Statement { sqlite: of_patients!(listed!(sqlite)), postgres: of_patients!(listed!(postgres)) };

/// For each test, the latest approved results of the same test on the same patient, ordered before it.
pub async fn before(
    db: &Db,
    tenant: &TenantId,
    cards: impl Iterator<Item = &TestCard> + Clone,
) -> sqlx::Result<BTreeMap<TestId, EarlierResults>> {
    let patients: Vec<_> = cards.clone().map(|card| &card.patient_id).collect();
    if patients.is_empty() {
        return Ok(BTreeMap::new());
    }
    let patients = json!(patients).to_string();
    let found: Vec<EarlierResults> = match &db.read {
        Engine::Sqlite(pool) => sqlx::query_as(OF_PATIENTS.sqlite).bind(tenant).bind(patients).fetch_all(pool).await,
        Engine::Postgres(pool) => {
            sqlx::query_as(OF_PATIENTS.postgres).bind(tenant).bind(patients).fetch_all(pool).await
        }
    }?;
    let latest = |card: &TestCard| {
        let same = |earlier: &&EarlierResults| {
            let test = &card.test;
            earlier.patient_id == card.patient_id && earlier.code == test.code && earlier.ordered_at < test.ordered_at
        };
        Some((card.test.test_id.clone(), found.iter().find(same)?.clone()))
    };
    Ok(cards.filter_map(latest).collect())
}
