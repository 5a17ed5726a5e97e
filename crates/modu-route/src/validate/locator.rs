//! Trust anchor locators (RFC 8630): where a trust anchor's certificate is
//! found, and the key that it must have.

use rpki::crypto::PublicKey;
use rpki::repository::tal::Tal;

use crate::{RouteError, limits};

/// A trust anchor locator that was read.
#[derive(Debug, Clone)]
pub struct Locator {
    name: String,
    uris: Vec<String>,
    key: PublicKey,
}

impl Locator {
    /// Reads a locator. The name, such as `apnic`, stands for the trust anchor
    /// in tables and reports.
    ///
    /// # Errors
    /// [`RouteError`] where the name is not 1 to 64 letters, digits, `-`, `_`
    /// or `.`, or the bytes are no locator.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, RouteError> {
        let malformed = |place: &str, problem: String| RouteError::Malformed {
            place: place.to_owned(),
            problem,
        };
        let harmless = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || name.len() > 64 || !name.chars().all(harmless) {
            let problem = "write 1 to 64 letters, digits, `-`, `_` or `.`";
            return Err(malformed("the name of a locator", problem.into()));
        }
        if bytes.len() as u64 > limits::LOCATOR_BYTES {
            return Err(RouteError::TooMany {
                what: "bytes in a locator",
                limit: limits::LOCATOR_BYTES,
            });
        }
        let tal = Tal::read_named(name.to_owned(), &mut &bytes[..]).map_err(|error| {
            let problem = format!("{error}: it must be a trust anchor locator (RFC 8630)");
            malformed("the locator", problem)
        })?;
        if tal.uris().len() == 0 {
            return Err(malformed("the locator", "it names no URI".into()));
        }
        Ok(Self {
            name: name.to_owned(),
            uris: tal.uris().map(|uri| uri.as_str().to_owned()).collect(),
            key: tal.key_info().clone(),
        })
    }

    /// The trust anchor's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its certificate is found, `rsync` or `https` URIs, in the order
    /// of the locator.
    #[must_use]
    pub fn uris(&self) -> &[String] {
        &self.uris
    }

    pub(super) fn key(&self) -> &PublicKey {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            start in prop::sample::select(vec!["", "#x\n", "rsync://a.example/m/ta.cer\n\n", "https://a.example/ta.cer\r\n\r\n"]),
        ) {
            let mut locator = start.as_bytes().to_vec();
            locator.extend(bytes);
            let _ = Locator::parse("a", &locator);
        }
    }

    #[test]
    fn a_locator_without_a_harmless_name_or_a_key_is_refused() {
        for (name, bytes) in [
            ("", &b"rsync://a.example/m/ta.cer\n\nAAAA"[..]),
            ("../x", b"rsync://a.example/m/ta.cer\n\nAAAA"),
            ("a", b"rsync://a.example/m/ta.cer\n\nAAAA"),
            ("a", b"\nMIIB"),
            ("a", b""),
        ] {
            assert!(Locator::parse(name, bytes).is_err(), "{name}");
        }
    }
}
