//! Tables of named columns as CSV (RFC 4180, UTF-8, the first line names the
//! columns), read row by row. Errors say file, line and column, and never
//! quote a cell: it may be somebody's name.

use std::io::{BufReader, Read};

use modu_kernel::{EngineError, Inputs};

use crate::privacy::{identifier_in_cell, refuse_identifiers};
use crate::risk::identifier_of_person;

/// Bytes of the longest cell.
const CELL_BYTES: usize = 4_096;
/// Columns of the widest table.
const COLUMNS: usize = 1_000;

/// What is taken at most of one table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    /// Bytes of the file.
    pub(crate) bytes: u64,
    /// Rows after the header.
    pub(crate) rows: u64,
}

type Source<'a> = csv::Reader<std::io::Take<BufReader<Box<dyn modu_kernel::ReadSeek + 'a>>>>;

/// A table that is being read.
pub(crate) struct Delimited<'a> {
    name: &'a str,
    reader: Source<'a>,
    header: csv::StringRecord,
    row: csv::StringRecord,
    rows: u64,
    limit: Limit,
}

impl<'a> Delimited<'a> {
    /// Opens an input and reads its header.
    pub(crate) fn open(
        inputs: &'a dyn Inputs,
        name: &'a str,
        limit: Limit,
    ) -> Result<Self, EngineError> {
        let opened = inputs.open(name).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => {
                EngineError::input(name, "the run's inputs", "there is no input of this name")
            }
            _ => EngineError::Read {
                name: name.to_owned(),
                source,
            },
        })?;
        let size = inputs.list().iter().find(|input| input.name == name);
        if size.is_some_and(|input| input.artifact.size > limit.bytes) {
            let problem = format!("it is larger than the limit of {} bytes", limit.bytes);
            return Err(EngineError::input(name, "its length", problem));
        }
        let mut reader = csv::ReaderBuilder::new()
            .flexible(false)
            .trim(csv::Trim::All)
            .from_reader(BufReader::new(opened).take(limit.bytes));
        let header = reader
            .headers()
            .map_err(|error| wrong(name, &error))?
            .clone();
        for (place, title) in header.iter().enumerate() {
            let place = format!("line 1, column {}", place + 1);
            refuse_identifiers(&place, title).map_err(|error| error.of_input(name))?;
        }
        if header.len() > COLUMNS {
            let problem = format!("there are more than {COLUMNS} columns");
            return Err(EngineError::input(name, "line 1", problem));
        }
        Ok(Self {
            name,
            reader,
            header,
            row: csv::StringRecord::new(),
            rows: 0,
            limit,
        })
    }

    /// The place of a column, if the table has it.
    pub(crate) fn optional(&self, column: &str) -> Result<Option<usize>, EngineError> {
        let mut places = (self.header.iter().enumerate()).filter(|(_, name)| *name == column);
        match (places.next(), places.next()) {
            (_, Some(_)) => Err(EngineError::input(
                self.name,
                "line 1",
                format!("two columns are named `{column}`: rename one"),
            )),
            (first, None) => Ok(first.map(|(place, _)| place)),
        }
    }

    /// The place of a column.
    pub(crate) fn column(&self, column: &str) -> Result<usize, EngineError> {
        self.optional(column)?.ok_or_else(|| {
            let problem = format!("there is no column `{column}`: add it or rename one");
            EngineError::input(self.name, "line 1", problem)
        })
    }

    /// Takes the next row; false where there is none.
    pub(crate) fn advance(&mut self) -> Result<bool, EngineError> {
        let more = self.reader.read_record(&mut self.row);
        if !more.map_err(|error| wrong(self.name, &error))? {
            return Ok(false);
        }
        self.rows += 1;
        if self.rows > self.limit.rows {
            let problem = format!("there are more than {} rows", self.limit.rows);
            return Err(EngineError::input(self.name, "its length", problem));
        }
        let mut cells = self.row.iter().enumerate();
        let found =
            cells.find_map(|(column, cell)| Some((column, identifier_in_cell(cell.as_bytes())?)));
        if let Some((column, what)) = found {
            return Err(self.wrong(column, &format!("it holds {what}: use a pseudonym")));
        }
        match self.row.iter().any(|cell| cell.len() > CELL_BYTES) {
            true => Err(EngineError::input(
                self.name,
                self.place(),
                format!("a cell is longer than {CELL_BYTES} bytes"),
            )),
            false => Ok(true),
        }
    }

    /// A cell of this row; none where it is empty or the column is not there.
    pub(crate) fn text(&self, column: Option<usize>) -> Option<&str> {
        let cell = column.and_then(|column| self.row.get(column));
        cell.filter(|text| !text.is_empty())
    }

    /// A cell that every row must have.
    pub(crate) fn required(&self, column: usize) -> Result<&str, EngineError> {
        let empty = || self.wrong(column, "it is empty: fill it or leave out the row");
        self.text(Some(column)).ok_or_else(empty)
    }

    /// A finite number that every row must have.
    pub(crate) fn number(&self, column: usize) -> Result<f64, EngineError> {
        let number = self.required(column)?.parse::<f64>();
        let finite = number.ok().filter(|number| number.is_finite());
        finite.ok_or_else(|| self.wrong(column, "it is no finite number"))
    }

    /// A finite number, where the cell holds something.
    pub(crate) fn optional_number(
        &self,
        column: Option<usize>,
    ) -> Result<Option<f64>, EngineError> {
        match column.filter(|_| self.text(column).is_some()) {
            Some(column) => self.number(column).map(Some),
            None => Ok(None),
        }
    }

    /// The pseudonym of this row's person: a text that tells who it is, is
    /// refused.
    pub(crate) fn person(&self, column: usize) -> Result<&str, EngineError> {
        let text = self.required(column)?;
        match identifier_of_person(text) {
            None => Ok(text),
            Some(what) => Err(self.wrong(column, &format!("it holds {what}: use a pseudonym"))),
        }
    }

    /// The line of this row in its file.
    pub(crate) fn line(&self) -> u64 {
        self.row.position().map_or(0, csv::Position::line)
    }

    fn place(&self) -> String {
        format!("line {}", self.line())
    }

    /// An error about a cell of this row.
    pub(crate) fn wrong(&self, column: usize, problem: &str) -> EngineError {
        let column = self.header.get(column).unwrap_or_default();
        let place = format!("line {}, column `{column}`", self.line());
        EngineError::input(self.name, place, problem)
    }
}

fn wrong(name: &str, error: &csv::Error) -> EngineError {
    let place = match error.position() {
        Some(position) => format!("line {}", position.line()),
        None => "the table".to_owned(),
    };
    let problem = match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => {
            format!(
                "it has {len} cells where the header has {expected_len}: the file may be cut off"
            )
        }
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8: save the table as UTF-8".to_owned(),
        csv::ErrorKind::Io(error) => {
            return EngineError::Read {
                name: name.to_owned(),
                source: std::io::Error::new(error.kind(), error.to_string()),
            };
        }
        _ => "it is no row of a CSV table".to_owned(),
    };
    EngineError::input(name, place, problem)
}
