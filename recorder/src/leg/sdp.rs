//! What is changed in our descriptions before a peer sees them, and in a peer's before we take them. Pure, by lines: what is
//! not understood stays as it is.

use std::net::{IpAddr, SocketAddr};

use super::{address, port::Transports};
use crate::media::Codec;

/// Candidates of a peer that are tried; a browser has some ten.
pub(super) const MAX_CANDIDATES: usize = 32;

/// Priorities of RFC 8445 section 5.1.2 for a host's own address: UDP first, and TCP (RFC 6544 section 4.2) behind all of it.
const UDP_PRIORITY: u32 = (126 << 24) | (0xffff << 8) | 0xff;
const TCP_PRIORITY: u32 = (90 << 24) | (0xffff << 8) | 0xff;

/// How we are reached: what follows `a=` for each way.
pub(super) fn candidates(public: &[SocketAddr], transports: Transports) -> Vec<String> {
    let mut lines = Vec::new();
    for (place, address) in (0_u32..).zip(public) {
        let (ip, port) = (address.ip(), address.port());
        if transports != Transports::Tcp {
            let priority = UDP_PRIORITY - (place << 8);
            lines.push(format!("candidate:{}1 1 udp {priority} {ip} {port} typ host", place + 1));
        }
        if transports != Transports::Udp {
            let priority = TCP_PRIORITY - (place << 8);
            lines.push(format!(
                "candidate:{}2 1 tcp {priority} {ip} {port} typ host tcptype passive",
                place + 1
            ));
        }
    }
    lines
}

/// Whether a way is by TCP.
pub(super) fn is_tcp(candidate: &str) -> bool {
    candidate.split(' ').nth(2) == Some("tcp")
}

/// What is wanted of a sender of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pictures {
    /// Not more than so much.
    UpTo {
        /// Thousands of bits a second.
        kbps: u32,
    },
    /// None at all.
    Refused,
}

fn is_direction(line: &str) -> bool {
    matches!(line.trim_end(), "a=sendrecv" | "a=sendonly" | "a=recvonly" | "a=inactive")
}

/// Our description with our real addresses, and with what is wanted of a sender.
pub(super) fn for_peer(ours: &str, candidates: &[String], pictures: Pictures) -> String {
    let mut theirs = String::with_capacity(ours.len() + 512);
    let mut sections = ours.split_inclusive("\r\n").peekable();
    let mut video = false;
    let mut in_section = false;
    while let Some(line) = sections.next() {
        let refused = video && pictures == Pictures::Refused && is_direction(line);
        if refused {
            theirs.push_str("a=inactive\r\n");
        } else if !line.starts_with("a=candidate:") && !line.starts_with("a=end-of-candidates") {
            theirs.push_str(line);
        }
        if let Some(media) = line.strip_prefix("m=") {
            in_section = true;
            video = media.starts_with("video");
        }
        // Bandwidth has its place behind the connection line (RFC 8866 section 5).
        if let Pictures::UpTo { kbps } = pictures
            && video
            && line.starts_with("c=")
        {
            theirs.extend([format!("b=AS:{kbps}\r\nb=TIAS:{}\r\n", u64::from(kbps) * 1_000)]);
        }
        let ends = sections.peek().is_none_or(|next| next.starts_with("m="));
        if in_section && ends {
            for candidate in candidates {
                theirs.push_str("a=");
                theirs.push_str(candidate);
                theirs.push_str("\r\n");
            }
            theirs.push_str("a=end-of-candidates\r\n");
        }
    }
    theirs
}

/// A peer's description without the candidates that we do not send to.
pub(super) fn from_peer(theirs: &str, own: &[IpAddr]) -> String {
    let mut left = MAX_CANDIDATES;
    let keep = |line: &&str| match line.strip_prefix("a=") {
        Some(attribute) if attribute.starts_with("candidate:") => {
            let kept = left > 0 && is_usable(attribute, own);
            left -= usize::from(kept);
            kept
        }
        _ => true,
    };
    theirs.split_inclusive('\n').filter(keep).collect()
}

