//! `sojourn export`: the log for other programs.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::Subcommand;
use indicatif::ProgressBar;

use super::{DatabaseOptions, Error, the_tenant};
use crate::db::Db;
use crate::export::traces::Trace;
use crate::export::{Period, figures, ocel, parquet, traces, xes};
use crate::hospital::tenants::Tenant;

/// What can be exported.
#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// An event log in XES, a trace for each visit
    Xes(EventLog),
    /// An object-centric event log in OCEL 2.0 as JSON
    Ocel(EventLog),
    /// Parquet files, one for each day
    Parquet {
        /// The folder they are written to
        folder: PathBuf,
        #[command(flatten)]
        which: Which,
    },
}

/// An event log, and where it is written to.
#[derive(Debug, clap::Args)]
pub struct EventLog {
    /// The file it is written to
    file: PathBuf,
    /// Write what the analytics make of the same visits here, as JSON: durations, variants, directly-follows counts
    #[arg(long, value_name = "FILE")]
    figures: Option<PathBuf>,
    #[command(flatten)]
    which: Which,
}

/// Which days of which hospital.
#[derive(Debug, clap::Args)]
pub struct Which {
    /// The first day [default: the log's first]
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
    /// The last day [default: the log's last]
    #[arg(long, value_name = "DATE")]
    to: Option<NaiveDate>,
    /// The hospital, by id or name, where there are several
    #[arg(long)]
    tenant: Option<String>,
    #[command(flatten)]
    database: DatabaseOptions,
}

/// Writes what was asked for.
pub async fn run(command: ExportCommand) -> Result<(), Error> {
    let (ExportCommand::Xes(EventLog { which, .. })
    | ExportCommand::Ocel(EventLog { which, .. })
    | ExportCommand::Parquet { which, .. }) = &command;
    let period = Period { from: which.from, to: which.to };
    let db = which.database.open().await?;
    let done = match the_tenant(&db, which.tenant.as_deref()).await {
        Ok(tenant) => write(&db, &tenant, period, &command).await,
        Err(error) => Err(error),
    };
    db.close().await;
    println!("{}", done?);
    Ok(())
}

async fn write(db: &Db, tenant: &Tenant, period: Period, command: &ExportCommand) -> Result<String, Error> {
    let bar = ProgressBar::new_spinner();
    let mut counted = Counted { visits: 0, events: 0 };
    let (file, path) = match command {
        ExportCommand::Parquet { folder, .. } => {
            let events = parquet::events(db, tenant, period, folder, |rows| bar.set_position(rows)).await?;
            let stays = parquet::stays(db, tenant, period, folder, |rows| bar.set_position(events.rows + rows)).await?;
            bar.finish_and_clear();
            let (files, folder) = (events.files + stays.files, folder.display());
            return Ok(format!("{} events and {} stays are in {files} files in {folder}.", events.rows, stays.rows));
        }
        ExportCommand::Xes(EventLog { file, figures, .. }) => {
            let mut log = xes::Log::begin(create(file)?, &tenant.name)?;
            traces::each(db, tenant, period, |trace| {
                counted.add(&trace, &bar);
                log.add(&trace)
            })
            .await?;
            log.end()?;
            (file, figures)
        }
        ExportCommand::Ocel(EventLog { file, figures, .. }) => {
            ocel::write(db, tenant, period, create(file)?, |trace| counted.add(trace, &bar)).await?;
            (file, figures)
        }
    };
    bar.finish_and_clear();
    if let Some(path) = path {
        let figures = figures::figures(db, tenant, period).await?;
        let mut file = create(path)?;
        serde_json::to_writer(&mut file, &figures).map_err(std::io::Error::from)?;
        file.flush()?;
    }
    Ok(format!("{} visits with {} events are in {}.", counted.visits, counted.events, file.display()))
}

/// What was written so far.
struct Counted {
    visits: u64,
    events: usize,
}

impl Counted {
    fn add(&mut self, trace: &Trace, bar: &ProgressBar) {
        self.visits += 1;
        self.events += trace.events.len();
        bar.set_position(self.visits);
    }
}

fn create(path: &Path) -> Result<BufWriter<File>, Error> {
    Ok(BufWriter::new(File::create(path)?))
}
