//! The pages for people: built from `web/`, part of the program, and served as they are. They ask nothing of anybody
//! but this server.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{Method, StatusCode, header},
    web::{self, Bytes},
};
use bedside_protocol::Code;
use ring::digest::{SHA256, digest};

use crate::{
    data::hexadecimal,
    http::{body::text, problem::Problem},
};

/// What `make pages` had built when the program was, written by the build script; in a debug build nothing.
static BUILT: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));
/// Where a debug build finds the pages when it starts, so that pages and program are built apart.
const UNPACKED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/web/app/dist");

/// Where there are no pages: what runs here, and how to build them.
const HOME: &str = include_str!("home.html");
/// The page that all addresses of people show; it finds its way by itself.
const INDEX: &str = "index.html";
/// The addresses of people, as actix spells them.
pub(super) const ADDRESSES: [&str; 8] = [
    "/",
    "/join",
    "/login",
    "/check",
    "/visit/{id:.*}",
    "/past/{id:.*}",
    "/conversations",
    "/conversations/{id:.*}",
];
/// Files in this folder have a hash of themselves in their name: what is there is never another.
const HASHED: &str = "assets/";
/// More than any build has, and nobody's whole disk.
const MOST_FILES: usize = 2_000;
const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// What a page may use of the machine, and everything else that browsers ask about: nothing.
const PERMISSIONS: &str = "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), \
    autoplay=(self), screen-wake-lock=(self), speaker-selection=(self), geolocation=(), payment=(), usb=()";

/// The pages, ready to be sent.
#[derive(Default)]
pub struct Site {
    files: HashMap<String, File>,
}

/// A file, with what it becomes when it is compressed.
#[derive(Clone)]
struct File {
    content_type: String,
    tag: String,
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
}

/// The pages cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// A file cannot be read.
    #[error("server.pages: cannot read {path}: {reason}", path = path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// It is no folder of pages.
    #[error("server.pages: {path} holds no {INDEX}", path = .0.display())]
    NoIndex(PathBuf),
    /// It is more than pages are.
    #[error("server.pages: {path} holds more than {MOST_FILES} files or 64 MiB", path = .0.display())]
    TooMuch(PathBuf),
}

impl Site {
    /// The pages of this program. Where none were built there are none, and the program says so.
    pub fn built() -> Result<Self, SiteError> {
        let unpacked = Path::new(UNPACKED);
        if cfg!(debug_assertions) && unpacked.join(INDEX).is_file() {
            return Self::of_folder(unpacked);
        }
        Ok(Self::of(BUILT.iter().map(|(name, bytes)| ((*name).to_owned(), Bytes::from_static(bytes)))))
    }

    /// The pages of a folder, in place of the program's own.
    pub fn of_folder(folder: &Path) -> Result<Self, SiteError> {
        let mut files = Vec::new();
        let mut bytes = 0;
        let mut folders = vec![folder.to_owned()];
        while let Some(inner) = folders.pop() {
            let unreadable = |path: &Path| {
                let path = path.to_owned();
                move |reason| SiteError::Unreadable { path, reason }
            };
            for entry in fs::read_dir(&inner).map_err(unreadable(&inner))? {
                let entry = entry.map_err(unreadable(&inner))?;
                let path = entry.path();
                let about = entry.metadata().map_err(unreadable(&path))?;
                if about.is_dir() {
                    folders.push(path);
                    continue;
                }
                bytes += about.len();
                if files.len() == MOST_FILES || bytes > MOST_BYTES {
                    return Err(SiteError::TooMuch(folder.to_owned()));
                }
                let name = path.strip_prefix(folder).ok().and_then(Path::to_str).map(str::to_owned);
                let content = fs::read(&path).map_err(unreadable(&path))?;
                files.extend(name.map(|name| (name, content.into())));
            }
        }
        let site = Self::of(files.into_iter());
        if site.files.contains_key(INDEX) { Ok(site) } else { Err(SiteError::NoIndex(folder.to_owned())) }
    }

    fn of(files: impl Iterator<Item = (String, Bytes)>) -> Self {
        let mut contents: HashMap<String, Bytes> = files.collect();
        let names: Vec<String> = contents.keys().filter(|name| !is_compressed(name)).cloned().collect();
        let mut file = |name: String| {
            let plain = contents.remove(&name)?;
            let file = File {
                content_type: content_type(&name),
                tag: format!("W/\"{}\"", hexadecimal(digest(&SHA256, &plain).as_ref().get(..16)?)),
                plain,
                brotli: contents.remove(&format!("{name}.br")),
                gzip: contents.remove(&format!("{name}.gz")),
            };
            Some((name, file))
        };
        Self { files: names.into_iter().filter_map(&mut file).collect() }
    }

    fn index(&self, request: &HttpRequest, status: StatusCode) -> HttpResponse {
        if let Some(index) = self.files.get(INDEX) {
            return index.answer(request, status, "no-cache");
        }
        let mut response = HttpResponseBuilder::new(status);
        guard(&mut response, request);
        response.content_type("text/html; charset=utf-8");
        response.insert_header((header::CONTENT_SECURITY_POLICY, HOME_POLICY));
        response.insert_header((header::CACHE_CONTROL, "no-cache")).body(HOME)
    }
}

