//! Objects kept in memory, so that a page which is shown again and again is read, and compressed, once.
//!
//! Nothing here can be stale. A copy is believed as long as the number of the buckets' state has not moved since it was
//! read; when it has, the index is asked for the object's `ETag`, and a copy of another one is dropped. Who may see a copy
//! is not asked here: the gate has decided before anybody comes.
//!
//! Two halves make it bounded, as with the gate's tokens: new copies go into the young half; when that is full it becomes
//! the old half, and what the old half held is forgotten. What is asked for in the old half moves to the young one.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use bytes::Bytes;
use gallery::Store;
use gallery::keys::Bucket;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE};
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use http_body_util::{Empty, Full};

use super::answer::{Body, boxed};
use super::compress::{self, Coding, Effort};
use super::origin;
use crate::s3::Folder;

/// The largest object that is kept: the largest rendition of nearly every photo is smaller.
const LARGEST: u64 = 2 * 1024 * 1024;

/// How many bytes are kept in each half, of pages and of pictures each.
const HALF: usize = 8 * 1024 * 1024;

/// Copies of pages and of pictures. They do not push each other out.
#[derive(Default)]
pub(super) struct Kept {
    pages: Copies,
    pictures: Copies,
}

#[derive(Default)]
struct Copies(RwLock<Halves>);

#[derive(Default)]
struct Halves {
    young: HashMap<Box<str>, Arc<Copy>>,
    old: HashMap<Box<str>, Arc<Copy>>,
    /// Bytes in the young half.
    bytes: usize,
}

/// An object, and how it is answered with.
struct Copy {
    /// The state of the buckets in which it was last known to be what is there.
    state: AtomicU64,
    etag: String,
    whole: Whole,
    plain: Bytes,
    /// Compressed by brotli and by gzip, once somebody has asked for it; `None` inside where that failed.
    coded: [OnceLock<Option<Coded>>; 2],
}

/// The headers of an answer with the whole object.
struct Whole {
    headers: HeaderMap,
    /// Whether it is text, and worth compressing.
    text: bool,
}

struct Coded {
    headers: HeaderMap,
    bytes: Bytes,
}

impl Kept {
    /// Answers a request that only reads, if it asks for a whole object that is small enough to keep. `uri` is the path in
    /// the bucket, and a request for anything else is left to others.
    pub(super) async fn answer(
        &self,
        folder: &Folder,
        store: &Store,
        bucket: Bucket,
        uri: &str,
        request: &http::request::Parts,
    ) -> Option<Response<Body>> {
        let copies = match bucket {
            Bucket::Web => &self.pages,
            Bucket::Resized => &self.pictures,
            Bucket::Source | Bucket::Auth => return None,
        };
        if asks_for_more(&request.headers) {
            return None;
        }
        let key = uri.strip_prefix('/').filter(|key| !key.contains('%'))?;
        let state = folder.state();
        let copy = match copies.get(key) {
            Some(copy) if copy.is_of(folder, store.name(bucket), key, state).await => copy,
            // Boxed, like all that is rare: what most requests carry along stays small.
            _ => copies.keep(key, Box::pin(read(store, bucket, key, state)).await?),
        };
        let coding = Coding::wanted(&request.headers).filter(|_| copy.whole.text);
        Some(copy.answer(request, coding).await)
    }
}

/// Whether a request asks for parts, or under conditions that browsers do not set for pages and pictures.
fn asks_for_more(headers: &HeaderMap) -> bool {
    [RANGE, IF_RANGE].iter().any(|name| headers.contains_key(name))
        || headers.contains_key(IF_MODIFIED_SINCE) && !headers.contains_key(IF_NONE_MATCH)
        || headers.get(IF_NONE_MATCH).is_some_and(|tags| tags.as_bytes().contains(&b'*'))
}

