//! The raw stream to a port.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use kube::api::Portforwarder;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;

use super::Unreached;

/// A stream to a port of a pod. When nothing listens there, reading fails with an [`Unreached`] inside the error.
pub struct PodStream {
    stream: DuplexStream,
    /// What the container runtime says when it cannot connect.
    refusal: Option<BoxFuture<'static, Option<String>>>,
    forwarder: Portforwarder,
    _turn: OwnedSemaphorePermit,
}

impl PodStream {
    pub(super) fn new(mut forwarder: Portforwarder, port: u16, turn: OwnedSemaphorePermit) -> Result<Self, Unreached> {
        let taken = (forwarder.take_stream(port), forwarder.take_error(port));
        let (Some(stream), Some(refusal)) = taken else { return Err(Unreached::ApiServer("there is no stream for the port".to_owned())) };
        Ok(Self { stream, refusal: Some(refusal.boxed()), forwarder, _turn: turn })
    }
}

impl Drop for PodStream {
    /// A forwarded connection is used once: whatever is still under way in it is nobody's.
    fn drop(&mut self) {
        self.forwarder.abort();
    }
}

impl AsyncRead for PodStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        // What has come is handed out before anybody is told that there is no more.
        if buffer.filled().len() > before || matches!(read, Poll::Ready(Err(_))) {
            return read;
        }
        if let Some(refusal) = &mut self.refusal
            && let Poll::Ready(said) = refusal.poll_unpin(cx)
        {
            self.refusal = None;
            if let Some(said) = said {
                return Poll::Ready(Err(Unreached::told(&said).into_io()));
            }
        }
        read
    }
}

impl AsyncWrite for PodStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
