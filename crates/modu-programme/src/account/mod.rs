//! Signing in: what must be known to nobody else, and may be forgotten.
//!
//! The history says who takes part and is never changed; passwords, sessions
//! and one-time links change and end, so they lie beside it. Of a password
//! only an Argon2id hash is kept, and of sessions and links only a digest:
//! whoever steals the file can use none of them.

mod key;
mod once;
mod password;
mod throttle;
mod token;

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use modu_kernel::Digest;

pub use self::key::{KEY_HOLDS, Key, MAX_KEYS};
pub use self::once::{Known, REMEMBERED};
pub use self::password::{MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARS, Password};
use self::throttle::Throttle;
pub use self::token::Token;
use crate::database::{Database, DatabaseError, Optional as _, Step};
use crate::identity::{PersonId, ProjectId, ProposalId, Sequence};
use crate::project::ScoreSheet;

/// How long an invitation or a way to a new password holds.
pub const LINK_HOLDS: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a session lasts, whatever is done in it.
pub const SESSION_LASTS: SignedDuration = SignedDuration::from_hours(12);
/// How long a session lasts in which nothing is done.
pub const SESSION_IDLES: SignedDuration = SignedDuration::from_hours(1);
/// Characters of a login name.
pub const MAX_LOGIN_CHARS: usize = 100;

/// What the schema's version is kept under.
pub(crate) const PART: &str = "accounts";

/// Steps from nothing to the newest schema; a step is never changed. The first
/// three were made before their version was kept, and are made where they are
/// not there yet.
pub(crate) const MIGRATIONS: [Step; 3] = [
    Step::Both(SCHEMA),
    Step::Both(key::SCHEMA),
    Step::Both(once::SCHEMA),
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
    /// Too many wrong attempts.
    #[error("too many attempts: try again after {0}")]
    TooMany(Timestamp),
    /// The link was used, has ended, or never was.
    #[error("the link does not hold (any more): ask for a new one")]
    NoLink,
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
}

