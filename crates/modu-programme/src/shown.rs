//! Links that show one file of a run to whoever holds them: a patient's page
//! to the patient, the ward's queue to the ward.
//!
//! What is of one patient is on no page of the programme and no role's right.
//! Whoever keeps the home makes a link on its own machine and hands it over; it
//! names a run, a file of it, and an end, under a MAC (HMAC-SHA-256, RFC 2104)
//! whose key lies in the home for its owner alone. A new key ends all links; one
//! by one they are ended in the register ([`crate::Links`]).

use std::io;
use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;

use crate::account::Token;

/// The file of the key, in the home.
pub const SHOWN_KEY: &str = "shown.key";
/// Bytes of a link's token at most.
const MAX_TOKEN_BYTES: usize = 300;
/// What stands between the parts of a token.
const BETWEEN: char = '~';

/// What a link shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The run's place in the log.
    pub entry: u64,
    /// The name of one of its outputs.
    pub output: String,
    /// When the link ends, to the second.
    pub ends: Timestamp,
}

impl Shown {
    /// The end of the link's address.
    #[must_use]
    pub fn token(&self, key: &Token) -> String {
        let said = self.said();
        let mac = mac(key, &said).finalize().into_bytes();
        let mac: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{said}{BETWEEN}{mac}")
    }

    fn said(&self) -> String {
        let (entry, ends) = (self.entry, self.ends.as_second());
        format!("{entry}{BETWEEN}{ends}{BETWEEN}{}", self.output)
    }

    /// Reads a token; none where it was not made with this key, was changed,
    /// or has ended.
    #[must_use]
    pub fn read(token: &str, key: &Token, now: Timestamp) -> Option<Self> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let (said, given) = token.rsplit_once(BETWEEN)?;
        let given = Token::parse(given)?.reveal();
        let bytes = given.as_bytes().as_chunks::<2>().0.iter();
        let bytes: Option<Vec<u8>> = bytes
            .map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        mac(key, said).verify_slice(&bytes?).ok()?;
        let (entry, rest) = said.split_once(BETWEEN)?;
        let (ends, output) = rest.split_once(BETWEEN)?;
        let shown = Self {
            entry: entry.parse().ok()?,
            output: output.to_owned(),
            ends: Timestamp::from_second(ends.parse().ok()?).ok()?,
        };
        (now < shown.ends).then_some(shown)
    }
}

fn mac(key: &Token, said: &str) -> Hmac<Sha256> {
    // A key that is shorter than a block is filled with zeros (RFC 2104).
    let mut block = [0; 64];
    block[..32].copy_from_slice(&key.digest());
    let mut mac = Hmac::<Sha256>::new((&block).into());
    mac.update(b"modu shown\0");
    mac.update(said.as_bytes());
    mac
}

/// The key that lies in a home; none where no link was ever made there.
///
/// # Errors
/// Where the file is there and cannot be read, or holds no key.
pub fn shown_key(home: &Path) -> io::Result<Option<Token>> {
    let text = match std::fs::read_to_string(home.join(SHOWN_KEY)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, "it holds no key: remove it");
    Token::parse(text.trim()).map(Some).ok_or_else(wrong)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_link_shows_what_it_was_made_for_until_it_ends() {
        let key = Token::new().unwrap();
        let shown = Shown {
            entry: 23,
            output: "patient.html".to_owned(),
            ends: at(1_000),
        };
        let token = shown.token(&key);
        assert_eq!(Shown::read(&token, &key, at(999)), Some(shown.clone()));
        assert_eq!(Shown::read(&token, &key, at(1_000)), None);
        assert_eq!(Shown::read(&token, &Token::new().unwrap(), at(0)), None);
        for (place, _) in token.char_indices() {
            let mut changed = token.clone().into_bytes();
            changed[place] ^= 1;
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(Shown::read(&changed, &key, at(0)), None, "{changed}");
        }
        for other in ["", "~", "~~~", "23", &"~".repeat(400)] {
            assert_eq!(Shown::read(other, &key, at(0)), None, "{other}");
        }
    }
}
