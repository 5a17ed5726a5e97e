//! How the queue does, for those who run the server.

use jiff::Timestamp;

use super::queue::{JOB, Queue, read};
use super::{Job, JobError, JobState};
use crate::database::Row;

/// Jobs at work that are listed.
pub const MAX_AT_WORK: usize = 100;

/// Jobs by how far they are, and those that are worked on.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// How many there are in each state, zeroes included.
    pub by_state: Vec<(JobState, u64)>,
    /// Since when the job has been due that has waited longest.
    pub waits_since: Option<Timestamp>,
    /// Those at work, the longest first; at most [`MAX_AT_WORK`].
    pub at_work: Vec<Job>,
}

impl Queue {
    /// What kind of database keeps them, and how many bytes that takes.
    ///
    /// # Errors
    /// [`JobError::Database`].
    pub fn room(&self) -> Result<(&'static str, u64), JobError> {
        Ok(self.database.room()?)
    }

    /// Counts the jobs. Cost: an index over all of them.
    ///
    /// # Errors
    /// [`JobError::Database`], [`JobError::Unreadable`].
    pub fn tally(&self) -> Result<Tally, JobError> {
        let sql = "SELECT state, COUNT(*) FROM job GROUP BY state";
        let mut by_state: Vec<_> = JobState::ALL.iter().map(|(state, _)| (*state, 0)).collect();
        for row in self.database.query(sql, ())? {
            let word: String = row.get(0)?;
            let state = JobState::parse(&word);
            let state = state.ok_or_else(|| JobError::Unreadable(format!("state {word}")))?;
            if let Some(count) = by_state.iter_mut().find(|(of, _)| *of == state) {
                count.1 = row.get(1)?;
            }
        }
        let sql = "SELECT MIN(due) FROM job WHERE state = 'waiting'";
        let due = |row: &Row| row.get::<Option<i64>>(0);
        let due = self.database.query_row(sql, (), due)?;
        let waits_since = due.map(Timestamp::from_millisecond).transpose();
        let sql = format!("{JOB} state = 'running' ORDER BY started, id LIMIT ?1");
        let rows = self.database.query(&sql, [MAX_AT_WORK])?;
        Ok(Tally {
            by_state,
            waits_since: waits_since.map_err(|_| JobError::Unreadable("a job".to_owned()))?,
            at_work: rows.iter().map(read).collect::<Result<_, _>>()?,
        })
    }
}
