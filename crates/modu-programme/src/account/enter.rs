//! Coming in: from a name and a password, or what an identity provider said,
//! to a session.
//!
//! Whoever has a second factor gets a *ticket* first, and for the ticket and a
//! code a session. A session is always a new token: one that was planted in a
//! browser beforehand is worth nothing.

use jiff::{SignedDuration, Timestamp};

use super::throttle::Throttle;
use super::{AccountError, Accounts, Token, login_name, password};
use crate::database::{Optional as _, Transaction};
use crate::identity::{PersonId, Sequence};

/// How long a session lasts, whatever is done in it.
pub const SESSION_LASTS: SignedDuration = SignedDuration::from_hours(12);
/// How long a session lasts in which nothing is done.
pub const SESSION_IDLES: SignedDuration = SignedDuration::from_hours(1);
/// How long a ticket waits for its code.
pub const TICKET_HOLDS: SignedDuration = SignedDuration::from_mins(5);
/// What clocks are set back by in passing: so much ends no session.
const SETBACK: SignedDuration = SignedDuration::from_secs(60);

/// Tickets, identities elsewhere (`bound`), second factors and their recovery
/// codes: they came together.
pub(super) const SCHEMA: &str = "
    CREATE TABLE ticket (
        token BLOB PRIMARY KEY, person INTEGER NOT NULL, begun INTEGER NOT NULL) STRICT;
    CREATE TABLE bound (
        identity BLOB PRIMARY KEY, person INTEGER NOT NULL, issuer TEXT NOT NULL,
        vouched INTEGER NOT NULL) STRICT;
    CREATE TABLE factor (
        person INTEGER PRIMARY KEY, secret BLOB NOT NULL,
        confirmed INTEGER NOT NULL, used INTEGER NOT NULL) STRICT;
    CREATE TABLE recovery (
        person INTEGER NOT NULL, code BLOB NOT NULL, PRIMARY KEY (person, code)) STRICT;";

/// How far somebody came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entered {
    /// All the way.
    In {
        /// Who it is.
        person: PersonId,
        /// Their session.
        session: Token,
    },
    /// A code of their second factor is asked for next.
    CodeNext {
        /// What the code is to come with ([`Accounts::enter_code`]).
        ticket: Token,
    },
}

/// A name and the place that it came from, counted and looked up. What follows
/// takes its time and needs no database.
#[derive(Debug)]
pub struct Attempt {
    places: [Throttle; 2],
    kept: Option<Kept>,
}

/// What is kept of a password.
#[derive(Debug)]
struct Kept {
    person: u64,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

/// An attempt whose password was right.
#[derive(Debug)]
pub struct Proven {
    places: [Throttle; 2],
    kept: Kept,
}

impl Attempt {
    /// Whether the password is the one that was set. For a name that there is
    /// not it takes as long as for one that there is: what a hash costs.
    ///
    /// # Errors
    /// [`AccountError::Wrong`].
    pub fn check(self, password: &str) -> Result<Proven, AccountError> {
        let nobody = (vec![0; 16], vec![0; 32]);
        let (salt, hash) = match &self.kept {
            Some(kept) => (&kept.salt, &kept.hash),
            None => (&nobody.0, &nobody.1),
        };
        let is_right = password::matches(password, salt, hash);
        let kept = self.kept.filter(|_| is_right).ok_or(AccountError::Wrong)?;
        Ok(Proven {
            places: self.places,
            kept,
        })
    }
}

impl Proven {
    /// Whose password it is, if it is still the one that is set; the attempt
    /// does not count as wrong any more.
    pub(super) fn was_right(
        self,
        transaction: &mut Transaction<'_>,
    ) -> Result<PersonId, AccountError> {
        let Self { places, kept } = self;
        let still: bool = transaction.query_row(
            "SELECT EXISTS (SELECT 1 FROM account WHERE person = ?1 AND hash = ?2)",
            (kept.person, kept.hash),
            |row| row.get(0),
        )?;
        if !still {
            return Err(AccountError::Wrong);
        }
        for place in &places {
            place.was_right(transaction)?;
        }
        Ok(PersonId(Sequence(kept.person)))
    }
}

impl Accounts {
    /// Counts an attempt to sign in, as wrong until [`Self::enter`] says
    /// otherwise. Wrong attempts on one name and from one address make the
    /// next ones wait.
    ///
    /// # Errors
    /// [`AccountError::Wrong`] where no name is like that;
    /// [`AccountError::TooMany`], [`AccountError::Database`].
    pub fn attempt(
        &self,
        login: &str,
        address: &str,
        now: Timestamp,
    ) -> Result<Attempt, AccountError> {
        let login = login_name(login).map_err(|_| AccountError::Wrong)?;
        let places = [Throttle::of_login(&login), Throttle::of_address(address)];
        Throttle::count(&self.connection, &places, now)?;
        let query = "SELECT person, salt, hash FROM account WHERE login = ?1";
        let kept = self.connection.query_row(query, [&login], |row| {
            Ok(Kept {
                person: row.get(0)?,
                salt: row.get(1)?,
                hash: row.get(2)?,
            })
        });
        Ok(Attempt {
            places,
            kept: kept.optional()?,
        })
    }

