//! Tables of tasks that were measured, for a run that is cut off.

use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::peers::Programs;
use crate::bench::page::Table;
use crate::workspace;

/// The tables of one program and number of rounds.
pub(super) struct Kept {
    /// All that is kept, of any program.
    all: PathBuf,
    folder: PathBuf,
}

impl Kept {
    pub(super) fn of(programs: &Programs, rounds: u32) -> anyhow::Result<Self> {
        let all = workspace::cache()?.join("bench-care-kept");
        let folder = all.join(format!("{}-{rounds}", programs.built()?));
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(Self { all, folder })
    }

    /// The tables of a task, if it was measured.
    pub(super) fn read(&self, task: &str) -> Option<Vec<Table>> {
        let text = std::fs::read_to_string(self.file(task)).ok()?;
        let value: Value = serde_json::from_str(&text).ok()?;
        value.as_array()?.iter().map(table).collect()
    }

    pub(super) fn write(&self, task: &str, tables: &[Table]) -> anyhow::Result<()> {
        let tables = tables.iter().map(|table| {
            json!({
                "title": table.title,
                "about": table.about,
                "columns": table.columns,
                "rows": table.rows,
            })
        });
        let file = self.file(task);
        std::fs::write(&file, Value::from_iter(tables).to_string())
            .with_context(|| format!("cannot write {}", file.display()))
    }

    /// Removes what is kept.
    pub(super) fn tidy(&self) -> anyhow::Result<()> {
        std::fs::remove_dir_all(&self.all)
            .with_context(|| format!("cannot remove {}", self.all.display()))
    }

    fn file(&self, task: &str) -> PathBuf {
        self.folder.join(format!("{task}.json"))
    }
}

fn table(value: &Value) -> Option<Table> {
    let rows = value["rows"].as_array()?;
    Some(Table {
        title: value["title"].as_str()?.to_owned(),
        about: value["about"].as_str()?.to_owned(),
        columns: words(&value["columns"])?,
        rows: rows.iter().map(words).collect::<Option<_>>()?,
    })
}

fn words(value: &Value) -> Option<Vec<String>> {
    let words = value.as_array()?.iter();
    words.map(|word| Some(word.as_str()?.to_owned())).collect()
}
