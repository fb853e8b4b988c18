//! `sojourn backup` and `sojourn restore`: a whole database as one file, taken while others write.

use std::path::{Path, PathBuf};

use sqlx::AssertSqlSafe;
use tokio::process::Command;

use super::{DatabaseOptions, Error};
use crate::db::{Db, Engine};
use crate::log;

/// What is backed up, and where to.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The file: of SQLite another database, of PostgreSQL an archive of its pg_dump
    path: PathBuf,
    #[command(flatten)]
    database: DatabaseOptions,
}

/// Writes everything that was committed before now into a new file.
pub async fn back_up(options: Options) -> Result<(), Error> {
    let Options { path, database } = options;
    if path.exists() {
        return Err(Error::Exists(path));
    }
    let db = database.open().await?;
    let done = copy(&db, &database.database_url, &path).await;
    db.close().await;
    done?;
    println!("The backup is at {}.", path.display());
    Ok(())
}

async fn copy(db: &Db, url: &str, path: &Path) -> Result<(), Error> {
    match &db.read {
        Engine::Sqlite(pool) => {
            // One read transaction: writers go on, and nothing they do meanwhile is in it.
            let into = path.display().to_string().replace('\'', "''");
            sqlx::query(AssertSqlSafe(format!("VACUUM INTO '{into}'"))).execute(pool).await?;
            // What the page cache holds is not yet kept.
            tokio::fs::OpenOptions::new().append(true).open(path).await?.sync_all().await?;
            // A document is never changed, so its copy is as good as the database's own moment.
            if let Some(documents) = db.folder() {
                copy_folder(documents, path.with_extension("documents")).await?;
            }
        }
        Engine::Postgres(_) => {
            let mut dump = Command::new("pg_dump");
            dump.args(["--format=custom", "--no-owner", "--enable-row-security", "--file"])
                .arg(path)
                .arg("--dbname")
                .arg(url);
            // The walls between tenants stand; a backup is of all of them.
            dump.env("PGOPTIONS", "-c sojourn.tenant=*");
            run(dump, "pg_dump").await?;
        }
    }
    Ok(())
}

/// Fills an empty database with what a backup holds, and verifies every log in it.
pub async fn restore(options: Options) -> Result<(), Error> {
    let Options { path, database } = options;
    let url = &database.database_url;
    if !path.is_file() {
        return Err(Error::NoBackup(path));
    }
    if let Some(target) = url.strip_prefix("sqlite:") {
        let target = PathBuf::from(target.trim_start_matches("//").split('?').next().unwrap_or_default());
        // What another database left beside it would be taken for changes of this one.
        let left = ["", "-wal", "-shm", "-journal"].map(|ending| {
            let mut name = target.clone().into_os_string();
            name.push(ending);
            PathBuf::from(name)
        });
        if let Some(there) = left.into_iter().find(|path| path.exists()) {
            return Err(Error::Exists(there));
        }
        let copied = target.with_extension("restoring");
        tokio::fs::copy(&path, &copied).await?;
        tokio::fs::OpenOptions::new().append(true).open(&copied).await?.sync_all().await?;
        copy_folder(path.with_extension("documents"), target.with_extension("documents")).await?;
        tokio::fs::rename(&copied, &target).await?;
    } else {
        let mut restore = Command::new("pg_restore");
        restore.args(["--exit-on-error", "--single-transaction", "--no-owner", "--dbname"]).arg(url).arg(&path);
        run(restore, "pg_restore").await?;
    }
    let db = database.open().await?;
    let verified = log::verify_all(&db).await;
    db.close().await;
    let logs = verified?;
    let broken = logs.iter().filter(|(_, verified)| verified.is_err()).count();
    if broken > 0 {
        return Err(Error::Broken(broken, logs.len()));
    }
    let events: i64 = logs.iter().filter_map(|(_, verified)| verified.as_ref().ok()).map(|log| log.events).sum();
    println!("{events} events of {} hospitals are back, and every chain holds.", logs.len());
    Ok(())
}

/// Copies a folder with all that is in it; one that is not there is empty.
async fn copy_folder(from: PathBuf, to: PathBuf) -> std::io::Result<()> {
    let mut folders = vec![(from, to)];
    while let Some((from, to)) = folders.pop() {
        let mut entries = match tokio::fs::read_dir(&from).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        tokio::fs::create_dir_all(&to).await?;
        while let Some(entry) = entries.next_entry().await? {
            let target = to.join(entry.file_name());
            if entry.file_type().await?.is_dir() {
                folders.push((entry.path(), target));
            } else {
                tokio::fs::copy(entry.path(), &target).await?;
                tokio::fs::OpenOptions::new().append(true).open(&target).await?.sync_all().await?;
            }
        }
    }
    Ok(())
}

async fn run(mut command: Command, name: &'static str) -> Result<(), Error> {
    let output = command.output().await.map_err(|source| Error::Program { name, problem: source.to_string() })?;
    if output.status.success() {
        return Ok(());
    }
    let problem = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Error::Program { name, problem })
}
