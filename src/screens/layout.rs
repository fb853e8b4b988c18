//! What is around every workplace: the masthead with its navigation, and what was just logged or refused.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use tr::tr;

use super::attempt::{Attempt, refusal};
use super::entry::Entry;
use super::icon::{Icon, icon};
use super::shell::Theme;
use crate::hospital::people::Person;
use crate::hospital::reader::ACCESS_LOG;
use crate::islands::offline::Outbox;
use crate::islands::{LIVE_WORDS, Live};
use crate::journey::events::EventType;
use crate::journey::ids::VisitId;
use crate::journey::words::Role;
use crate::language::{Language, say, spoken};

/// What stands around a screen.
pub struct Frame {
    /// The hospital's name.
    pub hospital: String,
    /// Who is signed in.
    pub person: Person,
    /// When they signed in.
    pub began: DateTime<Utc>,
    /// The address of the screen.
    pub path: String,
    /// What was searched for.
    pub search: String,
    /// What the person chose to see it in.
    pub theme: Option<Theme>,
    /// What was just logged.
    pub logged: Option<Logged>,
    /// What was just done to the hospital itself, in words.
    pub done: Option<String>,
    /// What was just refused.
    pub attempt: Option<Arc<Attempt>>,
    /// What keeps it up to date.
    pub listening: Option<Listening>,
}

/// What a screen listens to.
pub struct Listening {
    /// Where it hears that something changed.
    pub address: String,
    /// The position in the log up to which it shows everything, when that is known.
    pub after: Option<i64>,
    /// Where it fetches itself anew.
    pub page: String,
}

/// A step that was just logged.
pub struct Logged {
    /// Which event.
    pub event: EventType,
    /// On which visit.
    pub visit: VisitId,
    /// What the patient is called by.
    pub token: String,
    /// The patient's name.
    pub patient: String,
    /// How many events the visit has: what is taken back rests on no other.
    pub version: i64,
    /// How often the patient was called where they wait now.
    pub calls: i32,
}

/// A workplace: where it is, what it is called, whose it is.
pub struct Workplace {
    /// Its address.
    pub path: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its icon.
    pub icon: Icon,
    /// The roles that open it.
    pub roles: &'static [Role],
}

impl Workplace {
    /// Whether an address is one of its own: the queue has one for each station, and bookings are the reception's.
    pub fn is_at(&self, address: &str) -> bool {
        address.starts_with(self.path)
            || match self.path {
                "/queue/consultation" => address.starts_with("/queue/"),
                "/reception" => address.starts_with("/bookings"),
                _ => false,
            }
    }
}

/// The workplaces, in the order in which a visit meets them.
pub static WORKPLACES: &[Workplace] = &[
    Workplace { path: "/reception", name: "Reception", icon: Icon::DoorOpen, roles: RECEPTION },
    Workplace { path: "/queue/consultation", name: "Queue", icon: Icon::Users, roles: QUEUE },
    Workplace { path: "/doctor", name: "Doctor", icon: Icon::Stethoscope, roles: DOCTOR },
    Workplace { path: "/billing", name: "Billing", icon: Icon::ReceiptIndianRupee, roles: BILLING },
    Workplace { path: "/lab", name: "Lab", icon: Icon::TestTubes, roles: LAB },
    Workplace { path: "/patients", name: "Patients", icon: Icon::IdCard, roles: PATIENTS },
    Workplace { path: "/analytics", name: "Waits", icon: Icon::ChartColumn, roles: ANALYTICS },
    Workplace { path: "/admin", name: "Administration", icon: Icon::Settings, roles: ADMIN },
    Workplace { path: "/audit", name: "Audit", icon: Icon::Eye, roles: AUDIT },
];

/// Who works at the reception.
pub const RECEPTION: &[Role] = &[Role::Receptionist, Role::Nurse, Role::Manager];
/// Who works with the queues.
pub const QUEUE: &[Role] =
    &[Role::Receptionist, Role::Nurse, Role::Doctor, Role::BillingClerk, Role::LabTechnician, Role::Manager];
/// Who sees patients.
pub const DOCTOR: &[Role] = &[Role::Doctor];
/// Who takes money, and gives it back.
pub const BILLING: &[Role] = &[Role::BillingClerk, Role::Receptionist, Role::Manager];
/// Who works in the laboratory.
pub const LAB: &[Role] = &[Role::LabTechnician, Role::Pathologist];
/// Who looks patients and visits up.
pub const PATIENTS: &[Role] = &[
    Role::Receptionist,
    Role::Nurse,
    Role::Doctor,
    Role::BillingClerk,
    Role::LabTechnician,
    Role::Pathologist,
    Role::Manager,
    Role::Auditor,
];
/// Who sees where patients wait.
pub const ANALYTICS: &[Role] = &[Role::Manager];
/// Who looks who saw what, and what was refused.
pub const AUDIT: &[Role] = ACCESS_LOG;

