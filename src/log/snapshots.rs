//! Snapshots: the states of long stories, so that they need not be read from the beginning.
//!
//! A snapshot bears the name and the version of the fold that made it; one made by another fold is not looked at, and is replaced
//! by the next.

use std::num::NonZeroU32;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::db::Tx;
use crate::db::keys::{Statement, listed};
use crate::db::rows::{Batch, Rows, insert_rows};
use crate::journey::evolve::{FOLD, FOLD_VERSION};
use crate::journey::ids::{TenantId, VisitId};
use crate::journey::visit::Visit;

/// After how many events of a visit its state is kept, unless told otherwise.
pub const EVERY: NonZeroU32 = NonZeroU32::MIN.saturating_add(49);

/// The state of a visit after one of its events.
#[derive(Serialize)]
struct Row<'a> {
    aggregate_type: &'a str,
    aggregate_id: &'a VisitId,
    version: i64,
    fold_version: i32,
    state: &'a Visit,
}

const KEEP: Rows = insert_rows!("snapshots":
    text "aggregate_type", text "aggregate_id", number "version", number "fold_version", json "state";
    "ON CONFLICT (tenant_id, aggregate_type, aggregate_id) DO UPDATE SET version = excluded.version, \
     fold_version = excluded.fold_version, state = excluded.state");

/// The states of visits to be kept; of several of one visit, the last.
pub fn batch(visits: &[(VisitId, Arc<Visit>)]) -> sqlx::Result<Batch> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (id, visit) in visits {
        rows.retain(|row| row.aggregate_id != id);
        let version = visit.version;
        rows.push(Row { aggregate_type: FOLD, aggregate_id: id, version, fold_version: FOLD_VERSION, state: visit });
    }
    KEEP.batch(rows)
}

macro_rules! of_visits {
    ($listed:expr) => {
        concat!(
            "SELECT aggregate_id, fold_version, state FROM snapshots \
             WHERE tenant_id = $1 AND aggregate_type = 'visit' AND aggregate_id ",
            $listed
        )
    };
}

const OF_VISITS: Statement = Statement { sqlite: of_visits!(listed!(sqlite)), postgres: of_visits!(listed!(postgres)) };

/// The latest kept states of visits, where this fold made them.
pub async fn of_visits(tx: &mut Tx, tenant: &TenantId, ids: &[VisitId]) -> sqlx::Result<Vec<(VisitId, Visit)>> {
    let rows: Vec<(VisitId, i32, Value)> = OF_VISITS.read(tx, tenant, ids).await?;
    let made_by_this = rows.into_iter().filter(|(_, fold_version, _)| *fold_version == FOLD_VERSION);
    Ok(made_by_this.filter_map(|(id, _, state)| Some((id, serde_json::from_value(state).ok()?))).collect())
}