/// An answer with the formats of our offer put back that it left out. Chromium answers with those that a page prefers and sends the
/// first of the offer all the same; we can read everything that we offered.
pub(super) fn with_offered_formats(answer: &str, offer: &str) -> String {
    let mut whole = String::with_capacity(answer.len() + offer.len());
    for section in sections(answer) {
        let ours = sections(offer).find(|ours| mid(ours).is_some() && mid(ours) == mid(section));
        match ours {
            Some(ours) => put_back(&mut whole, section, ours),
            None => whole.push_str(section),
        }
    }
    whole
}

/// The session's part of a description, and each medium's.
fn sections(description: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(description);
    std::iter::from_fn(move || {
        let whole = rest.take()?;
        let (section, after) =
            whole.find("\nm=").and_then(|place| whole.split_at_checked(place + 1)).unwrap_or((whole, ""));
        rest = (!after.is_empty()).then_some(after);
        Some(section)
    })
}

fn mid(section: &str) -> Option<&str> {
    section.lines().find_map(|line| line.strip_prefix("a=mid:"))
}

/// What the line of a medium says how it may be coded.
fn formats(section: &str) -> impl Iterator<Item = &str> {
    section.lines().next().into_iter().flat_map(|line| line.split(' ').skip(3))
}

fn put_back(whole: &mut String, section: &str, ours: &str) {
    let known: Vec<_> = formats(section).collect();
    let missing: Vec<_> = formats(ours).filter(|format| !known.contains(format)).collect();
    let describes = |line: &&str| {
        let format = ["a=rtpmap:", "a=fmtp:", "a=rtcp-fb:"].iter().find_map(|name| line.strip_prefix(name));
        let format = format.and_then(|rest| rest.split(' ').next());
        format.is_some_and(|format| missing.contains(&format))
    };
    let (media, rest) = section.split_once('\n').unwrap_or((section, ""));
    whole.push_str(media.trim_end());
    for format in &missing {
        whole.extend([" ", format]);
    }
    whole.push_str("\r\n");
    whole.push_str(rest);
    whole.extend(ours.lines().filter(describes).flat_map(|line| [line, "\r\n"]));
}

/// Whether a candidate of a peer is one that we send to. Names are never resolved, and we connect to nobody by TCP.
pub(super) fn is_usable(candidate: &str, own: &[IpAddr]) -> bool {
    let mut words = candidate.trim_end().split(' ').skip(2);
    let (transport, _priority, ip, port) = (words.next(), words.next(), words.next(), words.next());
    let udp = transport.is_some_and(|transport| transport.eq_ignore_ascii_case("udp"));
    let ip = ip.and_then(|ip| ip.parse().ok());
    let port = port.and_then(|port| port.parse().ok());
    udp && ip.zip(port).is_some_and(|(ip, port)| address::may_be_peer(ip, port, own))
}

/// With what a peer's checks are made that are meant for whoever wrote this description: name and password.
pub(super) fn credentials(description: &str) -> Option<(&str, &str)> {
    let value = |name| description.lines().find_map(|line| line.strip_prefix(name));
    value("a=ice-ufrag:").zip(value("a=ice-pwd:"))
}

