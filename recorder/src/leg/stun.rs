//! The little of STUN (RFC 8489) that the gate in front of the legs needs: is this a connectivity check, for whom, and did
//! its sender know the password? Pure.

use ring::hmac;

const HEADER_BYTES: usize = 20;
const BINDING_REQUEST: u16 = 0x0001;
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
/// An attribute of HMAC-SHA1 with its header.
const INTEGRITY_BYTES: usize = 24;

/// A connectivity check (RFC 8445 section 7) whose sender is not known yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Check<'a> {
    /// For which side it is: the first half of its user name.
    pub ufrag: &'a [u8],
    /// What the integrity covers, but for the length field.
    covered: &'a [u8],
    mac: &'a [u8],
}

/// The key of a side's checks: its ICE password, as it is (RFC 8489 section 9.1.1).
pub(super) fn key(password: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes())
}

/// Whether a datagram is of STUN, by its first byte (RFC 7983).
pub(super) fn is_stun(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| *first < 4)
}

/// Whether a datagram is a request, which must pass the check whoever sent it.
pub(super) fn is_request(datagram: &[u8]) -> bool {
    // The two bits of the class (RFC 8489 section 5) are both zero.
    matches!(datagram, [first, second, ..] if first & 0x01 == 0 && second & 0x10 == 0)
}

impl<'a> Check<'a> {
    /// Read a datagram; nothing when it is anything else than a whole binding request with a name and an integrity.
    pub(super) fn parse(datagram: &'a [u8]) -> Option<Self> {
        let (header, attributes) = datagram.split_at_checked(HEADER_BYTES)?;
        let [kind_high, kind_low, length_high, length_low, cookie @ ..] = header else { return None };
        let length = usize::from(u16::from_be_bytes([*length_high, *length_low]));
        if u16::from_be_bytes([*kind_high, *kind_low]) != BINDING_REQUEST
            || !cookie.starts_with(&MAGIC_COOKIE)
            || length != attributes.len()
        {
            return None;
        }
        let mut ufrag = None;
        let mut at = HEADER_BYTES;
        loop {
            let [kind_high, kind_low, size_high, size_low] = *datagram.get(at..)?.first_chunk()?;
            let size = usize::from(u16::from_be_bytes([size_high, size_low]));
            let value = datagram.get(at + 4..)?.get(..size)?;
            match u16::from_be_bytes([kind_high, kind_low]) {
                USERNAME if ufrag.is_none() => ufrag = value.split(|byte| *byte == b':').next(),
                MESSAGE_INTEGRITY if size == INTEGRITY_BYTES - 4 => {
                    return Some(Self { ufrag: ufrag?, covered: datagram.get(..at)?, mac: value });
                }
                _ => {}
            }
            at += 4 + size.next_multiple_of(4);
        }
    }

    /// Whether its sender knows the password of `key`.
    pub(super) fn holds(&self, key: &hmac::Key) -> bool {
        // The length counts up to and with the integrity, whatever came behind it (RFC 8489 section 14.5).
        let length = self.covered.len() - HEADER_BYTES + INTEGRITY_BYTES;
        let mut signed = self.covered.to_vec();
        let Ok(length) = u16::try_from(length) else { return false };
        if let Some(field) = signed.get_mut(2..4) {
            field.copy_from_slice(&length.to_be_bytes());
        }
        hmac::verify(key, &signed, self.mac).is_ok()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A binding request for `ufrag`, signed with `password`.
    pub(in crate::leg) fn check(ufrag: &str, password: &str) -> Vec<u8> {
        let name = format!("{ufrag}:them");
        let mut message = vec![0x00, 0x01, 0, 0];
        message.extend(MAGIC_COOKIE);
        message.extend([7; 12]);
        message.extend([0x00, 0x06]);
        message.extend(u16::try_from(name.len()).unwrap().to_be_bytes());
        message.extend(name.as_bytes());
        message.resize(message.len().next_multiple_of(4), 0);
        let length = u16::try_from(message.len() - HEADER_BYTES + INTEGRITY_BYTES).unwrap();
        message[2..4].copy_from_slice(&length.to_be_bytes());
        let mac = hmac::sign(&key(password), &message);
        message.extend([0x00, 0x08, 0, 20]);
        message.extend(mac.as_ref());
        message
    }

    #[test]
    fn a_check_holds_with_the_password_that_made_it_and_with_no_other() {
        let datagram = check("mine", "secret");
        let parsed = Check::parse(&datagram).unwrap();
        assert_eq!(parsed.ufrag, b"mine");
        assert!(parsed.holds(&key("secret")));
        assert!(!parsed.holds(&key("Secret")));
    }

    #[test]
    fn no_bit_of_a_check_can_be_changed() {
        let whole = check("mine", "secret");
        for bit in 0..whole.len() * 8 {
            let mut changed = whole.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let holds = Check::parse(&changed).is_some_and(|check| check.holds(&key("secret")));
            assert!(!holds, "bit {bit}");
        }
    }

    #[test]
    fn what_is_cut_off_or_goes_on_is_no_check() {
        let whole = check("mine", "secret");
        for length in 0..whole.len() {
            assert!(Check::parse(&whole[..length]).is_none(), "{length}");
        }
        let longer = [whole.as_slice(), &[0; 4]].concat();
        assert!(Check::parse(&longer).is_none());
    }

    /// RFC 5769 section 2.1: a request with MESSAGE-INTEGRITY and FINGERPRINT.
    #[test]
    fn the_sample_request_of_the_standard_holds() {
        let sample = "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e2074657374\
                      20636c69656e74002400046e0001ff80290008932ff9b151263b36000600096576\
                      746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571\
                      a280280004e57a3bcf";
        let bytes: Vec<u8> = sample
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect();
        let parsed = Check::parse(&bytes).unwrap();
        assert_eq!(parsed.ufrag, b"evtj");
        assert!(parsed.holds(&key("VOkJxbRl1RmTxUk/WvJxBt")));
    }
}
