//! The laboratory without network: the worklist as it was last known, and what was done on it since.

use leptos::prelude::*;

/// The laboratory without network, shown in `#bench`.
#[island]
pub fn Bench() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    browser::start();
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::time::Duration;

    use leptos::prelude::*;
    use leptos::task::spawn_local;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, Event, HtmlElement};

    use super::super::super::language::{learn, say};
    use super::super::html::{self, STAGES, Shown, Typed};
    use super::super::network::Left;
    use super::super::tablet::Tablet;
    use super::super::{forms, network, outbox, store};
    use crate::journey::ids::{Id, TestId};
    use crate::journey::words::Stage;

    /// How often it is looked whether the network is back.
    const TICK: Duration = Duration::from_secs(4);

    /// What is chosen on the page.
    #[derive(Clone, Copy)]
    struct Choice {
        shown: RwSignal<Shown>,
        /// The results being entered: of which test, and what was typed before.
        opened: RwSignal<Option<(TestId, Typed)>>,
    }

    pub fn start() {
        let tablet = Tablet::new();
        let choice = Choice { shown: RwSignal::new(Shown::Stage(Stage::Ordered)), opened: RwSignal::new(None) };
        let looked = RwSignal::new(false);
        let address = window().location().search().unwrap_or_default();
        let asked = |name: &str| {
            let mut pairs = address.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(given, _)| *given == name).map(|(_, value)| value.to_owned())
        };
        choice.choose(asked("stage").as_deref().unwrap_or_default());
        if let Some(label) =
            asked("sample").and_then(|label| js_sys::decode_uri_component(&label.replace('+', " ")).ok())
        {
            choice.shown.set(Shown::Sample(label.into()));
        }
        forms::listen(tablet, true);
        let test = asked("open").and_then(|id| TestId::parse(&id).ok());
        spawn_local(async move {
            learn().await;
            outbox::show(tablet);
            tablet.read().await;
            looked.set(true);
            let is_running = choice.shown.get_untracked() == Shown::Stage(Stage::InProgress);
            if let Some(test) = test.filter(|_| is_running) {
                choice.open(test).await;
            }
        });
        Effect::new(move |_| {
            let unsent: Vec<_> = tablet.unsent.get().into_iter().map(|(_, unsent)| unsent).collect();
            let html = match tablet.known(true) {
                Some(worklist) => choice
                    .opened
                    .with(|opened| html::bench(&worklist.after(&unsent), &choice.shown.get(), opened.as_ref())),
                None if looked.get() => html::empty(
                    &say("No network"),
                    &say("This tablet keeps no worklist. The lab opens again when the network is back."),
                ),
                None => return,
            };
            if let Some(place) = document().get_element_by_id("bench") {
                place.set_inner_html(&html);
            }
        });
        window_event_listener_untyped("click", move |event| choice.pressed(&event));
        let back = move || spawn_local(go_back(tablet, choice));
        set_interval(back, TICK);
        window_event_listener_untyped("online", move |_| back());
        // A form that was kept is closed.
        Effect::new(move |before: Option<usize>| {
            let count = tablet.unsent.with(Vec::len);
            if before.is_some_and(|before| before < count) {
                choice.opened.set(None);
            }
            count
        });
    }

    impl Choice {
        fn choose(self, word: &str) {
            if let Some((stage, ..)) = STAGES.iter().find(|(_, here, _)| *here == word) {
                self.opened.set(None);
                self.shown.set(Shown::Stage(*stage));
            }
        }

        async fn open(self, test: TestId) {
            let typed = store::draft(&test).await.unwrap_or_default();
            self.opened.set(Some((test, typed)));
        }

        fn pressed(self, event: &Event) {
            let Some(pressed) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
            let attribute = |name: &str| {
                let element = pressed.closest(&format!("[{name}]")).ok()??;
                element.get_attribute(name)
            };
            if let Some(word) = attribute("data-stage") {
                event.prevent_default();
                self.choose(&word);
                // What was pressed is written anew.
                request_animation_frame(|| {
                    if let Ok(Some(tab)) = document().query_selector(".stages [aria-current]")
                        && let Ok(tab) = tab.dyn_into::<HtmlElement>()
                    {
                        let _ = tab.focus();
                    }
                });
            } else if let Some(test) = attribute("data-open").and_then(|id| TestId::parse(&id).ok()) {
                spawn_local(self.open(test));
            } else if attribute("data-close").is_some() {
                self.opened.set(None);
            }
        }
    }

    /// Sends what was done and goes back to the laboratory, once the network is back and nobody is typing.
    async fn go_back(tablet: Tablet, choice: Choice) {
        if !network::is_reachable().await {
            tablet.read().await;
            return;
        }
        if let Some((_, began)) = forms::left() {
            match network::sign_out(&began).await {
                Left::Out => {
                    tablet.purge().await;
                    let _ = window().location().assign("/login");
                }
                Left::Another => drop(window().location().assign("/")),
                Left::Away => {}
            }
            return;
        }
        tablet.send().await;
        if !tablet.signed_out.get_untracked() && choice.opened.with_untracked(Option::is_none) {
            let address = match choice.shown.get_untracked() {
                // Whoever opened the first page is at home there.
                _ if window().location().pathname().as_deref() == Ok("/") => "/".to_owned(),
                Shown::Stage(stage) => {
                    let word = STAGES.iter().find(|(here, ..)| *here == stage).map_or("collect", |(_, word, _)| word);
                    ["/lab?stage=", word].concat()
                }
                Shown::Sample(label) => ["/lab?sample=", &String::from(js_sys::encode_uri_component(&label))].concat(),
            };
            let _ = window().location().replace(&address);
        }
    }
}
