//! What was kept of a form of lines, put beside what is typed in it: `items[2].drug` is a field of the third line.

use std::collections::BTreeSet;

/// A field's name and what is in it.
pub type Field = (String, String);

/// Which line a field is of, the first being 0.
pub fn line_of(name: &str) -> Option<usize> {
    name.split_once('[')?.1.split_once(']')?.0.parse().ok()
}

/// What is typed, and beside it each line that was kept: in its own place, or where that is taken in the first that is free.
///
/// Nothing is mixed within a line: of two prescriptions a third would come about.
pub fn beside(typed: Vec<Field>, kept: &[Field]) -> Vec<Field> {
    let mut both = typed;
    let mut displaced = Vec::new();
    for at in kept.iter().filter_map(|(name, _)| line_of(name)).collect::<BTreeSet<_>>() {
        let (there, line) = (line(&both, at), line(kept, at));
        if there.is_empty() {
            both.extend(line);
        } else if there != line {
            displaced.push((at, line));
        }
    }
    for (at, fields) in displaced {
        let free = (0..).find(|free| line(&both, *free).is_empty()).unwrap_or(at);
        let moved = |(name, text): Field| (name.replacen(&format!("[{at}]"), &format!("[{free}]"), 1), text);
        both.extend(fields.into_iter().map(moved));
    }
    both
}

/// The fields of a line.
fn line(fields: &[Field], at: usize) -> Vec<Field> {
    fields.iter().filter(|(name, _)| line_of(name) == Some(at)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::{Field, beside};

    fn fields(fields: &[(&str, &str)]) -> Vec<Field> {
        fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn what_was_kept_stands_where_it_was_beside_nothing_and_beside_itself() {
        let kept = fields(&[("items[0].drug", "ORS"), ("items[0].days", "2"), ("items[3].drug", "Zinc")]);
        assert_eq!(beside(Vec::new(), &kept), kept);
        assert_eq!(beside(kept.clone(), &kept), kept);
    }

    #[test]
    fn a_line_whose_place_is_taken_goes_to_the_first_that_is_free() {
        let typed = fields(&[("items[0].drug", "Par")]);
        let kept = fields(&[("items[0].drug", "ORS"), ("items[0].days", "2"), ("items[1].drug", "Zinc")]);
        let both =
            [("items[0].drug", "Par"), ("items[1].drug", "Zinc"), ("items[2].drug", "ORS"), ("items[2].days", "2")];
        assert_eq!(beside(typed, &kept), fields(&both));
    }
}
