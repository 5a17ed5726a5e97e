//! The file of the key that pseudonyms are made with.
//!
//! One line of 64 hexadecimal digits, which only its owner may read. The key
//! is never an input of a run: no engine, store or log sees it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use modu_care::privacy::{KEY_BYTES, PseudonymKey};
use zeroize::Zeroizing;

use crate::RecordsError;

/// The longest key file: its digits and a line's end.
const FILE_BYTES: u64 = 2 * KEY_BYTES as u64 + 2;

/// Makes a new random key in a file that must not exist yet.
///
/// # Errors
/// A file that cannot be made, and a machine without randomness.
pub fn make(path: &Path) -> Result<PseudonymKey, RecordsError> {
    let wrong = |source| RecordsError::write(path, source);
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(&mut bytes[..]).map_err(|error| wrong(io::Error::other(error)))?;
    let mut text = Zeroizing::new(String::with_capacity(2 * KEY_BYTES + 1));
    for byte in bytes.iter() {
        for half in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
        }
    }
    text.push('\n');
    let mut options = OpenOptions::new();
    let mut file = (options.write(true).create_new(true).mode(0o600))
        .open(path)
        .map_err(wrong)?;
    file.write_all(text.as_bytes()).map_err(wrong)?;
    file.sync_all().map_err(wrong)?;
    Ok(PseudonymKey::new(*bytes))
}

/// Reads a key.
///
/// # Errors
/// A file that others may read, or that is no key. What it holds is not told.
pub fn read(path: &Path) -> Result<PseudonymKey, RecordsError> {
    let wrong = |source| RecordsError::read(path, source);
    let file = File::open(path).map_err(wrong)?;
    let metadata = file.metadata().map_err(wrong)?;
    let refused = |problem| RecordsError::Key {
        path: path.to_owned(),
        problem,
    };
    if !metadata.is_file() {
        return Err(refused("it is not a file"));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(refused(
            "others than its owner may read it: run `chmod 600` on it, and make a new key if \
             somebody might have",
        ));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(FILE_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(wrong)?;
    let digits = text.trim_ascii_end().as_bytes();
    let bytes = of_digits(digits).ok_or_else(|| {
        refused("it is not 64 hexadecimal digits: make a key with `modu care key`")
    })?;
    Ok(PseudonymKey::new(*bytes))
}

fn of_digits(digits: &[u8]) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
    if digits.len() != 2 * KEY_BYTES {
        return None;
    }
    let value = |digit: u8| char::from(digit).to_digit(16);
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::try_from(value(pair[0])? * 16 + value(pair[1])?).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_read_back_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let made = make(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(read(&path).unwrap().identity(), made.identity());
        assert!(make(&path).is_err(), "a key that exists is left alone");
        assert_eq!(read(&path).unwrap().identity(), made.identity());
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        make(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let said = read(&path).unwrap_err().to_string();
        assert!(said.contains("chmod 600"), "{said}");
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let short = "ab".repeat(31);
        let wrong = "zz".repeat(32);
        for text in ["", &short, &wrong, &"ab".repeat(500)] {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            let said = read(&path).unwrap_err().to_string();
            assert!(said.contains("64 hexadecimal digits"), "{said}");
            assert!(text.is_empty() || !said.contains(text));
        }
    }
}
