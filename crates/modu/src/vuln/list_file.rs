//! Lists of components as files: what a database keeps beside itself.

use std::fs;
use std::path::Path;

use crate::exit::Wrong;

/// Refuses a database whose last changes still lie in a log beside it, as
/// SQLite keeps them while a program has it open: packages would be missing.
///
/// # Errors
/// [`Wrong`] with the log and what to do.
pub(super) fn is_whole(path: &Path) -> anyhow::Result<()> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let log = Path::new(&log);
    match fs::metadata(log) {
        Ok(found) if found.len() > 0 => Err(Wrong(format!(
            "{} holds changes that are not in {}: try again when no `rpm` runs, or hand in the listing of `rpm -qa` that docs/vuln.md names",
            log.display(),
            path.display()
        ))
        .into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_database_with_changes_in_its_log_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rpmdb.sqlite");
        fs::write(&path, "x").unwrap();
        is_whole(&path).unwrap();
        let log = folder.path().join("rpmdb.sqlite-wal");
        fs::write(&log, "").unwrap();
        is_whole(&path).unwrap();
        fs::write(&log, "x").unwrap();
        let error = is_whole(&path).unwrap_err().to_string();
        assert!(error.contains("rpmdb.sqlite-wal holds changes"), "{error}");
    }
}
