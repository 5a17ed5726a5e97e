//! Reading the history and telling people of it, once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::letter::{Letter, message};
use super::outbox::{Outgoing, hold};
use super::told::{Told, did_it};
use super::webhook::WebhookId;
use super::{Board, Channel, MAX_OUTGOING, NoticeError, Recipient, board, told_by};
use crate::database::{Database, Transaction};
use crate::event::Entry;
use crate::identity::{OrganisationId, PersonId, Sequence};
use crate::programme::Programme;
use crate::store::History;

/// Entries whose notices are kept in one transaction.
pub const FOLLOWED_AT_ONCE: usize = 200;
/// Entries that it follows by itself before it shares again what it holds: a
/// copy costs a little for each project.
const SHARED_EVERY: usize = 10_000;

const PLACE: &str = "SELECT COALESCE((SELECT place FROM follower WHERE name = 'notices'), 0)";
/// Never backwards.
const MOVE_ON: &str = "INSERT INTO follower (name, place) VALUES ('notices', ?1)
     ON CONFLICT (name) DO UPDATE SET place = ?1 WHERE follower.place < ?1";

/// Reads the history from the place that it keeps. Several servers may each
/// have one: what one told the others pass over.
#[derive(Debug)]
pub struct Follower {
    board: Board,
    /// What it writes by.
    database: Arc<Database>,
    /// Where everything stands after the last entry that was read.
    programme: Programme,
    /// Entries since that was a copy of what the server holds.
    unshared: usize,
    /// Entries that were read, and whose notices are not kept yet.
    pending: Vec<Pending>,
}

#[derive(Debug)]
struct Pending {
    sequence: Sequence,
    at: Timestamp,
    /// The beginning of the entry's digest, which names its messages.
    mark: String,
    told: Vec<(Told, Vec<PersonId>)>,
}

impl Follower {
    /// Goes on where it was left. `known` is where everything stands now:
    /// where that is where it was left, nothing is read again.
    ///
    /// # Errors
    /// [`NoticeError::Database`].
    pub fn new(board: &Board, known: &Programme) -> Result<Self, NoticeError> {
        Self::by(Arc::clone(board.database()), board, known)
    }

    /// The same by a connection of its own to the board's database: readers of
    /// the board do not wait for what it writes.
    ///
    /// # Errors
    /// [`NoticeError::Database`].
    pub fn by(
        database: Arc<Database>,
        board: &Board,
        known: &Programme,
    ) -> Result<Self, NoticeError> {
        let (programme, unshared) = match place(&database)? == known.last() {
            true => (known.clone(), 0),
            false => (Programme::new(), SHARED_EVERY),
        };
        Ok(Self {
            board: board.clone(),
            database,
            programme,
            unshared,
            pending: Vec::new(),
        })
    }

    /// Nobody is told of what happened so far: for a programme that opens with
    /// a story.
    ///
    /// # Errors
    /// [`NoticeError::Database`].
    pub fn skip_to(board: &Board, last: Sequence) -> Result<(), NoticeError> {
        board.database().execute(MOVE_ON, [last.0])?;
        Ok(())
    }

    /// Tells of the next entries, at most [`FOLLOWED_AT_ONCE`]; of how many
    /// it read. What failed to be kept is tried again first.
    ///
    /// # Errors
    /// What reading the history or keeping notices fails with.
    pub fn read_on(
        &mut self,
        history: impl FnOnce(Sequence, usize) -> Result<Vec<Entry>, crate::HistoryError>,
    ) -> Result<usize, NoticeError> {
        let mut count = 0;
        if self.pending.is_empty() {
            let entries = history(self.programme.last(), FOLLOWED_AT_ONCE)?;
            let place = place(&self.database)?;
            for entry in &entries {
                self.programme.follow(entry)?;
                if entry.sequence > place {
                    self.pending.push(pending(entry, &self.programme)?);
                }
            }
            count = entries.len();
            self.unshared = self.unshared.saturating_add(count);
        }
        self.keep()?;
        Ok(count)
    }

    /// Shares what it holds of projects with what the server holds, now and
    /// then, where both stand at the same entry: else there would be two of
    /// each.
    pub fn share(&mut self, known: &Programme) {
        if self.unshared >= SHARED_EVERY && known.last() == self.programme.last() {
            self.programme = known.clone();
            self.unshared = 0;
        }
    }

    /// As [`Self::read_on`], from a history itself.
    ///
    /// # Errors
    /// As there.
    pub fn read_on_in(&mut self, history: &mut impl History) -> Result<usize, NoticeError> {
        self.read_on(|place, limit| history.after(place, limit))
    }

