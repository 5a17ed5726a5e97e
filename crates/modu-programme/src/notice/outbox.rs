//! What is to be sent, kept until it was taken.
//!
//! A sender takes a delivery for a while; one that is gone loses it to
//! another, and what it sent may then be sent again, under the same number.
//! What failed is tried again after a longer time each time. A webhook that
//! failed too often is stopped, and what waits for it is held: nothing is
//! lost, and it goes on when its people start it again. To one webhook one
//! message is underway at a time, so that a slow receiver keeps nobody else
//! waiting.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::signature::Secret;
use super::webhook::WebhookId;
use super::{Note, NoticeError, board};
use crate::database::{Database, Row, Transaction};
use crate::identity::{OrganisationId, PersonId, Sequence};
use crate::job::Bell;

/// How often a delivery is tried before its webhook is stopped, or a letter
/// given up.
pub const MAX_ATTEMPTS: u32 = 8;
/// Messages that may wait for one webhook; at so many it is stopped.
pub const MAX_OUTGOING: usize = 10_000;
/// Waits after a failed attempt, in seconds: 17 hours in all.
const WAITS: [i64; MAX_ATTEMPTS as usize - 1] = [5, 30, 120, 600, 3_600, 14_400, 43_200];
/// The longest that a sender may have a delivery.
const LONGEST_LEASE: SignedDuration = SignedDuration::from_mins(10);
/// How long one can see what was sent.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Bytes that are kept of why something failed.
const MAX_PROBLEM_BYTES: usize = 500;

/// The number of a delivery, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId(pub u64);

/// Which way something is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// To an organisation's webhook.
    Webhook(WebhookId),
    /// As a letter.
    Mail,
}

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It waits for its time.
    Waiting,
    /// A sender has it.
    Sending,
    /// Its webhook is stopped.
    Held,
    /// It was taken.
    Done,
    /// It was tried often enough.
    GivenUp,
}

impl DeliveryState {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Waiting, "waiting"),
        (Self::Sending, "sending"),
        (Self::Held, "held"),
        (Self::Done, "done"),
        (Self::GivenUp, "given_up"),
    ];

    fn parse(text: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, word)| *word == text);
        found.map(|(state, _)| *state)
    }
}

/// Something to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its number here.
    pub id: DeliveryId,
    /// Its number for the receiver, the same at each attempt.
    pub message: String,
    /// Which way.
    pub channel: Channel,
    /// Where to.
    pub address: String,
    /// What; empty once it was taken.
    pub body: String,
    /// How far it is.
    pub state: DeliveryState,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// When it was written.
    pub made: Timestamp,
    /// Not before; of what is over, when it was.
    pub due: Timestamp,
    /// What went wrong last.
    pub problem: Option<String>,
}

/// How a delivery failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It may work later.
    Later(String),
    /// It will not: the receiver says that it is gone, or the address is none.
    Never(String),
}

/// Deliveries, in a database.
#[derive(Debug)]
pub struct Outbox {
    database: Arc<Database>,
    bell: Bell,
}

const DELIVERY: &str = "SELECT id, message, webhook, address, body, state, attempts, made, \
    due, problem FROM delivery WHERE";

impl Outbox {
    pub(super) fn over(database: Arc<Database>) -> Self {
        Self {
            database,
            bell: Bell::default(),
        }
    }

