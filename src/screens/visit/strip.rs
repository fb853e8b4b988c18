//! Where the time went: every second of the visit in proportion, waits hatched.

use leptos::prelude::*;
use tr::tr;

use super::VisitPage;
use crate::journey::measures::{Part, Stay};
use crate::journey::words::{Phase, Station};
use crate::language;
use crate::screens::icon::{Icon, icon_at};
use crate::screens::parts::{clock_time, phase_class};

/// The hatching of waits, for the style sheet to refer to.
const HATCH: &str = "<pattern id=\"hatch\" width=\"9\" height=\"9\" patternUnits=\"userSpaceOnUse\" \
    patternTransform=\"rotate(45)\"><line class=\"hatch\" x1=\"2\" y1=\"0\" x2=\"2\" y2=\"9\"/></pattern>";

/// A piece of the strip: stays of one kind that follow each other.
struct Segment {
    part: Part,
    station: Option<Station>,
    seconds: i64,
}

impl Segment {
    fn phase(&self) -> Option<Phase> {
        match (self.part, self.station) {
            (Part::Waiting, _) => Some(Phase::Wait),
            (Part::Served, Some(Station::Lab)) => Some(Phase::Test),
            (Part::Served, Some(Station::Billing)) => Some(Phase::Pay),
            (Part::Served, _) => Some(Phase::Consult),
            (Part::Away | Part::Other, _) => None,
        }
    }

    fn icon(&self) -> Option<Icon> {
        Some(match self.phase()? {
            Phase::Wait => Icon::Hourglass,
            Phase::Test => Icon::Syringe,
            Phase::Pay => Icon::ReceiptIndianRupee,
            _ => Icon::Stethoscope,
        })
    }

    fn words(&self) -> String {
        match (self.part, self.station) {
            (Part::Waiting, Some(Station::Consultation)) => tr!("waiting for the doctor"),
            (Part::Waiting, Some(Station::Lab)) => tr!("waiting for the lab"),
            (Part::Waiting, Some(Station::Billing)) => tr!("waiting to pay"),
            (Part::Waiting, None) => tr!("waiting"),
            (Part::Served, Some(Station::Lab)) => tr!("at the lab"),
            (Part::Served, Some(Station::Billing)) => tr!("paying"),
            (Part::Served, _) => tr!("with the doctor"),
            (Part::Away, _) => tr!("away when called"),
            (Part::Other, Some(_)) => tr!("on the way"),
            (Part::Other, None) => tr!("in no queue"),
        }
    }
}

fn segments(stays: &[Stay]) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for stay in stays.iter().filter(|stay| stay.seconds > 0) {
        match segments.last_mut() {
            Some(last) if (last.part, last.station) == (stay.part, stay.station) => last.seconds += stay.seconds,
            _ => segments.push(Segment { part: stay.part, station: stay.station, seconds: stay.seconds }),
        }
    }
    segments
}

/// The strip, with the clock below it.
pub fn strip(page: &VisitPage) -> AnyView {
    let segments = segments(&page.measures.stays);
    let whole: i64 = segments.iter().map(|segment| segment.seconds).sum();
    if whole == 0 {
        return ().into_any();
    }
    let share = |seconds: i64| seconds as f64 * 100.0 / whole as f64;
    let told = segments
        .iter()
        .filter(|segment| segment.seconds >= 60)
        .map(|segment| format!("{} {}", language::duration(segment.seconds), segment.words()))
        .collect::<Vec<_>>()
        .join(", ");
    let told = if told.is_empty() { tr!("Less than a minute so far") } else { told };
    let mut begin = 0;
    let drawn: Vec<_> = segments
        .iter()
        .map(|segment| {
            let x = share(begin);
            begin += segment.seconds;
            draw(segment, x, share(segment.seconds))
        })
        .collect();
    view! {
        <section class="card" aria-labelledby="time">
            <div class="card-head">
                <h2 id="time">{tr!("Where the time went")}</h2>
                <span class="secondary small">{tr!("hatched: waiting")}</span>
            </div>
            <div>
                <svg class="strip" role="img" aria-label=told>
                    <defs inner_html=HATCH></defs>
                    {drawn}
                </svg>
                {scale(page, whole)}
            </div>
        </section>
    }
    .into_any()
}

fn draw(segment: &Segment, x: f64, width: f64) -> AnyView {
    let minutes = segment.seconds / 60;
    let label = match width {
        _ if minutes == 0 => None,
        wide if wide >= 9.0 => Some(language::duration(segment.seconds)),
        narrow if narrow >= 5.0 && minutes < 100 => Some(minutes.to_string()),
        _ => None,
    };
    let phase = segment.phase().map(|phase| phase_class("", phase).trim().to_owned()).unwrap_or_default();
    let class = if label.is_some() && width < 9.0 { format!("{phase} strip-narrow") } else { phase };
    let title = format!("{}, {}", segment.words(), language::duration(segment.seconds));
    let waits = segment.part == Part::Waiting;
    let drawing = segment.icon().zip(label).map(|(name, label)| {
        view! {
            {icon_at(name, 10, 8, 16)}
            <text x="32" y="21">{label}</text>
        }
    });
    view! {
        <svg class=class x=format!("{x:.2}%") width=format!("{width:.2}%") height="32">
            <title>{title}</title>
            <rect width="100%" height="100%"></rect>
            {waits.then(|| view! { <rect class="hatching" width="100%" height="100%"></rect> })}
            {drawing}
        </svg>
    }
    .into_any()
}

/// The clock at the begin, at each third, and at the end.
fn scale(page: &VisitPage, whole: i64) -> AnyView {
    let begin = page.visit.registered_at;
    let open = page.visit.outcome.is_none();
    let days = whole > 20 * 60 * 60;
    let thirds = if whole < 4 * 60 { vec![0, 3] } else { vec![0, 1, 2, 3] };
    let times = thirds.into_iter().map(|third| {
        let at = begin + chrono::TimeDelta::seconds(whole * third / 3);
        let time = match days {
            true => language::date(page.tenant.local(at), "%-d %b %H:%M"),
            false => clock_time(&page.tenant, at),
        };
        if third == 3 && open && page.past.is_none() { tr!("{time} now", time) } else { time }
    });
    view! { <div class="strip-scale">{times.map(|time| view! { <span>{time}</span> }).collect_view()}</div> }.into_any()
}
