//! How ids, words, amounts and visits look in the API's description: the journey knows nothing of OpenAPI.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use crate::journey::events::{AnalyteResult, EventType};
use crate::journey::ids::*;
use crate::journey::measures::{Measures, Part, Stay, Wait};
use crate::journey::money::Money;
use crate::journey::schema::{Field, FieldProblem, Record, Shape, json_schema, shape_schema};
use crate::journey::visit::{Bill, BillItem, Call, Document, FollowUp, Payment, Place, Test};
use crate::journey::words::*;

/// A type that says what its JSON looks like.
pub trait Described {
    /// Its JSON Schema.
    fn described() -> Value;
}

/// Takes a JSON Schema into the API's description.
pub fn from_json(schema: Value) -> RefOr<Schema> {
    serde_json::from_value(schema).unwrap_or_default()
}

/// The JSON Schema of an object whose fields are checked by [`crate::journey::schema::check`]: null stands for what is left out.
pub fn of_fields(fields: &[Field]) -> Value {
    let property = |field: &Field| {
        let schema = match field.shape {
            Shape::List { of, max } => {
                json!({ "type": "array", "minItems": 1, "maxItems": max, "items": of_fields(of) })
            }
            Shape::Text { max } => json!({ "type": "string", "maxLength": max, "pattern": TEXT }),
            shape => shape_schema(shape),
        };
        let schema = if field.required { schema } else { json!({ "oneOf": [{ "type": "null" }, schema] }) };
        (field.name.to_owned(), schema)
    };
    let properties: Map<_, _> = fields.iter().map(property).collect();
    let required: Vec<_> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// What [`crate::journey::schema::check_text`] lets through: something visible, and no control characters but line breaks and tabs.
const TEXT: &str = concat!(
    r"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*",
    r"[^\u0000-\u0020\u007F-\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]",
    r"[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*$"
);

/// Lets types that are [`Described`] stand in the API's description.
macro_rules! stands {
    ($($name:ty),* $(,)?) => {$(
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                $crate::schemas::from_json(<$name as $crate::schemas::Described>::described())
            }
        }
        impl utoipa::ToSchema for $name {}
    )*};
}
pub(crate) use stands;

/// Describes types by the shapes they have in metadata.
macro_rules! shaped {
    ($($name:ty),* $(,)?) => {
        $(impl $crate::schemas::Described for $name {
            fn described() -> serde_json::Value {
                $crate::journey::schema::shape_schema(<$name as $crate::journey::schema::Shaped>::SHAPE)
            }
        })*
        $crate::schemas::stands!($($name),*);
    };
}
pub(crate) use shaped;

/// Describes types by a JSON Schema.
macro_rules! plain {
    ($($name:ty: $schema:tt)*) => {$(
        impl Described for $name {
            fn described() -> Value {
                json!($schema)
            }
        }
    )*};
}

plain! {
    String: { "type": "string" }
    bool: { "type": "boolean" }
    i64: { "type": "integer", "format": "int64" }
    u32: { "type": "integer", "minimum": 0 }
    DateTime<Utc>: { "type": "string", "format": "date-time" }
    NaiveDate: { "type": "string", "format": "date" }
    Money: { "type": "integer", "format": "int64", "description": "An amount in minor units of the hospital's currency." }
}

impl<T: Described> Described for Option<T> {
    fn described() -> Value {
        json!({ "oneOf": [{ "type": "null" }, T::described()] })
    }
}

impl<T: Described> Described for Vec<T> {
    fn described() -> Value {
        json!({ "type": "array", "items": T::described() })
    }
}

/// What is kept by an id.
impl<K, T: Described> Described for BTreeMap<K, T> {
    fn described() -> Value {
        json!({ "type": "object", "additionalProperties": T::described() })
    }
}

shaped!(
    TenantId,
    BranchId,
    DepartmentId,
    RoomId,
    PersonId,
    PatientId,
    VisitId,
    BillId,
    TestId,
    DocumentId,
    FollowUpId,
    EventId,
    TariffId,
    AttemptId,
    AccessId,
    TokenId,
    SubscriptionId,
);
shaped!(
    Role,
    ActorType,
    VisitType,
    Priority,
    Station,
    Outcome,
    Status,
    Consultation,
    Stage,
    Method,
    BillKind,
    Sex,
    Phase,
    Group,
    Part,
    EventType,
);

impl Described for AnalyteResult {
    fn described() -> Value {
        json_schema(<Self as Record>::FIELDS)
    }
}

/// A name as it is on the wire.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        name + &letters.next().map(|letter| letter.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    })
}

