//! How much each organisation may put on record.
//!
//! Runs of members stay for good, so that one organisation could take the
//! room of all others. Each may bring as much at once as is allowed for a day;
//! what it brought is forgotten evenly over a day. It is counted in memory: a
//! server that is started anew, or a second one, counts from nothing, which
//! slows down whoever fills a disk as well.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::identity::OrganisationId;

/// Bytes a day, where nothing else is set.
const A_DAY: u64 = 4 << 30;
/// Bytes a day at least: several of the largest runs.
const LEAST_A_DAY: u64 = 64 << 20;
/// Bytes that a run takes besides what is sent: its entry, its signature, and
/// its place in the log.
const BESIDES: u64 = 8 << 10;
const MILLISECONDS_A_DAY: u128 = 24 * 60 * 60 * 1_000;

/// What is left to each organisation.
#[derive(Debug)]
pub(crate) struct Allowances {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    a_day: u64,
    spent: BTreeMap<OrganisationId, Spent>,
}

/// What counts as brought at a moment, by a clock that nobody turns.
#[derive(Debug, Clone, Copy)]
struct Spent {
    bytes: u64,
    at: Instant,
}

impl Default for Allowances {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                a_day: A_DAY,
                spent: BTreeMap::new(),
            }),
        }
    }
}

impl Allowances {
    /// Changes how much it is from here on.
    pub(crate) fn set(&self, bytes_a_day: u64) {
        self.state().a_day = bytes_a_day.max(LEAST_A_DAY);
    }

    /// Takes a run of so many bytes from what is left.
    ///
    /// # Errors
    /// How long until that much is left; nothing was taken then.
    pub(crate) fn take(
        &self,
        organisation: OrganisationId,
        bytes: u64,
        now: Instant,
    ) -> Result<(), Duration> {
        let mut state = self.state();
        let a_day = state.a_day;
        let before = state.spent.get(&organisation).map_or(0, |spent| {
            let passed = now.saturating_duration_since(spent.at).as_millis();
            let forgotten = passed * u128::from(a_day) / MILLISECONDS_A_DAY;
            let forgotten = u64::try_from(forgotten).unwrap_or(u64::MAX);
            spent.bytes.saturating_sub(forgotten)
        });
        let after = before.saturating_add(bytes).saturating_add(BESIDES);
        if after > a_day {
            let too_much = u128::from(after - a_day);
            let wait = (too_much * MILLISECONDS_A_DAY).div_ceil(u128::from(a_day));
            let wait = u64::try_from(wait).unwrap_or(u64::MAX);
            return Err(Duration::from_millis(wait));
        }
        let spent = Spent {
            bytes: after,
            at: now,
        };
        state.spent.insert(organisation, spent);
        Ok(())
    }

    /// Gives a run back that was taken and is not on record.
    pub(crate) fn give_back(&self, organisation: OrganisationId, bytes: u64) {
        if let Some(spent) = self.state().spent.get_mut(&organisation) {
            let brought = bytes.saturating_add(BESIDES);
            spent.bytes = spent.bytes.saturating_sub(brought);
        }
    }

    /// What is counted is whole at every moment that the lock can be let go.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::OnceLock;

    use proptest::prelude::*;

    use super::*;
    use crate::identity::Sequence;

    const ONE: OrganisationId = OrganisationId(Sequence(1));
    const OTHER: OrganisationId = OrganisationId(Sequence(2));
    const HALF: u64 = LEAST_A_DAY / 2 - BESIDES;

    fn least() -> Allowances {
        let allowances = Allowances::default();
        allowances.set(0);
        allowances
    }

    fn at(milliseconds: u64) -> Instant {
        static BEGUN: OnceLock<Instant> = OnceLock::new();
        *BEGUN.get_or_init(Instant::now) + Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_day_s_worth_is_taken_at_once_and_comes_back_evenly() {
        let allowances = least();
        for _ in 0..2 {
            allowances.take(ONE, HALF, at(0)).unwrap();
        }
        let wait = allowances.take(ONE, HALF, at(0)).unwrap_err();
        assert_eq!(wait, Duration::from_secs(12 * 60 * 60));
        // Another organisation does not wait for it.
        allowances.take(OTHER, HALF, at(0)).unwrap();
        let wait = u64::try_from(wait.as_millis()).unwrap();
        allowances.take(ONE, HALF, at(wait - 1)).unwrap_err();
        allowances.take(ONE, HALF, at(wait)).unwrap();
        allowances.take(ONE, 0, at(wait)).unwrap_err();
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let allowances = least();
        for _ in 0..2 {
            allowances.take(ONE, HALF, at(0)).unwrap();
        }
        allowances.take(ONE, HALF, at(0)).unwrap_err();
        allowances.give_back(ONE, HALF);
        allowances.give_back(OTHER, HALF);
        allowances.take(ONE, HALF, at(0)).unwrap();
        allowances.take(ONE, 0, at(0)).unwrap_err();
    }

    proptest! {
        #[test]
        fn nobody_brings_more_than_two_days_worth_in_one_day(
            runs in prop::collection::vec((0_u64..4 << 20, 0_u64..3_600_000), 1..200),
        ) {
            let allowances = least();
            let (mut now, mut brought) = (0, 0);
            for (bytes, later) in runs {
                now += later;
                if now > 24 * 60 * 60 * 1_000 {
                    break;
                }
                if allowances.take(ONE, bytes, at(now)).is_ok() {
                    brought += bytes + BESIDES;
                }
                prop_assert!(brought <= 2 * LEAST_A_DAY);
            }
        }

        #[test]
        fn whoever_waits_as_long_as_told_is_let_in(
            runs in prop::collection::vec((0_u64..4 << 20, 0_u64..600_000), 1..200),
        ) {
            let allowances = least();
            let mut now = 0;
            for (bytes, later) in runs {
                now += later;
                if let Err(wait) = allowances.take(ONE, bytes, at(now)) {
                    now += u64::try_from(wait.as_millis()).unwrap();
                    prop_assert!(allowances.take(ONE, bytes, at(now)).is_ok());
                }
            }
        }
    }
}
