//! Handing letters to the mail server: SMTP, through lettre.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use login::MailAddress;
use zeroize::Zeroizing;

use crate::answers::{self, Meaning};
use crate::letter::{Letter, line};
use crate::settings::{Settings, Tls as Wanted};

/// How long the server may take for any one step.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where a server asks for a moment (SES takes one letter a second from a new account), this long, then longer.
const MOMENTS: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8)];

/// All moments of a round together: on AWS a round has five minutes, and what is left over is the next one's.
const MOST_MOMENTS: Duration = Duration::from_secs(90);

/// Why a letter was not handed over.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The settings do not lead to a server.
    #[error("{0}")]
    Settings(String),
    /// The server cannot be reached, or not in the way that is wanted. Nobody's letter went.
    #[error("the mail server {server} takes nothing: {why}")]
    Away {
        /// The server.
        server: String,
        /// Why.
        why: String,
    },
    /// The server is not who it should be. Nobody's letter went.
    #[error("the certificate of the mail server {server} is refused: {why}")]
    Certificate {
        /// The server.
        server: String,
        /// Why, and what to do.
        why: &'static str,
    },
    /// It will have this letter later.
    #[error("the mail server asks to come again later: {0}")]
    Later(String),
    /// It will not have it.
    #[error("the mail server refuses it: {0}")]
    Refused(String),
    /// The line broke, and nobody knows whether it has it.
    #[error("the line to the mail server broke: {0}")]
    Broken(String),
}

/// A letter with its envelope.
pub(crate) struct Addressed<'a> {
    pub(crate) to: &'a MailAddress,
    pub(crate) title: &'a str,
    /// Without its pointed brackets.
    pub(crate) id: &'a str,
    /// The whole address that ends the mails.
    pub(crate) end: &'a str,
    pub(crate) letter: &'a Letter,
    pub(crate) pictures: &'a [(String, Bytes)],
}

/// What an error means.
enum Meant {
    /// The same again in a moment.
    Soon,
    Failed(PostError),
}

/// A mail server.
pub struct Post {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    server: String,
    /// How long may still be waited for the server in this round.
    moments: Duration,
}

impl Post {
    /// The server that settings name.
    pub fn new(settings: &Settings, password: Option<(String, Zeroizing<String>)>) -> Result<Self, PostError> {
        let from = settings
            .sender()
            .ok_or_else(|| PostError::Settings(format!("`{}` is no e-mail address", settings.from)))?;
        let tls = match settings.tls {
            Wanted::None => Tls::None,
            Wanted::Starttls => Tls::Required(parameters(settings)?),
            Wanted::Tls => Tls::Wrapper(parameters(settings)?),
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.server)
            .port(settings.port())
            .tls(tls)
            .timeout(Some(PATIENCE))
            .hello_name(ClientId::Domain(from.email.domain().to_owned()));
        if let Some((user, password)) = password {
            transport = transport.credentials(Credentials::new(user, password.to_string()));
        }
        let server = format!("{}:{}", settings.server, settings.port());
        Ok(Self { transport: transport.build(), from, server, moments: MOST_MOMENTS })
    }

    /// The part after the `@` of the numbers of letters.
    pub(crate) fn domain(settings: &Settings) -> String {
        settings.sender().map_or_else(|| "heirloom.invalid".to_owned(), |from| from.email.domain().to_owned())
    }

    /// Hands a letter over. Where the server has too much to do it gets a moment, as long as the round has some left.
    pub(crate) async fn send(&mut self, addressed: &Addressed<'_>) -> Result<(), PostError> {
        let message = self.message(addressed).map_err(PostError::Settings)?;
        let mut moments = MOMENTS.into_iter();
        loop {
            let Err(error) = self.transport.send(message.clone()).await else { return Ok(()) };
            match (self.meant(&error), moments.next()) {
                (Meant::Soon, Some(moment)) if moment <= self.moments => {
                    self.moments -= moment;
                    tokio::time::sleep(moment).await;
                }
                (Meant::Soon, _) => return Err(self.away(line(&sentence(&error), 300))),
                (Meant::Failed(error), _) => return Err(error),
            }
        }
    }

