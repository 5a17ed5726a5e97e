//! Private keys: made once, kept in files that only their owner can read.
//!
//! An organisation that keeps evidence has five keys. The *identity* key signs
//! its statements. The *authority* key certifies the identity key, for a few
//! minutes at a time. The *certificate log* key vouches for each certificate
//! (RFC 6962). Two *log* keys, ECDSA P-256 and Ed25519, sign the log's
//! checkpoints: Sigstore's clients read the one, most others the other. Who
//! watches other organisations' logs has a *witness* key besides.
//!
//! Keys are PKCS#8 in PEM files of mode 0600 in a folder of mode 0700. A file
//! that others can read is refused, for its key may be known by now. Nothing
//! here prints a key, and memory that held one is overwritten.
//!
//! When keys are changed, the old public keys stay in the trusted root with the
//! time in which they were used, so that old evidence verifies.

mod file;
mod public;
mod random;
mod signer;

use std::fmt;
use std::path::Path;

use ed25519_dalek::Signer as _;
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _};
use zeroize::Zeroizing;

pub(crate) use file::create_folder;
pub use public::EcdsaPublicKey;
pub use random::{Random, SystemRandom};
pub use signer::{LogSigner, WitnessKey};

use crate::EvidenceError;

/// An ECDSA P-256 private key. It signs deterministically (RFC 6979).
pub struct EcdsaKey {
    secret: p256::ecdsa::SigningKey,
    spki: Vec<u8>,
}

impl EcdsaKey {
    /// Makes a key from random bytes.
    ///
    /// # Errors
    /// [`EvidenceError::Random`].
    pub fn generate(random: &mut dyn Random) -> Result<Self, EvidenceError> {
        let mut bytes = Zeroizing::new([0; 32]);
        // A random number is outside the group's order once in 2^32 times.
        for _ in 0..64 {
            random.fill(bytes.as_mut())?;
            if let Ok(secret) = p256::ecdsa::SigningKey::from_slice(bytes.as_ref()) {
                return Self::new(secret);
            }
        }
        let problem = "the random source gives no number that can be a key";
        Err(EvidenceError::Random(problem.into()))
    }

    fn new(secret: p256::ecdsa::SigningKey) -> Result<Self, EvidenceError> {
        let spki = (secret.verifying_key().to_public_key_der())
            .map_err(|error| unusable("public key", error))?;
        let spki = spki.into_vec();
        Ok(Self { secret, spki })
    }

    /// The public key as DER of a SubjectPublicKeyInfo (RFC 5480), 91 bytes.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// Signs a message: SHA-256, RFC 6979, in DER (RFC 3279), with the lower of
    /// the two values that `s` may have.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: p256::ecdsa::Signature = self.secret.sign(message);
        signature.normalize_s().to_der().as_bytes().to_vec()
    }

    fn to_pem(&self) -> Result<Zeroizing<String>, EvidenceError> {
        (self.secret.to_pkcs8_pem(p256::pkcs8::LineEnding::LF))
            .map_err(|error| unusable("private key", error))
    }
}

/// Only the public side is shown.
impl fmt::Debug for EcdsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EcdsaKey({})", modu_kernel::Digest::of(&self.spki))
    }
}

/// An Ed25519 private key (RFC 8032).
pub struct Ed25519Key(ed25519_dalek::SigningKey);

impl Ed25519Key {
    /// Makes a key from random bytes.
    ///
    /// # Errors
    /// [`EvidenceError::Random`].
    pub fn generate(random: &mut dyn Random) -> Result<Self, EvidenceError> {
        let mut bytes = Zeroizing::new([0; 32]);
        random.fill(bytes.as_mut())?;
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(&bytes)))
    }

    /// The 32 bytes of the public key.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// The public key as DER of a SubjectPublicKeyInfo (RFC 8410), 44 bytes.
    #[must_use]
    pub fn spki(&self) -> Vec<u8> {
        ed25519_spki(&self.public())
    }

    /// Signs a message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    fn to_pem(&self) -> Result<Zeroizing<String>, EvidenceError> {
        (self.0.to_pkcs8_pem(p256::pkcs8::LineEnding::LF))
            .map_err(|error| unusable("private key", error))
    }
}

/// Only the public side is shown.
impl fmt::Debug for Ed25519Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ed25519Key({})", modu_kernel::Digest::of(&self.spki()))
    }
}

