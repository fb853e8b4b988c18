//! How many steps are not sent, and those that were refused, with a way to settle each.

use leptos::prelude::*;

use super::kept::{Unsent, held};
use super::tablet::Tablet;

/// What is not sent from this tablet; `person` is signed in, and `is_lab` says whether they work in the laboratory.
///
/// Whatever the tablet keeps of somebody else it forgets at once.
#[island]
pub fn Outbox(person: String, is_lab: bool) -> impl IntoView {
    let tablet = Tablet::new();
    #[cfg(feature = "hydrate")]
    browser::start(tablet, person, is_lab);
    #[cfg(not(feature = "hydrate"))]
    let _ = (person, is_lab);
    outbox(tablet)
}

/// Shows what is not sent, if anything is not.
pub fn outbox(tablet: Tablet) -> impl IntoView {
    let is_empty =
        move || tablet.unsent.with(Vec::is_empty) && tablet.notice.with(Option::is_none) && !tablet.signed_out.get();
    move || {
        (!is_empty()).then(|| {
            let unsent = tablet.unsent.get();
            let steps: Vec<_> = unsent.iter().map(|(_, unsent)| unsent.clone()).collect();
            let held = held(&steps);
            let class = if steps.iter().any(|step| step.refusal.is_some()) {
                "notice notice-refusal outbox"
            } else {
                "notice notice-warning outbox"
            };
            let count = unsent.len();
            let rows = unsent
                .into_iter()
                .map(|(number, unsent)| {
                    let is_held = unsent.refusal.is_none() && held.contains(&unsent.test_id);
                    row(tablet, number, unsent, is_held)
                })
                .collect_view();
            view! {
                <div class="page notices screen-only">
                    <section class=class aria-label="Not sent" id="outbox">
                        {tablet.notice.get().map(|words| view! { <p role="alert">{words}</p> })}
                        {(count > 0).then(|| view! { <div role="status"><h2 class="notice-title">{count} " not sent"</h2></div> })}
                        {tablet
                            .signed_out
                            .get()
                            .then(|| view! { <p><a href="/login?next=/lab">"Sign in"</a> " to have it sent."</p> })}
                        <ol class="outbox-list">{rows}</ol>
                    </section>
                </div>
            }
        })
    }
}

fn row(tablet: Tablet, number: u32, unsent: Unsent, is_held: bool) -> impl IntoView {
    let Unsent { deed, about, refusal, .. } = unsent;
    let words = format!("{} · {about}", deed.event_type.label());
    let time = move || {
        let clock = |worklist: &super::kept::Worklist| worklist.clock(deed.performed_at);
        tablet.worklist.with(|worklist| worklist.as_ref().map(|worklist| format!(" · done {}", clock(worklist))))
    };
    let href = format!("/visits/{}", deed.visit_id);
    let settle = refusal.map(|sentence| {
        let (again, discard) = (act(tablet, number, true), act(tablet, number, false));
        view! {
            <p>{sentence}</p>
            <div class="row">
                <a class="button button-compact" href=href>"Look at the visit"</a>
                <button type="button" class="button button-compact" on:click=again>"Send again"</button>
                <button type="button" class="button button-compact button-danger" on:click=discard>"Discard"</button>
            </div>
        }
    });
    view! {
        <li data-row=number.to_string()>
            <p><b>{words}</b> {time} {is_held.then_some(" · waits for the step before it")}</p>
            {settle}
        </li>
    }
}

/// Settles a refused step: it is sent again, or given up.
fn act(tablet: Tablet, number: u32, again: bool) -> impl Fn(leptos::ev::MouseEvent) {
    move |_| {
        #[cfg(feature = "hydrate")]
        leptos::task::spawn_local(async move {
            if again { tablet.try_again(number).await } else { tablet.discard(number).await }
        });
        #[cfg(not(feature = "hydrate"))]
        let _ = (tablet, number, again);
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use leptos::task::spawn_local;

    use super::super::tablet::{Tablet, owner, set_owner};
    use super::super::{forms, network, store};

    pub fn start(tablet: Tablet, person: String, is_lab: bool) {
        if is_lab {
            forms::listen(tablet, false);
        }
        spawn_local(async move {
            let owner = owner();
            if owner.as_deref() == Some(forms::LEAVING) && network::sign_out().await {
                set_owner(None);
                let _ = window().location().assign("/login");
                return;
            }
            if let Some(owner) = owner
                && (owner != person || !is_lab)
            {
                let lost = store::unsent().await.map_or(0, |unsent| unsent.len());
                tablet.purge().await;
                let words = format!("{lost} not sent by who was signed in before; forgotten, to be done again.");
                tablet.notice.set((lost > 0).then_some(words));
            }
            if is_lab {
                set_owner(Some(&person));
                register();
                tablet.keep_up(window().location().pathname().as_deref() == Ok("/lab"));
            }
        });
    }

    /// Has the browser keep the shell, so that the laboratory opens without network; browsers allow it only with TLS.
    fn register() {
        if window().is_secure_context() {
            let _ = window().navigator().service_worker().register("/service-worker.js");
        }
    }
}
