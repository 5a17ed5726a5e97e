//! A connection that does not wait for ever.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

/// Ends when nothing could be sent for a while: the client reads nothing, or
/// has not asked for anything. What a client sends does not count, or one byte
/// now and then would hold the connection.
pub(super) struct Patient {
    stream: TcpStream,
    quiet: Duration,
    end: Pin<Box<Sleep>>,
}

impl Patient {
    pub(super) fn new(stream: TcpStream, quiet: Duration) -> Self {
        Self {
            stream,
            quiet,
            end: Box::pin(tokio::time::sleep(quiet)),
        }
    }

    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<io::ErrorKind> {
        ready!(self.end.as_mut().poll(context));
        Poll::Ready(io::ErrorKind::TimedOut)
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Pending => self.poll_end(context).map(|kind| Err(kind.into())),
            ready => ready,
        }
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(context, bytes) {
            Poll::Pending => self.poll_end(context).map(|kind| Err(kind.into())),
            ready => {
                let end = Instant::now() + self.quiet;
                self.end.as_mut().reset(end);
                ready
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
