//! The key by which a node is known: made on its machine, and never leaving it.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use ed25519_dalek::{Signer as _, SigningKey};
use modu_programme::job::NodeKey;
use zeroize::Zeroizing;

use crate::NodeError;

/// The largest key file that is read.
const MAX_KEY_BYTES: u64 = 4096;

/// An Ed25519 private key (RFC 8032), in a file of its owner alone, as PKCS#8
/// in PEM.
pub struct Key(pub(crate) SigningKey);

impl Key {
    /// The key in a file; it is made where there is no file yet.
    ///
    /// # Errors
    /// [`NodeError::Key`] where others than its owner can read the file, or it
    /// holds no key.
    pub fn at(path: &Path) -> Result<Self, NodeError> {
        match fs::metadata(path) {
            Ok(found) => Self::load(path, &found),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::make(path),
            Err(error) => Err(wrong(path, error)),
        }
    }

    fn load(path: &Path, found: &fs::Metadata) -> Result<Self, NodeError> {
        let mode = found.permissions().mode();
        if mode & 0o077 != 0 {
            let problem =
                format!("others can read it (mode {mode:o}): make a new one, for it may be known");
            return Err(wrong(path, problem));
        }
        if found.len() > MAX_KEY_BYTES {
            return Err(wrong(path, "it is too large for a key"));
        }
        let pem = Zeroizing::new(fs::read_to_string(path).map_err(|error| wrong(path, error))?);
        // The parser's own words are not passed on: they might quote the file.
        let key = SigningKey::from_pkcs8_pem(&pem)
            .map_err(|_| wrong(path, "it is not an Ed25519 key as PKCS#8 in PEM"))?;
        Ok(Self(key))
    }

    fn make(path: &Path) -> Result<Self, NodeError> {
        let key = Self::generate()?;
        let pem = key.0.to_pkcs8_pem(LineEnding::LF);
        let pem = pem.map_err(|error| wrong(path, error))?;
        let made = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path);
        let mut file = made.map_err(|error| wrong(path, error))?;
        file.write_all(pem.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(|error| wrong(path, error))?;
        Ok(key)
    }

    /// A new one, in memory only.
    ///
    /// # Errors
    /// [`NodeError::Random`].
    pub fn generate() -> Result<Self, NodeError> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut()).map_err(|error| NodeError::Random(error.to_string()))?;
        Ok(Self(SigningKey::from_bytes(&bytes)))
    }

    /// What the operator is given.
    #[must_use]
    pub fn public(&self) -> NodeKey {
        NodeKey(self.0.verifying_key().to_bytes())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

/// Only the public side is shown.
impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.public())
    }
}

fn wrong(path: &Path, problem: impl ToString) -> NodeError {
    NodeError::Key {
        path: path.to_owned(),
        problem: problem.to_string(),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("node.pem");
        let made = Key::at(&path).unwrap().public();
        assert_eq!(Key::at(&path).unwrap().public(), made);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = Key::at(&path).unwrap_err().to_string();
        assert!(error.contains("others can read it"), "{error}");
    }

    #[test]
    fn what_holds_no_key_is_refused_without_quoting_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("node.pem");
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .unwrap();
        file.write_all(b"secret words").unwrap();
        let error = Key::at(&path).unwrap_err().to_string();
        assert!(!error.contains("secret words"), "{error}");
    }
}
