//! Codes of six digits that change every half minute, as authenticator apps on
//! phones make them (RFC 6238 over RFC 4226, with SHA-1).
//!
//! Phone and server share a secret and both know the time; from the two each
//! makes the same code. The clock of a phone may be one step off.

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha1::Sha1;

use super::{AccountError, random};

/// How long a code is shown, in seconds (RFC 6238, section 5.2).
const STEP: i64 = 30;
/// Steps that a phone's clock may be off.
const DRIFT: i64 = 1;
/// The digits of base32 (RFC 4648, section 6).
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What phone and server share: 160 bits, as many as SHA-1 has (RFC 4226,
/// section 4). Told by nothing but [`Self::base32`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 20]);

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// [`AccountError::Random`].
    pub(super) fn new() -> Result<Self, AccountError> {
        Ok(Self(random()?))
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As people type it into an app: 32 letters and digits.
    #[must_use]
    pub fn base32(&self) -> String {
        base32(&self.0)
    }

    /// The code of a step: for apps, and for tests that stand for one.
    #[must_use]
    pub fn code_at(&self, now: Timestamp) -> String {
        format!("{:06}", self.code(step(now)).unwrap_or_default())
    }

    /// The step within [`DRIFT`] whose code this is.
    pub(super) fn step_of(&self, code: u32, now: Timestamp) -> Option<i64> {
        let near = step(now) - DRIFT..=step(now) + DRIFT;
        // Every step is looked at, so that time tells nothing.
        near.fold(None, |found, step| match self.code(step) == Some(code) {
            true => found.or(Some(step)),
            false => found,
        })
    }

    /// RFC 4226, section 5.3; `None` before 1970.
    fn code(&self, step: i64) -> Option<u32> {
        let step = u64::try_from(step).ok()?;
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0).ok()?;
        mac.update(&step.to_be_bytes());
        let mac = mac.finalize().into_bytes();
        let offset = usize::from(mac.last()? & 0x0f);
        let four = mac.get(offset..offset + 4)?.try_into().ok()?;
        Some((u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

fn step(now: Timestamp) -> i64 {
    now.as_second().div_euclid(STEP)
}

/// Base32 without padding, of a whole number of five-byte groups.
pub(super) fn base32(bytes: &[u8]) -> String {
    let groups = bytes.chunks(5).flat_map(|group| {
        let mut eight = [0_u8; 8];
        if let Some(tail) = eight.get_mut(3..3 + group.len()) {
            tail.copy_from_slice(group);
        }
        let bits = u64::from_be_bytes(eight);
        (0..8).rev().map(move |place| (bits >> (5 * place)) & 31)
    });
    groups
        .map(|five| char::from(BASE32[five as usize & 31]))
        .collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// RFC 6238, appendix B, the rows of SHA-1; of its eight digits the last
    /// six.
    const VECTORS: [(i64, &str); 6] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];

    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = Secret::from_bytes(b"12345678901234567890").unwrap();
        for (second, code) in VECTORS {
            assert_eq!(secret.code_at(at(second)), code, "at {second}");
        }
        // RFC 4648's alphabet, computed with Python 3.11's base64.b32encode.
        assert_eq!(secret.base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn a_clock_may_be_off_by_one_step_and_no_more() {
        let secret = Secret::from_bytes(b"12345678901234567890").unwrap();
        let code: u32 = secret.code_at(at(1_000_000_000)).parse().unwrap();
        let whole = 1_000_000_000 / 30;
        for (off, good) in [
            (-60, false),
            (-30, true),
            (0, true),
            (30, true),
            (60, false),
        ] {
            let found = secret.step_of(code, at(1_000_000_000 + off));
            assert_eq!(found == Some(whole), good, "{off} seconds off");
        }
    }

    #[test]
    fn a_secret_is_not_told_by_accident() {
        assert_eq!(format!("{:?}", Secret::new().unwrap()), "Secret(..)");
        assert_ne!(Secret::new().unwrap(), Secret::new().unwrap());
    }
}
