//! What a watch says: its report, and the state for the next run.

use super::super::alert::{Alert, AlertState};
use super::super::config::Own;
use super::super::report::{OwnPrefix, SCHEMA, WatchAnswer, WatchReport};
use super::super::state::{HeldRoute, Retelling, WatchState};
use super::{Watcher, key};
use crate::limits;

impl Watcher<'_> {
    /// What the next run begins with.
    #[must_use]
    pub fn state(&self) -> WatchState {
        let routes = self.routes.iter().map(|(prefix, teller, held)| HeldRoute {
            prefix: prefix.to_string(),
            peer: teller.peer,
            path_id: teller.path_id,
            path: held.path.as_path().to_string(),
            stale: held.stale,
        });
        let retelling = self.retelling.iter();
        WatchState {
            time: self.now,
            routes: routes.collect(),
            carried: (self.carried.iter())
                .map(|((_, prefix), peers)| (prefix.to_string(), peers.iter().copied().collect()))
                .collect(),
            retelling: retelling
                .map(|(peer, until)| Retelling {
                    peer: *peer,
                    until: *until,
                })
                .collect(),
            alerts: self.episodes.iter().cloned().collect(),
            ..WatchState::default()
        }
    }

    /// What is said of this run.
    #[must_use]
    pub fn report(&self) -> WatchReport {
        let open = |alert: &&Alert| alert.state == AlertState::Open;
        let mut alerts: Vec<Alert> = (self.episodes.iter())
            .filter(|alert| {
                alert.state != AlertState::Closed || self.episodes.was_touched(&alert.cause)
            })
            .cloned()
            .collect();
        alerts.sort_by_key(|alert| (alert.state, alert.since));
        alerts.truncate(limits::LISTED);
        let count = self.episodes.iter().filter(open).count() as u64;
        let own = self.judge.config.prefixes.iter();
        WatchReport {
            schema: SCHEMA.into(),
            answer: match count {
                0 => WatchAnswer::Quiet,
                _ => WatchAnswer::Alarmed,
            },
            from: self.from,
            until: self.now,
            counts: self.counts,
            peers: self.peers.len() as u64,
            origins: self.origin_tally,
            paths: self.path_tally,
            own: own.map(|own| self.own(own)).collect(),
            open: count,
            opened: self.episodes.opened,
            closed: self.episodes.closed,
            alerts,
        }
    }

    fn own(&self, own: &Own) -> OwnPrefix {
        let place = key(own.prefix);
        OwnPrefix {
            prefix: own.prefix.to_string(),
            peers_had: self.carried.get(&place).map_or(0, |peers| peers.len()) as u64,
            peers_have: self.routes.peers_of(&place) as u64,
        }
    }
}
