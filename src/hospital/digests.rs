//! Who is sent the daily digest, and up to which day it was.

use chrono::{DateTime, NaiveDate, Utc};

use crate::db::{Db, Tx, text_columns};
use crate::journey::ids::{PersonId, TenantId};
use crate::on;

/// An address that mail is sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailAddress(String);

impl MailAddress {
    /// Takes an address as typed.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (name, host) = text.rsplit_once('@')?;
        let fits = !name.is_empty()
            && host.contains('.')
            && !host.starts_with('.')
            && !host.ends_with('.')
            && text.len() <= 254
            && text.chars().all(|letter| letter.is_ascii_graphic() && !matches!(letter, '<' | '>' | ',' | ';' | '"'));
        fits.then(|| Self(text.to_owned()))
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn text(&self) -> String {
        self.0.clone()
    }
}

text_columns!(MailAddress::text, MailAddress::parse: MailAddress);

/// Somebody who is sent the digest.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DigestReader {
    /// Who.
    pub person_id: PersonId,
    /// Where it is sent to.
    pub mail: MailAddress,
    /// The last day that was told.
    pub told: Option<NaiveDate>,
}

const LIST: &str = "SELECT person_id, mail, told FROM digest_readers WHERE tenant_id = $1 ORDER BY person_id";
const ASK: &str = "INSERT INTO digest_readers (tenant_id, person_id, mail, asked_at) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (tenant_id, person_id) DO UPDATE SET mail = excluded.mail, asked_at = excluded.asked_at";
const LEAVE: &str = "DELETE FROM digest_readers WHERE tenant_id = $1 AND person_id = $2";
// Whoever moves the day sends the mail: of several processes, one.
const TELL: &str = "UPDATE digest_readers SET told = $3 WHERE tenant_id = $1 AND person_id = $2 \
    AND (told IS NULL OR told < $3)";
const UNTELL: &str = "UPDATE digest_readers SET told = $3 WHERE tenant_id = $1 AND person_id = $2";

/// All who are sent it.
pub async fn list(db: &Db, tenant: &TenantId) -> sqlx::Result<Vec<DigestReader>> {
    on!(&db.read, pool => sqlx::query_as(LIST).bind(tenant).fetch_all(pool).await)
}

/// Has it sent to somebody from now on, or no longer.
pub async fn ask(
    tx: &mut Tx,
    tenant: &TenantId,
    person: &PersonId,
    mail: Option<&MailAddress>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    on!(tx, connection => {
        let query = sqlx::query(if mail.is_some() { ASK } else { LEAVE }).bind(tenant).bind(person);
        let query = if let Some(mail) = mail { query.bind(mail).bind(now) } else { query };
        query.execute(&mut **connection).await.map(drop)
    })
}

/// Notes that somebody is told of a day; false when they were, or another process does.
pub async fn tell(db: &Db, tenant: &TenantId, person: &PersonId, day: NaiveDate) -> sqlx::Result<bool> {
    let told = on!(&db.write, pool => sqlx::query(TELL)
        .bind(tenant)
        .bind(person)
        .bind(day)
        .execute(pool)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(told == 1)
}

/// Takes it back when the mail was not sent.
pub async fn untell(db: &Db, tenant: &TenantId, reader: &DigestReader) -> sqlx::Result<()> {
    on!(&db.write, pool => sqlx::query(UNTELL)
        .bind(tenant)
        .bind(&reader.person_id)
        .bind(reader.told)
        .execute(pool)
        .await
        .map(drop))
}
