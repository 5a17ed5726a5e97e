//! The databases that a programme may live in: SQLite, a file with nothing to
//! install, and PostgreSQL, for several servers at once.
//!
//! Both are asked in the same words. Statements are written once, with `?1`,
//! `?2` for what is filled in; where PostgreSQL has another word for the same
//! thing (`$1`, `BIGINT`, `BYTEA`), it is put in its place. All writing
//! transactions exclude one another, in PostgreSQL by one advisory lock, so
//! that what is looked at within one still holds when it is kept.

mod address;
mod postgres;
mod snapshot;
mod sqlite;
mod value;

use std::fmt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use self::postgres::Server;
pub use self::snapshot::Snapshot;
pub use self::value::{FromValue, Params, Row, Value};

/// Why a database did not do as it was asked.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// SQLite failed.
    #[error("{0}; check its disk and permissions")]
    Sqlite(#[from] rusqlite::Error),
    /// The URL of a database is none that can be called.
    #[error("the database's URL: {0}")]
    Address(String),
    /// PostgreSQL failed.
    #[error("{}; check that it runs and may be reached", told(.0))]
    Postgres(#[from] ::postgres::Error),
    /// The connection was lost in the middle: what was asked was kept or not.
    #[error("the connection to the database was lost; look again, then try again")]
    Lost,
    /// A newer program made it.
    #[error("it has schema {found}, and this program knows up to {known}; use a newer modu")]
    Newer {
        /// Its schema.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
    /// Two databases that one is copied into the other have other schemas.
    #[error("it has schema {found} and not {known}: let the newer modu open it once")]
    OtherSchema {
        /// Its schema.
        found: u32,
        /// The other's.
        known: u32,
    },
    /// What one copies into holds something already.
    #[error("its table {table} is not empty: name a new database")]
    NotEmpty {
        /// Which.
        table: String,
    },
    /// A column holds something else than it should.
    #[error("column {column} of an answer is not what it should be; restore a backup")]
    Unexpected {
        /// Which, from 0.
        column: usize,
    },
    /// There is no such row.
    #[error("there is no such row")]
    NoRow,
}

impl DatabaseError {
    /// Whether it may do as asked another time: it is gone, has no room, or has
    /// too much to do.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Sqlite(_) | Self::Postgres(_) | Self::Lost)
    }
}

/// PostgreSQL's own words stand in the cause.
fn told(error: &::postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => format!("{}: {}", said.severity(), said.message()),
        None => error.to_string(),
    }
}

/// Turns a missing row into `None`.
pub trait Optional<T> {
    /// `None` where there was no row.
    ///
    /// # Errors
    /// Any other.
    fn optional(self) -> Result<Option<T>, DatabaseError>;
}

impl<T> Optional<T> for Result<T, DatabaseError> {
    fn optional(self) -> Result<Option<T>, DatabaseError> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(DatabaseError::NoRow) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A step from one schema to the next; a step is never changed.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// The same in both, in SQLite's words.
    Both(&'static str),
    /// Different in each.
    Each {
        /// For SQLite.
        sqlite: &'static str,
        /// For PostgreSQL.
        postgres: &'static str,
    },
}

/// One connection to a database; threads that share it wait for one another.
pub struct Database {
    engine: Mutex<Engine>,
}

enum Engine {
    Sqlite(rusqlite::Connection),
    Postgres(Box<Server>),
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &*self.engine() {
            Engine::Sqlite(_) => "Database(SQLite)",
            Engine::Postgres(_) => "Database(PostgreSQL)",
        })
    }
}

impl Database {
    /// A SQLite file, which is made where there is none. It is in write-ahead
    /// mode and synced at every commit, so that a killed process or a cut
    /// power line loses nothing that was acknowledged.
    ///
    /// # Errors
    /// [`DatabaseError::Sqlite`].
    pub fn file(path: &Path) -> Result<Self, DatabaseError> {
        Self::sqlite(rusqlite::Connection::open(path)?)
    }