    fn keep(&mut self) -> Result<(), NoticeError> {
        let Some(last) = self.pending.last().map(|it| it.sequence) else {
            return Ok(());
        };
        let database = Arc::clone(&self.database);
        let mut transaction = database.transaction()?;
        let place = Sequence(transaction.query_row(PLACE, (), |row| row.get(0))?);
        let mut webhooks = Webhooks::read(&mut transaction)?;
        let mut people = BTreeSet::new();
        for pending in self.pending.iter().filter(|it| it.sequence > place) {
            self.tell(&mut transaction, &mut webhooks, pending)?;
            people.extend(pending.told.iter().flat_map(|(_, people)| people));
        }
        for person in people {
            board::prune(&mut transaction, person)?;
        }
        transaction.execute(MOVE_ON, [last.0])?;
        transaction.commit()?;
        if self.pending.iter().any(|it| !it.told.is_empty()) {
            self.board.outbox().bell().ring();
        }
        self.pending.clear();
        Ok(())
    }

    fn tell(
        &self,
        transaction: &mut Transaction<'_>,
        webhooks: &mut Webhooks,
        pending: &Pending,
    ) -> Result<(), NoticeError> {
        for (index, (told, people)) in pending.told.iter().enumerate() {
            let mark = || format!("{}_{index}", pending.mark);
            if !people.is_empty() {
                let origin = format!("{}.{index}", pending.sequence);
                let note = board::written(&told.note)?;
                for person in people {
                    board::keep(transaction, *person, &origin, pending.at, &note)?;
                    self.write(transaction, *person, told, &mark(), pending.at)?;
                }
            }
            if let Recipient::Organisation(organisation) = told.to
                && webhooks.has(organisation)
            {
                webhooks.call(transaction, organisation, told, &mark(), pending)?;
            }
        }
        Ok(())
    }

    /// A letter, where the person wants some and can be sent any.
    fn write(
        &self,
        transaction: &mut Transaction<'_>,
        person: PersonId,
        told: &Told,
        mark: &str,
        at: Timestamp,
    ) -> Result<(), NoticeError> {
        let Some(root) = self.board.post() else {
            return Ok(());
        };
        let Some((address, language)) = super::mailbox::confirmed(transaction, person)? else {
            return Ok(());
        };
        Outgoing {
            message: format!("mail_{mark}_{person}"),
            channel: Channel::Mail,
            address,
            body: Letter::of_note(&told.note, &self.programme, language, root).to_json()?,
        }
        .keep(transaction, at)
    }
}

/// The webhooks that are called, as they are in a transaction.
struct Webhooks(BTreeMap<OrganisationId, Vec<(WebhookId, String)>>);

impl Webhooks {
    fn read(transaction: &mut Transaction<'_>) -> Result<Self, NoticeError> {
        let rows = transaction.query(
            "SELECT id, organisation, address FROM webhook WHERE stopped IS NULL ORDER BY id",
            (),
        )?;
        let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for row in &rows {
            let organisation = OrganisationId(Sequence(row.get(1)?));
            let webhook = (WebhookId(row.get(0)?), row.get(2)?);
            all.entry(organisation).or_default().push(webhook);
        }
        Ok(Self(all))
    }

    fn has(&self, organisation: OrganisationId) -> bool {
        self.0.contains_key(&organisation)
    }

    /// A message to each webhook of an organisation.
    fn call(
        &mut self,
        transaction: &mut Transaction<'_>,
        organisation: OrganisationId,
        told: &Told,
        mark: &str,
        pending: &Pending,
    ) -> Result<(), NoticeError> {
        let webhooks = self.0.entry(organisation).or_default();
        let mut held = Vec::new();
        for (webhook, address) in webhooks.iter() {
            let waiting: u64 = transaction.query_row(
                "SELECT COUNT(*) FROM delivery WHERE webhook = ?1 AND state = 'waiting'",
                [webhook.0],
                |row| row.get(0),
            )?;
            Outgoing {
                message: format!("msg_{mark}_{webhook}"),
                channel: Channel::Webhook(*webhook),
                address: address.clone(),
                body: message(&told.note, pending.at, Some(pending.sequence))?,
            }
            .keep(transaction, pending.at)?;
            if waiting + 1 >= MAX_OUTGOING as u64 {
                hold(transaction, *webhook, "too many messages wait", pending.at)?;
                held.push(*webhook);
            }
        }
        webhooks.retain(|(webhook, _)| !held.contains(webhook));
        Ok(())
    }
}

fn pending(entry: &Entry, programme: &Programme) -> Result<Pending, NoticeError> {
    let told = told_by(entry, programme).into_iter().map(|told| {
        let people = told.to.people(programme).map(|person| person.id);
        let people = people.filter(|person| !did_it(entry, *person)).collect();
        (told, people)
    });
    let digest = entry.digest()?.to_string();
    let hexadecimal = digest.rsplit(':').next().unwrap_or(&digest);
    Ok(Pending {
        sequence: entry.sequence,
        at: entry.at,
        mark: hexadecimal.chars().take(16).collect(),
        told: told.collect(),
    })
}

fn place(database: &Database) -> Result<Sequence, NoticeError> {
    Ok(Sequence(database.query_row(PLACE, (), |row| row.get(0))?))
}
