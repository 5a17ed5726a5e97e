//! The files of VRPs and ASPAs beside a watch that goes on: read again when
//! they change.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use modu_route::{AspaTable, VrpTable, limits};

use crate::evidence::write_file;

/// Both files, each may be missing.
pub(super) struct Sources {
    vrps: Option<PathBuf>,
    aspas: Option<PathBuf>,
    /// Where copies of what was read are kept, if anywhere: evidence is made
    /// of them, and the files may be others by then.
    copies: Option<PathBuf>,
    /// How they looked when they were read last, right or wrong.
    seen: [Looks; 2],
}

/// How a file looks from outside: changed where any of these did.
type Looks = Option<(u64, u64, i64, i64)>;

impl Sources {
    pub(super) fn new(
        vrps: Option<PathBuf>,
        aspas: Option<PathBuf>,
        copies: Option<PathBuf>,
    ) -> Self {
        Self {
            vrps,
            aspas,
            copies,
            seen: [None; 2],
        }
    }

    /// Whether a file is another one than was read last.
    pub(super) fn look_different(&self) -> bool {
        self.seen != self.looks()
    }

    fn looks(&self) -> [Looks; 2] {
        [looks(self.vrps.as_deref()), looks(self.aspas.as_deref())]
    }

    /// Both tables as they are now.
    ///
    /// # Errors
    /// Why they cannot be read, in words that name file and place.
    pub(super) fn read(&mut self) -> Result<(VrpTable, AspaTable), String> {
        self.seen = self.looks();
        let vrps = self.table("vrps", &self.vrps, limits::VRP_BYTES, VrpTable::parse)?;
        let aspas = self.table("aspas", &self.aspas, limits::ASPA_BYTES, AspaTable::parse)?;
        Ok((vrps.unwrap_or_default(), aspas.unwrap_or_default()))
    }

    fn table<T, E: std::fmt::Display>(
        &self,
        name: &str,
        path: &Option<PathBuf>,
        limit: u64,
        parse: impl Fn(&[u8]) -> Result<T, E>,
    ) -> Result<Option<T>, String> {
        let Some(path) = path else {
            return Ok(None);
        };
        let problem = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let bytes = read_limited(path, limit).map_err(|error| problem(&error))?;
        let table = parse(&bytes).map_err(|error| problem(&error))?;
        if let Some(copies) = &self.copies {
            write_file(&copies.join(name), &bytes).map_err(|error| format!("{error:#}"))?;
        }
        Ok(Some(table))
    }

    /// The copies, by the names that a run knows them by.
    pub(super) fn copies(&self) -> Vec<(&'static str, PathBuf)> {
        let given = [("vrps", &self.vrps), ("aspas", &self.aspas)];
        let given = given.into_iter().filter(|(_, path)| path.is_some());
        let copies = self.copies.iter();
        copies
            .flat_map(|folder| given.clone().map(|(name, _)| (name, folder.join(name))))
            .collect()
    }
}

fn looks(path: Option<&Path>) -> Looks {
    let metadata = std::fs::metadata(path?).ok()?;
    Some((
        metadata.ino(),
        metadata.len(),
        metadata.mtime(),
        metadata.mtime_nsec(),
    ))
}

/// A file that may have so many bytes.
pub(super) fn read_limited(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > limit {
        true => Err(io::Error::other(format!("it is larger than {limit} bytes"))),
        false => Ok(bytes),
    }
}