    /// What an error means.
    fn meant(&self, error: &lettre::transport::smtp::Error) -> Meant {
        let why = line(&sentence(error), 300);
        if let Some(code) = error.status() {
            let (meaning, way_out) = answers::meaning(u16::from(code), &why, self.from.email.as_ref());
            let why = way_out.map_or_else(|| why.clone(), |way_out| format!("{why} ({way_out})"));
            return match meaning {
                Meaning::Soon => Meant::Soon,
                Meaning::Away => Meant::Failed(self.away(why)),
                Meaning::Later => Meant::Failed(PostError::Later(why)),
                Meaning::Refused => Meant::Failed(PostError::Refused(why)),
            };
        }
        Meant::Failed(if let Some(why) = answers::certificate(&why) {
            PostError::Certificate { server: self.server.clone(), why }
        } else if error.is_timeout() || error.is_response() || is_network(error) {
            PostError::Broken(why)
        } else {
            self.away(why)
        })
    }

    fn away(&self, why: String) -> PostError {
        PostError::Away { server: self.server.clone(), why }
    }

    /// The letter as it travels.
    fn message(&self, addressed: &Addressed<'_>) -> Result<Message, String> {
        let Addressed { to, title, id, end, letter, pictures } = addressed;
        let to: Mailbox = to.as_str().parse().map_err(|error| format!("`{to}` is no e-mail address: {error}"))?;
        let from = Mailbox::new(Some(line(title, 60)).filter(|title| !title.is_empty()), self.from.email.clone());
        let envelope =
            Envelope::new(Some(self.from.email.clone()), vec![to.email.clone()]).map_err(|e| e.to_string())?;
        let html = MultiPart::related().singlepart(SinglePart::html(letter.html.clone()));
        let html = pictures.iter().fold(html, |parts, (cid, bytes)| {
            parts.singlepart(
                Attachment::new_inline(cid.clone())
                    .body(bytes.to_vec(), ContentType::parse("image/jpeg").expect("a media type of our own")),
            )
        });
        let mut message = Message::builder()
            .envelope(envelope)
            .from(from)
            .to(to)
            .subject(letter.subject.clone())
            .message_id(Some(format!("<{id}>")))
            .multipart(MultiPart::alternative().singlepart(SinglePart::plain(letter.text.clone())).multipart(html))
            .map_err(|error| error.to_string())?;
        for (name, value) in [
            ("List-Unsubscribe", format!("<{end}>")),
            // One click, without a page in between (RFC 8058).
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()),
            // Nobody's "I am away" is to answer (RFC 3834).
            ("Auto-Submitted", "auto-generated".to_owned()),
        ] {
            // Ours to the letter, or checked when they were read; as they stand, since programs look for these very bytes.
            if !value.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(format!("`{}` fits into no header", value.escape_debug()));
            }
            let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|error| error.to_string())?;
            message.headers_mut().insert_raw(HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value));
        }
        Ok(message)
    }
}

fn parameters(settings: &Settings) -> Result<TlsParameters, PostError> {
    let mut parameters = TlsParameters::builder(settings.server.clone());
    if let Some(file) = &settings.ca_file {
        parameters = parameters.add_root_certificate(certificate(file)?);
    }
    parameters.build_rustls().map_err(|error| PostError::Settings(format!("no private line can be made: {error}")))
}

#[allow(clippy::disallowed_methods, reason = "the one file that the owner names")]
fn certificate(file: &Path) -> Result<Certificate, PostError> {
    let wrong =
        |why: String| PostError::Settings(format!("the certificate in `{}` cannot be used: {why}", file.display()));
    let pem = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
    Certificate::from_pem(&pem).map_err(|error| wrong(error.to_string()))
}

/// An error with what lies behind it.
fn sentence(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut inner = error.source();
    while let Some(error) = inner {
        let more = error.to_string();
        if !said.contains(&more) {
            said = format!("{said}: {more}");
        }
        inner = error.source();
    }
    said
}

/// Whether the line broke after it stood.
fn is_network(error: &lettre::transport::smtp::Error) -> bool {
    error.to_string().starts_with("network error")
}
