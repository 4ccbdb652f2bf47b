//! What AWS answers to the few calls that the owner's command makes itself ([`gallery::call`]), as sentences.

use anyhow::{Result, bail};
use aws_config::SdkConfig;
use aws_sdk_s3::config::SharedHttpClient;

pub(crate) use gallery::call::Call;

/// What a service answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) text: String,
    /// When it was sent, by the service's own clock.
    pub(crate) date: Option<String>,
}

impl From<gallery::call::Answer> for Answer {
    fn from(gallery::call::Answer { status, text, date }: gallery::call::Answer) -> Self {
        Self { status, text, date }
    }
}

/// Sends a call. An answer that is an error is an answer.
pub(crate) async fn send(config: &SdkConfig, call: &Call<'_>) -> Result<Answer> {
    Ok(gallery::call::send(config, call).await?.into())
}

/// Asks for a page without any signature. An answer that is an error is an answer.
pub(crate) async fn get(transport: &SharedHttpClient, origin: &str, path: &str) -> Result<Answer> {
    Ok(gallery::call::get(transport, origin, path).await?.into())
}

impl Answer {
    /// The text of a good answer; AWS's sentence as an error otherwise.
    pub(crate) fn good(self, what: &str) -> Result<String> {
        if (200..300).contains(&self.status) {
            return Ok(self.text);
        }
        bail!("{what}: {}", self.sentence())
    }

    /// The code of an error, such as `AccessDenied`, whichever way the service writes it.
    pub(crate) fn code(&self) -> Option<String> {
        if let Ok(json) = serde_json::from_str::<serde_json::Value>(&self.text) {
            let code = json.get("__type")?.as_str()?;
            return code.rsplit('#').next().map(str::to_owned);
        }
        xml_text(&self.text, "Code")
    }

    /// What AWS says is wrong.
    pub(crate) fn sentence(&self) -> String {
        let message = match serde_json::from_str::<serde_json::Value>(&self.text) {
            Ok(json) => ["message", "Message"].iter().find_map(|name| json.get(name)?.as_str().map(str::to_owned)),
            Err(_) => xml_text(&self.text, "Message"),
        };
        match (self.code(), message) {
            (Some(code), Some(message)) => format!("{message} ({code})"),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => format!("status {}", self.status),
        }
    }
}

/// The text of the first element of this name.
pub(crate) fn xml_text(text: &str, element: &str) -> Option<String> {
    let document = roxmltree::Document::parse(text).ok()?;
    let node = document.descendants().find(|node| node.tag_name().name() == element)?;
    node.text().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_both_kinds_are_told() {
        let xml = "<ErrorResponse xmlns=\"x\"><Error><Code>ValidationError</Code><Message>Stack with id a does not \
                   exist</Message></Error></ErrorResponse>";
        let answer = Answer { status: 400, text: xml.to_owned(), date: None };
        assert_eq!(answer.code().as_deref(), Some("ValidationError"));
        assert_eq!(answer.sentence(), "Stack with id a does not exist (ValidationError)");
        let json = r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no such queue"}"#;
        let answer = Answer { status: 400, text: json.to_owned(), date: None };
        assert_eq!(answer.sentence(), "no such queue (QueueDoesNotExist)");
        let error = Answer { status: 502, text: "<html>".to_owned(), date: None }.good("cannot do it").unwrap_err();
        assert_eq!(error.to_string(), "cannot do it: status 502");
    }
}
