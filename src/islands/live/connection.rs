//! The connection, when it is lost and found again, and what the sign in the masthead says of it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, EventSource, MessageEvent, XmlHttpRequest, XmlHttpRequestResponseType};

use super::{WORDS, renewal};
use crate::journey::wording::fill;

/// How often the sign is looked at.
const TICK: Duration = Duration::from_secs(1);
/// The server gives a sign of life every 15 seconds; after two that did not come the connection is as good as lost.
const SILENCE: f64 = 35_000.0;
/// How long a connection may be lost before the page says that it is offline.
const PATIENCE: f64 = 6_000.0;
/// The longest wait before the connection is tried again.
const LONGEST: f64 = 15_000.0;
/// How long a page without a connection waits before it fetches itself again, and how much later another one may do so.
const POLL: (f64, f64) = (15_000.0, 5_000.0);
/// How old a page may become without a change: waits pass their targets by themselves.
const AGE: f64 = 60_000.0;
/// The least time between two fetches of the page.
const PAUSE: f64 = 200.0;

/// What a page knows of its connection. Times are the browser's, in milliseconds.
struct Connection {
    address: String,
    /// What the sign says where that is not English.
    words: Vec<String>,
    page: String,
    source: Option<EventSource>,
    /// The position in the log up to which everything was heard.
    position: Option<String>,
    open: bool,
    heard: f64,
    /// Since when the connection is lost.
    lost: f64,
    failures: i32,
    try_again: f64,
    /// Whether the server answered when it was last asked for the page: some proxies let pages through, and no events.
    answers: bool,
    /// How long it is between two fetches while the connection is lost.
    poll: f64,
    /// When the page was known to show everything.
    fresh: f64,
    fetched: f64,
    fetching: bool,
    /// Something changed that the page does not show yet.
    stale: bool,
    /// Nothing changed, but time has passed.
    aged: bool,
    over: bool,
}

type Shared = Rc<RefCell<Connection>>;

/// Opens the connection of a page.
pub fn open() {
    let Some(sign) = document().get_element_by_id("live") else { return };
    let given = |name: &str| sign.get_attribute(name);
    let now = js_sys::Date::now();
    let shared: Shared = Rc::new(RefCell::new(Connection {
        address: given("data-address").unwrap_or_default(),
        words: given("data-words").map(|words| words.split('|').map(str::to_owned).collect()).unwrap_or_default(),
        page: given("data-page").unwrap_or_default(),
        source: None,
        position: given("data-after"),
        open: false,
        heard: now,
        lost: now,
        failures: 0,
        try_again: now,
        answers: true,
        poll: POLL.0 + js_sys::Math::random() * POLL.1,
        fresh: now,
        fetched: now,
        fetching: false,
        stale: false,
        aged: false,
        over: false,
    }));
    let hear = {
        let shared = Rc::clone(&shared);
        Rc::new(Closure::<dyn Fn(Event)>::new(move |event| hear(&shared, &event)))
    };
    let tick = move || tick(&shared, &hear);
    tick();
    for happening in ["online", "offline", "visibilitychange", "pageshow"] {
        let tick = tick.clone();
        window_event_listener_untyped(happening, move |_| tick());
    }
    set_interval(tick, TICK);
}

fn tick(shared: &Shared, hear: &Closure<dyn Fn(Event)>) {
    let now = js_sys::Date::now();
    {
        let mut connection = shared.borrow_mut();
        let hidden = document().hidden();
        let silent = connection.open && now - connection.heard > SILENCE;
        // A browser has few connections to one server; a page that nobody sees leaves them to the others.
        if connection.over || hidden || silent {
            connection.close(now);
        }
        if !connection.over && !hidden && connection.source.is_none() && now >= connection.try_again {
            connection.connect(now, hear);
        }
        if !hidden {
            connection.aged = connection.is_aged(now);
            connection.show(now);
        }
    }
    fetch_if_stale(shared);
}

impl Connection {
    fn connect(&mut self, now: f64, hear: &Closure<dyn Fn(Event)>) {
        let after = self.position.as_ref().map(|position| format!("&after={position}")).unwrap_or_default();
        let join = if self.address.contains('?') { "" } else { "?" };
        let Ok(source) = EventSource::new(&format!("{}{join}{after}", self.address)) else { return };
        for event in ["open", "error", "changed", "beat", "over"] {
            let _ = source.add_event_listener_with_callback(event, hear.as_ref().unchecked_ref());
        }
        self.source = Some(source);
        self.try_again = now;
    }

    fn close(&mut self, now: f64) {
        if let Some(source) = self.source.take() {
            source.close();
        }
        self.lose(now);
    }

    /// Whether the server still answers is asked soon after the connection is lost.
    fn lose(&mut self, now: f64) {
        if std::mem::take(&mut self.open) {
            (self.lost, self.answers, self.fetched) = (now, false, 0.0);
        }
    }

    fn is_aged(&self, now: f64) -> bool {
        if self.open {
            return now - self.fetched > AGE;
        }
        now - self.lost > PATIENCE && now - self.fetched > self.poll && window().navigator().on_line()
    }

    fn is_offline(&self, now: f64) -> bool {
        !self.open && (now - self.lost > PATIENCE && !self.answers || !window().navigator().on_line())
    }