/// The one page that brings its own style along.
const HOME_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

impl File {
    fn answer(&self, request: &HttpRequest, status: StatusCode, cache: &'static str) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(status);
        guard(&mut response, request);
        response
            .insert_header((header::CACHE_CONTROL, cache))
            .insert_header((header::ETAG, self.tag.as_str()))
            .insert_header((header::VARY, "Accept-Encoding"));
        let known = text(request, &header::IF_NONE_MATCH).unwrap_or_default();
        if status == StatusCode::OK && known.split(',').any(|tag| tag.trim() == self.tag) {
            return response.status(StatusCode::NOT_MODIFIED).finish();
        }
        response.content_type(self.content_type.as_str());
        let asked = text(request, &header::ACCEPT_ENCODING).unwrap_or_default();
        for (encoding, bytes) in [("br", &self.brotli), ("gzip", &self.gzip)] {
            if let Some(bytes) = bytes
                && takes(asked, encoding)
            {
                return response.insert_header((header::CONTENT_ENCODING, encoding)).body(bytes.clone());
            }
        }
        response.body(self.plain.clone())
    }
}

/// An address of people.
pub async fn page(request: HttpRequest, site: web::Data<Site>) -> HttpResponse {
    site.index(&request, StatusCode::OK)
}

/// Whatever else is asked for: a file of the pages, or nothing.
pub async fn file(request: HttpRequest, site: web::Data<Site>) -> HttpResponse {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::from(Code::NotFound).response();
    }
    let name = request.path().trim_start_matches('/');
    if let Some(file) = site.files.get(name) {
        let cache = if name.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
        return file.answer(&request, StatusCode::OK, cache);
    }
    // Somebody has mistyped an address: the pages tell them so, in their language.
    let person = text(&request, &header::ACCEPT).is_some_and(|accept| accept.contains("text/html"));
    if person && !name.starts_with(HASHED) && site.files.contains_key(INDEX) {
        return site.index(&request, StatusCode::NOT_FOUND);
    }
    Problem::from(Code::NotFound).response()
}

/// What keeps a page to itself.
fn guard(response: &mut HttpResponseBuilder, request: &HttpRequest) {
    response
        .insert_header((header::CONTENT_SECURITY_POLICY, policy(text(request, &header::HOST))))
        .insert_header(("permissions-policy", PERMISSIONS))
        .insert_header(("cross-origin-opener-policy", "same-origin"))
        .insert_header(("cross-origin-resource-policy", "same-origin"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
}

/// Scripts, styles and connections are this server's own. Not every browser takes `'self'` for a WebSocket to the same
/// host, so that it is named.
fn policy(host: Option<&str>) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    let host = host.filter(|host| !host.is_empty() && host.chars().all(plain));
    let sockets = host.map(|host| format!(" ws://{host} wss://{host}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
         media-src 'self' blob: mediastream:; connect-src 'self'{sockets}; font-src 'self'; manifest-src 'self'; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
}

fn is_compressed(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "br" || extension == "gz")
}

fn content_type(name: &str) -> String {
    let guessed = mime_guess::from_path(name).first_or_octet_stream();
    let text = guessed.type_() == "text" || matches!(guessed.subtype().as_str(), "javascript" | "json");
    if text { format!("{}; charset=utf-8", guessed.essence_str()) } else { guessed.essence_str().to_owned() }
}

/// Whether an `Accept-Encoding` takes this encoding.
fn takes(asked: &str, encoding: &str) -> bool {
    asked.split(',').any(|part| {
        let (name, parameters) = part.split_once(';').unwrap_or((part, ""));
        let refused = parameters.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32));
        name.trim().eq_ignore_ascii_case(encoding) && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_sent_to_those_who_take_it() {
        for (asked, taken) in [
            ("gzip, deflate, br", true),
            ("gzip;q=0.5, BR;q=1", true),
            ("br;q=0, gzip", false),
            ("br;q=0.000", false),
            ("*", false),
            ("brotli", false),
            ("", false),
        ] {
            assert_eq!(takes(asked, "br"), taken, "{asked}");
        }
    }

    #[test]
    fn nothing_that_a_client_says_gets_into_the_policy_but_a_host() {
        assert!(
            policy(Some("clinic.example:8443"))
                .contains("connect-src 'self' ws://clinic.example:8443 wss://")
        );
        for host in [None, Some(""), Some("a; script-src *"), Some("a b")] {
            assert!(policy(host).contains("connect-src 'self';"), "{host:?}");
        }
    }

    #[test]
    fn without_pages_the_program_says_how_to_build_them() {
        let request = actix_web::test::TestRequest::default().to_http_request();
        let response = Site::default().index(&request, StatusCode::OK);
        let body = actix_web::body::MessageBody::try_into_bytes(response.into_body()).ok().unwrap();
        assert!(String::from_utf8_lossy(&body).contains("make pages"));
    }
}
