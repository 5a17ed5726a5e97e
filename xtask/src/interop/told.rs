//! What a driver in another language tells: cases, each with what was expected
//! and what was found.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use crate::command;

/// One case.
#[derive(Deserialize)]
pub(super) struct Case {
    case: String,
    expected: String,
    found: String,
}

/// Runs a driver to its end; its last line of output is a list of cases.
pub(super) fn cases(driver: &mut Command) -> anyhow::Result<Vec<Case>> {
    let said = command::output(driver)?;
    let last = said.lines().next_back().unwrap_or_default();
    serde_json::from_str(last).with_context(|| format!("a driver told no cases:\n{said}"))
}

/// Prints the table below its heading, and writes it where every case is as
/// expected.
///
/// # Errors
/// Which cases are not; or the file cannot be written.
pub(super) fn table(heading: &str, cases: &[Case], path: &Path) -> anyhow::Result<()> {
    let mut page = format!("{heading}\n| case | expected | found |\n|---|---|---|\n");
    let mut wrong = Vec::new();
    for Case {
        case,
        expected,
        found,
    } in cases
    {
        writeln!(page, "| {case} | {expected} | {found} |")?;
        if found != expected {
            wrong.push(format!("{case}: {found}, not {expected}"));
        }
    }
    print!("{page}");
    ensure!(wrong.is_empty(), "not as expected:\n{}", wrong.join("\n"));
    std::fs::write(path, page).with_context(|| format!("cannot write {}", path.display()))
}
