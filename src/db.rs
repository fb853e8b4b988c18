//! The two engines behind one type: SQLite embedded, PostgreSQL where one machine is not enough.
//!
//! SQL is one text for both (`$1` placeholders). [`on!`](crate::on) repeats a body for each engine, so that it is compiled for each.

mod apart;
pub mod beside;
mod cells;
mod columns;
pub mod keys;
mod postgres;
pub mod rows;

use std::str::FromStr;
use std::time::Duration;

use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteError, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, FromRow, PgPool, Sqlite, SqlitePool, Transaction};

use self::postgres::{ALL_TENANTS, PgTransaction, Tenants};
use crate::journey::ids::{Id, TenantId};

pub(crate) use columns::{text_columns, word_text};

/// Runs one body on whichever engine is behind a [`Db`] or a [`Tx`].
///
/// `on!(db, pool => query.fetch_all(pool).await)` and `on!(tx, connection => query.execute(&mut **connection).await)`.
#[macro_export]
macro_rules! on {
    ($engine:expr, $handle:ident => $body:expr) => {
        match $engine {
            $crate::db::Engine::Sqlite($handle) => $body,
            $crate::db::Engine::Postgres($handle) => $body,
        }
    };
}

/// One thing on SQLite, the same thing on PostgreSQL.
#[derive(Clone, Debug)]
pub enum Engine<S, P> {
    /// The embedded engine.
    Sqlite(S),
    /// The server engine.
    Postgres(P),
}

/// A transaction that may write.
pub type Tx = Engine<Transaction<'static, Sqlite>, PgTransaction>;

/// Where a query reads: from the pool, or within a transaction, which sees what it has itself written.
pub enum Source<'a> {
    /// From the pool of readers.
    Db(&'a Db),
    /// Within a transaction.
    Tx(&'a mut Tx),
}

impl Source<'_> {
    /// The same, for one query of several.
    pub fn again(&mut self) -> Source<'_> {
        match self {
            Self::Db(db) => Source::Db(db),
            Self::Tx(tx) => Source::Tx(tx),
        }
    }
}

impl<'a> From<&'a Db> for Source<'a> {
    fn from(db: &'a Db) -> Self {
        Self::Db(db)
    }
}

impl<'a> From<&'a mut Tx> for Source<'a> {
    fn from(tx: &'a mut Tx) -> Self {
        Self::Tx(tx)
    }
}

/// Runs one reading query on a [`Source`]: `from!(source, executor => query.fetch_all(executor).await)`.
#[macro_export]
macro_rules! from {
    ($source:expr, $executor:ident => $body:expr) => {
        match $source.into() {
            $crate::db::Source::Db(db) => $crate::on!(&db.read, $executor => $body),
            $crate::db::Source::Tx(tx) => $crate::on!(tx, transaction => {
                let $executor = &mut **transaction;
                $body
            }),
        }
    };
}

/// The database: where to read and where to write.
#[derive(Clone, Debug)]
pub struct Db {
    /// For queries.
    pub read: Engine<SqlitePool, PgPool>,
    /// For everything that writes; on SQLite one connection, so that writers wait their turn and never meet a lock.
    pub write: Engine<SqlitePool, PgPool>,
    /// On PostgreSQL, connections that see one tenant only.
    tenants: Tenants,
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names no engine we know.
    #[error(
        "the database URL {0:?} is not understood; write sqlite:PATH (for example sqlite:sojourn.sqlite) or postgres://user@host/name"
    )]
    Url(String),
    /// The engine said no.
    #[error("the database at {url} could not be opened: {source}")]
    Connect {
        /// The URL, without its password.
        url: String,
        /// What the engine said.
        source: sqlx::Error,
    },
    /// Another process holds the file.
    #[error("the database file {0} is locked by another program; stop that program, or wait for it, and start again")]
    Locked(String),
    /// The schema comes from a later version of Sojourn.
    #[error(
        "this database was written by a newer Sojourn (schema {0}, which this version does not know); install that version or a later one"
    )]
    NewerSchema(i64),
    /// A migration failed.
    #[error("the database could not be brought up to date: {0}")]
    Migrate(MigrateError),
}

static SQLITE_MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/postgres");

