//! `/queue/{station}`: the board of a station.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use tr::tr;

use crate::hospital::{branches, measure_targets, people, rooms};
use crate::http::desk::{Desk, Failure};
use crate::http::form::Values;
use crate::http::seen::Seen;
use crate::journey::words::{Role, Stage, Station, Word};
use crate::language::say;
use crate::live::Topic;
use crate::projections::{tests, visits};
use crate::record::past;
use crate::screens::attempt::Attempt;
use crate::screens::layout::QUEUE;
use crate::screens::queue::{Board, board};

fn station(path: &str) -> Result<Station, Failure> {
    Station::from_word(&path.to_ascii_uppercase())
        .filter(|_| path == path.to_ascii_lowercase())
        .ok_or(Failure::NotFound)
}

/// Shows the board.
pub async fn show(Path(path): Path<String>, desk: Desk) -> Result<Response, Failure> {
    page(desk, station(&path)?, None).await
}

/// Logs a step of a patient on the board.
pub async fn act(
    Path(path): Path<String>,
    desk: Desk,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let station = station(&path)?;
    desk.needs(QUEUE)?;
    desk.needs_present()?;
    match desk.log(Values(pairs)).await? {
        Ok(response) => Ok(response),
        Err(attempt) => page(desk, station, Some(attempt)).await,
    }
}

async fn page(desk: Desk, station: Station, attempt: Option<Arc<Attempt>>) -> Result<Response, Failure> {
    desk.needs(QUEUE)?;
    let past = desk.past_of_hospital().await?;
    let cards = match &past {
        Some(past) => past::board(desk.db(), &desk.tenant, station, desk.branch(), past.then()).await?,
        None => visits::board(desk.db(), &desk.tenant.id, station, desk.branch()).await?,
    };
    let rooms = rooms::open(desk.db(), &desk.tenant.id).await?;
    let data = Board {
        tenant: desk.tenant.clone(),
        station,
        cards,
        targets: measure_targets::of_hospital(desk.db(), &desk.tenant.id).await?,
        with_results: match &past {
            Some(_) => BTreeSet::new(),
            None => tests::visits_with_results(desk.db(), &desk.tenant.id, station).await?.into_iter().collect(),
        },
        to_collect: match (station, &past) {
            (Station::Lab, None) => {
                let cards = tests::worklist(desk.db(), &desk.tenant.id, Stage::Ordered).await?;
                cards.into_iter().map(|card| (card.test.visit_id, card.test.test_id)).collect()
            }
            _ => BTreeMap::new(),
        },
        own_room: desk.person.room_id.clone().filter(|own| rooms.iter().any(|room| room.id == *own)),
        rooms,
        actor: desk.actor_at(past.as_ref()),
        doctor_rooms: match station {
            Station::Consultation => {
                let doctors = people::of_role(desk.db(), &desk.tenant.id, Role::Doctor).await?;
                doctors.into_iter().filter_map(|doctor| Some((doctor.id, doctor.room_id?))).collect()
            }
            Station::Lab | Station::Billing => BTreeMap::new(),
        },
        branch: desk.branch().cloned(),
        display: match desk.branch() {
            Some(branch) => Some(branch.clone()),
            None => branches::list(desk.db(), &desk.tenant.id).await?.into_iter().next().map(|branch| branch.id),
        },
        now: past.as_ref().map_or(desk.now, |past| past.moment),
        past,
        department: desk.query("department").map(ToOwned::to_owned),
        attempt: attempt.clone(),
    };
    let desk = desk.live([Topic::Queue(station)]).reloads(true);
    let title = tr!("{station} queue", station = say(station.label()));
    desk.show(title, Seen::List, attempt, move || board(data)).await
}
