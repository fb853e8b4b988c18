//! What a page knows of the tablet, and the sending of what was done without network.

use leptos::prelude::*;

use super::kept::Unsent;

/// What a page knows of the tablet it is on.
#[derive(Clone, Copy)]
pub struct Tablet {
    /// The worklist as it was last known, as it is written.
    pub written: RwSignal<Option<String>>,
    /// The steps of who is signed in that are not sent, with their numbers.
    pub unsent: RwSignal<Vec<(u32, Unsent)>>,
    /// How many steps wait for somebody else to sign in.
    pub others: RwSignal<usize>,
    /// Who did the steps that were dropped: a name for each of them.
    pub dropped: RwSignal<Vec<String>>,
    /// Whether somebody has to sign in before anything can be sent.
    pub signed_out: RwSignal<bool>,
    /// What else is to be said.
    pub notice: RwSignal<Option<String>>,
}

impl Tablet {
    /// One of which nothing is known yet.
    pub fn new() -> Self {
        Self {
            written: RwSignal::new(None),
            unsent: RwSignal::new(Vec::new()),
            others: RwSignal::new(0),
            dropped: RwSignal::new(Vec::new()),
            signed_out: RwSignal::new(false),
            notice: RwSignal::new(None),
        }
    }
}

pub use browser::{OTHERS, began, owner, set_began, set_owner};

mod browser {
    use std::cell::Cell;
    use std::rc::Rc;
    use std::time::Duration;

    use chrono::{DateTime, Utc};
    use leptos::prelude::*;
    use serde_json::{Map, Value};
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;

    use super::super::super::json;
    use super::super::super::language::say;
    use super::super::kept::{Worklist, held, new_id};
    use super::super::{network, network::Sent, store, store::Numbered};
    use super::Tablet;
    use crate::journey::events::EventType;
    use crate::journey::ids::{EventId, Id};

    /// The name under which the browser keeps whose data it keeps.
    const OWNER: &str = "laboratory";
    /// The name under which it keeps when their session began.
    const BEGAN: &str = "laboratory-began";
    /// Stands in the owner's place while nothing is kept of who is signed in, and steps of others wait.
    pub const OTHERS: &str = "somebody else";
    /// The cookie that has the server clear nothing when somebody signs out: steps wait that are not theirs.
    const WAITING: &str = "; path=/; samesite=strict; max-age=";
    /// The name under which it keeps how many milliseconds its clock is ahead of the server's.
    const AHEAD: &str = "laboratory-ahead";
    /// The name under which it keeps who did the steps that were dropped, by the steps' ids, until somebody has seen it.
    const DROPPED: &str = "laboratory-dropped";
    /// How often a page looks whether something can be sent.
    const TICK: Duration = Duration::from_secs(3);
    /// How old the worklist may become, in milliseconds, when nothing seems to change.
    const AGE: f64 = 60_000.0;

    thread_local! {
        static SENDING: Cell<bool> = const { Cell::new(false) };
    }

    fn kept(name: &str) -> Option<String> {
        window().local_storage().ok()??.get_item(name).ok()?
    }

    fn keep(name: &str, text: Option<&str>) -> Option<()> {
        let storage = window().local_storage().ok()??;
        match text {
            Some(text) => storage.set_item(name, text).ok(),
            None => storage.remove_item(name).ok(),
        }
    }

    /// Whose data the browser keeps.
    pub fn owner() -> Option<String> {
        kept(OWNER)
    }

    /// Says whose data the browser keeps from now on; nobody's, when none is named.
    pub fn set_owner(person: Option<&str>) {
        keep(OWNER, person);
    }

    /// When the session began of whose data the browser keeps.
    pub fn began() -> Option<String> {
        kept(BEGAN)
    }

    /// Says when the session began of whose data the browser keeps from now on.
    pub fn set_began(began: Option<&str>) {
        keep(BEGAN, began);
    }

    /// The steps of who is signed in, and those that wait for others.
    async fn own_and_others() -> (Vec<Numbered>, Vec<Numbered>) {
        let owner = owner().unwrap_or_default();
        let all = store::unsent().await.unwrap_or_default();
        all.into_iter().partition(|(_, one)| one.deed.person.as_str() == owner)
    }

    /// Who did the steps that were dropped, by the steps' ids.
    fn dropped() -> Map<String, Value> {
        match kept(DROPPED).and_then(|text| json::read(&text)) {
            Some(Value::Object(dropped)) => dropped,
            _ => Map::new(),
        }
    }

    /// Drops steps and keeps who did them; one that two pages drop at once counts once.
    async fn drop_steps(steps: &[Numbered]) {
        let mut dropped = dropped();
        for (number, one) in steps {
            if store::forget(*number).await.is_ok() {
                dropped.insert(one.deed.id.to_string(), one.by.as_str().into());
            }
        }
        keep(DROPPED, Some(&json::written(&Value::Object(dropped))));
    }

