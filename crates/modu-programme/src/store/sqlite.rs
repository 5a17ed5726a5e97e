//! The history in SQLite: one file, no service to install.
//!
//! The file is in write-ahead mode and every entry is synced before it counts,
//! so that a killed process or a cut power line loses none that was
//! acknowledged. The database itself refuses to change or delete an entry.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use super::{History, MAX_PAGE};
use crate::error::HistoryError;
use crate::event::{Entry, Event};
use crate::identity::{ProjectId, Sequence};

/// Steps from an empty file to the newest schema; a step is never changed.
const MIGRATIONS: [&str; 1] = ["CREATE TABLE entry (
         sequence INTEGER PRIMARY KEY CHECK (sequence > 0),
         -- What the entry is about, for reading one project's steps.
         project INTEGER,
         body BLOB NOT NULL
     ) STRICT;
     CREATE INDEX entry_of_project ON entry (project, sequence) WHERE project IS NOT NULL;
     CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
         BEGIN SELECT RAISE(ABORT, 'an entry of the history is never changed'); END;
     CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry
         BEGIN SELECT RAISE(ABORT, 'an entry of the history is never deleted'); END;"];

/// How long one waits for another process that writes.
const BUSY: Duration = Duration::from_secs(10);

/// A history in a SQLite file.
#[derive(Debug)]
pub struct SqliteHistory {
    connection: Connection,
}

impl SqliteHistory {
    /// Opens the file, and makes it where there is none.
    ///
    /// # Errors
    /// [`HistoryError::Newer`] where a newer program made it;
    /// [`HistoryError::Database`].
    pub fn open(path: &Path) -> Result<Self, HistoryError> {
        Self::with(Connection::open(path)?)
    }

    /// A history that is gone with the process: for tests.
    ///
    /// # Errors
    /// [`HistoryError::Database`].
    pub fn in_memory() -> Result<Self, HistoryError> {
        Self::with(Connection::open_in_memory()?)
    }

    fn with(mut connection: Connection) -> Result<Self, HistoryError> {
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        migrate(&mut connection)?;
        Ok(Self { connection })
    }
}

fn migrate(connection: &mut Connection) -> Result<(), HistoryError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = MIGRATIONS.len() as u32;
    if found > known {
        return Err(HistoryError::Newer { found, known });
    }
    for step in &MIGRATIONS[found as usize..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    Ok(transaction.commit()?)
}

impl History for SqliteHistory {
    fn last(&mut self) -> Result<Sequence, HistoryError> {
        last(&self.connection)
    }

    fn after(&mut self, place: Sequence, limit: usize) -> Result<Vec<Entry>, HistoryError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT sequence, body FROM entry WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
        )?;
        entries(statement.query((place.0, limit.min(MAX_PAGE)))?)
    }

    fn about(&mut self, project: ProjectId, limit: usize) -> Result<Vec<Entry>, HistoryError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT sequence, body FROM entry WHERE project = ?1 ORDER BY sequence LIMIT ?2",
        )?;
        entries(statement.query((project.0.0, limit.min(MAX_PAGE)))?)
    }

    fn append(&mut self, entry: &Entry) -> Result<(), HistoryError> {
        let body = entry.to_bytes()?;
        let project = match entry.event {
            Event::NeedPublished { .. } => Some(entry.sequence.0),
            ref event => event.project().map(|project| project.0.0),
        };
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found = last(&transaction)?;
        if found.next() != entry.sequence {
            return Err(HistoryError::Grown {
                expected: Sequence(entry.sequence.0.saturating_sub(1)),
                found,
            });
        }
        transaction
            .prepare_cached("INSERT INTO entry (sequence, project, body) VALUES (?1, ?2, ?3)")?
            .execute((entry.sequence.0, project, body))?;
        Ok(transaction.commit()?)
    }
}

fn entries(mut rows: rusqlite::Rows<'_>) -> Result<Vec<Entry>, HistoryError> {
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let (sequence, body): (u64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        entries.push(read(Sequence(sequence), &body)?);
    }
    Ok(entries)
}

fn last(connection: &Connection) -> Result<Sequence, HistoryError> {
    let last = connection
        .prepare_cached("SELECT sequence FROM entry ORDER BY sequence DESC LIMIT 1")?
        .query_row((), |row| row.get(0))
        .optional()?;
    Ok(Sequence(last.unwrap_or(0)))
}

fn read(sequence: Sequence, body: &[u8]) -> Result<Entry, HistoryError> {
    let changed = |problem: String| HistoryError::Changed { sequence, problem };
    let entry: Entry = serde_json::from_slice(body).map_err(|error| changed(error.to_string()))?;
    match entry.sequence == sequence && entry.to_bytes()? == body {
        true => Ok(entry),
        false => Err(changed("its bytes are not those of its content".to_owned())),
    }
}
