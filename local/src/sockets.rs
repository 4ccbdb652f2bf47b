//! Connections: accepted, served over HTTP/1.1, drained at the end. The gallery and the S3 server share it.

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a client may take to send the head of a request.
const HEAD_TIME: Duration = Duration::from_secs(20);

/// How long a client may take to agree on encryption.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// How many connections are served at once by one server; more wait to be accepted.
const CONNECTIONS: usize = 4096;

/// How long answers under way may take once the server is asked to stop.
const DRAIN: Duration = Duration::from_secs(5);

/// A pause after the system refused a connection, for want of file descriptors as a rule.
const REFUSED_PAUSE: Duration = Duration::from_millis(50);

/// Answers requests on a socket until `shutdown` ends, then lets answers under way end, for a few seconds at most.
/// With `tls` the connections are encrypted, and who comes without encryption is sent to the encrypted address.
pub(crate) async fn serve<F, A, B>(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    shutdown: impl Future<Output = ()>,
    answer: F,
) where
    F: Fn(Request<Incoming>, SocketAddr) -> A + Clone + Send + 'static,
    A: Future<Output = Response<B>> + Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME);
    let connections = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let port = listener.local_addr().map_or(0, |address| address.port());
    // Dropped when the server is to stop: who has not said anything by then is not waited for.
    let (stopping, stopped) = watch::channel(());
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        let Some((stream, client, slot)) = accepted else { continue };
        let answer = answer.clone();
        let service = service_fn(move |request| {
            let answered = answer(request, client);
            async move { Ok::<_, Infallible>(answered.await) }
        });
        let (http, tls, watcher, mut stopped) = (http.clone(), tls.clone(), connections.watcher(), stopped.clone());
        tokio::spawn(async move {
            let ended: Result<(), Box<dyn Error + Send + Sync>> = match tls {
                None => watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await.map_err(Into::into),
                Some(tls) => match tokio::select! {
                    greeted = tokio::time::timeout(HANDSHAKE_TIME, greet(&tls, stream)) => greeted,
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
            drop(slot);
        });
    }
    drop((listener, stopping));
    if tokio::time::timeout(DRAIN, connections.shutdown()).await.is_err() {
        tracing::warn!("connections were cut after {} seconds", DRAIN.as_secs());
    }
}

/// How a client began.
enum Greeted {
    Encrypted(Box<TlsStream<TcpStream>>),
    Plain(TcpStream),
}

/// The type of the first record of every handshake (RFC 8446, section 5.1); no method of HTTP begins with it.
const HANDSHAKE: u8 = 22;

async fn greet(tls: &TlsAcceptor, stream: TcpStream) -> std::io::Result<Greeted> {
    let mut first = [0];
    if stream.peek(&mut first).await? == 1 && first[0] != HANDSHAKE {
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
    answer.body(Empty::new()).unwrap_or_default()
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
