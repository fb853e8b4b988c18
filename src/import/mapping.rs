//! The mapping file: which activity of a foreign log is which event of the journey.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::ImportError;
use crate::hospital::tenants::TimeZone;
use crate::journey::events::EventType;
use crate::journey::words::Role;

/// The hospital that the log is brought into.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hospital {
    /// What it is called.
    pub name: String,
    /// The ISO 4217 code of its money.
    pub currency: String,
    /// Where its clocks stand; times without an offset are shown by them.
    pub time_zone: TimeZone,
}

/// Where a row says what: names of columns, or keys of XES.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Columns {
    /// Which case it belongs to; in XES the trace's `concept:name`.
    pub case: Option<String>,
    /// What was done.
    pub activity: Option<String>,
    /// When.
    pub time: Option<String>,
    /// By whom.
    pub resource: Option<String>,
    /// For which patient; each case is a patient's own when left out.
    pub patient: Option<String>,
}

/// The event that an activity is.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Meaning {
    /// An event of which the row says nothing more.
    Event(EventType),
    /// An event with metadata.
    Detailed(Detailed),
}

/// An event with what is known of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Detailed {
    /// The event.
    pub event: EventType,
    /// Metadata that are the same for every row.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// Metadata that stand in columns: the column of each field.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

impl Meaning {
    /// The event.
    pub fn event(&self) -> EventType {
        match self {
            Self::Event(event) | Self::Detailed(Detailed { event, .. }) => *event,
        }
    }

    /// The details, if there are any.
    pub fn details(&self) -> Option<&Detailed> {
        match self {
            Self::Event(_) => None,
            Self::Detailed(details) => Some(details),
        }
    }
}

/// The whole mapping.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mapping {
    /// The hospital that the log is brought into.
    pub hospital: Hospital,
    /// Where a row says what.
    #[serde(default)]
    pub columns: Columns,
    /// How times are written, as strftime has it; RFC 3339 when left out.
    #[serde(default)]
    pub time_format: Option<String>,
    /// The roles of resources; who is not named holds those that what they did asks for.
    #[serde(default)]
    pub roles: BTreeMap<String, Vec<Role>>,
    /// What each activity is; null leaves it out.
    pub activities: BTreeMap<String, Option<Meaning>>,
}

impl Mapping {
    /// Reads a mapping in JSON.
    pub fn read(text: &str) -> Result<Self, ImportError> {
        serde_json::from_str(text).map_err(|error| ImportError::Mapping(error.to_string()))
    }
}