impl Db {
    /// Opens the database a URL names and brings its schema up to date.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let db = Self::connect(url).await?;
        let migrated = match &db.write {
            Engine::Sqlite(pool) => SQLITE_MIGRATIONS.run(pool).await,
            Engine::Postgres(pool) => POSTGRES_MIGRATIONS.run(pool).await,
        };
        migrated.map_err(|error| match error {
            MigrateError::VersionMissing(version) => OpenError::NewerSchema(version),
            MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) if is_locked(&source) => {
                OpenError::Locked(hide_password(url))
            }
            error => OpenError::Migrate(error),
        })?;
        Ok(db)
    }

    async fn connect(url: &str) -> Result<Self, OpenError> {
        let bad_url = || OpenError::Url(hide_password(url));
        let connect_error = |source| match is_locked(&source) {
            true => OpenError::Locked(hide_password(url)),
            false => OpenError::Connect { url: hide_password(url), source },
        };
        if url.starts_with("sqlite:") {
            // A database in memory would be another one for each pool.
            if url.contains(":memory:") || url.contains("mode=memory") {
                return Err(bad_url());
            }
            let options = SqliteConnectOptions::from_str(url)
                .map_err(|_| bad_url())?
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(5))
                // A group of writers touches more pages than the engine would keep, and the same ones again and again.
                .pragma("cache_size", "-65536")
                .pragma("wal_autocheckpoint", "16384")
                .pragma("temp_store", "MEMORY")
                // One text for each number of rows that are written at once.
                .statement_cache_capacity(256);
            let pool = |connections| {
                SqlitePoolOptions::new()
                    .max_connections(connections)
                    .acquire_timeout(Duration::from_secs(60))
                    .test_before_acquire(false)
                    // A full disk ends a transaction behind the driver's back; such a connection can begin no other.
                    .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
                    .connect_with(options.clone())
            };
            let write = pool(1).await.map_err(connect_error)?;
            let read = pool(4).await.map_err(connect_error)?;
            Ok(Self { read: Engine::Sqlite(read), write: Engine::Sqlite(write), tenants: Tenants::default() })
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let options = PgConnectOptions::from_str(url).map_err(|_| bad_url())?;
            // The pool waits for a server that is away; whoever starts the program wants to hear of it at once.
            let probe = options.connect().await.map_err(connect_error)?;
            probe.close().await.map_err(connect_error)?;
            Ok(Self::on_postgres(postgres::pool(options, ALL_TENANTS), Tenants::default()))
        } else {
            Err(bad_url())
        }
    }

    /// The same database, for one tenant: on PostgreSQL, by connections that see the rows of no other.
    pub fn of(&self, tenant: &TenantId) -> Self {
        let Engine::Postgres(all) = &self.write else { return self.clone() };
        Self::on_postgres(self.tenants.of(tenant, &all.connect_options()), self.tenants.clone())
    }

    fn on_postgres(pool: PgPool, tenants: Tenants) -> Self {
        Self { read: Engine::Postgres(pool.clone()), write: Engine::Postgres(pool), tenants }
    }

    /// Begins a transaction that may write.
    pub async fn begin(&self) -> sqlx::Result<Tx> {
        Ok(match &self.write {
            Engine::Sqlite(pool) => Engine::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
            Engine::Postgres(pool) => Engine::Postgres(postgres::begin(pool).await?),
        })
    }

    /// Begins a transaction for who writes without a break: where it can, on the connection kept of the one before.
    pub async fn begin_next(&self, kept: Kept) -> sqlx::Result<Tx> {
        Ok(self.begin_next_with::<(i64,)>(kept, "BEGIN").await?.0)
    }

    /// The same with what PostgreSQL reads by the message that begins it: each way there and back takes its time.
    pub async fn begin_next_with<R: for<'r> FromRow<'r, PgRow>>(
        &self,
        Kept(kept): Kept,
        message: &'static str,
    ) -> sqlx::Result<(Tx, Option<R>)> {
        let Engine::Postgres(pool) = &self.write else { return Ok((self.begin().await?, None)) };
        let (transaction, read) = postgres::begin_on(kept, pool, message).await?;
        Ok((Engine::Postgres(transaction), read.first().map(R::from_row).transpose()?))
    }

    /// Begins a transaction that only reads, and holds no writer up.
    pub async fn begin_reading(&self) -> sqlx::Result<Tx> {
        Ok(match &self.read {
            Engine::Sqlite(pool) => Engine::Sqlite(pool.begin().await?),
            Engine::Postgres(pool) => Engine::Postgres(postgres::begin(pool).await?),
        })
    }

    /// Has PostgreSQL count tables, on which its plans rest. It does so itself, but a minute later.
    pub async fn count(&self, statement: &'static str) -> sqlx::Result<()> {
        match &self.write {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(pool) => sqlx::query(statement).execute(pool).await.map(drop),
        }
    }

    /// Asks the database whether it is there, for reading and for writing.
    pub async fn ping(&self) -> sqlx::Result<()> {
        const PING: &str = "SELECT 1";
        on!(&self.read, pool => sqlx::query(PING).execute(pool).await.map(drop))?;
        on!(&self.write, pool => sqlx::query(PING).execute(pool).await.map(drop))
    }

    /// Whether the schema is the one that we know: no migration is missing, and none came from a later version.
    pub async fn knows_schema(&self) -> sqlx::Result<bool> {
        const LATEST: &str = "SELECT MAX(version) FROM _sqlx_migrations WHERE success";
        let latest: Option<i64> = on!(&self.read, pool => sqlx::query_scalar(LATEST).fetch_one(pool).await)?;
        let known = match &self.read {
            Engine::Sqlite(_) => &SQLITE_MIGRATIONS,
            Engine::Postgres(_) => &POSTGRES_MIGRATIONS,
        };
        Ok(latest == known.iter().map(|migration| migration.version).max())
    }

    /// Whether PostgreSQL lets this role see past the walls between tenants, whatever they say.
    pub async fn sees_past_walls(&self) -> sqlx::Result<bool> {
        const ROLE: &str = "SELECT (rolsuper OR rolbypassrls)::boolean FROM pg_roles WHERE rolname = current_user";
        match &self.read {
            Engine::Sqlite(_) => Ok(false),
            Engine::Postgres(pool) => sqlx::query_scalar(ROLE).fetch_one(pool).await,
        }
    }

    /// The pools by name, with how many connections each has open and how many of those are idle.
    pub fn connections(&self) -> Vec<(&'static str, u32, u32)> {
        let count = |name, pool: &Engine<SqlitePool, PgPool>| on!(pool, pool => (name, pool.size(), u32::try_from(pool.num_idle()).unwrap_or(u32::MAX)));
        match &self.write {
            Engine::Sqlite(_) => vec![count("read", &self.read), count("write", &self.write)],
            Engine::Postgres(_) => vec![count("all", &self.write)],
        }
    }

    /// The folder of files beside an embedded database; none on a server's, which keeps them in tables.
    pub fn folder(&self) -> Option<std::path::PathBuf> {
        match &self.read {
            Engine::Sqlite(pool) => Some(pool.connect_options().get_filename().with_extension("documents")),
            Engine::Postgres(_) => None,
        }
    }

    /// Closes all connections, when what is in flight is done.
    pub async fn close(&self) {
        self.tenants.close().await;
        on!(&self.read, pool => pool.close().await);
        on!(&self.write, pool => pool.close().await);
    }
}

