//! A connection on which nobody is answered who has not asked.
//!
//! Browsers open connections before they have a request for them, and take the next request to one that still stands.
//! Where it has just been told `408 Request Timeout` for having asked nothing in time, Firefox takes that for the answer
//! to a request which has not even gone out, and a part of a page is missing. So a connection on which nothing has come
//! is closed without a word, which every browser knows how to take: it asks on another.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What is written before anything was read goes nowhere.
#[derive(Debug)]
pub(super) struct Reticent<T> {
    connection: T,
    is_asked: bool,
}

impl<T> Reticent<T> {
    pub(super) fn new(connection: T) -> Self {
        Self { connection, is_asked: false }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Reticent<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = Pin::new(&mut self.connection).poll_read(context, into);
        self.is_asked |= into.filled().len() > before;
        read
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Reticent<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if !self.is_asked {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.connection).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if !self.is_asked {
            return Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()));
        }
        Pin::new(&mut self.connection).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(context)
    }
}
