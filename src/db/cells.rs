//! A row taken apart: what serde makes of it, each value for itself.

use std::sync::Arc;

use serde::Serialize;
use serde::ser::{Error as _, Impossible, SerializeMap, SerializeStruct, Serializer};
use serde_json::{Error, Value};

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// No value.
    Nothing,
    /// A text.
    Text(Arc<str>),
    /// A whole number; truth values too.
    Number(i64),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Cell {
    /// The text in it, if it holds anything.
    pub fn text(&self) -> Result<Option<&str>, Error> {
        match self {
            Self::Nothing => Ok(None),
            Self::Text(text) => Ok(Some(text)),
            Self::Number(_) | Self::Bytes(_) => Err(of_another_kind()),
        }
    }

    /// The number in it, if it holds anything.
    pub fn number(&self) -> Result<Option<i64>, Error> {
        match self {
            Self::Nothing => Ok(None),
            Self::Number(number) => Ok(Some(*number)),
            Self::Text(_) | Self::Bytes(_) => Err(of_another_kind()),
        }
    }

    /// The bytes in it, if it holds anything.
    pub fn bytes(&self) -> Result<Option<&[u8]>, Error> {
        match self {
            Self::Nothing => Ok(None),
            Self::Bytes(bytes) => Ok(Some(bytes)),
            Self::Text(_) | Self::Number(_) => Err(of_another_kind()),
        }
    }
}

/// The values of a row in the order of its columns; one that the row does not have is nothing.
pub(super) fn cells<R: Serialize>(columns: &'static [Column], row: &R) -> Result<Vec<Cell>, Error> {
    row.serialize(Row { columns, cells: vec![Cell::Nothing; columns.len()], next: 0 })
}

/// A row being taken apart.
struct Row {
    columns: &'static [Column],
    cells: Vec<Cell>,
    /// Where the column after the last is: rows have their members in the order of the columns, most of them.
    next: usize,
}

impl Row {
    fn keep<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        let here = |at: &usize| self.columns.get(*at).is_some_and(|(column, _)| *column == name);
        let at = Some(self.next).filter(here).or_else(|| self.columns.iter().position(|(column, _)| *column == name));
        if let Some(at) = at
            && let (Some((_, kind)), Some(cell)) = (self.columns.get(at), self.cells.get_mut(at))
        {
            *cell = match kind {
                // By way of a value, which has its members in one order: rebuilt rows are compared as texts.
                Kind::Json => Cell::Text(serde_json::to_value(value)?.to_string().into()),
                kind => value.serialize(Single(*kind))?,
            };
            self.next = at + 1;
        }
        Ok(())
    }
}

impl SerializeStruct for Row {
    type Ok = Vec<Cell>;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.keep(name, value)
    }

    fn end(self) -> Result<Vec<Cell>, Error> {
        Ok(self.cells)
    }
}

impl SerializeMap for Row {
    type Ok = Vec<Cell>;
    type Error = Error;

    fn serialize_entry<K: Serialize + ?Sized, T: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &T,
    ) -> Result<(), Error> {
        match serde_json::to_value(key)? {
            Value::String(name) => self.keep(&name, value),
            _ => Err(misfit()),
        }
    }

    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Error> {
        Err(misfit())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Error> {
        Err(misfit())
    }

    fn end(self) -> Result<Vec<Cell>, Error> {
        Ok(self.cells)
    }
}

/// One value of a kind.
#[derive(Clone, Copy)]
struct Single(Kind);

fn of_another_kind() -> Error {
    Error::custom("a value is not of its column's kind")
}

fn misfit() -> Error {
    Error::custom("a row has columns, and a column single values")
}

/// What a serializer does not take.
macro_rules! refuses {
    ($($method:ident($($type:ty),*) $(-> $ok:ty)?),+ $(,)?) => {
        $(fn $method(self, $(_: $type),*) -> Result<refuses!(@ $($ok)?), Error> { Err(misfit()) })+

        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: &T,
        ) -> Result<Self::Ok, Error> {
            Err(misfit())
        }

        fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Error> {
            Err(misfit())
        }

        fn serialize_tuple_variant(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: usize,
        ) -> Result<Self::SerializeTupleVariant, Error> {
            Err(misfit())
        }

        fn serialize_struct_variant(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: usize,
        ) -> Result<Self::SerializeStructVariant, Error> {
            Err(misfit())
        }
    };
    (@) => { Self::Ok };
    (@ $ok:ty) => { $ok };
}

