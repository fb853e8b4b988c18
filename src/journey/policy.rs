//! What a hospital decides for itself.

use serde::{Deserialize, Serialize};

/// The rules a tenant may switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// Whether a test is paid for before its specimen is collected; emergencies are exempt.
    pub pay_before_lab: bool,
    /// Whether the consultation is paid for before the patient is called to it.
    pub pay_before_consultation: bool,
    /// Whether the person who entered results may approve them.
    pub approver_may_be_performer: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { pay_before_lab: true, pay_before_consultation: false, approver_may_be_performer: false }
    }
}
