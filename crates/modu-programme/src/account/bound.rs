//! People whom an identity provider knows (OpenID Connect).
//!
//! A provider says who somebody is, by a subject that is theirs for ever; what
//! they may do here was said by whoever enrolled them. The two are bound by a
//! one-time link: nobody gets in from outside who was not let in before.

use jiff::Timestamp;
use modu_kernel::Digest;

use super::enter::{Entered, end_all, let_in};
use super::link::use_link;
use super::throttle::Throttle;
use super::{AccountError, Accounts, Token};
use crate::database::{Database, Optional as _, Transaction};
use crate::identity::{PersonId, Sequence};

/// Who somebody is elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside<'a> {
    /// The provider, by its URL.
    pub issuer: &'a str,
    /// The person, as the provider names them to us.
    pub subject: &'a str,
    /// Whether the provider has asked for a second factor, so that ours is not
    /// asked for as well.
    pub vouched: bool,
}

impl Outside<'_> {
    /// What is kept: neither name nor number of anybody.
    fn digest(&self) -> [u8; 32] {
        let Self {
            issuer, subject, ..
        } = self;
        let text = format!("modu identity\n{}\n{issuer}\n{subject}", issuer.len());
        *Digest::of(text.as_bytes()).as_bytes()
    }
}

impl Accounts {
    /// Binds who somebody is elsewhere to the person of a link, which then
    /// holds no longer, and lets them in. What was bound for them with the
    /// same provider before is no longer; sessions and keys end.
    ///
    /// # Errors
    /// [`AccountError::NoLink`]; [`AccountError::BoundElsewhere`] where it is
    /// bound to another person already; [`AccountError::Random`],
    /// [`AccountError::Database`].
    pub fn bind(
        &mut self,
        link: &Token,
        outside: &Outside<'_>,
        now: Timestamp,
    ) -> Result<Entered, AccountError> {
        let person = self.whose_link(link, now)?;
        let mut transaction = self.connection.transaction()?;
        use_link(&mut transaction, link)?;
        match bound_to(&mut transaction, outside)? {
            Some(other) if other != person => return Err(AccountError::BoundElsewhere),
            _ => {}
        }
        transaction.execute(
            "DELETE FROM bound WHERE person = ?1 AND issuer = ?2",
            (person.0.0, outside.issuer),
        )?;
        transaction.execute(
            "INSERT INTO bound (identity, person, issuer, vouched) VALUES (?1, ?2, ?3, ?4)",
            (
                outside.digest(),
                person.0.0,
                outside.issuer,
                outside.vouched,
            ),
        )?;
        end_all(&mut transaction, person)?;
        let entered = let_in(&mut transaction, person, outside.vouched, now)?;
        transaction.commit()?;
        Ok(entered)
    }

    /// Lets in whom a provider has named.
    ///
    /// # Errors
    /// [`AccountError::NotBound`] where nobody is bound to it;
    /// [`AccountError::Random`], [`AccountError::Database`].
    pub fn enter_from(
        &self,
        outside: &Outside<'_>,
        now: Timestamp,
    ) -> Result<Entered, AccountError> {
        let mut transaction = self.connection.transaction()?;
        let person = bound_to(&mut transaction, outside)?.ok_or(AccountError::NotBound)?;
        transaction.execute(
            "UPDATE bound SET vouched = ?2 WHERE identity = ?1",
            (outside.digest(), outside.vouched),
        )?;
        let entered = let_in(&mut transaction, person, outside.vouched, now)?;
        transaction.commit()?;
        Ok(entered)
    }

    /// Counts an answer that is said to come from a provider, as wrong until
    /// [`Self::answered`] says otherwise.
    ///
    /// # Errors
    /// [`AccountError::TooMany`], [`AccountError::Database`].
    pub fn count_answer(&self, address: &str, now: Timestamp) -> Result<(), AccountError> {
        Throttle::count(&self.connection, &[Throttle::of_address(address)], now)
    }

    /// The answer was a provider's.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn answered(&self, address: &str) -> Result<(), AccountError> {
        let mut transaction = Database::transaction(&self.connection)?;
        Throttle::of_address(address).was_right(&mut transaction)?;
        Ok(transaction.commit()?)
    }
}

fn bound_to(
    transaction: &mut Transaction<'_>,
    outside: &Outside<'_>,
) -> Result<Option<PersonId>, AccountError> {
    let query = "SELECT person FROM bound WHERE identity = ?1";
    let found = transaction.query_row(query, [outside.digest()], |row| row.get(0));
    Ok(found.optional()?.map(|person| PersonId(Sequence(person))))
}
