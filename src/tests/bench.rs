//! The figures: how fast the journey, the log, the pages, the analytics, the simulation and the export are.
//!
//! `cargo xtask bench` measures everything; `cargo xtask bench journey log live pages analytics simulate export` chooses, and `rebuild`
//! the first part of the analytics.
//! `cargo xtask bench flat`, which takes long and needs 20 GB of disk, is not among everything.

#[path = "faults/boards.rs"]
mod boards;
mod figures;
#[allow(dead_code)]
#[path = "faults/server.rs"]
mod server;
#[allow(dead_code, unused_imports, unused_macros)]
mod support;

use std::env;

use sojourn::db::Db;
use support::Database;

// As the server has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    // Cargo adds flags of its own.
    let chosen: Vec<String> = env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let wanted = |part: &str| chosen.is_empty() || chosen.iter().any(|word| word == part);
    println!("{}", if cfg!(debug_assertions) { "Not optimised: these figures say little." } else { "Optimised." });
    if wanted("journey") {
        figures::journey::measure();
    }
    for engine in ["SQLite", "PostgreSQL"] {
        if engine == "PostgreSQL" && env::var_os("SOJOURN_TEST_POSTGRES").is_none() {
            println!("\n{engine}: not measured; `cargo xtask bench` starts a server");
            continue;
        }
        if wanted("log") {
            println!("\n{engine}: the log");
            let (database, db) = open(engine).await;
            figures::log::measure(&db).await;
            close(database, db).await;
        }
        if chosen.iter().any(|word| word == "flat") {
            println!("\n{engine}: the same with a long log");
            let (database, db) = open(engine).await;
            figures::flat::measure(&db, [100_000, 10_000_000]).await;
            close(database, db).await;
        }
        if wanted("live") {
            println!("\n{engine}: live updates");
            let (database, db) = open(engine).await;
            figures::live::measure(&database.url).await;
            close(database, db).await;
        }
        if wanted("simulate") {
            println!("\n{engine}: the simulation");
            let (database, db) = open(engine).await;
            figures::simulation::measure(&db).await;
            close(database, db).await;
        }
        if wanted("export") {
            println!("\n{engine}: the export for warehouses, of a log and of one ten times as long");
            let (database, db) = open(engine).await;
            figures::export::measure(&db, &database.url).await;
            close(database, db).await;
        }
        if wanted("analytics") || wanted("rebuild") {
            println!("\n{engine}: the rows of the analytics");
            let (database, db) = open(engine).await;
            figures::analytics::rebuilding(&db).await;
            close(database, db).await;
        }
        if wanted("analytics") {
            // A month of a large hospital; then a tenth of it, alone and with ten times as much before.
            for (a_day, history) in [(4_500, 0), (450, 0), (450, 560)] {
                println!("\n{engine}: the analytics of a month with {a_day} visits a day, after {history} days");
                let (database, db) = open(engine).await;
                figures::analytics::panels(&db, a_day, history).await;
                close(database, db).await;
            }
        }
        for visits in [1_000, 100_000] {
            if wanted("pages") {
                println!("\n{engine}: pages with {visits} visits");
                let (database, db) = open(engine).await;
                figures::pages::measure(&db, visits).await;
                close(database, db).await;
            }
        }
    }
}

async fn open(engine: &str) -> (Database, Db) {
    let database = if engine == "SQLite" { Database::sqlite().await } else { Database::postgres().await };
    let db = Db::open(&database.url).await.expect("the fresh database opens");
    (database, db)
}

async fn close(database: Database, db: Db) {
    db.close().await;
    database.remove().await;
}
