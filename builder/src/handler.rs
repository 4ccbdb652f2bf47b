//! Notifications in, one build, the failed messages out.

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use gallery::notification::{self, NotificationError};
use gallery::{AlbumPath, Key};

use crate::Builder;
use crate::rebuild::{self, Failure};
use crate::work::Work;

/// Why a message could not be understood.
#[derive(Debug, thiserror::Error)]
enum MessageError {
    #[error(transparent)]
    Notification(#[from] NotificationError),
    #[error("the notification is about the bucket `{0}`, which is none of this gallery's")]
    Bucket(String),
}

/// A message and the albums that it is about.
struct Message {
    id: String,
    albums: Vec<AlbumPath>,
    about_homes: bool,
    about_everything: bool,
    understood: bool,
}

impl Builder {
    /// Handles a batch of SQS messages, each an S3 notification, as one build.
    ///
    /// The answer names the messages whose work did not get done, so that the queue brings just these again. A message
    /// that cannot be understood is among them and ends in the dead-letter queue.
    pub async fn handle(&self, event: SqsEvent) -> SqsBatchResponse {
        let mut work = Work::default();
        let messages: Vec<Message> = event.records.iter().map(|message| self.read(message, &mut work)).collect();
        let failures = rebuild::run(&self.store, self.manner(), &work).await;
        for Failure { album, error } in &failures {
            let at = album.as_ref().map_or_else(|| "the home pages".to_owned(), ToString::to_string);
            tracing::error!(at, %error, "a build failed");
        }
        let mut response = SqsBatchResponse::default();
        for message in messages.into_iter().filter(|message| !message.is_done(&failures)) {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = message.id;
            response.batch_item_failures.push(failure);
        }
        response
    }

    /// Adds what a message asks for to the work.
    fn read(&self, message: &SqsMessage, work: &mut Work) -> Message {
        // AWS, "SQS message system attributes": how often the message was received, this time included.
        let received = message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok());
        work.doubt |= received.unwrap_or(1_u32) > 1;
        // An empty id makes the queue bring the whole batch again (AWS, "Reporting batch item failures").
        let id = message.message_id.clone().unwrap_or_default();
        match self.changes(message) {
            Ok(keys) => {
                let albums = keys.iter().filter_map(|key| work.add(key)).collect();
                let about_homes = keys.iter().any(|key| matches!(key, Key::ScopeRecord(_)));
                let about_everything = keys.contains(&Key::Settings);
                Message { id, albums, about_homes, about_everything, understood: true }
            }
            Err(error) => {
                tracing::error!(message = id, %error, "a message cannot be understood");
                Message { id, albums: Vec::new(), about_homes: false, about_everything: false, understood: false }
            }
        }
    }

    /// The keys that a message speaks of, as far as they are of the gallery's layout.
    fn changes(&self, message: &SqsMessage) -> Result<Vec<Key>, MessageError> {
        let mut keys = Vec::new();
        for changed in notification::changed(message)? {
            let bucket = self.store.bucket_called(&changed.bucket).ok_or(MessageError::Bucket(changed.bucket))?;
            keys.extend(Key::parse(bucket, &changed.key));
        }
        Ok(keys)
    }
}

impl Message {
    /// Whether all of its work got done: its albums, the albums that hold them, and the home pages.
    fn is_done(&self, failures: &[Failure]) -> bool {
        let concerns = |failure: &Failure| match &failure.album {
            _ if self.about_everything => true,
            None => self.about_homes || !self.albums.is_empty(),
            Some(failed) => self.albums.iter().any(|album| album.slugs().starts_with(failed.slugs())),
        };
        self.understood && !failures.iter().any(concerns)
    }
}
