//! The source as a test reads it: code without comments, texts and tests, and the texts by themselves.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A file of the source.
pub struct Source {
    /// Where it is, from `src` on: `log/read.rs`.
    pub path: String,
    /// How many lines it has.
    pub lines: usize,
    /// Its code; comments, the insides of literals, and what is for tests only are blank.
    pub code: String,
    /// What its string literals say, and where each begins.
    pub literals: Vec<(usize, String)>,
}

impl Source {
    /// The module at the top of the crate that it belongs to.
    pub fn module(&self) -> &str {
        self.path.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// The bodies of macro definitions and what they are called.
    pub fn macros(&self) -> Vec<(&str, Range<usize>)> {
        let begins = self.code.match_indices("macro_rules!");
        begins
            .map(|(at, word)| {
                let name = self.code[at + word.len()..].trim_start();
                let name = &name[..name.find(|c: char| !is_part_of_name(c)).unwrap_or(name.len())];
                (name, at..end_of_item(&self.code, at))
            })
            .collect()
    }

    /// The literals that begin in a part of the file.
    pub fn literals_in(&self, part: &Range<usize>) -> impl Iterator<Item = &str> {
        self.literals.iter().filter(|(at, _)| part.contains(at)).map(|(_, text)| text.as_str())
    }

    /// The paths that begin with `crate::`, one for each name of a group.
    pub fn crate_paths(&self) -> Vec<&str> {
        let mut paths = Vec::new();
        for (at, word) in self.code.match_indices("crate::") {
            let rest = &self.code[at + word.len()..];
            if let Some(group) = rest.strip_prefix('{') {
                let mut depth = 0;
                let ends = |c: char| {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => return true,
                        '}' => depth -= 1,
                        _ => {}
                    }
                    false
                };
                let group = &group[..group.find(ends).unwrap_or(group.len())];
                paths.extend(outer_parts(group).map(path_of));
            } else {
                paths.push(path_of(rest));
            }
        }
        paths
    }
}

/// Whether a character may stand in a name.
pub fn is_part_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The path a text begins with.
fn path_of(text: &str) -> &str {
    text[..text.find(|c: char| !is_part_of_name(c) && c != ':').unwrap_or(text.len())].trim_end_matches(':')
}

/// The parts between the commas that are in no inner group.
fn outer_parts(group: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    group
        .split(move |c| {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            c == ',' && depth == 0
        })
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// The folder of the package.
pub fn package() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
}

/// Every file of the product; what is for tests only is left out.
pub fn product() -> Vec<Source> {
    let root = package().join("src");
    let (mut sources, mut for_tests) = (Vec::new(), BTreeSet::from(["tests/".to_owned()]));
    for path in files(&root) {
        let text = fs::read_to_string(&path).expect("a file of the source");
        let path = path.strip_prefix(&root).expect("a path below it").to_string_lossy().into_owned();
        let lines = text.lines().count();
        let (mut code, mut literals) = without_literals(&text);
        let parts = for_tests_only(&code);
        for part in &parts {
            if let Some((_, module)) = code[part.clone()].trim_end_matches(';').rsplit_once("mod ")
                && module.chars().all(is_part_of_name)
            {
                let folder = path.trim_end_matches("mod.rs").trim_end_matches(".rs");
                let folder = if folder.is_empty() || folder.ends_with('/') { folder } else { &format!("{folder}/") };
                for_tests.insert(format!("{folder}{module}/"));
                for_tests.insert(format!("{folder}{module}.rs"));
            }
        }
        for part in parts {
            literals.retain(|(at, _)| !part.contains(at));
            code.replace_range(part.clone(), &" ".repeat(part.len()));
        }
        sources.push(Source { path, lines, code, literals });
    }
    sources.retain(|source| !for_tests.iter().any(|prefix| source.path.starts_with(prefix)));
    sources
}

/// Every file of Rust below a folder, in order.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of the source") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The items that are compiled for tests only, with their attributes.
fn for_tests_only(code: &str) -> Vec<Range<usize>> {
    code.match_indices("#[cfg(test)]").map(|(at, _)| at..end_of_item(code, at)).collect()
}

/// Where the item ends that begins at a place: behind its block, or its semicolon.
fn end_of_item(code: &str, at: usize) -> usize {
    let mut depth = 0;
    for (offset, c) in code[at..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return at + offset + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + offset + 1,
            _ => {}
        }
    }
    code.len()
}

/// Blanks comments and the insides of literals, and takes the string literals out.
fn without_literals(text: &str) -> (String, Vec<(usize, String)>) {
    let (mut code, mut literals) = (String::with_capacity(text.len()), Vec::new());
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let named = code.ends_with(is_part_of_name) && !code.ends_with(['b', 'r']);
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if c == 'r' && !named && rest[1..].trim_start_matches('#').starts_with('"') {
            let hashes = rest[1..].find('"').unwrap_or_default();
            let end = format!("\"{}", "#".repeat(hashes));
            let inside = &rest[hashes + 2..];
            let inside = &inside[..inside.find(&end).unwrap_or(inside.len())];
            literals.push((at, inside.to_owned()));
            hashes + 2 + inside.len() + end.len()
        } else if c == '"' {
            let inside = &rest[1..1 + end_of_text(&rest[1..], '"')];
            literals.push((at, unescaped(inside)));
            inside.len() + 2
        } else if c == '\'' && is_char(&rest[1..]) {
            end_of_text(&rest[1..], '\'') + 2
        } else {
            code.push(c);
            at += c.len_utf8();
            continue;
        };
        let length = length.min(rest.len());
        code.extend(rest[..length].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        at += length;
    }
    (code, literals)
}

/// Whether a character literal stands here, and no lifetime.
fn is_char(rest: &str) -> bool {
    let mut chars = rest.chars();
    chars.next() == Some('\\') || chars.next() == Some('\'')
}

/// Where the delimiter stands that is not escaped.
fn end_of_text(text: &str, delimiter: char) -> usize {
    let mut escaped = false;
    let ends = |c: char| {
        let end = c == delimiter && !escaped;
        escaped = c == '\\' && !escaped;
        end
    };
    text.find(ends).unwrap_or(text.len())
}

/// A text as the program has it: a backslash before a line's end swallows the space that follows.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        rest = match after.strip_prefix('\n') {
            Some(next) => next.trim_start(),
            None => {
                let escaped = after.chars().next().unwrap_or_default();
                plain.push(if escaped == 'n' { '\n' } else { escaped });
                &after[escaped.len_utf8()..]
            }
        };
    }
    plain + rest
}

#[test]
fn the_source_is_read_as_the_compiler_reads_it() {
    let text = "use crate::{a::B, on}; // \"no\"\nconst A: &'static str = \"SELECT \\\n   1 \\\"x\\\"\"; let c = '\"'; r#\"raw \"1\"\"#\n\
        #[cfg(test)]\nmod tests { fn f() { \"}\" } }\nlet é = crate::db::Db;";
    let (code, literals) = without_literals(text);
    assert_eq!(code.len(), text.len());
    let texts: Vec<_> = literals.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["SELECT 1 \"x\"", "raw \"1\"", "}"]);
    let parts = for_tests_only(&code);
    assert!(text[parts[0].clone()].ends_with("\"}\" } }"), "{:?}", &text[parts[0].clone()]);
    let source = Source { path: "log/read.rs".to_owned(), lines: 1, code, literals };
    assert_eq!(source.crate_paths(), ["a::B", "on", "db::Db"]);
    assert_eq!(source.module(), "log");
}
