//! A catalogue as gettext has it (`.po`): what is said for each English text, perhaps in a context, perhaps for one and for many.

use std::collections::HashMap;

/// What is said for one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// In which context, where one English text is said in several ways.
    pub context: Option<String>,
    /// The English text; for one thing, where there is one for many.
    pub text: String,
    /// The English text for many things.
    pub plural: Option<String>,
    /// What is said: for one thing, then for many.
    pub said: Vec<String>,
}

/// Reads the entries of a catalogue; an empty line stands between two.
pub fn entries(catalogue: &str) -> impl Iterator<Item = Entry> {
    // The first has no text: it tells of the catalogue itself.
    catalogue.split("\n\n").map(entry).filter(|entry| !entry.text.is_empty())
}

fn entry(block: &str) -> Entry {
    let (mut entry, mut last) = (Entry::default(), "");
    for line in block.lines().filter(|line| !line.starts_with('#')) {
        let Some((keyword, quoted)) = line.split_once('"') else { continue };
        // A line without a keyword goes on with what the one before it says.
        if !keyword.is_empty() {
            last = keyword.trim();
            if last.starts_with("msgstr") {
                entry.said.push(String::new());
            }
        }
        let place = match last {
            "msgctxt" => entry.context.get_or_insert_default(),
            "msgid" => &mut entry.text,
            "msgid_plural" => entry.plural.get_or_insert_default(),
            _ => match entry.said.last_mut() {
                Some(said) => said,
                None => continue,
            },
        };
        unescape(quoted.strip_suffix('"').unwrap_or(quoted), place);
    }
    entry
}

fn unescape(quoted: &str, into: &mut String) {
    let mut letters = quoted.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => into.extend(letters.next().map(|escaped| if escaped == 'n' { '\n' } else { escaped })),
            letter => into.push(letter),
        }
    }
}

/// The entries by their texts.
pub struct Catalogue(HashMap<String, Vec<Entry>>);

impl Catalogue {
    /// Reads a catalogue.
    pub fn read(catalogue: &str) -> Self {
        let mut all: HashMap<_, Vec<_>> = HashMap::new();
        for entry in entries(catalogue) {
            all.entry(entry.text.clone()).or_default().push(entry);
        }
        Self(all)
    }

    /// What is said for a text: for one thing, or for many.
    pub fn find(&self, text: &str, plural: Option<&str>, context: Option<&str>, many: bool) -> Option<&str> {
        let fits = |entry: &&Entry| entry.plural.as_deref() == plural && entry.context.as_deref() == context;
        let entry = self.0.get(text)?.iter().find(fits)?;
        entry.said.get(usize::from(many)).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_is_read_as_gettext_writes_it() {
        let catalogue = Catalogue::read(
            "msgid \"\"\nmsgstr \"\"\n\"Language: hi\\n\"\n\n#: src/a.rs\nmsgid \"Say \\\"a\\\"\"\nmsgstr \"\"\n\"one \"\n\"two\"\n\n\
             msgctxt \"verb\"\nmsgid \"Order\"\nmsgstr \"A\"\n\nmsgid \"Order\"\nmsgstr \"B\\\\C\"\n\n\
             msgid \"1 day\"\nmsgid_plural \"{n} days\"\nmsgstr[0] \"1 D\"\nmsgstr[1] \"{n} DD\"\n",
        );
        let find = |text, plural, context, many| catalogue.find(text, plural, context, many);
        assert_eq!(find("Say \"a\"", None, None, false), Some("one two"));
        assert_eq!(find("Order", None, Some("verb"), false), Some("A"));
        assert_eq!(find("Order", None, None, false), Some("B\\C"));
        assert_eq!(find("1 day", Some("{n} days"), None, false), Some("1 D"));
        assert_eq!(find("1 day", Some("{n} days"), None, true), Some("{n} DD"));
        assert_eq!(find("1 day", None, None, false), None);
        assert_eq!(find("", None, None, false), None, "what tells of the catalogue is no text");
    }
}
