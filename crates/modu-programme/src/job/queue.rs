//! The queue: asking, taking, renewing, ending.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::log::tell;
use super::{
    Happened, Job, JobError, JobId, JobState, LONGEST_LEASE, Lease, MAX_FAILURES, MAX_LISTED,
    MAX_SAID_BYTES, MAX_TAKINGS, MAX_WAITING, NewJob, NodeId, Reached, Settlement, Standing,
    Urgency, Work, shortened,
};
use crate::database::{Database, Row, Transaction};
use crate::error::HistoryError;
use crate::identity::{OrganisationId, PersonId, ProjectId, Sequence};

/// The longest wait before a job that failed is tried again.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(5);
/// Characters of a key and of a worker's name.
const MAX_NAME_BYTES: usize = 200;

pub(super) const JOB: &str = "SELECT id, organisation, project, person, urgency, work, state, takings, \
    failures, worker, called_off, stage, done, total, mark, answer, problem, submitted, due, \
    started, ended FROM job WHERE";

/// The jobs, in a database; several workers and servers may ask it at once.
#[derive(Debug)]
pub struct Queue {
    pub(super) database: Arc<Database>,
    lease: SignedDuration,
}

impl Queue {
    /// In a database, whose schema is brought to the newest; leases last so
    /// long, at most [`LONGEST_LEASE`].
    ///
    /// # Errors
    /// [`JobError::Database`].
    pub fn over(database: Arc<Database>, lease: SignedDuration) -> Result<Self, JobError> {
        crate::store::database::migrate(&database)?;
        Ok(Self {
            database,
            lease: lease.min(LONGEST_LEASE),
        })
    }

    /// How long a worker may be silent.
    #[must_use]
    pub fn lease(&self) -> SignedDuration {
        self.lease
    }

