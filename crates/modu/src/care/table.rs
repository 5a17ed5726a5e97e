//! The analysis table as an argument: our own with its description, or a
//! plain CSV whose columns are named.

use std::path::{Path, PathBuf};

use clap::Args;
use modu_care::table::TableColumns;

use crate::exit::Wrong;

/// Which table, and which of its columns are what.
#[derive(Debug, Args)]
pub(crate) struct TableArguments {
    /// 분석표 CSV | The analysis table as CSV
    #[arg(long, value_name = "CSV")]
    table: PathBuf,
    /// 분석표의 설명(table.json). 없으면 아래에서 열을 말해야 합니다 | Its description (table.json); without it, name the columns
    #[arg(long, value_name = "JSON", conflicts_with_all = ["time", "event"])]
    description: Option<PathBuf>,
    /// 마지막으로 본 날(일수)의 열 | Column of the days until last seen
    #[arg(long, value_name = "COLUMN", requires = "event")]
    time: Option<String>,
    /// 사건의 열: 0 중도절단, 1 결과, 2부터 경쟁 사건 | Column of events: 0 censored, 1 the outcome, 2 and up competing
    #[arg(long, value_name = "COLUMN", requires = "time")]
    event: Option<String>,
    /// 늦게 들어온 행이 언제부터 위험에 놓이는지(일수)의 열 | Column of the days from which a row is at risk, where it entered late
    #[arg(long, value_name = "COLUMN", requires = "time")]
    entry: Option<String>,
    /// 사람의 열(같은 사람이 여러 행일 때) | Column that says who, where a person has several rows
    #[arg(long, value_name = "COLUMN", requires = "time")]
    person: Option<String>,
    /// 병원의 열 | Column of the hospital
    #[arg(long, value_name = "COLUMN", requires = "time")]
    hospital: Option<String>,
    /// 예측 변수의 열(되풀이, 없으면 나머지 모두) | Columns of predictors, repeatable; else all others
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub(super) predictor: Vec<String>,
    /// 숫자로 적힌 범주 | Predictors whose numbers are codes of categories
    #[arg(long, value_name = "COLUMN", value_delimiter = ',', requires = "time")]
    category: Vec<String>,
}

impl TableArguments {
    /// The run's inputs.
    pub(super) fn files(&self) -> Vec<(&'static str, &Path)> {
        let mut files = vec![("table", self.table.as_path())];
        if let Some(description) = &self.description {
            files.push(("table/description", description));
        }
        files
    }

    /// Which columns of a plain CSV are what; none where there is a
    /// description.
    pub(super) fn columns(&self) -> anyhow::Result<Option<TableColumns>> {
        match (&self.description, &self.time, &self.event) {
            (Some(_), _, _) => Ok(None),
            (None, Some(time), Some(event)) => Ok(Some(TableColumns {
                time: time.clone(),
                event: event.clone(),
                entry: self.entry.clone(),
                person: self.person.clone(),
                cluster: self.hospital.clone(),
                predictors: self.predictor.clone(),
                categorical: self.category.clone(),
            })),
            _ => Err(Wrong(
                "the table needs its description (--description table.json), \
                 or --time and --event by name"
                    .to_owned(),
            )
            .into()),
        }
    }
}
