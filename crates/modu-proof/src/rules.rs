//! The rules that `need.toml` and `solution.toml` share.

use std::collections::HashSet;

use modu_kernel::Label;

use crate::error::ProofError;
use crate::need::limits;

pub(crate) fn check_schema(found: &str, expected: &str) -> Result<(), ProofError> {
    if found == expected {
        return Ok(());
    }
    Err(ProofError::key(
        "schema",
        format!("`{}` is not the schema of this document", shorten(found)),
        format!("write `schema = \"{expected}\"`"),
    ))
}

/// An id is 1 to 64 of `a-z`, `0-9` and `-`: safe in file names and URLs.
pub(crate) fn check_id(key: &str, id: &str) -> Result<(), ProofError> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=64).contains(&id.len()) && id.bytes().all(allowed) {
        return Ok(());
    }
    Err(ProofError::key(
        key,
        format!("`{}` is not an id", shorten(id)),
        "use 1 to 64 of the characters a-z, 0-9 and -",
    ))
}

pub(crate) fn check_text(key: &str, text: &str) -> Result<(), ProofError> {
    if text.trim().is_empty() {
        return Err(ProofError::key(key, "it is empty", "write a text"));
    }
    if text.len() > limits::TEXT {
        return Err(ProofError::key(
            key,
            format!("it is longer than {} bytes", limits::TEXT),
            "shorten it",
        ));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(ProofError::key(
            key,
            "it holds a control character",
            "remove it",
        ));
    }
    Ok(())
}

pub(crate) fn check_label(key: &str, label: &Label) -> Result<(), ProofError> {
    check_text(&format!("{key}.ko"), &label.ko)?;
    check_text(&format!("{key}.en"), &label.en)
}

pub(crate) fn finite(key: &str, value: f64) -> Result<(), ProofError> {
    if value.is_finite() {
        return Ok(());
    }
    Err(ProofError::key(
        key,
        "it is not a finite number",
        "write a decimal number",
    ))
}

pub(crate) fn check_share(key: &str, value: f64) -> Result<(), ProofError> {
    if value > 0.0 && value < 1.0 {
        return Ok(());
    }
    Err(ProofError::key(
        key,
        "it is not between 0 and 1",
        "write a share, such as 0.10 for one in ten",
    ))
}

pub(crate) fn at_most(key: &str, count: usize, limit: usize) -> Result<(), ProofError> {
    if count <= limit {
        return Ok(());
    }
    Err(ProofError::Limit {
        what: format!("the number of entries of `{key}`"),
        found: count as u64,
        limit: limit as u64,
        remedy: "remove some".to_owned(),
    })
}

pub(crate) fn unique<'a>(
    key: &str,
    member: &str,
    names: impl Iterator<Item = &'a String>,
) -> Result<(), ProofError> {
    let mut seen = HashSet::new();
    for (index, name) in names.enumerate() {
        if !seen.insert(name) {
            return Err(ProofError::key(
                format!("{key}[{index}].{member}"),
                format!("`{}` is given twice", shorten(name)),
                "give each its own",
            ));
        }
    }
    Ok(())
}

/// A piece of a document, short enough for an error.
pub(crate) fn shorten(text: &str) -> String {
    if text.chars().count() <= 64 {
        return text.escape_debug().to_string();
    }
    let head: String = text.chars().take(64).collect();
    format!("{}...", head.escape_debug())
}
