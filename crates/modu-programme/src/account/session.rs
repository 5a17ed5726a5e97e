//! A person's sessions, for themselves to look at and to end: somebody may have
//! stayed signed in at a machine that is not theirs.

use std::fmt;

use jiff::Timestamp;

use super::enter::{SESSION_IDLES, SESSION_LASTS, is_over};
use super::{AccountError, Accounts, Token};
use crate::database::Row;
use crate::identity::PersonId;

/// What a session is called in a list: the beginning of what is kept of its
/// token, which tells nothing of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionId([u8; 8]);

impl SessionId {
    /// Reads a name as [`fmt::Display`] writes it: 16 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = u64::from_str_radix(text, 16).ok()?;
        let id = Self(number.to_be_bytes());
        (id.to_string() == text).then_some(id)
    }

    fn of(kept: &[u8]) -> Option<Self> {
        kept.first_chunk().copied().map(Self)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

/// A session as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What it is called.
    pub id: SessionId,
    /// When it began.
    pub begun: Timestamp,
    /// When it was last used, to the minute.
    pub seen: Timestamp,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

impl Accounts {
    /// A person's sessions that have not ended, the newest first; `this` is the
    /// one that asks.
    ///
    /// # Errors
    /// [`AccountError::Unreadable`], [`AccountError::Database`].
    pub fn sessions(
        &self,
        person: PersonId,
        this: &Token,
        now: Timestamp,
    ) -> Result<Vec<Session>, AccountError> {
        let rows = self.connection.query(
            "SELECT token, begun, seen FROM session WHERE person = ?1 ORDER BY begun DESC, token",
            [person.0.0],
        )?;
        let unreadable = || AccountError::Unreadable("a session");
        let read = |row: &Row| -> Result<Option<Session>, AccountError> {
            let (begun, seen) = (row.get::<i64>(1)?, row.get::<i64>(2)?);
            if is_over(begun, SESSION_LASTS, now) || is_over(seen, SESSION_IDLES, now) {
                return Ok(None);
            }
            let kept: Vec<u8> = row.get(0)?;
            let moment = |second| Timestamp::from_second(second).map_err(|_| unreadable());
            Ok(Some(Session {
                id: SessionId::of(&kept).ok_or_else(unreadable)?,
                begun: moment(begun)?,
                seen: moment(seen)?,
                is_this: kept == this.digest(),
            }))
        };
        rows.iter()
            .filter_map(|row| read(row).transpose())
            .collect()
    }

    /// Ends a session of a person; whether there was one.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn end_session(&self, person: PersonId, id: SessionId) -> Result<bool, AccountError> {
        let rows = self
            .connection
            .query("SELECT token FROM session WHERE person = ?1", [person.0.0])?;
        for row in &rows {
            let kept: Vec<u8> = row.get(0)?;
            if SessionId::of(&kept) == Some(id) {
                let delete = "DELETE FROM session WHERE token = ?1 AND person = ?2";
                return Ok(self.connection.execute(delete, (kept, person.0.0))? == 1);
            }
        }
        Ok(false)
    }

    /// Ends all sessions of a person but the one that asks; how many there
    /// were.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn end_other_sessions(&self, person: PersonId, this: &Token) -> Result<u64, AccountError> {
        let delete = "DELETE FROM session WHERE person = ?1 AND token <> ?2";
        let row = (person.0.0, this.digest());
        Ok(self.connection.execute(delete, row)? as u64)
    }
}
