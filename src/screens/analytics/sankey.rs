//! Flows between stages: a column for each step of the path, so that nothing runs back.

use std::collections::BTreeMap;

use leptos::prelude::*;
use tr::tr;

use super::asked::grouped;
use crate::analytics::journeys::{Flows, Stop};
use crate::journey::words::Phase;
use crate::language::say;
use crate::screens::parts::phase_class;

/// The size of the drawing, in its own units.
const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 420.0;
/// What stands right of the last column.
const MARGIN: f64 = 128.0;
const NODE: f64 = 14.0;
const GAP: f64 = 22.0;

/// The drawing of flows.
#[derive(Clone, Debug, Default)]
pub struct Sankey {
    nodes: Vec<Node>,
    links: Vec<Link>,
}

#[derive(Clone, Debug)]
struct Node {
    stop: Stop,
    visits: usize,
    x: f64,
    y: f64,
    height: f64,
}

#[derive(Clone, Debug)]
struct Link {
    from: Stop,
    path: String,
    words: String,
}

/// The colours of a stage.
pub fn phase(stop: Stop) -> Phase {
    match stop {
        Stop::Registration => Phase::Arrive,
        Stop::Queue => Phase::Wait,
        Stop::Doctor => Phase::Consult,
        Stop::Billing => Phase::Pay,
        Stop::Lab => Phase::Test,
        Stop::Report | Stop::Completed => Phase::Treat,
        Stop::NoShow | Stop::Cancelled | Stop::Rescheduled => Phase::Leave,
    }
}

impl Sankey {
    /// Lays flows out.
    pub fn new(flows: &Flows) -> Self {
        let mut totals: Vec<BTreeMap<Stop, usize>> = Vec::new();
        for ((step, from, to), visits) in &flows.0 {
            while totals.len() < step + 2 {
                totals.push(BTreeMap::new());
            }
            if *step == 0
                && let Some(first) = totals.first_mut()
            {
                *first.entry(*from).or_default() += visits;
            }
            if let Some(next) = totals.get_mut(step + 1) {
                *next.entry(*to).or_default() += visits;
            }
        }
        let scale = totals.iter().map(|column| {
            let gaps = column.len().saturating_sub(1) as f64 * GAP;
            (HEIGHT - 40.0 - gaps) / column.values().sum::<usize>().max(1) as f64
        });
        let scale = scale.fold(f64::MAX, f64::min);
        let across = (WIDTH - MARGIN - NODE) / totals.len().saturating_sub(1).max(1) as f64;
        let mut nodes = Vec::new();
        // Where each node stands, and how much of it links have taken on the left and on the right.
        let mut places: BTreeMap<(usize, Stop), (f64, f64, f64)> = BTreeMap::new();
        for (step, column) in totals.iter().enumerate() {
            let mut y = 24.0;
            for (stop, visits) in column {
                let height = (*visits as f64 * scale).max(2.0);
                nodes.push(Node { stop: *stop, visits: *visits, x: step as f64 * across, y, height });
                places.insert((step, *stop), (y, 0.0, 0.0));
                y += height + GAP;
            }
        }
        let mut links = Vec::new();
        for ((step, from, to), visits) in &flows.0 {
            let thick = *visits as f64 * scale;
            let Some(start) = places.get_mut(&(*step, *from)) else { continue };
            let y1 = start.0 + start.2;
            start.2 += thick;
            let Some(end) = places.get_mut(&(step + 1, *to)) else { continue };
            let y2 = end.0 + end.1;
            end.1 += thick;
            let (x1, x2) = (*step as f64 * across + NODE, (*step + 1) as f64 * across);
            let middle = (x1 + x2) / 2.0;
            let path = format!(
                "M{x1:.1} {y1:.1} C{middle:.1} {y1:.1} {middle:.1} {y2:.1} {x2:.1} {y2:.1} V{:.1} C{middle:.1} {:.1} {middle:.1} {:.1} {x1:.1} {:.1} Z",
                y2 + thick,
                y2 + thick,
                y1 + thick,
                y1 + thick
            );
            let (before, after) = (say(from.label()), say(to.label()));
            let words = tr!("{from} to {to}: {visits}", from = before, to = after, visits = grouped(*visits));
            links.push(Link { from: *from, path, words });
        }
        Self { nodes, links }
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.links.is_empty()
    }
}

