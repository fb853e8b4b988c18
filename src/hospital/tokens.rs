//! Tokens: how programs call. A token acts for one person in one tenant, and only its SHA-256 is kept.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{WriteError, digest, line, people};
use crate::db::{Db, Tx, new_id};
use crate::journey::ids::{PersonId, TenantId, TokenId};
use crate::on;

/// What every token begins with, so that one which leaked is known for what it is.
const PREFIX: &str = "sjn_";

/// A token in the clear; it is shown once.
pub struct Secret(String);

impl Secret {
    /// Makes a token of 256 random bits.
    fn random() -> Self {
        let bits: [u8; 32] = rand::random();
        Self(bits.iter().fold(PREFIX.to_owned(), |text, byte| format!("{text}{byte:02x}")))
    }

    /// Takes a token as it was sent.
    pub fn parse(text: &str) -> Option<Self> {
        let bits = text.strip_prefix(PREFIX)?;
        (bits.len() == 64 && bits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
            .then(|| Self(text.to_owned()))
    }

    /// The token as text, to be shown to whoever asked for it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// What is known of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// The tenant it is for.
    pub tenant_id: TenantId,
    /// Its id.
    pub id: TokenId,
    /// Whom it acts for.
    pub person_id: PersonId,
    /// What it is for, in words.
    pub label: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was withdrawn.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Makes a token for a person.
pub async fn create(
    tx: &mut Tx,
    tenant: &TenantId,
    person: &PersonId,
    label: &str,
    now: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
) -> Result<(Secret, Token), WriteError> {
    const SQL: &str = "INSERT INTO api_tokens (tenant_id, id, person_id, label, token_digest, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let label = line("label", label, 200).map_err(|problem| WriteError::Invalid(vec![problem]))?;
    if !people::exists(tx, tenant, person).await? {
        return Err(WriteError::UnknownReference("personId"));
    }
    let secret = Secret::random();
    let token = Token {
        tenant_id: tenant.clone(),
        id: new_id(),
        person_id: person.clone(),
        label,
        created_at: now,
        expires_at,
        revoked_at: None,
    };
    on!(tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(&token.id).bind(person).bind(&token.label).bind(digest(secret.0.as_bytes()))
            .bind(token.created_at).bind(token.expires_at).execute(&mut **connection).await.map(drop)
    })?;
    Ok((secret, token))
}

/// The token that was sent, in whichever tenant, while it is valid.
pub async fn live(db: &Db, secret: &Secret, now: DateTime<Utc>) -> sqlx::Result<Option<Token>> {
    const SQL: &str = "SELECT tenant_id, id, person_id, label, created_at, expires_at, revoked_at FROM api_tokens WHERE token_digest = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)";
    on!(&db.read, pool => {
        sqlx::query_as(SQL).bind(digest(secret.0.as_bytes())).bind(now).fetch_optional(pool).await
    })
}

/// A tenant's tokens, the newest first.
pub async fn list(db: &Db, tenant: &TenantId) -> sqlx::Result<Vec<Token>> {
    const SQL: &str = "SELECT tenant_id, id, person_id, label, created_at, expires_at, revoked_at FROM api_tokens WHERE tenant_id = $1 ORDER BY created_at DESC, id";
    on!(&db.read, pool => sqlx::query_as(SQL).bind(tenant).fetch_all(pool).await)
}

/// Withdraws a token.
pub async fn revoke(tx: &mut Tx, tenant: &TenantId, id: &TokenId, now: DateTime<Utc>) -> Result<(), WriteError> {
    const SQL: &str = "UPDATE api_tokens SET revoked_at = COALESCE(revoked_at, $3) WHERE tenant_id = $1 AND id = $2";
    let withdrawn = on!(tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(id).bind(now).execute(&mut **connection).await.map(|done| done.rows_affected())
    })?;
    if withdrawn == 0 { Err(WriteError::UnknownReference("tokenId")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_token_is_read_back_and_shows_itself_nowhere() {
        let (one, other) = (Secret::random(), Secret::random());
        assert_ne!(one.reveal(), other.reveal());
        assert!(Secret::parse(one.reveal()).is_some());
        assert_eq!(format!("{one:?}"), "Secret");
        for bad in ["", "sjn_", "sjn_0", &one.reveal().to_uppercase(), &format!("{}0", one.reveal())] {
            assert!(Secret::parse(bad).is_none(), "{bad:?}");
        }
    }
}
