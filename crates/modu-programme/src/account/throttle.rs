//! Slowing down whoever guesses passwords.
//!
//! Some wrong attempts are free, for people forget. After that each one
//! doubles the wait, up to a quarter of an hour, for a name and for an address
//! by itself; what is old is forgotten.

use jiff::{SignedDuration, Timestamp};

use super::AccountError;
use crate::database::{Database, Optional as _};

/// The longest wait.
const LONGEST: SignedDuration = SignedDuration::from_mins(15);
/// After this long without an attempt, what was before does not count.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(24);

/// A place that attempts are counted at.
pub(super) struct Throttle {
    place: String,
    free: u32,
}

impl Throttle {
    pub(super) fn of_login(login: &str) -> Self {
        Self {
            place: format!("login {login}"),
            free: 5,
        }
    }

    /// Many people may come from one address.
    pub(super) fn of_address(address: &str) -> Self {
        Self {
            place: format!("address {address}"),
            free: 50,
        }
    }

    pub(super) fn check(&self, connection: &Database, now: Timestamp) -> Result<(), AccountError> {
        let Some((failures, last)) = self.read(connection)? else {
            return Ok(());
        };
        let until = last + self.wait(failures);
        match now >= until {
            true => Ok(()),
            false => Err(AccountError::TooMany(until)),
        }
    }

    pub(super) fn fail(&self, connection: &Database, now: Timestamp) -> Result<(), AccountError> {
        let before = self
            .read(connection)?
            .filter(|(_, last)| now < *last + FORGOTTEN);
        let failures = before.map_or(0, |(failures, _)| failures).saturating_add(1);
        connection.execute(
            "INSERT INTO attempt (place, failures, last) VALUES (?1, ?2, ?3)
             ON CONFLICT (place) DO UPDATE SET failures = ?2, last = ?3",
            (&self.place, failures, now.as_second()),
        )?;
        let old = (now - FORGOTTEN).as_second();
        connection.execute("DELETE FROM attempt WHERE last < ?1", [old])?;
        Ok(())
    }

    pub(super) fn forget(&self, connection: &Database) -> Result<(), AccountError> {
        connection.execute("DELETE FROM attempt WHERE place = ?1", [&self.place])?;
        Ok(())
    }

    fn read(&self, connection: &Database) -> Result<Option<(u32, Timestamp)>, AccountError> {
        let query = "SELECT failures, last FROM attempt WHERE place = ?1";
        let found = connection.query_row(query, [&self.place], |row| {
            Ok((row.get::<u32>(0)?, row.get::<i64>(1)?))
        });
        let Some((failures, last)) = found.optional()? else {
            return Ok(None);
        };
        let last =
            Timestamp::from_second(last).map_err(|_| AccountError::Unreadable("an attempt"))?;
        Ok(Some((failures, last)))
    }

    fn wait(&self, failures: u32) -> SignedDuration {
        match failures.checked_sub(self.free) {
            None => SignedDuration::ZERO,
            Some(doublings) => {
                let seconds = 1_i64 << doublings.min(20);
                SignedDuration::from_secs(seconds).min(LONGEST)
            }
        }
    }
}
