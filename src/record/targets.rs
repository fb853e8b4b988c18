//! How long things should take at most, and who is told each day: set with an event each.

use serde_json::json;

use super::Recorder;
use crate::db::commit;
use crate::hospital::digests::{self, MailAddress};
use crate::hospital::tenants::Tenant;
use crate::hospital::{WriteError, measure_targets};
use crate::journey::course::Measure;
use crate::journey::decide::Actor;
use crate::journey::ids::{DepartmentId, Id as _};
use crate::journey::words::Word as _;

/// A target as it shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetChange {
    /// Whose.
    pub department: DepartmentId,
    /// For what.
    pub measure: Measure,
    /// How many minutes it was before; none when none was set.
    pub before: Option<i64>,
    /// How many minutes it shall be; none takes it away.
    pub after: Option<i64>,
}

impl Recorder {
    /// Sets targets, all of them or none.
    pub async fn set_targets(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        changes: &[TargetChange],
    ) -> Result<(), WriteError> {
        let mut tx = self.db.of(&tenant.id).begin().await?;
        let now = self.clock.now();
        for TargetChange { department, measure, before, after } in changes {
            measure_targets::set(&mut tx, &tenant.id, (department, *measure), *after, (&actor.id, now)).await?;
            let metadata = json!({ "measure": measure.word(), "before": before, "after": after });
            self.note(&mut tx, tenant, actor, department.as_str(), "target.changed", metadata).await?;
        }
        Ok(commit(tx).await?)
    }

    /// Has the daily digest sent to whoever asks for it, or no longer.
    pub async fn ask_for_digest(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        mail: Option<&MailAddress>,
    ) -> Result<(), WriteError> {
        let mut tx = self.db.of(&tenant.id).begin().await?;
        digests::ask(&mut tx, &tenant.id, &actor.id, mail, self.clock.now()).await?;
        let metadata = json!({ "asked": mail.is_some() });
        self.note(&mut tx, tenant, actor, actor.id.as_str(), "digest.asked", metadata).await?;
        Ok(commit(tx).await?)
    }
}
