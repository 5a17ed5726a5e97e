//! What a provider says of itself (OpenID Connect Discovery 1.0, section 3).

use serde::Deserialize;
use url::Url;

use crate::error::OpenidError;
use crate::fetch::is_guarded;

/// A provider's document, as far as it is used. Every address in it is one
/// that may be asked: over TLS, or on this machine.
#[derive(Debug, Deserialize)]
pub struct Discovery {
    issuer: String,
    authorization_endpoint: Guarded,
    token_endpoint: Guarded,
    jwks_uri: Guarded,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// An address that may be asked.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Guarded(Url);

impl TryFrom<String> for Guarded {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let url = Url::parse(&text).ok().filter(is_guarded);
        url.map(Self).ok_or("an address is not https")
    }
}

impl Discovery {
    /// Reads a document.
    ///
    /// # Errors
    /// [`OpenidError::Unreachable`] where it is none, or an address in it may
    /// not be asked.
    pub fn parse(json: &[u8]) -> Result<Self, OpenidError> {
        serde_json::from_slice::<serde_json::Value>(json)
            // Also what is passed over unread.
            .and_then(|_| serde_json::from_slice(json))
            .map_err(|error| OpenidError::unreachable("configuration", error))
    }

    /// Whose it is; that this is the expected one is for the caller to see.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where visitors are sent.
    #[must_use]
    pub fn authorization_endpoint(&self) -> &Url {
        &self.authorization_endpoint.0
    }

    /// Where a code is changed for a token.
    #[must_use]
    pub fn token_endpoint(&self) -> &Url {
        &self.token_endpoint.0
    }

    /// Where its keys are.
    #[must_use]
    pub fn jwks_uri(&self) -> &Url {
        &self.jwks_uri.0
    }

    /// Whether our secret may be shown in a header (RFC 6749, section 2.3.1):
    /// also where it is not said.
    pub(crate) fn takes_basic(&self) -> bool {
        let methods = &self.token_endpoint_auth_methods_supported;
        methods.is_empty() || methods.iter().any(|it| it == "client_secret_basic")
    }

    /// Whether its answers must say whose they are (RFC 9207).
    pub(crate) fn says_who_answers(&self) -> bool {
        self.authorization_response_iss_parameter_supported
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_could_be_listened_to_is_refused() {
        for (text, good) in [
            ("https://id.example/token", true),
            ("http://127.0.0.1:3000/token", true),
            ("http://id.example/token", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(Guarded::try_from(text.to_owned()).is_ok(), good, "{text}");
            let document = format!(
                r#"{{"issuer":"https://id.example","authorization_endpoint":"https://id.example/",
                "token_endpoint":"https://id.example/","jwks_uri":"{text}"}}"#
            );
            assert_eq!(
                Discovery::parse(document.as_bytes()).is_ok(),
                good,
                "{text}"
            );
        }
    }
}
