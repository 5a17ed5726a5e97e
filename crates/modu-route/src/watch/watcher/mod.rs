//! The fold of updates into alerts.
//!
//! [`routes`] holds what each peer has inside own prefixes, [`judge`] says what
//! is wrong with a route, [`episodes`] keeps the alerts, and [`said`] tells it
//! all; here updates and the passing of time go in.

mod episodes;
mod judge;
mod routes;
mod said;

use std::collections::{BTreeMap, BTreeSet};

use rpki::resources::addr::Prefix;

use self::episodes::Episodes;
use self::judge::Judge;
use self::routes::{Held, Routes, Teller};
use super::alert::{Alert, AlertState, Cause};
use super::config::{Config, Own};
use super::event::{Family, Moment, News, Peer, Update};
use super::report::Counts;
use super::state::WatchState;
use crate::aspa::{AsPath, AspaTable};
use crate::limits;
use crate::origin::OriginIndex;
use crate::vrp::order_of;
use crate::whatif::{PathTally, Tally};

/// A prefix in the order of a routing table.
type Key = ((bool, u128, u8), Prefix);

fn key(prefix: Prefix) -> Key {
    (order_of(prefix), prefix)
}

/// Watches one operator's prefixes. Updates are taken in the order of time;
/// one that is late counts as if it came now.
pub struct Watcher<'c> {
    judge: Judge<'c>,
    now: Moment,
    from: Option<Moment>,
    routes: Routes,
    not_held: u64,
    /// By own prefix: the peers that have had it.
    carried: BTreeMap<Key, BTreeSet<Peer>>,
    episodes: Episodes,
    /// Own prefixes that too few see, since when.
    losing: BTreeMap<Key, Moment>,
    /// Peers whose session began anew, and until when they may tell again
    /// what they told before.
    retelling: BTreeMap<Peer, Moment>,
    /// When the next allowance ends.
    next_end: Option<Moment>,
    peers: BTreeSet<Peer>,
    counts: Counts,
    origin_tally: Tally,
    path_tally: PathTally,
    /// Whether what is taken was heard just now, or is only told again.
    telling: Telling,
}

/// Why a route is held.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Telling {
    /// An update came.
    Live,
    /// A table is being read; who is missing from it is not known yet.
    Table,
    /// It was held before and is judged anew.
    Again,
}

impl<'c> Watcher<'c> {
    /// Begins where an earlier run ended. What was held is judged anew, so a
    /// change of VRPs, ASPAs or configuration may open and close alerts.
    #[must_use]
    pub fn new(
        config: &'c Config,
        origins: OriginIndex,
        aspas: AspaTable,
        state: WatchState,
    ) -> Self {
        let judge = Judge {
            config,
            origins,
            aspas,
        };
        let mut watcher = Self {
            next_end: judge.next_end_after(state.time),
            judge,
            now: state.time,
            from: None,
            routes: Routes::default(),
            not_held: 0,
            carried: BTreeMap::new(),
            episodes: Episodes::default(),
            losing: BTreeMap::new(),
            retelling: BTreeMap::new(),
            peers: BTreeSet::new(),
            counts: Counts::default(),
            origin_tally: Tally::default(),
            path_tally: PathTally::default(),
            telling: Telling::Again,
        };
        watcher.restore(state);
        watcher
    }

    fn restore(&mut self, state: WatchState) {
        self.episodes = Episodes::of(state.alerts);
        let retelling = state.retelling.into_iter();
        self.retelling = retelling.map(|it| (it.peer, it.until)).collect();
        for (prefix, peers) in state.carried {
            if let Some(prefix) = own_prefix(self.judge.config, &prefix) {
                self.carried
                    .insert(key(prefix), peers.into_iter().collect());
            }
        }
        for route in state.routes {
            let teller = Teller {
                peer: route.peer,
                path_id: route.path_id,
            };
            let prefix = crate::text::prefix(&route.prefix);
            if let (Ok(prefix), Ok(path)) = (prefix, AsPath::parse(&route.path)) {
                self.hold(prefix, teller, path, route.stale);
            }
        }
        for own in &self.judge.config.prefixes {
            self.look_for_loss(own);
        }
        self.end_what_nobody_shows();
        self.telling = Telling::Live;
    }

    /// Ends what began and is not so any more.
    fn end_what_nobody_shows(&mut self) {
        let over = |cause: &Cause| match cause {
            Cause::VisibilityLost { prefix } => own_prefix(self.judge.config, prefix)
                .is_none_or(|prefix| !self.losing.contains_key(&key(prefix))),
            _ => self.routes.showing(cause) == 0,
        };
        let over: Vec<Cause> = (self.episodes.iter())
            .filter(|alert| alert.state != AlertState::Closed && over(&alert.cause))
            .map(|alert| alert.cause.clone())
            .collect();
        for cause in over {
            self.episodes.end(&cause, self.now);
        }
    }

