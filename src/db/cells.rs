//! Rows taken apart, each value for itself.

use std::fmt::{Display, Write as _};
use std::ops::Range;

use serde::Serialize;
use serde::ser::Error as _;
use serde_json::Error;

use super::apart::Row;

/// A column's name, and what stands in it.
pub type Column = (&'static str, Kind);

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Number,
    /// A truth value.
    Truth,
    /// A day.
    Date,
    /// A moment.
    Time,
    /// JSON; its null too.
    Json,
    /// Bytes.
    Bytes,
}

/// A value of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    /// No value.
    Nothing,
    /// A text.
    Text(&'a str),
    /// A whole number; truth values too.
    Number(i64),
    /// Bytes.
    Bytes(&'a [u8]),
}

impl<'a> Cell<'a> {
    /// The text in it, if it holds anything.
    pub fn text(self) -> Result<Option<&'a str>, Error> {
        match self {
            Self::Nothing => Ok(None),
            Self::Text(text) => Ok(Some(text)),
            Self::Number(_) | Self::Bytes(_) => Err(of_another_kind()),
        }
    }

    /// The number in it, if it holds anything.
    pub fn number(self) -> Result<Option<i64>, Error> {
        match self {
            Self::Nothing => Ok(None),
            Self::Number(number) => Ok(Some(number)),
            Self::Text(_) | Self::Bytes(_) => Err(of_another_kind()),
        }
    }

    /// The bytes in it, if it holds anything.
    pub fn bytes(self) -> Result<Option<&'a [u8]>, Error> {
        match self {
            Self::Nothing => Ok(None),
            Self::Bytes(bytes) => Ok(Some(bytes)),
            Self::Text(_) | Self::Number(_) => Err(of_another_kind()),
        }
    }
}

/// Rows taken apart: a value for each column; one that a row does not have is nothing.
#[derive(Debug)]
pub(super) struct Cells {
    columns: &'static [Column],
    /// The values, row by row.
    values: Vec<Kept>,
    /// All texts, one after the other: a group of writers has thousands, too many to be allocated one by one.
    texts: String,
    /// All bytes, one after the other.
    bytes: Vec<u8>,
}

/// A value as it is kept.
#[derive(Clone, Debug)]
pub(super) enum Kept {
    /// No value.
    Nothing,
    /// A text, by where it is.
    Text(Range<usize>),
    /// A whole number; truth values too.
    Number(i64),
    /// Bytes, by where they are.
    Bytes(Range<usize>),
}

impl Cells {
    /// Takes rows apart.
    pub fn of<R: Serialize>(columns: &'static [Column], rows: impl IntoIterator<Item = R>) -> Result<Self, Error> {
        let mut cells = Self { columns, values: Vec::new(), texts: String::new(), bytes: Vec::new() };
        for row in rows {
            let first = cells.values.len();
            cells.values.resize(first + columns.len(), Kept::Nothing);
            row.serialize(Row { cells: &mut cells, first, next: 0 })?;
        }
        Ok(cells)
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.values.len() / self.columns.len()
    }

    /// How many bytes the values take, about.
    pub fn size(&self) -> usize {
        self.texts.len() + self.bytes.len() + self.values.len() * size_of::<i64>()
    }

