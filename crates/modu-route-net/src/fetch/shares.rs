//! Who may use how much of an update: time and places, by the tree.
//!
//! A certificate authority can issue certificates to thousands of children of
//! its own making, each naming a server that drips bytes until its deadline
//! ("Stalloris", USENIX Security 2022). So what a source costs is charged to
//! the whole chain of authorities that led to it. An authority together with
//! all below it may use half of what its issuer may: half of the places at
//! any moment, half of the time over the update, half of the servers that may
//! be named; and among those who
//! wait, whose chain has used least comes first. Whatever a hostile authority
//! makes of its own half, its siblings find the other half free.

use std::collections::HashMap;
use std::time::Duration;

use modu_kernel::Digest;

/// What an authority and all below it have used.
#[derive(Debug, Clone, Copy, Default)]
struct Use {
    running: usize,
    time: Duration,
    sources: usize,
}

/// What may be used, and what has been.
#[derive(Debug)]
pub(super) struct Shares {
    places: usize,
    time: Duration,
    sources: usize,
    used: HashMap<Digest, Use>,
}

/// Whether a source may be fetched now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Grant {
    /// It may.
    Now,
    /// Its authorities' places are taken.
    Later,
    /// Its authorities' time is used up.
    Never,
}

impl Shares {
    /// So many places, for so long, and so many sources.
    pub(super) fn new(places: usize, run_time: Duration, sources: usize) -> Self {
        let places = places.max(1);
        Self {
            places,
            time: run_time.saturating_mul(u32::try_from(places).unwrap_or(u32::MAX)),
            sources,
            used: HashMap::new(),
        }
    }

    /// Counts a source that this chain leads to; whether it is within the
    /// authorities' number.
    pub(super) fn name(&mut self, chain: &[Digest]) -> bool {
        let within = (0..).zip(chain).all(|(depth, authority)| {
            self.of(authority).sources < (self.sources >> depth.min(20)).max(1)
        });
        if within {
            for authority in chain {
                self.used.entry(*authority).or_default().sources += 1;
            }
        }
        within
    }

    fn of(&self, authority: &Digest) -> Use {
        self.used.get(authority).copied().unwrap_or_default()
    }

    /// Whether a source may be fetched that this chain of authorities, from a
    /// trust anchor down, leads to.
    pub(super) fn grant(&self, chain: &[Digest]) -> Grant {
        let mut grant = Grant::Now;
        for (depth, authority) in (0..).zip(chain) {
            let used = self.of(authority);
            if used.time
                > self
                    .time
                    .checked_div(1 << depth.min(20))
                    .unwrap_or_default()
            {
                return Grant::Never;
            }
            if used.running >= (self.places >> depth.min(20)).max(1) {
                grant = Grant::Later;
            }
        }
        grant
    }

    /// By what those who wait are ordered: the time that each authority of
    /// the chain has used, from the top.
    pub(super) fn order(&self, chain: &[Digest]) -> Vec<Duration> {
        let second = |running: usize| Duration::from_secs(running as u64);
        let used = chain.iter().map(|authority| self.of(authority));
        used.map(|used| used.time + second(used.running)).collect()
    }

    pub(super) fn begin(&mut self, chain: &[Digest]) {
        for authority in chain {
            self.used.entry(*authority).or_default().running += 1;
        }
    }

    pub(super) fn end(&mut self, chain: &[Digest], took: Duration) {
        for authority in chain {
            let used = self.used.entry(*authority).or_default();
            used.running = used.running.saturating_sub(1);
            used.time += took;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority(number: u8) -> Digest {
        Digest::of(&[number])
    }

    #[test]
    fn an_authority_and_all_below_it_get_half_of_the_places() {
        let mut shares = Shares::new(8, Duration::from_secs(100), 100);
        let (anchor, hostile) = (authority(0), authority(1));
        for child in 2..6 {
            let chain = [anchor, hostile, authority(child)];
            assert_eq!(shares.grant(&chain), Grant::Now);
            shares.begin(&chain);
        }
        let more = [anchor, hostile, authority(6)];
        assert_eq!(shares.grant(&more), Grant::Later);
        assert_eq!(shares.grant(&[anchor, authority(7)]), Grant::Now);
        shares.end(&[anchor, hostile, authority(2)], Duration::from_secs(1));
        assert_eq!(shares.grant(&more), Grant::Now);
    }

    #[test]
    fn time_that_children_use_up_is_their_issuers_and_not_its_siblings() {
        let mut shares = Shares::new(2, Duration::from_secs(10), 100);
        let (anchor, hostile) = (authority(0), authority(1));
        for child in 2..6 {
            let chain = [anchor, hostile, authority(child)];
            shares.begin(&chain);
            shares.end(&chain, Duration::from_secs(3));
        }
        let fresh = [anchor, hostile, authority(9)];
        assert_eq!(shares.grant(&fresh), Grant::Never);
        let sibling = [anchor, authority(7)];
        assert_eq!(shares.grant(&sibling), Grant::Now);
        assert!(shares.order(&sibling) < shares.order(&fresh));
    }

    #[test]
    fn thousands_of_servers_below_one_authority_leave_room_for_others() {
        let mut shares = Shares::new(2, Duration::from_secs(10), 8);
        let (anchor, hostile) = (authority(0), authority(1));
        let named = (10..110).filter(|child| shares.name(&[anchor, hostile, authority(*child)]));
        assert_eq!(named.count(), 4);
        assert!(shares.name(&[anchor, authority(2)]));
    }
}
