//! Schemas made ready to be checked against, kept because making them takes longer than using them.

use std::num::NonZeroUsize;

use jsonschema::Validator;
use lru::LruCache;
use serde_json::Value;

use crate::hospital::event_types::{EventType, misfits, validator};
use crate::journey::ids::TenantId;
use crate::journey::schema::FieldProblem;

/// How many are kept.
const KEPT: NonZeroUsize = NonZeroUsize::MIN.saturating_add(255);

/// Schemas by tenant, type and version; a version is never changed.
pub(super) struct Validators(LruCache<(TenantId, String, i32), Option<Validator>>);

impl Default for Validators {
    fn default() -> Self {
        Self(LruCache::new(KEPT))
    }
}

impl Validators {
    /// Everything in some metadata that does not fit its type.
    pub fn misfits(&mut self, tenant: &TenantId, event_type: &EventType, metadata: &Value) -> Vec<FieldProblem> {
        let key = (tenant.clone(), event_type.event_type.clone(), event_type.schema_version);
        match self.0.get_or_insert(key, || validator(&event_type.schema).ok()) {
            Some(validator) => misfits(validator, metadata),
            None => vec![FieldProblem::new("eventType", "has a schema that cannot be used")],
        }
    }
}
