//! How a row is taken apart: what serde makes of it, each value for itself.

use std::fmt::Display;

use serde::Serialize;
use serde::ser::{Error as _, Impossible, SerializeMap, SerializeStruct, Serializer};
use serde_json::Error;

use super::cells::{Cells, Kept, Kind};

/// A row being taken apart.
pub(super) struct Row<'a> {
    /// Where its values go.
    pub cells: &'a mut Cells,
    /// The place of its first.
    pub first: usize,
    /// The column after the last: rows have their members in the order of the columns, most of them.
    pub next: usize,
}

impl Row<'_> {
    /// Keeps the value of a column; what has none is left out.
    fn keep<T: Serialize + ?Sized>(&mut self, column: Option<usize>, value: &T) -> Result<(), Error> {
        let Some((column, kind)) = column.and_then(|column| Some((column, self.cells.kind(column)?))) else {
            return Ok(());
        };
        let kept = match kind {
            // By way of a value, which has its members in one order: rebuilt rows are compared as texts.
            Kind::Json => self.cells.text(serde_json::to_value(value)?)?,
            kind => value.serialize(Single { kind, cells: &mut *self.cells })?,
        };
        self.cells.put(self.first + column, kept);
        self.next = column + 1;
        Ok(())
    }
}

impl SerializeStruct for Row<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.keep(self.cells.find(name, self.next), value)
    }

    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

impl SerializeMap for Row<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_entry<K: Serialize + ?Sized, T: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &T,
    ) -> Result<(), Error> {
        let Kept::Text(name) = key.serialize(Single { kind: Kind::Text, cells: &mut *self.cells })? else {
            return Err(misfit());
        };
        let column = self.cells.once(name, |cells, name| cells.find(name, self.next)).flatten();
        self.keep(column, value)
    }

    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Error> {
        Err(misfit())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Error> {
        Err(misfit())
    }

    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

/// One value of a kind.
struct Single<'a> {
    kind: Kind,
    cells: &'a mut Cells,
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
        $(fn $method(self, number: $type) -> Result<Kept, Error> {
            i64::try_from(number).map(Kept::Number).map_err(Error::custom)
        })+
    };
}

impl Serializer for Row<'_> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Impossible<(), Error>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Impossible<(), Error>;

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, row: &T) -> Result<(), Error> {
        row.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, row: &T) -> Result<(), Error> {
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

impl Serializer for Single<'_> {
    type Ok = Kept;
    type Error = Error;
    type SerializeSeq = Impossible<Kept, Error>;
    type SerializeTuple = Impossible<Kept, Error>;
    type SerializeTupleStruct = Impossible<Kept, Error>;
    type SerializeTupleVariant = Impossible<Kept, Error>;
    type SerializeMap = Impossible<Kept, Error>;
    type SerializeStruct = Impossible<Kept, Error>;
    type SerializeStructVariant = Impossible<Kept, Error>;

    fn serialize_bool(self, truth: bool) -> Result<Kept, Error> {
        Ok(Kept::Number(truth.into()))
    }

    numbers!(serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64));
    numbers!(serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64));

    fn serialize_str(self, text: &str) -> Result<Kept, Error> {
        self.collect_str(text)
    }

    fn collect_str<T: Display + ?Sized>(self, text: &T) -> Result<Kept, Error> {
        match self.kind {
            Kind::Time => self.cells.time(text),
            _ => self.cells.text(text),
        }
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Kept, Error> {
        Ok(self.cells.bytes(bytes))
    }

    fn serialize_none(self) -> Result<Kept, Error> {
        Ok(Kept::Nothing)
    }

    fn serialize_unit(self) -> Result<Kept, Error> {
        Ok(Kept::Nothing)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Kept, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Kept, Error> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Kept, Error> {
        self.serialize_str(variant)
    }

    refuses! {
        serialize_f32(f32), serialize_f64(f64), serialize_char(char), serialize_unit_struct(&'static str),
        serialize_seq(Option<usize>) -> Self::SerializeSeq, serialize_tuple(usize) -> Self::SerializeTuple,
        serialize_map(Option<usize>) -> Self::SerializeMap,
        serialize_struct(&'static str, usize) -> Self::SerializeStruct,
    }
}
