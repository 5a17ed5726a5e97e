//! Where people want to be written to, if anywhere.
//!
//! Addresses stand here and not in the history, which is never changed and
//! which others read. An address counts once a link that was sent there came
//! back, so that nobody has notices sent to somebody else.

use jiff::{SignedDuration, Timestamp};
use modu_kernel::Language;

use super::outbox::Outgoing;
use super::{Board, Channel, Letter, NoticeError};
use crate::account::Token;
use crate::database::{Optional as _, Transaction};
use crate::error::Refusal;
use crate::identity::PersonId;

/// How long the link holds.
pub const PROOF_HOLDS: SignedDuration = SignedDuration::from_hours(24);
/// How long before another letter can be asked for.
const PATIENCE: SignedDuration = SignedDuration::from_mins(1);
/// Bytes of an address (RFC 5321, section 4.5.3.1.3, without the brackets).
const MAX_ADDRESS_BYTES: usize = 254;

/// A mail address: the plain form of RFC 5321 without quotes, in ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAddress(String);

impl MailAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence's end.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.len() > MAX_ADDRESS_BYTES {
            return Err("it is longer than 254 bytes");
        }
        let (name, host) = text.split_once('@').ok_or("it has no @")?;
        let of_name = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        let dotted = |part: &str| !part.is_empty() && part.split('.').all(|it| !it.is_empty());
        if name.len() > 64 || !dotted(name) || !name.chars().all(of_name) {
            return Err("what stands before the @ is no name of a mailbox");
        }
        let of_host = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        if !dotted(host) || !host.chars().all(of_host) {
            return Err("what stands after the @ is no machine");
        }
        Ok(Self(text.to_owned()))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a person wants to be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The address.
    pub address: String,
    /// In which language.
    pub language: Language,
    /// Whether the link came back.
    pub is_confirmed: bool,
}

impl Board {
    /// Where a person wants to be written to.
    ///
    /// # Errors
    /// [`NoticeError::Database`].
    pub fn mailbox(&self, person: PersonId) -> Result<Option<Mailbox>, NoticeError> {
        let sql = "SELECT address, language, proof IS NULL FROM mailbox WHERE person = ?1";
        let found = self.database().query_row(sql, [person.0.0], |row| {
            Ok(Mailbox {
                address: row.get(0)?,
                language: language(&row.get::<String>(1)?),
                is_confirmed: row.get(2)?,
            })
        });
        Ok(found.optional()?)
    }

    /// A person wants to be written to there: a letter goes out with a link
    /// that they must open. An earlier address holds no longer.
    ///
    /// # Errors
    /// [`NoticeError::Refused`] where no letters are sent, or one was sent a
    /// moment ago; [`NoticeError::Random`], [`NoticeError::Database`].
    pub fn ask_mailbox(
        &self,
        person: PersonId,
        address: &MailAddress,
        language: Language,
        now: Timestamp,
    ) -> Result<(), NoticeError> {
        let root = self.open()?;
        let token = Token::new().map_err(|error| NoticeError::Random(error.to_string()))?;
        let ends = (now + PROOF_HOLDS).as_second();
        let mut transaction = self.database().transaction()?;
        let young = "SELECT 1 FROM mailbox
             WHERE person = ?1 AND proof IS NOT NULL AND ends > ?2 AND ends <= ?3";
        let youngest = ends - PATIENCE.as_secs();
        if !transaction
            .query(young, (person.0.0, youngest, ends))?
            .is_empty()
        {
            return Err(Refusal::NotNow("a letter was sent a moment ago: wait a minute").into());
        }
        transaction.execute(
            "INSERT INTO mailbox (person, address, language, proof, ends)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (person) DO UPDATE SET address = ?2, language = ?3, proof = ?4, ends = ?5",
            (
                person.0.0,
                address.as_str(),
                language.tag(),
                token.digest(),
                ends,
            ),
        )?;
        let link = format!("{root}/mailbox/{}", token.reveal());
        Outgoing {
            message: format!("proof_{person}_{}", now.as_millisecond()),
            channel: Channel::Mail,
            address: address.as_str().to_owned(),
            body: Letter::of_proof(&link, language).to_json()?,
        }
        .keep(&mut transaction, now)?;
        transaction.commit()?;
        self.outbox().bell().ring();
        Ok(())
    }