    /// SQLite in memory, gone with the process: for tests.
    ///
    /// # Errors
    /// [`DatabaseError::Sqlite`].
    pub fn in_memory() -> Result<Self, DatabaseError> {
        Self::sqlite(rusqlite::Connection::open_in_memory()?)
    }

    fn sqlite(connection: rusqlite::Connection) -> Result<Self, DatabaseError> {
        sqlite::prepare(&connection)?;
        Ok(Self {
            engine: Mutex::new(Engine::Sqlite(connection)),
        })
    }

    /// PostgreSQL at a URL, `postgres://user:password@host:port/database`. A
    /// connection that breaks is made again with the next question. The line to
    /// another machine is encrypted and its certificate checked, by the system's
    /// roots or those that `sslrootcert=/path` names, unless the URL says
    /// `sslmode=disable`.
    ///
    /// # Errors
    /// [`DatabaseError::Postgres`] where the URL is none or nobody answers,
    /// [`DatabaseError::Address`] where its words of encryption do not hold.
    pub fn postgres(url: &str) -> Result<Self, DatabaseError> {
        let mut server = Server::new(url)?;
        server.open()?;
        Ok(Self {
            engine: Mutex::new(Engine::Postgres(Box::new(server))),
        })
    }

    /// A statement that gives no rows; how many it changed.
    ///
    /// # Errors
    /// What the database says.
    pub fn execute(&self, sql: &str, params: impl Params) -> Result<usize, DatabaseError> {
        self.engine().execute(sql, &params.values())
    }

    /// The first row of an answer.
    ///
    /// # Errors
    /// [`DatabaseError::NoRow`] where there is none, and what the database
    /// says.
    pub fn query_row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row) -> Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        first(&self.query(sql, params)?, read)
    }

    /// All rows of an answer.
    ///
    /// # Errors
    /// What the database says.
    pub fn query(&self, sql: &str, params: impl Params) -> Result<Vec<Row>, DatabaseError> {
        self.engine().query(sql, &params.values())
    }

    /// Begins a transaction that may write; there is one at a time. What is
    /// not committed is undone.
    ///
    /// # Errors
    /// What the database says.
    pub fn transaction(&self) -> Result<Transaction<'_>, DatabaseError> {
        let mut engine = self.engine();
        engine.begin()?;
        Ok(Transaction {
            engine,
            is_open: true,
        })
    }

    /// Makes the tables that are not there yet: statements in SQLite's words
    /// that may be done again.
    ///
    /// # Errors
    /// What the database says.
    pub fn ensure(&self, statements: &'static str) -> Result<(), DatabaseError> {
        let mut transaction = self.transaction()?;
        transaction.engine.batch(Step::Both(statements))?;
        transaction.commit()
    }

    /// Brings the tables of a part of the program to its newest schema.
    ///
    /// # Errors
    /// [`DatabaseError::Newer`] where a newer program made it.
    pub fn migrate(&self, part: &'static str, steps: &[Step]) -> Result<(), DatabaseError> {
        let mut transaction = self.transaction()?;
        let found = transaction.engine.version(part)?;
        let known = steps.len() as u32;
        if found > known {
            return Err(DatabaseError::Newer { found, known });
        }
        if found == known {
            return Ok(());
        }
        for step in steps.iter().skip(found as usize) {
            transaction.engine.batch(*step)?;
        }
        transaction.engine.set_version(part, known)?;
        transaction.commit()
    }

    /// Copies a SQLite database as it is at one moment, while others write.
    ///
    /// # Errors
    /// What SQLite says; [`DatabaseError::NoRow`] for PostgreSQL, of which one
    /// takes a [`Snapshot`].
    pub fn copy_to(&self, path: &Path) -> Result<(), DatabaseError> {
        match &*self.engine() {
            Engine::Sqlite(connection) => sqlite::copy(connection, path),
            Engine::Postgres(_) => Err(DatabaseError::NoRow),
        }
    }

    /// What kind it is, for readers, and how many bytes it takes: all of the
    /// database, whoever else keeps something in it.
    ///
    /// # Errors
    /// What the database says.
    pub fn room(&self) -> Result<(&'static str, u64), DatabaseError> {
        let (kind, sql) = match &*self.engine() {
            Engine::Sqlite(_) => (
                "SQLite",
                "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
            ),
            Engine::Postgres(_) => ("PostgreSQL", "SELECT pg_database_size(current_database())"),
        };
        Ok((kind, self.query_row(sql, (), |row| row.get(0))?))
    }

    fn engine(&self) -> MutexGuard<'_, Engine> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A transaction that may write.
