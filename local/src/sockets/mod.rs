//! Connections: accepted, served over HTTP/1.1, drained at the end. The gallery and the S3 server share it.

mod descriptors;
mod limits;
mod patience;
mod sound;

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::Either;
use http::{Request, Response, StatusCode, header};
use http_body_util::{Either as EitherBody, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub use limits::{Limit, LimitError, Limits};
use patience::Patient;
pub(crate) use patience::{BodyError, STALLED, Sent};

/// A pause after the system refused a connection, for want of file descriptors as a rule.
const REFUSED_PAUSE: Duration = Duration::from_millis(50);

/// Answers requests on a socket until `shutdown` ends, then lets answers under way end, for a while at most.
/// With `tls` the connections are encrypted, and who comes without encryption is sent to the encrypted address.
pub(crate) async fn serve<F, A, B>(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    limits: &Limits,
    shutdown: impl Future<Output = ()>,
    answer: F,
) where
    F: Fn(Request<Sent>, SocketAddr) -> A + Clone + Send + 'static,
    A: Future<Output = Response<B>> + Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut http = hyper::server::conn::http1::Builder::new();
    // hyper keeps the date that it told last until its second is over: for hours, when the clock is set back. S3 clients sign
    // by that date.
    http.auto_date_header(false)
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_header_size(limits.head_bytes)
        // A head of which the end has not come is given up at this size; bodies are read in pieces of it.
        .max_buf_size(4 * limits.head_bytes)
        .max_headers(limits.headers);
    let connections = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(descriptors::for_connections(limits.connections)));
    let port = listener.local_addr().map_or(0, |address| address.port());
    // Dropped when the server is to stop: who has not said anything by then is not waited for.
    let (stopping, stopped) = watch::channel(());
    // Dropped when patience is at its end.
    let (cutting, cut) = watch::channel(());
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        let Some((stream, client, slot)) = accepted else { continue };
        let answer = answer.clone();
        let (handshake, stall) = (limits.handshake, limits.stall);
        let service = service_fn(move |request: Request<Incoming>| {
            if !sound::is_sound(&request) {
                return Either::Left(async { Ok::<_, Infallible>(dated(refused())) });
            }
            let last = sound::is_last(request.headers());
            let answered = answer(request.map(|body| Sent::new(body, stall)), client);
            Either::Right(async move {
                let mut response = answered.await.map(EitherBody::Left);
                if last {
                    sound::close(&mut response);
                }
                Ok(dated(response))
            })
        });
        let (http, tls, watcher) = (http.clone(), tls.clone(), connections.watcher());
        let (mut stopped, mut cut) = (stopped.clone(), cut.clone());
        let connection = async move {
            let ended: Result<(), Box<dyn Error + Send + Sync>> = match tls {
                None => {
                    let stream = TokioIo::new(Patient::new(stream, stall));
                    watcher.watch(http.serve_connection(stream, service)).await.map_err(Into::into)
                }
                Some(tls) => match tokio::select! {
                    greeted = tokio::time::timeout(handshake, greet(&tls, stream, stall)) => greeted,
                    _ = stopped.changed() => return,
                } {
                    Ok(Ok(Greeted::Encrypted(stream))) => {
                        watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await.map_err(Into::into)
                    }
                    Ok(Ok(Greeted::Plain(stream))) => {
                        let service =
                            service_fn(move |request| async move { Ok::<_, Infallible>(encrypted(&request, port)) });
                        watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await.map_err(Into::into)
                    }
                    Ok(Err(error)) => Err(error.into()),
                    Err(late) => Err(late.into()),
                },
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
        };
        tokio::spawn(async move {
            tokio::select! {
                () = connection => {}
                _ = cut.changed() => {}
            }
            drop(slot);
        });
    }
    drop((listener, stopping));
    if tokio::time::timeout(limits.drain, connections.shutdown()).await.is_err() {
        tracing::warn!("connections were cut after {} seconds", limits.drain.as_secs_f32());
    }
    drop(cutting);
}

/// The answer, with the time (RFC 9110, section 6.6.1).
fn dated<B>(mut response: Response<B>) -> Response<B> {
    let now = Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(now) = http::HeaderValue::try_from(now) {
        response.headers_mut().insert(header::DATE, now);
    }
    response
}

/// The answer to a request that could be read in several ways. Like every answer it says what browsers may do with it.
fn refused<B: http_body::Body<Data = Bytes>>() -> Response<EitherBody<B, Empty<Bytes>>> {
    let mut response = Response::new(EitherBody::Right(Empty::new()));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    careful(&mut response);
    sound::close(&mut response);
    response
}

/// What an answer says that does not come from the gate.
fn careful<B>(response: &mut Response<B>) {
    let headers = response.headers_mut();
    for (name, value) in session::headers::SECURITY {
        headers.insert(name, http::HeaderValue::from_static(value));
    }
    headers.insert(header::CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
}

/// How a client began.
enum Greeted {
    Encrypted(Box<TlsStream<Patient>>),
    Plain(Patient),
}

/// The type of the first record of every handshake (RFC 8446, section 5.1); no method of HTTP begins with it.
const HANDSHAKE: u8 = 22;

async fn greet(tls: &TlsAcceptor, stream: TcpStream, stall: Duration) -> std::io::Result<Greeted> {
    let mut first = [0];
    let plain = stream.peek(&mut first).await? == 1 && first[0] != HANDSHAKE;
    let stream = Patient::new(stream, stall);
    if plain {
        return Ok(Greeted::Plain(stream));
    }
    Ok(Greeted::Encrypted(Box::new(tls.accept(stream).await?)))
}

/// Sends a browser to the same page under https. Only to this machine: whatever else a client calls it is refused.
fn encrypted(request: &Request<Incoming>, port: u16) -> Response<Empty<Bytes>> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let ours = matches!(name, "localhost" | "127.0.0.1") && path.starts_with('/');
    let answer = Response::builder().header(header::CONNECTION, "close");
    let answer = if ours {
        answer.status(StatusCode::PERMANENT_REDIRECT).header(header::LOCATION, format!("https://{name}:{port}{path}"))
    } else {
        answer.status(StatusCode::BAD_REQUEST)
    };
    let mut answer = answer.body(Empty::new()).unwrap_or_default();
    careful(&mut answer);
    answer
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let slot = slots.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, client)) => {
            // Without it small answers wait for the client's acknowledgement.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "the connection has gone already");
            }
            Some((stream, client, slot))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection was not accepted");
            tokio::time::sleep(REFUSED_PAUSE).await;
            None
        }
    }
}
