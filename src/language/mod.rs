//! What language a request is answered in: English stands in the source, everything else in a catalogue beside this file.
//!
//! A screen writes `tr!("Reception")`; what comes from a table of words is said with [`say`]. Both ask [`spoken`], which [`speaking`] sets
//! for all that one request does. Stored words, answers to programs, exports and papers are in no need of it: they stay as they are.

use std::borrow::Cow;
use std::fmt::Display;
use std::future::Future;
use std::sync::LazyLock;

use chrono::{DateTime, Locale, NaiveDate, NaiveDateTime, TimeZone, Weekday};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tr::{Translator, set_translator, tr};

use self::catalogue::{Catalogue, Entry, entries};
use crate::journey::wording::{self, CONTEXT, Units};

pub mod catalogue;
mod forms;

pub use forms::{FORMS, say_filled};

/// The catalogue in Hindi.
pub const HINDI: &str = include_str!("hindi.po");

/// A language that screens speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// What the source is written in.
    #[default]
    English,
    /// Hindi, as it is written in India.
    Hindi,
}

impl Language {
    /// Every language there is.
    pub const ALL: [Self; 2] = [Self::English, Self::Hindi];

    /// The language a tag begins with: `hi-IN` is Hindi.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let main = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(main))
    }

    /// Its tag, as browsers know it.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Hindi => "hi",
        }
    }

    /// What it calls itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Hindi => "हिन्दी",
        }
    }

    /// What browsers are given of its catalogue; English has none.
    pub fn published(self) -> Option<&'static Published> {
        static PUBLISHED: LazyLock<Published> = LazyLock::new(|| Published::new(Language::Hindi, HINDI));
        match self {
            Self::English => None,
            Self::Hindi => Some(&PUBLISHED),
        }
    }

    /// How it writes months and weekdays.
    pub fn locale(self) -> Locale {
        match self {
            Self::English => Locale::POSIX,
            Self::Hindi => Locale::hi_IN,
        }
    }

    /// How many digits stand together in a long number, beyond the last three.
    fn digits_grouped(self) -> usize {
        match self {
            Self::English => 3,
            Self::Hindi => 2,
        }
    }
}

/// A catalogue as browsers are given it.
#[derive(Debug)]
pub struct Published {
    /// Where it is; what says otherwise is elsewhere.
    pub path: String,
    /// What is said for each English text, as JSON; its context stands before a text as gettext has it.
    pub json: String,
}

impl Published {
    fn new(language: Language, catalogue: &str) -> Self {
        let digest = Sha256::digest(catalogue);
        let version: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let single = entries(catalogue).filter(|entry| entry.plural.is_none());
        let texts: Map<String, Value> = single
            .filter_map(|Entry { context, text, said, .. }| {
                let context = context.map(|context| context + CONTEXT).unwrap_or_default();
                Some((context + &text, said.into_iter().next()?.into()))
            })
            .collect();
        Self { path: format!("/language/{}/{version}", language.tag()), json: Value::Object(texts).to_string() }
    }
}

tokio::task_local! {
    static SPOKEN: Language;
}

/// The catalogues, read once and handed to `tr!`.
static CATALOGUES: LazyLock<()> = LazyLock::new(|| set_translator!(Interpreter { hindi: Catalogue::read(HINDI) }));

/// Finds a text in the catalogue of the language that is spoken.
struct Interpreter {
    hindi: Catalogue,
}

impl Translator for Interpreter {
    fn translate<'a>(&'a self, text: &'a str, context: Option<&'a str>) -> Cow<'a, str> {
        let said = match spoken() {
            Language::English => None,
            Language::Hindi => self.hindi.find(text, None, context, false),
        };
        Cow::Borrowed(said.unwrap_or(text))
    }

    fn ntranslate<'a>(&'a self, n: u64, one: &'a str, many: &'a str, context: Option<&'a str>) -> Cow<'a, str> {
        let said = match spoken() {
            Language::English => None,
            Language::Hindi => self.hindi.find(one, Some(many), context, n != 1),
        };
        Cow::Borrowed(said.unwrap_or(if n == 1 { one } else { many }))
    }
}

/// The language of the request that is being answered; English where none is.
pub fn spoken() -> Language {
    SPOKEN.try_with(|language| *language).unwrap_or_default()
}

