//! Start files of shells: masks, time limits and search paths that are set
//! for everybody, in the order in which a login shell reads them.
//!
//! No shell is run. What stands in a condition is said to be conditional, and
//! a check that depends on it asks a person.

use super::super::snapshot::Snapshot;
use super::lines::{self, Line};

/// One assignment or `umask` call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Set<'a> {
    pub(crate) path: String,
    pub(crate) line: Line<'a>,
    pub(crate) value: &'a str,
    /// Whether it stands within `if`, `case`, a loop, a function, or behind
    /// `&&`.
    pub(crate) conditional: bool,
}

/// Files that every login shell of the Bourne family reads, in order. Those
/// of `/etc/profile.d` are read by `/etc/profile`.
pub(crate) fn login_files(host: &Snapshot) -> Vec<String> {
    let mut files = vec!["/etc/profile".to_owned()];
    files.extend(lines::files_of(host, "/etc/profile.d", ".sh"));
    files.extend(["/etc/bash.bashrc", "/etc/bashrc"].map(str::to_owned));
    files
}

/// Every assignment of a variable in a file.
pub(crate) fn assignments<'a>(host: &'a Snapshot, path: &str, name: &str) -> Vec<Set<'a>> {
    collect(host, path, |code| {
        let at = code.find(&format!("{name}="))?;
        let before = code.get(..at)?;
        let starts = before.is_empty() || before.ends_with([' ', '\t', ';', '&', '(']);
        let value = code.get(at + name.len() + 1..)?;
        let end = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inner = value.get(1..)?;
                return starts.then(|| inner.split(quote).next().unwrap_or_default());
            }
            _ => value
                .find([' ', '\t', ';', '&', '#'])
                .unwrap_or(value.len()),
        };
        starts.then(|| value.get(..end).unwrap_or_default())
    })
}

/// Every `umask` with a value in a file.
pub(crate) fn umasks<'a>(host: &'a Snapshot, path: &str) -> Vec<Set<'a>> {
    collect(host, path, |code| {
        let at = code.find("umask")?;
        let before = code.get(..at)?;
        let starts = before.is_empty() || before.ends_with([' ', '\t', ';', '&', '(']);
        let rest = code.get(at + "umask".len()..)?;
        let value = rest.split([';', '&', '#', ')']).next()?.trim();
        let spoken = rest.starts_with([' ', '\t']) && !value.is_empty();
        (starts && spoken).then_some(value)
    })
}

/// Lines that unset a variable or read another file (`.`/`source`).
pub(crate) fn sourced<'a>(host: &'a Snapshot, path: &str) -> Vec<Set<'a>> {
    collect(host, path, |code| {
        let rest = code
            .strip_prefix(". ")
            .or_else(|| code.strip_prefix("source "))?;
        Some(rest.split([';', ' ']).next()?.trim_matches(['"', '\'']))
    })
}

fn collect<'a>(
    host: &'a Snapshot,
    path: &str,
    find: impl Fn(&'a str) -> Option<&'a str>,
) -> Vec<Set<'a>> {
    let mut depth = 0_usize;
    let mut found = Vec::new();
    for line in host.text(path).into_iter().flat_map(lines::of) {
        let words: Vec<&str> = line
            .text
            .split([' ', '\t', ';'])
            .filter(|word| !word.is_empty())
            .collect();
        let opens = words
            .iter()
            .filter(|it| matches!(**it, "if" | "case" | "for" | "while" | "until" | "{"))
            .count()
            + usize::from(line.text.ends_with("(){"));
        let closes = words
            .iter()
            .filter(|it| matches!(**it, "fi" | "esac" | "done" | "}"))
            .count();
        if let Some(value) = find(line.text) {
            let conditional =
                depth > 0 || opens > 0 || line.text.contains("&&") || line.text.contains("||");
            found.push(Set {
                path: path.to_owned(),
                line,
                value,
                conditional,
            });
        }
        depth = (depth + opens).saturating_sub(closes);
    }
    found
}

/// The effect of a mask as octal digits: `022`, `0027`, `u=rwx,g=rx,o=`.
pub(crate) fn mask(value: &str) -> Option<u32> {
    let value = value.trim();
    if !value.is_empty() && value.chars().all(|c| c.is_digit(8)) {
        return u32::from_str_radix(value, 8).ok().filter(|it| *it <= 0o777);
    }
    let mut mask = 0o777_u32;
    let mut seen = 0;
    for part in value.split(',') {
        let (who, rights) = part.split_once('=')?;
        let rights = rights.chars().try_fold(0_u32, |bits, c| match c {
            'r' => Some(bits | 4),
            'w' => Some(bits | 2),
            'x' => Some(bits | 1),
            _ => None,
        })?;
        for c in who.chars() {
            let shift = match c {
                'u' => 6,
                'g' => 3,
                'o' => 0,
                _ => return None,
            };
            mask &= !(rights << shift);
            seen |= 1 << (shift / 3);
        }
    }
    (seen == 0b111).then_some(mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_in_letters_is_the_mask_in_digits() {
        assert_eq!(mask("022"), Some(0o22));
        assert_eq!(mask("u=rwx,g=rx,o="), Some(0o027));
        assert_eq!(mask("g-w"), None);
        assert_eq!(mask("u=rwx"), None);
        assert_eq!(mask("99"), None);
    }
}
