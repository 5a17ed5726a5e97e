//! Owners and permissions of single files and of folders.

use super::super::answer::Case;
use super::super::config::accounts::name_of_user;
use super::super::snapshot::{Entry, octal};

/// Bits that `most` does not allow.
fn beyond(entry: &Entry, most: u32) -> u32 {
    entry.mode & 0o777 & !most
}

/// Judges one path: owned by root (or one of `owners`), with at most these
/// permissions. Answers whether it is there.
pub(super) fn at_most(case: &mut Case<'_>, path: &str, most: u32, owners: &[&str]) -> bool {
    let Some(entry) = case.entry(path) else {
        case.quote_absence(path);
        return false;
    };
    case.quote_mode(path, entry);
    let owner = name_of_user(case.host, entry.uid);
    let owned = entry.uid == 0 || owners.contains(&owner.as_str());
    if !owned {
        case.wrong(
            format!("{path}의 소유자가 root가 아니라 {owner}"),
            format!("{path} belongs to {owner}, not to root"),
        );
    }
    let narrow = beyond(entry, most) == 0;
    if !narrow {
        case.wrong(
            format!(
                "{path}의 권한 {}이(가) {}보다 넓음",
                octal(entry.mode),
                octal(most)
            ),
            format!(
                "{path} has {}, more than {}",
                octal(entry.mode),
                octal(most)
            ),
        );
    }
    if owned && narrow {
        case.well(
            format!("{path}: {owner}, {}", octal(entry.mode)),
            format!("{path}: {owner}, {}", octal(entry.mode)),
        );
    }
    true
}

/// U-16.
pub(super) fn passwd(case: &mut Case<'_>) {
    if !at_most(case, "/etc/passwd", 0o644, &[]) {
        case.unsure("/etc/passwd가 없음", "there is no /etc/passwd");
    }
}
