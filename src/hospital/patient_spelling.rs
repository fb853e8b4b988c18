//! Names as they are mistyped: a letter left out, doubled, exchanged with its neighbour or for another.
//!
//! Two words that differ by one such slip have a spelling in common once one letter is left out of either, so that a mistyped word is
//! found by an index. Only the beginning of a word counts, for people search as they type.

use std::collections::BTreeSet;

/// How many letters of a word count.
const BEGINNING: usize = 6;
/// The fewest letters in which a slip is forgiven.
const SHORTEST: usize = 4;

/// Letters that names are written with by turns, each with those that stand for it.
const FOLDS: [(&str, &str); 11] = [
    ("ee", "i"),
    ("oo", "u"),
    ("aa", "a"),
    ("e", "i"),
    ("o", "u"),
    ("sh", "s"),
    ("ph", "f"),
    ("th", "t"),
    ("x", "ks"),
    ("w", "v"),
    ("z", "j"),
];

/// A word as it sounds, however it was written.
fn folded(word: &str) -> String {
    FOLDS.iter().fold(word.to_owned(), |word, (written, meant)| word.replace(written, meant))
}

/// The spellings of a word: its beginning, and that without any one of its letters; none of a number.
pub fn spellings(word: &str) -> BTreeSet<String> {
    if word.chars().count() < SHORTEST {
        return BTreeSet::new();
    }
    let beginning: Vec<char> = folded(word).chars().take(BEGINNING).collect();
    if beginning.iter().all(char::is_ascii_digit) {
        return BTreeSet::new();
    }
    let without = |left_out: Option<usize>| -> String {
        let kept = beginning.iter().enumerate().filter(|(at, _)| Some(*at) != left_out);
        kept.map(|(_, letter)| letter).collect()
    };
    (0..beginning.len()).map(|at| without(Some(at))).chain([without(None)]).collect()
}

/// How many slips lie between what was typed and the beginning of a word; `None` when it is too far off.
pub fn slips(typed: &str, word: &str) -> Option<usize> {
    if typed.chars().count() < SHORTEST {
        return word.starts_with(typed).then_some(0);
    }
    let (typed, word): (Vec<char>, Vec<char>) = (folded(typed).chars().collect(), folded(word).chars().collect());
    let forgiven = match typed.len() {
        ..4 => 0,
        4 => 1,
        _ => 2,
    };
    // The whole of what was typed against each beginning of the word; the nearest counts.
    let shortest = typed.len().saturating_sub(forgiven).min(word.len());
    let longest = (typed.len() + forgiven).min(word.len());
    (shortest..=longest).map(|end| distance(&typed, &word[..end])).min().filter(|slips| *slips <= forgiven)
}

/// How many letters must be put in, left out, exchanged or swapped with their neighbour to make one text the other.
fn distance(one: &[char], other: &[char]) -> usize {
    let (mut before, mut last): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=other.len()).collect());
    for (row, letter) in one.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, against) in other.iter().enumerate() {
            let mut least =
                (last[column + 1] + 1).min(next[column] + 1).min(last[column] + usize::from(letter != against));
            if row > 0 && column > 0 && one[row - 1] == *against && *letter == other[column - 1] {
                least = least.min(before[column - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut last, next);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slip_shares_a_spelling() {
        for (typed, name) in [
            ("kulkrni", "kulkarni"),
            ("kulakrni", "kulkarni"),
            ("kulkkarni", "kulkarni"),
            ("kulkarny", "kulkarni"),
            ("fatema", "fatima"),
            ("minakshi", "meenaxi"),
            ("laxmi", "lakshmi"),
            ("joes", "jose"),
            ("menak", "meenakshi"),
        ] {
            assert!(!spellings(typed).is_disjoint(&spellings(name)), "{typed} {name}");
            assert!(slips(typed, name).is_some(), "{typed} {name}");
        }
        assert!(spellings("venkat").is_disjoint(&spellings("kulkar")));
        assert_eq!(spellings("12345"), BTreeSet::new());
    }

    #[test]
    fn what_is_typed_is_the_beginning_of_a_word() {
        assert_eq!(slips("kul", "kulkarni"), Some(0));
        assert_eq!(slips("kulk", "kulkarni"), Some(0));
        assert_eq!(slips("klka", "kulkarni"), Some(1));
        assert_eq!(slips("klk", "kulkarni"), None);
        assert_eq!(slips("kulkrn", "kulkarni"), Some(1));
        assert_eq!(slips("ra", "kulkarni"), None);
        assert_eq!(slips("rao", "shah"), None);
        assert_eq!(distance(&['a', 'b'], &['b', 'a']), 1);
    }
}
