//! Slowing down whoever guesses passwords and codes.
//!
//! Some wrong attempts are free, for people forget. After that each one
//! doubles the wait, for a name, for a person's codes and for an address by
//! itself; what is old is forgotten. An attempt counts as wrong until it is
//! known not to be, so that of many made at the same time none slips by.

use std::net::{IpAddr, Ipv6Addr};

use jiff::{SignedDuration, Timestamp};
use modu_kernel::Digest;

use super::AccountError;
use crate::database::{Database, Optional as _, Transaction};
use crate::identity::PersonId;

/// After this long without an attempt, what was before does not count.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(24);

/// A place that attempts are counted at.
#[derive(Debug, Clone)]
pub(super) struct Throttle {
    place: String,
    free: u32,
    /// The longest wait.
    longest: SignedDuration,
    /// How long until one wrong attempt is forgiven.
    forgives: Option<SignedDuration>,
}

impl Throttle {
    pub(super) fn of_login(login: &str) -> Self {
        Self {
            // Some type their password where their name belongs.
            place: format!("login {}", Digest::of(login.as_bytes()).to_hex()),
            free: 5,
            longest: SignedDuration::from_mins(15),
            forgives: None,
        }
    }

    /// Three of a million codes are right at any time: at one guess an hour,
    /// somebody who knows the password already hits one in 38 years.
    pub(super) fn of_codes(person: PersonId) -> Self {
        Self {
            place: format!("codes {person}"),
            free: 5,
            longest: SignedDuration::from_hours(1),
            forgives: None,
        }
    }

    /// Many people may come from one address, and its count is not cleared by
    /// one who comes in: that one may be the guesser. Of IPv6 the network is
    /// taken (64 bits), for a guesser has all of it.
    pub(super) fn of_address(address: &str) -> Self {
        let place = match address.parse() {
            Ok(IpAddr::V6(six)) if six.to_ipv4_mapped().is_none() => {
                let network = six.to_bits() >> 64 << 64;
                Ipv6Addr::from_bits(network).to_string()
            }
            _ => address.to_owned(),
        };
        Self {
            place: format!("address {place}"),
            free: 50,
            longest: SignedDuration::from_mins(15),
            forgives: Some(SignedDuration::from_mins(15)),
        }
    }

    /// Counts an attempt at each place, before anybody knows whether it is
    /// right.
    pub(super) fn count(
        database: &Database,
        places: &[Self],
        now: Timestamp,
    ) -> Result<(), AccountError> {
        let mut transaction = database.transaction()?;
        let mut latest = None;
        for place in places {
            latest = latest.max(place.until(&mut transaction, now)?);
        }
        if latest.is_none() {
            for place in places {
                place.add(&mut transaction, now)?;
            }
            let old = (now - FORGOTTEN).as_second();
            transaction.execute("DELETE FROM attempt WHERE last < ?1", [old])?;
        }
        transaction.commit()?;
        latest.map_or(Ok(()), |until| Err(AccountError::TooMany(until)))
    }

    /// Until when this place waits, where it does.
    fn until(
        &self,
        transaction: &mut Transaction<'_>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, AccountError> {
        let Some((failures, mut last)) = self.read(transaction)? else {
            return Ok(None);
        };
        if last > now {
            // The clock went back: nobody waits longer for it than ever.
            last = now;
            transaction.execute(
                "UPDATE attempt SET last = ?2 WHERE place = ?1",
                (&self.place, now.as_second()),
            )?;
        }
        let until = last + self.wait(self.left(failures, last, now));
        Ok((now < until).then_some(until))
    }

    fn add(&self, transaction: &mut Transaction<'_>, now: Timestamp) -> Result<(), AccountError> {
        let before = self.read(transaction)?;
        let before = before.map_or(0, |(failures, last)| self.left(failures, last, now));
        transaction.execute(
            "INSERT INTO attempt (place, failures, last) VALUES (?1, ?2, ?3)
             ON CONFLICT (place) DO UPDATE SET failures = ?2, last = ?3",
            (&self.place, before.saturating_add(1), now.as_second()),
        )?;
        Ok(())
    }

    /// The attempt was right: at a name or a person's codes nothing counts any
    /// more, at an address this one does not.
    pub(super) fn was_right(&self, transaction: &mut Transaction<'_>) -> Result<(), AccountError> {
        let statement = match self.forgives {
            None => "DELETE FROM attempt WHERE place = ?1",
            Some(_) => {
                "UPDATE attempt SET failures = failures - 1 WHERE place = ?1 AND failures > 0"
            }
        };
        transaction.execute(statement, [&self.place])?;
        Ok(())
    }

    /// What still counts of so many failures.
    fn left(&self, failures: u32, last: Timestamp, now: Timestamp) -> u32 {
        let gone = now.duration_since(last);
        let forgiven = self.forgives.map_or(0, |each| {
            u32::try_from(gone.as_secs().max(0) / each.as_secs()).unwrap_or(u32::MAX)
        });
        match gone < FORGOTTEN {
            true => failures.saturating_sub(forgiven),
            false => 0,
        }
    }

    fn read(
        &self,
        transaction: &mut Transaction<'_>,
    ) -> Result<Option<(u32, Timestamp)>, AccountError> {
        let query = "SELECT failures, last FROM attempt WHERE place = ?1";
        let found = transaction.query_row(query, [&self.place], |row| {
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
                SignedDuration::from_secs(seconds).min(self.longest)
            }
        }
    }
}
