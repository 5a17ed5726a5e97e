//! Tables that engines write: CSV, as a spreadsheet may open it.

use modu_kernel::Output;

/// A CSV (RFC 4180).
pub(crate) struct Table(Vec<u8>);

impl Table {
    /// A table with a header.
    pub(crate) fn new(header: &[&str]) -> Self {
        let mut table = Self(Vec::new());
        table.row(header);
        table
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: &[&str]) {
        for (place, cell) in cells.iter().enumerate() {
            if place > 0 {
                self.0.push(b',');
            }
            self.cell(cell);
        }
        self.0.push(b'\n');
    }

    /// A cell that a spreadsheet would take for a formula gets an apostrophe:
    /// names come from strangers.
    fn cell(&mut self, text: &str) {
        let quoted = text
            .bytes()
            .any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r'));
        if quoted {
            self.0.push(b'"');
        }
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            self.0.push(b'\'');
        }
        match quoted {
            false => self.0.extend_from_slice(text.as_bytes()),
            true => {
                self.0
                    .extend_from_slice(text.replace('"', "\"\"").as_bytes());
                self.0.push(b'"');
            }
        }
    }

    /// The whole as an output of a run.
    pub(crate) fn output(self, name: &str) -> Output {
        Output {
            name: name.into(),
            media_type: "text/csv".into(),
            bytes: self.0,
        }
    }
}
