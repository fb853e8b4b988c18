//! Where this patient's time went beside the median of like visits.

use leptos::prelude::*;
use tr::tr;

use crate::language;

/// How many like visits are needed to compare with.
pub const FEWEST: usize = 5;

/// A visit beside its like: of the same department and kind, in the week up to its day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peers {
    /// How many there are.
    pub visits: usize,
    /// What is compared: its name, here, and the median of the others.
    pub rows: Vec<(&'static str, Option<i64>, Option<i64>)>,
}

/// Shows the comparison; nothing when there are too few.
pub fn peers(peers: Option<&Peers>) -> AnyView {
    let Some(peers) = peers.filter(|peers| peers.visits >= FEWEST) else { return ().into_any() };
    let words = |seconds: Option<i64>| seconds.map_or_else(|| "–".to_owned(), language::duration);
    // One scale for all rows: a bar can be held against those above and below it.
    let most = peers.rows.iter().flat_map(|(_, here, others)| [*here, *others]).flatten().max().unwrap_or(0).max(1);
    let rows = peers.rows.iter().filter(|(_, here, others)| here.is_some() || others.is_some());
    let rows = rows.map(|(name, here, others)| {
        let width = |seconds: Option<i64>| format!("{:.1}%", seconds.unwrap_or(0) as f64 * 100.0 / most as f64);
        view! {
            <tr>
                <th scope="row">{language::say(name)}</th>
                <td class="peer-bars">
                    <svg class="bar" aria-hidden="true" width="100%" height="20">
                        <rect class="bar-median" x="0" y="1" width=width(*here) height="8" rx="3"></rect>
                        <rect class="bar-like" x="0" y="11" width=width(*others) height="8" rx="3"></rect>
                    </svg>
                </td>
                <td class="number">{words(*here)}</td>
                <td class="number secondary">{words(*others)}</td>
            </tr>
        }
        .into_any()
    });
    view! {
        <section class="card" aria-labelledby="peers">
            <div class="card-head">
                <h2 id="peers">{tr!("Compared with similar visits")}</h2>
            </div>
            <div class="table-wrap" role="group" aria-labelledby="peers" tabindex="0">
                <table class="table table-small">
                    <caption class="visually-hidden">{tr!("Compared with similar visits")}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{tr!("Time")}</th>
                            <th scope="col"><span class="visually-hidden">{tr!("Compared")}</span></th>
                            <th scope="col" class="number">{tr!("Here")}</th>
                            <th scope="col" class="number">{tr!("Median")}</th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
            <p class="small secondary">
                {tr!("{count} other visits of this department and kind in the week up to its day.", count = peers.visits)} " "
                {tr!("What happened more than once in a visit is added up, and counted once where it overlaps, here and in the others.")}
            </p>
        </section>
    }
    .into_any()
}
