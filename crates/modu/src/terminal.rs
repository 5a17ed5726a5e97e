//! Speaking with the person or program that called: results on standard
//! output, progress on standard error, colour only on a terminal.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use modu_kernel::{Language, Progress};
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

/// How the caller wants to be spoken to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    /// Korean or English.
    pub(crate) language: Language,
    /// One JSON document on standard output instead of text.
    pub(crate) json: bool,
    /// No progress.
    pub(crate) quiet: bool,
}

/// What a command answered; an error is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Done, or the check passed: exit code 0.
    Yes,
    /// The gate refused or the check failed: exit code 1.
    No,
}

impl Terminal {
    /// Picks one of two texts by language.
    pub(crate) fn say<'a>(&self, ko: &'a str, en: &'a str) -> &'a str {
        self.language.pick(ko, en)
    }

    /// Prints a line for people; nothing where a program listens.
    pub(crate) fn line(&self, text: impl AsRef<str>) -> io::Result<()> {
        if self.json {
            return Ok(());
        }
        write_line(text.as_ref())
    }

    /// Prints bytes as they are, such as a table that was asked for.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()
    }

    /// Prints the document for programs; nothing where a person reads.
    pub(crate) fn document(&self, document: &impl Serialize) -> anyhow::Result<()> {
        if self.json {
            write_line(&serde_json::to_string_pretty(document)?)?;
        }
        Ok(())
    }

    /// Prints one line of JSON for programs that listen to a command that goes
    /// on; nothing where a person reads.
    pub(crate) fn event(&self, event: &impl Serialize) -> anyhow::Result<()> {
        if self.json {
            write_line(&serde_json::to_string(event)?)?;
        }
        Ok(())
    }

    /// A progress bar for one piece of work, hidden where nobody looks.
    pub(crate) fn progress(&self, title: &str) -> Bar {
        let bar = if self.quiet || !io::stderr().is_terminal() {
            ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())
        } else {
            ProgressBar::new(0)
        };
        bar.set_prefix(title.to_owned());
        bar.set_style(style("{prefix:<22} {spinner} {msg}"));
        bar.enable_steady_tick(Duration::from_millis(120));
        Bar {
            bar,
            stage: Mutex::new(String::new()),
        }
    }

    /// A sign that carries its meaning without colour, in colour on a terminal.
    pub(crate) fn sign(&self, answer: Answer) -> &'static str {
        match (answer, io::stdout().is_terminal()) {
            (Answer::Yes, true) => "\u{1b}[32m✓\u{1b}[0m",
            (Answer::Yes, false) => "✓",
            (Answer::No, true) => "\u{1b}[31m✗\u{1b}[0m",
            (Answer::No, false) => "✗",
        }
    }
}

fn write_line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A bar on standard error that follows an engine's reports.
pub(crate) struct Bar {
    bar: ProgressBar,
    stage: Mutex<String>,
}

impl Bar {
    /// Takes the bar off the screen.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Progress for Bar {
    fn report(&self, stage: &str, done: u64, total: u64) {
        if let Ok(mut current) = self.stage.lock()
            && *current != stage
        {
            stage.clone_into(&mut current);
            self.bar.set_style(style(if total > 0 {
                "{prefix:<22} {bar:28} {percent:>3}% {msg} {elapsed}"
            } else {
                "{prefix:<22} {spinner} {msg} {elapsed}"
            }));
            self.bar.set_message(stage.to_owned());
        }
        self.bar.set_length(total);
        self.bar.set_position(done);
    }
}

/// Lays rows out in columns by their width on the terminal; the first row is
/// the heading, underlined.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.width())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        let mut line = String::from("  ");
        for (cell, widest) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(widest - cell.width() + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
        if index == 0 {
            let total: usize = widths.iter().map(|width| width + 2).sum();
            text.push_str(&format!("  {}\n", "─".repeat(total.saturating_sub(2))));
        }
    }
    text.pop();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn korean_and_english_columns_line_up_on_a_terminal() {
        let text = table(&[
            vec!["솔루션".into(), "답".into()],
            vec!["linear".into(), "채택".into()],
        ]);
        assert_eq!(text, "  솔루션  답\n  ────────────\n  linear  채택");
    }
}
