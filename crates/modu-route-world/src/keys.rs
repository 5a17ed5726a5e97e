//! RSA keys, made once and kept.
//!
//! Making a key of 2048 bits takes some fifty milliseconds of a processor,
//! signing with it half a millisecond; so nearly all of what a world costs is
//! its keys. They are therefore made on demand, shared within a test program
//! ([`Keys::shared`]) and kept between runs in a file ([`Keys::in_folder`]).
//! They protect nothing: whoever reads the file can sign worlds for tests.

use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, LazyLock, RwLock};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use modu_kernel::{Digest, Progress};
use rayon::prelude::*;
use rpki::crypto::signer::KeyError;
use rpki::crypto::{
    KeyIdentifier, PublicKey, PublicKeyFormat, Signature, SignatureAlgorithm, Signer, SigningError,
};

use crate::WorldError;

/// One-off keys of signed objects: real authorities make one for each object;
/// here they are drawn from the first few keys, which no authority uses.
pub(crate) const ONE_OFF: usize = 4;

const FILE: &str = "rsa-2048.keys";

/// Keys by number: those of authorities from [`ONE_OFF`] on.
#[derive(Default)]
pub struct Keys {
    pairs: RwLock<Vec<Arc<Pair>>>,
    random: SystemRandom,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} keys", self.count())
    }
}

struct Pair {
    pair: rsa::KeyPair,
    public: PublicKey,
}

impl Pair {
    fn make() -> Result<Self, WorldError> {
        let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048);
        Self::of(pair.map_err(|error| WorldError::sign("a new key", error))?)
    }

    fn of(pair: rsa::KeyPair) -> Result<Self, WorldError> {
        let fault = |error: &dyn std::fmt::Display| WorldError::sign("a public key", error);
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|it| fault(&it))?;
        let public = PublicKey::decode(der.as_ref()).map_err(|it| fault(&it))?;
        Ok(Self { pair, public })
    }
}

impl Keys {
    /// The keys that all tests of a program share; made when first asked for.
    #[must_use]
    pub fn shared() -> Arc<Self> {
        static SHARED: LazyLock<Arc<Keys>> = LazyLock::new(Arc::default);
        Arc::clone(&SHARED)
    }

    /// The keys kept in a folder, made up to `count` authorities' keys and
    /// kept where there are fewer. Made on all cores; every five hundred are
    /// kept, so that an interruption loses little.
    ///
    /// # Errors
    /// [`WorldError`] where the folder cannot be used or its file is broken.
    pub fn in_folder(
        folder: &Path,
        count: usize,
        progress: &dyn Progress,
    ) -> Result<Arc<Self>, WorldError> {
        std::fs::create_dir_all(folder).map_err(WorldError::file(folder))?;
        let path = folder.join(FILE);
        let keys = Self::read(&path)?;
        let wanted = ONE_OFF + count;
        while keys.count() < wanted {
            let next = (wanted - keys.count()).min(500);
            keys.make(keys.count() + next, progress, wanted)?;
            keys.write(folder, &path)?;
        }
        Ok(Arc::new(keys))
    }

