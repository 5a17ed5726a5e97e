//! Bundles of resources (R4, section 2.36), read as they come: one resource is
//! in memory at a time, however large the bundle.

use std::io::{self, BufRead};

use super::MAX_RESOURCE_BYTES;

/// Why a bundle could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum BundleError<E> {
    /// It ends in the middle.
    #[error("it is cut off: copy it whole")]
    CutOff,
    /// It is not JSON at this byte.
    #[error("it is not JSON at byte {0}")]
    Malformed(u64),
    /// It is something else.
    #[error("it is no bundle: its `resourceType` is not `Bundle`")]
    NoBundle,
    /// The machine failed.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// Whoever takes the resources wants no more.
    #[error("{0}")]
    Taken(E),
}

/// A resource of a bundle.
pub enum Entry<'a> {
    /// Its bytes, and the bundle's name for it.
    Resource(&'a [u8], Option<&'a str>),
    /// It is longer than [`MAX_RESOURCE_BYTES`].
    TooLarge,
}

/// Hands over each resource of a bundle in turn. What stands before a fault has
/// been handed over already.
///
/// # Errors
/// As [`BundleError`] says; `take`'s own error ends the reading.
pub fn read_bundle<E>(
    reader: impl BufRead,
    mut take: impl FnMut(Entry<'_>) -> Result<(), E>,
) -> Result<(), BundleError<E>> {
    let mut scanner = Scanner::new(reader);
    let mut is_bundle = false;
    scanner.members(|scanner, name| match name {
        b"resourceType" => {
            is_bundle = scanner.string()? == b"Bundle";
            match is_bundle {
                true => Ok(()),
                false => Err(BundleError::NoBundle),
            }
        }
        b"entry" => scanner.elements(|scanner| entry(scanner, &mut take)),
        _ => scanner.skip(None).map(|_| ()),
    })?;
    scanner.end()?;
    match is_bundle {
        true => Ok(()),
        false => Err(BundleError::NoBundle),
    }
}

fn entry<R: BufRead, E>(
    scanner: &mut Scanner<R>,
    take: &mut impl FnMut(Entry<'_>) -> Result<(), E>,
) -> Result<(), BundleError<E>> {
    let mut full_url = None;
    let mut resource = None;
    scanner.members(|scanner, name| {
        match name {
            b"fullUrl" => full_url = String::from_utf8(scanner.string()?).ok(),
            b"resource" => {
                let mut bytes = Vec::new();
                let whole = scanner.skip(Some(&mut bytes))?;
                resource = Some((bytes, whole));
            }
            _ => {
                scanner.skip(None)?;
            }
        }
        Ok(())
    })?;
    match resource {
        None => Ok(()),
        Some((_, false)) => take(Entry::TooLarge).map_err(BundleError::Taken),
        Some((bytes, true)) => {
            take(Entry::Resource(&bytes, full_url.as_deref())).map_err(BundleError::Taken)
        }
    }
}

/// Walks through JSON byte by byte.
struct Scanner<R> {
    reader: R,
    buffer: Vec<u8>,
    place: usize,
    before: u64,
}

impl<R: BufRead> Scanner<R> {
    fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: Vec::new(),
            place: 0,
            before: 0,
        }
    }

    fn peek<E>(&mut self) -> Result<Option<u8>, BundleError<E>> {
        if self.place == self.buffer.len() {
            self.before += self.place as u64;
            self.buffer.clear();
            self.buffer.extend_from_slice(self.reader.fill_buf()?);
            self.reader.consume(self.buffer.len());
            self.place = 0;
        }
        Ok(self.buffer.get(self.place).copied())
    }

    fn next<E>(&mut self) -> Result<u8, BundleError<E>> {
        let byte = self.peek()?.ok_or(BundleError::CutOff)?;
        self.place += 1;
        Ok(byte)
    }

    fn malformed<E>(&self) -> BundleError<E> {
        BundleError::Malformed((self.before + self.place as u64).saturating_sub(1))
    }

    /// The next byte that is no space.
    fn token<E>(&mut self) -> Result<u8, BundleError<E>> {
        loop {
            match self.next()? {
                b' ' | b'\t' | b'\n' | b'\r' => {}
                byte => return Ok(byte),
            }
        }
    }

    fn expect<E>(&mut self, wanted: u8) -> Result<(), BundleError<E>> {
        match self.token()? == wanted {
            true => Ok(()),
            false => Err(self.malformed()),
        }
    }

    fn end<E>(&mut self) -> Result<(), BundleError<E>> {
        while let Some(byte) = self.peek()? {
            self.place += 1;
            if !byte.is_ascii_whitespace() {
                return Err(self.malformed());
            }
        }
        Ok(())
    }

    /// The members of an object; `each` must read the value.
    fn members<E>(
        &mut self,
        mut each: impl FnMut(&mut Self, &[u8]) -> Result<(), BundleError<E>>,
    ) -> Result<(), BundleError<E>> {
        // A mark of UTF-8, as some programs write it.
        if self.before == 0 && self.place == 0 && self.peek()? == Some(0xef) {
            for wanted in [0xef, 0xbb, 0xbf] {
                if self.next()? != wanted {
                    return Err(self.malformed());
                }
            }
        }
        self.expect(b'{')?;
        let mut first = true;
        loop {
            match (self.token()?, first) {
                (b'}', true) => return Ok(()),
                (b'"', true) => {}
                (b',', false) => self.expect(b'"')?,
                (b'}', false) => return Ok(()),
                _ => return Err(self.malformed()),
            }
            first = false;
            let name = self.rest_of_string()?;
            self.expect(b':')?;
            each(self, &name)?;
        }
    }

    /// The elements of a list; `each` must read one.
    fn elements<E>(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), BundleError<E>>,
    ) -> Result<(), BundleError<E>> {
        self.expect(b'[')?;
        if self.token()? == b']' {
            return Ok(());
        }
        self.place -= 1;
        loop {
            each(self)?;
            match self.token()? {
                b',' => {}
                b']' => return Ok(()),
                _ => return Err(self.malformed()),
            }
        }
    }

    fn string<E>(&mut self) -> Result<Vec<u8>, BundleError<E>> {
        self.expect(b'"')?;
        self.rest_of_string()
    }

    /// A string's bytes as they stand, at most 4096 of them.
    fn rest_of_string<E>(&mut self) -> Result<Vec<u8>, BundleError<E>> {
        let mut bytes = Vec::new();
        loop {
            match self.next()? {
                b'"' => return Ok(bytes),
                b'\\' => {
                    bytes.push(b'\\');
                    bytes.push(self.next()?);
                }
                byte => bytes.push(byte),
            }
            bytes.truncate(crate::limits::CELL_BYTES);
        }
    }

    /// Passes over a value, keeping its bytes where asked; false where they
    /// are too many to keep.
    fn skip<E>(&mut self, mut into: Option<&mut Vec<u8>>) -> Result<bool, BundleError<E>> {
        let mut whole = true;
        let mut depth = 0_u64;
        let mut quoted = false;
        let mut byte = self.token()?;
        loop {
            if let Some(bytes) = into.as_deref_mut() {
                match bytes.len() < MAX_RESOURCE_BYTES {
                    true => bytes.push(byte),
                    false => whole = false,
                }
            }
            match (quoted, byte) {
                (true, b'\\') => {
                    let escaped = self.next()?;
                    if let Some(bytes) = into.as_deref_mut() {
                        bytes.push(escaped);
                    }
                }
                (_, b'"') => quoted = !quoted,
                (false, b'{' | b'[') => depth += 1,
                (false, b'}' | b']') => match depth {
                    0 => return Err(self.malformed()),
                    _ => depth -= 1,
                },
                _ => {}
            }
            // A number or word ends before what follows it.
            if depth == 0 && !quoted {
                let ends = matches!(byte, b'}' | b']' | b'"');
                match self.peek()? {
                    _ if ends => return Ok(whole),
                    None => return Err(BundleError::CutOff),
                    Some(b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t') => return Ok(whole),
                    Some(_) => {}
                }
            }
            byte = self.next()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Resources with the names that their bundle gives them.
    type Found = Vec<(String, Option<String>)>;

    fn resources(text: &[u8]) -> (Found, Option<BundleError<()>>) {
        let mut found = Vec::new();
        let result = read_bundle(text, |entry| {
            if let Entry::Resource(bytes, url) = entry {
                let bytes = String::from_utf8_lossy(bytes).into_owned();
                found.push((bytes, url.map(str::to_owned)));
            }
            Ok(())
        });
        (found, result.err())
    }

    const BUNDLE: &str = r#" {"resourceType": "Bundle", "total": 3, "link": [{"url": "}]\""}],
        "entry": [{"fullUrl": "urn:uuid:1", "resource": {"a": ["}", {"b": "\\\"]"}]}},
                  {"search": null}, {"resource": {"c": 1.5}, "request": {}}], "note": true} "#;

    #[test]
    fn each_resource_is_handed_over_as_it_stands() {
        let (found, error) = resources(BUNDLE.as_bytes());
        assert!(error.is_none());
        let first = r#"{"a": ["}", {"b": "\\\"]"}]}"#;
        assert_eq!(found[0], (first.into(), Some("urn:uuid:1".into())));
        assert_eq!(found[1], (r#"{"c": 1.5}"#.into(), None));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn a_bundle_that_is_cut_anywhere_is_said_to_be_cut_off() {
        let bytes = BUNDLE.trim().as_bytes();
        for end in 0..bytes.len() {
            let (_, error) = resources(&bytes[..end]);
            assert!(matches!(error, Some(BundleError::CutOff)), "{end}");
        }
    }

    #[test]
    fn what_is_no_bundle_is_refused() {
        for text in [r#"{"resourceType": "Patient"}"#, "{}", r#"{"entry": []}"#] {
            let (_, error) = resources(text.as_bytes());
            assert!(matches!(error, Some(BundleError::NoBundle)), "{text}");
        }
        for text in ["[]", "{]", r#"{"entry": {}}"#, r#"{"a" 1}"#, "{}}"] {
            let (_, error) = resources(text.as_bytes());
            assert!(error.is_some(), "{text}");
        }
        let deep = format!(r#"{{"resourceType": "Bundle", "x": {}"#, "[".repeat(200));
        let (_, error) = resources(deep.as_bytes());
        assert!(matches!(error, Some(BundleError::CutOff)));
    }

    proptest! {
        #[test]
        fn any_small_buffer_gives_the_same(size in 1usize..40) {
            let small = io::BufReader::with_capacity(size, BUNDLE.as_bytes());
            let mut found = 0;
            let result: Result<(), BundleError<()>> = read_bundle(small, |entry| {
                found += usize::from(matches!(entry, Entry::Resource(..)));
                Ok(())
            });
            prop_assert!(result.is_ok());
            prop_assert_eq!(found, 2);
        }

        #[test]
        fn no_bytes_make_the_reader_fail(bytes in "[\\[\\]{}\",:a\\\\ 1]{0,60}") {
            let _ = resources(bytes.as_bytes());
        }
    }
}
