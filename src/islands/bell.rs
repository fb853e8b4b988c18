//! The voice of a waiting room's display: a chime and spoken words for every new call, and the clock.
//!
//! It works on attributes: `data-say` on each call with `data-row`, which rises from call to call; `data-clock` on the clock holds how many
//! seconds the hospital's time is ahead of UTC.

use leptos::prelude::*;

/// The switches for chime and speech. Both are off until somebody presses them: browsers allow no sound before.
///
/// `chime` and `speech` are what they are called; `now` is the server's time in milliseconds, since the display's clock may be wrong.
#[island]
pub fn Bell(now: i64, chime: String, speech: String) -> impl IntoView {
    let chimes = RwSignal::new(false);
    let speaks = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    browser::start(now, chimes, speaks);
    #[cfg(not(feature = "hydrate"))]
    let _ = now;
    let pressed = |on: RwSignal<bool>| move || if on.get() { "true" } else { "false" };
    view! {
        <button type="button" class="display-switch" aria-pressed=pressed(chimes) on:click=move |_| chimes.update(|on| *on = !*on)>
            {chime}
        </button>
        <button type="button" class="display-switch" aria-pressed=pressed(speaks) on:click=move |_| speaks.update(|on| *on = !*on)>
            {speech}
        </button>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;
    use std::time::Duration;

    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;
    use web_sys::{AudioContext, Element, SpeechSynthesisUtterance};

    /// The notes of the chime: when each begins in seconds, and its pitch.
    const NOTES: [(f64, f32); 2] = [(0.0, 659.25), (0.35, 523.25)];
    const SECOND: Duration = Duration::from_secs(1);

    pub fn start(server_now: i64, chimes: RwSignal<bool>, speaks: RwSignal<bool>) {
        let ahead = js_sys::Date::now() - server_now as f64;
        let clock = move || show_clock(js_sys::Date::now() - ahead);
        set_interval(clock, SECOND);
        for (name, on) in [("chime", chimes), ("speech", speaks)] {
            let kept = move || window().local_storage().ok().flatten();
            if kept().and_then(|kept| kept.get_item(name).ok().flatten()).as_deref() == Some("on") {
                on.set(true);
            }
            Effect::new(move |_| {
                let word = if on.get() { "on" } else { "off" };
                if let Some(kept) = kept() {
                    let _ = kept.set_item(name, word);
                }
            });
        }
        let sound: Rc<RefCell<Option<AudioContext>>> = Rc::default();
        let heard = Cell::new(calls().map(|(position, _)| position).max().unwrap_or(0));
        // A press lets the browser make sounds; it also lets one hear how they are.
        Effect::new({
            let sound = Rc::clone(&sound);
            move |before: Option<bool>| {
                if chimes.get() {
                    if sound.borrow().is_none() {
                        *sound.borrow_mut() = AudioContext::new().ok();
                    }
                    if before == Some(false) {
                        chime(&sound);
                    }
                }
                chimes.get()
            }
        });
        let renewed = Closure::<dyn Fn()>::new(move || {
            let mut new: Vec<_> = calls().filter(|(position, _)| *position > heard.get()).collect();
            new.sort_by_key(|(position, _)| *position);
            let Some((last, _)) = new.last() else { return };
            heard.set(*last);
            if chimes.get_untracked() {
                chime(&sound);
            }
            if speaks.get_untracked() {
                for (_, words) in &new {
                    speak(words);
                }
            }
        });
        let _ = document().add_event_listener_with_callback("renewed", renewed.as_ref().unchecked_ref());
        renewed.forget();
    }

    /// The calls on the display, with what is said of them.
    fn calls() -> impl Iterator<Item = (i64, String)> {
        let found = document().query_selector_all("[data-say]").ok();
        let length = found.as_ref().map_or(0, |found| found.length());
        (0..length).filter_map(move |index| {
            let call: Element = found.as_ref()?.get(index)?.dyn_into().ok()?;
            Some((call.get_attribute("data-row")?.parse().ok()?, call.get_attribute("data-say")?))
        })
    }

    fn chime(sound: &RefCell<Option<AudioContext>>) -> Option<()> {
        let sound = sound.borrow();
        let sound = sound.as_ref()?;
        let _ = sound.resume();
        for (begins, pitch) in NOTES {
            let begins = sound.current_time() + begins;
            let (note, loudness) = (sound.create_oscillator().ok()?, sound.create_gain().ok()?);
            note.frequency().set_value(pitch);
            let gain = loudness.gain();
            gain.set_value_at_time(0.0001, begins).ok()?;
            gain.exponential_ramp_to_value_at_time(0.5, begins + 0.02).ok()?;
            gain.exponential_ramp_to_value_at_time(0.0001, begins + 1.2).ok()?;
            note.connect_with_audio_node(&loudness).ok()?;
            loudness.connect_with_audio_node(&sound.destination()).ok()?;
            note.start_with_when(begins).ok()?;
            note.stop_with_when(begins + 1.3).ok()?;
        }
        Some(())
    }

    fn speak(words: &str) -> Option<()> {
        let utterance = SpeechSynthesisUtterance::new_with_text(words).ok()?;
        utterance.set_lang(&document().document_element()?.get_attribute("lang")?);
        utterance.set_rate(0.9);
        window().speech_synthesis().ok()?.speak(&utterance);
        Some(())
    }

    fn clock_words(now: f64, clock: &Element) -> String {
        let offset: f64 = clock.get_attribute("data-clock").and_then(|seconds| seconds.parse().ok()).unwrap_or(0.0);
        let minutes = ((now / 1000.0 + offset) / 60.0) as i64;
        format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
    }

    fn show_clock(now: f64) {
        let Some(clock) = document().query_selector("[data-clock]").ok().flatten() else { return };
        let words = clock_words(now, &clock);
        if clock.text_content().as_deref() != Some(&words) {
            clock.set_text_content(Some(&words));
        }
    }
}
