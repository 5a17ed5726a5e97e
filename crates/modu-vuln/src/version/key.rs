//! Bytes whose plain order is the order of versions.
//!
//! A number is written as its count of digits and its digits without leading
//! zeros: so a longer number is larger, however long. A list of parts is
//! written with a mark before each part and a mark at its end; which mark is
//! smaller says whether an end is before or after a further part.

/// The bytes of a version.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key(Vec<u8>);

impl Key {
    /// The bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Adds a mark.
    pub(super) fn mark(&mut self, mark: u8) {
        self.0.push(mark);
    }

    /// Adds a number of decimal digits; no digit at all is 0.
    pub(super) fn number(&mut self, digits: &str) {
        let digits = digits.trim_start_matches('0');
        // A version has at most 255 bytes.
        self.0.push(u8::try_from(digits.len()).unwrap_or(u8::MAX));
        self.0.extend_from_slice(digits.as_bytes());
    }

    /// Adds a text that has no zero byte, and its end.
    pub(super) fn text(&mut self, text: &str) {
        self.0.extend(text.bytes().filter(|byte| *byte != 0));
        self.0.push(0);
    }
}

/// The digits that a text begins with, and the rest.
pub(super) fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit());
    text.split_at(end.unwrap_or(text.len()))
}

/// The letters that a text begins with, and the rest.
pub(super) fn letters(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_alphabetic());
    text.split_at(end.unwrap_or(text.len()))
}
