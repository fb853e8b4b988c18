//! What was measured of patients before, to compare new results with.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::json;

use super::tests::TestCard;
use crate::db::keys::{Statement, listed};
use crate::db::{Db, Engine};
use crate::journey::events::AnalyteResult;
use crate::journey::ids::{TenantId, TestId};

/// The latest approved results of the same test on the same patient, ordered before a test.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct EarlierResults {
    /// Before which test.
    pub test_id: TestId,
    /// When they were ordered.
    pub ordered_at: DateTime<Utc>,
    /// The results.
    #[sqlx(json)]
    pub results: Vec<AnalyteResult>,
}

impl EarlierResults {
    /// The value of something measured in a unit; values in different units cannot be compared.
    pub fn value(&self, analyte: &str, unit: Option<&str>) -> Option<&str> {
        let same = |result: &&AnalyteResult| {
            let measured_in = result.unit.as_deref().map_or("", String::as_str);
            result.analyte.as_str() == analyte && measured_in == unit.unwrap_or_default()
        };
        Some(self.results.iter().find(same)?.value.as_str())
    }
}

macro_rules! before_tests {
    ($listed:expr) => {
        concat!(
            "SELECT test_id, ordered_at, results FROM (\
             SELECT asked.test_id, tests.ordered_at, tests.results, \
             ROW_NUMBER() OVER (PARTITION BY asked.visit_id, asked.test_id ORDER BY tests.ordered_at DESC) AS place \
             FROM tests AS asked \
             JOIN visits AS present ON present.tenant_id = asked.tenant_id AND present.visit_id = asked.visit_id \
             JOIN visits ON visits.tenant_id = present.tenant_id AND visits.patient_id = present.patient_id \
             JOIN tests ON tests.tenant_id = visits.tenant_id AND tests.visit_id = visits.visit_id \
             WHERE asked.tenant_id = $1 AND asked.visit_id ",
            $listed,
            " AND tests.code = asked.code AND tests.ordered_at < asked.ordered_at \
             AND tests.stage IN ('APPROVED', 'REPORTED', 'DELIVERED')) AS earlier WHERE place = 1"
        )
    };
}

const BEFORE_TESTS: Statement =
    Statement { sqlite: before_tests!(listed!(sqlite)), postgres: before_tests!(listed!(postgres)) };

/// For each test, and the others of its visit, the latest approved results of the same test on the same patient, ordered before it.
pub async fn before(
    db: &Db,
    tenant: &TenantId,
    cards: impl Iterator<Item = &TestCard>,
) -> sqlx::Result<BTreeMap<TestId, EarlierResults>> {
    let visits: BTreeSet<_> = cards.map(|card| &card.test.visit_id).collect();
    if visits.is_empty() {
        return Ok(BTreeMap::new());
    }
    let visits = json!(visits).to_string();
    let found: Vec<EarlierResults> = match &db.read {
        Engine::Sqlite(pool) => sqlx::query_as(BEFORE_TESTS.sqlite).bind(tenant).bind(visits).fetch_all(pool).await,
        Engine::Postgres(pool) => sqlx::query_as(BEFORE_TESTS.postgres).bind(tenant).bind(visits).fetch_all(pool).await,
    }?;
    Ok(found.into_iter().map(|earlier| (earlier.test_id.clone(), earlier)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journey::ids::Id as _;

    #[test]
    fn values_are_compared_in_one_unit() {
        let results = json!([
            { "analyte": "Haemoglobin", "value": "9.1", "unit": "g/dL" }, { "analyte": "Colour", "value": "amber" },
        ]);
        let results = serde_json::from_value(results).expect("results");
        let earlier = EarlierResults { test_id: TestId::from_bits(1), ordered_at: DateTime::UNIX_EPOCH, results };
        assert_eq!(earlier.value("Haemoglobin", Some("g/dL")), Some("9.1"));
        assert_eq!(earlier.value("Haemoglobin", Some("g/L")), None);
        assert_eq!(earlier.value("Haemoglobin", None), None);
        assert_eq!(earlier.value("Colour", None), Some("amber"));
    }
}
