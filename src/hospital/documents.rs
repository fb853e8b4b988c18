//! The contents of uploaded documents, each kept once by its digest; what they are to a visit stands in the log.
//!
//! Beside an embedded database they are files, `DATABASE.documents/TENANT/ab/abcd…`; a server's database keeps them in a table, so that
//! all who share it see them.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use tokio::fs;
use tokio::io::AsyncWriteExt as _;

use crate::db::{Db, new_id, text_columns, word_text};
use crate::journey::ids::{EventId, Id as _, TenantId};
use crate::journey::words::{Word, words};
use crate::on;

/// The most that one document may hold, in bytes.
pub const MAX_BYTES: usize = 10_000_000;

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
        let kind = Self::from_word(infer::get(content)?.mime_type())?;
        // What only holds a PDF somewhere is none.
        (kind != Self::Pdf || content.starts_with(b"%PDF-")).then_some(kind)
    }
}

/// Why a file is not kept, to stand after its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// There is nothing in it.
    #[error("is empty; choose a PDF, JPEG or PNG file")]
    Empty,
    /// There is too much in it.
    #[error("is larger than 10 MB; send it in parts or with fewer dots per inch")]
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
    if let Some(place) = place(db, tenant, &content.sha256) {
        return Ok(write(&place, &content.content).await?);
    }
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
    if let Some(place) = place(db, tenant, sha256)
        && let Some(bytes) = read(&place).await?
    {
        // A file that is not what it is called by is not handed out.
        let content = Content::read(bytes).ok().filter(|content| content.sha256 == sha256);
        return content.map(Some).ok_or_else(|| std::io::Error::from(std::io::ErrorKind::InvalidData).into());
    }
    on!(&db.read, pool => sqlx::query_as(SQL).bind(tenant).bind(sha256).fetch_optional(pool).await)
}

/// Whether the content of a digest is kept here.
pub async fn exists(db: &Db, tenant: &TenantId, sha256: &str) -> sqlx::Result<bool> {
    const SQL: &str = "SELECT CAST(1 AS BIGINT) FROM document_contents WHERE tenant_id = $1 AND sha256 = $2";
    if let Some(place) = place(db, tenant, sha256)
        && fs::try_exists(&place).await?
    {
        return Ok(true);
    }
    let found: Option<i64> =
        on!(&db.read, pool => sqlx::query_scalar(SQL).bind(tenant).bind(sha256).fetch_optional(pool).await)?;
    Ok(found.is_some())
}

/// Where the file of a digest is beside an embedded database; none on a server's, and none for what is no digest.
fn place(db: &Db, tenant: &TenantId, sha256: &str) -> Option<PathBuf> {
    let is_digest = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
    let folder = db.folder().filter(|_| is_digest)?;
    Some(folder.join(tenant.as_str()).join(&sha256[..2]).join(sha256))
}

/// Writes a file whole or not at all; one that is there stays.
async fn write(place: &Path, content: &[u8]) -> std::io::Result<()> {
    if fs::try_exists(place).await? {
        return Ok(());
    }
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder).await?;
    }
    // Two who keep the same at once do not meet half way.
    let half = place.with_extension(new_id::<EventId>().as_str());
    let mut file = fs::File::create(&half).await?;
    file.write_all(content).await?;
    file.sync_all().await?;
    fs::rename(&half, place).await
}

async fn read(place: &Path) -> std::io::Result<Option<Vec<u8>>> {
    match fs::read(place).await {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
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
        assert!(Unfit::TooLarge.to_string().contains(&format!(" {} MB", MAX_BYTES / 1_000_000)));
    }

    #[test]
    fn the_digest_is_that_of_the_content() {
        let digest = Content::read(b"%PDF-".to_vec()).map(|content| content.sha256);
        assert_eq!(digest.as_deref(), Ok("38523c087796e5d5dd1cf9bad1fb026781a838dd9dd2cf8af58b9f6502a46778"));
    }
}
