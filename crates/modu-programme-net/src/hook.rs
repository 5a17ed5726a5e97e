//! Sending a message to a webhook.
//!
//! The address is a stranger's. It is asked for once (a redirect is an error),
//! at addresses that were looked at after the name was resolved: public ones,
//! or ones of networks that the operator allows. Plain `http` goes to the
//! latter alone. Of the answer nothing is read but its status.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use modu_programme::notice::signature::Secret;
use modu_programme::notice::{Delivery, Failure};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use url::{Host, Url};

use crate::error::SendError;
use crate::network::{Network, is_public};

/// What an operator says of webhooks: the section `[webhooks]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HooksSettings {
    /// Networks of one's own that webhooks may lead to, `10.1.0.0/16`; also by
    /// plain http.
    pub allow: Vec<String>,
    /// Seconds that a receiver may take, 1 to 60.
    pub timeout_seconds: u64,
}

impl Default for HooksSettings {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            timeout_seconds: 15,
        }
    }
}

/// What sends messages.
#[derive(Debug, Clone)]
pub struct Hooks {
    guard: Guard,
    /// For addresses that are anybody's.
    https: Client,
    /// For the operator's networks alone.
    http: Client,
    timeout: Duration,
}

impl Hooks {
    /// As the operator wants it.
    ///
    /// # Errors
    /// [`SendError::Network`], [`SendError::Setting`], [`SendError::Client`].
    pub fn new(settings: &HooksSettings) -> Result<Self, SendError> {
        if !(1..=60).contains(&settings.timeout_seconds) {
            return Err(SendError::Setting {
                setting: "webhooks.timeout_seconds",
                problem: "it must be 1 to 60".to_owned(),
            });
        }
        let timeout = Duration::from_secs(settings.timeout_seconds);
        let allowed = settings.allow.iter().map(|text| text.parse());
        let guard = Guard {
            allowed: allowed.collect::<Result<Arc<[Network]>, _>>()?,
            is_plain: false,
        };
        let plain = Guard {
            is_plain: true,
            ..guard.clone()
        };
        Ok(Self {
            https: client(guard.clone(), timeout)?,
            http: client(plain, timeout)?,
            guard,
            timeout,
        })
    }

    /// How long sending takes at most.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Sends a message, signed for this moment.
    ///
    /// # Errors
    /// Why it was not taken: any answer but 2xx, none in time, or an address
    /// that nobody may be sent to.
    pub async fn send(
        &self,
        delivery: &Delivery,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let wrong = || Failure::Never("the address cannot be read".to_owned());
        let address = Url::parse(&delivery.address).map_err(|_| wrong())?;
        let client = match address.scheme() {
            "https" => &self.https,
            "http" => &self.http,
            _ => return Err(wrong()),
        };
        // A name is looked at when it is resolved; numbers never are.
        let number = match address.host() {
            Some(Host::Ipv4(number)) => Some(IpAddr::V4(number)),
            Some(Host::Ipv6(number)) => Some(IpAddr::V6(number)),
            Some(Host::Domain(_)) => None,
            None => return Err(wrong()),
        };
        let guard = Guard {
            is_plain: address.scheme() == "http",
            ..self.guard.clone()
        };
        if let Some(number) = number.filter(|number| !guard.lets_through(*number)) {
            return Err(Failure::Later(guard.refusal(&number.to_string())));
        }
        let (body, at) = (delivery.body.clone().into_bytes(), now.as_second());
        let request = client
            .post(address)
            .header("content-type", "application/json")
            .header("webhook-id", &delivery.message)
            .header("webhook-timestamp", at)
            .header(
                "webhook-signature",
                secret.sign(&delivery.message, at, &body),
            )
            .body(body);
        match request.send().await {
            Ok(answer) => judged(answer.status()),
            Err(error) => Err(Failure::Later(told(&error))),
        }
    }
}

fn judged(status: StatusCode) -> Result<(), Failure> {
    match status {
        status if status.is_success() => Ok(()),
        StatusCode::GONE => Err(Failure::Never("it answered 410: it is gone".to_owned())),
        status if status.is_redirection() => Err(Failure::Later(format!(
            "it answered {}: it leads elsewhere, where nothing is sent",
            status.as_u16()
        ))),
        status => Err(Failure::Later(format!("it answered {}", status.as_u16()))),
    }
}

/// The innermost cause: the outer ones repeat the address.
fn told(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it did not answer in time".to_owned();
    }
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn client(guard: Guard, timeout: Duration) -> Result<Client, SendError> {
    let client = Client::builder()
        .user_agent("modu")
        .https_only(!guard.is_plain)
        .dns_resolver(Arc::new(guard))
        .redirect(reqwest::redirect::Policy::none())
        // What the environment says of proxies would lead around the guard.
        .no_proxy()
        .referer(false)
        .timeout(timeout)
        .connect_timeout(timeout)
        .pool_max_idle_per_host(0);
    client.build().map_err(|error| SendError::Client {
        what: "webhooks",
        problem: error.to_string(),
    })
}

/// Lets through where strangers may send this server.
#[derive(Debug, Clone)]
struct Guard {
    allowed: Arc<[Network]>,
    /// Plain http goes to the operator's networks only.
    is_plain: bool,
}

impl Guard {
    fn lets_through(&self, address: IpAddr) -> bool {
        let is_own = self.allowed.iter().any(|network| network.contains(address));
        is_own || (!self.is_plain && is_public(address))
    }

    fn refusal(&self, place: &str) -> String {
        match self.is_plain {
            true => {
                format!("{place} is of no network that this server's operator allows: use https")
            }
            false => format!("{place} is no public address, and its network is not allowed here"),
        }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let open: Vec<SocketAddr> = found
                .filter(|address| guard.lets_through(address.ip()))
                .collect();
            match open.is_empty() {
                true => Err(guard.refusal(&name).into()),
                false => Ok(Box::new(open.into_iter()) as Addrs),
            }
        })
    }
}
