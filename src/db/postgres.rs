//! Connections to PostgreSQL, which see the rows of one tenant, or of all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgPool, Postgres, Transaction};

use super::Trouble;
use crate::journey::ids::{Id as _, TenantId};

/// What connections are opened for that serve all tenants.
pub const ALL_TENANTS: &str = "*";

/// How many connections those share who come and go.
pub const SHARED: u32 = 16;

/// How long a connection is taken to live after it was tried.
const TRUSTED: Duration = Duration::from_secs(1);

/// Connections that see one tenant only: those that are shared, and the one of who writes its log without a break.
#[derive(Clone, Debug, Default)]
pub struct Tenants(Arc<Mutex<BTreeMap<TenantId, [PgPool; 2]>>>);

impl Tenants {
    /// Those of a tenant, on the server that some options name.
    pub fn of(&self, tenant: &TenantId, options: &PgConnectOptions) -> [PgPool; 2] {
        let mut tenants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let open = || [SHARED, 1].map(|most| pool(options.clone(), tenant.as_str(), most));
        tenants.entry(tenant.clone()).or_insert_with(open).clone()
    }

    /// Closes them all, when what is in flight is done.
    pub async fn close(&self) {
        let tenants = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for pool in tenants.into_values().flatten() {
            pool.close().await;
        }
    }
}

/// So many connections at the most, which see the rows of a tenant, or of all.
pub fn pool(options: PgConnectOptions, tenant: &str, most: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(Duration::from_secs(60))
        // Each was tried when it was given back: it is tried again only when that was a while ago.
        .test_before_acquire(false)
        .before_acquire(|connection, known| {
            Box::pin(async move {
                if known.idle_for > TRUSTED {
                    sqlx::Connection::ping(connection).await?;
                }
                Ok(true)
            })
        })
        // Every hospital has connections of its own; those of a quiet one are given back soon.
        .idle_timeout(Duration::from_secs(60))
        // What was lately written is in memory, where looking up each key costs less than reading all of a table.
        .connect_lazy_with(options.options([("sojourn.tenant", tenant), ("random_page_cost", "1.1")]))
}

/// Begins on another connection where one was left over from before the server stopped: there are no more of those than were open.
pub async fn begin_anew(pool: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    // Not only those that are idle: one may be on its way back.
    let mut left_over = pool.size();
    loop {
        match pool.begin().await {
            Err(error @ (sqlx::Error::Io(_) | sqlx::Error::Database(_)))
                if left_over > 0 && Trouble::of(&error) == Trouble::Away =>
            {
                left_over -= 1;
            }
            begun => return begun,
        }
    }
}
