//! Who the patient is, and where they are now.

use chrono::{DateTime, TimeDelta, Utc};
use leptos::prelude::*;
use tr::tr;

use super::{VisitPage, away, waiting};
use crate::journey::measures::Part;
use crate::journey::visit::Place;
use crate::journey::words::{Consultation, Outcome, Phase, Station};
use crate::language;
use crate::screens::icon::{Icon, icon};
use crate::screens::layout::RECEPTION;
use crate::screens::parts::{Lateness, age_and_sex, clock_time, day_and_time, phase_class, priority_tag, status_tag};
use crate::screens::past::chooser;

/// The patient and what the visit is.
pub fn banner(page: &VisitPage) -> AnyView {
    let card = &page.card;
    let today = page.tenant.local_day(page.now);
    let age = age_and_sex(card.patient_birth_date, card.patient_sex, today);
    let mut facts = vec![age, tr!("MRN {number}", number = card.patient_mrn)];
    facts.push(card.patient_phone.as_deref().map_or_else(|| tr!("phone not recorded"), masked));
    let doctor = [card.doctor_name.as_deref(), card.department_name.as_deref()];
    facts.push(match doctor.into_iter().flatten().collect::<Vec<_>>().join(" · ") {
        nobody if nobody.is_empty() => tr!("doctor not chosen yet"),
        doctor => doctor,
    });
    if page.tenant.local_day(page.visit.registered_at) != today {
        facts.push(language::date(page.tenant.local(page.visit.registered_at), "%-d %b %Y"));
    }
    view! {
        <section class="card patient-banner" aria-label=tr!("Patient")>
            <span class="token">{card.visit.token.clone()}</span>
            <div class="patient-main">
                <h1 class="patient-name">
                    <a href=format!("/patients/{}", page.visit.patient_id)>{card.patient_name.clone()}</a>
                    " "
                    {priority_tag(page.visit.urgency())}
                    " "
                    {status_tag(page.visit.status())}
                </h1>
                <ul class="patient-facts">{facts.into_iter().map(|fact| view! { <li>{fact}</li> }).collect_view()}</ul>
            </div>
            <div class="actions">
                {chooser(&page.tenant, page.now, page.past.as_ref(), &[])}
                {(page.past.is_none() && page.person.holds_any(RECEPTION))
                    .then(|| {
                        let href = format!("/visits/{}/slip", page.id());
                        view! { <a class="button" href=href>{icon(Icon::Ticket)} {tr!("Slip")}</a> }
                    })}
            </div>
        </section>
    }
    .into_any()
}

/// A phone number of which only enough is shown to ask whether it is right.
fn masked(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().filter(char::is_ascii_digit).collect();
    let own = &digits[digits.len().saturating_sub(10)..];
    let text = |digits: &[char]| digits.iter().collect::<String>();
    match own.len() {
        10 => format!("{}•••• {}", text(&own[..2]), text(&own[6..])),
        length => format!("•••• {}", text(&own[length.saturating_sub(length.min(8) / 2)..])),
    }
}

/// Where the patient is, since when, and how long things took so far.
pub fn now(page: &VisitPage) -> AnyView {
    let visit = &page.visit;
    let seconds = (page.now - visit.since).num_seconds().max(0);
    let (phase, words) = where_now(page);
    let ticking = visit.outcome.is_none();
    let target = match &visit.place {
        Place::Queue { station } if ticking => Some(page.target(*station)),
        _ => None,
    };
    let lateness = Lateness::of(seconds, target);
    let class = format!("card {} {}", lateness.class("now-card"), phase_class("", phase).trim());
    let tag = target.map(|minutes| {
        let past = || tr!("{time} past target", time = language::duration(seconds - minutes * 60));
        match lateness {
            Lateness::InTime => {
                view! { <span class="tag phase-wait">{icon(Icon::Timer)} {tr!("target {minutes} min", minutes)}</span> }
                    .into_any()
            }
            Lateness::Late => {
                view! { <span class="tag tag-warning">{icon(Icon::ClockAlert)} {past()}</span> }.into_any()
            }
            Lateness::Over => {
                view! { <span class="tag tag-danger">{icon(Icon::ClockAlert)} {past()}</span> }.into_any()
            }
        }
    });
    let since = match visit.ended_at {
        Some(ended) => view! { <span>{moment(page, ended)}</span> }.into_any(),
        None => duration(page, seconds, true),
    };
    let when = match (ticking, &page.past) {
        (false, _) => tr!("Ended"),
        (true, Some(_)) => tr!("Then"),
        (true, None) => tr!("Now"),
    };
    view! {
        <section class=class aria-labelledby="now">
            <div class="row row-between"><p class="now-label">{when}</p> {tag}</div>
            <h2 class="now-title" id="now">{words} ", " {since}</h2>
            {figures(page)}
        </section>
    }
    .into_any()
}

