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

use sojourn::db::{Db, new_id};
use sojourn::journey::ids::EventId;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

/// Who owns the databases of the tests.
const ROLE: &str = "sojourn_test";

/// The variable that names the PostgreSQL server: the URL of a user who may create databases and roles.
const SERVER: &str = "SOJOURN_TEST_POSTGRES";

/// An empty database made for one story.
pub struct Database {
    /// Where it is.
    pub url: String,
    home: Home,
}

enum Home {
    Folder(TempDir),
    Server { url: String, name: String },
}

impl Database {
    /// An empty SQLite file in a folder of its own.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("story.sqlite").display());
        Self { url, home: Home::Folder(folder) }
    }

    /// An empty database on the PostgreSQL server of the tests.
    pub async fn postgres() -> Self {
        let Ok(server) = std::env::var(SERVER) else {
            panic!(
                "{SERVER} is not set. Run `cargo xtask test`, which starts a PostgreSQL server for the tests, \
                 or set it to the URL of a user who may create databases"
            )
        };
        let name = format!("sojourn_test_{}", new_id::<EventId>()).to_lowercase();
        // A role that row-level security holds for, as in a hospital; whoever comes first makes it.
        execute(
            &server,
            format!(
                "DO $$ BEGIN CREATE ROLE {ROLE} LOGIN NOSUPERUSER NOBYPASSRLS; \
                 EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            ),
        )
        .await;
        execute(&server, format!("CREATE DATABASE {name} OWNER {ROLE}")).await;
        let mut url = url::Url::parse(&server).expect("an URL");
        url.set_username(ROLE).expect("an URL with a user");
        url.set_path(&name);
        Self { url: url.into(), home: Home::Server { url: server, name } }
    }

    /// Removes it; all its connections are closed.
    pub async fn remove(self) {
        match self.home {
            Home::Folder(folder) => folder.close().expect("the temporary folder goes away"),
            Home::Server { url, name } => execute(&url, format!("DROP DATABASE {name} WITH (FORCE)")).await,
        }
    }
}

async fn execute(server: &str, sql: String) {
    let mut connection = PgConnection::connect(server).await.expect("the PostgreSQL server of the tests");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect("a user who may create databases");
    connection.close().await.expect("the connection closes");
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
