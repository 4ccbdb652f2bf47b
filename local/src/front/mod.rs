//! The HTTP front: plays CloudFront for one machine.
//!
//! For each request it builds the viewer-request event that CloudFront would build, asks the gate that the edge
//! function asks, and obeys: answers what the gate answers, or hands the request on to the login function (as a
//! function URL event) or to the bucket behind the path. It decides nothing of its own. What the upload page sends goes past
//! the gate, as to a deployed bucket: its signature is its right ([`uploads`]).

mod answer;
pub mod compress;
mod function_url;
mod kept;
mod origin;
pub mod range;
mod uploads;
mod viewer_request;

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use gallery::{Key, Store};
use http::header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY, COOKIE, HeaderName, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use jiff::Timestamp;
use login::Login;
use session::gate::{Decision, Gate};
use session::viewer_request as edge;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use answer::{Body, empty, secure, with_bytes};
use compress::{Coding, compressed};
use kept::Kept;

use crate::s3::{Folder, Server};
use crate::sockets::{self, BodyError, Limits, Sent};

/// What the front needs to answer.
pub struct Front {
    folder: Arc<Folder>,
    store: Store,
    /// Takes what the upload page sends.
    server: Server,
    login: Arc<Login>,
    gate: watch::Receiver<Arc<Gate>>,
    limits: Limits,
    kept: Kept,
    trusts_proxy: bool,
}

/// Accepts connections until `stop` is ready, then lets open requests end.
pub async fn listen(
    front: Arc<Front>,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    stop: impl Future<Output = ()>,
) {
    let limits = front.limits.clone();
    let answer = move |request, client| {
        let front = front.clone();
        async move { front.answer(request, client).await }
    };
    sockets::serve(listener, tls, &limits, stop, answer).await;
}

impl Front {
    /// A front before the buckets of a folder, which `store` is the way to. The gate is replaced when the keys change.
    pub fn new(
        folder: Arc<Folder>,
        store: Store,
        server: Server,
        login: Arc<Login>,
        gate: watch::Receiver<Arc<Gate>>,
        limits: Limits,
    ) -> Self {
        Self { folder, store, server, login, gate, limits, kept: Kept::default(), trusts_proxy: false }
    }

    /// The same, behind a proxy on this machine that tells who asks.
    #[must_use]
    pub fn behind_proxy(mut self) -> Self {
        self.trusts_proxy = true;
        self
    }

    async fn answer(&self, request: Request<Sent>, client: SocketAddr) -> Response<Body> {
        let (parts, body) = request.into_parts();
        if uploads::is_upload(&parts) {
            let mut response = Box::pin(uploads::take(&self.server, parts, body)).await;
            secure(&mut response);
            return response;
        }
        match self.at_once(&parts).await {
            Some(answer) => answer,
            // Boxed, because it is large: most requests would only carry it along.
            None => Box::pin(self.with_all_it_takes(parts, body, client)).await,
        }
    }

    async fn with_all_it_takes(&self, parts: Parts, body: Sent, client: SocketAddr) -> Response<Body> {
        let head = parts.method == Method::HEAD;
        let wanted = Coding::wanted(&parts.headers).filter(|_| !head);
        let mut response = compressed(self.decide(parts, body, client).await, wanted).await;
        if head {
            *response.body_mut() = answer::boxed(http_body_util::Empty::new());
        }
        secure(&mut response);
        response
    }

    /// Answers most requests by far: pages and pictures for somebody whose session needs no second look. The gate decides
    /// here as everywhere; what it does not allow at once it is asked again, with all that the request says.
    async fn at_once(&self, parts: &Parts) -> Option<Response<Body>> {
        let path = parts.uri.path();
        if parts.uri.scheme().is_some() || path == MAP {
            return None;
        }
        let mut cookies = parts.headers.get_all(COOKIE).iter();
        let first = cookies.next().map_or(Some(""), |line| line.to_str().ok())?;
        if cookies.next().is_some() {
            return None;
        }
        let gate = self.gate.borrow().clone();
        let object = session::gate::object(&gate, parts.method.as_str(), path, first, Timestamp::now().as_second())?;
        self.kept.answer(&self.folder, &self.store, origin::bucket(path), &object, parts).await
    }

