//! A session description is judged as the JSON string that it is; the verdict is that on its text.

use bedside_protocol::sdp::{BadSignal, Sdp};

const MEDIA: &str = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=fingerprint:sha-256 D2:D2\r\n";

/// What is said of a description that came so.
fn verdict(json: &str) -> Result<Sdp, String> {
    serde_json::from_str::<Sdp>(json).map_err(|error| error.to_string())
}

#[test]
fn a_description_is_judged_the_same_however_its_json_is_spelled() {
    let lines = |count: usize| format!("v=0\r\n{}", "a=x\r\n".repeat(count));
    let texts = [
        "v=0\r\n".to_owned(),
        "v=0\n".to_owned(),
        "v=0".to_owned(),
        String::new(),
        "v=1\r\n".to_owned(),
        format!("v=0\r\n{MEDIA}"),
        format!("v=0\n{}", MEDIA.replace('\r', "")),
        format!("v=0\r\n{MEDIA}a=no end"),
        format!("v=0\r\n{MEDIA}a=tab\tand \"quotes\" and \\ and / and \u{e9}\r\n"),
        format!("v=0\r\n{MEDIA}a=return\rinside\r\n"),
        format!("v=0\r\n{MEDIA}a=two\r\r\n"),
        format!("v=0\r\n{MEDIA}a=delete\u{7f}\r\n"),
        format!("v=0\r\n{MEDIA}a=nul\0\r\n"),
        format!("v=0\r\n{MEDIA}\r\n"),
        format!("v=0\r\n{MEDIA}A=x\r\n"),
        "v=0\r\nm=audio 9 RTP/AVP 0\r\na=fingerprint:sha-256 D2\r\n".to_owned(),
        "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n".to_owned(),
        "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=fingerprint:sha-1 D2\r\n".to_owned(),
        format!("v=0\r\n{}", MEDIA.repeat(17)),
        format!("v=0\r\n{MEDIA}a=candidate:1 1 udp 1 224.0.0.1 9 typ host\r\n"),
        format!("v=0\r\n{MEDIA}a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"),
        lines(1_999),
        lines(2_000),
        format!("v=0\r\na={}\r\n", "x".repeat(64 * 1024 - 9)),
        format!("v=0\r\na={}\r\n", "x".repeat(64 * 1024 - 8)),
    ];
    for text in texts {
        let plain = serde_json::to_string(&text).unwrap();
        let escaped: Vec<String> = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        let escaped = escaped.concat();
        for json in [plain, format!("\"{escaped}\"")] {
            match (Sdp::parse(&text), verdict(&json)) {
                (Ok(_), Ok(sdp)) => assert_eq!(sdp.text(), text),
                (Err(bad), Err(said)) => assert!(said.contains(&bad.to_string()), "{bad}: {said}"),
                (parsed, said) => assert_eq!(parsed.is_ok(), said.is_ok(), "{json}"),
            }
        }
    }
}

#[test]
fn a_description_is_passed_on_byte_for_byte() {
    for json in [r#""v=0\r\na=\u00e9\/\r\n""#, r#""v=0\r\ns=-\r\n""#] {
        assert_eq!(serde_json::to_string(&verdict(json).unwrap()).unwrap(), json);
    }
}

#[test]
fn what_is_no_string_is_no_description() {
    for json in ["5", "null", "[]", "{}"] {
        assert!(verdict(json).unwrap_err().contains(&BadSignal::NoString.to_string()), "{json}");
    }
}