    /// Rung when there is something to send.
    #[must_use]
    pub fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Takes what is due, for so long at most; letters only where they can be
    /// sent.
    ///
    /// # Errors
    /// [`NoticeError::Database`], [`NoticeError::Unreadable`].
    pub fn take(
        &self,
        letters: bool,
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<Option<Delivery>, NoticeError> {
        let at = now.as_millisecond();
        // Looking alone keeps nobody from writing.
        let any = "SELECT 1 FROM delivery
             WHERE (state = 'waiting' AND due <= ?1) OR state = 'sending' LIMIT 1";
        if self.database.query(any, [at])?.is_empty() {
            return Ok(None);
        }
        let mut transaction = self.database.transaction()?;
        // A lease that ends later than one can be given is of a clock that
        // went back.
        transaction.execute(
            "UPDATE delivery SET state = 'waiting', lease_ends = NULL
             WHERE state = 'sending' AND (lease_ends <= ?1 OR lease_ends > ?2)",
            (at, (now + LONGEST_LEASE).as_millisecond()),
        )?;
        let next = transaction.query(
            "SELECT id FROM delivery WHERE state = 'waiting' AND due <= ?1
                 AND (webhook <> 0 OR ?2 = 1)
                 AND NOT EXISTS (SELECT 1 FROM delivery AS other
                     WHERE other.state = 'sending' AND other.webhook = delivery.webhook
                         AND other.webhook <> 0)
             ORDER BY due, id LIMIT 1",
            (at, letters),
        )?;
        let Some(next) = next.first() else {
            transaction.commit()?;
            return Ok(None);
        };
        let id: u64 = next.get(0)?;
        transaction.execute(
            "UPDATE delivery SET state = 'sending', attempts = attempts + 1, lease_ends = ?2
             WHERE id = ?1",
            (id, (now + lease.min(LONGEST_LEASE)).as_millisecond()),
        )?;
        let taken =
            transaction.query_row(&format!("{DELIVERY} id = ?1"), [id], |row| Ok(read(row)))?;
        transaction.commit()?;
        taken.map(Some)
    }

    /// The secret that a message to a webhook is signed with; `None` where the
    /// webhook was ended meanwhile.
    ///
    /// # Errors
    /// [`NoticeError::Database`], [`NoticeError::Unreadable`].
    pub fn secret(&self, webhook: WebhookId) -> Result<Option<Secret>, NoticeError> {
        let rows =
            (self.database).query("SELECT secret FROM webhook WHERE id = ?1", [webhook.0])?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let bytes = row.get::<Vec<u8>>(0)?.try_into();
        let bytes = bytes.map_err(|_| NoticeError::Unreadable("a webhook"))?;
        Ok(Some(Secret::new(bytes)))
    }

    /// It was taken: what it said is forgotten.
    ///
    /// # Errors
    /// [`NoticeError::LeaseLost`], [`NoticeError::Database`].
    pub fn done(&self, delivery: &Delivery, now: Timestamp) -> Result<(), NoticeError> {
        let changed = self.database.execute(
            "UPDATE delivery SET state = 'done', body = '', due = ?3, lease_ends = NULL,
                 problem = NULL
             WHERE id = ?1 AND attempts = ?2 AND state = 'sending'",
            (delivery.id.0, delivery.attempt, now.as_millisecond()),
        )?;
        self.database.execute(
            "DELETE FROM delivery WHERE state IN ('done', 'given_up') AND due < ?1",
            [(now - REMEMBERED).as_millisecond()],
        )?;
        match changed {
            1 => Ok(()),
            _ => Err(NoticeError::LeaseLost),
        }
    }

    /// It was not taken. After [`MAX_ATTEMPTS`], or where the receiver is gone
    /// for good, a webhook is stopped, and `people` says who is told of that; a
    /// letter is given up.
    ///
    /// # Errors
    /// [`NoticeError::LeaseLost`], [`NoticeError::Database`].
    pub fn failed(
        &self,
        delivery: &Delivery,
        failure: &Failure,
        people: impl FnOnce(OrganisationId) -> Vec<PersonId>,
        now: Timestamp,
    ) -> Result<(), NoticeError> {
        let (problem, again) = match failure {
            Failure::Later(problem) => (problem, true),
            Failure::Never(problem) => (problem, false),
        };
        let problem = shortened(problem);
        let wait = WAITS.get(delivery.attempt.saturating_sub(1) as usize);
        let wait = wait.filter(|_| again).copied();
        let state = match (wait, delivery.channel) {
            (Some(_), _) | (None, Channel::Webhook(_)) => "waiting",
            (None, Channel::Mail) => "given_up",
        };
        let due = now + SignedDuration::from_secs(wait.unwrap_or(0));
        let mut transaction = self.database.transaction()?;
        let changed = transaction.execute(
            "UPDATE delivery SET state = ?3, due = ?4, problem = ?5, lease_ends = NULL,
                 body = CASE WHEN ?3 = 'given_up' THEN '' ELSE body END
             WHERE id = ?1 AND attempts = ?2 AND state = 'sending'",
            (
                delivery.id.0,
                delivery.attempt,
                state,
                due.as_millisecond(),
                problem,
            ),
        )?;
        if changed != 1 {
            return Err(NoticeError::LeaseLost);
        }
        if let (None, Channel::Webhook(webhook)) = (wait, delivery.channel)
            && let Some(organisation) = hold(&mut transaction, webhook, problem, now)?
        {
            let note = board::written(&Note::WebhookStopped { webhook })?;
            let origin = format!("webhook {webhook} {}", now.as_millisecond());
            for person in people(organisation) {
                board::keep(&mut transaction, person, &origin, now, &note)?;
                board::prune(&mut transaction, person)?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// What was sent to a webhook or waits for it, newest first.
    ///
    /// # Errors
    /// [`NoticeError::Database`], [`NoticeError::Unreadable`].
    pub fn list(&self, webhook: WebhookId, limit: usize) -> Result<Vec<Delivery>, NoticeError> {
        let sql = format!("{DELIVERY} webhook = ?1 ORDER BY id DESC LIMIT ?2");
        let rows = self.database.query(&sql, (webhook.0, limit))?;
        rows.iter().map(read).collect()
    }
}

/// Something new to send.
pub(super) struct Outgoing {
    pub(super) message: String,
    pub(super) channel: Channel,
    pub(super) address: String,
    pub(super) body: String,
}

impl Outgoing {
    /// Keeps it, once.
    pub(super) fn keep(
        &self,
        transaction: &mut Transaction<'_>,
        at: Timestamp,
    ) -> Result<(), NoticeError> {
        let webhook = match self.channel {
            Channel::Webhook(webhook) => webhook.0,
            Channel::Mail => 0,
        };
        transaction.execute(
            "INSERT INTO delivery (message, webhook, address, body, made, due, attempts, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5, 0, 'waiting') ON CONFLICT (message) DO NOTHING",
            (
                &self.message,
                webhook,
                &self.address,
                &self.body,
                at.as_millisecond(),
            ),
        )?;
        Ok(())
    }
}

/// Stops a webhook and holds what waits for it; whose it is, where it was not
/// stopped or ended already.
pub(super) fn hold(
    transaction: &mut Transaction<'_>,
    webhook: WebhookId,
    problem: &str,
    now: Timestamp,
) -> Result<Option<OrganisationId>, NoticeError> {
    let found = transaction.query(
        "SELECT organisation FROM webhook WHERE id = ?1 AND stopped IS NULL",
        [webhook.0],
    )?;
    let Some(row) = found.first() else {
        return Ok(None);
    };
    transaction.execute(
        "UPDATE webhook SET stopped = ?2, problem = ?3 WHERE id = ?1",
        (webhook.0, now.as_millisecond(), problem),
    )?;
    transaction.execute(
        "UPDATE delivery SET state = 'held' WHERE webhook = ?1 AND state = 'waiting'",
        [webhook.0],
    )?;
    Ok(Some(OrganisationId(Sequence(row.get(0)?))))
}

fn shortened(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_PROBLEM_BYTES))
        .unwrap_or(text)
}

fn read(row: &Row) -> Result<Delivery, NoticeError> {
    let unreadable = || NoticeError::Unreadable("a delivery");
    let moment = |millis| Timestamp::from_millisecond(millis).map_err(|_| unreadable());
    Ok(Delivery {
        id: DeliveryId(row.get(0)?),
        message: row.get(1)?,
        channel: match row.get(2)? {
            0 => Channel::Mail,
            webhook => Channel::Webhook(WebhookId(webhook)),
        },
        address: row.get(3)?,
        body: row.get(4)?,
        state: DeliveryState::parse(&row.get::<String>(5)?).ok_or_else(unreadable)?,
        attempt: row.get(6)?,
        made: moment(row.get(7)?)?,
        due: moment(row.get(8)?)?,
        problem: row.get(9)?,
    })
}
