//! The HTTP front: plays CloudFront for one machine.
//!
//! For each request it builds the viewer-request event that CloudFront would build, asks the gate that the edge
//! function asks, and obeys: answers what the gate answers, or hands the request on to the login function (as a
//! function URL event) or to the bucket behind the path. It decides nothing of its own.

mod answer;
mod compress;
mod function_url;
mod origin;
mod viewer_request;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gallery::{Key, Store};
use http::header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY, HeaderName, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use jiff::Timestamp;
use login::Login;
use session::gate::{Decision, Gate};
use session::viewer_request as edge;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use answer::{Body, empty, secure, with_bytes};
use compress::{Coding, compressed};

use crate::sockets;

/// The largest form that is read: twice what an edge function is shown.
const LARGEST_FORM: usize = 80 * 1024;

/// How long a client may take to send a form.
const FORM_TIME: Duration = Duration::from_secs(30);

/// What the front needs to answer.
pub struct Front {
    /// The buckets.
    pub store: Store,
    /// The login function.
    pub login: Arc<Login>,
    /// The gate, which is replaced when the keys change.
    pub gate: watch::Receiver<Arc<Gate>>,
}

/// Accepts connections until `stop` is ready, then lets open requests end.
pub async fn listen(
    front: Arc<Front>,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    stop: impl Future<Output = ()>,
) {
    let answer = move |request, client| {
        let front = front.clone();
        async move { front.answer(request, client).await }
    };
    sockets::serve(listener, tls, stop, answer).await;
}

impl Front {
    async fn answer(&self, request: Request<Incoming>, client: SocketAddr) -> Response<Body> {
        let head = request.method() == Method::HEAD;
        let wanted = Coding::wanted(request.headers()).filter(|_| !head);
        let mut response = compressed(self.decide(request, client).await, wanted).await;
        if head {
            *response.body_mut() = answer::boxed(http_body_util::Empty::new());
        }
        secure(&mut response);
        response
    }

    async fn decide(&self, request: Request<Incoming>, client: SocketAddr) -> Response<Body> {
        let (parts, incoming) = request.into_parts();
        let client = client.ip().to_string();
        // HTTP/1.1 allows `GET http://host/path`; CloudFront would only ever see the path.
        if parts.uri.scheme().is_some() || !parts.uri.path().starts_with('/') {
            return empty(StatusCode::BAD_REQUEST);
        }
        let for_login = parts.uri.path().starts_with("/auth/");
        let body = if for_login { form(&parts, incoming).await } else { Ok(Bytes::new()) };
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

/// Reads a form whole, or tells with which status to refuse it.
async fn form(parts: &Parts, incoming: Incoming) -> Result<Bytes, StatusCode> {
    let announced = parts.headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > LARGEST_FORM) {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    if announced.is_none() && !parts.headers.contains_key(TRANSFER_ENCODING) {
        return Ok(Bytes::new());
    }
    match tokio::time::timeout(FORM_TIME, Limited::new(incoming, LARGEST_FORM).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Ok(Err(_)) => Err(StatusCode::BAD_REQUEST),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
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
