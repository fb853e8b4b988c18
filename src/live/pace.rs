//! Paces: how soon what is logged shows on a screen.

use super::Topic;
use crate::db::Db;
use crate::journey::ids::TenantId;
use crate::log;
use crate::projections::checkpoint;
use crate::projections::follow_ups::FollowUps;
use crate::projections::following::Projection as _;

/// How soon what is logged shows on a screen: told before, it would be looked for in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pace {
    /// With the log.
    AtOnce,
    /// When the read model of follow-ups has taken it in.
    FollowUps,
}

impl Pace {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::AtOnce, Self::FollowUps];

    /// That of topics which are listened to together: the slowest.
    pub fn of(topics: &[Topic]) -> Self {
        if topics.contains(&Topic::Calls) { Self::FollowUps } else { Self::AtOnce }
    }

    /// The last position of a tenant's log that shows.
    pub(super) async fn end(self, db: &Db, tenant: &TenantId) -> sqlx::Result<i64> {
        match self {
            Self::AtOnce => log::position(db, tenant).await,
            Self::FollowUps => {
                let checkpoint = checkpoint::get(db, tenant, FollowUps.name()).await?;
                Ok(checkpoint.map_or(0, |checkpoint| checkpoint.position))
            }
        }
    }
}
