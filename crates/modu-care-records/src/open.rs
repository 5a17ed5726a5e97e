//! Opening records: every file is read once, a resource at a time, and what
//! comes out is the input of `care.cohort`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use modu_care::cohort::Plan;
use modu_care::privacy::PseudonymKey;
use modu_care::records::{
    BundleError, Entry, Fate, Intake, MAX_RESOURCE_BYTES, Records, read_bundle,
};
use modu_kernel::{Digest, Progress};

use crate::RecordsError;
use crate::folder::{self, Form, RecordFile};
use crate::plain::{self, TableFile};

/// Faults whose place is told.
const PLACES: usize = 20;
/// Bytes of all files together.
const MAX_BYTES: u64 = 1 << 40;
/// What is read at a time.
const BUFFER: usize = 1 << 20;

/// Records that have been opened.
#[derive(Debug)]
pub struct Opened {
    /// What the definition asks for, by pseudonym.
    pub records: Records,
    /// Files that were read.
    pub files: u64,
    /// Other files of the folder, which were not.
    pub other_files: u64,
    /// Where the first faults were found. They are told to whoever opens the
    /// records and are in no artifact, for they depend on the files.
    pub faults: Vec<String>,
}

/// Opens a folder of NDJSON files and bundles, or one of them.
///
/// # Errors
/// A folder without records, one that cannot be read, a plain table that is
/// not there or lacks a column, and limits. What is wrong with single records
/// is counted.
pub fn open(
    path: &Path,
    plan: &Plan,
    definition: Digest,
    key: &PseudonymKey,
    progress: &dyn Progress,
) -> Result<Opened, RecordsError> {
    let tables = plain::find(path, plan)?;
    let (files, others) = folder::list(path, !tables.is_empty())?;
    let total = files.iter().map(|file| file.bytes).sum::<u64>()
        + tables.iter().map(|table| table.bytes).sum::<u64>();
    if total > MAX_BYTES {
        let problem = format!("it holds more than {MAX_BYTES} bytes: open a part of it");
        return Err(RecordsError::folder(path, problem));
    }
    let mut opening = Opening {
        intake: Intake::new(plan),
        faults: Vec::new(),
        done: 0,
        total,
        progress,
    };
    for file in &files {
        opening.file(path, file)?;
    }
    for table in &tables {
        opening.table(path, table)?;
    }
    progress.report("records", total, total);
    Ok(Opened {
        records: opening.intake.finish(key, definition),
        files: (files.len() + tables.len()) as u64,
        other_files: others.saturating_sub(tables.len() as u64),
        faults: opening.faults,
    })
}

struct Opening<'a> {
    intake: Intake<'a>,
    faults: Vec<String>,
    done: u64,
    total: u64,
    progress: &'a dyn Progress,
}

