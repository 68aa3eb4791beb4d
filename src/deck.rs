//! The recorder as the configuration has it, and keeping one in the server's process.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    sync::Arc,
    time::Duration,
};

use bedside_recorder::{
    deck::{Deck, DeckConfig},
    leg::{LegOptions, PortConfig, Transports},
};
use tokio_util::sync::CancellationToken;

use crate::{config::Config, domain::Clinic, gateway::in_process::InProcess};

/// How soon a recorder that has come to a bad end is started again.
const PAUSE: Duration = Duration::from_secs(1);
/// Where recordings lie until they are put away.
const SPOOL: &str = "spool";
/// Addresses out in the world (RFC 5737, RFC 3849) that are asked about and never sent to.
const OUT_THERE: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1)), IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))];

/// What a recorder is like. `server`: where the server listens whose process it shares.
pub fn configured(config: &Config, server: Option<SocketAddr>) -> DeckConfig {
    let settings = &config.recording;
    let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    // One that nobody else reaches needs no other address than this machine's inside.
    let inside = server.filter(|address| address.ip().is_loopback() && config.server.public_url.is_none());
    let public = match (&settings.public_ip[..], settings.bind, inside) {
        ([], Some(own), _) => vec![own],
        ([], None, Some(inside)) => vec![inside.ip()],
        ([], None, None) => own_addresses(server),
        (configured, ..) => configured.to_vec(),
    };
    DeckConfig {
        port: PortConfig {
            port: u16::try_from(settings.udp_port).unwrap_or(0),
            public,
            transports: if settings.tcp { Transports::Both } else { Transports::Udp },
        },
        spool: config.data.dir.join(SPOOL),
        threads: usize::try_from(settings.media_threads).unwrap_or(1),
        max_legs: number(settings.concurrent.saturating_mul(config.limits.peers_per_call)),
        disk_floor_bytes: config.storage.disk_floor_mb.saturating_mul(1 << 20),
        leg: LegOptions { video_kbps: number(settings.max_kbps), ..LegOptions::default() },
    }
}

/// The addresses of this machine that others reach it at, as far as it knows.
fn own_addresses(server: Option<SocketAddr>) -> Vec<IpAddr> {
    let of_server = server.map(|address| address.ip()).filter(|ip| !ip.is_unspecified() && !ip.is_loopback());
    if let Some(ip) = of_server {
        return vec![ip];
    }
    let mut own: Vec<IpAddr> = OUT_THERE.into_iter().filter_map(|there| way_out(there).ok()).collect();
    own.retain(|ip| !ip.is_unspecified());
    if own.is_empty() {
        own.push(Ipv4Addr::LOCALHOST.into());
    }
    own
}

/// The address that this machine would have on its way there. Nothing is sent.
fn way_out(there: IpAddr) -> io::Result<IpAddr> {
    let any: IpAddr =
        if there.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect((there, 9))?;
    Ok(socket.local_addr()?.ip())
}

/// Held while a recorder works in a spool: another one in the same would take its files for those of a dead one.
#[derive(Debug)]
pub struct SpoolLock {
    _file: File,
}

impl SpoolLock {
    /// Take it.
    pub fn of(spool: &Path) -> io::Result<Self> {
        if let Some(parent) = spool.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let mut path = spool.as_os_str().to_owned();
        path.push(".lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => {
                let used = format!("another recorder uses {}", spool.display());
                Err(io::Error::new(io::ErrorKind::ResourceBusy, used))
            }
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Have a recorder in this process until the server goes down, another one where one has failed.
pub async fn keep(clinic: Arc<Clinic>, config: DeckConfig, closing: CancellationToken) {
    while !closing.is_cancelled() {
        if let Err(error) = serve(&clinic, &config, &closing).await {
            tracing::error!(error, "the recorder could not be started");
        }
        tokio::select! {
            () = closing.cancelled() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

async fn serve(clinic: &Arc<Clinic>, config: &DeckConfig, closing: &CancellationToken) -> Result<(), String> {
    let _lock = SpoolLock::of(&config.spool).map_err(|error| error.to_string())?;
    let deck = Deck::start(config.clone()).map_err(|error| error.to_string())?;
    let (signals, server) = InProcess::new(Arc::clone(clinic), config.spool.clone());
    deck.connect(signals).await;
    let served = server.serve();
    tokio::pin!(served);
    tokio::select! {
        () = &mut served => tracing::error!("the recorder has failed, and is started again"),
        () = closing.cancelled() => drop(tokio::join!(deck.close(), served)),
    }
    Ok(())
}
