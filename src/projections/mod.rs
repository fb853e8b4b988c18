//! Read models: what screens ask for, written in the transaction that appends.
//!
//! Each file holds its table's rows, how a visit's state becomes them, and its queries. No row is ever the truth: the log is.

pub mod bills;
pub mod tests;
pub mod timeline;
pub mod tokens;
pub mod visits;

use crate::db::Tx;
use crate::hospital::tenants::Tenant;
use crate::journey::ids::VisitId;
use crate::journey::story::Telling;
use crate::journey::visit::Visit;
use crate::log::StoredEvent;

/// What one appended event changed.
pub struct Change<'a> {
    /// Whose visit.
    pub tenant: &'a Tenant,
    /// Which visit.
    pub visit_id: &'a VisitId,
    /// The state before, unless the event registered the visit.
    pub before: Option<&'a Visit>,
    /// The state after.
    pub after: &'a Visit,
    /// The event.
    pub event: &'a StoredEvent,
    /// The event told to people.
    pub telling: &'a Telling,
}

/// Brings every read model up to date with a change.
pub async fn apply(tx: &mut Tx, change: &Change<'_>) -> sqlx::Result<()> {
    visits::apply(tx, change).await?;
    tests::apply(tx, change).await?;
    bills::apply(tx, change).await?;
    timeline::apply(tx, change).await
}
