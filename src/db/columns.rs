//! How the product's own types stand in columns.

use crate::journey::course::Measure;
use crate::journey::events::EventType;
use crate::journey::ids::*;
use crate::journey::measures::Part;
use crate::journey::money::Money;
use crate::journey::words::*;

/// Lets a type stand in a text column: how it is written, how it is read back.
macro_rules! text_columns {
    ($write:path, $read:path: $($name:ty),* $(,)?) => {$(
        impl<D: sqlx::Database> sqlx::Type<D> for $name where String: sqlx::Type<D> {
            fn type_info() -> D::TypeInfo { <String as sqlx::Type<D>>::type_info() }
            fn compatible(info: &D::TypeInfo) -> bool { <String as sqlx::Type<D>>::compatible(info) }
        }
        impl<'q, D: sqlx::Database> sqlx::Encode<'q, D> for $name where String: sqlx::Encode<'q, D> {
            fn encode_by_ref(&self, buffer: &mut D::ArgumentBuffer) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                $write(self).encode(buffer)
            }
        }
        impl<'r, D: sqlx::Database> sqlx::Decode<'r, D> for $name where &'r str: sqlx::Decode<'r, D> {
            fn decode(value: D::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                let text = <&'r str as sqlx::Decode<'r, D>>::decode(value)?;
                $read(text).ok_or_else(|| format!("{text:?} is no {}", stringify!($name)).into())
            }
        }
        impl sqlx::postgres::PgHasArrayType for $name {
            fn array_type_info() -> sqlx::postgres::PgTypeInfo { <String as sqlx::postgres::PgHasArrayType>::array_type_info() }
        }
    )*};
}

pub(crate) use text_columns;

fn id_text<I: Id>(id: &I) -> String {
    id.as_str().to_owned()
}

fn id_from<I: Id>(text: &str) -> Option<I> {
    I::parse(text).ok()
}

pub(crate) fn word_text<W: Word>(word: &W) -> String {
    word.word().to_owned()
}

text_columns!(id_text, id_from: TenantId, BranchId, DepartmentId, RoomId, PersonId, PatientId, VisitId, BillId, TestId, DocumentId, FollowUpId, EventId, TariffId, AttemptId, AccessId, RequestKey, TokenId, SubscriptionId, ClinicId, BookingId, ShareId);
text_columns!(word_text, Word::from_word: Role, ActorType, VisitType, Priority, Station, Outcome, Status, Consultation, Stage, Method, Verdict, BillKind, Flag, Sex, Phase, EventType, Measure, Part);

impl<D: sqlx::Database> sqlx::Type<D> for Money
where
    i64: sqlx::Type<D>,
{
    fn type_info() -> D::TypeInfo {
        <i64 as sqlx::Type<D>>::type_info()
    }
    fn compatible(info: &D::TypeInfo) -> bool {
        <i64 as sqlx::Type<D>>::compatible(info)
    }
}

impl<'q, D: sqlx::Database> sqlx::Encode<'q, D> for Money
where
    i64: sqlx::Encode<'q, D>,
{
    fn encode_by_ref(&self, buffer: &mut D::ArgumentBuffer) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        self.0.encode_by_ref(buffer)
    }
}

impl<'r, D: sqlx::Database> sqlx::Decode<'r, D> for Money
where
    i64: sqlx::Decode<'r, D>,
{
    fn decode(value: D::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        Ok(Self(<i64 as sqlx::Decode<'r, D>>::decode(value)?))
    }
}
