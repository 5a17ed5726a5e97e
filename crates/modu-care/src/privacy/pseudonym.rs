//! Names for people that only the holder of a key can make again.
//!
//! A hash of a registration number is no pseudonym: there are only so many
//! numbers, and whoever hashes them all has the list. A pseudonym here is
//! HMAC-SHA-256 (RFC 2104, FIPS 198-1) under a key of 256 random bits, cut to
//! 128 bits. The key is read by the effects crate from a file that only its
//! owner may read, is used while records are opened, and is part of no
//! request, input, output or error: what an engine gets knows pseudonyms only.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// Bytes of a pseudonym.
const BYTES: usize = 16;

/// A person's name that leads back to nobody: `p` and 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pseudonym([u8; BYTES]);

impl Pseudonym {
    /// Reads one; any other spelling is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('p')?.as_bytes();
        if digits.len() != 2 * BYTES {
            return None;
        }
        let mut bytes = [0; BYTES];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (value(pair[0])? << 4) | value(pair[1])?;
        }
        Some(Self(bytes))
    }
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("p")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Pseudonym> for String {
    fn from(pseudonym: Pseudonym) -> Self {
        pseudonym.to_string()
    }
}

impl TryFrom<String> for Pseudonym {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a pseudonym is `p` and 32 hexadecimal digits")
    }
}

impl JsonSchema for Pseudonym {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Pseudonym".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^p[0-9a-f]{32}$" })
    }
}

/// Tells keys apart without telling anything of them: pseudonyms of two
/// cohorts can be joined where these are equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct KeyIdentity(String);

impl KeyIdentity {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The secret that pseudonyms are made with. It is wiped from memory when it
/// is dropped, and has no text form.
pub struct PseudonymKey(Zeroizing<[u8; KEY_BYTES]>);

impl PseudonymKey {
    /// A key of these bytes, which must come from a random source.
    #[must_use]
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The pseudonym of something in a space of names, such as `Patient`:
    /// equal texts in two spaces have unequal pseudonyms.
    #[must_use]
    pub fn pseudonym(&self, space: &str, text: &str) -> Pseudonym {
        let mut bytes = [0; BYTES];
        bytes.copy_from_slice(&self.code(space, text)[..BYTES]);
        Pseudonym(bytes)
    }

    /// What tells this key from others.
    #[must_use]
    pub fn identity(&self) -> KeyIdentity {
        let code = self.code("modu.care/key", "");
        KeyIdentity(code[..8].iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn code(&self, space: &str, text: &str) -> [u8; 32] {
        // A key of the block's length or less is taken as it is (RFC 2104).
        let mut block = Zeroizing::new([0; 64]);
        block[..KEY_BYTES].copy_from_slice(&self.0[..]);
        let mut mac = Hmac::<Sha256>::new((&*block).into());
        mac.update(&(space.len() as u64).to_be_bytes());
        mac.update(space.as_bytes());
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey(secret)")
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// Computed with Python 3.11: `hmac.new(bytes(range(32)),
    /// (7).to_bytes(8, "big") + b"Patient" + b"a", "sha256").hexdigest()[:32]`.
    const OF_A: &str = "pef96362c9ddc2ef724438733a81661f9";

    fn key(first: u8) -> PseudonymKey {
        let bytes: Vec<u8> = (first..).take(KEY_BYTES).collect();
        PseudonymKey::new(bytes.try_into().unwrap())
    }

    #[test]
    fn a_pseudonym_is_hmac_sha_256_of_its_space_and_text() {
        assert_eq!(key(0).pseudonym("Patient", "a").to_string(), OF_A);
    }

    #[test]
    fn another_key_space_or_text_gives_another_pseudonym() {
        let usual = key(0).pseudonym("Patient", "a");
        assert_ne!(usual, key(1).pseudonym("Patient", "a"));
        assert_ne!(usual, key(0).pseudonym("Patient", "b"));
        assert_ne!(usual, key(0).pseudonym("Patien", "ta"));
        assert_ne!(key(0).identity(), key(1).identity());
    }

    #[test]
    fn a_pseudonym_is_read_back_and_no_hash_is_taken_for_one() {
        let pseudonym = key(0).pseudonym("Patient", "a");
        assert_eq!(Pseudonym::parse(&pseudonym.to_string()), Some(pseudonym));
        let text = pseudonym.to_string();
        for wrong in [&text[1..], &text.to_uppercase(), &text[..32], "", "p"] {
            assert_eq!(Pseudonym::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_key_does_not_show_itself() {
        assert_eq!(format!("{:?}", key(65)), "PseudonymKey(secret)");
    }
}
