//! `sojourn import`: a foreign event log, held against the journey.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;

use super::{DatabaseOptions, Error};
use crate::import::conformance::Conformance;
use crate::import::mapping::Mapping;
use crate::import::rows::{self, Row};
use crate::import::{check, import};

/// What is imported, and how.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The event log: CSV with a line of names first, or XES when its name ends in .xes
    file: PathBuf,
    /// The mapping from its activities to the journey's events, in JSON
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,
    /// Write every row that the journey refuses here, as CSV
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Hold the log against the journey, and write nothing
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    database: DatabaseOptions,
}

/// Imports what the journey accepts, and says what it refuses.
pub async fn run(options: Options) -> Result<(), Error> {
    let mapping = Mapping::read(&std::fs::read_to_string(&options.mapping)?)?;
    let rows = read(&mapping, &options.file)?;
    let conformance = if options.check {
        check(&mapping, &rows)?
    } else {
        let db = options.database.open().await?;
        let bar = ProgressBar::new_spinner();
        let imported = import(&db, &mapping, &rows, |events| bar.set_position(events as u64)).await;
        bar.finish_and_clear();
        db.close().await;
        let (tenant, conformance) = imported?;
        println!("{} has {} events.", tenant.name, conformance.accepted);
        conformance
    };
    if let Some(report) = &options.report {
        write(report, &conformance)?;
    }
    tell(&conformance);
    Ok(())
}

fn read(mapping: &Mapping, path: &Path) -> Result<Vec<Row>, Error> {
    let file = BufReader::new(File::open(path)?);
    let is_xes = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xes"));
    Ok(if is_xes { rows::xes(mapping, file) } else { rows::csv(mapping, file) }?)
}

fn write(path: &Path, conformance: &Conformance) -> Result<(), Error> {
    let mut file = csv::Writer::from_path(path).map_err(std::io::Error::from)?;
    for deviation in &conformance.deviations {
        file.serialize(deviation).map_err(std::io::Error::from)?;
    }
    Ok(file.flush()?)
}

fn tell(conformance: &Conformance) {
    println!(
        "{} of {} cases fit from beginning to end; {:.1}% of the rows are accepted, {} refused, {} left out by the mapping.",
        conformance.fitting_cases,
        conformance.cases,
        conformance.fitness(),
        conformance.deviations.len(),
        conformance.left_out
    );
    for ((code, activity), count) in conformance.by_code() {
        let example = conformance.deviations.iter().find(|found| found.code == code && found.activity == activity);
        let reason = example.map_or("", |found| &found.reason);
        println!("{count:>8}  {code:<20} {activity}: {reason}");
    }
}
