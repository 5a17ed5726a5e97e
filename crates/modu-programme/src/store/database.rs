//! The history in a database, which itself refuses to change or delete an
//! entry. The queue of jobs lies beside it, so that what a job did and that it
//! is done are kept in one transaction.

use std::num::NonZeroUsize;
use std::path::Path;
use std::thread;

use modu_kernel::Digest;

use super::{Beside, History, MAX_PAGE};
use crate::database::{Database, Row, Step, Transaction};
use crate::error::HistoryError;
use crate::event::{Entry, Event};
use crate::identity::{ProjectId, Sequence};
use crate::job;
use crate::notice;

/// What the schema's version is kept under.
pub(crate) const PART: &str = "programme";

/// Steps from nothing to the newest schema; a step is never changed.
pub(crate) const MIGRATIONS: [Step; 6] = [
    Step::Each {
        sqlite: "CREATE TABLE entry (
         sequence INTEGER PRIMARY KEY CHECK (sequence > 0),
         -- What the entry is about, for reading one project's steps.
         project INTEGER,
         body BLOB NOT NULL
     ) STRICT;
     CREATE INDEX entry_of_project ON entry (project, sequence) WHERE project IS NOT NULL;
     CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
         BEGIN SELECT RAISE(ABORT, 'an entry of the history is never changed'); END;
     CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry
         BEGIN SELECT RAISE(ABORT, 'an entry of the history is never deleted'); END;",
        postgres: "CREATE TABLE entry (
         sequence BIGINT PRIMARY KEY CHECK (sequence > 0),
         project BIGINT,
         body BYTEA NOT NULL
     );
     CREATE INDEX entry_of_project ON entry (project, sequence) WHERE project IS NOT NULL;
     CREATE FUNCTION entry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'an entry of the history is never changed or deleted'; END $$;
     CREATE TRIGGER entry_is_never_changed BEFORE UPDATE OR DELETE ON entry
         FOR EACH ROW EXECUTE FUNCTION entry_stays();
     CREATE TRIGGER entries_are_never_emptied BEFORE TRUNCATE ON entry
         FOR EACH STATEMENT EXECUTE FUNCTION entry_stays();",
    },
    job::SCHEMA,
    notice::SCHEMA,
    job::NODE_SCHEMA,
    job::GONE_SCHEMA,
    job::LOG_SCHEMA,
];

/// Rows for which a thread is worth its start.
const LEAST_SHARE: usize = 500;

const AFTER: &str =
    "SELECT sequence, body FROM entry WHERE sequence > ?1 ORDER BY sequence LIMIT ?2";

/// A history in a database.
#[derive(Debug)]
pub struct DatabaseHistory {
    database: Database,
}

impl DatabaseHistory {
    /// In a SQLite file, which is made where there is none.
    ///
    /// # Errors
    /// [`HistoryError::Database`].
    pub fn open(path: &Path) -> Result<Self, HistoryError> {
        Self::over(Database::file(path)?)
    }

    /// A history that is gone with the process: for tests.
    ///
    /// # Errors
    /// [`HistoryError::Database`].
    pub fn in_memory() -> Result<Self, HistoryError> {
        Self::over(Database::in_memory()?)
    }

    /// In a database, whose schema is brought to the newest.
    ///
    /// # Errors
    /// [`HistoryError::Database`], also where a newer program made it.
    pub fn over(database: Database) -> Result<Self, HistoryError> {
        migrate(&database)?;
        Ok(Self { database })
    }

    /// The database itself.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }
}

/// Brings history and queue to the newest schema.
pub(crate) fn migrate(database: &Database) -> Result<(), crate::database::DatabaseError> {
    database.migrate(PART, &MIGRATIONS)
}

impl History for DatabaseHistory {
    fn last(&mut self) -> Result<Sequence, HistoryError> {
        let last = "SELECT COALESCE(MAX(sequence), 0) FROM entry";
        Ok(Sequence(
            self.database.query_row(last, (), |row| row.get(0))?,
        ))
    }

    fn after(&mut self, place: Sequence, limit: usize) -> Result<Vec<Entry>, HistoryError> {
        let rows = self.database.query(AFTER, (place.0, limit.min(MAX_PAGE)))?;
        rows.iter().map(read).collect()
    }

    fn read_on(
        &mut self,
        place: Sequence,
        limit: usize,
    ) -> Result<Vec<(Entry, Digest)>, HistoryError> {
        let rows = self.database.query(AFTER, (place.0, limit.min(MAX_PAGE)))?;
        digested(&rows)
    }