/// Describes types by their members: those that are always there, then those that may be left out.
macro_rules! described {
    ($($name:ident { $($field:ident: $type:ty),* $(,)?; $($optional:ident: $optional_type:ty),* $(,)? })*) => {$(
        impl Described for $name {
            fn described() -> Value {
                let always: Vec<(String, Value)> = vec![$((camel_case(stringify!($field)), <$type>::described())),*];
                let perhaps: Vec<(String, Value)> =
                    vec![$((camel_case(stringify!($optional)), <$optional_type>::described())),*];
                let required: Vec<_> = always.iter().map(|(name, _)| name.clone()).collect();
                let properties: Map<_, _> = always.into_iter().chain(perhaps).collect();
                json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
            }
        }
    )*};
}

described! {
    Call { room_id: Option<RoomId>, counter: Option<String>, times: u32; }
    BillItem { description: String, amount: Money; test_id: TestId }
    Payment { by: PersonId, amount: Money, method: Method, at: DateTime<Utc>; }
    Bill {
        kind: BillKind, items: Vec<BillItem>, discount: Money, amount: Money, paid: Money, refunded: Money, round: u32,
        payments: Vec<Payment>, billed_at: DateTime<Utc>, settled_at: Option<DateTime<Utc>>, balance: Money;
    }
    Test {
        code: String, name: String, price: Money, specimen: Option<String>, priority: Priority, stage: Stage,
        since: DateTime<Utc>, bill_id: Option<BillId>, ordered_at: DateTime<Utc>, collected_at: Option<DateTime<Utc>>,
        approved_at: Option<DateTime<Utc>>, reported_at: Option<DateTime<Utc>>, sample_id: Option<String>,
        completed_by: Option<PersonId>, results: Vec<AnalyteResult>, recollections: u32, document_id: Option<DocumentId>;
    }
    Document {
        file_name: String, media_type: String, size_bytes: i64, kind: Option<String>, shared_with: Vec<String>;
    }
    FollowUp { due_at: DateTime<Utc>, doctor_id: Option<PersonId>, note: Option<String>, reminders: u32; }
    FieldProblem { field: String, problem: String; }
    Wait { station: Station, round: u32, seconds: i64; }
    Stay { part: Part, from: DateTime<Utc>, to: DateTime<Utc>, seconds: i64; station: Station }
    Measures {
        waits: Vec<Wait>, call_to_room: Vec<i64>, consultations: Vec<i64>, bill_to_settlement: BTreeMap<BillId, i64>,
        order_to_report: BTreeMap<TestId, i64>, collection_to_approval: BTreeMap<TestId, i64>, waiting: i64,
        served: i64, away: i64, other: i64, stays: Vec<Stay>;
        door_to_doctor: i64, whole_visit: i64
    }
}

impl Described for Place {
    fn described() -> Value {
        json!({
            "type": "object",
            "properties": {
                "kind": { "type": "string", "enum": ["NOWHERE", "QUEUE", "CALLED", "AWAY", "ROOM"] },
                "station": Station::described(),
                "roomId": RoomId::described(),
            },
            "required": ["kind"],
            "additionalProperties": false,
        })
    }
}

/// What the API answers with about a visit: its state, what follows from it, and what may be done.
pub struct VisitAnswer;

described! {
    VisitAnswer {
        visit_id: VisitId, status: Status, due: Money, allowed: Vec<EventType>, patient_id: PatientId,
        department_id: Option<DepartmentId>, reason: Option<String>, visit_type: VisitType, priority: Priority,
        outcome: Option<Outcome>, place: Place, since: DateTime<Utc>, call: Call, attended: bool, rounds: u32,
        consultation: Consultation, doctor_id: Option<PersonId>, room_id: Option<RoomId>, waiting_for: Option<PersonId>,
        bills: BTreeMap<BillId, Bill>, tests: BTreeMap<TestId, Test>, documents: BTreeMap<DocumentId, Document>,
        follow_ups: BTreeMap<FollowUpId, FollowUp>, sampled: bool, registered_at: DateTime<Utc>,
        ended_at: Option<DateTime<Utc>>, new_date: Option<NaiveDate>, version: i64;
    }
}

/// Text of up to a hundred characters.
pub struct Line;

impl Described for Line {
    fn described() -> Value {
        json!({ "type": "string", "maxLength": 100, "pattern": TEXT })
    }
}

stands!(Line, Money, Measures, FieldProblem, Place, VisitAnswer);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_survives_being_read() {
        let taken = |schema| serde_json::to_value(from_json(schema)).expect("a schema");
        for row in crate::journey::events::TABLE {
            let mut schema = json_schema(row.fields);
            // Emptiness says nothing, and is not said again.
            schema.as_object_mut().expect("an object").retain(|_, part| *part != json!([]) && *part != json!({}));
            assert_eq!(taken(schema.clone()), schema, "{}", row.event.word());
        }
        let visit = taken(VisitAnswer::described());
        assert_eq!(visit["properties"]["bills"]["additionalProperties"]["additionalProperties"], false);
        assert_eq!(visit["properties"]["outcome"]["oneOf"][1]["enum"][0], "COMPLETED");
    }
}