    /// Takes one update in. Cost: a binary search for what is not one's own.
    pub fn take(&mut self, update: &Update) {
        self.advance(update.time);
        self.from = self.from.or(Some(update.time));
        self.peers.insert(update.peer);
        match &update.news {
            News::Announced(prefix, path_id, path) => {
                self.counts.announced += 1;
                let (origins, paths) = (&mut self.origin_tally, &mut self.path_tally);
                (self.judge).tally(*prefix, path.as_path(), origins, paths);
                if self.judge.config.covering(*prefix).is_some() {
                    let teller = Teller {
                        peer: update.peer,
                        path_id: *path_id,
                    };
                    self.hold(*prefix, teller, path.clone(), false);
                    self.look_at(*prefix);
                }
            }
            News::Withdrawn(prefix, path_id) => {
                self.counts.withdrawn += 1;
                if self.judge.config.covering(*prefix).is_some() {
                    let teller = Teller {
                        peer: update.peer,
                        path_id: *path_id,
                    };
                    self.let_go(*prefix, teller);
                    self.look_at(*prefix);
                }
            }
            News::SessionLost => {
                self.counts.sessions_lost += 1;
                self.lose(update.peer);
            }
            News::SessionBegan => {
                if self.routes.mark_stale(update.peer) {
                    let until = Moment(self.now.0 + limits::RETELLING_SECONDS * 1_000_000);
                    self.retelling.insert(update.peer, until);
                }
            }
            News::TableTold(family) => self.drop_stale(update.peer, Some(*family)),
        }
    }

    /// Begins a table dump, which tells all routes there are: what is held is
    /// forgotten. [`Self::end_table`] must follow.
    pub fn begin_table(&mut self) {
        self.routes = Routes::default();
        self.retelling.clear();
        self.telling = Telling::Table;
    }

    /// Ends a table dump: what it did not show is over, what it did not tell
    /// is lost.
    pub fn end_table(&mut self) {
        self.telling = Telling::Live;
        for own in &self.judge.config.prefixes {
            self.look_for_loss(own);
        }
        self.end_what_nobody_shows();
    }

    /// Ends the run: what was due until then opens.
    pub fn finish(&mut self, until: Option<Moment>) {
        self.advance(until.unwrap_or(self.now));
    }

    /// The time that this watch has reached.
    #[must_use]
    pub const fn now(&self) -> Moment {
        self.now
    }

    /// Whether any peer has had an own prefix.
    #[must_use]
    pub fn sees_anything(&self) -> bool {
        self.carried.values().any(|peers| !peers.is_empty())
    }

    /// Routes inside own prefixes past [`limits::WATCHED_ROUTES`] or
    /// [`limits::WATCHED_ROUTES_OF_PEER`], and causes past [`limits::ALERTS`].
    #[must_use]
    pub const fn routes_not_held(&self) -> u64 {
        self.not_held
    }

