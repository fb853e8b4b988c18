//! The sign-in page.

use leptos::prelude::*;
use tr::tr;

use super::icon::{Icon, icon};
use super::layout::{initials, languages, logo};
use crate::language::{say, say_filled};

/// What the sign-in page shows.
pub struct Login {
    /// The name typed or chosen.
    pub name: String,
    /// Where to go on to.
    pub next: String,
    /// Why signing in did not work.
    pub problem: Option<String>,
    /// The people of the demo hospital.
    pub demo: Option<DemoPeople>,
}

/// The people of the demo hospital, each by sign-in name, name and role, and their passphrase.
pub struct DemoPeople {
    /// Who they are.
    pub people: Vec<(&'static str, &'static str, &'static str)>,
    /// The passphrase of each.
    pub passphrase: &'static str,
}

/// Where a visit passes, drawn on the sign-in page.
const STOPS: [(&str, &str, u16, u16, Icon); 7] = [
    ("sign-in-stop phase-arrive", "24", 24, 30, Icon::ClipboardPlus),
    ("sign-in-stop phase-wait", "144", 144, 30, Icon::Users),
    ("sign-in-stop phase-consult", "264", 264, 30, Icon::Stethoscope),
    ("sign-in-stop phase-test", "384", 384, 30, Icon::TestTubes),
    ("sign-in-stop phase-treat", "312", 312, 102, Icon::Pill),
    ("sign-in-stop phase-pay", "168", 168, 102, Icon::ReceiptIndianRupee),
    ("sign-in-stop phase-leave", "24", 24, 102, Icon::CircleCheck),
];

/// Asks for name and passphrase; `data-nobody` has the browser forget what was typed and not sent.
pub fn login(login: Login) -> impl IntoView {
    let Login { name, next, problem, demo } = login;
    let wrong = problem.is_some();
    let passphrase = demo.as_ref().filter(|_| !name.is_empty()).map(|demo| demo.passphrase).unwrap_or_default();
    view! {
        <main class="sign-in" id="main" data-nobody="">
            <div class="sign-in-story">
                <a class="brand" href="/">{logo()} <span>"Sojourn"</span></a>
                <div class="stack stack-loose">
                    {path()}
                    <p>{tr!("Who is next, how long have they waited, what can I do now.")}</p>
                </div>
                <small>{tr!("Every step of a visit, logged and checked")}</small>
            </div>
            <div class="sign-in-form">
                {problem
                    .map(|problem| {
                        view! {
                            <div class="notice notice-problem" role="alert" tabindex="-1" id="problem" autofocus>
                                <h2 class="notice-title">{icon(Icon::TriangleAlert)} {tr!("There is a problem")}</h2>
                                <ul>
                                    <li><a href="#passphrase">{say_filled(&problem)}</a></li>
                                </ul>
                            </div>
                        }
                    })}
                <h1>{tr!("Sign in")}</h1>
                <form method="post" action="/login" class="stack">
                    <input type="hidden" name="next" value=next.clone()/>
                    <div class="field">
                        <label for="name">{tr!("User name")}</label>
                        <input id="name" name="name" value=name autocomplete="username" autocapitalize="none" spellcheck="false" required/>
                    </div>
                    <div class=if wrong { "field field-error" } else { "field" }>
                        <label for="passphrase">{tr!("Passphrase")}</label>
                        <input id="passphrase" name="passphrase" type="password" value=passphrase autocomplete="current-password" required/>
                    </div>
                    <button class="button button-primary button-wide" data-key="n">{icon(Icon::LogIn)} {tr!("Sign in")}</button>
                </form>
                {languages(next, "button button-compact")}
                {demo.map(people)}
            </div>
        </main>
    }
}

fn path() -> AnyView {
    let stops = STOPS.map(|(class, cx, x, y, name)| {
        view! {
            <g class=class>
                <circle cx=cx cy=y.to_string() r="23"></circle>
                <svg class="icon" x=(x - 11).to_string() y=(y - 11).to_string() width="22" height="22" viewBox="0 0 24 24" inner_html=name.drawing()></svg>
            </g>
        }
    });
    view! {
        <svg class="sign-in-path" viewBox="0 0 480 132" fill="none" aria-hidden="true">
            <path d="M24 30H396a36 36 0 0 1 0 72H24" stroke="currentColor" stroke-width="3" stroke-dasharray="2 9" stroke-linecap="round" opacity=".7"></path>
            {Vec::from(stops)}
        </svg>
    }
    .into_any()
}

fn people(demo: DemoPeople) -> AnyView {
    let people = demo
        .people
        .into_iter()
        .map(|(sign_in_name, name, role)| {
            view! {
                <li>
                    <a href=format!("/login?name={sign_in_name}")>
                        <span class="avatar" aria-hidden="true">{initials(name)}</span>
                        <span><b>{sign_in_name}</b> <small>{name} ", " {say(role)}</small></span>
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="stack stack-tight" aria-labelledby="demo">
            <h2 id="demo">{tr!("Demo hospital")}</h2>
            <p class="secondary">{tr!("Choose a person; the passphrase of each is ")} <code class="nowrap">{demo.passphrase}</code> "."</p>
            <ul class="people">{people}</ul>
        </section>
    }
    .into_any()
}