impl Accounts {
    /// Opens a SQLite file, and makes it where there is none.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn open(path: &Path) -> Result<Self, AccountError> {
        Self::over(Database::file(path)?)
    }

    /// Gone with the process: for tests.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn in_memory() -> Result<Self, AccountError> {
        Self::over(Database::in_memory()?)
    }

    /// In a database, which gets the tables that it lacks.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn over(connection: Database) -> Result<Self, AccountError> {
        migrate(&connection)?;
        Ok(Self { connection })
    }

    /// Whether anybody has a password.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn is_empty(&self) -> Result<bool, AccountError> {
        let query = "SELECT NOT EXISTS (SELECT 1 FROM account)";
        Ok(self.connection.query_row(query, (), |row| row.get(0))?)
    }

    /// A link with which a person sets a name and a password, once. Earlier
    /// links of the person hold no longer.
    ///
    /// # Errors
    /// [`AccountError::Database`] and [`AccountError::Random`].
    pub fn link(&mut self, person: PersonId, now: Timestamp) -> Result<Token, AccountError> {
        let token = Token::new()?;
        let mut transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM link WHERE person = ?1", [person.0.0])?;
        transaction.execute(
            "INSERT INTO link (token, person, ends) VALUES (?1, ?2, ?3)",
            (token.digest(), person.0.0, (now + LINK_HOLDS).as_second()),
        )?;
        transaction.commit()?;
        Ok(token)
    }

    /// Whose a link is, while it holds.
    ///
    /// # Errors
    /// [`AccountError::NoLink`], [`AccountError::Database`].
    pub fn whose_link(&self, token: &Token, now: Timestamp) -> Result<PersonId, AccountError> {
        let query = "SELECT person FROM link WHERE token = ?1 AND ends > ?2";
        let row = (token.digest(), now.as_second());
        let found = self.connection.query_row(query, row, |row| row.get(0));
        let person = found.optional()?.ok_or(AccountError::NoLink)?;
        Ok(PersonId(Sequence(person)))
    }

    /// Sets a person's name and password by a link, which then holds no
    /// longer. All sessions and keys of the person end. Costs what a hash
    /// costs.
    ///
    /// # Errors
    /// [`AccountError::NoLink`], [`AccountError::Login`],
    /// [`AccountError::Random`], [`AccountError::Database`].
    pub fn set_password(
        &mut self,
        token: &Token,
        login: &str,
        password: &Password,
        now: Timestamp,
    ) -> Result<PersonId, AccountError> {
        let login = login_name(login)?;
        let person = self.whose_link(token, now)?;
        let (salt, hash) = password.hash()?;
        let mut transaction = self.connection.transaction()?;
        // Between the look and here somebody else may have used it.
        let used = transaction.execute("DELETE FROM link WHERE token = ?1", [token.digest()])?;
        if used != 1 {
            return Err(AccountError::NoLink);
        }
        let taken: bool = transaction.query_row(
            "SELECT EXISTS (SELECT 1 FROM account WHERE login = ?1 AND person <> ?2)",
            (&login, person.0.0),
            |row| row.get(0),
        )?;
        if taken {
            return Err(AccountError::Login("is taken: choose another"));
        }
        transaction.execute(
            "INSERT INTO account (person, login, salt, hash) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (person) DO UPDATE SET login = ?2, salt = ?3, hash = ?4",
            (person.0.0, &login, salt, hash),
        )?;
        for delete in [
            "DELETE FROM session WHERE person = ?1",
            "DELETE FROM program_key WHERE person = ?1",
        ] {
            transaction.execute(delete, [person.0.0])?;
        }
        transaction.commit()?;
        Ok(person)
    }

    /// Begins a session. Wrong attempts on one name and from one address make
    /// the next ones wait.
    ///
    /// # Errors
    /// [`AccountError::Wrong`], [`AccountError::TooMany`],
    /// [`AccountError::Random`], [`AccountError::Database`].
    pub fn sign_in(
        &mut self,
        login: &str,
        password: &str,
        address: &str,
        now: Timestamp,
    ) -> Result<(PersonId, Token), AccountError> {
        let login = login_name(login).map_err(|_| AccountError::Wrong)?;
        let places = [Throttle::of_login(&login), Throttle::of_address(address)];
        for place in &places {
            place.check(&self.connection, now)?;
        }
        let query = "SELECT person, salt, hash FROM account WHERE login = ?1";
        let found = self.connection.query_row(query, [&login], |row| {
            Ok((
                row.get::<u64>(0)?,
                row.get::<Vec<u8>>(1)?,
                row.get::<Vec<u8>>(2)?,
            ))
        });
        let person = match found.optional()? {
            Some((person, salt, hash)) => {
                password::matches(password, &salt, &hash).then_some(person)
            }
            None => {
                // As long as for a name that there is.
                password::matches(password, &[0; 16], &[0; 32]);
                None
            }
        };
        let Some(person) = person else {
            for place in &places {
                place.fail(&self.connection, now)?;
            }
            return Err(AccountError::Wrong);
        };
        for place in &places {
            place.forget(&self.connection)?;
        }
        let token = Token::new()?;
        self.connection.execute(
            "INSERT INTO session (token, person, begun, seen) VALUES (?1, ?2, ?3, ?3)",
            (token.digest(), person, now.as_second()),
        )?;
        Ok((PersonId(Sequence(person)), token))
    }

    /// Whose a session is, while it lasts. A session in use does not idle.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn whose_session(
        &self,
        token: &Token,
        now: Timestamp,
    ) -> Result<Option<PersonId>, AccountError> {
        let query = "SELECT person, begun, seen FROM session WHERE token = ?1";
        let found = self.connection.query_row(query, [token.digest()], |row| {
            Ok((row.get::<u64>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?))
        });
        let Some((person, begun, seen)) = found.optional()? else {
            return Ok(None);
        };
        let now = now.as_second();
        // A clock that went back gives no session a longer life.
        let over =
            |since: i64, lasts: SignedDuration| now < since || now - since >= lasts.as_secs();
        if over(begun, SESSION_LASTS) || over(seen, SESSION_IDLES) {
            self.sign_out(token)?;
            return Ok(None);
        }
        // Not at every page: a minute is near enough.
        if now - seen >= 60 {
            let update = "UPDATE session SET seen = ?2 WHERE token = ?1";
            self.connection.execute(update, (token.digest(), now))?;
        }
        Ok(Some(PersonId(Sequence(person))))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn sign_out(&self, token: &Token) -> Result<(), AccountError> {
        let delete = "DELETE FROM session WHERE token = ?1";
        self.connection.execute(delete, [token.digest()])?;
        Ok(())
    }

    /// Ends all sessions, links and keys of a person.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn shut_out(&mut self, person: PersonId) -> Result<(), AccountError> {
        let mut transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM session WHERE person = ?1", [person.0.0])?;
        transaction.execute("DELETE FROM link WHERE person = ?1", [person.0.0])?;
        transaction.execute("DELETE FROM program_key WHERE person = ?1", [person.0.0])?;
        Ok(transaction.commit()?)
    }

    /// Keeps a sheet until all are opened; the first of an evaluator stays.
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
