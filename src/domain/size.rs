//! Sizes that an operator may set lower than the protocol does. The protocol's own are looked at where a payload is read;
//! these come after.

use bedside_protocol::{
    Code, Refusal,
    sdp::{IceCandidate, Sdp},
    text::ChatText,
};

use crate::{domain::Clinic, error::Result};

impl Clinic {
    /// A message's text.
    pub(crate) fn check_text(&self, text: &ChatText) -> Result<()> {
        let (characters, bytes) = (self.limits.chat_characters, self.limits.chat_bytes);
        if text.as_str().chars().count() as u64 > characters {
            return too_large(
                Code::TooLarge,
                "content",
                format!("the text has more than {characters} characters"),
            );
        }
        within(text.as_str(), bytes, Code::TooLarge, "content")
    }

    /// A session description.
    pub(crate) fn check_sdp(&self, sdp: &Sdp) -> Result<()> {
        let bytes = self.limits.sdp_bytes;
        if sdp.fits(bytes) { Ok(()) } else { too_large(Code::TooLarge, "sdp", longer_than(bytes)) }
    }

    /// A candidate.
    pub(crate) fn check_candidate(&self, candidate: &IceCandidate) -> Result<()> {
        let line = candidate.candidate.as_str();
        within(line, self.limits.candidate_bytes, Code::InvalidCandidate, "candidate.candidate")
    }
}

fn within(text: &str, bytes: u64, code: Code, field: &str) -> Result<()> {
    if text.len() as u64 > bytes {
        return too_large(code, field, longer_than(bytes));
    }
    Ok(())
}

fn longer_than(bytes: u64) -> String {
    format!("it has more than {bytes} bytes")
}

fn too_large(code: Code, field: &str, message: String) -> Result<()> {
    Err(Refusal { field: Some(field.into()), ..Refusal::new(code, message) }.into())
}