/// Who runs the installation.
pub const ADMIN: &[Role] = &[Role::Admin];

/// The workplace a person is sent to after signing in.
pub fn own_workplace(person: &Person) -> &'static str {
    let own = [
        (Role::Doctor, "/doctor"),
        (Role::LabTechnician, "/lab"),
        (Role::Pathologist, "/lab"),
        (Role::BillingClerk, "/billing"),
        (Role::Receptionist, "/reception"),
        (Role::Nurse, "/queue/consultation"),
        (Role::Manager, "/analytics"),
        (Role::Auditor, "/audit"),
        (Role::Admin, "/admin"),
    ];
    own.iter().find(|(role, _)| person.holds_any(&[*role])).map_or("/patients", |(_, path)| path)
}

/// Puts a screen's body under the masthead.
pub fn layout(frame: Frame, body: impl IntoView) -> impl IntoView {
    let Frame { hospital, person, began, path, search, theme, logged, done, attempt, listening } = frame;
    let roles = person.roles.iter().map(|role| say(role.label())).collect::<Vec<_>>().join(", ");
    // Gloves press what is above the laboratory's tests too.
    let touch = path.starts_with("/lab").then_some("touch");
    let (masthead, notices) = match touch {
        Some(_) => ("masthead touch", "page notices touch"),
        None => ("masthead", "page notices"),
    };
    let orders = person.holds_any(DOCTOR);
    let open: Vec<_> = WORKPLACES.iter().filter(|workplace| person.holds_any(workplace.roles)).collect();
    view! {
        <a class="skip-link" href="#main">{tr!("Skip to the content")}</a>
        <header class=masthead>
            <a class="brand" href="/">{logo()} <span>"Sojourn"</span></a>
            <nav class="nav" aria-label=tr!("Workplaces")>
                <ul>
                    {open
                        .into_iter()
                        .map(|workplace| {
                            let current = workplace.is_at(&path).then_some("page");
                            view! {
                                <li>
                                    <a href=workplace.path aria-current=current>{icon(workplace.icon)} {say(workplace.name)}</a>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            </nav>
            <div class="masthead-end">
                <form class="find" role="search" aria-label=tr!("Find a patient") action="/patients">
                    {icon(Icon::Search)}
                    <input type="search" name="q" value=search placeholder=tr!("Find a patient") aria-label=tr!("Find a patient") data-key="/"/>
                    <kbd aria-hidden="true">"/"</kbd>
                </form>
                {listening.map(live_sign)}
                <details class="menu account" name="menu">
                    <summary>
                        <span class="avatar" aria-hidden="true">{initials(&person.name)}</span>
                        <span>
                            <span class="account-name">{person.name.clone()}</span>
                            <span class="account-role">{roles} " · " {hospital}</span>
                        </span>
                    </summary>
                    <div class="menu-panel">
                        {themes(theme, path.clone())} {languages(path, "menu-item")}
                        <hr/>
                        <form method="post" action="/logout">
                            <button class="menu-item">{icon(Icon::LogOut)} {tr!("Sign out")}</button>
                        </form>
                    </div>
                </details>
            </div>
        </header>
        <div id="not-sent" class=touch data-person=person.id.to_string() data-began=began.timestamp_millis().to_string() data-lab=person.holds_any(LAB).then_some("")></div>
        <Outbox/>
        {(attempt.is_some() || logged.is_some() || done.is_some())
            .then(|| {
                view! {
                    <div class=notices>
                        {attempt.as_deref().map(refusal)} {logged.filter(|_| attempt.is_none()).map(|logged| just_logged(logged, orders))}
                        {done.filter(|_| attempt.is_none()).map(just_done)}
                    </div>
                }
            })}
        {body.into_any()}
    }
}

/// Puts a page's body under a masthead for who has not signed in.
pub fn outside(theme: Option<Theme>, path: &str, body: impl IntoView) -> impl IntoView {
    let sign_in = format!("/login?next={path}");
    view! {
        <a class="skip-link" href="#main">{tr!("Skip to the content")}</a>
        <header class="masthead">
            <a class="brand" href="/">{logo()} <span>"Sojourn"</span></a>
            <div class="masthead-end">
                <details class="menu" name="menu">
                    <summary class="button button-compact chevron">{icon(Icon::Settings)} {tr!("Theme and language")}</summary>
                    <div class="menu-panel">{themes(theme, path.to_owned())} {languages(path.to_owned(), "menu-item")}</div>
                </details>
                <a class="button button-compact" href=sign_in>{icon(Icon::LogIn)} {tr!("Sign in")}</a>
            </div>
        </header>
        {body.into_any()}
    }
}

/// The sign of a live page; it brings its words where it is not to speak English, which it does by itself.
pub fn live_sign(listening: Listening) -> impl IntoView {
    let Listening { address, after, page } = listening;
    let words = (spoken() != Language::English).then(|| LIVE_WORDS.map(say).join("|"));
    let after = after.map(|position| position.to_string());
    view! {
        <span class="live" role="status" id="live" data-address=address data-after=after data-page=page data-words=words hidden></span>
        <Live/>
    }
}

/// Offers what a page can be seen in beside what was chosen; who chose nothing sees it as the device has it.
fn themes(chosen: Option<Theme>, next: String) -> AnyView {
    let offered = [
        (Some(Theme::Light), Icon::Sun, tr!("Light")),
        (Some(Theme::Night), Icon::Moon, tr!("Night")),
        (None, Icon::Monitor, tr!("As the device has it")),
    ];
    let others = offered.into_iter().filter(|(theme, ..)| *theme != chosen);
    view! {
        <form method="post" action="/theme">
            <input type="hidden" name="next" value=next/>
            {others
                .map(|(theme, sign, words)| {
                    view! { <button class="menu-item" name="theme" value=theme.map_or("device", Theme::word)>{icon(sign)} {words}</button> }
                })
                .collect_view()}
        </form>
    }
    .into_any()
}

/// Offers the languages that are not spoken now; each is written as it calls itself.
pub fn languages(next: String, class: &'static str) -> AnyView {
    let others = Language::ALL.into_iter().filter(|language| *language != spoken());
    view! {
        <form method="post" action="/language">
            <input type="hidden" name="next" value=next/>
            {others
                .map(|language| {
                    view! {
                        <button class=class name="language" value=language.tag() lang=language.tag()>
                            {icon(Icon::Languages)} {language.name()}
                        </button>
                    }
                })
                .collect_view()}
        </form>
    }
    .into_any()
}

fn just_done(words: String) -> impl IntoView {
    view! {
        <div class="notice notice-success notice-line" role="status">{icon(Icon::CircleCheck)} <p>{words}</p></div>
    }
}

fn just_logged(logged: Logged, orders: bool) -> impl IntoView {
    let undo = (orders && logged.event == EventType::TestsOrdered).then(|| undo(&logged.visit, logged.version));
    let slip = (logged.event == EventType::VisitRegistered).then(|| {
        let href = format!("/visits/{}/slip", logged.visit);
        view! { <a class="button button-compact push" href=href>{icon(Icon::Ticket)} {tr!("Token slip")}</a> }
    });
    let is_recall = logged.event == EventType::QueueCalled && logged.calls > 1;
    let words = if is_recall { tr!("Called again") } else { say(logged.event.label()) };
    view! {
        <div class="notice notice-success notice-line" role="status">
            {icon(Icon::CircleCheck)}
            <p>
                {words} ": " {logged.token} " "
                <a href=format!("/visits/{}", logged.visit)>{logged.patient}</a>
            </p>
            {slip} {undo}
        </div>
    }
}

/// Cancels the tests that were just ordered: of all steps only this one is taken back by another.
fn undo(visit: &VisitId, version: i64) -> AnyView {
    let entry = Entry::new("undo", "", None);
    view! {
        <form method="post" action="/doctor?tab=tests" class="push">
            {entry.hidden()} <input type="hidden" name="_visit" value=visit.to_string()/>
            <input type="hidden" name="_version" value=version.to_string()/>
            <button class="button button-compact">{icon(Icon::Undo2)} {tr!("Undo")}</button>
        </form>
    }
    .into_any()
}

/// The first letters of a name's first and last word, without titles.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter(|word| !matches!(*word, "Dr" | "Dr." | "Mr" | "Mrs" | "Ms"));
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// The mark of the house.
pub fn logo() -> AnyView {
    view! {
        <svg aria-hidden="true" viewBox="0 0 28 28" fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round">
            <circle cx="22" cy="5.5" r="3.2"></circle>
            <circle cx="6" cy="22.5" r="3.2"></circle>
            <path d="M18.8 5.5H8.25a4.25 4.25 0 0 0 0 8.5h11.5a4.25 4.25 0 0 1 0 8.5H9.2"></path>
        </svg>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::WORKPLACES;

    #[test]
    fn every_address_of_a_workplace_is_marked() {
        for (address, name) in [
            ("/queue/consultation", "Queue"),
            ("/queue/lab", "Queue"),
            ("/queue/billing", "Queue"),
            ("/bookings", "Reception"),
            ("/reception/closing", "Reception"),
            ("/lab", "Lab"),
        ] {
            let marked: Vec<_> =
                WORKPLACES.iter().filter(|place| place.is_at(address)).map(|place| place.name).collect();
            assert_eq!(marked, [name], "{address}");
        }
    }
}
