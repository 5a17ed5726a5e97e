//! The log and the signatures of `modu-evidence`, by its own examples: each
//! prints lines of JSON with the figures it measured inside.

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
    let mut tables = Vec::new();
    for (name, title, about) in examples {
        let program = example("modu-evidence", name)?;
        let rows = figures::collect(&mut Command::new(program), rounds)?;
        tables.extend(Table::of_figures(title, about, &rows));
    }
    Ok(tables)
}
