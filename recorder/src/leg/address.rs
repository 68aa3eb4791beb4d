//! To which addresses a recorder sends. A peer names its addresses itself, so a recorder that believed every one could be made to
//! knock at machines behind its own wall. Nothing is lost by being strict: whoever can reach the recorder is answered. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// This machine.
    Loopback,
    /// The networks of a house.
    Private,
    /// Everywhere.
    Global,
    /// No single machine that could be a peer, or one under another name.
    Special,
}

/// Ports below are those of services.
const FIRST_PORT: u16 = 1_024;

/// Whether a peer may be looked for there: anywhere in the world, and in private networks or on this machine only where that is
/// where we are ourselves.
pub(super) fn may_be_peer(ip: IpAddr, port: u16, own: &[IpAddr]) -> bool {
    let among_own = |scope| own.iter().any(|ip| scope_of(*ip) == scope);
    port >= FIRST_PORT
        && match scope_of(ip) {
            Scope::Global => true,
            scope @ (Scope::Loopback | Scope::Private) => among_own(scope),
            Scope::Special => false,
        }
}

/// Whether nobody who means well would name this address to a recorder that has these: it is every machine's own, none's, many
/// machines', or one under another name. Others that lead nowhere are no reason to refuse anything: machines behind tunnels and in
/// laboratories have the strangest, and know no better.
pub fn is_nobodys(ip: IpAddr, own: &[IpAddr]) -> bool {
    let mapped = matches!(ip, IpAddr::V6(ip) if ip.to_ipv4_mapped().is_some());
    let among_us = ip.is_loopback() && own.iter().any(IpAddr::is_loopback);
    ip.is_unspecified() || ip.is_multicast() || mapped || is_link_local(ip) || ip.is_loopback() && !among_us
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

fn scope_of(ip: IpAddr) -> Scope {
    match ip {
        IpAddr::V4(ip) => scope_of_v4(ip),
        IpAddr::V6(ip) => scope_of_v6(ip),
    }
}

/// The special-purpose registry of IANA (RFC 6890).
fn scope_of_v4(ip: Ipv4Addr) -> Scope {
    match ip.octets() {
        [127, ..] => Scope::Loopback,
        [10, ..] | [192, 168, ..] => Scope::Private,
        [172, second, ..] if second & 0xf0 == 16 => Scope::Private,
        // Shared between a provider and its customers (RFC 6598).
        [100, second, ..] if second & 0xc0 == 64 => Scope::Private,
        // This network, link-local, protocol assignments, benchmarks, documentation, multicast, reserved, broadcast.
        [0 | 224..=255, ..]
        | [169, 254, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => Scope::Special,
        _ => Scope::Global,
    }
}

fn scope_of_v6(ip: Ipv6Addr) -> Scope {
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Scope::Loopback,
        [first, ..] if first & 0xfe00 == 0xfc00 => Scope::Private,
        // Teredo, benchmarks, ORCHID, documentation: of 2001::/23 nothing is a peer.
        [0x2001, second, ..] if second < 0x0200 || second == 0x0db8 => Scope::Special,
        // Carries an address of the other family (RFC 3056).
        [0x2002, ..] => Scope::Special,
        [first, ..] if first & 0xe000 == 0x2000 => Scope::Global,
        // Unspecified, mapped, translated, link-local, multicast, and what nobody was given.
        _ => Scope::Special,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(ip: &str, own: &str) -> bool {
        may_be_peer(ip.parse().unwrap(), 50_000, &[own.parse().unwrap()])
    }

    #[test]
    fn a_recorder_looks_for_peers_in_the_world_and_in_its_own_kind_of_network() {
        for ip in ["8.8.8.8", "193.99.144.80", "2a02:2e0::1", "2001:4860:4860::8888"] {
            assert!(allowed(ip, "8.8.4.4") && allowed(ip, "127.0.0.1"), "{ip}");
        }
        for ip in ["10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "fd00::1"] {
            assert!(!allowed(ip, "8.8.8.8") && !allowed(ip, "::1") && allowed(ip, "192.168.0.5"), "{ip}");
        }
        for ip in ["127.0.0.1", "127.9.9.9", "::1"] {
            assert!(!allowed(ip, "8.8.8.8") && !allowed(ip, "10.0.0.1") && allowed(ip, "127.0.0.1"), "{ip}");
        }
    }

    #[test]
    fn a_recorder_sends_to_no_special_address_wherever_it_is() {
        let special = [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "192.0.0.8",
            "192.0.2.1",
            "198.19.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::8.8.8.8",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for (ip, own) in special.iter().flat_map(|ip| ["127.0.0.1", "10.0.0.1", "::1"].map(|own| (ip, own))) {
            assert!(!allowed(ip, own), "{ip}");
        }
    }

    #[test]
    fn what_nobody_has_is_told_apart_from_what_only_cannot_be_reached() {
        let nobodys = |ip: &str, own: &str| is_nobodys(ip.parse().unwrap(), &[own.parse().unwrap()]);
        for ip in ["8.8.8.8", "10.1.2.3", "100.64.0.1", "198.18.0.1", "192.0.2.2", "fd00::1", "2001:db8::1"] {
            assert!(!nobodys(ip, "8.8.8.8") && !nobodys(ip, "127.0.0.1"), "{ip}");
        }
        for ip in ["127.0.0.1", "::1"] {
            assert!(nobodys(ip, "8.8.8.8") && nobodys(ip, "10.0.0.1") && !nobodys(ip, "127.0.0.1"), "{ip}");
        }
        for ip in ["0.0.0.0", "169.254.1.1", "224.0.0.1", "::", "::ffff:127.0.0.1", "fe80::1", "ff02::1"] {
            assert!(nobodys(ip, "8.8.8.8") && nobodys(ip, "127.0.0.1"), "{ip}");
        }
    }

    #[test]
    fn a_recorder_sends_to_no_port_of_a_service() {
        for port in [0, 25, 53, 443, 1_023] {
            assert!(!may_be_peer("8.8.8.8".parse().unwrap(), port, &[]));
        }
    }
}
