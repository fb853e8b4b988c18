//! What every page has around it.

use chrono::{DateTime, Utc};
use leptos::config::LeptosOptions;
use leptos::prelude::*;
use tr::tr;

use crate::islands::Pulse;
use crate::language::{Language, spoken, units};

/// Light or night, when a person chose; otherwise the device decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on light ground.
    Light,
    /// Light ink on dark ground.
    Night,
}

impl Theme {
    /// The theme a word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "light" => Some(Self::Light),
            "night" => Some(Self::Night),
            _ => None,
        }
    }

    /// The word in the cookie and in `data-theme`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Night => "night",
        }
    }
}

/// What a page's shell is made of.
pub struct Shell {
    /// What the page is called.
    pub title: String,
    /// What the person chose to see it in.
    pub theme: Option<Theme>,
    /// What the site's script, wasm and style sheet are called, without their endings.
    pub site_name: String,
    /// The server's time.
    pub now: DateTime<Utc>,
    /// Whether it is loaded again now and then where there is no JavaScript.
    pub reloads: bool,
}

/// Puts a page's body into its shell.
pub fn shell(shell: Shell, body: impl IntoView) -> impl IntoView {
    let Shell { title, theme, site_name, now, reloads } = shell;
    let style_sheet = format!("/pkg/{site_name}.css");
    let options = LeptosOptions::builder().output_name(site_name).build();
    let language = spoken();
    // What the page's waits tick in; without it, in English.
    let units = (language != Language::English).then(|| units().join(" "));
    let catalogue = language.published().map(|published| published.path.as_str());
    view! {
        <!DOCTYPE html>
        <html lang=language.tag() data-now=now.timestamp_millis().to_string() data-units=units data-catalogue=catalogue data-theme=theme.map(Theme::word)>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <title>{format!("{title} · Sojourn")}</title>
                // A face that comes late is left out: nothing moves once it is read.
                <link rel="preload" href="/fonts/inter.woff2" r#as="font" type="font/woff2" crossorigin="anonymous"/>
                <link rel="stylesheet" href=style_sheet/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="manifest" href="/manifest.webmanifest"/>
                {reloads.then(|| view! { <noscript><meta http-equiv="refresh" content="30"/></noscript> })}
                <HydrationScripts options islands=true/>
            </head>
            <body>
                {body}
                <dialog class="dialog" id="keys" aria-labelledby="keys-title">
                    <h2 id="keys-title">{tr!("Keys")}</h2>
                    <dl class="facts">
                        // The keys of the page itself come before this, in the words of what they press.
                        <dt><kbd>"?"</kbd></dt>
                        <dd>{tr!("Show or hide this list")}</dd>
                    </dl>
                    <form method="dialog">
                        <button class="button">{tr!("Close")}</button>
                    </form>
                </dialog>
                <Pulse/>
            </body>
        </html>
    }
}
