//! Handing letters to the mail server: SMTP, through lettre.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use lettre::Message;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use login::MailAddress;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::answers::{self, Meaning};
use crate::letter::{Letter, line};
use crate::settings::{Settings, Tls as Wanted};

/// How long it may take until the server is ready for a letter: reached, greeted, in private, signed in to.
const ARRIVING: Duration = Duration::from_secs(30);

/// How long it may take to hand a letter of two megabytes over, on a slow line. On AWS a round has five minutes.
const HANDING: Duration = Duration::from_mins(2);

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
    /// It says nothing any more, and nobody knows whether it has it. Nor need another letter wait for it.
    #[error("the mail server {server} was given a letter and has said nothing for {} seconds", .after.as_secs())]
    Silent {
        /// The server.
        server: String,
        /// How long it was waited for.
        after: Duration,
    },
}

impl PostError {
    /// Whether the server may have the letter all the same.
    pub(crate) fn may_have_arrived(&self) -> bool {
        matches!(self, Self::Broken(_) | Self::Silent { .. })
    }

    /// Whether nobody else's letter need be tried now.
    pub(crate) fn concerns_everybody(&self) -> bool {
        matches!(self, Self::Away { .. } | Self::Certificate { .. } | Self::Settings(_) | Self::Silent { .. })
    }
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
    /// The same again in a moment, and why.
    Soon(String),
    Failed(PostError),
}

