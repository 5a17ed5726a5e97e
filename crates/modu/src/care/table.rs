//! The analysis table as an argument: our own with its description, or a
//! plain CSV or Parquet file whose columns are named.

use std::path::{Path, PathBuf};

use clap::Args;
use modu_care::table::TableColumns;

use super::table_file::TableFile;
use crate::engine_run::Source;
use crate::exit::Wrong;

/// Which table, and which of its columns say who was watched until when.
#[derive(Debug, Args)]
pub(crate) struct WatchedArguments {
    /// 분석표(CSV 또는 Parquet) | The analysis table, CSV or Parquet
    #[arg(long, value_name = "FILE")]
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
}

/// The same, with what was known beforehand.
#[derive(Debug, Args)]
pub(crate) struct TableArguments {
    #[command(flatten)]
    watched: WatchedArguments,
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

/// The table and its description, looked at.
pub(super) struct TableFiles<'a> {
    table: TableFile<'a>,
    description: Option<&'a Path>,
}

impl TableFiles<'_> {
    /// The run's inputs.
    pub(super) fn inputs(&self) -> Vec<(&'static str, Source<'_>)> {
        let mut inputs = vec![("table", self.table.source())];
        inputs.extend(
            self.description
                .map(|it| ("table/description", Source::File(it))),
        );
        inputs
    }
}

impl WatchedArguments {
    /// The files.
    ///
    /// # Errors
    /// A table that cannot be read.
    pub(super) fn files(&self) -> anyhow::Result<TableFiles<'_>> {
        Ok(TableFiles {
            table: TableFile::open(&self.table)?,
            description: self.description.as_deref(),
        })
    }

    /// Which columns of a plain table are what; none where there is a
    /// description.
    pub(super) fn columns(
        &self,
        predictors: &[String],
        categorical: &[String],
    ) -> anyhow::Result<Option<TableColumns>> {
        match (&self.description, &self.time, &self.event) {
            (Some(_), _, _) => Ok(None),
            (None, Some(time), Some(event)) => Ok(Some(TableColumns {
                time: time.clone(),
                event: event.clone(),
                entry: self.entry.clone(),
                person: self.person.clone(),
                cluster: None,
                predictors: predictors.to_vec(),
                categorical: categorical.to_vec(),
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

impl TableArguments {
    /// The files.
    ///
    /// # Errors
    /// A table that cannot be read.
    pub(super) fn files(&self) -> anyhow::Result<TableFiles<'_>> {
        self.watched.files()
    }

    /// Which columns of a plain table are what; none where there is a
    /// description. `more` is read beside the predictors, where those are named.
    pub(super) fn columns(&self, more: Option<&str>) -> anyhow::Result<Option<TableColumns>> {
        let mut predictors = self.predictor.clone();
        let more =
            more.filter(|more| !predictors.is_empty() && !predictors.iter().any(|it| it == more));
        predictors.extend(more.map(str::to_owned));
        let columns = self.watched.columns(&predictors, &self.category)?;
        Ok(columns.map(|columns| TableColumns {
            cluster: self.hospital.clone(),
            ..columns
        }))
    }
}
