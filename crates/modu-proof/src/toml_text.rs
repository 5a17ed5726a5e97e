//! Reads the TOML documents of a demonstration: bounded, UTF-8, NFC.

use serde::de::DeserializeOwned;
use unicode_normalization::UnicodeNormalization as _;

use crate::error::ProofError;

/// The largest TOML document that is read.
pub(crate) const MAX_BYTES: u64 = 1 << 20;

/// Reads a document of type `T`, whose serde form should deny unknown fields.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ProofError> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(ProofError::Limit {
            what: "the size of the document in bytes".to_owned(),
            found: bytes.len() as u64,
            limit: MAX_BYTES,
            remedy: "shorten it".to_owned(),
        });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        ProofError::unreadable(
            format!("byte {}", error.valid_up_to()),
            "the text is not UTF-8; save it as UTF-8",
        )
    })?;
    let text: String = text.nfc().collect();
    toml::from_str(&text).map_err(|error| {
        let place = error.span().map_or_else(
            || "the document".to_owned(),
            |span| place_of(&text, span.start),
        );
        ProofError::unreadable(place, error.message())
    })
}

/// Line and column, counted from 1, of a byte offset.
fn place_of(text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |last| last.chars().count())
        + 1;
    format!("line {line}, column {column}")
}
