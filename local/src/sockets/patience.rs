//! Patience with slow clients: none that stops in the middle may hold a connection for ever.
//!
//! A pause is counted, not the whole: a photo may take an hour over a thin line as long as it keeps coming. So every byte
//! that moves starts the count anew.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// Counts how long nothing has moved.
struct Pause {
    most: Duration,
    /// There from the first pause on; armed while nothing moves.
    alarm: Option<Pin<Box<Sleep>>>,
    armed: bool,
}

impl Pause {
    fn new(most: Duration) -> Self {
        Self { most, alarm: None, armed: false }
    }

    /// Something moved.
    fn over(&mut self) {
        self.armed = false;
    }

    /// Nothing moved just now. Ready when that has been so for too long.
    fn goes_on(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let most = self.most;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(most)));
        if !self.armed {
            alarm.as_mut().reset(Instant::now() + most);
            self.armed = true;
        }
        alarm.as_mut().poll(cx)
    }
}

/// A connection whose client has to take what it asked for. Reading is the business of who knows what is read: a
/// connection may rest, a head or a body may not.
pub(crate) struct Patient {
    stream: TcpStream,
    pause: Pause,
}

impl Patient {
    pub(super) fn new(stream: TcpStream, most: Duration) -> Self {
        Self { stream, pause: Pause::new(most) }
    }

    fn moved<T>(&mut self, cx: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.pause.over();
            return outcome;
        }
        ready!(self.pause.goes_on(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing of its answer")))
    }
}

impl AsyncRead for Patient {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.moved(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.moved(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Why a body ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// It stopped in the middle.
    #[error("{STALLED}")]
    Stalled,
    /// The connection broke, or what came is no body.
    #[error(transparent)]
    Broken(#[from] hyper::Error),
}

/// The sentence of [`BodyError::Stalled`], by which it is known again where only the text of an error arrives.
pub(crate) const STALLED: &str = "the client stopped in the middle of the body";

/// A request's body, whose client has to keep sending.
pub(crate) struct Sent {
    body: Incoming,
    pause: Pause,
}

impl Sent {
    pub(super) fn new(body: Incoming, most: Duration) -> Self {
        Self { body, pause: Pause::new(most) }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if frame.is_ready() {
            self.pause.over();
            return frame.map(|frame| frame.map(|frame| frame.map_err(BodyError::Broken)));
        }
        ready!(self.pause.goes_on(cx));
        Poll::Ready(Some(Err(BodyError::Stalled)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