/// What numbers become.
macro_rules! numbers {
    ($($method:ident($type:ty)),+) => {
        $(fn $method(self, number: $type) -> Result<Cell, Error> {
            i64::try_from(number).map(Cell::Number).map_err(Error::custom)
        })+
    };
}

impl Serializer for Row {
    type Ok = Vec<Cell>;
    type Error = Error;
    type SerializeSeq = Impossible<Vec<Cell>, Error>;
    type SerializeTuple = Impossible<Vec<Cell>, Error>;
    type SerializeTupleStruct = Impossible<Vec<Cell>, Error>;
    type SerializeTupleVariant = Impossible<Vec<Cell>, Error>;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Impossible<Vec<Cell>, Error>;

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, row: &T) -> Result<Vec<Cell>, Error> {
        row.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, row: &T) -> Result<Vec<Cell>, Error> {
        row.serialize(self)
    }

    refuses! {
        serialize_bool(bool), serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64), serialize_u8(u8),
        serialize_u16(u16), serialize_u32(u32), serialize_u64(u64), serialize_f32(f32), serialize_f64(f64),
        serialize_char(char), serialize_str(&str), serialize_bytes(&[u8]), serialize_none(), serialize_unit(),
        serialize_unit_struct(&'static str), serialize_unit_variant(&'static str, u32, &'static str),
        serialize_seq(Option<usize>) -> Self::SerializeSeq, serialize_tuple(usize) -> Self::SerializeTuple,
    }
}

impl Serializer for Single {
    type Ok = Cell;
    type Error = Error;
    type SerializeSeq = Impossible<Cell, Error>;
    type SerializeTuple = Impossible<Cell, Error>;
    type SerializeTupleStruct = Impossible<Cell, Error>;
    type SerializeTupleVariant = Impossible<Cell, Error>;
    type SerializeMap = Impossible<Cell, Error>;
    type SerializeStruct = Impossible<Cell, Error>;
    type SerializeStructVariant = Impossible<Cell, Error>;

    fn serialize_bool(self, truth: bool) -> Result<Cell, Error> {
        Ok(Cell::Number(truth.into()))
    }

    numbers!(serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64));
    numbers!(serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64));

    fn serialize_str(self, text: &str) -> Result<Cell, Error> {
        Ok(Cell::Text(match self.0 {
            // As sqlx writes times.
            Kind::Time => [text.trim_end_matches('Z'), "+00:00"].concat().into(),
            _ => text.into(),
        }))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Cell, Error> {
        Ok(Cell::Bytes(bytes.to_vec()))
    }

    fn serialize_none(self) -> Result<Cell, Error> {
        Ok(Cell::Nothing)
    }

    fn serialize_unit(self) -> Result<Cell, Error> {
        Ok(Cell::Nothing)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Cell, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Cell, Error> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Cell, Error> {
        self.serialize_str(variant)
    }

    refuses! {
        serialize_f32(f32), serialize_f64(f64), serialize_char(char), serialize_unit_struct(&'static str),
        serialize_seq(Option<usize>) -> Self::SerializeSeq, serialize_tuple(usize) -> Self::SerializeTuple,
        serialize_map(Option<usize>) -> Self::SerializeMap,
        serialize_struct(&'static str, usize) -> Self::SerializeStruct,
    }
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
        let time = Cell::Text("2026-01-02T03:04:05+00:00".into());
        let lines = Cell::Text(r#"[{"a":"x","b":1}]"#.into());
        for (name, kept) in [(Some("Asha"), Cell::Text("Asha".into())), (None, Cell::Nothing)] {
            let cells = cells(COLUMNS, &row(name)).expect("a row");
            assert_eq!(cells, [time.clone(), kept, lines.clone(), Cell::Number(1), Cell::Nothing]);
        }
        assert!(cells(COLUMNS, &["no row"]).is_err());
    }

    #[test]
    fn a_value_of_another_kind_is_never_taken_for_none() {
        let (text, number, bytes) = (Cell::Text("1".into()), Cell::Number(1), Cell::Bytes(vec![1]));
        assert!(number.text().is_err() && bytes.text().is_err());
        assert!(text.number().is_err() && bytes.number().is_err());
        assert!(text.bytes().is_err() && number.bytes().is_err());
        assert_eq!(Cell::Nothing.text().expect("nothing"), None);
    }
}
