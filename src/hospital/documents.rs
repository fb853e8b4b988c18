//! The contents of uploaded documents, each kept once by its digest; what they are to a visit stands in the log.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use crate::db::{Db, text_columns, word_text};
use crate::journey::ids::TenantId;
use crate::journey::words::{Word, words};
use crate::on;

/// The most that one document may hold, in bytes: less than one request may send.
pub const MAX_BYTES: usize = 1_900_000;

words! {
    /// The kinds of files that are kept.
    MediaType {
        Pdf "application/pdf" "PDF",
        Jpeg "image/jpeg" "JPEG",
        Png "image/png" "PNG",
    }
}

text_columns!(word_text, Word::from_word: MediaType);

impl MediaType {
    /// Tells the kind by how the content begins, whatever the file is called.
    fn of(content: &[u8]) -> Option<Self> {
        let begins: [(&[u8], Self); 3] =
            [(b"%PDF-", Self::Pdf), (b"\xff\xd8\xff", Self::Jpeg), (b"\x89PNG\r\n\x1a\n", Self::Png)];
        begins.into_iter().find(|(begin, _)| content.starts_with(begin)).map(|(_, media_type)| media_type)
    }
}

/// Why a file is not kept, to stand after its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// There is nothing in it.
    #[error("is empty; choose a PDF, JPEG or PNG file")]
    Empty,
    /// There is too much in it.
    #[error("is larger than 1.9 MB; send it in parts or with fewer dots per inch")]
    TooLarge,
    /// It is neither a PDF nor a picture.
    #[error("is not a PDF, JPEG or PNG file")]
    UnknownKind,
}

/// A document's content.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Content {
    /// Its SHA-256 digest in lower-case hexadecimal.
    pub sha256: String,
    /// What kind of file it is.
    pub media_type: MediaType,
    /// The bytes.
    pub content: Vec<u8>,
}

impl Content {
    /// Takes a file, if it is of a kind and size that is kept.
    pub fn read(content: Vec<u8>) -> Result<Self, Unfit> {
        if content.is_empty() {
            return Err(Unfit::Empty);
        }
        if content.len() > MAX_BYTES {
            return Err(Unfit::TooLarge);
        }
        let media_type = MediaType::of(&content).ok_or(Unfit::UnknownKind)?;
        Ok(Self {
            sha256: Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect(),
            media_type,
            content,
        })
    }
}

/// Keeps a content; the same content twice is kept once.
pub async fn keep(db: &Db, tenant: &TenantId, content: &Content, now: DateTime<Utc>) -> sqlx::Result<()> {
    const SQL: &str = "INSERT INTO document_contents (tenant_id, sha256, media_type, size_bytes, content, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, sha256) DO NOTHING";
    on!(&db.write, pool => sqlx::query(SQL)
        .bind(tenant)
        .bind(&content.sha256)
        .bind(content.media_type)
        .bind(content.content.len() as i64)
        .bind(&content.content)
        .bind(now)
        .execute(pool)
        .await
        .map(drop))
}

/// The content of a digest.
pub async fn by_digest(db: &Db, tenant: &TenantId, sha256: &str) -> sqlx::Result<Option<Content>> {
    const SQL: &str = "SELECT sha256, media_type, content FROM document_contents WHERE tenant_id = $1 AND sha256 = $2";
    on!(&db.read, pool => sqlx::query_as(SQL).bind(tenant).bind(sha256).fetch_optional(pool).await)
}

/// Whether the content of a digest is kept here.
pub async fn exists(db: &Db, tenant: &TenantId, sha256: &str) -> sqlx::Result<bool> {
    const SQL: &str = "SELECT CAST(1 AS BIGINT) FROM document_contents WHERE tenant_id = $1 AND sha256 = $2";
    let found: Option<i64> =
        on!(&db.read, pool => sqlx::query_scalar(SQL).bind(tenant).bind(sha256).fetch_optional(pool).await)?;
    Ok(found.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_a_file_is_told_by_its_content() {
        for (content, kind) in [
            (&b"%PDF-1.7\n"[..], Ok(MediaType::Pdf)),
            (b"\xff\xd8\xff\xe0JFIF", Ok(MediaType::Jpeg)),
            (b"\x89PNG\r\n\x1a\nIHDR", Ok(MediaType::Png)),
            (b"<svg onload=alert(1)>", Err(Unfit::UnknownKind)),
            (b" %PDF-1.7", Err(Unfit::UnknownKind)),
            (b"", Err(Unfit::Empty)),
        ] {
            assert_eq!(Content::read(content.to_vec()).map(|content| content.media_type), kind);
        }
        let large = [b"%PDF-".to_vec(), vec![b' '; MAX_BYTES]].concat();
        assert_eq!(Content::read(large), Err(Unfit::TooLarge));
    }

    #[test]
    fn the_digest_is_that_of_the_content() {
        let digest = Content::read(b"%PDF-".to_vec()).map(|content| content.sha256);
        assert_eq!(digest.as_deref(), Ok("38523c087796e5d5dd1cf9bad1fb026781a838dd9dd2cf8af58b9f6502a46778"));
    }
}