/// What is coded how, by payload type.
pub(super) fn payload_types(description: &str) -> Vec<(u8, Codec)> {
    let mut kind = None;
    let mut types = Vec::new();
    for line in description.lines() {
        if let Some(media) = line.strip_prefix("m=") {
            kind = media.split(' ').next();
        }
        let Some((number, coding)) = line.strip_prefix("a=rtpmap:").and_then(|map| map.split_once(' '))
        else {
            continue;
        };
        let name = coding.split('/').next().unwrap_or_default();
        let codec = kind.and_then(|kind| Codec::from_mime(&format!("{kind}/{name}")));
        if let (Ok(number), Some(codec)) = (number.parse(), codec) {
            types.push((number, codec));
        }
    }
    types
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=ice-ufrag:abcd\r\na=ice-pwd:secret\r\n\
        a=rtpmap:111 opus/48000/2\r\na=recvonly\r\na=candidate:1 1 udp 1 127.0.0.1 3999 typ host\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n\
        a=rtpmap:97 rtx/90000\r\na=sendonly\r\na=end-of-candidates\r\n";

    fn ways() -> Vec<String> {
        candidates(&["198.51.100.7:7000".parse().unwrap()], Transports::Both)
    }

    #[test]
    fn a_peer_sees_our_public_addresses_and_no_others() {
        let theirs = for_peer(OURS, &ways(), Pictures::UpTo { kbps: 1_500 });
        assert!(!theirs.contains("127.0.0.1"), "{theirs}");
        let [udp, tcp] = ["udp", "tcp"].map(|way| format!("{way} ")).map(|way| theirs.matches(&way).count());
        assert_eq!((udp, tcp), (2, 2), "{theirs}");
        assert_eq!(theirs.matches("198.51.100.7 7000 typ host").count(), 4);
        assert_eq!(theirs.matches("a=end-of-candidates\r\n").count(), 2);
        assert!(theirs.contains("c=IN IP4 0.0.0.0\r\nb=AS:1500\r\nb=TIAS:1500000\r\na=mid:1"), "{theirs}");
        assert_eq!(theirs.matches("b=AS").count(), 1, "sound is small enough");
        bedside_protocol::sdp::Sdp::parse(&theirs.replace("a=mid:0", "a=fingerprint:sha-256 AA\r\na=mid:0"))
            .unwrap();
    }

    #[test]
    fn where_only_sound_is_wanted_every_picture_is_refused() {
        let theirs = for_peer(OURS, &ways(), Pictures::Refused);
        assert!(theirs.contains("a=rtpmap:97 rtx/90000\r\na=inactive\r\n"), "{theirs}");
        assert!(theirs.contains("opus/48000/2\r\na=recvonly\r\n"), "{theirs}");
    }

    #[test]
    fn of_a_peers_candidates_those_stay_that_we_may_send_to() {
        let own = ["203.0.113.1".parse().unwrap()];
        let line = |rest: &str| format!("a=candidate:1 1 {rest}\r\n");
        let good = line("udp 1 8.8.8.8 5000 typ srflx raddr 10.0.0.1 rport 9");
        let bad = [
            "udp 1 127.0.0.1 5000 typ host",
            "UDP 1 10.0.0.1 5000 typ host",
            "udp 1 169.254.169.254 5000 typ host",
            "udp 1 f81d4fae.local 5000 typ host",
            "tcp 1 8.8.8.8 5000 typ host tcptype passive",
            "udp 1 8.8.8.8 53 typ host",
            "udp 1 8.8.8.8 99999 typ host",
            "udp 1",
            "",
        ]
        .map(line)
        .concat();
        let theirs = format!("v=0\r\n{bad}{good}a=mid:0\r\n");
        assert_eq!(from_peer(&theirs, &own), format!("v=0\r\n{good}a=mid:0\r\n"));
        let many = good.repeat(100);
        assert_eq!(from_peer(&many, &own), good.repeat(MAX_CANDIDATES));
    }

    #[test]
    fn what_an_answer_left_out_of_our_formats_is_put_back() {
        let answer = "v=0\r\ns=-\r\nm=audio 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\nm=video 9 UDP/TLS/RTP/SAVPF 98\r\n\
            a=mid:1\r\na=rtpmap:98 VP9/90000\r\na=sendonly\r\n";
        let offer = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 97 98\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n\
            a=rtcp-fb:96 nack\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:98 VP9/90000\r\na=recvonly\r\n";
        let whole = with_offered_formats(answer, offer);
        let (before, after) = whole.split_once("m=video").unwrap();
        assert!(answer.starts_with(before), "{before}");
        assert_eq!(
            after,
            " 9 UDP/TLS/RTP/SAVPF 98 96 97\r\na=mid:1\r\na=rtpmap:98 VP9/90000\r\na=sendonly\r\n\
             a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
        );
        assert_eq!(with_offered_formats(answer, "v=0\r\n"), answer, "nothing of ours, nothing put back");
        assert_eq!(with_offered_formats(offer, offer), offer);
    }

    #[test]
    fn a_description_says_how_it_is_checked_and_coded() {
        assert_eq!(credentials(OURS), Some(("abcd", "secret")));
        assert_eq!(credentials("v=0\r\n"), None);
        assert_eq!(payload_types(OURS), [(111, Codec::Opus), (96, Codec::Vp8)]);
    }
}
