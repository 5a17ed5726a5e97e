//! Owners and permissions that a copy has lost, as a list beside it.
//!
//! Copying files off a host changes their owners. `find / -xdev -printf
//! '%m %U %G %p\n'` on the host says what they were; the same form is read
//! here and believed instead of the copy's own.

use std::collections::BTreeMap;
use std::path::Path;

use crate::HostError;

/// Bytes of such a list.
const BYTES: u64 = 1 << 30;

/// Mode, user and group by path.
#[derive(Debug, Clone, Default)]
pub(crate) struct States {
    by_path: BTreeMap<String, (u32, u32, u32)>,
}

impl States {
    pub(crate) fn read(path: &Path) -> Result<Self, HostError> {
        let could_not = |source| HostError::read(path, source);
        let length = std::fs::metadata(path).map_err(could_not)?.len();
        if length > BYTES {
            let problem = format!("it has {length} bytes, more than {BYTES}");
            return Err(could_not(std::io::Error::other(problem)));
        }
        let text = std::fs::read(path).map_err(could_not)?;
        let text = String::from_utf8_lossy(&text);
        let mut by_path = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let wrong = || HostError::States {
                path: path.to_owned(),
                line: index + 1,
            };
            let mut words = line.splitn(4, ' ');
            let mut next = || words.next().ok_or_else(wrong);
            let mode = u32::from_str_radix(next()?, 8).map_err(|_| wrong())?;
            let uid = next()?.parse().map_err(|_| wrong())?;
            let gid = next()?.parse().map_err(|_| wrong())?;
            by_path.insert(next()?.to_owned(), (mode & 0o7777, uid, gid));
        }
        Ok(Self { by_path })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }

    pub(crate) fn of(&self, path: &str) -> Option<(u32, u32, u32)> {
        self.by_path.get(path).copied()
    }
}
