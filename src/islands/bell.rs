//! The voice of a waiting room's display: a chime and spoken words for every new call, and the clock.
//!
//! It works on attributes: `data-switch` on the buttons for `chime` and `speech`, with `data-silent` for what they say while the browser
//! lets them make no sound; `data-say` on each call with `data-row`, which rises from
//! call to call; `data-clock` on the clock holds how many seconds the hospital's time is ahead of UTC.

use leptos::prelude::*;

/// Chimes and speaks. Both are off until somebody switches them on, and silent on a page that nobody has touched: browsers allow no
/// sound before.
#[island]
pub fn Bell() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    browser::start();
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

    use super::super::pulse::ahead;

    /// The notes of the chime: when each begins in seconds, and its pitch.
    const NOTES: [(f64, f32); 2] = [(0.0, 659.25), (0.35, 523.25)];
    const SECOND: Duration = Duration::from_secs(1);

    pub fn start() {
        let (chimes, speaks, silent) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(false));
        let ahead = ahead();
        let clock = move || show_clock(js_sys::Date::now() - ahead);
        set_interval(clock, SECOND);
        for (name, on) in [("chime", chimes), ("speech", speaks)] {
            let kept = move || window().local_storage().ok().flatten();
            if kept().and_then(|kept| kept.get_item(name).ok().flatten()).as_deref() == Some("on") {
                on.set(true);
            }
            let Ok(Some(switch)) = document().query_selector(&["[data-switch=", name, "]"].concat()) else { continue };
            // Where it is on and silent, the press itself lets it be heard.
            let pressed = Closure::<dyn Fn()>::new(move || {
                if !(on.get_untracked() && silent.get_untracked()) {
                    on.update(|on| *on = !*on);
                }
            });
            let _ = switch.add_event_listener_with_callback("click", pressed.as_ref().unchecked_ref());
            pressed.forget();
            let named = switch.text_content();
            Effect::new(move |_| {
                let words = if on.get() && silent.get() { switch.get_attribute("data-silent") } else { named.clone() };
                switch.set_text_content(words.as_deref());
                let (word, pressed) = if on.get() { ("on", "true") } else { ("off", "false") };
                let _ = switch.set_attribute("aria-pressed", pressed);
                if let Some(kept) = kept() {
                    let _ = kept.set_item(name, word);
                }
            });
        }
        let sound: Rc<RefCell<Option<AudioContext>>> = Rc::default();
        let listen = {
            let sound = Rc::clone(&sound);
            move || silent.set(sound.borrow().as_ref().is_some_and(is_suspended))
        };
        for touched in ["click", "keydown"] {
            let sound = Rc::clone(&sound);
            window_event_listener_untyped(touched, move |_| {
                if let Some(sound) = &*sound.borrow() {
                    let _ = sound.resume();
                }
            });
        }
        let heard = Cell::new(calls().map(|(position, _)| position).max().unwrap_or(0));
        // A press lets the browser make sounds; it also lets one hear how they are.
        Effect::new({
            let sound = Rc::clone(&sound);
            move |before: Option<bool>| {
                if (chimes.get() || speaks.get()) && sound.borrow().is_none() {
                    *sound.borrow_mut() = AudioContext::new().ok();
                    set_interval(listen.clone(), SECOND);
                }
                if chimes.get() && before == Some(false) {
                    chime(&sound);
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

    /// Whether the browser waits for somebody to touch the page before it lets it make a sound.
    fn is_suspended(sound: &AudioContext) -> bool {
        let state = js_sys::Reflect::get(sound, &"state".into()).ok().and_then(|state| state.as_string());
        state.as_deref() == Some("suspended")
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
        let offset: i64 = clock.get_attribute("data-clock").and_then(|seconds| seconds.parse().ok()).unwrap_or(0);
        let minutes = ((now / 1000.0) as i64 + offset) / 60;
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
