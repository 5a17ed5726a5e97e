//! Keys put to use under notes.

use std::fmt;
use std::path::Path;

use super::{Ed25519Key, Keys, Random, file, load_ed25519};
use crate::EvidenceError;
use crate::log::Origin;
use crate::note::{Cosigner, KeyName, NoteSigner, SignatureLine, VerifierKey};

/// Signs a log's checkpoints: a line by its ECDSA key, then one by its
/// Ed25519 key.
#[derive(Debug)]
pub struct LogSigner<'k> {
    keys: &'k Keys,
    ecdsa: VerifierKey,
    ed25519: VerifierKey,
}

impl<'k> LogSigner<'k> {
    /// Signs as the log of this origin.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] where the origin cannot be a key's name.
    pub fn new(keys: &'k Keys, origin: &Origin) -> Result<Self, EvidenceError> {
        let name = KeyName::new(origin.as_str())?;
        Ok(Self {
            ecdsa: VerifierKey::ecdsa_p256(name.clone(), keys.log_ecdsa.spki())?,
            ed25519: VerifierKey::ed25519(name, &keys.log_ed25519.public())?,
            keys,
        })
    }

    /// The public keys, in the order of their lines.
    #[must_use]
    pub fn public(&self) -> [VerifierKey; 2] {
        [self.ecdsa.clone(), self.ed25519.clone()]
    }
}

impl NoteSigner for LogSigner<'_> {
    fn sign(&self, text: &str) -> Result<Vec<SignatureLine>, EvidenceError> {
        let line = |key: &VerifierKey, signature: Vec<u8>| {
            SignatureLine::new(key.name().clone(), key.id(), signature)
        };
        let text = text.as_bytes();
        Ok(vec![
            line(&self.ecdsa, self.keys.log_ecdsa.sign(text))?,
            line(&self.ed25519, self.keys.log_ed25519.sign(text).to_vec())?,
        ])
    }
}

/// The key with which an organisation cosigns other organisations' logs.
pub struct WitnessKey {
    secret: Ed25519Key,
    public: VerifierKey,
}

impl WitnessKey {
    /// Makes a key in memory only.
    ///
    /// # Errors
    /// [`EvidenceError::Random`].
    pub fn generate(name: KeyName, random: &mut dyn Random) -> Result<Self, EvidenceError> {
        Self::new(name, Ed25519Key::generate(random)?)
    }

    fn new(name: KeyName, secret: Ed25519Key) -> Result<Self, EvidenceError> {
        let public = VerifierKey::cosignature(name, &secret.public())?;
        Ok(Self { secret, public })
    }

    /// Writes the key to a new file of mode 0600.
    ///
    /// # Errors
    /// [`EvidenceError::Io`], also where the file is there already.
    pub fn save(&self, path: &Path) -> Result<(), EvidenceError> {
        file::create(path, &self.secret.to_pem()?)?;
        path.parent().map_or(Ok(()), |folder| {
            // A bare file name has an empty parent, which means here.
            let here = folder.as_os_str().is_empty();
            file::sync_folder(if here { Path::new(".") } else { folder })
        })
    }

    /// Reads the key that [`Self::save`] wrote.
    ///
    /// # Errors
    /// [`EvidenceError::Key`] where others than its owner can read the file,
    /// [`EvidenceError::Io`].
    pub fn load(name: KeyName, path: &Path) -> Result<Self, EvidenceError> {
        Self::new(name, load_ed25519(path)?)
    }

    /// What readers are given to trust: its `Display` is the vkey.
    #[must_use]
    pub fn public(&self) -> &VerifierKey {
        &self.public
    }
}

impl Cosigner for WitnessKey {
    fn key(&self) -> &VerifierKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], EvidenceError> {
        Ok(self.secret.sign(message))
    }
}

/// Only the public side is shown.
impl fmt::Debug for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WitnessKey({})", self.public)
    }
}
