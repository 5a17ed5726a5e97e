//! Signing in: what must be known to nobody else, and may be forgotten.
//!
//! The history says who takes part and is never changed; passwords, sessions
//! and one-time links change and end, so they lie beside it. Of a password
//! only an Argon2id hash is kept, of sessions, links and recovery codes only a
//! digest, and the secrets of second factors are sealed under a key that lies
//! elsewhere: whoever steals the file can use none of them.

mod bound;
mod change;
mod enter;
mod factor;
mod key;
mod link;
mod once;
mod password;
mod seal;
mod session;
mod throttle;
mod token;
mod totp;

use std::path::Path;

use jiff::Timestamp;
use modu_kernel::Digest;

pub use self::bound::Outside;
pub use self::enter::{Attempt, Entered, Proven, SESSION_IDLES, SESSION_LASTS, TICKET_HOLDS};
pub use self::factor::{Confirmed, RECOVERY_CODES};
pub use self::key::{KEY_HOLDS, Key, MAX_KEYS};
pub use self::link::{Holders, LINK_HOLDS, RESET_HOLDS};
pub use self::once::{Known, REMEMBERED};
pub use self::password::{HashedPassword, MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARS, Password};
pub use self::seal::SealKey;
pub use self::session::{Session, SessionId};
pub use self::token::Token;
pub use self::totp::Secret;
use crate::database::{Database, DatabaseError, Optional as _, Step};
use crate::identity::{PersonId, ProjectId, ProposalId};
use crate::project::ScoreSheet;

/// Characters of a login name.
pub const MAX_LOGIN_CHARS: usize = 100;

/// What the schema's version is kept under.
pub(crate) const PART: &str = "accounts";