    /// The values of a row, in the order of the columns.
    pub fn row(&self, row: usize) -> impl Iterator<Item = Cell<'_>> {
        let first = row * self.columns.len();
        self.values.iter().skip(first).take(self.columns.len()).map(|kept| self.cell(kept))
    }

    /// The values that some rows have in a column.
    pub fn column(&self, column: usize, rows: &Range<usize>) -> impl Iterator<Item = Cell<'_>> {
        let first = rows.start * self.columns.len() + column;
        self.values.iter().skip(first).step_by(self.columns.len()).take(rows.len()).map(|kept| self.cell(kept))
    }

    fn cell(&self, kept: &Kept) -> Cell<'_> {
        match kept {
            Kept::Nothing => Cell::Nothing,
            Kept::Text(place) => self.texts.get(place.clone()).map_or(Cell::Nothing, Cell::Text),
            Kept::Number(number) => Cell::Number(*number),
            Kept::Bytes(place) => self.bytes.get(place.clone()).map_or(Cell::Nothing, Cell::Bytes),
        }
    }

    /// Where the column of a name is: most often, the one thought of.
    pub fn find(&self, name: &str, thought_of: usize) -> Option<usize> {
        let is_named = |at: &usize| self.columns.get(*at).is_some_and(|(column, _)| *column == name);
        Some(thought_of).filter(is_named).or_else(|| self.columns.iter().position(|(column, _)| *column == name))
    }

    /// What stands in a column.
    pub fn kind(&self, column: usize) -> Option<Kind> {
        self.columns.get(column).map(|(_, kind)| *kind)
    }

    /// Keeps the value at a place.
    pub fn put(&mut self, place: usize, value: Kept) {
        if let Some(kept) = self.values.get_mut(place) {
            *kept = value;
        }
    }

    /// Takes in a text.
    pub fn text(&mut self, text: impl Display) -> Result<Kept, Error> {
        let first = self.texts.len();
        write!(self.texts, "{text}").map_err(Error::custom)?;
        Ok(Kept::Text(first..self.texts.len()))
    }

    /// Takes in a moment, as sqlx writes it.
    pub fn time(&mut self, time: impl Display) -> Result<Kept, Error> {
        let first = self.texts.len();
        self.text(time)?;
        if self.texts.ends_with('Z') {
            self.texts.pop();
        }
        self.texts.push_str("+00:00");
        Ok(Kept::Text(first..self.texts.len()))
    }

    /// Takes in bytes.
    pub fn bytes(&mut self, bytes: &[u8]) -> Kept {
        let first = self.bytes.len();
        self.bytes.extend(bytes);
        Kept::Bytes(first..self.bytes.len())
    }

    /// Reads the text that was taken in last, and forgets it.
    pub fn once<T>(&mut self, text: Range<usize>, read: impl FnOnce(&Self, &str) -> T) -> Option<T> {
        let read = self.texts.get(text.clone()).map(|text| read(self, text));
        self.texts.truncate(text.start);
        read
    }
}

fn of_another_kind() -> Error {
    Error::custom("a value is not of its column's kind")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Line {
        b: i64,
        a: &'static str,
    }

    #[derive(Serialize)]
    struct Given {
        name: Option<&'static str>,
        lines: Vec<Line>,
        at: &'static str,
        paid: bool,
        unknown: u8,
    }

    #[test]
    fn a_row_is_taken_apart_by_its_columns() {
        const COLUMNS: &[Column] = &[
            ("at", Kind::Time),
            ("name", Kind::Text),
            ("lines", Kind::Json),
            ("paid", Kind::Truth),
            ("none", Kind::Text),
        ];
        let row = |name| Given {
            name,
            lines: vec![Line { b: 1, a: "x" }],
            at: "2026-01-02T03:04:05Z",
            paid: true,
            unknown: 7,
        };
        let (time, lines) = (Cell::Text("2026-01-02T03:04:05+00:00"), Cell::Text(r#"[{"a":"x","b":1}]"#));
        let cells = Cells::of(COLUMNS, [row(Some("Asha")), row(None)]).expect("rows");
        assert_eq!(cells.rows(), 2);
        for (at, name) in [Cell::Text("Asha"), Cell::Nothing].into_iter().enumerate() {
            assert!(cells.row(at).eq([time, name, lines, Cell::Number(1), Cell::Nothing]));
            assert!(cells.column(1, &(at..at + 1)).eq([name]));
        }
        assert!(cells.column(0, &(0..2)).eq([time, time]));
        assert!(Cells::of(COLUMNS, [["no row"]]).is_err());
    }

    #[test]
    fn a_value_of_another_kind_is_never_taken_for_none() {
        let (text, number, bytes) = (Cell::Text("1"), Cell::Number(1), Cell::Bytes(&[1]));
        assert!(number.text().is_err() && bytes.text().is_err());
        assert!(text.number().is_err() && bytes.number().is_err());
        assert!(text.bytes().is_err() && number.bytes().is_err());
        assert_eq!(Cell::Nothing.text().expect("nothing"), None);
    }
}
