//! One-time links: an invitation, or a way back in after everything that let
//! somebody in was taken away.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::enter::end_all;
use super::password::HashedPassword;
use super::throttle::Throttle;
use super::{AccountError, Accounts, Password, Token, login_name};
use crate::database::{Optional as _, Transaction};
use crate::identity::{PersonId, Sequence};

/// How long an invitation holds.
pub const LINK_HOLDS: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a way back in holds.
pub const RESET_HOLDS: SignedDuration = SignedDuration::from_hours(24);

/// Who holds what: for the page of whoever runs the programme.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holders {
    /// People with something to come in with.
    pub ways_in: BTreeSet<PersonId>,
    /// People with a second factor.
    pub factors: BTreeSet<PersonId>,
}

impl Accounts {
    /// Who holds what.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn holders(&self) -> Result<Holders, AccountError> {
        let people = |query: &str| -> Result<BTreeSet<PersonId>, AccountError> {
            let rows = self.connection.query(query, ())?;
            let ids = rows.iter().map(|row| Ok(PersonId(Sequence(row.get(0)?))));
            ids.collect()
        };
        Ok(Holders {
            ways_in: people(
                "SELECT person FROM account WHERE length(hash) > 0
                 UNION SELECT person FROM bound",
            )?,
            factors: people("SELECT person FROM factor WHERE confirmed = 1")?,
        })
    }

    /// A link with which a person sets a name and a password, or binds who
    /// they are elsewhere, once. Earlier links of the person hold no longer.
    ///
    /// # Errors
    /// [`AccountError::Database`] and [`AccountError::Random`].
    pub fn link(&mut self, person: PersonId, now: Timestamp) -> Result<Token, AccountError> {
        let mut transaction = self.connection.transaction()?;
        let token = new_link(&mut transaction, person, now + LINK_HOLDS)?;
        transaction.commit()?;
        Ok(token)
    }

    /// Takes away whatever lets a person in by itself (password, what is bound
    /// elsewhere, sessions, keys), and gives a link to begin anew with. The
    /// login name stays theirs, and so does a second factor.
    ///
    /// # Errors
    /// [`AccountError::Database`] and [`AccountError::Random`].
    pub fn reset(&mut self, person: PersonId, now: Timestamp) -> Result<Token, AccountError> {
        let mut transaction = self.connection.transaction()?;
        // No password has an empty hash.
        transaction.execute(
            "UPDATE account SET hash = ?2 WHERE person = ?1",
            (person.0.0, Vec::new()),
        )?;
        transaction.execute("DELETE FROM bound WHERE person = ?1", [person.0.0])?;
        end_all(&mut transaction, person)?;
        let token = new_link(&mut transaction, person, now + RESET_HOLDS)?;
        transaction.commit()?;
        Ok(token)
    }

    /// Whether a person has anything to come in with.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn has_way_in(&self, person: PersonId) -> Result<bool, AccountError> {
        let query = "SELECT EXISTS (SELECT 1 FROM account WHERE person = ?1 AND length(hash) > 0)
                         OR EXISTS (SELECT 1 FROM bound WHERE person = ?1)";
        let has = self
            .connection
            .query_row(query, [person.0.0], |row| row.get(0))?;
        Ok(has)
    }

    /// The name that a person signs in with, where they have chosen one.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn login_of(&self, person: PersonId) -> Result<Option<String>, AccountError> {
        let query = "SELECT login FROM account WHERE person = ?1";
        let found = self
            .connection
            .query_row(query, [person.0.0], |row| row.get(0));
        Ok(found.optional()?)
    }

    /// Whose a link is, while it holds.
    ///
    /// # Errors
    /// [`AccountError::NoLink`], [`AccountError::Database`].
    pub fn whose_link(&self, token: &Token, now: Timestamp) -> Result<PersonId, AccountError> {
        // A clock that went back to before it was made revives no link.
        let query = "SELECT person FROM link WHERE token = ?1 AND ends > ?2 AND ends <= ?3";
        let row = (
            token.digest(),
            now.as_second(),
            (now + LINK_HOLDS).as_second() + 60,
        );
        let found = self.connection.query_row(query, row, |row| row.get(0));
        let person = found.optional()?.ok_or(AccountError::NoLink)?;
        Ok(PersonId(Sequence(person)))
    }

    /// Sets a person's name and password by a link, which then holds no
    /// longer. All sessions and keys of the person end. Costs what a hash
    /// costs.
    ///
    /// # Errors
    /// [`AccountError::NoLink`], [`AccountError::Login`],
    /// [`AccountError::Random`], [`AccountError::Database`].
    pub fn set_password(
        &mut self,
        token: &Token,
        login: &str,
        password: &Password,
        now: Timestamp,
    ) -> Result<PersonId, AccountError> {
        let login = login_name(login)?;
        let person = self.whose_link(token, now)?;
        let HashedPassword { salt, hash } = password.hashed()?;
        let mut transaction = self.connection.transaction()?;
        use_link(&mut transaction, token)?;
        let taken: bool = transaction.query_row(
            "SELECT EXISTS (SELECT 1 FROM account WHERE login = ?1 AND person <> ?2)",
            (&login, person.0.0),
            |row| row.get(0),
        )?;
        if taken {
            return Err(AccountError::Login("is taken: choose another"));
        }
        transaction.execute(
            "INSERT INTO account (person, login, salt, hash) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (person) DO UPDATE SET login = ?2, salt = ?3, hash = ?4",
            (person.0.0, &login, salt, hash),
        )?;
        end_all(&mut transaction, person)?;
        // Who guessed at the old password keeps nobody from the new one.
        Throttle::of_login(&login).was_right(&mut transaction)?;
        transaction.commit()?;
        Ok(person)
    }
}

fn new_link(
    transaction: &mut Transaction<'_>,
    person: PersonId,
    ends: Timestamp,
) -> Result<Token, AccountError> {
    let token = Token::new()?;
    transaction.execute("DELETE FROM link WHERE person = ?1", [person.0.0])?;
    transaction.execute(
        "INSERT INTO link (token, person, ends) VALUES (?1, ?2, ?3)",
        (token.digest(), person.0.0, ends.as_second()),
    )?;
    Ok(token)
}

/// Between the look at a link and here somebody else may have used it.
pub(super) fn use_link(
    transaction: &mut Transaction<'_>,
    token: &Token,
) -> Result<(), AccountError> {
    match transaction.execute("DELETE FROM link WHERE token = ?1", [token.digest()])? {
        1 => Ok(()),
        _ => Err(AccountError::NoLink),
    }
}
