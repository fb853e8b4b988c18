//! What is said when the figures are not whole.

use leptos::prelude::*;
use tr::tr;

use super::asked::grouped;
use crate::analytics::Behind;
use crate::screens::icon::{Icon, icon};

/// Why the figures are not whole, for somebody.
#[derive(Clone, Copy, Debug)]
pub struct Unfinished {
    /// Why.
    pub behind: Behind,
    /// Whether they may look after the read models.
    pub may_mend: bool,
}

/// Says so, before any figure.
pub fn notice(unfinished: Unfinished) -> AnyView {
    let events = |count: usize| tr!("1 event" | "{count} events" % count, count = grouped(count));
    let words = match unfinished.behind {
        Behind::Paused(count) => {
            tr!("These figures stand still: their read model is paused, {events} behind.", events = events(count))
        }
        Behind::Failing(count) => {
            tr!("These figures are not whole: their read model fails, {events} behind.", events = events(count))
        }
        Behind::Late(count) => {
            tr!("These figures are not whole yet: their read model is {events} behind.", events = events(count))
        }
    };
    let link = unfinished.may_mend.then(|| view! { <a href="/admin/projections">{tr!("Read models")}</a> });
    view! { <div class="notice notice-warning notice-line" role="status">{icon(Icon::TriangleAlert)} <p>{words}</p> {link}</div> }
        .into_any()
}
