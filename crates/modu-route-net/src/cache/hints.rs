//! What fetching remembers so that it asks and reads less the next time.
//!
//! A hint is never trusted alone: it holds beside what it says the digests of
//! the packs that it speaks of, and where the index names others it is not
//! used. So hints may be lost or broken at any time.

use std::fs;
use std::path::PathBuf;

use modu_kernel::Digest;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::replace::replace_hint;
use super::{Cache, make_private};
use crate::{NetError, limits};

impl Cache {
    fn hint_path(&self, of: &str) -> PathBuf {
        let name = Digest::of(of.as_bytes()).to_hex();
        self.folder.join("hints").join(format!("{name}.json"))
    }

    /// The hint about something; `None` where there is none that can be read.
    pub(crate) fn hint<T: DeserializeOwned>(&self, of: &str) -> Option<T> {
        let path = self.hint_path(of);
        let length = fs::metadata(&path).ok()?.len();
        if length > limits::INDEX_BYTES {
            return None;
        }
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }

    /// Keeps a hint.
    pub(crate) fn keep_hint(&self, of: &str, hint: &impl Serialize) -> Result<(), NetError> {
        let path = self.hint_path(of);
        make_private(&self.folder.join("hints"))?;
        let bytes = serde_json::to_vec(hint);
        let bytes =
            bytes.map_err(|error| NetError::io("write", &path, std::io::Error::from(error)))?;
        replace_hint(&path, &bytes)
    }
}