    /// The present moment by the server's clock, as far as the tablet knows it: its own may be wrong.
    fn now() -> DateTime<Utc> {
        let ahead: i64 = kept(AHEAD).and_then(|ahead| ahead.parse().ok()).unwrap_or_default();
        DateTime::from_timestamp_millis(js_sys::Date::now() as i64 - ahead).unwrap_or_default()
    }

    /// Lets the server know whose steps wait here.
    fn say_waiting<'a>(steps: impl Iterator<Item = &'a Numbered>) {
        let mut names: Vec<_> = steps.map(|(_, one)| one.deed.person.as_str()).collect();
        names.dedup();
        let age = if names.is_empty() { "0" } else { "31536000" };
        let cookie = ["unsent-steps=", &names.join("."), WAITING, age].concat();
        let _ = js_sys::Reflect::set(&document(), &"cookie".into(), &cookie.into());
    }

    fn read(written: &str) -> Option<Worklist> {
        Worklist::from_json(&json::read(written)?)
    }

    impl Tablet {
        /// The worklist, while it may be shown; `tracks` has whoever asks hear when it changes.
        pub fn known(self, tracks: bool) -> Option<Worklist> {
            let worklist = |written: &Option<String>| read(written.as_ref()?).filter(|worklist| worklist.lasts(now()));
            if tracks { self.written.with(worklist) } else { self.written.with_untracked(worklist) }
        }

        /// Reads again what the browser keeps. Who comes back is told of each step that is too old; who does not leaves none behind.
        pub async fn read(self) {
            let (unsent, waiting) = own_and_others().await;
            let (old, others): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(_, one)| one.is_too_old(now()));
            if !old.is_empty() {
                drop_steps(&old).await;
            }
            let differs =
                self.others.get_untracked() != others.len() || self.unsent.with_untracked(|known| *known != unsent);
            if differs || !old.is_empty() {
                self.others.set(others.len());
                say_waiting(unsent.iter().chain(&others));
                self.unsent.set(unsent);
            }
            let dropped: Vec<_> = dropped().values().filter_map(|name| Some(name.as_str()?.to_owned())).collect();
            if self.dropped.with_untracked(|known| *known != dropped) {
                self.dropped.set(dropped);
            }
            let written = store::worklist().await;
            if self.written.with_untracked(|known| *known != written) {
                self.written.set(written);
            }
        }

        /// Asks the server for the worklist and keeps it, unless something that was done rests on the one before.
        pub async fn refresh(self) {
            if !self.unsent.with_untracked(Vec::is_empty) && self.known(false).is_some() {
                return;
            }
            let Some(written) = network::worklist().await else { return };
            let Some(worklist) = read(&written) else { return };
            let ahead = js_sys::Date::now() as i64 - worklist.known_at.timestamp_millis();
            keep(AHEAD, Some(&ahead.to_string()));
            if owner().as_deref() == Some(&worklist.person.to_string()) {
                let _ = store::keep_worklist(&written).await;
                // What was typed is kept until the server itself says that it has the results, of all that was done before.
                let all_sent = self.unsent.with_untracked(Vec::is_empty);
                let drafts = if all_sent { store::drafts().await } else { Vec::new() };
                for test in drafts.iter().filter(|test| worklist.is_over(test)) {
                    let _ = store::forget_draft(test).await;
                }
            }
        }

        /// Takes in a step that is done now; gives whether it was kept.
        pub async fn take(self, event: EventType, metadata: Value) -> bool {
            self.read().await;
            let taken = self.known(false).map(|worklist| {
                let unsent: Vec<_> =
                    self.unsent.with_untracked(|unsent| unsent.iter().map(|(_, one)| one.clone()).collect());
                let chance = ((js_sys::Math::random() * 2_f64.powi(40)) as u128) << 40
                    | (js_sys::Math::random() * 2_f64.powi(40)) as u128;
                worklist.take(&unsent, event, metadata, new_id::<EventId>(now(), chance), now())
            });
            let problem = match taken {
                Some(Ok(unsent)) => match store::add(&unsent).await {
                    Ok(()) => None,
                    Err(_) => Some(say("This tablet could not keep the step. Do it again when the network is back.")),
                },
                Some(Err(refusal)) => Some(refusal.sentence_in(&say)),
                None => Some(say("This tablet knows too little of the laboratory. Wait for the network.")),
            };
            let is_kept = problem.is_none();
            self.notice.set(problem);
            self.read().await;
            is_kept
        }

        /// Sends what is not sent, in order; what rests on a refused step waits.
        pub async fn send(self) {
            if SENDING.replace(true) {
                return;
            }
            // Who signs in again after somebody else finds no worklist here; without one nothing can be rested again.
            if self.known(false).is_none() {
                self.refresh().await;
                self.read().await;
            }
            let mut rested = 0;
            let mut after = 0;
            loop {
                // Read anew each time: another page of this browser may be sending too.
                let (all, _) = own_and_others().await;
                let steps: Vec<_> = all.iter().map(|(_, unsent)| unsent.clone()).collect();
                let held = held(&steps);
                let next = all.into_iter().find(|(number, one)| *number > after && !held.contains(&one.test_id));
                let Some((number, mut unsent)) = next else { break };
                match network::send(&unsent.deed).await {
                    Sent::Logged => {
                        let _ = store::forget(number).await;
                        (after, rested) = (number, 0);
                    }
                    Sent::Refused(refused) => {
                        let known = self.known(false);
                        let again = refused.visit.and_then(|visit| Some(known?.rest_again(&unsent, &visit)));
                        match again {
                            Some(Ok(again)) if rested < 5 => {
                                rested += 1;
                                unsent = again;
                            }
                            again => {
                                let reason = again.and_then(Result::err);
                                unsent.refusal = Some(reason.unwrap_or(refused.sentence));
                                (after, rested) = (number, 0);
                            }
                        }
                        // Another page may have sent it meanwhile.
                        let (there, _) = own_and_others().await;
                        if there.iter().any(|(other, _)| *other == number) {
                            let _ = store::keep(&(number, unsent)).await;
                        }
                    }
                    Sent::SignedOut => {
                        self.signed_out.set(true);
                        break;
                    }
                    Sent::Away => break,
                }
            }
            SENDING.set(false);
            self.read().await;
        }

        /// Has a refused step sent again.
        pub async fn try_again(self, number: u32) {
            let step = self.unsent.with_untracked(|all| all.iter().find(|(other, _)| *other == number).cloned());
            if let Some((number, mut unsent)) = step {
                unsent.refusal = None;
                let _ = store::keep(&(number, unsent)).await;
                self.send().await;
            }
        }

        /// Gives up a step, and with it what was done on its test after it.
        pub async fn discard(self, number: u32) {
            let all = self.unsent.get_untracked();
            let test = all.iter().find(|(other, _)| *other == number).map(|(_, unsent)| unsent.test_id.clone());
            for (other, _) in all.iter().filter(|(other, one)| *other >= number && Some(&one.test_id) == test.as_ref())
            {
                let _ = store::forget(*other).await;
            }
            self.read().await;
            self.refresh().await;
        }

        /// Says no more what was dropped: somebody has seen it.
        pub fn seen(self) {
            keep(DROPPED, None);
            self.dropped.set(Vec::new());
        }

        /// Goes on with somebody else: what was shown to who was here before is forgotten, what they did waits for them.
        pub async fn hand_over(self) {
            let _ = store::forget_texts().await;
            self.read().await;
        }

        /// Forgets everything that was kept of who is signed in; what others did waits for them.
        pub async fn purge(self) {
            let (own, others) = own_and_others().await;
            if others.is_empty() {
                let _ = store::purge().await;
                keep(AHEAD, None);
            } else {
                for (number, _) in own {
                    let _ = store::forget(number).await;
                }
                let _ = store::forget_texts().await;
            }
            say_waiting(others.iter());
            set_began(None);
            set_owner((!others.is_empty()).then_some(OTHERS));
            self.unsent.set(Vec::new());
            self.others.set(others.len());
            self.written.set(None);
        }

        /// Sends what is not sent, and brings the worklist up to date, whenever that helps.
        pub fn keep_up(self, is_lab: bool) {
            let stale = Rc::new(Cell::new(is_lab));
            let fetched = Cell::new(js_sys::Date::now());
            let tick = {
                let stale = Rc::clone(&stale);
                move || {
                    let aged = js_sys::Date::now() - fetched.get() > AGE;
                    let refreshes = is_lab && !document().hidden() && (stale.replace(false) || aged);
                    if refreshes {
                        fetched.set(js_sys::Date::now());
                    }
                    leptos::task::spawn_local(self.round(refreshes));
                }
            };
            tick();
            set_interval(tick, TICK);
            window_event_listener_untyped("online", move |_| leptos::task::spawn_local(self.round(is_lab)));
            let renewed = Closure::<dyn Fn()>::new(move || stale.set(is_lab));
            let _ = document().add_event_listener_with_callback("renewed", renewed.as_ref().unchecked_ref());
            renewed.forget();
        }

        async fn round(self, refreshes: bool) {
            self.read().await;
            if !window().navigator().on_line() || self.signed_out.get_untracked() {
                return;
            }
            if !self.unsent.with_untracked(Vec::is_empty) {
                self.send().await;
            }
            if refreshes {
                self.refresh().await;
            }
        }
    }
}