/// Reads the catalogues; the server does it before anybody is answered.
pub fn prepare() {
    LazyLock::force(&CATALOGUES);
}

/// Has everything that a future does speak a language.
pub async fn speaking<F: Future>(language: Language, future: F) -> F::Output {
    prepare();
    SPOKEN.scope(language, future).await
}

/// Makes what is printed and handed out: it speaks the hospital's language, whoever prints it.
pub fn on_paper<T>(make: impl FnOnce() -> T) -> T {
    SPOKEN.sync_scope(Language::default(), make)
}

/// The tag of the language that papers speak, where the page around them speaks another.
pub fn of_paper() -> Option<&'static str> {
    (spoken() != Language::default()).then(|| Language::default().tag())
}

/// Says a word of a table, or a sentence that was made elsewhere, in the language that is spoken.
pub fn say(text: &str) -> String {
    tr!(text)
}

/// A date or a time with a word in it, such as a month: `date(day, "%A %-d %B")`.
pub fn date(day: impl Dated, format: &str) -> String {
    day.written(format, spoken().locale())
}

/// A weekday's name, long (`%A`) or short (`%a`); 0 is Monday.
pub fn weekday(day: usize, format: &str) -> String {
    let day = u8::try_from(day).ok().and_then(|day| Weekday::try_from(day).ok());
    // Any week has all of them.
    let day = day.and_then(|day| NaiveDate::from_isoywd_opt(2000, 1, day));
    day.map_or_else(String::new, |day| date(day, format))
}

/// A count or a place in the log, with commas where the language has them: `1,234,567`, `12,34,567`.
pub fn number(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", wording::grouped(number.unsigned_abs(), spoken().digits_grouped()))
}

/// What has a day.
pub trait Dated {
    /// Writes it as a locale does.
    fn written(&self, format: &str, locale: Locale) -> String;
}

impl Dated for NaiveDate {
    fn written(&self, format: &str, locale: Locale) -> String {
        self.format_localized(format, locale).to_string()
    }
}

impl Dated for NaiveDateTime {
    fn written(&self, format: &str, locale: Locale) -> String {
        self.and_utc().written(format, locale)
    }
}

impl<Z: TimeZone<Offset: Display>> Dated for DateTime<Z> {
    fn written(&self, format: &str, locale: Locale) -> String {
        self.format_localized(format, locale).to_string()
    }
}

/// How long something took or takes: `18 min`, `1 h 12 min`, `2 d 3 h`.
pub fn duration(seconds: i64) -> String {
    let [day, hour, minute] = units();
    wording::duration_in(seconds, &Units { day: &day, hour: &hour, minute: &minute })
}

/// What days, hours and minutes are called beside a number.
pub fn units() -> [String; 3] {
    [tr!("unit" => "d"), tr!("unit" => "h"), tr!("unit" => "min")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_request_is_answered_in_its_own_language() {
        let said = || (say("Reception"), tr!("1 person" | "{n} people" % 3_u64));
        let (hindi, english) =
            tokio::join!(speaking(Language::Hindi, async { said() }), speaking(Language::English, async { said() }));
        assert_eq!(english, ("Reception".into(), "3 people".into()));
        assert_eq!(hindi.0, "रिसेप्शन");
        assert_eq!(said(), english);
    }

    #[tokio::test]
    async fn months_and_weekdays_are_words_of_the_language() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day");
        assert_eq!(date(day, "%A %-d %B"), day.format("%A %-d %B").to_string());
        assert_eq!(speaking(Language::Hindi, async { date(day, "%A %-d %B") }).await, "शनिवार 21 नवंबर");
    }

    #[tokio::test]
    async fn long_numbers_are_grouped_as_the_language_does() {
        for (count, english, hindi) in
            [(0, "0", "0"), (999, "999", "999"), (-1_234, "-1,234", "-1,234"), (1_234_567, "1,234,567", "12,34,567")]
        {
            assert_eq!(number(count), english);
            assert_eq!(speaking(Language::Hindi, async { number(count) }).await, hindi);
        }
    }

    #[tokio::test]
    async fn durations_have_the_units_of_the_language() {
        assert_eq!(duration(4320), "1 h 12 min");
        assert_eq!(speaking(Language::Hindi, async { duration(4320) }).await, "1 घं 12 मि");
    }
}