    /// Lets in whose password was right, if it is still the one that is set.
    ///
    /// # Errors
    /// [`AccountError::Wrong`], [`AccountError::Random`],
    /// [`AccountError::Database`].
    pub fn enter(&self, proven: Proven, now: Timestamp) -> Result<Entered, AccountError> {
        let mut transaction = self.connection.transaction()?;
        let person = proven.was_right(&mut transaction)?;
        let entered = let_in(&mut transaction, person, false, now)?;
        transaction.commit()?;
        Ok(entered)
    }

    /// [`Self::attempt`], [`Attempt::check`] and [`Self::enter`] in one.
    ///
    /// # Errors
    /// As they.
    pub fn sign_in(
        &self,
        login: &str,
        password: &str,
        address: &str,
        now: Timestamp,
    ) -> Result<Entered, AccountError> {
        let attempt = self.attempt(login, address, now)?;
        self.enter(attempt.check(password)?, now)
    }

    /// Whose a session is, while it lasts. A session in use does not idle.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn whose_session(
        &self,
        token: &Token,
        now: Timestamp,
    ) -> Result<Option<PersonId>, AccountError> {
        let query = "SELECT person, begun, seen FROM session WHERE token = ?1";
        let found = self.connection.query_row(query, [token.digest()], |row| {
            Ok((row.get::<u64>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?))
        });
        let Some((person, begun, seen)) = found.optional()? else {
            return Ok(None);
        };
        if is_over(begun, SESSION_LASTS, now) || is_over(seen, SESSION_IDLES, now) {
            self.sign_out(token)?;
            return Ok(None);
        }
        // Not at every page: a minute is near enough.
        let now = now.as_second();
        if now - seen >= 60 {
            let update = "UPDATE session SET seen = ?2 WHERE token = ?1";
            self.connection.execute(update, (token.digest(), now))?;
        }
        Ok(Some(PersonId(Sequence(person))))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn sign_out(&self, token: &Token) -> Result<(), AccountError> {
        let delete = "DELETE FROM session WHERE token = ?1";
        self.connection.execute(delete, [token.digest()])?;
        Ok(())
    }

    /// Ends all sessions, links and keys of a person.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn shut_out(&mut self, person: PersonId) -> Result<(), AccountError> {
        let mut transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM link WHERE person = ?1", [person.0.0])?;
        end_all(&mut transaction, person)?;
        Ok(transaction.commit()?)
    }

    /// Whose a ticket is, while it holds.
    pub(super) fn whose_ticket(
        &self,
        ticket: &Token,
        now: Timestamp,
    ) -> Result<PersonId, AccountError> {
        let query = "SELECT person, begun FROM ticket WHERE token = ?1";
        let found = self.connection.query_row(query, [ticket.digest()], |row| {
            Ok((row.get::<u64>(0)?, row.get::<i64>(1)?))
        });
        match found.optional()? {
            Some((person, begun)) if !is_over(begun, TICKET_HOLDS, now) => {
                Ok(PersonId(Sequence(person)))
            }
            _ => Err(AccountError::NoTicket),
        }
    }

