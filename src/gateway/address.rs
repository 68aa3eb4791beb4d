//! Where clients come from: their address behind trusted proxies, and what one address may do.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bedside_protocol::{Code, Refusal};
use dashmap::DashMap;
use governor::{Quota, RateLimiter, clock::Clock as _, clock::DefaultClock, state::keyed::DashMapStateStore};
use ipnet::IpNet;

use crate::config::Config;

/// When somebody whom there is no room for may try again, in milliseconds.
const FULL_PAUSE_MS: u64 = 5_000;

type Limiter = RateLimiter<IpAddr, DashMapStateStore<IpAddr>, DefaultClock>;

/// The limits of each client address. One for the server.
pub struct Addresses {
    trusted: Vec<IpNet>,
    connections: Limiter,
    requests: Limiter,
    open: DashMap<IpAddr, u64>,
    most_open: u64,
    all: AtomicU64,
    most: u64,
}

/// Counts one open connection of an address until it is dropped.
pub struct Counted {
    addresses: Arc<Addresses>,
    address: IpAddr,
    room: Room,
}

/// What a connection is let in for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Room {
    /// There is room for a session more.
    ForAnyone,
    /// There is none, but the session that it says it comes back to is here, and its old connection still counted.
    ForWhoComesBack,
}

impl Addresses {
    /// As configured.
    pub fn new(config: &Config) -> Self {
        let limits = &config.limits;
        Self {
            trusted: config.server.trusted_proxies.clone(),
            connections: RateLimiter::keyed(quota(limits.connections_per_second, limits.connections_burst)),
            requests: RateLimiter::keyed(quota(limits.requests_per_second, limits.requests_burst)),
            open: DashMap::new(),
            most_open: limits.sessions_per_address,
            all: AtomicU64::new(0),
            most: limits.sessions_per_node,
        }
    }

    /// The client's address: the connection's, or what a trusted proxy says of it. `header` finds a
    /// request's header. Of a chain of proxies the last one that is not trusted counts (RFC 7239).
    pub fn client<'a>(
        &self,
        peer: Option<SocketAddr>,
        header: impl Fn(&'static str) -> Option<&'a str>,
    ) -> IpAddr {
        let Some(peer) = peer.map(|peer| peer.ip().to_canonical()) else {
            return IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
        };
        if !self.trusts(peer) {
            return peer;
        }
        let forwarded = header("forwarded").map(|value| value.split(',').map(forwarded_for).collect());
        let chain: Vec<Option<IpAddr>> = forwarded.unwrap_or_else(|| {
            header("x-forwarded-for")
                .map(|value| value.split(',').map(parse_node).collect())
                .unwrap_or_default()
        });
        let mut client = peer;
        for hop in chain.into_iter().rev() {
            let Some(hop) = hop else { break };
            client = hop;
            if !self.trusts(hop) {
                break;
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|net| net.contains(&address))
    }

    /// May this address connect once more now?
    pub fn connect(&self, address: IpAddr) -> Result<(), Refusal> {
        check(&self.connections, address)
    }

    /// May this address ask once more now?
    pub fn request(&self, address: IpAddr) -> Result<(), Refusal> {
        check(&self.requests, address)
    }

    /// Whether there is room for one more connection, of the server and of this address.
    pub fn has_room(&self, address: IpAddr) -> Result<(), Refusal> {
        self.judge(self.open.get(&address).map_or(0, |open| *open))
    }

    /// Count an open connection, if there is room for it, or if it `comes_back` to a session that is here: the loss of
    /// the connection before may not have been noticed yet.
    pub fn count(
        self: &Arc<Self>,
        address: IpAddr,
        comes_back: impl FnOnce() -> bool,
    ) -> Result<Counted, Refusal> {
        let mut open = self.open.entry(address).or_insert(0);
        let room = match self.judge(*open) {
            Ok(()) => Room::ForAnyone,
            Err(_full) if comes_back() => Room::ForWhoComesBack,
            Err(full) => return Err(full),
        };
        *open += 1;
        self.all.fetch_add(1, Ordering::Relaxed);
        Ok(Counted { addresses: Arc::clone(self), address, room })
    }

    fn judge(&self, open: u64) -> Result<(), Refusal> {
        let full = if self.all.load(Ordering::Relaxed) >= self.most {
            Refusal::from(Code::Overloaded)
        } else if open >= self.most_open {
            Refusal::new(Code::Overloaded, "too many connections from this address")
        } else {
            return Ok(());
        };
        Err(full.retry_after_ms(FULL_PAUSE_MS))
    }

    /// Forget addresses that have not been heard of for a while. Called now and then.
    pub fn tidy(&self) {
        self.connections.retain_recent();
        self.requests.retain_recent();
    }
}

impl Counted {
    /// Whether it may begin a session, rather than come back to one only.
    pub fn may_begin(&self) -> Result<(), Refusal> {
        match self.room {
            Room::ForAnyone => Ok(()),
            Room::ForWhoComesBack => Err(Refusal::from(Code::Overloaded).retry_after_ms(FULL_PAUSE_MS)),
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.addresses.all.fetch_sub(1, Ordering::Relaxed);
        let open = &self.addresses.open;
        if let Some(mut count) = open.get_mut(&self.address) {
            *count = count.saturating_sub(1);
        }
        open.remove_if(&self.address, |_, count| *count == 0);
    }
}

fn quota(per_second: u64, burst: u64) -> Quota {
    let rate = |value: u64| {
        let value = u32::try_from(value).unwrap_or(u32::MAX);
        NonZeroU32::new(value).unwrap_or(NonZeroU32::MIN)
    };
    Quota::per_second(rate(per_second)).allow_burst(rate(burst))
}

fn check(limiter: &Limiter, address: IpAddr) -> Result<(), Refusal> {
    limiter.check_key(&address).map_err(|not_until| {
        let wait = not_until.wait_time_from(DefaultClock::default().now()).max(Duration::from_millis(1));
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
        Refusal::from(Code::RateLimited).retry_after_ms(wait_ms)
    })
}

/// `for=` of one element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    named.next().and_then(|(_, node)| parse_node(node.trim().trim_matches('"')))
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn parse_node(node: &str) -> Option<IpAddr> {
    let node = node.trim();
    let bare = node.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(address, _)| address);
    bare.unwrap_or(node)
        .parse()
        .ok()
        .or_else(|| node.parse::<SocketAddr>().ok().map(|address| address.ip()))
        .map(|address: IpAddr| address.to_canonical())
}