/// Commits a transaction; what it wrote is durable when this returns.
pub async fn commit(tx: Tx) -> sqlx::Result<()> {
    commit_and_keep(tx).await.map(drop)
}

/// The connection of a transaction that was committed, for [`Db::begin_next`]; dropped, it goes back to all.
#[derive(Debug, Default)]
pub struct Kept(Option<postgres::Kept>);

/// Commits a transaction, and keeps its connection where there is something to keep.
pub async fn commit_and_keep(tx: Tx) -> sqlx::Result<Kept> {
    match tx {
        Tx::Sqlite(transaction) => transaction.commit().await.map(|()| Kept(None)),
        Tx::Postgres(PgTransaction::Shared(transaction)) => transaction.commit().await.map(|()| Kept(None)),
        Tx::Postgres(PgTransaction::Kept(kept)) => kept.commit().await.map(|kept| Kept(Some(kept))),
    }
}

/// Makes a new id, for the present moment.
pub fn new_id<I: Id>() -> I {
    I::from_bits(u128::from_be_bytes(ulid::Ulid::generate().to_bytes()))
}

/// Whether SQLite found the file locked by another connection.
fn is_locked(error: &sqlx::Error) -> bool {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    let sqlite = error.as_database_error().and_then(|error| error.try_downcast_ref::<SqliteError>());
    let code = sqlite.and_then(|error| error.code()?.parse::<i32>().ok());
    // The low byte is the primary result code.
    code.is_some_and(|code| matches!(code & 0xff, BUSY | LOCKED))
}

/// What the failure of a query means for whoever waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The database is away, or busy: the same may work a little later.
    Away,
    /// There is no room left to write to: reading goes on.
    Full,
    /// The query itself is at fault.
    Query,
}

impl Trouble {
    /// What a failure means.
    pub fn of(error: &sqlx::Error) -> Self {
        use sqlx::Error::*;
        match error {
            Io(_) | Tls(_) | Protocol(_) | PoolTimedOut | PoolClosed | WorkerCrashed => Self::Away,
            Database(error) => error.code().map_or(Self::Query, |code| match code.parse::<u32>() {
                // SQLite: the low byte is the primary code: full; busy, locked, input or output, cannot open.
                Ok(code) if code < 10_000 && code & 0xff == 13 => Self::Full,
                Ok(code) if code < 10_000 && matches!(code & 0xff, 5 | 6 | 10 | 14) => Self::Away,
                _ if code == "53100" => Self::Full,
                // PostgreSQL: connection, rollback to be tried again, resources, operator, system.
                _ if code.len() == 5 && ["08", "40", "53", "57", "58"].iter().any(|class| code.starts_with(class)) => {
                    Self::Away
                }
                _ => Self::Query,
            }),
            _ => Self::Query,
        }
    }
}

/// A URL as it may be shown: without its password, which may stand before the host or among the parameters.
fn hide_password(url: &str) -> String {
    let url = url.split('?').next().unwrap_or_default();
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 < at => {
            let user = url[scheme + 3..at].split(':').next().unwrap_or_default();
            format!("{}{user}{}", &url[..scheme + 3], &url[at..])
        }
        _ => url.to_owned(),
    }
}
