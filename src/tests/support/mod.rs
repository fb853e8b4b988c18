//! What the stories share: fresh databases, and one way to tell a story on both engines.

pub mod events;
pub mod flow;
pub mod hospital;
pub mod house;
pub mod mail;
pub mod nats;
pub mod receiver;
pub mod source;

use std::future::Future;

use sha2::{Digest, Sha256};
use sojourn::db::{Db, new_id};
use sojourn::journey::ids::EventId;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// Who owns the databases of the tests.
const ROLE: &str = "sojourn_test";

/// The variable that names the PostgreSQL server: the URL of a user who may create databases and roles.
const SERVER: &str = "SOJOURN_TEST_POSTGRES";

/// A database made for one story.
pub struct Database {
    /// Where it is.
    pub url: String,
    home: Home,
}

enum Home {
    Folder(TempDir),
    Server { name: String },
}

impl Database {
    /// An empty SQLite file in a folder of its own.
    pub async fn empty_sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("story.sqlite").display());
        Self { url, home: Home::Folder(folder) }
    }

    /// The same, with the schema of today.
    pub async fn sqlite() -> Self {
        // Made once: stories are many, and so are migrations.
        static READY: OnceCell<Vec<u8>> = OnceCell::const_new();
        let file = |database: &Self| database.url.trim_start_matches("sqlite:").to_owned();
        let ready = READY.get_or_init(async || {
            let first = Self::empty_sqlite().await;
            Db::open(&first.url).await.expect("the fresh database opens").close().await;
            let content = std::fs::read(file(&first)).expect("the file is there");
            first.remove().await;
            content
        });
        let ready = ready.await;
        let database = Self::empty_sqlite().await;
        std::fs::write(file(&database), ready).expect("the file is written");
        database
    }

    /// An empty database on the PostgreSQL server of the tests.
    pub async fn empty_postgres() -> Self {
        let mut server = server().await;
        let database = Self::copy_of(&mut server, "template1").await;
        server.close().await.expect("the connection closes");
        database
    }

    /// The same, with the schema of today.
    pub async fn postgres() -> Self {
        static READY: OnceCell<String> = OnceCell::const_new();
        const LOCK: &str = "SELECT pg_advisory_lock(hashtext($1))";
        const IS_THERE: &str = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)";
        let mut server = server().await;
        let ready = READY.get_or_init(async || {
            // Of these migrations and no others, whoever made it.
            let migrations = sqlx::migrate!("migrations/postgres");
            let checksums: Vec<_> = migrations.iter().flat_map(|migration| migration.checksum.to_vec()).collect();
            let digest: String = Sha256::digest(checksums).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            let name = format!("sojourn_test_template_{digest}");
            sqlx::query(LOCK).bind(&name).execute(&mut server).await.expect("a lock, until the connection closes");
            let there: sqlx::Result<bool> = sqlx::query_scalar(IS_THERE).bind(&name).fetch_one(&mut server).await;
            if !there.expect("an answer") {
                let first = Self::copy_of(&mut server, "template1").await;
                Db::open(&first.url).await.expect("the fresh database opens").close().await;
                let Home::Server { name: made } = &first.home else { panic!("PostgreSQL") };
                execute(&mut server, format!("ALTER DATABASE {made} RENAME TO {name}")).await;
            }
            name
        });
        let ready = ready.await;
        let database = Self::copy_of(&mut server, ready).await;
        server.close().await.expect("the connection closes");
        database
    }

    /// A copy of a database on the server of the tests.
    async fn copy_of(server: &mut PgConnection, template: &str) -> Self {
        let name = format!("sojourn_test_{}", new_id::<EventId>()).to_lowercase();
        // A role that row-level security holds for, as in a hospital; whoever comes first makes it.
        execute(
            server,
            format!(
                "DO $$ BEGIN CREATE ROLE {ROLE} LOGIN NOSUPERUSER NOBYPASSRLS; \
                 EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            ),
        )
        .await;
        execute(server, format!("CREATE DATABASE {name} OWNER {ROLE} TEMPLATE {template}")).await;
        let mut url = url::Url::parse(&server_url()).expect("an URL");
        url.set_username(ROLE).expect("an URL with a user");
        url.set_path(&name);
        Self { url: url.into(), home: Home::Server { name } }
    }

    /// Removes it; all its connections are closed.
    pub async fn remove(self) {
        match self.home {
            Home::Folder(folder) => folder.close().expect("the temporary folder goes away"),
            Home::Server { name } => {
                let mut server = server().await;
                execute(&mut server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
                server.close().await.expect("the connection closes");
            }
        }
    }
}

/// The URL of the PostgreSQL server of the tests.
fn server_url() -> String {
    std::env::var(SERVER).unwrap_or_else(|_| {
        panic!(
            "{SERVER} is not set. Run `cargo xtask test`, which starts a PostgreSQL server for the tests, \
             or set it to the URL of a user who may create databases"
        )
    })
}

/// A connection to it.
async fn server() -> PgConnection {
    PgConnection::connect(&server_url()).await.expect("the PostgreSQL server of the tests")
}

async fn execute(server: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(server).await.expect("a user who may create databases");
}

/// Tells one story on one fresh database, and clears up however it ends.
pub async fn tell<F>(database: Database, story: impl FnOnce(Db) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let db = Db::open(&database.url).await.expect("the fresh database opens");
    let told = tokio::spawn(story(db.clone())).await;
    db.close().await;
    database.remove().await;
    if let Err(failed) = told {
        std::panic::resume_unwind(failed.into_panic());
    }
}

/// Makes two tests of each story: `sqlite::NAME` and `postgres::NAME`. A story is an `async fn(Db)` in the calling module.
macro_rules! stories {
    ($($story:ident),* $(,)?) => {
        $crate::support::stories!(@engine sqlite $($story)*);
        $crate::support::stories!(@engine postgres $($story)*);
    };
    (@engine $engine:ident $($story:ident)*) => {
        mod $engine {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $story() {
                    $crate::support::tell($crate::support::Database::$engine().await, super::$story).await;
                }
            )*
        }
    };
}
pub(crate) use stories;

/// Waits until something holds, and fails with what it is when it does not in good time.
macro_rules! until {
    ($what:literal, $holds:expr) => {
        let started = std::time::Instant::now();
        while !$holds {
            assert!(started.elapsed() < std::time::Duration::from_secs(60), "in vain: {}", $what);
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
}
pub(crate) use until;
