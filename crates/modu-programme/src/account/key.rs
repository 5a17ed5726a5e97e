//! Keys for programs: what a person's own program shows instead of a session.
//!
//! A key is a [`Token`] with a name, so that its owner knows which program has
//! it, and an end. Only its digest is kept; it is shown once, when it is made.
//! It can do what its person can do, and nothing once they are suspended.

use jiff::{SignedDuration, Timestamp};

use super::{AccountError, Accounts, Token};
use crate::database::{Optional as _, Row};
use crate::identity::{PersonId, Sequence};
use crate::text::Title;

/// How long a key holds.
pub const KEY_HOLDS: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Keys of one person at a time.
pub const MAX_KEYS: usize = 20;

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS program_key (
        id INTEGER PRIMARY KEY AUTOINCREMENT, token BLOB NOT NULL UNIQUE,
        person INTEGER NOT NULL, name TEXT NOT NULL,
        made INTEGER NOT NULL, ends INTEGER NOT NULL) STRICT;";

/// A key as its owner sees it in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its number.
    pub id: u64,
    /// What its owner calls it.
    pub name: Title,
    /// When it was made.
    pub made: Timestamp,
    /// Until when it holds.
    pub ends: Timestamp,
}

impl Accounts {
    /// Makes a key for a person's program.
    ///
    /// # Errors
    /// [`AccountError::TooManyKeys`], [`AccountError::Random`],
    /// [`AccountError::Database`].
    pub fn make_key(
        &mut self,
        person: PersonId,
        name: &Title,
        now: Timestamp,
    ) -> Result<Token, AccountError> {
        let token = Token::new()?;
        let mut transaction = self.connection.transaction()?;
        transaction.execute(
            "DELETE FROM program_key WHERE ends <= ?1",
            [now.as_second()],
        )?;
        let held: u64 = transaction.query_row(
            "SELECT count(*) FROM program_key WHERE person = ?1",
            [person.0.0],
            |row| row.get(0),
        )?;
        if held >= MAX_KEYS as u64 {
            return Err(AccountError::TooManyKeys);
        }
        transaction.execute(
            "INSERT INTO program_key (token, person, name, made, ends) VALUES (?1, ?2, ?3, ?4, ?5)",
            (
                token.digest(),
                person.0.0,
                name.as_str(),
                now.as_second(),
                (now + KEY_HOLDS).as_second(),
            ),
        )?;
        transaction.commit()?;
        Ok(token)
    }

    /// A person's keys, the oldest first.
    ///
    /// # Errors
    /// [`AccountError::Unreadable`], [`AccountError::Database`].
    pub fn keys(&self, person: PersonId, now: Timestamp) -> Result<Vec<Key>, AccountError> {
        let rows = self.connection.query(
            "SELECT id, name, made, ends FROM program_key WHERE person = ?1 AND ends > ?2 ORDER BY id",
            (person.0.0, now.as_second()),
        )?;
        let unreadable = || AccountError::Unreadable("a key");
        let read = |row: &Row| {
            let moment =
                |column| Timestamp::from_second(row.get(column)?).map_err(|_| unreadable());
            Ok(Key {
                id: row.get(0)?,
                name: Title::new(row.get::<String>(1)?).map_err(|_| unreadable())?,
                made: moment(2)?,
                ends: moment(3)?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Ends a key of a person; whether there was one.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn end_key(&self, person: PersonId, id: u64) -> Result<bool, AccountError> {
        // What no database numbers is no key.
        let Ok(id) = i64::try_from(id) else {
            return Ok(false);
        };
        let delete = "DELETE FROM program_key WHERE id = ?1 AND person = ?2";
        Ok(self.connection.execute(delete, (id, person.0.0))? == 1)
    }

    /// Whose a key is, while it holds.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn whose_key(
        &self,
        token: &Token,
        now: Timestamp,
    ) -> Result<Option<PersonId>, AccountError> {
        let query = "SELECT person FROM program_key WHERE token = ?1 AND ends > ?2 AND made <= ?2";
        let row = (token.digest(), now.as_second());
        let found = self.connection.query_row(query, row, |row| row.get(0));
        Ok(found.optional()?.map(|person| PersonId(Sequence(person))))
    }
}
