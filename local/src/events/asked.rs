//! What the owner asks of the queues, in SQS's own words: how much lies in them, what was given up, try it again.
//!
//! Five calls of SQS's JSON protocol, at the S3 server's address and under its keys, so that the owner's command speaks
//! with the queues here as with those on AWS. They look at the folder alone and work as well while nothing runs:
//! what is not dealt with yet lies in the outbox, what was given up among the notes.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lambda_events::event::sqs::SqsMessage;
use gallery::keys::BUCKETS;
use gallery::notification::changed;
use gallery::store::BucketNames;
use http::{HeaderMap, Method, StatusCode, Uri};
use jiff::Timestamp;
use s3s::route::S3Route;
use s3s::{Body, S3Request, S3Response, S3Result, s3_error};
use serde::Deserialize;
use serde_json::{Value, json};

use super::notification::REGION;
use super::pump::DeadLetter;
use super::route::{Destination, destination};
use crate::s3::{Change, ChangeKind, Folder, FolderError};

/// What the name of a call begins with, in the header `x-amz-target`.
const SERVICE: &str = "AmazonSQS.";

/// The queues, by name.
const QUEUES: [(&str, Destination); 2] = [("resize", Destination::Resize), ("build", Destination::Build)];

/// What the name of a queue's dead letters ends with.
const DEAD: &str = "-dead-letters";

/// The longest call: SQS's longest message, and its envelope.
const MAX_CALL: usize = 512 * 1024;

/// How many changes are looked at once.
const PAGE: usize = 1_000;

/// Answers calls about the queues of a folder.
pub struct Asked {
    folder: Arc<Folder>,
    names: BucketNames,
}

/// What the five calls say.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Said {
    queue_name: String,
    queue_url: String,
    message_body: String,
    receipt_handle: String,
    max_number_of_messages: Option<usize>,
}

/// Why a call is not answered.
enum Refused {
    NoSuchQueue(String),
    NoSuchCall(String),
    Message(String),
    Folder(FolderError),
}

impl From<FolderError> for Refused {
    fn from(error: FolderError) -> Self {
        Self::Folder(error)
    }
}

/// A queue, or its dead letters.
struct Named {
    queue: &'static str,
    destination: Destination,
    dead: bool,
}

impl Named {
    fn of(name: &str) -> Result<Self, Refused> {
        let (base, dead) = name.strip_suffix(DEAD).map_or((name, false), |base| (base, true));
        let found = QUEUES.iter().find(|(queue, _)| *queue == base);
        let (queue, destination) = *found.ok_or_else(|| Refused::NoSuchQueue(name.to_owned()))?;
        Ok(Self { queue, destination, dead })
    }
}

impl Asked {
    /// About the queues of this folder.
    pub fn new(folder: Arc<Folder>) -> Self {
        Self { folder, names: BucketNames::plain() }
    }

    async fn answer(&self, call: &str, said: Said) -> Result<Value, Refused> {
        let name = match call {
            "GetQueueUrl" => said.queue_name.as_str(),
            _ => said.queue_url.rsplit('/').next().unwrap_or_default(),
        };
        let named = Named::of(name)?;
        match call {
            "GetQueueUrl" => Ok(json!({ "QueueUrl": format!("/000000000000/{name}") })),
            "GetQueueAttributes" => {
                let count = if named.dead { self.letters(&named).await?.len() } else { self.waiting(&named).await? };
                Ok(json!({ "Attributes": {
                    "QueueArn": format!("arn:aws:sqs:{REGION}:000000000000:{name}"),
                    "ApproximateNumberOfMessages": count.to_string(),
                    "ApproximateNumberOfMessagesNotVisible": "0",
                } }))
            }
            "ReceiveMessage" => {
                let letters = if named.dead { self.letters(&named).await? } else { BTreeMap::new() };
                let most = said.max_number_of_messages.unwrap_or(1);
                let messages = letters.into_iter().take(most).map(|(id, letter)| {
                    json!({
                        "MessageId": id,
                        "ReceiptHandle": id,
                        "Body": letter.body,
                        "Attributes": { "SentTimestamp": letter.time.as_millisecond().to_string() },
                    })
                });
                Ok(json!({ "Messages": messages.collect::<Vec<_>>() }))
            }
            "SendMessage" if !named.dead => {
                self.send(said.message_body).await?;
                Ok(json!({ "MessageId": Timestamp::now().as_nanosecond().to_string() }))
            }
            "DeleteMessage" if named.dead => {
                if self.letters(&named).await?.contains_key(&said.receipt_handle) {
                    self.folder.remove_note(&said.receipt_handle).await?;
                }
                Ok(json!({}))
            }
            other => Err(Refused::NoSuchCall(other.to_owned())),
        }
    }