    /// The alerts, in order of cause.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.episodes.iter()
    }

    /// The alerts that opened or closed since this was asked last.
    pub fn changed(&mut self) -> Vec<Alert> {
        self.episodes.take_changed()
    }

    /// Lets time pass: allowances end, losses last, what should have been told
    /// again is over. To pass twice is to pass to the later time.
    pub fn advance(&mut self, time: Moment) {
        while let Some(due) = self.next_due().filter(|due| *due <= time) {
            // A loss that lasted before this is of the routes before this.
            self.raise_losses(Moment(due.0.saturating_sub(1)));
            self.now = self.now.max(due);
            if self.next_end == Some(due) {
                self.next_end = self.judge.next_end_after(due);
                self.judge_anew();
            }
            let over: Vec<Peer> = (self.retelling.iter())
                .filter(|(_, until)| **until <= due)
                .map(|(peer, _)| *peer)
                .collect();
            for peer in over {
                self.drop_stale(peer, None);
            }
        }
        self.now = self.now.max(time);
        self.raise_losses(self.now);
    }

    /// When the next thing happens that no update tells.
    fn next_due(&self) -> Option<Moment> {
        self.retelling.values().copied().chain(self.next_end).min()
    }

    /// Raises the losses that have lasted at a moment.
    fn raise_losses(&mut self, until: Moment) {
        if self.telling == Telling::Table {
            return;
        }
        let lasting = i64::from(self.judge.config.detection.lost_seconds) * 1_000_000;
        let due: Vec<(Prefix, Moment)> = (self.losing.iter())
            .map(|((_, prefix), since)| (*prefix, Moment(since.0 + lasting)))
            .filter(|(_, due)| *due <= until)
            .collect();
        for (prefix, due) in due {
            let had = self.carried.get(&key(prefix)).map_or(0, BTreeSet::len);
            let have = self.routes.peers_of(&key(prefix));
            let prefix = prefix.to_string();
            let cause = Cause::VisibilityLost { prefix };
            (self.episodes).raise(&cause, due, had.saturating_sub(have) as u32);
        }
    }

    fn judge_anew(&mut self) {
        let before = std::mem::replace(&mut self.telling, Telling::Again);
        for (prefix, teller, held) in self.routes.drain() {
            self.hold(prefix, teller, held.path, held.stale);
        }
        self.telling = before;
        if before != Telling::Table {
            self.end_what_nobody_shows();
        }
    }

    /// Holds a route in place of what its peer had.
    fn hold(&mut self, prefix: Prefix, teller: Teller, path: AsPath, stale: bool) {
        let before = self.routes.take_out(prefix, teller);
        if self.routes.have_room(teller.peer) {
            let causes = self.judge.causes(prefix, path.as_path(), self.now);
            let words = path.as_path().to_string();
            let held = Held {
                path,
                causes: causes.clone(),
                stale,
            };
            self.routes.put(prefix, teller, held);
            for cause in &causes {
                self.show(cause, prefix, &words);
            }
            if self.own_at(prefix).is_some() {
                let peers = self.carried.entry(key(prefix)).or_default();
                peers.insert(teller.peer);
            }
        } else {
            self.not_held += 1;
        }
        self.end_unshown(before);
    }

    fn let_go(&mut self, prefix: Prefix, teller: Teller) {
        let before = self.routes.take_out(prefix, teller);
        self.end_unshown(before);
    }

    fn lose(&mut self, peer: Peer) {
        self.retelling.remove(&peer);
        for (prefix, teller) in self.routes.of_peer(peer) {
            self.let_go(prefix, teller);
        }
        for peers in self.carried.values_mut() {
            peers.remove(&peer);
        }
        for own in &self.judge.config.prefixes {
            self.look_for_loss(own);
        }
    }

    /// Lets go what a peer has not told again; of both families at the latest
    /// time for it.
    fn drop_stale(&mut self, peer: Peer, family: Option<Family>) {
        if !self.retelling.contains_key(&peer) {
            return;
        }
        for (prefix, teller) in self.routes.stale_of(peer, family) {
            self.let_go(prefix, teller);
            self.look_at(prefix);
        }
        if family.is_none() || self.routes.stale_of(peer, None).is_empty() {
            self.retelling.remove(&peer);
        }
    }

    /// A route that is held shows a cause.
    fn show(&mut self, cause: &Cause, prefix: Prefix, path: &str) {
        if !self.episodes.have_room(cause) {
            self.not_held += 1;
            return;
        }
        let (now, seen_by) = (self.now, self.routes.showing(cause) as u32);
        (self.episodes).begin(cause, now, &prefix.to_string(), path);
        if self.telling != Telling::Again {
            self.episodes.shown(cause, now);
        }
        match seen_by >= self.judge.config.detection.peers {
            true => self.episodes.raise(cause, now, seen_by),
            false => self.episodes.count(cause, seen_by),
        }
    }

    /// Ends those causes of a route that is gone that no other shows.
    fn end_unshown(&mut self, gone: Option<Held>) {
        for cause in gone.into_iter().flat_map(|held| held.causes) {
            match self.routes.showing(&cause) {
                0 => self.episodes.end(&cause, self.now),
                peers => self.episodes.count(&cause, peers as u32),
            }
        }
    }

    /// Looks whether a prefix, if it is an own one, is still seen.
    fn look_at(&mut self, prefix: Prefix) {
        if self.telling == Telling::Live
            && let Some(own) = self.own_at(prefix)
        {
            self.look_for_loss(own);
        }
    }

    /// The own prefix that a prefix is.
    fn own_at(&self, prefix: Prefix) -> Option<&'c Own> {
        let own = self.judge.config.covering(prefix);
        own.filter(|own| own.prefix == prefix)
    }

    fn look_for_loss(&mut self, own: &Own) {
        let place = key(own.prefix);
        let had = self.carried.get(&place).map_or(0, BTreeSet::len);
        let have = self.routes.peers_of(&place);
        let percent = usize::from(self.judge.config.detection.visible_percent);
        let prefix = own.prefix.to_string();
        let cause = Cause::VisibilityLost {
            prefix: prefix.clone(),
        };
        match have * 100 < had * percent {
            true => {
                let stands = self.episodes.get(&cause);
                let stands = stands.filter(|alert| alert.state != AlertState::Closed);
                let since = stands.map_or(self.now, |alert| alert.since);
                self.losing.insert(place, since);
                self.episodes.begin(&cause, since, &prefix, "");
                (self.episodes).count(&cause, had.saturating_sub(have) as u32);
            }
            false => {
                self.losing.remove(&place);
                self.episodes.end(&cause, self.now);
            }
        }
    }
}

/// An own prefix by its text.
fn own_prefix(config: &Config, text: &str) -> Option<Prefix> {
    let prefix = crate::text::prefix(text).ok()?;
    let own = config.covering(prefix)?;
    (own.prefix == prefix).then_some(prefix)
}
