//! The second factor: a code from a person's phone, beside the password.
//!
//! A secret is given once, on a page; it counts from when a first code has
//! proven that the phone has it. Each code is taken once. For a lost phone
//! there are recovery codes, of which only digests are kept, each good once.

use jiff::Timestamp;

use super::enter::begin_session;
use super::throttle::Throttle;
use super::totp::{Secret, base32};
use super::{AccountError, Accounts, SealKey, Token, digest, random};
use crate::database::{Optional as _, Transaction};
use crate::identity::PersonId;

/// Recovery codes that are given at once.
pub const RECOVERY_CODES: usize = 10;

/// A second factor that counts from now on.
#[derive(Debug)]
pub struct Confirmed {
    /// The session in which it was confirmed, anew.
    pub session: Token,
    /// The recovery codes, shown this once.
    pub codes: Vec<String>,
}

impl Accounts {
    /// Whether a person has a second factor.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn has_factor(&self, person: PersonId) -> Result<bool, AccountError> {
        let query = "SELECT EXISTS (SELECT 1 FROM factor WHERE person = ?1 AND confirmed = 1)";
        let has = self
            .connection
            .query_row(query, [person.0.0], |row| row.get(0))?;
        Ok(has)
    }

    /// Whether a person can come in by one factor alone: they have none here,
    /// and a password or a provider that asks for one only.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn lacks_factor(&self, person: PersonId) -> Result<bool, AccountError> {
        let query = "SELECT NOT EXISTS (SELECT 1 FROM factor WHERE person = ?1 AND confirmed = 1)
            AND (EXISTS (SELECT 1 FROM account WHERE person = ?1 AND length(hash) > 0)
              OR EXISTS (SELECT 1 FROM bound WHERE person = ?1 AND vouched = 0))";
        let lacks = self
            .connection
            .query_row(query, [person.0.0], |row| row.get(0))?;
        Ok(lacks)
    }

    /// How many recovery codes a person has left.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn codes_left(&self, person: PersonId) -> Result<usize, AccountError> {
        let query = "SELECT count(*) FROM recovery WHERE person = ?1";
        let left: u64 = self
            .connection
            .query_row(query, [person.0.0], |row| row.get(0))?;
        Ok(usize::try_from(left).unwrap_or(usize::MAX))
    }

    /// Gives a person a new secret, which counts once it is confirmed. One
    /// that was given before and not confirmed is worth nothing any more.
    ///
    /// # Errors
    /// [`AccountError::HasFactor`], [`AccountError::NoSealKey`],
    /// [`AccountError::Random`], [`AccountError::Database`].
    pub fn begin_factor(&mut self, person: PersonId) -> Result<Secret, AccountError> {
        let secret = Secret::new()?;
        let sealed = self.seal_key()?.seal(person, secret.bytes())?;
        let kept = self.connection.execute(
            "INSERT INTO factor (person, secret, confirmed, used) VALUES (?1, ?2, 0, 0)
             ON CONFLICT (person) DO UPDATE SET secret = ?2 WHERE factor.confirmed = 0",
            (person.0.0, sealed),
        )?;
        match kept {
            1 => Ok(secret),
            _ => Err(AccountError::HasFactor),
        }
    }

    /// The secret that waits to be confirmed, for the page that asks again.
    ///
    /// # Errors
    /// [`AccountError::NoFactor`], and what reading it fails with.
    pub fn factor_to_confirm(&self, person: PersonId) -> Result<Secret, AccountError> {
        let mut transaction = self.connection.transaction()?;
        let (secret, _) = self.secret(&mut transaction, person, false)?;
        Ok(secret)
    }

    /// Confirms a person's new secret by a code of it. From then on a code is
    /// asked for; other sessions of the person end, and this one is anew.
    ///
    /// # Errors
    /// [`AccountError::WrongCode`], [`AccountError::TooMany`],
    /// [`AccountError::NoFactor`], [`AccountError::Random`],
    /// [`AccountError::Database`].
    pub fn confirm_factor(
        &mut self,
        person: PersonId,
        code: &str,
        now: Timestamp,
    ) -> Result<Confirmed, AccountError> {
        let place = Throttle::of_codes(person);
        Throttle::count(&self.connection, std::slice::from_ref(&place), now)?;
        let mut transaction = self.connection.transaction()?;
        let (secret, _) = self.secret(&mut transaction, person, false)?;
        let step = six_digits(code).and_then(|code| secret.step_of(code, now));
        let step = step.ok_or(AccountError::WrongCode)?;
        let confirmed = transaction.execute(
            "UPDATE factor SET confirmed = 1, used = ?2 WHERE person = ?1 AND confirmed = 0",
            (person.0.0, step),
        )?;
        if confirmed != 1 {
            return Err(AccountError::HasFactor);
        }
        place.was_right(&mut transaction)?;
        for delete in [
            "DELETE FROM session WHERE person = ?1",
            "DELETE FROM ticket WHERE person = ?1",
        ] {
            transaction.execute(delete, [person.0.0])?;
        }
        let codes = new_codes(&mut transaction, person)?;
        let session = begin_session(&mut transaction, person, now)?;
        transaction.commit()?;
        Ok(Confirmed { session, codes })
    }

    /// A session for a ticket and a code of the phone, or a recovery code. The
    /// ticket holds until it is used or its time is over; wrong codes of a
    /// person and from an address make the next ones wait.
    ///
    /// # Errors
    /// [`AccountError::NoTicket`], [`AccountError::WrongCode`],
    /// [`AccountError::TooMany`], [`AccountError::Random`],
    /// [`AccountError::Database`].
    pub fn enter_code(
        &mut self,
        ticket: &Token,
        code: &str,
        address: &str,
        now: Timestamp,
    ) -> Result<(PersonId, Token), AccountError> {
        let person = self.whose_ticket(ticket, now)?;
        let session = self.with_code(person, code, Some(address), now, |transaction| {
            let delete = "DELETE FROM ticket WHERE token = ?1";
            match transaction.execute(delete, [ticket.digest()])? {
                1 => begin_session(transaction, person, now),
                _ => Err(AccountError::NoTicket),
            }
        })?;
        Ok((person, session))
    }

    /// New recovery codes in the place of those that there were.
    ///
    /// # Errors
    /// As [`Self::end_factor`].
    pub fn renew_codes(
        &mut self,
        person: PersonId,
        code: &str,
        now: Timestamp,
    ) -> Result<Vec<String>, AccountError> {
        self.with_code(person, code, None, now, |transaction| {
            new_codes(transaction, person)
        })
    }

    /// Ends a person's second factor, for a code of it.
    ///
    /// # Errors
    /// [`AccountError::WrongCode`], [`AccountError::TooMany`],
    /// [`AccountError::Database`].
    pub fn end_factor(
        &mut self,
        person: PersonId,
        code: &str,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        self.with_code(person, code, None, now, |transaction| {
            forget(transaction, person)
        })
    }

    /// Takes a person's second factor away, as whoever runs the programme does
    /// for a lost phone; sessions, keys and half of a way in end.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn take_factor(&mut self, person: PersonId) -> Result<(), AccountError> {
        let mut transaction = self.connection.transaction()?;
        forget(&mut transaction, person)?;
        super::enter::end_all(&mut transaction, person)?;
        Ok(transaction.commit()?)
    }

    /// Does something that a right code allows: the code is used up with it,
    /// or not at all.
    fn with_code<T>(
        &self,
        person: PersonId,
        code: &str,
        address: Option<&str>,
        now: Timestamp,
        act: impl FnOnce(&mut Transaction<'_>) -> Result<T, AccountError>,
    ) -> Result<T, AccountError> {
        let mut places = vec![Throttle::of_codes(person)];
        places.extend(address.map(Throttle::of_address));
        Throttle::count(&self.connection, &places, now)?;
        let mut transaction = self.connection.transaction()?;
        let is_right = match six_digits(code) {
            Some(digits) => self.use_code(&mut transaction, person, digits, now)?,
            None => use_recovery(&mut transaction, person, code)?,
        };
        if !is_right {
            return Err(AccountError::WrongCode);
        }
        for place in &places {
            place.was_right(&mut transaction)?;
        }
        let done = act(&mut transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    /// Whether a code is right and of a later step than any before.
    fn use_code(
        &self,
        transaction: &mut Transaction<'_>,
        person: PersonId,
        code: u32,
        now: Timestamp,
    ) -> Result<bool, AccountError> {
        let (secret, used) = match self.secret(transaction, person, true) {
            Err(AccountError::NoFactor) => return Ok(false),
            found => found?,
        };
        let Some(step) = secret.step_of(code, now).filter(|step| *step > used) else {
            return Ok(false);
        };
        let update = "UPDATE factor SET used = ?2 WHERE person = ?1 AND used < ?2";
        Ok(transaction.execute(update, (person.0.0, step))? == 1)
    }

    /// A person's secret, confirmed or not, and the last step that was used.
    fn secret(
        &self,
        transaction: &mut Transaction<'_>,
        person: PersonId,
        confirmed: bool,
    ) -> Result<(Secret, i64), AccountError> {
        let query = "SELECT secret, used FROM factor WHERE person = ?1 AND confirmed = ?2";
        let found = transaction.query_row(query, (person.0.0, confirmed), |row| {
            Ok((row.get::<Vec<u8>>(0)?, row.get::<i64>(1)?))
        });
        let (sealed, used) = found.optional()?.ok_or(AccountError::NoFactor)?;
        let opened = self.seal_key()?.open(person, &sealed);
        let secret = opened.and_then(|bytes| Secret::from_bytes(&bytes));
        let secret = secret.ok_or(AccountError::Unreadable("a second factor"))?;
        Ok((secret, used))
    }

    fn seal_key(&self) -> Result<&SealKey, AccountError> {
        self.seal.as_ref().ok_or(AccountError::NoSealKey)
    }
}

fn forget(transaction: &mut Transaction<'_>, person: PersonId) -> Result<(), AccountError> {
    for delete in [
        "DELETE FROM factor WHERE person = ?1",
        "DELETE FROM recovery WHERE person = ?1",
    ] {
        transaction.execute(delete, [person.0.0])?;
    }
    Ok(())
}

/// A code of a phone as people type it; anything else is a recovery code.
fn six_digits(code: &str) -> Option<u32> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let plain = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// Codes of 80 random bits, so that a digest is enough; in groups of four.
fn new_codes(
    transaction: &mut Transaction<'_>,
    person: PersonId,
) -> Result<Vec<String>, AccountError> {
    transaction.execute("DELETE FROM recovery WHERE person = ?1", [person.0.0])?;
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let code = base32(&random::<10>()?);
        transaction.execute(
            "INSERT INTO recovery (person, code) VALUES (?1, ?2)",
            (person.0.0, recovery_digest(&code)),
        )?;
        let groups: Vec<&str> = (0..4)
            .filter_map(|at| code.get(4 * at..4 * at + 4))
            .collect();
        codes.push(groups.join("-"));
    }
    Ok(codes)
}

fn use_recovery(
    transaction: &mut Transaction<'_>,
    person: PersonId,
    code: &str,
) -> Result<bool, AccountError> {
    let typed = code.chars().filter(|c| c.is_ascii_alphanumeric());
    let typed: String = typed.take(32).map(|c| c.to_ascii_uppercase()).collect();
    let delete = "DELETE FROM recovery WHERE person = ?1 AND code = ?2";
    let gone = transaction.execute(delete, (person.0.0, recovery_digest(&typed)))?;
    Ok(gone == 1)
}

fn recovery_digest(code: &str) -> [u8; 32] {
    digest("modu recovery", code.as_bytes())
}
