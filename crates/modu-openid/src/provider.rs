//! One provider: where it is, what it is asked, what its answers are worth.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use url::{Url, form_urlencoded};

use crate::discovery::Discovery;
use crate::error::OpenidError;
use crate::fetch::{self, is_guarded};
use crate::flow::Flow;
use crate::keys::Keys;
use crate::token::{Doubt, Expected, checked};

/// How long what a provider says of itself is believed.
const KNOWN: SignedDuration = SignedDuration::from_mins(60);
/// How often it may be asked for keys because a token names a new one.
const ANEW: SignedDuration = SignedDuration::from_mins(1);

/// What we know of a provider beforehand.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// How it is called in our addresses: small letters, digits and hyphens.
    pub name: String,
    /// How it is called on pages.
    pub label: String,
    /// Its URL, as it stands in its tokens.
    pub issuer: String,
    /// How it calls us.
    pub client_id: String,
    /// What we show it, where it gave us something.
    pub client_secret: Option<String>,
    /// The assurances that will do, the preferred first; any where there are
    /// none.
    pub acr_values: Vec<String>,
    /// Claims that a token must have, with these values.
    pub claims: BTreeMap<String, String>,
    /// Whether it asks for a second factor itself.
    pub vouches: bool,
}

/// What comes back with a visitor.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    /// The code to be changed for a token.
    pub code: &'a str,
    /// The state of the question; the empty text where there is none.
    pub state: &'a str,
    /// Who answers (RFC 9207); the empty text where it is not said.
    pub iss: &'a str,
    /// What went wrong there; the empty text where nothing did.
    pub error: &'a str,
}

/// A provider that can be asked who somebody is.
#[derive(Debug)]
pub struct Provider {
    settings: Settings,
    client: reqwest::Client,
    known: Mutex<Option<Arc<Known>>>,
}

#[derive(Debug)]
struct Known {
    discovery: Discovery,
    keys: Keys,
    at: Timestamp,
}

#[derive(Deserialize)]
struct Given {
    id_token: String,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
}

impl Provider {
    /// A provider, which is not asked anything yet.
    ///
    /// # Errors
    /// [`OpenidError::Settings`].
    pub fn new(settings: Settings) -> Result<Self, OpenidError> {
        let wrong = |problem| OpenidError::Settings {
            name: settings.name.clone(),
            problem,
        };
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !(1..=32).contains(&settings.name.len()) || !settings.name.chars().all(plain) {
            return Err(wrong(
                "a name has 1 to 32 small letters, digits and hyphens",
            ));
        }
        if !Url::parse(&settings.issuer).is_ok_and(|url| is_guarded(&url)) {
            return Err(wrong("the issuer must begin with https://"));
        }
        if settings.client_id.is_empty() {
            return Err(wrong("a client_id is needed"));
        }
        Ok(Self {
            client: fetch::client()?,
            settings,
            known: Mutex::default(),
        })
    }

    /// What we know of it beforehand.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where a visitor is sent with a question, to come back to `redirect`.
    ///
    /// # Errors
    /// [`OpenidError::Unreachable`].
    pub async fn way_there(
        &self,
        flow: &Flow,
        redirect: &str,
        now: Timestamp,
    ) -> Result<Url, OpenidError> {
        let known = self.known(now, KNOWN).await?;
        let mut url = known.discovery.authorization_endpoint().clone();
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", redirect)
            .append_pair("scope", "openid")
            .append_pair("state", &flow.state())
            .append_pair("nonce", &flow.nonce())
            .append_pair("code_challenge", &flow.challenge())
            .append_pair("code_challenge_method", "S256");
        if !self.settings.acr_values.is_empty() {
            query.append_pair("acr_values", &self.settings.acr_values.join(" "));
        }
        drop(query);
        Ok(url)
    }

    /// Who came back with an answer: their subject.
    ///
    /// # Errors
    /// Why they are not believed; [`OpenidError::Unreachable`].
    pub async fn identify(
        &self,
        flow: &Flow,
        redirect: &str,
        answer: Answer<'_>,
        now: Timestamp,
    ) -> Result<String, OpenidError> {
        if answer.state != flow.state() {
            return Err(OpenidError::NotAsked);
        }
        let mut known = self.known(now, KNOWN).await?;
        let says_iss = known.discovery.says_who_answers();
        let other = answer.iss != self.settings.issuer;
        if other && (says_iss || !answer.iss.is_empty()) {
            return Err(OpenidError::NotAsked);
        }
        if !answer.error.is_empty() || answer.code.is_empty() {
            return Err(OpenidError::Refused(plain(answer.error)));
        }
        let token = self.token(&known, flow, redirect, answer.code).await?;
        let expected = Expected {
            issuer: &self.settings.issuer,
            client_id: &self.settings.client_id,
            nonce: &flow.nonce(),
            acr_values: &self.settings.acr_values,
            claims: &self.settings.claims,
            now,
        };
        match checked(&token, &known.keys, &expected) {
            Err(Doubt::UnknownKey) => {
                // It may have changed its keys since.
                known = self.known(now, ANEW).await?;
                Ok(checked(&token, &known.keys, &expected)?)
            }
            checked => Ok(checked?),
        }
    }