    /// The other end of the connection; or, where that is a proxy that is believed, the last of those that it names, which is
    /// the one that it saw itself.
    fn who_asks(&self, parts: &Parts, peer: IpAddr) -> IpAddr {
        let named = || {
            let last = parts.headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
            last.rsplit(',').next()?.trim().parse().ok()
        };
        if self.trusts_proxy && peer.is_loopback() { named().unwrap_or(peer) } else { peer }
    }

    async fn decide(&self, parts: Parts, incoming: Sent, client: SocketAddr) -> Response<Body> {
        let client = self.who_asks(&parts, client.ip()).to_string();
        // HTTP/1.1 allows `GET http://host/path`; CloudFront would only ever see the path.
        if parts.uri.scheme().is_some() || !parts.uri.path().starts_with('/') {
            return empty(StatusCode::BAD_REQUEST);
        }
        let for_login = parts.uri.path().starts_with("/auth/");
        let body = if for_login { self.form(&parts, incoming).await } else { Ok(Bytes::new()) };
        let body = match body {
            Ok(body) => body,
            Err(status) => return empty(status),
        };
        let now = Timestamp::now();
        let event = viewer_request::event(&parts, &client, for_login.then_some(&body));
        let event = serde_json::from_value::<edge::Event>(event).ok();
        let Some(asked) = event.and_then(|event| event.into_request().ok()) else {
            return empty(StatusCode::BAD_REQUEST);
        };
        let gate = self.gate.borrow().clone();
        match session::gate::decide(&gate, &asked, now.as_second()) {
            Decision::Respond(answer) => generated(&answer),
            Decision::Forward(asked) if for_login => {
                let parts = forwarded(&parts, &asked);
                function_url::response(self.login.handle(function_url::request(&parts, &client, &body, now), now).await)
            }
            Decision::Forward(asked) => {
                let (path, parts) = (parts.uri.path(), forwarded(&parts, &asked));
                let mut response = origin::fetch(&self.store, origin::bucket(path), &asked.uri, &parts).await;
                if path == MAP {
                    self.let_tiles_come(&mut response).await;
                }
                response
            }
        }
    }
}

/// The address of the map.
const MAP: &str = "/map/";

impl Front {
    /// Reads a form whole, or tells with which status to refuse it.
    async fn form(&self, parts: &Parts, incoming: Sent) -> Result<Bytes, StatusCode> {
        let (time, most) = (self.limits.form, self.limits.form_bytes);
        let announced = parts.headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > most) {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        if announced.is_none() && !parts.headers.contains_key(TRANSFER_ENCODING) {
            return Ok(Bytes::new());
        }
        match tokio::time::timeout(time, Limited::new(incoming, most).collect()).await {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
            Ok(Err(error)) if matches!(error.downcast_ref(), Some(BodyError::Stalled)) => {
                Err(StatusCode::REQUEST_TIMEOUT)
            }
            Ok(Err(_)) => Err(StatusCode::BAD_REQUEST),
            Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
        }
    }

    /// Lets the map's pictures of the earth come from where the owner says, if from anywhere. (`map_tiles` in
    /// `heirloom.toml` does it on AWS, where headers are the distribution's.)
    async fn let_tiles_come(&self, response: &mut Response<Body>) {
        let record = self.store.read_json::<builder::GalleryRecord>(&Key::GalleryCatalogue).await;
        let settings = record.ok().flatten().map(|(record, _)| record.settings.values);
        let Some(tiles) = settings.and_then(|settings| settings.map?.tiles) else { return };
        if let Ok(policy) = HeaderValue::try_from(session::headers::policy_with_tiles(tiles.origin())) {
            response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        }
    }
}

/// The request with the headers that the gate left.
fn forwarded(parts: &Parts, asked: &edge::Request) -> Parts {
    let mut parts = parts.clone();
    parts.headers.clear();
    for (name, entries) in &asked.headers {
        for entry in entries {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(&entry.value)) {
                parts.headers.append(name, value);
            }
        }
    }
    parts
}

/// An answer that the gate made itself.
fn generated(answer: &edge::Response) -> Response<Body> {
    let status = answer.status.parse().unwrap_or(StatusCode::FORBIDDEN);
    let mut response = with_bytes(status, answer.body.clone().unwrap_or_default());
    for (name, entries) in &answer.headers {
        for (index, entry) in entries.iter().enumerate() {
            let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(&entry.value)) else {
                continue;
            };
            if index == 0 {
                response.headers_mut().insert(name, value);
            } else {
                response.headers_mut().append(name, value);
            }
        }
    }
    response
}