/// Draws flows.
pub fn sankey(flows: &Sankey) -> AnyView {
    let links = flows.links.iter().map(|link| {
        view! { <path class=phase_class("flow", phase(link.from)) d=link.path.clone()><title>{link.words.clone()}</title></path> }
    });
    let nodes = flows.nodes.iter().map(|node| {
        let Node { stop, visits, x, y, height } = node;
        view! {
            <g class=phase_class("flow-node", phase(*stop))>
                <rect x=format!("{x:.1}") y=format!("{y:.1}") width=NODE.to_string() height=format!("{height:.1}") rx="3"></rect>
                <text x=format!("{:.1}", x + NODE + 6.0) y=format!("{:.1}", y - 6.0)>
                    {say(stop.label())} " " <tspan class="flow-count">{grouped(*visits)}</tspan>
                </text>
            </g>
        }
        .into_any()
    });
    let links = links.collect_view();
    view! {
        <div class="table-wrap" role="group" aria-label=tr!("Flows between stages") tabindex="0">
            <svg class="flows" viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=tr!("Flows between stages; the table has the figures")>
                {links} {nodes.collect_view()}
            </svg>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the nodes of a step of the path stand, and how high they are.
    fn column(drawn: &Sankey, x: f64) -> Vec<(Stop, usize, f64, f64)> {
        let of_column = drawn.nodes.iter().filter(|node| (node.x - x).abs() < 0.01);
        of_column.map(|node| (node.stop, node.visits, node.y, node.height)).collect()
    }

    #[test]
    fn what_flows_into_a_stage_is_as_thick_as_what_flows_out() {
        let flows = BTreeMap::from([
            ((0, Stop::Registration, Stop::Queue), 6),
            ((0, Stop::Registration, Stop::Cancelled), 2),
            ((1, Stop::Queue, Stop::Doctor), 5),
            ((1, Stop::Queue, Stop::NoShow), 1),
        ]);
        let drawn = Sankey::new(&Flows(flows));
        // Eight visits and one gap are as high as there is room: 44.75 each.
        let across = (WIDTH - MARGIN - NODE) / 2.0;
        assert_eq!(column(&drawn, 0.0), [(Stop::Registration, 8, 24.0, 358.0)]);
        assert_eq!(
            column(&drawn, across),
            [(Stop::Queue, 6, 24.0, 268.5), (Stop::Cancelled, 2, 24.0 + 268.5 + GAP, 89.5)]
        );
        assert_eq!(
            column(&drawn, 2.0 * across),
            [(Stop::Doctor, 5, 24.0, 223.75), (Stop::NoShow, 1, 24.0 + 223.75 + GAP, 44.75)]
        );
        assert_eq!((drawn.nodes.len(), drawn.links.len()), (5, 4));
    }

    #[test]
    fn flows_leave_and_reach_a_stage_one_below_the_other() {
        let flows =
            BTreeMap::from([((0, Stop::Registration, Stop::Queue), 3), ((0, Stop::Registration, Stop::Cancelled), 1)]);
        let drawn = Sankey::new(&Flows(flows));
        let told: Vec<_> = drawn.links.iter().map(|link| (link.words.as_str(), link.path.as_str())).collect();
        assert_eq!(
            told,
            [
                (
                    "Registered to Queue: 3",
                    "M14.0 24.0 C536.0 24.0 536.0 24.0 1058.0 24.0 \
                     V292.5 C536.0 292.5 536.0 292.5 14.0 292.5 Z"
                ),
                (
                    "Registered to Cancelled: 1",
                    "M14.0 292.5 C536.0 292.5 536.0 314.5 1058.0 314.5 \
                     V404.0 C536.0 404.0 536.0 382.0 14.0 382.0 Z"
                ),
            ]
        );
        assert!(!drawn.is_empty() && Sankey::new(&Flows::default()).is_empty());
    }

    #[test]
    fn a_drawing_has_each_stage_and_each_flow() {
        let flows = BTreeMap::from([((0, Stop::Registration, Stop::Queue), 1_200)]);
        let svg = sankey(&Sankey::new(&Flows(flows))).to_html();
        assert_eq!((svg.matches("<rect").count(), svg.matches("<path").count()), (2, 1), "{svg}");
        for words in ["<title>Registered to Queue: 1,200</title>", "Registered", "Queue", "1,200</tspan>"] {
            assert!(svg.contains(words), "{words}: {svg}");
        }
    }
}
