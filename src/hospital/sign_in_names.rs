//! Sign-in names: what a person types to say who they are.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::passphrase::PassphraseHash;
use super::{Problem, WriteError, or_taken};
use crate::db::{Tx, text_columns};
use crate::journey::ids::{PersonId, TenantId};
use crate::on;

/// What a person types to say who they are; unique in the installation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SignInName(String);

impl SignInName {
    /// Takes a name as typed; capitals do not matter.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.trim().to_ascii_lowercase();
        let fits = matches!(name.len(), 1..=64)
            && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'@'));
        fits.then_some(Self(name))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn text(&self) -> String {
        self.0.clone()
    }
}

impl fmt::Display for SignInName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SignInName {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).ok_or("a sign-in name has 1 to 64 characters of a-z, 0-9 and . - _ @")
    }
}

impl TryFrom<String> for SignInName {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<SignInName> for String {
    fn from(name: SignInName) -> Self {
        name.0
    }
}

text_columns!(SignInName::text, SignInName::parse: SignInName);

/// Takes a sign-in name that was typed for who has none.
pub fn new_sign_in_name(text: &str) -> Result<SignInName, Problem> {
    text.parse().map_err(|problem: &str| Problem { field: "signInName", problem: format!("does not fit: {problem}") })
}

/// Gives a person who never signed in a sign-in name, and what their passphrase must hash to.
pub async fn give(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &PersonId,
    name: &SignInName,
    hash: &PassphraseHash,
) -> Result<(), WriteError> {
    const SQL: &str = "UPDATE people SET sign_in_name = $3, passphrase_hash = $4 WHERE tenant_id = $1 AND id = $2 AND sign_in_name IS NULL";
    let written = on!(tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(id).bind(name).bind(hash).execute(&mut **connection).await
            .map(|done| done.rows_affected())
    });
    match or_taken(written, ("people", "sign_in_name"), "signInName", name.as_str())? {
        0 => Err(WriteError::Invalid(vec![Problem { field: "signInName", problem: "is given already".to_owned() }])),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_in_names_forgive_capitals_and_spaces_around() {
        assert_eq!(SignInName::parse(" Doctor2 ").map(String::from), Some("doctor2".to_owned()));
        for bad in ["", " ", "a b", "döctor", "a\0", &"x".repeat(65)] {
            assert_eq!(SignInName::parse(bad), None, "{bad:?}");
        }
    }
}
