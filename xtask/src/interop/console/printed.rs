//! Pages as they are printed: what stands on the paper, read from the files
//! that the browser made.

use std::path::PathBuf;
use std::process::Command;

use anyhow::ensure;
use serde::Deserialize;

use crate::{command, debian};

/// Reads the words of a printed page.
pub(super) const POPPLER: debian::Need = debian::Need {
    probe: &["pdftotext", "-v"],
    packages: &["poppler-utils"],
};

/// A page that was printed to A4.
#[derive(Deserialize)]
pub(super) struct Printed {
    pub(super) page: String,
    pub(super) role: String,
    pub(super) language: String,
    file: PathBuf,
    heading: String,
    /// What stands on the screen for going elsewhere and for doing something.
    gone: Vec<String>,
    /// Its tables.
    heads: Vec<Head>,
}

/// A table: what one of its columns is called, its rows with that head, and what
/// its last one begins with.
#[derive(Deserialize)]
struct Head {
    head: String,
    rows: usize,
    last: String,
}

/// What was found on the paper.
pub(super) struct Paper {
    /// Sheets.
    pub(super) sheets: usize,
    /// Sheets on which a table goes on under its own head.
    pub(super) heads_again: usize,
}

impl Printed {
    /// Looks at the words on each sheet.
    ///
    /// # Errors
    /// Where the heading is missing, something of the screen is there, or a
    /// table goes on without its head.
    pub(super) fn look(&self) -> anyhow::Result<Paper> {
        let mut read = Command::new("pdftotext");
        read.arg("-layout").arg(&self.file).arg("-");
        let text = command::output(&mut read)?;
        let sheets: Vec<String> = text
            .trim_end_matches('\u{c}')
            .split('\u{c}')
            .map(dense)
            .collect();
        let named = format!("{} ({}, {})", self.page, self.role, self.language);
        let first = sheets.first().map_or("", String::as_str);
        let heading: String = dense(&self.heading).chars().take(12).collect();
        ensure!(first.contains(&heading), "{named}: no heading on paper");
        // Words of several letters that stand on a line of their own.
        let lines: Vec<String> = text.lines().map(dense).collect();
        for gone in &self.gone {
            let gone = dense(gone);
            let is_there = gone.chars().count() > 2 && lines.contains(&gone);
            ensure!(!is_there, "{named}: `{gone}` is printed");
        }
        let mut heads_again = 0;
        // Of a page with one table it is known on which sheets the table lies.
        if let [table] = self.heads.as_slice()
            && table.rows > 2
            && !table.head.is_empty()
            && !table.last.is_empty()
        {
            let (head, last) = (dense(&table.head), dense(&table.last));
            let begins = sheets.iter().position(|sheet| sheet.contains(&head));
            // Behind it other things may stand.
            let ends = sheets.iter().rposition(|sheet| sheet.contains(&last));
            let goes_on = begins.map_or(0, |begins| begins + 1)..ends.map_or(0, |ends| ends + 1);
            for sheet in sheets.get(goes_on).unwrap_or_default() {
                ensure!(
                    sheet.contains(&head),
                    "{named}: a table goes on without its head"
                );
                heads_again += 1;
            }
        }
        Ok(Paper {
            sheets: sheets.len(),
            heads_again,
        })
    }
}

/// Without spaces, which a printed line has where it will.
fn dense(text: impl AsRef<str>) -> String {
    text.as_ref().split_whitespace().collect()
}
