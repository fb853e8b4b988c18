//! Identifiers: ULIDs as text, one type for each thing they name.

use std::fmt;
use std::marker::PhantomData;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::schema::{Shape, Shaped};

/// A text that should have been a ULID and is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be a ULID: 26 characters of 0-9 and A-Z without I, L, O, U")
    }
}

impl std::error::Error for NotAnId {}

/// How many characters a ULID has.
const LENGTH: usize = 26;

/// Whether a text is a ULID in its canonical form.
pub fn is_ulid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == LENGTH
        && bytes[0] <= b'7'
        && bytes.iter().all(
            |byte| matches!(byte, b'0'..=b'9' | b'A'..=b'H' | b'J' | b'K' | b'M' | b'N' | b'P'..=b'T' | b'V'..=b'Z'),
        )
}

/// What every identifier can do.
pub trait Id: Clone + Ord + fmt::Display + Sized {
    /// Takes a text that is a ULID.
    fn parse(text: &str) -> Result<Self, NotAnId>;

    /// Writes 128 bits as a ULID; who makes new ids supplies time and chance.
    fn from_bits(bits: u128) -> Self;

    /// The ULID as text.
    fn as_str(&self) -> &str;

    /// Another id that follows from this one: the same for the same number, and different for another.
    fn derive<I: Id>(&self, number: u32) -> I {
        I::from_bits(decode(self.as_str()).wrapping_add(u128::from(number) + 1))
    }
}

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn decode(ulid: &str) -> u128 {
    ulid.bytes()
        .filter_map(|byte| ALPHABET.iter().position(|letter| *letter == byte))
        .fold(0, |bits, digit| (bits << 5) | digit as u128)
}

fn encode(bits: u128) -> [u8; LENGTH] {
    std::array::from_fn(|place| ALPHABET[((bits >> ((LENGTH - 1 - place) * 5)) & 31) as usize])
}

/// Takes an id where it stands, without a copy of its text.
struct Text<I>(PhantomData<I>);

impl<I: Id> Visitor<'_> for Text<I> {
    type Value = I;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a ULID")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<I, E> {
        I::parse(text).map_err(E::custom)
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $thing:literal)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; LENGTH]);

        impl Id for $name {
            fn parse(text: &str) -> Result<Self, NotAnId> {
                if !is_ulid(text) {
                    return Err(NotAnId);
                }
                text.as_bytes().try_into().map(Self).map_err(|_| NotAnId)
            }

            fn from_bits(bits: u128) -> Self {
                Self(encode(bits))
            }

            fn as_str(&self) -> &str {
                // Every way to make one writes ASCII.
                std::str::from_utf8(&self.0).unwrap_or_default()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Text(PhantomData))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.as_str()).finish()
            }
        }

        impl Shaped for $name {
            const SHAPE: Shape = Shape::Id($thing);
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )*};
}

ids! {
    /// Names a tenant: one hospital or chain, walled off from all others.
    TenantId "tenant"
    /// Names a branch of a hospital.
    BranchId "branch"
    /// Names a department.
    DepartmentId "department"
    /// Names a consultation room or counter.
    RoomId "room"
    /// Names a person who works in the hospital, or a program that acts for one.
    PersonId "person"
    /// Names a patient.
    PatientId "patient"
    /// Names a visit.
    VisitId "visit"
    /// Names a bill of a visit.
    BillId "bill"
    /// Names a test ordered on a visit.
    TestId "test"
    /// Names a document of a visit.
    DocumentId "document"
    /// Names a link by which a document is lent.
    ShareId "share"
    /// Names a follow-up planned on a visit.
    FollowUpId "follow-up"
    /// Names an event of the log.
    EventId "event"
    /// Names an entry of the tariff.
    TariffId "tariff"
    /// Names an attempt that was refused.
    AttemptId "attempt"
    /// Names a time that somebody saw a patient's data.
    AccessId "access"
    /// Names a request, so that sending it twice does nothing twice.
    RequestKey "request"
    /// Names a token with which a program calls.
    TokenId "token"
    /// Names the hours of a doctor in which patients are booked.
    ClinicId "clinic"
    /// Names a booking.
    BookingId "booking"
    /// Names a subscription to the log.
    SubscriptionId "subscription"
}