/// Reads an object to keep; `None` when it is none, or too large.
async fn read(store: &Store, bucket: Bucket, key: &str, state: u64) -> Option<Copy> {
    let object = store.client().get_object().bucket(store.name(bucket)).key(key).send().await.ok()?;
    let length = u64::try_from(object.content_length?).ok().filter(|&length| length <= LARGEST)?;
    let etag = object.e_tag.as_deref()?.trim_matches('"').to_owned();
    let (mut headers, body) = origin::described(object, bucket, key);
    let plain = body.collect().await.ok()?.into_bytes();
    if plain.len() as u64 != length {
        return None;
    }
    for (name, value) in session::headers::SECURITY {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    let text = compress::tell(&mut headers) && compress::is_worth_it(&headers, Some(length));
    Some(Copy { state: AtomicU64::new(state), etag, whole: Whole { headers, text }, plain, coded: Default::default() })
}

impl Copy {
    /// Whether this is what lies there in a state of the buckets.
    async fn is_of(&self, folder: &Folder, bucket: &str, key: &str, state: u64) -> bool {
        if self.state.load(Ordering::Acquire) == state {
            return true;
        }
        let same = Box::pin(folder.etag(bucket, key)).await.is_ok_and(|etag| etag.as_deref() == Some(&*self.etag));
        if same {
            // The state was read before the index was: somebody who has seen a later one looks again.
            self.state.store(state, Ordering::Release);
        }
        same
    }

    async fn answer(self: &Arc<Self>, request: &http::request::Parts, coding: Option<Coding>) -> Response<Body> {
        let (headers, bytes) = match coding {
            None => (&self.whole.headers, &self.plain),
            Some(coding) => match self.coded(coding).await {
                Some(coded) => (&coded.headers, &coded.bytes),
                None => (&self.whole.headers, &self.plain),
            },
        };
        let mut response = Response::new(boxed(Empty::new()));
        response.headers_mut().clone_from(headers);
        if self.is_known(&request.headers) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response.headers_mut().remove(CONTENT_LENGTH);
            response.headers_mut().remove(CONTENT_ENCODING);
        } else if request.method != Method::HEAD {
            *response.body_mut() = boxed(Full::new(bytes.clone()));
        }
        response
    }

    /// Whether the client has it already (RFC 9110, section 13.1.2: compared weakly).
    fn is_known(&self, headers: &HeaderMap) -> bool {
        let lines = headers.get_all(IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
        lines.flat_map(|line| line.split(',')).any(|tag| {
            let tag = tag.trim();
            tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"').and_then(|tag| tag.strip_suffix('"'))
                == Some(&*self.etag)
        })
    }

    /// The object compressed. Two who ask at once may both do it; the first is kept.
    async fn coded(self: &Arc<Self>, coding: Coding) -> Option<&Coded> {
        let cell = &self.coded[usize::from(coding == Coding::Gzip)];
        if cell.get().is_none() {
            let (plain, effort) = (self.plain.clone(), Effort::of(&self.whole.headers));
            let encoded = tokio::task::spawn_blocking(move || coding.encode(&plain, effort)).await;
            let coded = encoded.ok().and_then(Result::ok).map(|encoded| {
                let mut headers = self.whole.headers.clone();
                compress::describe(&mut headers, coding, encoded.len());
                Coded { headers, bytes: encoded.into() }
            });
            // Who comes second finds what the first has kept.
            let _ = cell.set(coded);
        }
        cell.get()?.as_ref()
    }
}

impl Copies {
    fn get(&self, key: &str) -> Option<Arc<Copy>> {
        if let Some(copy) = self.0.read().unwrap_or_else(PoisonError::into_inner).young.get(key) {
            return Some(Arc::clone(copy));
        }
        let mut halves = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let (key, copy) = halves.old.remove_entry(key)?;
        halves.keep(key, Arc::clone(&copy));
        Some(copy)
    }

    fn keep(&self, key: &str, copy: Copy) -> Arc<Copy> {
        let copy = Arc::new(copy);
        let mut halves = self.0.write().unwrap_or_else(PoisonError::into_inner);
        halves.old.remove(key);
        halves.keep(key.into(), Arc::clone(&copy));
        copy
    }
}

impl Halves {
    fn keep(&mut self, key: Box<str>, copy: Arc<Copy>) {
        let bytes = copy.weight();
        if self.bytes + bytes > HALF {
            self.old = mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes += bytes;
        if let Some(before) = self.young.insert(key, copy) {
            self.bytes -= before.weight();
        }
    }
}

impl Copy {
    /// What it takes up: its bytes, as much again for text, which may be compressed twice, and its headers.
    fn weight(&self) -> usize {
        self.plain.len() * if self.whole.text { 2 } else { 1 } + 2048
    }
}
