//! Where people ask for work and workers find it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{AskedDemonstration, Bell, JobError, JobId, Materials, Nodes, Queue};
use crate::access::Action;
use crate::database::Database;
use crate::error::Refusal;
use crate::identity::PersonId;
use crate::programme::Programme;

/// The queue, what demonstrations are made of, and the bell that tells the
/// workers of this process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Desk {
    inner: Arc<(Queue, Materials, Nodes)>,
    database: Arc<Database>,
    bell: Bell,
}

impl Desk {
    /// In a database of its own connection, whose schema is brought to the
    /// newest. A worker that is silent for as long as a lease lasts loses its
    /// job.
    ///
    /// # Errors
    /// [`JobError::Database`].
    pub fn over(database: Database, lease: SignedDuration) -> Result<Self, JobError> {
        let database = Arc::new(database);
        Ok(Self {
            inner: Arc::new((
                Queue::over(Arc::clone(&database), lease)?,
                Materials::over(Arc::clone(&database))?,
                Nodes::over(Arc::clone(&database))?,
            )),
            database,
            bell: Bell::default(),
        })
    }

    /// The jobs.
    #[must_use]
    pub fn queue(&self) -> &Queue {
        &self.inner.0
    }

    /// Data and models.
    #[must_use]
    pub fn materials(&self) -> &Materials {
        &self.inner.1
    }

    /// The database that they are in.
    pub(crate) fn database(&self) -> &Arc<Database> {
        &self.database
    }

    /// Nodes beside the data.
    #[must_use]
    pub fn nodes(&self) -> &Nodes {
        &self.inner.2
    }

    /// What wakes the workers of this process.
    #[must_use]
    pub fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Asks for a demonstration in a person's name; it is kept durably, and a
    /// worker of this process hears of it at once.
    ///
    /// # Errors
    /// As [`AskedDemonstration::prepare`] and [`Queue::submit`].
    pub fn ask(
        &self,
        by: PersonId,
        asked: &AskedDemonstration,
        programme: &Programme,
        now: Timestamp,
    ) -> Result<JobId, JobError> {
        let job = asked.prepare(by, programme, self.materials())?;
        let id = self.queue().submit(&job, now)?;
        self.bell.ring();
        Ok(id)
    }

    /// Calls a job off in the name of a person who could have asked for it.
    ///
    /// # Errors
    /// [`JobError::Refused`] where they could not; [`JobError::Database`].
    pub fn cancel(
        &self,
        by: PersonId,
        id: JobId,
        programme: &Programme,
        now: Timestamp,
    ) -> Result<(), JobError> {
        let job = self.queue().get(id)?;
        let job = job.ok_or(Refusal::Missing("such job"))?;
        let person = programme.people().get(&by).filter(|person| person.active);
        let person = person.ok_or(Refusal::Missing("such person"))?;
        let reaches = crate::access::reach(person.role, Action::Demonstrate).is_some();
        if !reaches || person.organisation != job.organisation {
            return Err(Refusal::NotAllowed {
                role: person.role,
                action: Action::Demonstrate,
            }
            .into());
        }
        self.queue().cancel(id, now)
    }
}
