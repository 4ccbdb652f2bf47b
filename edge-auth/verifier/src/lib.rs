//! The gate as Lambda@Edge runs it.
//!
//! In: a viewer's request, as the JSON of its event or, for most requests, as the three strings that decide. Out: the
//! JSON of the request to go on with or of the answer in its place, or the path to read. Lambda@Edge runs Node.js, so
//! this is a Node-API addon; `index.mjs` beside it loads it, hands events over and turns every failure into a denial.
//! All decisions are `session`'s.

use std::panic::{self, AssertUnwindSafe, catch_unwind};

use napi::Error;
use napi_derive::napi;
use serde::Deserialize;
use session::viewer_request::Event;
use session::{PublicKeys, Verifier, gate};

/// The code of the errors that are made here. Their sentences hold nothing of a request and may be logged; those of
/// other errors may not.
const DENIED: &str = "Denied";

type Result<T> = napi::Result<T, &'static str>;

/// What is bundled with the function, since Lambda@Edge has no environment variables: public keys and the name of the
/// gallery that the tokens are for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Configuration {
    audience: String,
    keys: PublicKeys,
}

/// A gate with its keys.
#[napi]
pub struct Gate {
    gate: gate::Gate,
}

#[napi]
impl Gate {
    /// A gate of this configuration: JSON with `audience` and `keys`.
    #[napi(constructor)]
    pub fn new(configuration: String) -> Result<Self> {
        // What the standard library prints of a panic is its message, which may quote a request.
        panic::set_hook(Box::new(|panic| match panic.location() {
            Some(place) => eprintln!("the gate panicked at {}:{}", place.file(), place.line()),
            None => eprintln!("the gate panicked"),
        }));
        guarded(|| {
            let read: Configuration = serde_json::from_str(&configuration)
                .map_err(|e| denied(format!("the gate's configuration cannot be read: {e}")))?;
            Ok(Self { gate: gate::Gate::new(Verifier::new(read.keys, read.audience)) })
        })
    }

    /// The headers that are taken from a request which goes on by [`Gate::object`].
    #[napi(getter)]
    pub fn withheld(&self) -> Vec<&'static str> {
        gate::WITHHELD.to_vec()
    }

    /// The path to read in the bucket, when nothing but these decides; otherwise nothing, and `decide` has to be asked.
    /// `cookies` are all lines of cookies with semicolons between them, `now` is the Unix time in seconds.
    #[napi]
    pub fn object(&self, method: String, path: String, cookies: String, now: i64) -> Result<Option<String>> {
        guarded(|| {
            #[cfg(feature = "panics")]
            panic_for_a_test(&path);
            Ok(gate::object(&self.gate, &method, &path, &cookies, now))
        })
    }

    /// Decides on one event at the Unix time `now`, in seconds.
    #[napi]
    pub fn decide(&self, event: String, now: i64) -> Result<String> {
        guarded(|| {
            let request = Event::from_json(event.as_bytes()).and_then(Event::into_request);
            let request = request.map_err(|e| denied(e.to_string()))?;
            #[cfg(feature = "panics")]
            panic_for_a_test(&request.uri);
            serde_json::to_string(&gate::decide(&self.gate, &request, now)).map_err(|e| denied(e.to_string()))
        })
    }
}

/// A panic becomes an error, and `index.mjs` makes the error a denial.
fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(denied("the gate panicked".to_owned())))
}

fn denied(sentence: String) -> Error<&'static str> {
    Error::new(DENIED, sentence)
}

/// A panic on request, with the request in its message as a careless one would have it.
#[cfg(feature = "panics")]
fn panic_for_a_test(path: &str) {
    assert!(!path.starts_with("/albums/panic"), "asked to panic: {path}");
}
