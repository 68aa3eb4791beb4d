//! How datagrams lie in a stream: each with its length in front (RFC 4571).

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The next datagram. One that does not fit into `buffer` is an error, and so is an end in the middle.
pub(super) async fn frame<'a>(
    read: &mut (impl AsyncRead + Unpin),
    buffer: &'a mut [u8],
) -> io::Result<&'a [u8]> {
    let size = usize::from(read.read_u16().await?);
    let too_long = || io::Error::new(io::ErrorKind::PermissionDenied, "a datagram is too long");
    let datagram = buffer.get_mut(..size).ok_or_else(too_long)?;
    read.read_exact(datagram).await?;
    Ok(datagram)
}
