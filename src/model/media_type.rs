//! What a file is, by its bytes: names and declarations are what somebody says.

/// So many bytes from the front tell: the names inside an office document come within them.
pub const HEAD_BYTES: usize = 64 * 1024;

/// What may be sent in a visit: pictures, papers, sounds, films, medical images. Nothing that a browser or a system would run.
const TAKEN: [&str; 27] = [
    "application/dicom",
    "application/pdf",
    "application/vnd.oasis.opendocument.presentation",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "audio/aac",
    "audio/amr",
    "audio/m4a",
    "audio/mpeg",
    "audio/ogg",
    "audio/opus",
    "audio/x-flac",
    "audio/x-wav",
    "image/avif",
    "image/bmp",
    "image/gif",
    "image/heif",
    "image/jpeg",
    "image/png",
    "image/tiff",
    "image/webp",
    "video/mp4",
    "video/quicktime",
    "video/webm",
];
/// What nothing else is.
const TEXT: &str = "text/plain";

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It is nothing of what is taken.
    #[error("files of this type are not taken")]
    NotTaken,
    /// It is something else than it was said to be.
    #[error("the file is not what it is said to be")]
    Mismatch,
}

/// The type of a file whose first bytes these are, `declared` being what its sender says.
pub fn judge(head: &[u8], declared: Option<&str>) -> Result<&'static str, Unfit> {
    let found = match infer::get(head) {
        Some(kind) => *TAKEN.iter().find(|taken| **taken == kind.mime_type()).ok_or(Unfit::NotTaken)?,
        None if is_text(head) => TEXT,
        None => return Err(Unfit::NotTaken),
    };
    let declared = declared.map(|declared| declared.split(';').next().unwrap_or_default().trim());
    let says_nothing = |declared: &str| declared.is_empty() || declared == "application/octet-stream";
    match declared {
        Some(declared) if !says_nothing(declared) && !agree(found, &declared.to_ascii_lowercase()) => {
            Err(Unfit::Mismatch)
        }
        Some(_) | None => Ok(found),
    }
}

/// Systems spell types in many ways, and a container holds sound or film: what counts is that a picture is no paper.
fn agree(found: &str, declared: &str) -> bool {
    let family = |kind: &str| match kind.split('/').next().unwrap_or_default() {
        "audio" | "video" => 'm',
        "image" => 'i',
        "text" => 't',
        _ => 'a',
    };
    // A table or a note is text, and some systems say so of what holds it.
    let text_of_an_application = found == TEXT && matches!(declared, "application/csv" | "application/json");
    text_of_an_application
        || (family(found) == family(declared) && (family(found) != 'a' || found == declared))
}

/// Text without control characters, cut anywhere.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // A character that the cut went through.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(head.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or_default()
        }
        Err(_) => return false,
    };
    // What a browser would take for a page or a picture with scripts begins so.
    let looks_like_markup = text.trim_start_matches('\u{feff}').trim_start().starts_with('<');
    !text.is_empty()
        && !looks_like_markup
        && !text.chars().any(|it| it.is_control() && !"\t\n\r\u{c}".contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    #[test]
    fn a_file_is_what_its_bytes_are() {
        assert_eq!(judge(PNG, Some("image/png")), Ok("image/png"));
        assert_eq!(judge(PNG, Some("application/octet-stream")), Ok("image/png"));
        assert_eq!(judge(PNG, None), Ok("image/png"));
        assert_eq!(judge(b"\xff\xd8\xff\xe0", Some("image/jpg; q=1")), Ok("image/jpeg"));
        assert_eq!(judge(b"%PDF-1.7", Some("application/pdf")), Ok("application/pdf"));
        assert_eq!(judge("Blutdruck: 120/80 mmHg, Größe".as_bytes(), Some("text/csv")), Ok("text/plain"));
        let mut webm = b"\x1a\x45\xdf\xa3\x93\x42\x82\x84webm".to_vec();
        webm.resize(300, 0);
        assert_eq!(judge(&webm, Some("audio/webm")), Ok("video/webm"));
    }

    #[test]
    fn a_file_that_is_not_what_it_is_said_to_be_is_refused() {
        assert_eq!(judge(PNG, Some("application/pdf")), Err(Unfit::Mismatch));
        assert_eq!(judge(b"%PDF-1.7", Some("image/png")), Err(Unfit::Mismatch));
        assert_eq!(judge(b"hello", Some("image/png")), Err(Unfit::Mismatch));
        assert_eq!(judge(b"hello", Some("application/pdf")), Err(Unfit::Mismatch));
    }

    #[test]
    fn what_runs_is_not_taken() {
        for bytes in [
            b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0".as_slice(),
            b"MZ\x90\0\x03",
            b"#!/bin/sh\nrm -rf /",
            b"<html><script>alert(1)</script>",
            b"  <svg xmlns=\"http://www.w3.org/2000/svg\">",
            b"<?xml version=\"1.0\"?>",
            b"PK\x03\x04",
            b"\x01\x02\x03",
            b"",
        ] {
            assert_eq!(judge(bytes, None), Err(Unfit::NotTaken), "{bytes:?}");
        }
    }

    #[test]
    fn a_character_that_is_cut_through_is_text_still() {
        let text = "ä".repeat(9);
        assert_eq!(judge(&text.as_bytes()[..17], None), Ok("text/plain"));
        assert_eq!(judge(b"caf\xe9 au lait", None), Err(Unfit::NotTaken));
    }
}