    /// Whether a ticket holds: whether a code is worth asking for.
    ///
    /// # Errors
    /// [`AccountError::NoTicket`], [`AccountError::Database`].
    pub fn check_ticket(&self, ticket: &Token, now: Timestamp) -> Result<(), AccountError> {
        self.whose_ticket(ticket, now).map(drop)
    }
}

/// A session, or a ticket for whoever has a second factor; `vouched` is that
/// both were looked at elsewhere.
pub(super) fn let_in(
    transaction: &mut Transaction<'_>,
    person: PersonId,
    vouched: bool,
    now: Timestamp,
) -> Result<Entered, AccountError> {
    let asks: bool = transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM factor WHERE person = ?1 AND confirmed = 1)",
        [person.0.0],
        |row| row.get(0),
    )?;
    if !asks || vouched {
        let session = begin_session(transaction, person, now)?;
        return Ok(Entered::In { person, session });
    }
    let ticket = Token::new()?;
    let old = (now - TICKET_HOLDS).as_second();
    transaction.execute("DELETE FROM ticket WHERE begun < ?1", [old])?;
    transaction.execute(
        "INSERT INTO ticket (token, person, begun) VALUES (?1, ?2, ?3)",
        (ticket.digest(), person.0.0, now.as_second()),
    )?;
    Ok(Entered::CodeNext { ticket })
}

pub(super) fn begin_session(
    transaction: &mut Transaction<'_>,
    person: PersonId,
    now: Timestamp,
) -> Result<Token, AccountError> {
    let session = Token::new()?;
    let old = (now - SESSION_LASTS).as_second();
    transaction.execute("DELETE FROM session WHERE begun < ?1", [old])?;
    transaction.execute(
        "INSERT INTO session (token, person, begun, seen) VALUES (?1, ?2, ?3, ?3)",
        (session.digest(), person.0.0, now.as_second()),
    )?;
    Ok(session)
}

/// Ends sessions, tickets and keys of a person.
pub(super) fn end_all(
    transaction: &mut Transaction<'_>,
    person: PersonId,
) -> Result<(), AccountError> {
    for delete in [
        "DELETE FROM session WHERE person = ?1",
        "DELETE FROM ticket WHERE person = ?1",
        "DELETE FROM program_key WHERE person = ?1",
    ] {
        transaction.execute(delete, [person.0.0])?;
    }
    Ok(())
}

/// A clock that went back gives nothing a longer life.
pub(super) fn is_over(since: i64, lasts: SignedDuration, now: Timestamp) -> bool {
    let age = now.as_second() - since;
    age < -SETBACK.as_secs() || age >= lasts.as_secs()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::super::Password;
    use super::super::password::STRETCHED;
    use super::*;

    #[test]
    fn a_name_that_there_is_not_costs_the_hash_that_a_wrong_password_costs() {
        let now = Timestamp::from_second(1_790_000_000).unwrap();
        let mut accounts = Accounts::in_memory().unwrap();
        let (kim, lee) = (PersonId(Sequence(7)), PersonId(Sequence(8)));
        for (person, login) in [(kim, "kim"), (lee, "lee")] {
            let link = accounts.link(person, now).unwrap();
            let password = Password::new("correct horse battery staple").unwrap();
            accounts.set_password(&link, login, &password, now).unwrap();
        }
        accounts.reset(lee, now).unwrap();
        // There, not there, and there with the password taken away.
        for login in ["kim", "nobody", "lee"] {
            let before = STRETCHED.get();
            let answer = accounts.sign_in(login, "some other phrase", "::1", now);
            assert!(matches!(answer, Err(AccountError::Wrong)), "{answer:?}");
            assert_eq!(STRETCHED.get() - before, 1, "{login}");
        }
    }
}