/// The day too, when it is another than today.
fn moment(page: &VisitPage, at: DateTime<Utc>) -> String {
    if page.tenant.local_day(at) == page.tenant.local_day(page.now) {
        clock_time(&page.tenant, at)
    } else {
        day_and_time(&page.tenant, at)
    }
}

fn where_now(page: &VisitPage) -> (Phase, String) {
    let visit = &page.visit;
    let room = |id: Option<&_>| id.and_then(|id| page.room_name(id)).map(str::to_owned);
    match (visit.outcome, &visit.place) {
        (Some(Outcome::Completed), _) => (Phase::Leave, tr!("Completed")),
        (Some(Outcome::Cancelled), _) => (Phase::Leave, tr!("Cancelled")),
        (Some(Outcome::NoShow), _) => (Phase::Leave, tr!("The patient never came")),
        (Some(Outcome::Rescheduled), _) => {
            let day = visit.new_date.map(|day| language::date(day, "%-d %b %Y"));
            (Phase::Leave, day.map_or_else(|| tr!("Moved"), |day| tr!("Moved to {day}", day)))
        }
        (None, Place::Queue { station }) => (Phase::Wait, waiting(*station)),
        (None, Place::Called { .. }) => {
            let whereto = room(visit.call.room_id.as_ref()).or_else(|| visit.call.counter.clone());
            (Phase::Wait, whereto.map_or_else(|| tr!("Called"), |place| tr!("Called to {place}", place)))
        }
        (None, Place::Away { station }) => (Phase::Leave, away(*station)),
        (None, Place::Room { room_id }) => {
            let room = room(Some(room_id)).unwrap_or_else(|| tr!("a room"));
            (Phase::Consult, tr!("With the doctor in {room}", room))
        }
        (None, Place::Nowhere) if !visit.attended => (Phase::Arrive, tr!("Registered, in no queue yet")),
        (None, Place::Nowhere) if visit.consultation == Consultation::InProgress => {
            (Phase::Consult, tr!("Out of the room, the consultation goes on"))
        }
        (None, Place::Nowhere) => (Phase::Arrive, tr!("In the house, in no queue")),
    }
}

/// A duration in words; it ticks while it grows.
fn duration(page: &VisitPage, seconds: i64, grows: bool) -> AnyView {
    if !grows {
        return view! { <span>{language::duration(seconds)}</span> }.into_any();
    }
    let since = page.now - TimeDelta::seconds(seconds);
    view! {
        <time datetime=format!("PT{}M", seconds / 60) data-since=since.to_rfc3339()>{language::duration(seconds)}</time>
    }
    .into_any()
}

fn figures(page: &VisitPage) -> AnyView {
    let (visit, measures) = (&page.visit, &page.measures);
    let open = visit.outcome.is_none();
    let with_doctor = measures
        .stays
        .iter()
        .filter(|stay| stay.part == Part::Served && stay.station == Some(Station::Consultation))
        .map(|stay| stay.seconds)
        .sum::<i64>();
    let in_house = measures.whole_visit.unwrap_or_else(|| (page.now - visit.registered_at).num_seconds());
    let reached = |seconds: Option<i64>, grows| match seconds {
        Some(seconds) => duration(page, seconds, grows),
        None => view! { <span class="secondary">"–"</span> }.into_any(),
    };
    let in_room = open && matches!(visit.place, Place::Room { .. });
    let waiting = open && matches!(visit.place, Place::Queue { .. });
    let figures = [
        (tr!("door to doctor"), reached(measures.door_to_doctor, false)),
        (tr!("with the doctor"), reached(visit.attended.then_some(with_doctor), in_room)),
        (if open { tr!("waited so far") } else { tr!("waited") }, reached(Some(measures.waiting), waiting)),
        (tr!("in the house"), reached(Some(in_house.max(0)), open)),
    ];
    view! {
        <dl class="figures">
            {figures.into_iter().map(|(word, value)| view! { <div><dt>{word}</dt><dd>{value}</dd></div> }).collect_view()}
        </dl>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_phone_is_shown_only_in_part() {
        assert_eq!(masked("+91 98450 14410"), "98•••• 4410");
        assert_eq!(masked("9845014410"), "98•••• 4410");
        assert_eq!(masked("44 1234"), "•••• 234");
        assert_eq!(masked("12"), "•••• 2");
        assert_eq!(masked(""), "•••• ");
    }
}
