//! A person's own change of their password.

use jiff::Timestamp;

use super::enter::{Proven, begin_session, end_all};
use super::password::HashedPassword;
use super::{AccountError, Accounts, Token};
use crate::database::Optional as _;
use crate::identity::PersonId;

impl Accounts {
    /// The login name of a person who has a password.
    ///
    /// # Errors
    /// [`AccountError::NoPassword`], [`AccountError::Database`].
    pub fn login_with_password(&self, person: PersonId) -> Result<String, AccountError> {
        let query = "SELECT login FROM account WHERE person = ?1 AND length(hash) > 0";
        let login = self
            .connection
            .query_row(query, [person.0.0], |row| row.get(0));
        login.optional()?.ok_or(AccountError::NoPassword)
    }

    /// Sets a person's new password in place of the one that was proven, if that
    /// is still the one that is set. All sessions, keys and links of the person
    /// end, as with any new password, and a new session begins.
    ///
    /// # Errors
    /// [`AccountError::Wrong`], [`AccountError::Random`],
    /// [`AccountError::Database`].
    pub fn change_password(
        &mut self,
        person: PersonId,
        proven: Proven,
        password: HashedPassword,
        now: Timestamp,
    ) -> Result<Token, AccountError> {
        let mut transaction = self.connection.transaction()?;
        let proven_of = proven.was_right(&mut transaction)?;
        if proven_of != person {
            return Err(AccountError::Wrong);
        }
        transaction.execute(
            "UPDATE account SET salt = ?2, hash = ?3 WHERE person = ?1",
            (person.0.0, password.salt, password.hash),
        )?;
        transaction.execute("DELETE FROM link WHERE person = ?1", [person.0.0])?;
        end_all(&mut transaction, person)?;
        let session = begin_session(&mut transaction, person, now)?;
        transaction.commit()?;
        Ok(session)
    }
}