/// The header that RFC 8410 puts before the 32 bytes of an Ed25519 key.
const ED25519_SPKI_HEADER: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

pub(crate) fn ed25519_spki(public: &[u8; 32]) -> Vec<u8> {
    [ED25519_SPKI_HEADER.as_slice(), public].concat()
}

pub(crate) fn ed25519_from_spki(spki: &[u8]) -> Option<[u8; 32]> {
    spki.strip_prefix(&ED25519_SPKI_HEADER)?.try_into().ok()
}

/// The five keys of one time: until they are changed for others.
#[derive(Debug)]
pub struct Keys {
    /// Certifies the identity key.
    pub authority: EcdsaKey,
    /// Vouches for certificates.
    pub certificate_log: EcdsaKey,
    /// Signs checkpoints and log entries as Rekor does.
    pub log_ecdsa: EcdsaKey,
    /// Signs checkpoints as most tile logs do.
    pub log_ed25519: Ed25519Key,
    /// Signs statements.
    pub identity: EcdsaKey,
}

const AUTHORITY: &str = "authority.pem";
const CERTIFICATE_LOG: &str = "certificate-log.pem";
const LOG_ECDSA: &str = "log-ecdsa.pem";
const LOG_ED25519: &str = "log-ed25519.pem";
const IDENTITY: &str = "identity.pem";

impl Keys {
    /// Makes five keys, in memory only.
    ///
    /// # Errors
    /// [`EvidenceError::Random`].
    pub fn generate(random: &mut dyn Random) -> Result<Self, EvidenceError> {
        Ok(Self {
            authority: EcdsaKey::generate(random)?,
            certificate_log: EcdsaKey::generate(random)?,
            log_ecdsa: EcdsaKey::generate(random)?,
            log_ed25519: Ed25519Key::generate(random)?,
            identity: EcdsaKey::generate(random)?,
        })
    }

    /// Writes the keys into a new folder; they are durable when it returns.
    ///
    /// # Errors
    /// [`EvidenceError::Io`], also where a key file is there already.
    pub fn save(&self, folder: &Path) -> Result<(), EvidenceError> {
        file::create_folder(folder)?;
        file::create(&folder.join(AUTHORITY), &self.authority.to_pem()?)?;
        file::create(
            &folder.join(CERTIFICATE_LOG),
            &self.certificate_log.to_pem()?,
        )?;
        file::create(&folder.join(LOG_ECDSA), &self.log_ecdsa.to_pem()?)?;
        file::create(&folder.join(LOG_ED25519), &self.log_ed25519.to_pem()?)?;
        file::create(&folder.join(IDENTITY), &self.identity.to_pem()?)?;
        file::sync_folder(folder)
    }

    /// Reads the keys that [`Self::save`] wrote.
    ///
    /// # Errors
    /// [`EvidenceError::Key`] where the folder or a file can be used by others
    /// than its owner or holds no key, [`EvidenceError::Io`].
    pub fn load(folder: &Path) -> Result<Self, EvidenceError> {
        file::check_folder(folder)?;
        Ok(Self {
            authority: load_ecdsa(&folder.join(AUTHORITY))?,
            certificate_log: load_ecdsa(&folder.join(CERTIFICATE_LOG))?,
            log_ecdsa: load_ecdsa(&folder.join(LOG_ECDSA))?,
            log_ed25519: load_ed25519(&folder.join(LOG_ED25519))?,
            identity: load_ecdsa(&folder.join(IDENTITY))?,
        })
    }
}

fn load_ecdsa(path: &Path) -> Result<EcdsaKey, EvidenceError> {
    let pem = file::read(path)?;
    // The parser's own words are not passed on: they might quote the file.
    let secret = p256::ecdsa::SigningKey::from_pkcs8_pem(&pem)
        .map_err(|_| file::wrong(path, "it is not a P-256 key as PKCS#8 in PEM"))?;
    EcdsaKey::new(secret)
}

fn load_ed25519(path: &Path) -> Result<Ed25519Key, EvidenceError> {
    let pem = file::read(path)?;
    ed25519_dalek::SigningKey::from_pkcs8_pem(&pem)
        .map(Ed25519Key)
        .map_err(|_| file::wrong(path, "it is not an Ed25519 key as PKCS#8 in PEM"))
}

fn unusable(what: &str, error: impl fmt::Display) -> EvidenceError {
    EvidenceError::malformed(what, "its encoding", error.to_string())
}
