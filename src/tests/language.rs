//! The catalogue held against the source: everything that is said is in it, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sojourn::hospital::event_types;
use sojourn::islands::LIVE_WORDS;
use sojourn::journey::events::{self, Event, EventType};
use sojourn::journey::schema::{Field, Shape};
use sojourn::language::catalogue::entries;
use sojourn::language::{FORMS, HINDI};
use sojourn::screens::form::field_label;
use sojourn::screens::lab::BENCHES;
use sojourn::screens::layout::WORKPLACES;

use crate::support::source::{Source, is_part_of_name, product};

/// A text of the source: its context, itself, and its plural.
type Key = (Option<String>, String, Option<String>);

/// Vocabularies whose words nobody reads on a screen.
const UNSAID: &[&str] = &["log/subscriptions.rs", "hospital/documents.rs", "log/access/mod.rs"];

/// Tables of words that screens say: the file, and the name of the constant or function that holds them.
const TABLES: &[(&str, &str)] = &[
    ("screens/visit/fields.rs", "DOCUMENT_KINDS"),
    ("screens/lab/forms.rs", "REJECTED"),
    ("screens/lab/forms.rs", "CANCELLED"),
    ("screens/lab/forms.rs", "CHANNELS"),
];

/// The fields of forms that are for no step of a visit, and of what is written about the hospital itself.
const FIELDS: &[&str] = &[
    "name",
    "sex",
    "birthDate",
    "age",
    "phone",
    "email",
    "mrn",
    "purpose",
    "given",
    "note",
    "slot",
    "file",
    "days",
    "sharedWith",
    "registerAnyway",
    "reason",
    "active",
    "actorType",
    "roles",
    "sessions",
    "signInName",
    "passphrase",
    "branchId",
    "departmentId",
    "roomId",
    "personId",
    "code",
    "tokenPrefix",
    "targetMinutes",
    "closedAt",
    "kind",
    "price",
    "specimen",
    "analytes",
    "panels",
    "payBeforeLab",
    "payBeforeConsultation",
    "approverMayBePerformer",
    "weekday",
    "begins",
    "ends",
    "slotMinutes",
    "label",
    "mail",
];

/// What the journey and the hospital call things inside a sentence.
const INSIDE: &[&str] = &[
    "This consultation",
    "The consultation",
    "This test",
    "This time",
    "where the patient is",
    "this bill",
    "this test",
    "this document",
    "this follow-up",
    "tenant",
    "patient",
    "person",
    "room",
    "department",
    "branch",
    "visit",
    "bill",
    "test",
    "document",
    "follow-up",
    "admin",
    "human",
    "ai",
    "consultation",
    "counter",
    "lab",
    "arrived",
    "cancelled",
    "did not come",
    "of 10",
];

/// What stands on a screen and is the same in every language.
const SAME: &[&str] = &["Sojourn", "MRN ", " · MRN ", "you@hospital.example"];

/// What is printed and handed out is in the hospital's own language.
const PAPER: &[&str] = &[
    "screens/slip.rs",
    "screens/lab/paper.rs",
    "screens/billing/receipt.rs",
    "screens/billing/refund_slip.rs",
    "screens/doctor/letters.rs",
];

/// The entries of the catalogue: what is said for each text, in its forms.
fn catalogue() -> BTreeMap<Key, Vec<String>> {
    let mut all = BTreeMap::new();
    for entry in entries(HINDI) {
        let key = (entry.context, entry.text, entry.plural);
        assert!(!all.contains_key(&key), "{key:?} is in the catalogue twice");
        all.insert(key, entry.said);
    }
    all
}

/// The text behind a place, if nothing but a sign is before it, and where it begins.
fn literal<'a>(source: &'a Source, from: usize, sign: &str) -> Option<(usize, &'a str)> {
    let at = source.code[from..].starts_with(sign).then_some(from + sign.len())?;
    let (begins, text) = source.literals.iter().find(|(begins, _)| *begins >= at)?;
    source.code[at..*begins].trim().is_empty().then_some((*begins, text.as_str()))
}

/// Where the code goes on behind a text; where the text itself stands it is blank.
fn behind(source: &Source, begins: usize) -> usize {
    let rest = &source.code[begins..];
    begins + rest.len() - rest.trim_start_matches([' ', '\n']).len()
}

/// The texts that one file hands to `tr!` or says.
fn said(source: &Source) -> Vec<Key> {
    let calls = ["tr!(", "say("].into_iter().flat_map(|call| source.code.match_indices(call));
    let calls = calls.filter(|(at, _)| !source.code[..*at].ends_with(is_part_of_name));
    let texts = calls.filter_map(|(at, call)| {
        let (begins, first) = literal(source, at + call.len(), "")?;
        let (context, (begins, text)) = match literal(source, behind(source, begins), "=>") {
            Some(text) => (Some(first.to_owned()), text),
            None => (None, (begins, first)),
        };
        let plural = literal(source, behind(source, begins), "|").map(|(_, text)| text.to_owned());
        Some((context, text.to_owned(), plural))
    });
    texts.collect()
}

