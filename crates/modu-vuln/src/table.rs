//! Tables that engines write: CSV, as a spreadsheet may open it.

use modu_kernel::Output;

/// The line of a text on which a row begins. The reader's own count is that of
/// the row before: of empty lines between the two it says nothing.
pub(crate) fn line_of(text: &[u8], place: &csv::Position) -> u64 {
    let start = usize::try_from(place.byte()).unwrap_or(usize::MAX);
    let rest = text.get(start..).unwrap_or_default();
    let empty = rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r'));
    place.line() + empty.filter(|byte| **byte == b'\n').count() as u64
}

/// A CSV (RFC 4180).
pub(crate) struct Table {
    bytes: Vec<u8>,
    end: &'static [u8],
}

impl Table {
    /// A table with a header.
    pub(crate) fn new(header: &[&str]) -> Self {
        Self::begun(Vec::new(), b"\n", header)
    }

    /// A table that people open in a spreadsheet: with the mark that Korean
    /// ones tell UTF-8 by, and the line ends of RFC 4180.
    pub(crate) fn for_spreadsheets(header: &[&str]) -> Self {
        Self::begun(b"\xef\xbb\xbf".to_vec(), b"\r\n", header)
    }

    fn begun(bytes: Vec<u8>, end: &'static [u8], header: &[&str]) -> Self {
        let mut table = Self { bytes, end };
        table.row(header);
        table
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: &[&str]) {
        for (place, cell) in cells.iter().enumerate() {
            if place > 0 {
                self.bytes.push(b',');
            }
            self.cell(cell);
        }
        self.bytes.extend_from_slice(self.end);
    }

    /// A cell that a spreadsheet would take for a formula gets an apostrophe:
    /// names come from strangers.
    fn cell(&mut self, text: &str) {
        let quoted = text
            .bytes()
            .any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r'));
        if quoted {
            self.bytes.push(b'"');
        }
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            self.bytes.push(b'\'');
        }
        match quoted {
            false => self.bytes.extend_from_slice(text.as_bytes()),
            true => {
                self.bytes
                    .extend_from_slice(text.replace('"', "\"\"").as_bytes());
                self.bytes.push(b'"');
            }
        }
    }

    /// The whole as an output of a run.
    pub(crate) fn output(self, name: &str) -> Output {
        Output {
            name: name.into(),
            media_type: "text/csv".into(),
            bytes: self.bytes,
        }
    }
}
