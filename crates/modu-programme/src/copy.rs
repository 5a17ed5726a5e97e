//! A whole programme moved between two SQLite files and a PostgreSQL database:
//! for backups, which are the same whatever the programme is kept in, and for
//! restoring one into either.

use std::path::Path;

use crate::account;
use crate::database::{Database, DatabaseError, Step};
use crate::store::database as history;

/// A part of what a programme keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// History, jobs, and what lies beside them.
    History,
    /// What signing in needs.
    Accounts,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::History => history::PART,
            Self::Accounts => account::PART,
        }
    }

    fn migrate(self, database: &Database) -> Result<(), DatabaseError> {
        database.migrate(self.name(), self.steps())
    }

    /// Makes the tables as they were in an earlier schema, or brings those of
    /// an earlier one to it: for keeping a specimen of each.
    ///
    /// # Errors
    /// [`DatabaseError::Newer`], and what the database says.
    pub fn make(self, database: &Database, version: usize) -> Result<(), DatabaseError> {
        let steps = self.steps();
        database.migrate(self.name(), &steps[..version.min(steps.len())])
    }

    /// The newest schema's number, from 1.
    #[must_use]
    pub fn newest(self) -> usize {
        self.steps().len()
    }

    fn steps(self) -> &'static [Step] {
        match self {
            Self::History => &history::MIGRATIONS,
            Self::Accounts => &account::MIGRATIONS,
        }
    }

    /// The tables as they are made today.
    fn empty(self) -> Result<Database, DatabaseError> {
        let database = Database::in_memory()?;
        self.migrate(&database)?;
        Ok(database)
    }
}

/// Copies a database, as it is at one moment, into two files; gives how many
/// rows that were. Others go on writing meanwhile. Where it holds nothing of a
/// part, that file stays as it is.
///
/// # Errors
/// [`DatabaseError::OtherSchema`] where the database is of another program's
/// time, and what either says.
pub fn to_files(from: &Database, history: &Path, accounts: &Path) -> Result<u64, DatabaseError> {
    let mut snapshot = from.snapshot()?;
    let mut rows = 0;
    for (part, path) in [(Part::History, history), (Part::Accounts, accounts)] {
        let like = part.empty()?;
        if !snapshot.has(part.name(), &like)? {
            continue;
        }
        let file = Database::file(path)?;
        part.migrate(&file)?;
        let mut into = file.transaction()?;
        rows += snapshot.copy(part.name(), &like, &mut into)?;
        into.commit()?;
    }
    Ok(rows)
}

/// Copies two files into a database that holds nothing yet, all or nothing;
/// gives how many rows that were. Files of an earlier program are brought to
/// the newest schema first.
///
/// # Errors
/// [`DatabaseError::NotEmpty`], [`DatabaseError::Newer`], and what either says.
pub fn to_server(history: &Path, accounts: &Path, server: &Database) -> Result<u64, DatabaseError> {
    let parts = [(Part::History, history), (Part::Accounts, accounts)];
    for (part, path) in parts {
        part.migrate(server)?;
        part.migrate(&Database::file(path)?)?;
    }
    let mut into = server.transaction()?;
    let mut rows = 0;
    for (part, path) in parts {
        let file = Database::file(path)?;
        rows += file
            .snapshot()?
            .copy(part.name(), &part.empty()?, &mut into)?;
    }
    into.commit()?;
    Ok(rows)
}

/// Copies a file that came from elsewhere into one that is made: with its rows,
/// but with our own tables and triggers, whatever its own were.
///
/// # Errors
/// As [`to_server`].
pub fn renew(part: Part, from: &Path, into: &Path) -> Result<u64, DatabaseError> {
    let from = Database::file(from)?;
    part.migrate(&from)?;
    let into = Database::file(into)?;
    part.migrate(&into)?;
    let mut transaction = into.transaction()?;
    let rows = from
        .snapshot()?
        .copy(part.name(), &part.empty()?, &mut transaction)?;
    transaction.commit()?;
    Ok(rows)
}