    fn about(&mut self, project: ProjectId, limit: usize) -> Result<Vec<Entry>, HistoryError> {
        let rows = self.database.query(
            "SELECT sequence, body FROM entry WHERE project = ?1 ORDER BY sequence LIMIT ?2",
            (project.0.0, limit.min(MAX_PAGE)),
        )?;
        rows.iter().map(read).collect()
    }

    fn extend(
        &mut self,
        known: Sequence,
        next: &mut super::Continue<'_>,
        beside: Option<Beside<'_>>,
    ) -> Result<Vec<Entry>, HistoryError> {
        let mut transaction = self.database.transaction()?;
        let rows = transaction.query(AFTER, (known.0, MAX_PAGE))?;
        let meanwhile: Vec<Entry> = rows.iter().map(read).collect::<Result<_, _>>()?;
        if let Some(last) = meanwhile.last().filter(|_| meanwhile.len() >= MAX_PAGE) {
            return Err(HistoryError::Grown {
                expected: known,
                found: last.sequence,
            });
        }
        let entries = next(&meanwhile)?;
        let token = match beside {
            Some(Beside::NodeToken(token)) => Some(token),
            _ => None,
        };
        let mut place = meanwhile.last().map_or(known, |last| last.sequence);
        for entry in &entries {
            if entry.sequence != place.next() {
                return Err(HistoryError::Misplaced {
                    expected: place.next(),
                    found: entry.sequence,
                });
            }
            add(&mut transaction, entry)?;
            job::keep_node(&mut transaction, entry, token)?;
            place = entry.sequence;
        }
        if let Some(Beside::Done(settlement)) = beside {
            settlement.keep(&mut transaction)?;
        }
        transaction.commit()?;
        Ok(entries)
    }
}

fn add(transaction: &mut Transaction<'_>, entry: &Entry) -> Result<(), HistoryError> {
    let project = match entry.event {
        Event::NeedPublished { .. } => Some(entry.sequence.0),
        ref event => event.project().map(|project| project.0.0),
    };
    transaction.execute(
        "INSERT INTO entry (sequence, project, body) VALUES (?1, ?2, ?3)",
        (entry.sequence.0, project, entry.to_bytes()?),
    )?;
    Ok(())
}

/// Reads rows on all processors. Bytes that are not those of an entry's content
/// have another digest than the next entry names; of the last one, which none
/// names yet, they are compared.
fn digested(rows: &[Row]) -> Result<Vec<(Entry, Digest)>, HistoryError> {
    let Some((last, others)) = rows.split_last() else {
        return Ok(Vec::new());
    };
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let share = others.len().div_ceil(threads).max(LEAST_SHARE);
    let mut all = Vec::with_capacity(rows.len());
    thread::scope(|scope| {
        let shares: Vec<_> = others
            .chunks(share)
            .map(|rows| scope.spawn(|| rows.iter().map(unproven).collect()))
            .collect();
        for part in shares {
            let part: Result<Vec<_>, HistoryError> = part
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            all.extend(part?);
        }
        Ok::<_, HistoryError>(())
    })?;
    let last = read(last)?;
    let digest = last.digest()?;
    all.push((last, digest));
    Ok(all)
}

/// An entry as its bytes say, with their digest.
fn unproven(row: &Row) -> Result<(Entry, Digest), HistoryError> {
    let (sequence, body) = (Sequence(row.get(0)?), row.get::<Vec<u8>>(1)?);
    let changed = |problem: String| HistoryError::Changed { sequence, problem };
    let entry: Entry = serde_json::from_slice(&body).map_err(|error| changed(error.to_string()))?;
    match entry.sequence == sequence {
        true => Ok((entry, Digest::of(&body))),
        false => Err(changed("it names another place".to_owned())),
    }
}

fn read(row: &Row) -> Result<Entry, HistoryError> {
    let (sequence, body) = (Sequence(row.get(0)?), row.get::<Vec<u8>>(1)?);
    let changed = |problem: String| HistoryError::Changed { sequence, problem };
    let entry: Entry = serde_json::from_slice(&body).map_err(|error| changed(error.to_string()))?;
    match entry.sequence == sequence && entry.to_bytes()? == body {
        true => Ok(entry),
        false => Err(changed("its bytes are not those of its content".to_owned())),
    }
}
