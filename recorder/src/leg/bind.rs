//! The sockets of the port.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use super::port::{PortConfig, PortError, Transports};

/// Asked of the kernel for each socket: what 50 legs send while a thread is busy for a fifth of a second.
const SOCKET_BUFFER_BYTES: usize = 4 << 20;

/// Connections that may wait to be accepted.
const TCP_BACKLOG: i32 = 128;

/// Free ports that are tried: few machines use every second one.
const FREE_PORT_TRIES: u32 = 16;

/// All sockets, and the port that they have in common. A free one for UDP may be somebody's for TCP: then another is looked for.
pub(super) fn bind(config: &PortConfig) -> Result<(u16, Vec<UdpSocket>, Vec<TcpListener>), PortError> {
    let mut tries = if config.port == 0 { FREE_PORT_TRIES } else { 1 };
    loop {
        tries -= 1;
        match bind_once(config) {
            Err(PortError::Bind { cause, .. }) if cause.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
            outcome => return outcome,
        }
    }
}

fn bind_once(config: &PortConfig) -> Result<(u16, Vec<UdpSocket>, Vec<TcpListener>), PortError> {
    let mut port = config.port;
    let (mut sockets, mut listeners) = (Vec::new(), Vec::new());
    for ip in bound(&config.public) {
        if config.transports != Transports::Tcp {
            let socket = udp(SocketAddr::new(ip, port));
            let socket = socket.map_err(|cause| PortError::Bind { transport: "UDP", port, cause })?;
            port = socket.local_addr().map_or(port, |address| address.port());
            sockets.push(socket);
        }
        if config.transports != Transports::Udp {
            let listener = listen(SocketAddr::new(ip, port));
            let listener = listener.map_err(|cause| PortError::Bind { transport: "TCP", port, cause })?;
            port = listener.local_addr().map_or(port, |address| address.port());
            listeners.push(listener);
        }
    }
    Ok((port, sockets, listeners))
}

/// The addresses to listen on.
fn bound(public: &[IpAddr]) -> Vec<IpAddr> {
    let mut bound = Vec::new();
    for ip in public {
        let ip = match ip {
            IpAddr::V4(_) | IpAddr::V6(_) if ip.is_loopback() => *ip,
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        // One socket for each family: every interface includes the loopback.
        let other = bound.iter().position(|other: &IpAddr| other.is_ipv4() == ip.is_ipv4());
        match other.and_then(|place| bound.get_mut(place)) {
            Some(other) if ip.is_unspecified() => *other = ip,
            Some(_) => {}
            None => bound.push(ip),
        }
    }
    bound
}

fn raw(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        // Addresses of the other family come in through its own socket, as what they are.
        socket.set_only_v6(true)?;
    }
    Ok(socket)
}

fn udp(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = raw(address, Type::DGRAM, Protocol::UDP)?;
    if let Err(error) = socket.set_recv_buffer_size(SOCKET_BUFFER_BYTES) {
        tracing::debug!(%error, "the kernel gives the recorder's port a small buffer");
    }
    socket.bind(&address.into())?;
    Ok(socket.into())
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = raw(address, Type::STREAM, Protocol::TCP)?;
    // After a restart the port is free at once, whatever the kernel still remembers of old connections.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(TCP_BACKLOG)?;
    TcpListener::from_std(socket.into())
}
