//! Passwords, of which only a slow hash is kept.

use argon2::{Algorithm, Argon2, Params, Version};

use super::{AccountError, random};

/// Characters of a password, at least (NIST SP 800-63B-4, section 3.1.1.2, for
/// a password that is used alone).
pub const MIN_PASSWORD_CHARS: usize = 15;
/// Bytes of a password, at most.
pub const MAX_PASSWORD_BYTES: usize = 1_024;

/// Memory in KiB and passes: the first of the settings that OWASP's password
/// storage cheat sheet names for Argon2id with one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;

/// A password that may be set.
pub struct Password(String);

impl Password {
    /// A password of at least [`MIN_PASSWORD_CHARS`] characters that are not
    /// all the same.
    ///
    /// # Errors
    /// [`AccountError::Password`].
    pub fn new(text: impl Into<String>) -> Result<Self, AccountError> {
        let text = text.into();
        if text.chars().count() < MIN_PASSWORD_CHARS {
            return Err(AccountError::Password("has fewer than 15 characters"));
        }
        if text.len() > MAX_PASSWORD_BYTES {
            return Err(AccountError::Password("is longer than 1,024 bytes"));
        }
        let mut characters = text.chars();
        let first = characters.next();
        if characters.all(|c| Some(c) == first) {
            return Err(AccountError::Password("is one character many times"));
        }
        Ok(Self(text))
    }

    /// Whether it is that text.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.0 == text
    }

    /// What is kept of it; takes 19 MiB and keeps a core busy for a while.
    ///
    /// # Errors
    /// [`AccountError::Random`], [`AccountError::Password`].
    pub fn hashed(&self) -> Result<HashedPassword, AccountError> {
        let salt = random()?;
        let hash = stretched(&self.0, &salt).ok_or(AccountError::Password("cannot be hashed"))?;
        Ok(HashedPassword { salt, hash })
    }
}

/// What is kept of a password that may be set.
pub struct HashedPassword {
    pub(super) salt: [u8; 16],
    pub(super) hash: [u8; 32],
}

/// Whether a password is the one whose hash is kept.
pub(super) fn matches(password: &str, salt: &[u8], hash: &[u8]) -> bool {
    if password.len() > MAX_PASSWORD_BYTES {
        return false;
    }
    let Some(found) = stretched(password, salt) else {
        return false;
    };
    // Looks at every byte, so that time tells nothing.
    let differences = found.iter().zip(hash).fold(0, |all, (a, b)| all | (a ^ b));
    hash.len() == found.len() && differences == 0
}

#[cfg(test)]
thread_local! {
    /// How many hashes a test's thread has paid for.
    pub(super) static STRETCHED: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

fn stretched(password: &str, salt: &[u8]) -> Option<[u8; 32]> {
    #[cfg(test)]
    STRETCHED.with(|count| count.set(count.get() + 1));
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).ok()?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut hash = [0; 32];
    argon2
        .hash_password_into(password.as_bytes(), salt, &mut hash)
        .ok()?;
    Some(hash)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_password_matches_its_own_hash_only() {
        let password = Password::new("말없이 지나가는 구름과 바람과 별").unwrap();
        let HashedPassword { salt, hash } = password.hashed().unwrap();
        assert!(matches("말없이 지나가는 구름과 바람과 별", &salt, &hash));
        assert!(!matches("말없이 지나가는 구름과 바람과 달", &salt, &hash));
        assert!(!matches(
            "말없이 지나가는 구름과 바람과 별",
            &[1; 16],
            &hash
        ));
        assert!(!matches(
            "말없이 지나가는 구름과 바람과 별",
            &salt,
            &hash[..31]
        ));
    }

    #[test]
    fn short_and_empty_passwords_are_not_taken() {
        for wrong in ["", "열네 글자보다 짧다", "aaaaaaaaaaaaaaaaaaaa"] {
            assert!(Password::new(wrong).is_err(), "{wrong}");
        }
        assert!(Password::new("x".repeat(MAX_PASSWORD_BYTES + 1)).is_err());
    }
}