    /// Keeps a job, durably. One that was asked for with the same key is given
    /// back instead.
    ///
    /// # Errors
    /// [`JobError::TooMany`], [`JobError::Database`].
    pub fn submit(&self, asked: &NewJob, now: Timestamp) -> Result<JobId, JobError> {
        let mut transaction = self.database.transaction()?;
        if let Some(key) = &asked.key {
            let same = transaction.query("SELECT id FROM job WHERE asked_as = ?1", [key])?;
            if let Some(row) = same.first() {
                return Ok(JobId(row.get(0)?));
            }
        }
        let waiting: u64 = transaction.query_row(
            "SELECT COUNT(*) FROM job WHERE organisation = ?1 AND state = 'waiting'",
            [asked.organisation.0.0],
            |row| row.get(0),
        )?;
        if waiting >= MAX_WAITING as u64 {
            return Err(JobError::TooMany);
        }
        let next = "SELECT COALESCE(MAX(id), 0) + 1 FROM job";
        let id: u64 = transaction.query_row(next, (), |row| row.get(0))?;
        let work = serde_json::to_string(&asked.work)
            .map_err(|error| JobError::Unreadable(error.to_string()))?;
        let Work::Demonstrate(demonstrate) = &asked.work;
        transaction.execute(
            "INSERT INTO job (id, asked_as, organisation, project, person, node, urgency, work,
                 due, submitted, state, takings, failures, called_off)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, 'waiting', 0, 0, 0)",
            (
                id,
                asked.key.as_deref().map(named),
                asked.organisation.0.0,
                asked.project.0.0,
                asked.person.0.0,
                demonstrate.dataset.node.map_or(0, |node| node.0),
                asked.urgency as u32,
                work,
                now.as_millisecond(),
            ),
        )?;
        tell(&mut transaction, (JobId(id), now), Happened::Asked, None)?;
        transaction.commit()?;
        Ok(JobId(id))
    }

    /// One job.
    ///
    /// # Errors
    /// [`JobError::Database`], [`JobError::Unreadable`].
    pub fn get(&self, id: JobId) -> Result<Option<Job>, JobError> {
        let rows = self.database.query(&format!("{JOB} id = ?1"), [id.0])?;
        rows.first().map(read).transpose()
    }

    /// The newest jobs before one, newest first; of one project where that is
    /// given. At most `limit` and [`MAX_LISTED`].
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn list(
        &self,
        project: Option<ProjectId>,
        before: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<Job>, JobError> {
        let before = before.map_or(u64::MAX, |id| id.0);
        let limit = limit.min(MAX_LISTED);
        let rows = match project {
            None => {
                let sql = format!("{JOB} id < ?1 ORDER BY id DESC LIMIT ?2");
                self.database.query(&sql, (before, limit))?
            }
            Some(project) => {
                let sql = format!("{JOB} id < ?1 AND project = ?3 ORDER BY id DESC LIMIT ?2");
                self.database.query(&sql, (before, limit, project.0.0))?
            }
        };
        rows.iter().map(read).collect()
    }

    /// The oldest jobs after one, oldest first; of one project where that is
    /// given. At most `limit` and [`MAX_LISTED`].
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn list_on(
        &self,
        project: Option<ProjectId>,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<Job>, JobError> {
        let after = after.map_or(0, |id| id.0);
        let limit = limit.min(MAX_LISTED);
        let rows = match project {
            None => {
                let sql = format!("{JOB} id > ?1 ORDER BY id LIMIT ?2");
                self.database.query(&sql, (after, limit))?
            }
            Some(project) => {
                let sql = format!("{JOB} id > ?1 AND project = ?3 ORDER BY id LIMIT ?2");
                self.database.query(&sql, (after, limit, project.0.0))?
            }
        };
        rows.iter().map(read).collect()
    }

    /// Calls a job off. One that waits ends at once; one at work is asked to
    /// stop, unless its effect has begun: then it is too late, and it goes on.
    ///
    /// # Errors
    /// [`JobError::Database`].
    pub fn cancel(&self, id: JobId, now: Timestamp) -> Result<(), JobError> {
        let mut transaction = self.database.transaction()?;
        // Whoever has waited and has a mark may have had its effect.
        let ended = transaction.execute(
            "UPDATE job SET state = 'cancelled', ended = ?2
             WHERE id = ?1 AND state = 'waiting' AND mark IS NULL",
            (id.0, now.as_millisecond()),
        )?;
        let asked = transaction.execute(
            "UPDATE job SET called_off = 1
             WHERE id = ?1 AND state = 'running' AND mark IS NULL AND called_off = 0",
            [id.0],
        )?;
        for (changed, what) in [(ended, Happened::Cancelled), (asked, Happened::CalledOff)] {
            if changed == 1 {
                tell(&mut transaction, (id, now), what, None)?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Takes the job whose turn it is, at a node or at the server itself.
    /// Jobs whose workers are gone wait again first.
    ///
    /// # Errors
    /// [`JobError::Database`], [`JobError::Unreadable`].
    pub fn take(
        &self,
        node: Option<NodeId>,
        worker: &str,
        now: Timestamp,
    ) -> Result<Option<(Job, Lease)>, JobError> {
        let node = node.map_or(0, |node| node.0);
        let at = now.as_millisecond();
        // Looking alone keeps nobody from writing.
        let any = "SELECT 1 FROM job WHERE node = ?1 AND
             (state = 'running' OR (state = 'waiting' AND due <= ?2)) LIMIT 1";
        if self.database.query(any, (node, at))?.is_empty() {
            return Ok(None);
        }
        let mut transaction = self.database.transaction()?;
        reclaim(&mut transaction, now)?;
        let next = transaction.query(
            "SELECT id, takings FROM job WHERE state = 'waiting' AND due <= ?2 AND node = ?1
             ORDER BY
                 (SELECT COUNT(*) FROM job AS other WHERE other.state = 'running'
                     AND other.organisation = job.organisation),
                 (SELECT COALESCE(MAX(other.started), 0) FROM job AS other
                     WHERE other.organisation = job.organisation),
                 urgency DESC, id
             LIMIT 1",
            (node, at),
        )?;
        let Some(next) = next.first() else {
            transaction.commit()?;
            return Ok(None);
        };
        let lease = Lease {
            job: JobId(next.get(0)?),
            taking: next.get::<u32>(1)? + 1,
        };
        transaction.execute(
            "UPDATE job SET state = 'running', takings = ?2, started = ?3, lease_ends = ?4,
                 worker = ?5, stage = NULL, done = NULL, total = NULL
             WHERE id = ?1",
            (
                lease.job.0,
                lease.taking,
                at,
                (now + self.lease).as_millisecond(),
                named(worker),
            ),
        )?;
        tell(&mut transaction, (lease.job, now), Happened::Taken, None)?;
        let taken = transaction.query_row(&format!("{JOB} id = ?1"), [lease.job.0], |row| {
            Ok(read(row))
        })?;
        transaction.commit()?;
        Ok(Some((taken?, lease)))
    }

    /// Says that a worker is there, and how far it has come.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`]: it must stop, and whatever it does has no
    /// effect; [`JobError::Database`].
    pub fn renew(
        &self,
        lease: Lease,
        reached: Option<&Reached>,
        now: Timestamp,
    ) -> Result<Standing, JobError> {
        let mut transaction = self.database.transaction()?;
        let before = "SELECT stage FROM job WHERE id = ?1 AND takings = ?2 AND state = 'running'";
        let before = transaction.query(before, (lease.job.0, lease.taking))?;
        let before: Option<String> = before.first().ok_or(JobError::LeaseLost)?.get(0)?;
        let (stage, done, total) = match reached {
            None => (None, None, None),
            Some(reached) => (
                Some(named(&reached.stage)),
                Some(reached.done),
                Some(reached.total),
            ),
        };
        let changed = transaction.execute(
            "UPDATE job SET lease_ends = ?3, stage = COALESCE(?4, stage),
                 done = COALESCE(?5, done), total = COALESCE(?6, total)
             WHERE id = ?1 AND takings = ?2 AND state = 'running'",
            (
                lease.job.0,
                lease.taking,
                (now + self.lease).as_millisecond(),
                stage,
                done,
                total,
            ),
        )?;
        if changed != 1 {
            return Err(JobError::LeaseLost);
        }
        if stage.is_some() && stage != before.as_deref() {
            tell(&mut transaction, (lease.job, now), Happened::Stage, stage)?;
        }
        let called_off = "SELECT called_off FROM job WHERE id = ?1";
        let called_off = transaction.query_row(called_off, [lease.job.0], |row| row.get(0))?;
        transaction.commit()?;
        Ok(match called_off {
            true => Standing::CalledOff,
            false => Standing::Go,
        })
    }

    /// The mark that an earlier worker left.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`], [`JobError::Database`].
    pub fn marked(&self, lease: Lease) -> Result<Option<String>, JobError> {
        let sql = "SELECT mark FROM job WHERE id = ?1 AND takings = ?2 AND state = 'running'";
        let rows = self.database.query(sql, (lease.job.0, lease.taking))?;
        let row = rows.first().ok_or(JobError::LeaseLost)?;
        Ok(row.get(0)?)
    }

    /// Leaves word of what the worker is about to do to the outside, for
    /// whoever takes the job after it. From here on it is not called off.
    ///
    /// # Errors
    /// [`JobError::CalledOff`], [`JobError::LeaseLost`]: it must not be done;
    /// [`JobError::Database`].
    pub fn mark(&self, lease: Lease, mark: &str, now: Timestamp) -> Result<(), JobError> {
        if mark.len() > MAX_SAID_BYTES {
            return Err(JobError::Unreadable("a mark that is too long".to_owned()));
        }
        if self.renew(lease, None, now)? == Standing::CalledOff {
            return Err(JobError::CalledOff);
        }
        let changed = self.database.execute(
            "UPDATE job SET mark = ?3
             WHERE id = ?1 AND takings = ?2 AND state = 'running' AND called_off = 0",
            (lease.job.0, lease.taking, mark),
        )?;
        match changed {
            1 => Ok(()),
            _ => Err(JobError::LeaseLost),
        }
    }

    /// Says that a job is done which brought nothing into the history.
    ///
    /// # Errors
    /// [`HistoryError::LeaseLost`], [`HistoryError::Database`].
    pub fn settle(&self, settlement: &Settlement) -> Result<(), HistoryError> {
        let mut transaction = self.database.transaction()?;
        settlement.keep(&mut transaction)?;
        Ok(transaction.commit()?)
    }

    /// Gives a job back that did not work out: it is tried again later, each
    /// time after twice as long, at most five minutes, and five times in all;
    /// where trying again is no use, never.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`], [`JobError::Database`].
    pub fn fail(
        &self,
        lease: Lease,
        problem: &str,
        again: bool,
        now: Timestamp,
    ) -> Result<(), JobError> {
        let mut transaction = self.database.transaction()?;
        let rows = transaction.query(
            "SELECT failures FROM job WHERE id = ?1 AND takings = ?2 AND state = 'running'",
            (lease.job.0, lease.taking),
        )?;
        let failures: u32 = rows.first().ok_or(JobError::LeaseLost)?.get(0)?;
        let failures = failures.saturating_add(1);
        let again = again && failures < MAX_FAILURES;
        let at = now.as_millisecond();
        transaction.execute(
            "UPDATE job SET state = ?2, failures = ?3, problem = ?4, due = ?5, ended = ?6,
                 lease_ends = NULL WHERE id = ?1",
            (
                lease.job.0,
                if again { "waiting" } else { "failed" },
                failures,
                shortened(problem),
                (now + wait(failures)).as_millisecond(),
                (!again).then_some(at),
            ),
        )?;
        let what = match again {
            true => Happened::Again,
            false => Happened::Failed,
        };
        tell(&mut transaction, (lease.job, now), what, Some(problem))?;
        Ok(transaction.commit()?)
    }

    /// Ends a job that was called off, by the worker that stopped.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`], [`JobError::Database`].
    pub fn stopped(&self, lease: Lease, now: Timestamp) -> Result<(), JobError> {
        let mut transaction = self.database.transaction()?;
        let changed = transaction.execute(
            "UPDATE job SET state = 'cancelled', ended = ?3, lease_ends = NULL
             WHERE id = ?1 AND takings = ?2 AND state = 'running' AND called_off = 1",
            (lease.job.0, lease.taking, now.as_millisecond()),
        )?;
        if changed != 1 {
            return Err(JobError::LeaseLost);
        }
        tell(
            &mut transaction,
            (lease.job, now),
            Happened::Cancelled,
            None,
        )?;
        Ok(transaction.commit()?)
    }

    /// Gives a job back at once, for another to take: the server is stopping.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`], [`JobError::Database`].
    pub fn give_back(&self, lease: Lease, now: Timestamp) -> Result<(), JobError> {
        let mut transaction = self.database.transaction()?;
        let changed = transaction.execute(
            "UPDATE job SET state = 'waiting', lease_ends = NULL
             WHERE id = ?1 AND takings = ?2 AND state = 'running'",
            (lease.job.0, lease.taking),
        )?;
        if changed != 1 {
            return Err(JobError::LeaseLost);
        }
        tell(
            &mut transaction,
            (lease.job, now),
            Happened::GivenBack,
            None,
        )?;
        Ok(transaction.commit()?)
    }
}

/// Jobs whose workers were silent for too long wait again, or end where they
/// were called off, or where too many workers were lost over them. A lease that
/// ends later than one can be given is of a clock that went back.
fn reclaim(transaction: &mut Transaction<'_>, now: Timestamp) -> Result<(), JobError> {
    let lost = transaction.query(
        "SELECT id FROM job WHERE state = 'running' AND (lease_ends <= ?1 OR lease_ends > ?2)",
        (now.as_millisecond(), (now + LONGEST_LEASE).as_millisecond()),
    )?;
    for row in &lost {
        tell(transaction, (JobId(row.get(0)?), now), Happened::Lost, None)?;
    }
    transaction.execute(
        "UPDATE job SET
             state = CASE WHEN called_off = 1 THEN 'cancelled'
                 WHEN takings >= ?3 THEN 'failed' ELSE 'waiting' END,
             problem = CASE WHEN called_off = 1 THEN problem ELSE 'its worker was lost' END,
             ended = CASE WHEN called_off = 1 OR takings >= ?3 THEN ?1 ELSE ended END,
             lease_ends = NULL
         WHERE state = 'running' AND (lease_ends <= ?1 OR lease_ends > ?2)",
        (
            now.as_millisecond(),
            (now + LONGEST_LEASE).as_millisecond(),
            MAX_TAKINGS,
        ),
    )?;
    Ok(())
}

fn wait(failures: u32) -> SignedDuration {
    let seconds = 1_i64 << failures.min(20);
    SignedDuration::from_secs(seconds).min(LONGEST_WAIT)
}

fn named(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_NAME_BYTES))
        .unwrap_or(text)
}

pub(super) fn read(row: &Row) -> Result<Job, JobError> {
    let unreadable = || JobError::Unreadable(format!("job {}", row.get::<u64>(0).unwrap_or(0)));
    let moment = |column: i64| Timestamp::from_millisecond(column).map_err(|_| unreadable());
    let optional = |column: usize| -> Result<Option<Timestamp>, JobError> {
        row.get::<Option<i64>>(column)?.map(moment).transpose()
    };
    let reached = match row.get::<Option<String>>(11)? {
        None => None,
        Some(stage) => Some(Reached {
            stage,
            done: row.get::<Option<u64>>(12)?.unwrap_or(0),
            total: row.get::<Option<u64>>(13)?.unwrap_or(0),
        }),
    };
    Ok(Job {
        id: JobId(row.get(0)?),
        organisation: OrganisationId(Sequence(row.get(1)?)),
        project: ProjectId(Sequence(row.get(2)?)),
        person: PersonId(Sequence(row.get(3)?)),
        urgency: match row.get::<u32>(4)? {
            0 => Urgency::Low,
            1 => Urgency::Normal,
            _ => Urgency::High,
        },
        work: serde_json::from_str(&row.get::<String>(5)?).map_err(|_| unreadable())?,
        state: JobState::parse(&row.get::<String>(6)?).ok_or_else(unreadable)?,
        takings: row.get(7)?,
        failures: row.get(8)?,
        worker: row.get(9)?,
        called_off: row.get(10)?,
        reached,
        mark: row.get(14)?,
        answer: row.get(15)?,
        problem: row.get(16)?,
        submitted: moment(row.get(17)?)?,
        due: moment(row.get(18)?)?,
        started: optional(19)?,
        ended: optional(20)?,
    })
}
