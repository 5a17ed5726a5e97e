//! Addresses of organisations' programs that are told of notices.

use jiff::Timestamp;
use modu_kernel::Label;

use super::letter::message;
use super::outbox::Outgoing;
use super::signature::{SECRET_BYTES, Secret};
use super::{Board, Channel, Note, NoticeError};
use crate::access::{Action, reach};
use crate::database::Row;
use crate::error::Refusal;
use crate::identity::{OrganisationId, PersonId, Sequence};
use crate::organisation::Person;

/// Webhooks of one organisation.
pub const MAX_WEBHOOKS: usize = 10;
/// Bytes of an address.
const MAX_ADDRESS_BYTES: usize = 2_000;

/// The number of a webhook, from 1.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct WebhookId(pub u64);

impl std::fmt::Display for WebhookId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for WebhookId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// The address of a webhook, as it may be written: `https`, or `http`, which
/// is sent only to networks that the operator allows. Where it leads is
/// looked at when it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookAddress(String);

impl WebhookAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence's end.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.len() > MAX_ADDRESS_BYTES {
            return Err("it is longer than 2,000 bytes");
        }
        // A reader of addresses would leave them out.
        if text.chars().any(char::is_control) {
            return Err("it has characters that nobody sees");
        }
        let address = url::Url::parse(text).map_err(|_| "it is no address: write https://...")?;
        match () {
            () if !["http", "https"].contains(&address.scheme()) => Err("it must be https"),
            () if address.host_str().is_none_or(str::is_empty) => Err("it names no machine"),
            () if !address.username().is_empty() || address.password().is_some() => {
                Err("it must not carry a name or a password")
            }
            () if address.fragment().is_some() => Err("it must not have a part after #"),
            () => Ok(Self(address.into())),
        }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A webhook of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its number.
    pub id: WebhookId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Who added it.
    pub person: PersonId,
    /// Where it is.
    pub address: String,
    /// When it was added.
    pub made: Timestamp,
    /// When it was stopped, where it is.
    pub stopped: Option<Timestamp>,
    /// Why it was stopped.
    pub problem: Option<String>,
}

impl Webhook {
    /// Whether it is told, for readers.
    #[must_use]
    pub fn label(&self) -> Label {
        match self.stopped {
            None => Label::new("켜짐", "On"),
            Some(_) => Label::new("멈춤", "Stopped"),
        }
    }
}

const WEBHOOK: &str =
    "SELECT id, organisation, person, address, made, stopped, problem FROM webhook WHERE";

impl Board {
    /// The webhooks of a person's organisation.
    ///
    /// # Errors
    /// [`NoticeError::Refused`] where they may not see them,
    /// [`NoticeError::Database`], [`NoticeError::Unreadable`].
    pub fn webhooks(&self, by: &Person) -> Result<Vec<Webhook>, NoticeError> {
        may(by)?;
        let sql = format!("{WEBHOOK} organisation = ?1 ORDER BY id");
        let rows = self.database().query(&sql, [by.organisation.0.0])?;
        rows.iter().map(read).collect()
    }