    /// The link came back, brought by the person who asked for it.
    ///
    /// # Errors
    /// [`NoticeError::Refused`] where it is not theirs or holds no longer,
    /// [`NoticeError::Database`].
    pub fn confirm_mailbox(
        &self,
        person: PersonId,
        token: &Token,
        now: Timestamp,
    ) -> Result<(), NoticeError> {
        let changed = self.database().execute(
            "UPDATE mailbox SET proof = NULL, ends = NULL
             WHERE person = ?1 AND proof = ?2 AND ends > ?3",
            (person.0.0, token.digest(), now.as_second()),
        )?;
        match changed {
            1 => Ok(()),
            _ => Err(Refusal::Missing("such link (any more)").into()),
        }
    }

    /// A person wants to be written to no longer.
    ///
    /// # Errors
    /// [`NoticeError::Database`].
    pub fn forget_mailbox(&self, person: PersonId) -> Result<(), NoticeError> {
        let forget = "DELETE FROM mailbox WHERE person = ?1";
        self.database().execute(forget, [person.0.0])?;
        Ok(())
    }

    /// Sends somebody the link that lets them in, `path` on this console. It
    /// lies in the database until it was sent, and no longer.
    ///
    /// # Errors
    /// [`NoticeError::Refused`] where no letters are sent,
    /// [`NoticeError::Database`].
    pub fn invite(
        &self,
        (person, name): (PersonId, &str),
        address: &MailAddress,
        path: &str,
        language: Language,
        now: Timestamp,
    ) -> Result<(), NoticeError> {
        let link = format!("{}{path}", self.open()?);
        let mut transaction = self.database().transaction()?;
        Outgoing {
            message: format!("invitation_{person}_{}", now.as_millisecond()),
            channel: Channel::Mail,
            address: address.as_str().to_owned(),
            body: Letter::of_invitation(name, &link, language).to_json()?,
        }
        .keep(&mut transaction, now)?;
        transaction.commit()?;
        self.outbox().bell().ring();
        Ok(())
    }

    fn open(&self) -> Result<&str, Refusal> {
        let post = self.post();
        post.ok_or(Refusal::NotNow("this server sends no mail"))
    }
}

/// Where letters of notices go.
pub(super) fn confirmed(
    transaction: &mut Transaction<'_>,
    person: PersonId,
) -> Result<Option<(String, Language)>, NoticeError> {
    let sql = "SELECT address, language FROM mailbox WHERE person = ?1 AND proof IS NULL";
    let found = transaction.query_row(sql, [person.0.0], |row| {
        Ok((row.get(0)?, language(&row.get::<String>(1)?)))
    });
    Ok(found.optional()?)
}

fn language(tag: &str) -> Language {
    match tag {
        "en" => Language::En,
        _ => Language::Ko,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_nothing_that_a_header_could_be_made_of() {
        let good = MailAddress::new(" kim.ju+notices@agency.example ").unwrap();
        assert_eq!(good.as_str(), "kim.ju+notices@agency.example");
        for wrong in [
            "",
            "kim",
            "@agency.example",
            "kim@",
            "kim@agency@example",
            "kim@agency.example\r\nBcc: all@agency.example",
            "kim@agency.example\nSubject: x",
            "kim\r\nX: y@agency.example",
            "kim@agency.example, lee@agency.example",
            "<kim@agency.example>",
            "Kim <kim@agency.example>",
            "\"kim\"@agency.example",
            "k im@agency.example",
            "kim..ju@agency.example",
            "kim@agency..example",
            "kim@[127.0.0.1]",
            "김@agency.example",
        ] {
            assert!(MailAddress::new(wrong).is_err(), "{wrong:?}");
        }
        assert!(MailAddress::new(&format!("k@{}.example", "a".repeat(250))).is_err());
    }
}
