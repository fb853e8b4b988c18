//! The call list: follow-ups that are due and that nobody is reminded of unless somebody calls, and those that nobody came for.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use tr::tr;

use super::form::button;
use super::icon::{Icon, icon};
use super::parts::{day_and_time, empty};
use crate::hospital::tenants::Tenant;
use crate::journey::decide::Actor;
use crate::journey::events::EventType;
use crate::projections::follow_ups::{Adherence, FollowUpCard};

/// What the screen shows.
pub struct Calls {
    /// The hospital.
    pub tenant: Tenant,
    /// Who looks at it.
    pub actor: Actor,
    /// The follow-ups that nobody came for yet, and that no reminder is still to go out for.
    pub awaited: Vec<FollowUpCard>,
    /// Those that a mail or a text message will remind of; none where there is no way to send either.
    pub reached: Option<Vec<FollowUpCard>>,
    /// How many came of those that were due.
    pub adherence: Adherence,
    /// The present moment.
    pub now: DateTime<Utc>,
}

/// Shows the list.
pub fn calls(screen: Calls) -> impl IntoView {
    let Adherence { due, came } = screen.adherence;
    let lead = match due {
        0 => tr!("No follow-up was due in the last 30 days"),
        due => tr!(
            "{came} of {due} came who were due in the last 30 days, {percent} %",
            came,
            due,
            percent = came * 100 / due
        ),
    };
    let (missed, rest): (Vec<_>, Vec<_>) =
        screen.awaited.iter().partition(|card| card.follow_up.reminders > 0 && card.follow_up.due_at < screen.now);
    let (to_call, reminded): (Vec<_>, Vec<_>) = rest.into_iter().partition(|card| card.follow_up.reminders == 0);
    let reached = screen.reached.as_ref().map(|reached| {
        let words =
            [tr!("Reminded by mail or text message: no call is needed"), tr!("Nobody is to be sent a reminder")];
        list(&screen, "reached", words, &reached.iter().collect::<Vec<_>>())
    });
    view! {
        <main class="page stack" id="main">
            <div class="page-head">
                <div>
                    <h1>{tr!("Call list")}</h1>
                    <p class="page-lead">{lead}</p>
                </div>
                <div class="actions"><a class="button" href="/reception">{tr!("Back to reception")}</a></div>
            </div>
            {list(&screen, "to-call", [tr!("To be called"), tr!("Nobody is to be called")], &to_call)}
            {reached}
            {list(&screen, "reminded", [tr!("Reminded, and still to come"), tr!("Nobody is awaited")], &reminded)}
            {list(&screen, "missed", [tr!("Reminded, and did not come"), tr!("Nobody has stayed away")], &missed)}
        </main>
    }
}

fn list(screen: &Calls, id: &'static str, [title, nobody]: [String; 2], cards: &[&FollowUpCard]) -> AnyView {
    let rows = cards.iter().map(|card| row(screen, card)).collect_view();
    let body = if cards.is_empty() {
        empty(Icon::Phone, nobody, tr!("Follow-ups show up here two days before they are due."))
    } else {
        view! { <ul class="list">{rows}</ul> }.into_any()
    };
    view! {
        <section class="card card-flush" aria-labelledby=id>
            <div class="card-head"><h2 id=id>{title}</h2><span class="secondary">{cards.len()}</span></div>
            {body}
        </section>
    }
    .into_any()
}

fn row(screen: &Calls, card: &FollowUpCard) -> AnyView {
    let follow_up = &card.follow_up;
    let late = follow_up.due_at < screen.now;
    let mut details = vec![tr!("due {time}", time = day_and_time(&screen.tenant, follow_up.due_at))];
    details.extend(card.doctor_name.clone());
    details.extend(follow_up.note.clone());
    details.extend(follow_up.reminded_at.map(|at| tr!("reminded {time}", time = day_and_time(&screen.tenant, at))));
    details.extend(card.problem.as_ref().map(|problem| tr!("not reached: {problem}", problem)));
    let phone = card.patient_phone.clone().unwrap_or_else(|| tr!("no phone recorded"));
    let called = screen.actor.may_log(EventType::FollowUpReminderSent, None).then(|| {
        let given = [
            ("followUpId", follow_up.follow_up_id.to_string()),
            ("channel", "phone".to_owned()),
            ("_reminders", follow_up.reminders.to_string()),
        ];
        let pressed = button(EventType::FollowUpReminderSent, &follow_up.visit_id, None, &given);
        pressed.label(tr!("phone" => "Called")).class("button button-compact").view()
    });
    let register = screen.actor.may_log(EventType::VisitRegistered, None).then(|| {
        let href = format!(
            "/reception?register={}&visitType=FOLLOW_UP&followUpOf={}{}",
            follow_up.patient_id,
            follow_up.visit_id,
            follow_up.doctor_id.as_ref().map(|doctor| format!("&doctorId={doctor}")).unwrap_or_default()
        );
        let booking = format!(
            "/bookings?patient={}&followUpOf={}&day={}{}",
            follow_up.patient_id,
            follow_up.visit_id,
            screen.tenant.local_day(follow_up.due_at.max(screen.now)),
            follow_up.doctor_id.as_ref().map(|doctor| format!("&doctor={doctor}")).unwrap_or_default()
        );
        view! {
            <a class="button button-compact button-quiet" href=booking>{icon(Icon::CalendarPlus)} {tr!("Book")}</a>
            <a class="button button-compact button-quiet" href=href>{icon(Icon::ClipboardPlus)} {tr!("Register visit")}</a>
        }
    });
    view! {
        <li class="list-row" data-row=follow_up.follow_up_id.to_string()>
            {icon(Icon::Phone)}
            <div class="list-main">
                <p class="list-title">
                    <a href=format!("/visits/{}", follow_up.visit_id)>{card.patient_name.clone()}</a>
                    " "
                    {phone}
                    " "
                    {late.then(|| view! { <span class="tag tag-warning">{icon(Icon::Clock)} {tr!("Overdue")}</span> })}
                </p>
                <p class="list-detail">{details.join(" · ")}</p>
            </div>
            <div class="row">{register} {called}</div>
        </li>
    }
    .into_any()
}