/// The words of a vocabulary that a file declares.
fn vocabularies(source: &Source) -> Vec<&str> {
    let begins = source.code.match_indices("words! {").map(|(at, _)| at);
    let parts = begins.map(|at| at..end_of_block(&source.code, at));
    let words = parts.flat_map(|part| source.literals_in(&part).collect::<Vec<_>>());
    // Each value has its word on the wire and its label.
    words.skip(1).step_by(2).collect()
}

fn end_of_block(code: &str, at: usize) -> usize {
    let mut depth = 0;
    let end = code[at..].find(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == '}' && depth == 0
    });
    end.map_or(code.len(), |end| at + end)
}

fn labels(fields: &[Field], all: &mut BTreeSet<String>) {
    for field in fields {
        all.insert(field_label(field.name));
        if let Shape::List { of, .. } = field.shape {
            labels(of, all);
        }
    }
}

/// What is measured of a patient.
fn vital_signs() -> Vec<String> {
    let fields = EventType::VitalsRecorded.row().fields.iter();
    let numbers = fields.filter(|field| !matches!(field.shape, Shape::Choice(_)));
    let metadata = numbers.map(|field| {
        let value = if field.name == "painScore" { 5 } else { 40 };
        (field.name.to_owned(), Value::from(value))
    });
    let Ok(Event::VitalsRecorded(all)) = Event::parse(EventType::VitalsRecorded, &metadata.collect()) else {
        panic!("40 is a measurement of everything but pain");
    };
    all.measurements().map(|(name, ..)| name.to_owned()).collect()
}

/// Every word of every table that a screen says.
fn tables(sources: &[Source]) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = WORKPLACES.iter().map(|workplace| workplace.name.to_owned()).collect();
    for row in events::TABLE {
        all.extend([row.action.to_owned(), row.event.label().to_owned()]);
        labels(row.fields, &mut all);
    }
    all.extend(FIELDS.iter().map(|field| field_label(field)));
    all.extend([FORMS, &LIVE_WORDS, INSIDE].concat().into_iter().map(str::to_owned));
    all.extend(BENCHES.iter().map(|bench| bench.label.to_owned()));
    all.extend(vital_signs());
    all.extend(event_types::own().into_iter().map(|own| own.title));
    for source in sources.iter().filter(|source| !UNSAID.contains(&source.path.as_str())) {
        // The table of events declares its own by a macro.
        if source.path != "journey/events.rs" {
            all.extend(vocabularies(source).into_iter().map(str::to_owned));
        }
    }
    for (path, name) in TABLES {
        let source = sources.iter().find(|source| source.path == *path).expect("a file with a table");
        let at = source.code.find(&format!(" {name}")).expect("a table of words");
        let end = source.code[at..].find(";\n").map_or(source.code.len(), |end| at + end);
        all.extend(source.literals_in(&(at..end)).map(str::to_owned));
    }
    all
}

/// The places for values in a text.
fn places(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

#[test]
fn all_that_is_said_is_in_the_catalogue_and_nothing_else() {
    let (sources, catalogue) = (product(), catalogue());
    let mut needed: BTreeMap<Key, String> = BTreeMap::new();
    for source in &sources {
        needed.extend(said(source).into_iter().map(|key| (key, source.path.clone())));
    }
    needed.extend(tables(&sources).into_iter().map(|word| ((None, word, None), "a table".to_owned())));
    let missing: Vec<_> = needed.iter().filter(|(key, _)| !catalogue.contains_key(key)).collect();
    assert!(missing.is_empty(), "not in the catalogue:\n{missing:#?}");
    let unused: Vec<_> = catalogue.keys().filter(|key| !needed.contains_key(key)).collect();
    assert!(unused.is_empty(), "in the catalogue, and said by nobody:\n{unused:#?}");
}

#[test]
fn what_is_said_has_the_same_places_for_values() {
    for ((_, text, plural), said) in catalogue() {
        let forms = if plural.is_some() { 2 } else { 1 };
        assert_eq!(said.len(), forms, "{text}");
        assert!(
            said.iter().all(|said| !said.trim().is_empty() || text.trim().is_empty()),
            "nothing is said for {text}"
        );
        let many = plural.as_deref().unwrap_or(&text);
        assert_eq!(said.last().map(|said| places(said)), Some(places(many)), "{text}");
        assert!(places(&said[0]).is_subset(&places(many)), "{text}");
    }
}

#[test]
fn no_screen_has_bare_words() {
    let mut bare = Vec::new();
    let screens = product().into_iter().filter(|source| source.module() == "screens");
    for source in screens.filter(|source| !PAPER.contains(&source.path.as_str())) {
        for (at, text) in &source.literals {
            let (before, after) = (source.code[..*at].trim_end(), source.code[behind(&source, *at)..].chars().next());
            let node = before.ends_with(['>', '}']) && !before.ends_with("=>") && !before.ends_with("->");
            let node = node && matches!(after, Some('<' | '{'));
            let attribute = ["aria-label=", "placeholder=", "title=", "alt="].iter().any(|name| before.ends_with(name));
            let words = text.chars().filter(|c| c.is_alphabetic()).count() > 1 && !SAME.contains(&text.as_str());
            if (node || attribute) && words {
                bare.push(format!("{}: {text:?}", source.path));
            }
        }
    }
    assert!(bare.is_empty(), "words that are said in English only:\n{}", bare.join("\n"));
}