    /// How many changes the queue's handler has not dealt with.
    async fn waiting(&self, named: &Named) -> Result<usize, Refused> {
        let (mut count, mut seen) = (0, 0);
        loop {
            let page = self.folder.changes_after(seen, PAGE).await?;
            let Some(last) = page.last() else { return Ok(count) };
            seen = last.sequence;
            let concerns = |change: &&Change| {
                let bucket = BUCKETS.into_iter().find(|&bucket| self.names.name(bucket) == change.bucket);
                bucket.and_then(|bucket| destination(bucket, &change.key)) == Some(named.destination)
            };
            count += page.iter().filter(concerns).count();
        }
    }

    /// The queue's dead letters, by the names of their notes.
    async fn letters(&self, named: &Named) -> Result<BTreeMap<String, DeadLetter>, Refused> {
        let folder = format!("dead-letters/{}/", named.queue);
        let notes = self.folder.notes().await?.into_iter().filter(|(name, _)| name.starts_with(&folder));
        Ok(notes.filter_map(|(name, note)| Some((name, serde_json::from_slice(&note).ok()?))).collect())
    }

    /// Tells once more what happened. The handlers look at the bucket themselves, so what happened since does no harm.
    async fn send(&self, body: String) -> Result<(), Refused> {
        let removed = body.contains("\"ObjectRemoved:");
        let mut message = SqsMessage::default();
        message.body = Some(body);
        for object in changed(&message).map_err(|error| Refused::Message(error.to_string()))? {
            let kind = if removed { ChangeKind::Delete } else { ChangeKind::Put };
            let (bucket, key, time) = (object.bucket, object.key, Timestamp::now());
            self.folder
                .tell_again(Change { sequence: 0, bucket, key, kind, etag: String::new(), size: 0, time })
                .await?;
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl S3Route for Asked {
    fn is_match(&self, method: &Method, _: &Uri, headers: &HeaderMap, _: &mut http::Extensions) -> bool {
        method == Method::POST
            && headers.get("x-amz-target").is_some_and(|target| target.as_bytes().starts_with(SERVICE.as_bytes()))
    }

    async fn call(&self, mut request: S3Request<Body>) -> S3Result<S3Response<Body>> {
        let target = request.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let call = target.trim_start_matches(SERVICE).to_owned();
        let bytes = request
            .input
            .store_all_limited(MAX_CALL)
            .await
            .map_err(|_| s3_error!(MaxMessageLengthExceeded, "The call is too long."))?;
        let refused = match serde_json::from_slice::<Said>(&bytes) {
            Ok(said) => match self.answer(&call, said).await {
                Ok(told) => return Ok(S3Response::new(Body::from(told.to_string()))),
                Err(refused) => refused,
            },
            Err(error) => Refused::Message(error.to_string()),
        };
        let (kind, message) = match refused {
            Refused::NoSuchQueue(name) => ("QueueDoesNotExist", format!("there is no queue `{name}`")),
            Refused::NoSuchCall(call) => ("UnsupportedOperation", format!("`{call}` is not done here")),
            Refused::Message(why) => ("InvalidMessageContents", why),
            Refused::Folder(error) => return Err(s3_error!(InternalError, "{error}")),
        };
        let told = json!({ "__type": format!("com.amazonaws.sqs#{kind}"), "message": message });
        let mut response = S3Response::new(Body::from(told.to_string()));
        response.status = Some(StatusCode::BAD_REQUEST);
        Ok(response)
    }
}