pub struct Transaction<'d> {
    engine: MutexGuard<'d, Engine>,
    is_open: bool,
}

impl Transaction<'_> {
    /// As [`Database::execute`].
    ///
    /// # Errors
    /// As there.
    pub fn execute(&mut self, sql: &str, params: impl Params) -> Result<usize, DatabaseError> {
        self.engine.execute(sql, &params.values())
    }

    /// As [`Database::query_row`].
    ///
    /// # Errors
    /// As there.
    pub fn query_row<T>(
        &mut self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row) -> Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        first(&self.query(sql, params)?, read)
    }

    /// As [`Database::query`].
    ///
    /// # Errors
    /// As there.
    pub fn query(&mut self, sql: &str, params: impl Params) -> Result<Vec<Row>, DatabaseError> {
        self.engine.query(sql, &params.values())
    }

    /// Keeps what was done, durably.
    ///
    /// # Errors
    /// What the database says; it is then undone, or for
    /// [`DatabaseError::Lost`] it may also have been kept.
    pub fn commit(mut self) -> Result<(), DatabaseError> {
        self.engine.end("COMMIT")?;
        self.is_open = false;
        Ok(())
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.is_open {
            // A connection that is lost undoes it by itself.
            let _undone = self.engine.end("ROLLBACK");
        }
    }
}

fn first<T>(
    rows: &[Row],
    read: impl FnOnce(&Row) -> Result<T, DatabaseError>,
) -> Result<T, DatabaseError> {
    read(rows.first().ok_or(DatabaseError::NoRow)?)
}

impl Engine {
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<usize, DatabaseError> {
        match self {
            Self::Sqlite(connection) => sqlite::execute(connection, sql, values),
            Self::Postgres(server) => server.execute(sql, values),
        }
    }

    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        match self {
            Self::Sqlite(connection) => sqlite::query(connection, sql, values),
            Self::Postgres(server) => server.query(sql, values),
        }
    }

    /// As [`Self::query`], the rows one by one.
    fn each(
        &mut self,
        sql: &str,
        take: &mut dyn FnMut(Row) -> Result<(), DatabaseError>,
    ) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(connection) => sqlite::each(connection, sql, &[], take),
            Self::Postgres(server) => server.each(sql, take),
        }
    }

    fn begin_reading(&mut self) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(connection) => Ok(connection.execute_batch("BEGIN")?),
            Self::Postgres(server) => server.begin_reading(),
        }
    }

    fn begin(&mut self) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(connection) => Ok(connection.execute_batch("BEGIN IMMEDIATE")?),
            Self::Postgres(server) => server.begin(),
        }
    }

    fn end(&mut self, word: &str) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(connection) => Ok(connection.execute_batch(word)?),
            Self::Postgres(server) => server.end(word),
        }
    }

    fn batch(&mut self, step: Step) -> Result<(), DatabaseError> {
        match (self, step) {
            (Self::Sqlite(connection), Step::Both(sql) | Step::Each { sqlite: sql, .. }) => {
                Ok(connection.execute_batch(sql)?)
            }
            (Self::Postgres(server), Step::Both(sql)) => server.batch(&postgres::schema(sql)),
            (Self::Postgres(server), Step::Each { postgres, .. }) => server.batch(postgres),
        }
    }

    fn version(&mut self, part: &str) -> Result<u32, DatabaseError> {
        match self {
            Self::Sqlite(connection) => {
                Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
            }
            Self::Postgres(server) => server.version(part),
        }
    }

    fn set_version(&mut self, part: &str, version: u32) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(connection) => {
                Ok(connection.pragma_update(None, "user_version", version)?)
            }
            Self::Postgres(server) => server.set_version(part, version),
        }
    }
}
