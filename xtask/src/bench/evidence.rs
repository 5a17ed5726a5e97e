//! The log and the signatures of `modu-evidence`, by its own examples: each
//! prints one line of JSON with the figures it measured inside.

use std::process::Command;

use super::page::Table;
use super::{example, figures};

pub(crate) fn run(rounds: u32) -> anyhow::Result<Vec<Table>> {
    let examples = [
        (
            "log_bench",
            "The log",
            "`crates/modu-evidence/examples/log_bench.rs` says what each figure is.",
        ),
        (
            "sign_bench",
            "Signed entries",
            "`crates/modu-evidence/examples/sign_bench.rs` says what each figure is.",
        ),
    ];
    examples
        .into_iter()
        .map(|(name, title, about)| {
            let program = example("modu-evidence", name)?;
            let figures = figures::collect(&mut Command::new(program), rounds)?;
            Ok(Table::of_figures(title, about, &figures))
        })
        .collect()
}
