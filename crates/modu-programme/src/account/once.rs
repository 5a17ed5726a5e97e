//! Doing a thing once, however often a program asks for it.
//!
//! A program whose connection broke does not know whether its request counted,
//! and asks again with the same idempotency key (draft-ietf-httpapi-
//! idempotency-key-header-07). A key is noted before the thing is done and
//! completed after; between the two lies a kill. What is found unfinished is
//! therefore not done again where its person has done anything since: it is
//! said that this is unknown, and the history tells.

use jiff::{SignedDuration, Timestamp};
use modu_kernel::Digest;

use super::{AccountError, Accounts};
use crate::database::Optional as _;
use crate::identity::{PersonId, Sequence};

/// How long a key is remembered.
pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);
/// For so long an unfinished request may still be at work.
const AT_WORK: SignedDuration = SignedDuration::from_secs(60);

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS once (
        person INTEGER NOT NULL, key TEXT NOT NULL, request BLOB NOT NULL,
        after INTEGER NOT NULL, at INTEGER NOT NULL, sequence INTEGER,
        PRIMARY KEY (person, key)) STRICT;";

/// What is known of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It is new, and noted: do the thing, then say so.
    New,
    /// The thing was done, as this entry.
    Done(Sequence),
    /// The same key came with another request.
    Other,
    /// The same request is being handled.
    AtWork,
    /// It was begun after this entry, and nobody said how it ended.
    Unfinished(Sequence),
}

impl Accounts {
    /// Notes a key before its thing is done; `last` is the last entry now.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn begin_once(
        &mut self,
        (person, key): (PersonId, &str),
        request: &Digest,
        last: Sequence,
        now: Timestamp,
    ) -> Result<Known, AccountError> {
        let mut transaction = self.connection.transaction()?;
        let old = (now - REMEMBERED).as_second();
        transaction.execute("DELETE FROM once WHERE at < ?1", [old])?;
        let query = "SELECT request, after, at, sequence FROM once WHERE person = ?1 AND key = ?2";
        let found = transaction.query_row(query, (person.0.0, key), |row| {
            Ok((
                row.get::<Vec<u8>>(0)?,
                row.get::<u64>(1)?,
                row.get::<i64>(2)?,
                row.get::<Option<u64>>(3)?,
            ))
        });
        let known = match found.optional()? {
            None => {
                transaction.execute(
                    "INSERT INTO once (person, key, request, after, at) VALUES (?1, ?2, ?3, ?4, ?5)",
                    (person.0.0, key, request.as_bytes(), last.0, now.as_second()),
                )?;
                Known::New
            }
            Some((before, ..)) if before != request.as_bytes() => Known::Other,
            Some((_, _, _, Some(sequence))) => Known::Done(Sequence(sequence)),
            Some((_, _, at, None)) if now.as_second() - at < AT_WORK.as_secs() => Known::AtWork,
            Some((_, after, _, None)) => Known::Unfinished(Sequence(after)),
        };
        transaction.commit()?;
        Ok(known)
    }

    /// Completes a key: its thing is this entry, or was refused and may be
    /// asked for anew.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn end_once(
        &self,
        (person, key): (PersonId, &str),
        entry: Option<Sequence>,
    ) -> Result<(), AccountError> {
        match entry {
            Some(entry) => self.connection.execute(
                "UPDATE once SET sequence = ?3 WHERE person = ?1 AND key = ?2",
                (person.0.0, key, entry.0),
            )?,
            None => self.connection.execute(
                "DELETE FROM once WHERE person = ?1 AND key = ?2 AND sequence IS NULL",
                (person.0.0, key),
            )?,
        };
        Ok(())
    }
}