/// Steps from nothing to the newest schema; a step is never changed. The first
/// three were made before their version was kept, and are made where they are
/// not there yet.
pub(crate) const MIGRATIONS: [Step; 4] = [
    Step::Both(SCHEMA),
    Step::Both(key::SCHEMA),
    Step::Both(once::SCHEMA),
    Step::Both(enter::SCHEMA),
];

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS account (
        person INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE,
        salt BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS link (
        token BLOB PRIMARY KEY, person INTEGER NOT NULL, ends INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS session (
        token BLOB PRIMARY KEY, person INTEGER NOT NULL,
        begun INTEGER NOT NULL, seen INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS attempt (
        place TEXT PRIMARY KEY, failures INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS sheet (
        project INTEGER NOT NULL, proposal INTEGER NOT NULL, evaluator INTEGER NOT NULL,
        body TEXT NOT NULL, PRIMARY KEY (project, proposal, evaluator)) STRICT;";

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Name or password is wrong; which of them is not said.
    #[error("the name or the password is wrong")]
    Wrong,
    /// The password that was to be changed is another.
    #[error("the password until now is wrong")]
    WrongPassword,
    /// The person has no password of their own.
    #[error("there is no password to change: ask the operator for a link to set one")]
    NoPassword,
    /// The new password is the one that there was.
    #[error("the new password is the one that there was: choose another")]
    SamePassword,
    /// Too many wrong attempts.
    #[error("too many attempts: try again after {0}")]
    TooMany(Timestamp),
    /// The link was used, has ended, or never was.
    #[error("the link does not hold (any more): ask for a new one")]
    NoLink,
    /// The code is wrong.
    #[error("the code is wrong, too old, or was used before: wait for the next one")]
    WrongCode,
    /// The name and the password were given too long ago, or never.
    #[error("too much time has passed: begin again")]
    NoTicket,
    /// There is a second factor already.
    #[error("there is a second factor already: end it first")]
    HasFactor,
    /// There is no second factor.
    #[error("there is no second factor: begin one first")]
    NoFactor,
    /// The key that seals second factors is missing.
    #[error("the key that seals second factors is missing: start the server with one")]
    NoSealKey,
    /// Nobody is bound to who somebody is elsewhere.
    #[error("nobody here is bound to that identity: open the link of your invitation first")]
    NotBound,
    /// Another person is bound to it.
    #[error("that identity is bound to another person here")]
    BoundElsewhere,
    /// The name is taken, empty or too long.
    #[error("the login name {0}")]
    Login(&'static str),
    /// The password cannot be taken.
    #[error("the password {0}")]
    Password(&'static str),
    /// The person has as many keys as they may.
    #[error("20 keys are the most: end one first")]
    TooManyKeys,
    /// What is kept cannot be read.
    #[error("what is kept of {0} cannot be read: restore a backup")]
    Unreadable(&'static str),
    /// The machine gives no random bytes.
    #[error("the machine gives no random bytes: {0}")]
    Random(String),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] DatabaseError),
}

/// Passwords, sessions, links and sealed sheets, in a database.
#[derive(Debug)]
pub struct Accounts {
    connection: Database,
    seal: Option<SealKey>,
}

impl Accounts {
    /// Opens a SQLite file, and makes it where there is none.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn open(path: &Path) -> Result<Self, AccountError> {
        Self::over(Database::file(path)?)
    }

    /// Gone with the process, with a key of its own: for tests.
    ///
    /// # Errors
    /// [`AccountError::Database`], [`AccountError::Random`].
    pub fn in_memory() -> Result<Self, AccountError> {
        Ok(Self::over(Database::in_memory()?)?.sealed_with(SealKey::new()?))
    }

    /// In a database, which gets the tables that it lacks.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn over(connection: Database) -> Result<Self, AccountError> {
        migrate(&connection)?;
        Ok(Self {
            connection,
            seal: None,
        })
    }

    /// With the key that seals second factors; without one nobody can have
    /// any.
    #[must_use]
    pub fn sealed_with(mut self, key: SealKey) -> Self {
        self.seal = Some(key);
        self
    }

    /// Whether anybody has a password.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn is_empty(&self) -> Result<bool, AccountError> {
        let query = "SELECT NOT EXISTS (SELECT 1 FROM account WHERE length(hash) > 0)";
        Ok(self.connection.query_row(query, (), |row| row.get(0))?)
    }

    /// Keeps a sheet until all are opened, in place of an earlier one that was
    /// never sealed: whether one was is for the caller to ask first.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn keep_sheet(
        &self,
        (project, proposal): (ProjectId, ProposalId),
        evaluator: PersonId,
        sheet: &ScoreSheet,
    ) -> Result<(), AccountError> {
        let body =
            serde_json::to_string(sheet).map_err(|_| AccountError::Unreadable("a score sheet"))?;
        self.connection.execute(
            "INSERT INTO sheet (project, proposal, evaluator, body) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (project, proposal, evaluator) DO UPDATE SET body = ?4",
            (project.0.0, proposal.0.0, evaluator.0.0, body),
        )?;
        Ok(())
    }

    /// A sheet as it was kept: its digest tells whether it is the sealed one.
    ///
    /// # Errors
    /// [`AccountError::Unreadable`], [`AccountError::Database`].
    pub fn sheet(
        &self,
        (project, proposal): (ProjectId, ProposalId),
        evaluator: PersonId,
    ) -> Result<Option<ScoreSheet>, AccountError> {
        let query =
            "SELECT body FROM sheet WHERE project = ?1 AND proposal = ?2 AND evaluator = ?3";
        let row = (project.0.0, proposal.0.0, evaluator.0.0);
        let body: Option<String> = self
            .connection
            .query_row(query, row, |row| row.get(0))
            .optional()?;
        let read = |body: String| {
            serde_json::from_str(&body).map_err(|_| AccountError::Unreadable("a score sheet"))
        };
        body.map(read).transpose()
    }
}

/// Brings the tables to the newest schema.
fn migrate(database: &Database) -> Result<(), DatabaseError> {
    database.migrate(PART, &MIGRATIONS)
}

/// Names that people type: without white space around, and small letters.
fn login_name(text: &str) -> Result<String, AccountError> {
    let name = text.trim().to_lowercase();
    match name.chars().count() {
        0 => Err(AccountError::Login("must not be empty")),
        1..=MAX_LOGIN_CHARS if name.chars().any(|c| c.is_control() || c.is_whitespace()) => {
            Err(AccountError::Login("must be one word"))
        }
        1..=MAX_LOGIN_CHARS => Ok(name),
        _ => Err(AccountError::Login("is longer than 100 characters")),
    }
}

fn random<const N: usize>() -> Result<[u8; N], AccountError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| AccountError::Random(error.to_string()))?;
    Ok(bytes)
}

fn digest(domain: &str, bytes: &[u8]) -> [u8; 32] {
    let digest = Digest::of(&[domain.as_bytes(), b"\n", bytes].concat());
    *digest.as_bytes()
}
