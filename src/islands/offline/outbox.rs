//! How many steps are not sent, and those that were refused, with a way to settle each.

use leptos::prelude::*;

/// What is not sent from this tablet, shown in `#not-sent`; its `data-person` is signed in, `data-lab` says that they work in the laboratory.
///
/// What the tablet knew for somebody else it forgets at once; what they did waits until they sign in again.
#[island]
pub fn Outbox() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    browser::start();
}

#[cfg(feature = "hydrate")]
pub use browser::show;

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use leptos::task::spawn_local;
    use wasm_bindgen::JsCast;
    use web_sys::Element;

    use super::super::super::language::learn;
    use super::super::network::Left;
    use super::super::tablet::{OTHERS, Tablet, owner, set_began, set_owner};
    use super::super::{forms, html, network};

    pub fn start() {
        let Some(place) = document().get_element_by_id("not-sent") else { return };
        let (person, is_lab) =
            (place.get_attribute("data-person").unwrap_or_default(), place.has_attribute("data-lab"));
        let began = place.get_attribute("data-began");
        let tablet = Tablet::new();
        if is_lab {
            forms::listen(tablet, false);
        }
        spawn_local(async move {
            let owner = owner();
            if let Some((left, began)) = forms::left()
                && left == person
            {
                match network::sign_out(&began).await {
                    Left::Out => {
                        tablet.purge().await;
                        let _ = window().location().assign("/login");
                        return;
                    }
                    // The server still has to hear of it: the tablet stays nobody's, and the next page tells it again.
                    Left::Away => {
                        learn().await;
                        show(tablet);
                        return;
                    }
                    // Whoever signed in since stays.
                    Left::Another => {}
                }
            }
            let is_another = owner.as_ref().is_some_and(|owner| *owner != person);
            if is_lab {
                set_owner(Some(&person));
                set_began(began.as_deref());
                register();
                if is_another {
                    tablet.hand_over().await;
                }
            } else if owner.is_some() {
                set_owner(Some(OTHERS));
                tablet.purge().await;
            }
            if is_lab || owner.is_some() {
                // Nothing that must happen at once waits for words.
                learn().await;
                show(tablet);
            }
            if is_lab {
                tablet.keep_up(window().location().pathname().as_deref() == Ok("/lab"));
            }
        });
    }

    /// Shows what is not sent, and lets it be settled.
    pub fn show(tablet: Tablet) {
        Effect::new(move |_| {
            let worklist = tablet.known(true);
            let (notice, signed_out) = (tablet.notice.get(), tablet.signed_out.get());
            let (others, dropped) = (tablet.others.get(), tablet.dropped.get());
            let html = tablet.unsent.with(|unsent| {
                html::outbox(unsent, others, &dropped, worklist.as_ref(), notice.as_deref(), signed_out)
            });
            if let Some(place) = document().get_element_by_id("not-sent") {
                place.set_inner_html(&html);
            }
        });
        window_event_listener_untyped("click", move |event| {
            let Some(pressed) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
            let number = |name: &str| pressed.get_attribute(name)?.parse().ok();
            if let Some(number) = number("data-again") {
                spawn_local(tablet.try_again(number));
            } else if let Some(number) = number("data-discard") {
                spawn_local(tablet.discard(number));
            } else if pressed.has_attribute("data-seen") {
                tablet.seen();
            }
        });
    }

    /// Has the browser keep the shell, so that the laboratory opens without network; browsers allow it only with TLS.
    fn register() {
        if window().is_secure_context() {
            // A worker of another language is another one: a browser looks for no newer one at the same address.
            let html = document().document_element();
            let language = html.and_then(|html| html.get_attribute("lang")).unwrap_or_default();
            let address = ["/service-worker.js?language=", &language].concat();
            let _ = window().navigator().service_worker().register(&address);
        }
    }
}
