//! The queues between the buckets and the handlers: how much waits, what was given up, try that again.
//!
//! On AWS this is SQS. On this machine the gallery answers the same calls, at the address and under the keys of its S3
//! server, whether it runs or not (`local::events::asked`).

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use aws_lambda_events::event::sqs::SqsMessage;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::amazon::signed::{Call, send};

/// The two queues.
pub(crate) const QUEUES: [&str; 2] = ["resize", "build"];

/// So many dead letters are told of each queue; the number is of all.
const TOLD: usize = 20;

/// How often SQS is asked for letters: each answer brings ten at most, and not always others.
const ROUNDS: usize = 5;

/// The queues of a gallery.
pub(crate) struct Queues {
    config: SdkConfig,
    service: &'static str,
    region: String,
    prefix: String,
}

/// How a queue is.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Depth {
    /// Messages that wait.
    pub(crate) waiting: u64,
    /// Messages that a handler has at this moment. On this machine they count as waiting.
    pub(crate) under_way: u64,
    /// Messages that every attempt failed on.
    pub(crate) given_up: u64,
    /// What some of those speak of.
    pub(crate) dead_letters: Vec<DeadLetter>,
}

/// A message that was given up.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DeadLetter {
    /// The objects that it speaks of: bucket and key.
    pub(crate) about: Vec<String>,
    /// When it was sent: on this machine, when it was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<Timestamp>,
}

impl Queues {
    /// Queues whose names begin so, asked through these settings.
    pub(crate) fn new(config: SdkConfig, service: &'static str, region: &str, prefix: String) -> Self {
        Self { config, service, region: region.to_owned(), prefix }
    }

    /// How each queue is.
    pub(crate) async fn look(&self) -> Result<BTreeMap<&'static str, Depth>> {
        let mut told = BTreeMap::new();
        for queue in QUEUES {
            let url = self.url(queue).await?;
            let dead = self.url(&format!("{queue}-dead-letters")).await?;
            let (waiting, under_way) = self.count(&url).await?;
            let (idle, seen) = self.count(&dead).await?;
            let given_up = idle + seen;
            let dead_letters = if given_up == 0 { Vec::new() } else { self.letters(&dead).await? };
            told.insert(queue, Depth { waiting, under_way, given_up, dead_letters });
        }
        Ok(told)
    }

    /// Puts what was given up into its queue again, and tells how much that was.
    pub(crate) async fn retry(&self, queue: &str) -> Result<u64> {
        let url = self.url(queue).await?;
        let dead = self.url(&format!("{queue}-dead-letters")).await?;
        let mut moved = 0;
        loop {
            let taken = self.receive(&dead, 60).await?;
            if taken.is_empty() {
                return Ok(moved);
            }
            for message in taken {
                let (body, handle) = (text(&message, "Body"), text(&message, "ReceiptHandle"));
                // First the new message, then the end of the old: what breaks off in between is told twice, which harms
                // nobody, and never not at all.
                self.call("SendMessage", &json!({ "QueueUrl": url, "MessageBody": body })).await?;
                self.call("DeleteMessage", &json!({ "QueueUrl": dead, "ReceiptHandle": handle })).await?;
                moved += 1;
            }
        }
    }

    async fn letters(&self, dead: &str) -> Result<Vec<DeadLetter>> {
        let mut seen = BTreeMap::new();
        for _ in 0..ROUNDS {
            let before = seen.len();
            // Seen, not taken: it stays visible for whoever asks next.
            for message in self.receive(dead, 0).await? {
                let since = message["Attributes"]["SentTimestamp"].as_str().and_then(|time| time.parse().ok());
                let since = since.and_then(|time| Timestamp::from_millisecond(time).ok());
                let letter = DeadLetter { about: about(&text(&message, "Body")), since };
                seen.insert(text(&message, "MessageId"), letter);
            }
            if seen.len() == before || seen.len() >= TOLD {
                break;
            }
        }
        Ok(seen.into_values().take(TOLD).collect())
    }

    async fn receive(&self, url: &str, hidden: u32) -> Result<Vec<Value>> {
        let asked = json!({
            "QueueUrl": url,
            "MaxNumberOfMessages": 10,
            "VisibilityTimeout": hidden,
            "AttributeNames": ["SentTimestamp"],
        });
        let mut answer = self.call("ReceiveMessage", &asked).await?;
        Ok(match answer["Messages"].take() {
            Value::Array(messages) => messages,
            _ => Vec::new(),
        })
    }

    /// Messages that can be received, and those that somebody has.
    async fn count(&self, url: &str) -> Result<(u64, u64)> {
        let asked = json!({ "QueueUrl": url, "AttributeNames": ["All"] });
        let answer = self.call("GetQueueAttributes", &asked).await?;
        let number = |name: &str| answer["Attributes"][name].as_str().and_then(|text| text.parse().ok());
        let visible = number("ApproximateNumberOfMessages").context("SQS does not say how much lies in a queue")?;
        Ok((visible, number("ApproximateNumberOfMessagesNotVisible").unwrap_or_default()))
    }

    async fn url(&self, queue: &str) -> Result<String> {
        let answer = self.call("GetQueueUrl", &json!({ "QueueName": format!("{}{queue}", self.prefix) })).await?;
        Ok(text(&answer, "QueueUrl"))
    }

    async fn call(&self, name: &str, asked: &Value) -> Result<Value> {
        let call = Call {
            service: self.service,
            region: Some(&self.region),
            method: "POST",
            path: "/",
            headers: &[("content-type", "application/x-amz-json-1.0"), ("x-amz-target", &format!("AmazonSQS.{name}"))],
            body: asked.to_string(),
        };
        let answer = send(&self.config, &call).await?.good("the queues cannot be asked")?;
        if answer.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&answer).context("the queues answer what cannot be read")
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

/// What a message speaks of. One that is no notification is told by its beginning.
fn about(body: &str) -> Vec<String> {
    let mut message = SqsMessage::default();
    message.body = Some(body.to_owned());
    match gallery::notification::changed(&message) {
        Ok(objects) => objects.into_iter().map(|object| format!("{}/{}", object.bucket, object.key)).collect(),
        Err(_) => vec![body.chars().take(80).collect()],
    }
}
