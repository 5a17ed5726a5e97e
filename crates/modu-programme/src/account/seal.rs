//! Sealing what must be read again: secrets of second factors.
//!
//! A password is compared with a hash, but codes are made from the secret
//! itself. It is therefore kept encrypted (ChaCha20-Poly1305, RFC 8439) under
//! a key that lies outside the database: whoever copies the database alone
//! can make no code.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::{AccountError, Token, random};
use crate::identity::PersonId;

/// The key under which secrets lie in the database.
#[derive(Debug, Clone)]
pub struct SealKey(Token);

impl SealKey {
    /// A new one.
    ///
    /// # Errors
    /// [`AccountError::Random`].
    pub fn new() -> Result<Self, AccountError> {
        Ok(Self(Token::new()?))
    }

    /// Reads a key as [`Self::reveal`] writes it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Token::parse(text).map(Self)
    }

    /// The key itself, for the file that keeps it.
    #[must_use]
    pub fn reveal(&self) -> String {
        self.0.reveal()
    }

    /// Seals a person's secret; it can be opened as that person's only.
    pub(super) fn seal(&self, person: PersonId, secret: &[u8]) -> Result<Vec<u8>, AccountError> {
        let nonce: [u8; NONCE_LEN] = random()?;
        let mut sealed = secret.to_vec();
        self.key()?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(about(person)),
                &mut sealed,
            )
            .map_err(|_| AccountError::Unreadable("a second factor"))?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Opens what [`Self::seal`] made; `None` where it is something else, or
    /// another person's, or was sealed with another key.
    pub(super) fn open(&self, person: PersonId, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut secret = sealed.to_vec();
        let key = self.key().ok()?;
        let opened = key.open_in_place(nonce, Aad::from(about(person)), &mut secret);
        Some(opened.ok()?.to_vec())
    }

    fn key(&self) -> Result<LessSafeKey, AccountError> {
        let key = UnboundKey::new(&CHACHA20_POLY1305, self.0.bytes());
        let key = key.map_err(|_| AccountError::Unreadable("the key of second factors"))?;
        Ok(LessSafeKey::new(key))
    }
}

fn about(person: PersonId) -> Vec<u8> {
    let mut about = b"modu second factor\n".to_vec();
    about.extend(person.0.0.to_be_bytes());
    about
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::identity::Sequence;

    #[test]
    fn what_is_sealed_opens_for_its_person_under_its_key_and_unchanged_only() {
        let key = SealKey::new().unwrap();
        let (kim, lee) = (PersonId(Sequence(1)), PersonId(Sequence(2)));
        let sealed = key.seal(kim, b"secret").unwrap();
        assert_eq!(key.open(kim, &sealed).unwrap(), b"secret");
        assert_eq!(key.open(lee, &sealed), None);
        assert_eq!(SealKey::new().unwrap().open(kim, &sealed), None);
        assert_eq!(key.open(kim, b"short"), None);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open(kim, &changed), None, "byte {at}");
        }
        let again = SealKey::parse(&key.reveal()).unwrap();
        assert_eq!(again.open(kim, &sealed).unwrap(), b"secret");
        assert_ne!(key.seal(kim, b"secret").unwrap(), sealed);
    }
}
