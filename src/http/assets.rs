//! The built site: script, wasm, style sheet, fonts, icons.
//!
//! `cargo xtask build` makes it. A released binary carries it within; otherwise it is read from the target folder at start.

use std::collections::HashMap;
use std::io;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::AppState;

/// The files of the site, by their paths.
#[derive(Debug, Default)]
pub struct Site {
    files: HashMap<String, Bytes>,
}

impl Site {
    /// What script, wasm and style sheet are called, without their endings; the hash in it changes whenever the site does.
    pub fn name(&self) -> &str {
        self.files.keys().find_map(|path| path.strip_prefix("/pkg/")?.strip_suffix(".css")).unwrap_or("sojourn")
    }

    /// The addresses of everything that a page is made of.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let parts = self.files.keys().filter(|path| !path.ends_with(".txt"));
        parts.map(String::as_str)
    }

    /// Takes the site out of this binary.
    #[cfg(feature = "embed")]
    pub fn load() -> io::Result<Self> {
        static SITE: include_dir::Dir = include_dir::include_dir!("$SOJOURN_SITE");

        fn collect(folder: &include_dir::Dir<'static>, files: &mut HashMap<String, Bytes>) {
            for file in folder.files() {
                files.insert(format!("/{}", file.path().display()), Bytes::from_static(file.contents()));
            }
            folder.dirs().for_each(|folder| collect(folder, files));
        }

        let mut site = Self::default();
        collect(&SITE, &mut site.files);
        Ok(site)
    }

    /// Reads the site that was built last; it is empty before the first build.
    #[cfg(not(feature = "embed"))]
    pub fn load() -> io::Result<Self> {
        use std::path::Path;

        fn collect(folder: &Path, prefix: &str, files: &mut HashMap<String, Bytes>) -> io::Result<()> {
            for entry in folder.read_dir()? {
                let entry = entry?;
                let path = format!("{prefix}/{}", entry.file_name().display());
                if entry.file_type()?.is_dir() {
                    collect(&entry.path(), &path, files)?;
                } else {
                    files.insert(path, std::fs::read(entry.path())?.into());
                }
            }
            Ok(())
        }

        let mut site = Self::default();
        let binary = std::env::current_exe()?;
        if let Some(folder) =
            binary.ancestors().map(|folder| folder.join("site")).find(|folder| folder.join("pkg").is_dir())
        {
            collect(&folder, "", &mut site.files)?;
        }
        Ok(site)
    }
}

/// Serves a file of the site; everything else is not found.
pub async fn file(State(state): State<AppState>, method: Method, uri: Uri) -> Response {
    let path = uri.path();
    let Some(content) = state.site.files.get(path) else { return StatusCode::NOT_FOUND.into_response() };
    if !method.is_safe() {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")]).into_response();
    }
    let caching =
        if path.starts_with("/pkg/") { "public, max-age=31536000, immutable" } else { "public, max-age=86400" };
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    ([(CONTENT_TYPE, kind.as_ref()), (CACHE_CONTROL, caching)], content.clone()).into_response()
}
