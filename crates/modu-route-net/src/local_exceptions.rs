//! Files of local exceptions (SLURM) that a service reads again when they
//! change. A file that is broken changes nothing: what was read before goes on,
//! and the problem is told until it is mended.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use modu_route::limits;
use modu_route::slurm::LocalExceptions;

use crate::looks::Looks;

/// The files, and what they said when all of them could be read.
#[derive(Debug, Default)]
pub struct ExceptionFiles {
    paths: Vec<PathBuf>,
    /// The files as they were looked at last.
    seen: Vec<Option<Looks>>,
    exceptions: LocalExceptions,
    problem: Option<String>,
}

impl ExceptionFiles {
    /// Reads the files for the first time: then there is nothing before them
    /// that could go on, and all of them must be right.
    ///
    /// # Errors
    /// What is wrong, in words that name file and place.
    pub fn open(paths: Vec<PathBuf>) -> Result<Self, String> {
        Ok(Self {
            seen: looks(&paths),
            exceptions: read(&paths)?,
            paths,
            problem: None,
        })
    }

    /// Looks at the files; whether they say something else now.
    pub fn look(&mut self) -> bool {
        let looks = looks(&self.paths);
        if looks == self.seen {
            return false;
        }
        self.seen = looks;
        match read(&self.paths) {
            Ok(exceptions) => {
                self.problem = None;
                let changed = exceptions != self.exceptions;
                self.exceptions = exceptions;
                changed
            }
            Err(problem) => {
                self.problem = Some(problem);
                false
            }
        }
    }

    /// Has the files read again at the next look, however they look.
    pub fn forget(&mut self) {
        self.seen = Vec::new();
    }

    /// What the files say; nothing where there are none.
    #[must_use]
    pub fn exceptions(&self) -> Option<&LocalExceptions> {
        (!self.paths.is_empty()).then_some(&self.exceptions)
    }

    /// What is wrong with the files as they are now.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Where they are.
    #[must_use]
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }
}

fn looks(paths: &[PathBuf]) -> Vec<Option<Looks>> {
    paths.iter().map(|path| Looks::at(path).ok()).collect()
}

fn read(paths: &[PathBuf]) -> Result<LocalExceptions, String> {
    let files = (paths.iter())
        .map(|path| Ok((path.display().to_string(), read_one(path)?)))
        .collect::<Result<Vec<_>, String>>()?;
    LocalExceptions::together(files).map_err(|error| error.to_string())
}

fn read_one(path: &Path) -> Result<LocalExceptions, String> {
    let problem = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(|error| problem(&error))?;
    let mut bytes = Vec::new();
    (file.take(limits::SLURM_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| problem(&error))?;
    LocalExceptions::parse(&bytes).map_err(|error| problem(&error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::fs;

    use modu_route::Payloads;

    use super::*;

    fn file(asn: u32) -> String {
        format!(
            r#"{{"slurmVersion": 1,
                "validationOutputFilters": {{"prefixFilters": [], "bgpsecFilters": []}},
                "locallyAddedAssertions": {{"bgpsecAssertions": [],
                    "prefixAssertions": [{{"prefix": "192.0.2.0/24", "asn": {asn}}}]}}}}"#
        )
    }

    fn said(files: &ExceptionFiles) -> String {
        let applied = files.exceptions().unwrap().apply(&Payloads::default()).0;
        applied.vrps.as_slice()[0].to_string()
    }

    #[test]
    fn a_broken_file_keeps_what_was_read_before_and_says_so_until_it_is_mended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("local.json");
        assert!(ExceptionFiles::open(vec![path.clone()]).is_err());
        fs::write(&path, file(1)).unwrap();
        let mut files = ExceptionFiles::open(vec![path.clone()]).unwrap();
        assert!(!files.look());
        fs::write(&path, "{ broken").unwrap();
        assert!(!files.look());
        assert!(files.problem().unwrap().contains("local.json"));
        assert_eq!(said(&files), "192.0.2.0/24 => 1");
        fs::remove_file(&path).unwrap();
        assert!(!files.look());
        assert_eq!(said(&files), "192.0.2.0/24 => 1");
        fs::write(&path, file(22)).unwrap();
        assert!(files.look());
        assert_eq!(
            (files.problem(), said(&files)),
            (None, "192.0.2.0/24 => 22".into())
        );
        files.forget();
        assert!(!files.look(), "it says what it said");
        assert!(ExceptionFiles::default().exceptions().is_none());
    }
}
