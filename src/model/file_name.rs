//! What a file may be called: a name, and not a way somewhere.

use bedside_protocol::text::Name;

/// What a file is called whose own name says nothing.
const NAMELESS: &str = "file";
/// File systems take no longer name.
const MAX_BYTES: usize = 255;

/// A safe name from what a sender says: its last part, without what hides or turns text around.
pub fn safe(said: &str) -> Option<Name> {
    let last = said.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible = |it: &char| !it.is_control() && !is_format(*it) && !"<>:\"|?*".contains(*it);
    let mut name: String = last.chars().filter(visible).take(Name::MAX_CHARS).collect();
    while name.len() > MAX_BYTES {
        name.pop();
    }
    let name = name.trim().trim_start_matches('.').trim_end_matches(['.', ' ']);
    Name::parse(if name.is_empty() { NAMELESS } else { name }).ok()
}

/// Characters without a shape, which make `exe.fdp` look like `pdf.exe` read backwards.
fn is_format(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_way_somewhere_and_shows_all_of_itself() {
        let safe = |said: &str| safe(said).unwrap().as_str().to_owned();
        assert_eq!(safe("Befund März.pdf"), "Befund März.pdf");
        assert_eq!(safe("../../etc/passwd"), "passwd");
        assert_eq!(safe("C:\\Users\\anna\\x.png"), "x.png");
        assert_eq!(safe("harmless\u{202e}gnp.exe"), "harmlessgnp.exe");
        assert_eq!(safe("a\r\nSet-Cookie: b"), "aSet-Cookie b");
        assert_eq!(safe("nul\0.txt"), "nul.txt");
        for nothing in ["", "..", "/", " . ", "\u{feff}", "???"] {
            assert_eq!(safe(nothing), "file", "{nothing:?}");
        }
        assert!(safe(&"ä".repeat(400)).len() <= 255);
    }
}
