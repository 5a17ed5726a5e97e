//! What happened to a job, line by line, for whoever waits for it.
//!
//! A line is kept in the transaction of what it tells of, so that the log says
//! neither more nor less than the job. It is no evidence: it is kept as long as
//! the job is, and tells how the work went, never what it found.

use jiff::Timestamp;
use modu_kernel::Label;

use super::{JobError, JobId, Queue, shortened};
use crate::database::{DatabaseError, Row, Step, Transaction};

/// Stages of one job that are kept; of a job that is taken again and again the
/// later ones are left out.
pub const MAX_STAGES: u64 = 1_000;

pub(crate) const SCHEMA: Step = Step::Both(
    "CREATE TABLE job_line (
         job INTEGER NOT NULL, number INTEGER NOT NULL,
         -- Milliseconds since 1970.
         at INTEGER NOT NULL, what TEXT NOT NULL, text TEXT,
         PRIMARY KEY (job, number)
     ) STRICT;",
);

/// What a line tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Happened {
    /// Somebody asked for the job.
    Asked,
    /// A worker took it.
    Taken,
    /// The worker came to a stage.
    Stage,
    /// Nothing was heard of the worker any more.
    Lost,
    /// It did not work out, and is tried again.
    Again,
    /// It did not work out.
    Failed,
    /// The worker stopped in order, for another to go on.
    GivenBack,
    /// Whoever asked does not want it any more; the worker is told.
    CalledOff,
    /// It ended without an effect.
    Cancelled,
    /// It is done.
    Done,
}

impl Happened {
    const ALL: [(Self, &'static str); 10] = [
        (Self::Asked, "asked"),
        (Self::Taken, "taken"),
        (Self::Stage, "stage"),
        (Self::Lost, "lost"),
        (Self::Again, "again"),
        (Self::Failed, "failed"),
        (Self::GivenBack, "given_back"),
        (Self::CalledOff, "called_off"),
        (Self::Cancelled, "cancelled"),
        (Self::Done, "done"),
    ];

    /// Its name for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        let found = Self::ALL.iter().find(|(of, _)| *of == self);
        found.map_or("?", |(_, word)| word)
    }

    fn parse(text: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, word)| *word == text);
        found.map(|(happened, _)| *happened)
    }

    /// Its name for readers.
    #[must_use]
    pub fn label(self) -> Label {
        match self {
            Self::Asked => Label::new("청함", "Asked for"),
            Self::Taken => Label::new("시작", "Begun"),
            Self::Stage => Label::new("단계", "Stage"),
            Self::Lost => Label::new("작업자의 소식이 끊김", "The worker was lost"),
            Self::Again => Label::new("다시 하기로 함", "To be tried again"),
            Self::Failed => Label::new("하지 못함", "Failed"),
            Self::GivenBack => Label::new("다른 작업자에게 넘김", "Given back"),
            Self::CalledOff => Label::new("그만두라고 함", "Called off"),
            Self::Cancelled => Label::new("그만둠", "Ended without effect"),
            Self::Done => Label::new("마침", "Done"),
        }
    }
}

/// A line of a job's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its place, from 1.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// What it tells of.
    pub what: Happened,
    /// The stage, or what went wrong.
    pub text: Option<String>,
}

/// Adds a line, at the end.
pub(super) fn tell(
    transaction: &mut Transaction<'_>,
    (job, at): (JobId, Timestamp),
    what: Happened,
    text: Option<&str>,
) -> Result<(), DatabaseError> {
    let last = "SELECT COALESCE(MAX(number), 0) FROM job_line WHERE job = ?1";
    let last: u64 = transaction.query_row(last, [job.0], |row| row.get(0))?;
    if what == Happened::Stage && last >= MAX_STAGES {
        return Ok(());
    }
    transaction.execute(
        "INSERT INTO job_line (job, number, at, what, text) VALUES (?1, ?2, ?3, ?4, ?5)",
        (
            job.0,
            last + 1,
            at.as_millisecond(),
            what.word(),
            text.map(shortened),
        ),
    )?;
    Ok(())
}

impl Queue {
    /// The lines of a job after one, in order, at most `limit`.
    ///
    /// # Errors
    /// [`JobError::Database`], [`JobError::Unreadable`].
    pub fn lines(&self, job: JobId, after: u64, limit: usize) -> Result<Vec<Line>, JobError> {
        let rows = self.database.query(
            "SELECT number, at, what, text FROM job_line WHERE job = ?1 AND number > ?2
             ORDER BY number LIMIT ?3",
            (job.0, after, limit),
        )?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<Line, JobError> {
    let unreadable = || JobError::Unreadable("a line of a job's log".to_owned());
    Ok(Line {
        number: row.get(0)?,
        at: Timestamp::from_millisecond(row.get(1)?).map_err(|_| unreadable())?,
        what: Happened::parse(&row.get::<String>(2)?).ok_or_else(unreadable)?,
        text: row.get(3)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_as_it_is_written() {
        for (happened, word) in Happened::ALL {
            assert_eq!(happened.word(), word);
            assert_eq!(Happened::parse(word), Some(happened));
        }
    }
}
