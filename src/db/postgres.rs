//! Connections to PostgreSQL, which see the rows of one tenant, or of all.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use super::Trouble;
use crate::journey::ids::{Id as _, TenantId};

/// What connections are opened for that serve all tenants.
pub const ALL_TENANTS: &str = "*";

/// How long a connection is taken to live after it was tried.
const TRUSTED: Duration = Duration::from_secs(1);

/// Connections that see one tenant only.
#[derive(Clone, Debug, Default)]
pub struct Tenants(Arc<Mutex<BTreeMap<TenantId, PgPool>>>);

impl Tenants {
    /// Those of a tenant, on the server that some options name.
    pub fn of(&self, tenant: &TenantId, options: &PgConnectOptions) -> PgPool {
        let mut tenants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tenants.entry(tenant.clone()).or_insert_with(|| pool(options.clone(), tenant.as_str())).clone()
    }

    /// Closes them all, when what is in flight is done.
    pub async fn close(&self) {
        let tenants = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for pool in tenants.into_values() {
            pool.close().await;
        }
    }
}

/// Connections that see the rows of a tenant, or of all.
pub fn pool(options: PgConnectOptions, tenant: &str) -> PgPool {
    PgPoolOptions::new()
        .max_connections(16)
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

/// A transaction on PostgreSQL.
#[derive(Debug)]
pub enum PgTransaction {
    /// On a connection that goes back to those who share it.
    Shared(Transaction<'static, Postgres>),
    /// On one that is kept for the next transaction.
    Kept(Kept),
}

impl From<Transaction<'static, Postgres>> for PgTransaction {
    fn from(transaction: Transaction<'static, Postgres>) -> Self {
        Self::Shared(transaction)
    }
}

impl Deref for PgTransaction {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match self {
            Self::Shared(transaction) => transaction,
            Self::Kept(kept) => &kept.connection,
        }
    }
}

impl DerefMut for PgTransaction {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match self {
            Self::Shared(transaction) => transaction,
            Self::Kept(kept) => &mut kept.connection,
        }
    }
}

/// A connection that is kept from one transaction to the next; the server keeps in mind what the last one needed.
#[derive(Debug)]
pub struct Kept {
    connection: PoolConnection<Postgres>,
    in_transaction: bool,
}

impl Kept {
    /// Begins a transaction with a message, and says what that read.
    async fn begin(mut self, message: &'static str) -> sqlx::Result<(Self, Vec<PgRow>)> {
        self.in_transaction = true;
        let read = sqlx::raw_sql(message).fetch_all(&mut *self.connection).await?;
        Ok((self, read))
    }

    /// Commits the transaction that was begun.
    pub async fn commit(mut self) -> sqlx::Result<Self> {
        sqlx::raw_sql("COMMIT").execute(&mut *self.connection).await?;
        self.in_transaction = false;
        Ok(self)
    }
}

impl Drop for Kept {
    /// A transaction that fails is seldom: its connection goes with it.
    fn drop(&mut self) {
        if self.in_transaction {
            self.connection.close_on_drop();
        }
    }
}

/// Begins a transaction.
pub async fn begin(pool: &PgPool) -> sqlx::Result<PgTransaction> {
    let mut left_over = pool.size();
    loop {
        match pool.begin().await {
            Err(error) if is_left_over(&error, &mut left_over) => {}
            begun => return begun.map(PgTransaction::from),
        }
    }
}

/// Begins a transaction on a connection that is kept, if one is, with a message that may read something at once.
pub async fn begin_on(
    mut kept: Option<Kept>,
    pool: &PgPool,
    message: &'static str,
) -> sqlx::Result<(PgTransaction, Vec<PgRow>)> {
    let mut left_over = pool.size();
    loop {
        let connection = match kept.take() {
            Some(kept) => kept,
            None => Kept { connection: pool.acquire().await?, in_transaction: false },
        };
        match connection.begin(message).await {
            Err(error) if is_left_over(&error, &mut left_over) => {}
            begun => return begun.map(|(kept, read)| (PgTransaction::Kept(kept), read)),
        }
    }
}

/// Whether a connection failed that was left over from before the server stopped, so that another is to be tried: there are no more of
/// those than were open, idle or on their way back.
fn is_left_over(error: &sqlx::Error, left_over: &mut u32) -> bool {
    let fits = matches!(error, sqlx::Error::Io(_) | sqlx::Error::Database(_)) && Trouble::of(error) == Trouble::Away;
    let tried = *left_over > 0 && fits;
    *left_over -= u32::from(tried);
    tried
}
