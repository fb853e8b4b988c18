//! Whether the figures are of all that was logged.

use crate::db::Db;
use crate::journey::ids::TenantId;
use crate::projections::checkpoint::Condition;
use crate::projections::following::{self, State};
use crate::projections::measures::VisitMeasures;

/// Why figures are not whole, and how many events are not in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// Their read model is paused.
    Paused(usize),
    /// Their read model fails.
    Failing(usize),
    /// Their read model has still much to take in.
    Late(usize),
}

impl Behind {
    /// What a read model's state comes to.
    pub fn of(state: &State) -> Option<Self> {
        let events = usize::try_from(state.lag).unwrap_or_default();
        match state.state {
            Condition::Paused => Some(Self::Paused(events)),
            Condition::Failing => Some(Self::Failing(events)),
            Condition::Running => (!state.is_level()).then_some(Self::Late(events)),
        }
    }
}

/// Why a tenant's figures are not whole; none when they are.
pub async fn behind(db: &Db, tenant: &TenantId) -> sqlx::Result<Option<Behind>> {
    let states = following::states(db, tenant, &[&VisitMeasures]).await?;
    Ok(states.iter().find_map(Behind::of))
}
