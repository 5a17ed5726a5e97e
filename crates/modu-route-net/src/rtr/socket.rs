//! One router's connection, as the `rpki` crate's server may see it.
//!
//! That server reads queries and writes answers; what it does not do is done
//! around it here. It sees a query only when the query is whole, so that a
//! notification cannot make it forget half of one. After a PDU that it answers
//! with an error the stream ends, as the protocol demands (RFC 8210, section
//! 12). Answers are written in large pieces. And a router that says nothing,
//! asks without end, or does not read what it is sent is left.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use rpki::rtr::server::Socket;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, Sleep};

use super::Patience;
use crate::door::{Visit, told_to_stop};

/// Bytes of a PDU's header.
const HEADER: usize = 8;
/// PDU types that a router sends (RFC 8210, section 5).
const SERIAL_QUERY: u8 = 1;
const RESET_QUERY: u8 = 2;
/// Bytes of an answer that are gathered before they are written.
const PIECE: usize = 32 << 10;
/// What is still read of a router that is being left, so that it can read why.
const LINGER_BYTES: usize = 64 << 10;
const LINGER: Duration = Duration::from_secs(2);

/// What the connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Waiting for a query.
    Waiting,
    /// This many bytes of the input are the server's to read; then as said.
    Handing { bytes: usize, then_end: bool },
    /// Saying goodbye: nothing is read any more but to be thrown away.
    Leaving { thrown: usize },
    /// It is over.
    Ended,
}

/// A router's connection.
pub(super) struct RouterSocket {
    stream: TcpStream,
    input: BytesMut,
    output: BytesMut,
    stage: Stage,
    version: u8,
    patience: Patience,
    /// Queries since the minute began.
    queries: (Instant, u32),
    /// When the answer that is being written began, and was last read from.
    writing: Option<(Instant, Instant)>,
    alarm: Pin<Box<Sleep>>,
    stopping: Pin<Box<dyn Future<Output = ()> + Send + Sync>>,
    _visit: Visit,
}

impl RouterSocket {
    /// A connection whose first header has been read.
    pub(super) fn new(
        stream: TcpStream,
        header: [u8; HEADER],
        patience: Patience,
        mut stop: watch::Receiver<bool>,
        visit: Visit,
    ) -> Self {
        let [version, ..] = header;
        let now = Instant::now();
        Self {
            stream,
            input: BytesMut::from(&header[..]),
            output: BytesMut::new(),
            stage: Stage::Waiting,
            version,
            patience,
            queries: (now, 0),
            writing: None,
            alarm: Box::pin(tokio::time::sleep_until(now + patience.query)),
            stopping: Box::pin(async move { told_to_stop(&mut stop).await }),
            _visit: visit,
        }
    }

    fn set_alarm(&mut self, deadline: Instant) {
        if self.alarm.deadline() != deadline {
            self.alarm.as_mut().reset(deadline);
        }
    }

    /// Writes what was gathered; a router that does not read is an error.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.output.is_empty() {
            let now = Instant::now();
            let (began, moved) = *self.writing.get_or_insert((now, now));
            match Pin::new(&mut self.stream).poll_write(context, &self.output) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => {
                    self.output.advance(count);
                    self.writing = Some((began, now));
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    let deadline = (moved + self.patience.stall).min(began + self.patience.answer);
                    self.set_alarm(deadline);
                    ready!(self.alarm.as_mut().poll(context));
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Waits for a whole query, or for the reason to go.
    fn poll_query(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Stage>> {
        loop {
            if let Some(stage) = self.next_query() {
                return Poll::Ready(Ok(stage));
            }
            if self.stopping.as_mut().poll(context).is_ready() {
                return Poll::Ready(Ok(Stage::Leaving { thrown: 0 }));
            }
            let mut bytes = [0; 64];
            let mut space = ReadBuf::new(&mut bytes);
            match Pin::new(&mut self.stream).poll_read(context, &mut space) {
                Poll::Ready(Ok(())) if space.filled().is_empty() => {
                    return Poll::Ready(Ok(Stage::Ended));
                }
                Poll::Ready(Ok(())) => {
                    if self.input.is_empty() {
                        self.set_alarm(Instant::now() + self.patience.query);
                    }
                    self.input.extend_from_slice(space.filled());
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    ready!(self.alarm.as_mut().poll(context));
                    return Poll::Ready(Ok(Stage::Leaving { thrown: 0 }));
                }
            }
        }
    }

    /// What the gathered input is, if that can be said yet.
    fn next_query(&mut self) -> Option<Stage> {
        let (header, _) = self.input.split_first_chunk::<HEADER>()?;
        let [version, kind, _, _, length @ ..] = *header;
        let length = u32::from_be_bytes(length) as usize;
        let expected = match kind {
            SERIAL_QUERY => HEADER + 4,
            RESET_QUERY => HEADER,
            _ => 0,
        };
        if version != self.version || length != expected {
            // The server answers the header with an error, and that is all.
            return Some(Stage::Handing {
                bytes: HEADER,
                then_end: true,
            });
        }
        if self.input.len() < length {
            return None;
        }
        Some(match self.asks_too_often() {
            true => Stage::Leaving { thrown: 0 },
            false => Stage::Handing {
                bytes: length,
                then_end: false,
            },
        })
    }

    fn asks_too_often(&mut self) -> bool {
        let now = Instant::now();
        if now.duration_since(self.queries.0) >= Duration::from_secs(60) {
            self.queries = (now, 0);
        }
        self.queries.1 += 1;
        self.queries.1 > self.patience.queries_a_minute
    }

    /// Ends what is written, and throws away what still comes, for a moment:
    /// closing over unread bytes would take the last answer back.
    fn poll_leave(&mut self, mut thrown: usize, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        if thrown == 0 {
            self.set_alarm(Instant::now() + LINGER);
            thrown = 1;
        }
        loop {
            self.stage = Stage::Leaving { thrown };
            let mut bytes = [0; 1024];
            let mut space = ReadBuf::new(&mut bytes);
            match Pin::new(&mut self.stream).poll_read(context, &mut space) {
                Poll::Ready(Ok(())) if space.filled().is_empty() => return Poll::Ready(Ok(())),
                Poll::Ready(Ok(())) => thrown += space.filled().len(),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return self.alarm.as_mut().poll(context).map(Ok),
            }
            if thrown > LINGER_BYTES {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncRead for RouterSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        // Whoever begins to read has finished answering.
        ready!(this.poll_send(context))?;
        if this.writing.take().is_some() {
            this.set_alarm(Instant::now() + this.patience.idle);
        }
        loop {
            match this.stage {
                Stage::Waiting => this.stage = ready!(this.poll_query(context))?,
                Stage::Handing { bytes, then_end } => {
                    let count = bytes.min(buffer.remaining()).min(this.input.len());
                    buffer.put_slice(&this.input.split_to(count));
                    this.stage = match (bytes - count, then_end) {
                        (0, true) => Stage::Leaving { thrown: 0 },
                        (0, false) => Stage::Waiting,
                        (bytes, then_end) => Stage::Handing { bytes, then_end },
                    };
                    return Poll::Ready(Ok(()));
                }
                Stage::Leaving { thrown } => {
                    let left = ready!(this.poll_leave(thrown, context));
                    this.stage = Stage::Ended;
                    left?;
                }
                Stage::Ended => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl AsyncWrite for RouterSocket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.output.len() >= PIECE {
            ready!(self.poll_send(context))?;
        }
        self.output.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_send(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl Socket for RouterSocket {}