impl Opening<'_> {
    fn file(&mut self, folder: &Path, file: &RecordFile) -> Result<(), RecordsError> {
        let wrong = |source| RecordsError::ReadPart {
            folder: folder.to_owned(),
            file: file.name.clone(),
            source,
        };
        let reader = BufReader::with_capacity(BUFFER, File::open(&file.path).map_err(wrong)?);
        match file.form {
            Form::Lines => self.lines(reader, file, wrong),
            Form::Bundle => self.bundle(reader, file, wrong),
        }
    }

    fn lines(
        &mut self,
        mut reader: impl BufRead,
        file: &RecordFile,
        wrong: impl Fn(io::Error) -> RecordsError,
    ) -> Result<(), RecordsError> {
        let limit = MAX_RESOURCE_BYTES as u64 + 2;
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            let read = (&mut reader).take(limit).read_until(b'\n', &mut line);
            let read = read.map_err(&wrong)? as u64;
            if read == 0 {
                break;
            }
            self.tell(read)?;
            let ended = line.last() == Some(&b'\n');
            if !ended && read == limit {
                self.fault(file, &format!("line {number}"), Fate::TooLarge);
                self.intake.refuse(Fate::TooLarge);
                let passed = pass_line(&mut reader).map_err(&wrong)?;
                self.tell(passed)?;
                continue;
            }
            let bytes = line.trim_ascii();
            let bytes = match number {
                1 => bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes),
                _ => bytes,
            };
            if bytes.is_empty() {
                continue;
            }
            if let Some(fate) = self
                .intake
                .take(bytes, None)?
                .filter(|fate| fate.is_fault())
            {
                let place = match ended || fate != Fate::Unreadable {
                    true => format!("line {number}"),
                    false => format!("line {number}, the last, which is cut off"),
                };
                self.fault(file, &place, fate);
            }
        }
        Ok(())
    }

    fn bundle(
        &mut self,
        reader: impl BufRead,
        file: &RecordFile,
        wrong: impl Fn(io::Error) -> RecordsError,
    ) -> Result<(), RecordsError> {
        let mut number = 0_u64;
        let result = read_bundle(reader, |entry| {
            number += 1;
            let fate = match entry {
                Entry::TooLarge => Some(self.intake.refuse(Fate::TooLarge)),
                Entry::Resource(bytes, full_url) => {
                    self.tell(bytes.len() as u64)?;
                    self.intake.take(bytes, full_url)?
                }
            };
            if let Some(fate) = fate.filter(|fate| fate.is_fault()) {
                self.fault(file, &format!("entry {number}"), fate);
            }
            Ok(())
        });
        match result {
            Ok(()) => Ok(()),
            Err(BundleError::Taken(error)) => Err(error),
            Err(BundleError::Read(error)) => Err(wrong(error)),
            Err(error) => {
                let fate = match error {
                    BundleError::NoBundle => Fate::Misshapen,
                    _ => Fate::Unreadable,
                };
                self.intake.refuse(fate);
                self.fault_text(format!("{}, behind entry {number}: {error}", file.name));
                Ok(())
            }
        }
    }

    /// A plain table, row by row.
    fn table(&mut self, folder: &Path, table: &TableFile<'_>) -> Result<(), RecordsError> {
        let mut reader = table.reader()?;
        let header = reader
            .byte_headers()
            .map_err(|error| table.broken(folder, error))?
            .clone();
        let form = table.form(&header)?;
        let mut row = csv::ByteRecord::new();
        let mut before = 0;
        loop {
            let more = reader.read_byte_record(&mut row);
            if !more.map_err(|error| table.broken(folder, error))? {
                return Ok(());
            }
            let now = reader.position().byte();
            self.tell(now.saturating_sub(before))?;
            before = now;
            let resource = form.resource(&row).filter(|_| row.len() == header.len());
            let fate = match resource {
                None => Some(self.intake.refuse(Fate::Misshapen)),
                Some(resource) => self.intake.take(&resource, None)?,
            };
            if let Some(fate) = fate.filter(|fate| fate.is_fault()) {
                let line = row.position().map_or(0, csv::Position::line);
                let label = fate.label();
                self.fault_text(format!("{}, line {line}: {}", table.name, label.en));
            }
        }
    }

    fn tell(&mut self, bytes: u64) -> Result<(), RecordsError> {
        const STEP: u64 = 1 << 20;
        let before = self.done / STEP;
        self.done += bytes;
        if self.done / STEP == before {
            return Ok(());
        }
        self.progress.report("records", self.done, self.total);
        match self.progress.cancelled() {
            true => Err(RecordsError::Cancelled),
            false => Ok(()),
        }
    }

    fn fault(&mut self, file: &RecordFile, place: &str, fate: Fate) {
        let label = fate.label();
        self.fault_text(format!("{}, {place}: {}", file.name, label.en));
    }

    fn fault_text(&mut self, text: String) {
        if self.faults.len() < PLACES {
            self.faults.push(text);
        }
    }
}

/// Passes over the rest of a line; returns how many bytes that were.
fn pass_line(reader: &mut impl BufRead) -> io::Result<u64> {
    let mut passed = 0;
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(passed);
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(buffer.len(), |end| end + 1);
        reader.consume(length);
        passed += length as u64;
        if end.is_some() {
            return Ok(passed);
        }
    }
}
