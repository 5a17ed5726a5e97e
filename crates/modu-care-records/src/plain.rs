//! The plain tables that a definition names, in the folder of the records.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, Reader, ReaderBuilder};
use modu_care::cohort::Plan;
use modu_care::cohort::definition::{EventTable, PatientTable};
use modu_care::records::PlainTable;

use crate::{RecordsError, read_table};

/// Bytes of one plain table. A row without an end is kept in memory to the
/// end of its file, so this is less than what records may have.
const MAX_TABLE_BYTES: u64 = 2 << 30;

/// A plain table in a file.
pub(crate) struct TableFile<'a> {
    path: PathBuf,
    rows: Rows<'a>,
    parquet: bool,
    pub(crate) bytes: u64,
    /// What it is called in messages: as in the definition.
    pub(crate) name: String,
}

enum Rows<'a> {
    Patients(&'a PatientTable),
    Events(&'a EventTable),
}

/// The tables that a definition names, the patients first.
pub(crate) fn find<'a>(folder: &Path, plan: &'a Plan) -> Result<Vec<TableFile<'a>>, RecordsError> {
    let Some(tables) = plan.tables() else {
        return Ok(Vec::new());
    };
    let patients = (&tables.patients.file, Rows::Patients(&tables.patients));
    let events = tables.events.iter();
    let events = events.map(|table| (&table.file, Rows::Events(table)));
    std::iter::once(patients)
        .chain(events)
        .map(|(file, rows)| TableFile::new(folder, file, rows))
        .collect()
}

impl<'a> TableFile<'a> {
    fn new(folder: &Path, file: &str, rows: Rows<'a>) -> Result<Self, RecordsError> {
        let is_there = |ending: &&str| folder.join(format!("{file}.{ending}")).is_file();
        let Some(ending) = ["csv", "parquet"].into_iter().find(|it| is_there(it)) else {
            let problem =
                format!("there is no `{file}.csv` or `{file}.parquet`, which the definition names");
            return Err(RecordsError::folder(folder, problem));
        };
        let path = folder.join(format!("{file}.{ending}"));
        let metadata = std::fs::symlink_metadata(&path);
        let metadata = metadata.map_err(|source| RecordsError::read(&path, source))?;
        let problem = match metadata.len() {
            _ if !metadata.is_file() => "it is a link: put the file itself there".to_owned(),
            many if many > MAX_TABLE_BYTES => {
                format!("it is larger than the limit of {MAX_TABLE_BYTES} bytes: part it")
            }
            bytes => {
                return Ok(Self {
                    path,
                    rows,
                    parquet: ending == "parquet",
                    bytes,
                    name: format!("{file}.{ending}"),
                });
            }
        };
        Err(RecordsError::folder(&path, problem))
    }

    /// Its rows as CSV.
    pub(crate) fn reader(&self) -> Result<Reader<Box<dyn Read>>, RecordsError> {
        let source: Box<dyn Read> = match self.parquet {
            true => Box::new(Cursor::new(read_table(&self.path)?)),
            false => {
                let file = File::open(&self.path);
                let file = file.map_err(|source| RecordsError::read(&self.path, source))?;
                Box::new(file.take(MAX_TABLE_BYTES))
            }
        };
        Ok(ReaderBuilder::new().flexible(true).from_reader(source))
    }

    /// What its columns are.
    pub(crate) fn form(&self, header: &ByteRecord) -> Result<PlainTable<'a>, RecordsError> {
        Ok(match self.rows {
            Rows::Patients(table) => PlainTable::patients(table, header)?,
            Rows::Events(table) => PlainTable::events(table, header)?,
        })
    }

    pub(crate) fn broken(&self, folder: &Path, error: csv::Error) -> RecordsError {
        let source = match error.into_kind() {
            csv::ErrorKind::Io(source) => source,
            _ => io::Error::new(io::ErrorKind::InvalidData, "it is no CSV"),
        };
        RecordsError::ReadPart {
            folder: folder.to_owned(),
            file: self.name.clone(),
            source,
        }
    }
}