    /// Adds a webhook for a person's organisation; its secret, to be shown to
    /// them this once.
    ///
    /// # Errors
    /// [`NoticeError::Refused`] also where there are [`MAX_WEBHOOKS`] already,
    /// [`NoticeError::Random`], [`NoticeError::Database`].
    pub fn add_webhook(
        &self,
        by: &Person,
        address: &WebhookAddress,
        now: Timestamp,
    ) -> Result<Secret, NoticeError> {
        may(by)?;
        let mut bytes = [0; SECRET_BYTES];
        getrandom::fill(&mut bytes).map_err(|error| NoticeError::Random(error.to_string()))?;
        let secret = Secret::new(bytes);
        let mut transaction = self.database().transaction()?;
        let count = "SELECT COUNT(*) FROM webhook WHERE organisation = ?1";
        let count: u64 = transaction.query_row(count, [by.organisation.0.0], |row| row.get(0))?;
        if count >= MAX_WEBHOOKS as u64 {
            return Err(Refusal::NotNow("10 webhooks are the most: end one first").into());
        }
        transaction.execute(
            "INSERT INTO webhook (organisation, person, address, secret, made)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            (
                by.organisation.0.0,
                by.id.0.0,
                address.as_str(),
                secret.bytes(),
                now.as_millisecond(),
            ),
        )?;
        transaction.commit()?;
        Ok(secret)
    }

    /// Ends a webhook of a person's organisation, with what waits for it.
    ///
    /// # Errors
    /// [`NoticeError::Refused`], [`NoticeError::Database`].
    pub fn end_webhook(&self, by: &Person, id: WebhookId) -> Result<(), NoticeError> {
        self.own_webhook(by, id)?;
        let mut transaction = self.database().transaction()?;
        transaction.execute("DELETE FROM delivery WHERE webhook = ?1", [id.0])?;
        transaction.execute("DELETE FROM webhook WHERE id = ?1", [id.0])?;
        Ok(transaction.commit()?)
    }

    /// Starts a stopped webhook again; what was held for it is sent now.
    ///
    /// # Errors
    /// [`NoticeError::Refused`], [`NoticeError::Database`].
    pub fn start_webhook(
        &self,
        by: &Person,
        id: WebhookId,
        now: Timestamp,
    ) -> Result<(), NoticeError> {
        self.own_webhook(by, id)?;
        let mut transaction = self.database().transaction()?;
        let start = "UPDATE webhook SET stopped = NULL, problem = NULL WHERE id = ?1";
        transaction.execute(start, [id.0])?;
        transaction.execute(
            "UPDATE delivery SET state = 'waiting', attempts = 0, due = ?2
             WHERE webhook = ?1 AND state = 'held'",
            (id.0, now.as_millisecond()),
        )?;
        transaction.commit()?;
        self.outbox().bell().ring();
        Ok(())
    }

    /// Sends a message to a webhook that says nothing, to try it out.
    ///
    /// # Errors
    /// [`NoticeError::Refused`] also where it is stopped,
    /// [`NoticeError::Database`].
    pub fn try_webhook(
        &self,
        by: &Person,
        id: WebhookId,
        now: Timestamp,
    ) -> Result<(), NoticeError> {
        let webhook = self.own_webhook(by, id)?;
        if webhook.stopped.is_some() {
            return Err(Refusal::NotNow("the webhook is stopped: start it first").into());
        }
        let mut transaction = self.database().transaction()?;
        Outgoing {
            message: format!("try_{id}_{}", now.as_millisecond()),
            channel: Channel::Webhook(id),
            address: webhook.address,
            body: message(&Note::Tried, now, None)?,
        }
        .keep(&mut transaction, now)?;
        transaction.commit()?;
        self.outbox().bell().ring();
        Ok(())
    }

    /// A webhook of a person's organisation; of others they do not know.
    ///
    /// # Errors
    /// [`NoticeError::Refused`], [`NoticeError::Database`].
    pub fn own_webhook(&self, by: &Person, id: WebhookId) -> Result<Webhook, NoticeError> {
        may(by)?;
        let rows = (self.database()).query(&format!("{WEBHOOK} id = ?1"), [id.0])?;
        let found = rows.first().map(read).transpose()?;
        let own = found.filter(|webhook| webhook.organisation == by.organisation);
        Ok(own.ok_or(Refusal::Missing("such webhook"))?)
    }
}

fn may(by: &Person) -> Result<(), Refusal> {
    let action = Action::ManageWebhooks;
    match by.active && reach(by.role, action).is_some() {
        true => Ok(()),
        false => Err(Refusal::NotAllowed {
            role: by.role,
            action,
        }),
    }
}

fn read(row: &Row) -> Result<Webhook, NoticeError> {
    let moment = |millis| {
        Timestamp::from_millisecond(millis).map_err(|_| NoticeError::Unreadable("a webhook"))
    };
    Ok(Webhook {
        id: WebhookId(row.get(0)?),
        organisation: OrganisationId(Sequence(row.get(1)?)),
        person: PersonId(Sequence(row.get(2)?)),
        address: row.get(3)?,
        made: moment(row.get(4)?)?,
        stopped: row.get::<Option<i64>>(5)?.map(moment).transpose()?,
        problem: row.get(6)?,
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_plain_one() {
        let good = WebhookAddress::new(" https://hooks.example/모두?a=b ").unwrap();
        assert_eq!(
            good.as_str(),
            "https://hooks.example/%EB%AA%A8%EB%91%90?a=b"
        );
        for wrong in [
            "",
            "hooks.example",
            "ftp://hooks.example/",
            "file:///etc/passwd",
            "https://user@hooks.example/",
            "https://user:word@hooks.example/",
            "https://hooks.example/#part",
            "https:///nothing\u{0}",
            "javascript:alert(1)",
        ] {
            assert!(WebhookAddress::new(wrong).is_err(), "{wrong}");
        }
        let long = format!("https://hooks.example/{}", "a".repeat(MAX_ADDRESS_BYTES));
        assert!(WebhookAddress::new(&long).is_err());
    }
}