    fn read(path: &Path) -> Result<Self, WorldError> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(source) => return Err(WorldError::file(path)(source)),
        };
        let mut ranges = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let header = bytes.get(at..at + 4);
            let length = header
                .and_then(|it| it.try_into().ok())
                .map(u32::from_be_bytes);
            let end = length.and_then(|length| (at + 4).checked_add(length as usize));
            let end = end.filter(|end| *end <= bytes.len());
            let end = end.ok_or_else(|| WorldError::Keys {
                path: path.into(),
                at,
            })?;
            ranges.push(at + 4..end);
            at = end;
        }
        let pairs = ranges.into_par_iter().map(|range| {
            let at = range.start;
            let pair = rsa::KeyPair::from_pkcs8(&bytes[range]).map_err(|_| WorldError::Keys {
                path: path.into(),
                at,
            })?;
            Pair::of(pair).map(Arc::new)
        });
        Ok(Self {
            pairs: RwLock::new(pairs.collect::<Result<_, _>>()?),
            random: SystemRandom::new(),
        })
    }

    fn write(&self, folder: &Path, path: &Path) -> Result<(), WorldError> {
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(WorldError::file(folder))?;
        for pair in self.lock().iter() {
            let der: Pkcs8V1Der<'_> = (pair.pair.as_der())
                .map_err(|error| WorldError::sign("a private key's form", error))?;
            let length = (der.as_ref().len() as u32).to_be_bytes();
            let written = (file.write_all(&length)).and_then(|()| file.write_all(der.as_ref()));
            written.map_err(WorldError::file(path))?;
        }
        let kept = file.persist(path);
        kept.map_err(|error| WorldError::file(path)(error.error))?;
        Ok(())
    }

    fn lock(&self) -> std::sync::RwLockReadGuard<'_, Vec<Arc<Pair>>> {
        (self.pairs.read()).unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// How many there are now.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    fn make(&self, count: usize, progress: &dyn Progress, total: usize) -> Result<(), WorldError> {
        // The lock is not held while keys are made: a thread that waits for
        // the others takes up other work meanwhile, which may ask for a key.
        let present = self.count();
        let missing = count.saturating_sub(present);
        let done = std::sync::atomic::AtomicUsize::new(present);
        let made: Result<Vec<_>, WorldError> = (0..missing)
            .into_par_iter()
            .map(|_| {
                let pair = Pair::make()?;
                let done = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
                progress.report("keys", done as u64, total as u64);
                Ok(Arc::new(pair))
            })
            .collect();
        let made = made?;
        let mut pairs = (self.pairs.write()).unwrap_or_else(std::sync::PoisonError::into_inner);
        // Another may have made some as well; one too many does no harm.
        let still_missing = count.saturating_sub(pairs.len());
        pairs.extend(made.into_iter().take(still_missing));
        Ok(())
    }

    fn pair(&self, number: usize) -> Result<Arc<Pair>, WorldError> {
        if let Some(pair) = self.lock().get(number) {
            return Ok(Arc::clone(pair));
        }
        self.make(number + 1, &modu_kernel::NoProgress, number + 1)?;
        self.pair(number)
    }

    /// The public key of this number.
    ///
    /// # Errors
    /// [`WorldError`] where a key had to be made and could not.
    pub fn public(&self, number: usize) -> Result<PublicKey, WorldError> {
        Ok(self.pair(number)?.public.clone())
    }

    /// The number of the key with this identifier, among those made.
    #[must_use]
    pub fn find(&self, identifier: KeyIdentifier) -> Option<usize> {
        let pairs = self.lock();
        (pairs.iter()).position(|pair| pair.public.key_identifier() == identifier)
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256 over these bytes.
    ///
    /// # Errors
    /// [`WorldError`] where a key had to be made and could not.
    pub fn sign_bytes(&self, number: usize, data: &[u8]) -> Result<Vec<u8>, WorldError> {
        let pair = self.pair(number)?;
        let mut signature = vec![0; pair.pair.public_modulus_len()];
        let signed = (pair.pair).sign(&RSA_PKCS1_SHA256, &self.random, data, &mut signature);
        signed.map_err(|error| WorldError::sign("some bytes", error))?;
        Ok(signature)
    }
}

/// What `rpki` signs with. Which one-off key signs an object follows from the
/// object, so that a world has the same bytes on any number of threads.
impl Signer for Keys {
    type KeyId = usize;
    type Error = WorldError;

    fn create_key(&self, _: PublicKeyFormat) -> Result<usize, WorldError> {
        let number = self.count();
        self.pair(number).map(|_| number)
    }

    fn get_key_info(&self, number: &usize) -> Result<PublicKey, KeyError<WorldError>> {
        self.public(*number).map_err(KeyError::Signer)
    }

    fn destroy_key(&self, _: &usize) -> Result<(), KeyError<WorldError>> {
        Ok(())
    }

    fn sign<Alg: SignatureAlgorithm, D: AsRef<[u8]> + ?Sized>(
        &self,
        number: &usize,
        algorithm: Alg,
        data: &D,
    ) -> Result<Signature<Alg>, SigningError<WorldError>> {
        let signature = (self.sign_bytes(*number, data.as_ref())).map_err(SigningError::Signer)?;
        Ok(Signature::new(algorithm, signature.into()))
    }

    fn sign_one_off<Alg: SignatureAlgorithm, D: AsRef<[u8]> + ?Sized>(
        &self,
        algorithm: Alg,
        data: &D,
    ) -> Result<(Signature<Alg>, PublicKey), WorldError> {
        let number = usize::from(Digest::of(data.as_ref()).as_bytes()[0]) % ONE_OFF;
        let signature = self.sign_bytes(number, data.as_ref())?;
        let signature = Signature::new(algorithm, signature.into());
        Ok((signature, self.public(number)?))
    }

    fn rand(&self, target: &mut [u8]) -> Result<(), WorldError> {
        let filled = self.random.fill(target);
        filled.map_err(|error| WorldError::sign("random bytes", error))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn keys_that_were_kept_are_read_again_and_more_are_made() {
        let folder = tempfile::tempdir().unwrap();
        let first = Keys::in_folder(folder.path(), 1, &modu_kernel::NoProgress).unwrap();
        let second = Keys::in_folder(folder.path(), 2, &modu_kernel::NoProgress).unwrap();
        assert_eq!((first.count(), second.count()), (ONE_OFF + 1, ONE_OFF + 2));
        let last = first.public(ONE_OFF).unwrap();
        assert_eq!(second.find(last.key_identifier()), Some(ONE_OFF));
    }

    #[test]
    fn a_broken_file_of_keys_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), [0, 0, 0, 9, 1]).unwrap();
        let error = Keys::in_folder(folder.path(), 1, &modu_kernel::NoProgress).unwrap_err();
        assert!(error.to_string().contains("byte 0 is not"), "{error}");
    }
}
