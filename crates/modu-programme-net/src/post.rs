//! Letters, by the mail server that the operator names.

use std::net::IpAddr;
use std::time::Duration;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls as Layer, TlsParameters};
use lettre::{SmtpTransport, Transport as _};
use modu_programme::notice::{Delivery, Failure, Letter};
use serde::Deserialize;

use crate::error::SendError;

/// How long the mail server may take for a command.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How the line to the mail server is kept from others' eyes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// It begins open and must turn to TLS before anything is said (port 587).
    #[default]
    Starttls,
    /// TLS from the first byte (port 465).
    Tls,
    /// Not at all: to a server on this machine only.
    None,
}

/// What an operator says of mail: the section `[mail]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// The mail server, `mail.agency.example`.
    pub server: String,
    /// Its port; 587, 465 for `tls`, 25 for `none`.
    pub port: Option<u16>,
    /// Whom letters come from, `모두 <modu@agency.example>`.
    pub from: String,
    /// With what name one signs in there, if at all.
    pub user: Option<String>,
    /// The file that holds the password.
    pub password_file: Option<std::path::PathBuf>,
    /// How the line is kept from others' eyes.
    #[serde(default)]
    pub tls: Tls,
    /// The file (PEM) with the certificates that are trusted instead of the
    /// system's.
    pub ca_file: Option<std::path::PathBuf>,
}

/// Whom the line is opened to: the server of this name, certified by one of
/// the authorities.
fn parameters(server: &str, authorities: Option<&[u8]>) -> Result<TlsParameters, SendError> {
    let mut parameters = TlsParameters::builder(server.to_owned());
    if let Some(pem) = authorities {
        let wrong = |problem: String| SendError::Setting {
            setting: "mail.ca_file",
            problem,
        };
        let mark = b"-----BEGIN CERTIFICATE-----";
        if !pem.windows(mark.len()).any(|part| part == mark) {
            return Err(wrong("it holds no certificate (PEM)".to_owned()));
        }
        let read = Certificate::from_pem(pem).map_err(|error| wrong(error.to_string()));
        parameters = parameters
            .certificate_store(CertificateStore::None)
            .add_root_certificate(read?);
    }
    parameters.build().map_err(|error| SendError::Client {
        what: "mail",
        problem: error.to_string(),
    })
}

/// What sends letters.
#[derive(Debug, Clone)]
pub struct Post {
    transport: SmtpTransport,
    from: Mailbox,
    host: String,
}

impl Post {
    /// As the operator wants it; `password` and `authorities` (PEM) are what
    /// stands in their files.
    ///
    /// # Errors
    /// [`SendError::Setting`], [`SendError::Client`].
    pub fn new(
        settings: &MailSettings,
        password: Option<String>,
        authorities: Option<&[u8]>,
    ) -> Result<Self, SendError> {
        let from: Mailbox = settings.from.parse().map_err(|_| SendError::Setting {
            setting: "mail.from",
            problem: "write it like Modu <modu@agency.example>".to_owned(),
        })?;
        let server = settings.server.as_str();
        let is_here = server == "localhost"
            || server
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        if settings.tls == Tls::None && !is_here {
            return Err(SendError::Setting {
                setting: "mail.tls",
                problem: "\"none\" is for a mail server on this machine only".to_owned(),
            });
        }
        let parameters = || parameters(server, authorities);
        let (layer, port) = match settings.tls {
            Tls::Starttls => (Layer::Required(parameters()?), 587),
            Tls::Tls => (Layer::Wrapper(parameters()?), 465),
            Tls::None => (Layer::None, 25),
        };
        let mut transport = SmtpTransport::builder_dangerous(server)
            .port(settings.port.unwrap_or(port))
            .timeout(Some(TIMEOUT))
            .tls(layer);
        match (&settings.user, password) {
            (Some(user), Some(password)) => {
                transport = transport.credentials(Credentials::new(user.clone(), password));
            }
            (None, None) => {}
            _ => {
                return Err(SendError::Setting {
                    setting: "mail.user",
                    problem: "it needs password_file, and password_file needs it".to_owned(),
                });
            }
        }
        Ok(Self {
            transport: transport.build(),
            host: from.email.domain().to_owned(),
            from,
        })
    }

    /// How long sending takes at most: a handful of commands.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        Duration::from_secs(TIMEOUT.as_secs() * 8)
    }

    /// Sends a letter. One that is sent again has the same `Message-ID`.
    ///
    /// # Errors
    /// Why it was not taken: for good, where the mail server says so.
    pub fn send(&self, delivery: &Delivery) -> Result<(), Failure> {
        let message = self.message(delivery)?;
        match self.transport.send(&message) {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(Failure::Never(error.to_string())),
            Err(error) => Err(Failure::Later(error.to_string())),
        }
    }

    /// The letter as it goes out. Whatever stands in subject or address stays
    /// there: it is encoded (RFC 2047) or refused.
    fn message(&self, delivery: &Delivery) -> Result<Message, Failure> {
        let never = |problem: String| Failure::Never(problem);
        let letter = Letter::read(&delivery.body).map_err(|error| never(error.to_string()))?;
        let to: Mailbox = delivery
            .address
            .parse()
            .map_err(|_| never("the address is none".to_owned()))?;
        // No program answers a letter of a program (RFC 3834, section 5).
        let automatic = HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        );
        let id = format!("<{}@{}>", delivery.message, self.host);
        Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(letter.subject.replace(char::is_control, " "))
            .message_id(Some(id))
            .raw_header(automatic)
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text)
            .map_err(|error| never(error.to_string()))
    }
}