    fn word(&self, which: usize) -> String {
        self.words.get(which).cloned().unwrap_or_else(|| WORDS[which].to_owned())
    }

    /// Says how fresh the page is.
    fn show(&self, now: f64) {
        let Some(sign) = document().get_element_by_id("live") else { return };
        // While the page has only just come it is as fresh as can be.
        let begins = !self.open && self.failures == 0 && now - self.lost < PATIENCE && sign.has_attribute("hidden");
        if begins && window().navigator().on_line() {
            return;
        }
        let (class, words) = if self.over {
            ("live live-off", self.word(2))
        } else if self.is_offline(now) {
            ("live live-off", self.word(1))
        } else if self.open && (!self.stale || now - self.fresh < 2_000.0) {
            ("live", self.word(0))
        } else {
            // In steps, so that screen readers are not told every second.
            let seconds = (((now - self.fresh) / 1000.0) as i64).max(0);
            let seconds = if seconds < 10 { seconds } else { seconds / 5 * 5 };
            ("live live-late", fill(&self.word(3), &[("seconds", &seconds.to_string())]))
        };
        let _ = sign.remove_attribute("hidden");
        if sign.class_name() != class {
            sign.set_class_name(class);
        }
        if sign.text_content().as_deref() != Some(&words) {
            sign.set_text_content(Some(&words));
        }
    }
}

/// Takes in what the connection says.
fn hear(shared: &Shared, event: &Event) {
    let now = js_sys::Date::now();
    {
        let mut connection = shared.borrow_mut();
        let kind = event.type_();
        if kind == "error" {
            let lost = connection.source.as_ref().is_none_or(|source| source.ready_state() == EventSource::CLOSED);
            connection.lose(now);
            connection.failures += 1;
            // Otherwise the browser tries again by itself, and says what it heard last.
            if lost {
                connection.close(now);
                let wait = (1_000.0 * 2_f64.powi(connection.failures.min(5) - 1)).min(LONGEST);
                connection.try_again = now + wait * (0.75 + js_sys::Math::random() / 2.0);
            }
        } else {
            connection.open = true;
            connection.heard = now;
            connection.failures = 0;
            if let Some(id) =
                event.dyn_ref::<MessageEvent>().map(MessageEvent::last_event_id).filter(|id| !id.is_empty())
            {
                connection.position = Some(id);
            }
            match kind.as_str() {
                "changed" => connection.stale = true,
                "beat" if !connection.stale => connection.fresh = now,
                "over" => connection.end(now),
                _ => {}
            }
        }
        connection.show(now);
    }
    fetch_if_stale(shared);
}

impl Connection {
    /// The session is over: what the page shows is for nobody any more, unless somebody would lose what they typed.
    fn end(&mut self, now: f64) {
        self.over = true;
        self.close(now);
        if !renewal::is_typed_in() {
            let _ = window().location().reload();
        }
    }
}

/// Fetches the page again, one fetch at a time.
fn fetch_if_stale(shared: &Shared) {
    let page = {
        let mut connection = shared.borrow_mut();
        let now = js_sys::Date::now();
        if connection.fetching || connection.over || !(connection.stale || connection.aged) {
            return;
        }
        if !connection.open && now - connection.fetched < connection.poll {
            // A tick will come.
            return;
        }
        if now - connection.fetched < PAUSE {
            let shared = Rc::clone(shared);
            set_timeout(move || fetch_if_stale(&shared), Duration::from_millis(PAUSE as u64));
            return;
        }
        connection.fetching = true;
        connection.stale = false;
        connection.aged = false;
        connection.fetched = now;
        connection.page.clone()
    };
    if request(shared, &page).is_none() {
        shared.borrow_mut().fetching = false;
    }
}

fn request(shared: &Shared, page: &str) -> Option<()> {
    let request = XmlHttpRequest::new().ok()?;
    request.open("GET", page).ok()?;
    request.set_response_type(XmlHttpRequestResponseType::Document);
    request.set_timeout(20_000);
    request.set_request_header("x-refresh", "live").ok()?;
    let done = {
        let (shared, request) = (Rc::clone(shared), request.clone());
        Closure::once_into_js(move || arrived(&shared, &request))
    };
    request.set_onloadend(Some(done.unchecked_ref()));
    request.send().ok()
}

/// Puts what was fetched in its place.
fn arrived(shared: &Shared, request: &XmlHttpRequest) {
    let now = js_sys::Date::now();
    let status = request.status().unwrap_or_default();
    let signed_out = status == 401 || request.response_url().contains("/login");
    let new = request.response_xml().ok().flatten().filter(|_| status == 200 && !signed_out);
    if let Some(new) = &new {
        renewal::renew(new);
    }
    {
        let mut connection = shared.borrow_mut();
        connection.fetching = false;
        connection.answers = new.is_some();
        if signed_out {
            connection.end(now);
        } else if new.is_none() {
            // It is tried again with the next tick.
            connection.stale = true;
            connection.fetched = now + 1_000.0;
        } else if !connection.stale {
            connection.fresh = now;
        }
        connection.show(now);
    }
    if new.is_some() {
        if let Ok(event) = Event::new("renewed") {
            let _ = document().dispatch_event(&event);
        }
        fetch_if_stale(shared);
    }
}
