//! Where notices lie, and what their readers do with them.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;

use super::{MAX_COUNTED, MAX_KEPT, MAX_LISTED, Note, Notice, NoticeError, NoticeId, Outbox};
use crate::database::{Database, Row, Transaction};
use crate::identity::PersonId;
use crate::job::Bell;

/// Notices, webhooks, mailboxes, and what is to be sent. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Board {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    database: Arc<Database>,
    news: Bell,
    outbox: Outbox,
    /// Where the console is for people outside, where letters are sent.
    post: OnceLock<String>,
}

impl Board {
    /// In a database whose schema is the newest.
    #[must_use]
    pub fn over(database: Arc<Database>) -> Self {
        Self {
            inner: Arc::new(Inner {
                outbox: Outbox::over(Arc::clone(&database)),
                database,
                news: Bell::default(),
                post: OnceLock::new(),
            }),
        }
    }

    /// From here on letters are sent; `root` is the console's address for
    /// people outside, `https://modu.example`, without a slash at its end.
    pub fn open_post(&self, root: &str) {
        let root = root.trim_end_matches('/').to_owned();
        let _opened_before = self.inner.post.set(root);
    }

    /// The console's address for people outside; `None` where no letters are
    /// sent.
    #[must_use]
    pub fn post(&self) -> Option<&str> {
        self.inner.post.get().map(String::as_str)
    }

    /// Rung when something happened of which people may have to be told.
    #[must_use]
    pub fn news(&self) -> &Bell {
        &self.inner.news
    }

    /// What is to be sent.
    #[must_use]
    pub fn outbox(&self) -> &Outbox {
        &self.inner.outbox
    }

    pub(super) fn database(&self) -> &Arc<Database> {
        &self.inner.database
    }

    /// A person's notices before one, newest first, at most `limit` and
    /// [`MAX_LISTED`].
    ///
    /// # Errors
    /// [`NoticeError::Unreadable`], [`NoticeError::Database`].
    pub fn list(
        &self,
        person: PersonId,
        before: Option<NoticeId>,
        limit: usize,
    ) -> Result<Vec<Notice>, NoticeError> {
        let before = before.map_or(u64::MAX, |id| id.0);
        let rows = self.inner.database.query(
            "SELECT id, made, note, seen FROM notice WHERE person = ?1 AND id < ?2
             ORDER BY id DESC LIMIT ?3",
            (person.0.0, before, limit.min(MAX_LISTED)),
        )?;
        rows.iter().map(read).collect()
    }

    /// How many a person has not read yet; at most [`MAX_COUNTED`].
    ///
    /// # Errors
    /// [`NoticeError::Database`].
    pub fn unread(&self, person: PersonId) -> Result<u64, NoticeError> {
        let count = "SELECT COUNT(*) FROM
             (SELECT 1 FROM notice WHERE person = ?1 AND seen = 0 LIMIT ?2) AS unread";
        let of = (person.0.0, MAX_COUNTED);
        Ok((self.inner.database).query_row(count, of, |row| row.get(0))?)
    }

    /// A person has read all notices up to one: those that came while they
    /// read stay unread.
    ///
    /// # Errors
    /// [`NoticeError::Database`].
    pub fn read_up_to(&self, person: PersonId, last: NoticeId) -> Result<(), NoticeError> {
        let read = "UPDATE notice SET seen = 1 WHERE person = ?1 AND id <= ?2 AND seen = 0";
        self.inner.database.execute(read, (person.0.0, last.0))?;
        Ok(())
    }
}

/// A note as it is kept.
pub(super) fn written(note: &Note) -> Result<String, NoticeError> {
    serde_json::to_string(note).map_err(|_| NoticeError::Unreadable("a notice"))
}

/// Keeps a notice, unless its person was told of it already.
pub(super) fn keep(
    transaction: &mut Transaction<'_>,
    person: PersonId,
    origin: &str,
    at: Timestamp,
    note: &str,
) -> Result<(), NoticeError> {
    transaction.execute(
        "INSERT INTO notice (person, origin, made, note, seen) VALUES (?1, ?2, ?3, ?4, 0)
         ON CONFLICT (person, origin) DO NOTHING",
        (person.0.0, origin, at.as_millisecond(), note),
    )?;
    Ok(())
}

/// Lets the oldest notices of a person go, where there are more than
/// [`MAX_KEPT`].
pub(super) fn prune(
    transaction: &mut Transaction<'_>,
    person: PersonId,
) -> Result<(), NoticeError> {
    transaction.execute(
        "DELETE FROM notice WHERE person = ?1 AND id <= COALESCE(
             (SELECT id FROM notice WHERE person = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2), 0)",
        (person.0.0, MAX_KEPT),
    )?;
    Ok(())
}

fn read(row: &Row) -> Result<Notice, NoticeError> {
    let unreadable = || NoticeError::Unreadable("a notice");
    Ok(Notice {
        id: NoticeId(row.get(0)?),
        at: Timestamp::from_millisecond(row.get(1)?).map_err(|_| unreadable())?,
        note: serde_json::from_str(&row.get::<String>(2)?).map_err(|_| unreadable())?,
        is_read: row.get(3)?,
    })
}