/// A mail server.
pub struct Post {
    settings: Settings,
    from: Mailbox,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    server: String,
    arriving: Duration,
    handing: Duration,
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
            Wanted::None => None,
            Wanted::Starttls | Wanted::Tls => Some(parameters(settings)?),
        };
        let credentials = password.map(|(user, password)| Credentials::new(user, password.to_string()));
        let server = format!("{}:{}", settings.server, settings.port());
        let settings = settings.clone();
        Ok(Self {
            settings,
            from,
            tls,
            credentials,
            server,
            arriving: ARRIVING,
            handing: HANDING,
            moments: MOST_MOMENTS,
        })
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
            let Err(meant) = self.hand_over(&message).await else { return Ok(()) };
            match (meant, moments.next()) {
                (Meant::Soon(_), Some(moment)) if moment <= self.moments => {
                    self.moments -= moment;
                    tokio::time::sleep(moment).await;
                }
                (Meant::Soon(why), _) => return Err(self.away(why)),
                (Meant::Failed(error), _) => return Err(error),
            }
        }
    }

    /// Once, on a line of its own. Up to the server's being ready nothing of the letter has gone, whatever happens.
    async fn hand_over(&self, message: &Message) -> Result<(), Meant> {
        let mut line = match timeout(self.arriving, self.arrive()).await {
            Ok(Ok(line)) => line,
            Ok(Err(error)) => {
                return Err(self.refused(&error).unwrap_or_else(|why| Meant::Failed(self.unreached(why))));
            }
            Err(_) => {
                let why = format!("it was not ready for a letter after {} seconds", self.arriving.as_secs());
                return Err(Meant::Failed(self.away(why)));
            }
        };
        match timeout(self.handing, line.send(message.envelope(), &message.formatted())).await {
            Ok(Ok(_)) => {
                // It has the letter; how it says goodbye is of no matter.
                let _ = timeout(self.arriving, line.quit()).await;
                Ok(())
            }
            Ok(Err(error)) => Err(self.refused(&error).unwrap_or_else(|why| {
                Meant::Failed(if error.is_client() { PostError::Refused(why) } else { PostError::Broken(why) })
            })),
            Err(_) => Err(Meant::Failed(PostError::Silent { server: self.server.clone(), after: self.handing })),
        }
    }

    /// A line to the server, as private as is wanted, and signed in.
    async fn arrive(&self) -> Result<AsyncSmtpConnection, lettre::transport::smtp::Error> {
        let hello = ClientId::Domain(self.from.email.domain().to_owned());
        let address = (self.settings.server.as_str(), self.settings.port());
        let at_once = self.tls.clone().filter(|_| self.settings.tls == Wanted::Tls);
        // A name may have several addresses, and one that does not answer must not take the time of the others.
        let each = Some(self.arriving / 3);
        let mut line = AsyncSmtpConnection::connect_tokio1(address, each, &hello, at_once, None).await?;
        if let (Wanted::Starttls, Some(tls)) = (self.settings.tls, &self.tls) {
            line.starttls(tls.clone(), &hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            line.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(line)
    }

    /// What the server's own words mean. What it did not say comes back as a sentence.
    fn refused(&self, error: &lettre::transport::smtp::Error) -> Result<Meant, String> {
        let why = line(&sentence(error), 300);
        let Some(code) = error.status() else { return Err(why) };
        let (meaning, way_out) = answers::meaning(u16::from(code), &why, self.from.email.as_ref());
        let why = way_out.map_or_else(|| why.clone(), |way_out| format!("{why} ({way_out})"));
        Ok(match meaning {
            Meaning::Soon => Meant::Soon(why),
            Meaning::Away => Meant::Failed(self.away(why)),
            Meaning::Later => Meant::Failed(PostError::Later(why)),
            Meaning::Refused => Meant::Failed(PostError::Refused(why)),
        })
    }

    /// Why there is no line to the server.
    fn unreached(&self, why: String) -> PostError {
        match answers::certificate(&why) {
            Some(why) => PostError::Certificate { server: self.server.clone(), why },
            None => self.away(why),
        }
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;

    use super::*;

    /// What becomes of a letter at a server that answers so many lines and then says nothing more.
    async fn at_a_server_that_falls_silent(answers: &'static [&'static str]) -> PostError {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            let mut said = String::new();
            for answer in answers {
                stream.get_mut().write_all(answer.as_bytes()).await.unwrap();
                stream.read_line(&mut said).await.unwrap();
            }
            std::future::pending::<()>().await;
        });
        let text =
            format!("[mail]\nserver = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nfrom = \"photos@example.org\"\n");
        let mut writer = Post::new(&Settings::read(&text, "mail.toml").unwrap(), None).unwrap();
        (writer.arriving, writer.handing) = (Duration::from_millis(500), Duration::from_millis(500));
        let letter = Letter { subject: "s".into(), text: "t".into(), html: "<p>h".into() };
        let to = MailAddress::parse("gerda@example.com").unwrap();
        let addressed =
            Addressed { to: &to, title: "T", id: "1@x", end: "https://x/end", letter: &letter, pictures: &[] };
        let error = timeout(Duration::from_mins(1), writer.send(&addressed)).await.expect("nobody waits for ever");
        server.abort();
        error.unwrap_err()
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_is_not_waited_for_for_ever() {
        for answers in [&[][..], &["220 here\r\n"]] {
            let error = at_a_server_that_falls_silent(answers).await;
            assert!(matches!(error, PostError::Away { .. }), "{error:?}");
            assert!(error.concerns_everybody() && !error.may_have_arrived(), "nothing was sent");
        }
        let error = at_a_server_that_falls_silent(&[
            "220 here\r\n",
            "250 here\r\n",
            "250 ok\r\n",
            "250 ok\r\n",
            "354 go on\r\n",
        ])
        .await;
        assert!(matches!(error, PostError::Silent { .. }), "{error:?}");
        assert!(error.concerns_everybody() && error.may_have_arrived(), "nobody knows");
    }

    #[test]
    fn a_connection_that_does_not_come_about_is_a_server_that_is_away() {
        // What lettre makes of a time-out of connecting, which no test can bring about on every machine.
        let text = "[mail]\nserver = \"smtp.example.org\"\nfrom = \"photos@example.org\"\n";
        let post = Post::new(&Settings::read(text, "mail.toml").unwrap(), None).unwrap();
        let error = post.unreached("Connection error: connection timed out".into());
        assert!(error.concerns_everybody() && !error.may_have_arrived(), "{error:?}");
    }
}