    /// Changes a code for a token (RFC 6749, section 4.1.3).
    async fn token(
        &self,
        known: &Known,
        flow: &Flow,
        redirect: &str,
        code: &str,
    ) -> Result<String, OpenidError> {
        let Settings {
            client_id,
            client_secret,
            ..
        } = &self.settings;
        let by_basic = known.discovery.takes_basic();
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", redirect)
            .append_pair("code_verifier", &flow.verifier());
        let mut request = self.client.post(known.discovery.token_endpoint().clone());
        match client_secret {
            Some(secret) if by_basic => {
                let encoded = |text: &str| -> String {
                    form_urlencoded::byte_serialize(text.as_bytes()).collect()
                };
                let both = format!("{}:{}", encoded(client_id), encoded(secret));
                let basic = format!("Basic {}", STANDARD.encode(both));
                request = request.header("authorization", basic);
            }
            Some(secret) => {
                body.append_pair("client_id", client_id)
                    .append_pair("client_secret", secret);
            }
            None => {
                body.append_pair("client_id", client_id);
            }
        }
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(body.finish());
        let (status, bytes) = fetch::answer("token", request).await?;
        if status != 200 {
            let refused = serde_json::from_slice::<Refused>(&bytes);
            return Err(match refused {
                Ok(refused) => OpenidError::Refused(plain(&refused.error)),
                Err(_) => OpenidError::unreachable("token", format!("status {status}")),
            });
        }
        let given: Given = serde_json::from_slice(&bytes)
            .map_err(|_| OpenidError::unreachable("token", "there is none in its answer"))?;
        Ok(given.id_token)
    }

    /// What it says of itself, not older than that.
    async fn known(&self, now: Timestamp, age: SignedDuration) -> Result<Arc<Known>, OpenidError> {
        let held = {
            let known = self.known.lock();
            known.unwrap_or_else(PoisonError::into_inner).clone()
        };
        if let Some(known) = held.filter(|known| now >= known.at && now < known.at + age) {
            return Ok(known);
        }
        let place = self.settings.issuer.trim_end_matches('/');
        let place = format!("{place}/.well-known/openid-configuration");
        let what = "configuration";
        let discovery = self.document(what, self.client.get(place)).await?;
        let discovery = Discovery::parse(&discovery)?;
        if discovery.issuer() != self.settings.issuer {
            let problem = "it is another issuer's: write `issuer` as it stands there";
            return Err(OpenidError::unreachable(what, problem));
        }
        let keys = self.client.get(discovery.jwks_uri().clone());
        let keys = Keys::parse(&self.document("keys", keys).await?)?;
        let at = now;
        let known = Arc::new(Known {
            discovery,
            keys,
            at,
        });
        let held = self.known.lock();
        *held.unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&known));
        Ok(known)
    }

    async fn document(
        &self,
        what: &'static str,
        request: reqwest::RequestBuilder,
    ) -> Result<Vec<u8>, OpenidError> {
        match fetch::answer(what, request).await? {
            (200, bytes) => Ok(bytes),
            (status, _) => Err(OpenidError::unreachable(what, format!("status {status}"))),
        }
    }
}

/// An error's code as the standard writes them; nothing else is shown.
fn plain(code: &str) -> String {
    let letters = code.chars().filter(|c| c.is_ascii_lowercase() || *c == '_');
    letters.take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            name: "id".to_owned(),
            issuer: "https://id.example".to_owned(),
            client_id: "modu".to_owned(),
            ..Settings::default()
        }
    }

    #[test]
    fn a_provider_that_could_be_listened_to_is_refused() {
        assert!(Provider::new(settings()).is_ok());
        for issuer in ["http://id.example", "ftp://localhost", "nonsense", ""] {
            let wrong = Settings {
                issuer: issuer.to_owned(),
                ..settings()
            };
            assert!(Provider::new(wrong).is_err(), "{issuer}");
        }
        for name in ["", "A", "a/b", &"a".repeat(33)] {
            let wrong = Settings {
                name: name.to_owned(),
                ..settings()
            };
            assert!(Provider::new(wrong).is_err(), "{name}");
        }
    }

    #[test]
    fn what_a_provider_says_of_an_error_is_shown_as_a_code_only() {
        assert_eq!(plain("access_denied"), "access_denied");
        assert_eq!(plain("<script>"), "script");
    }
}
