//! The fold of updates into alerts.

use std::collections::{BTreeMap, BTreeSet};

use rpki::resources::{Asn, addr::Prefix};

use super::alert::{Alert, AlertState, Cause};
use super::config::{Config, Own};
use super::event::{Moment, News, Peer, Update};
use super::report::{Counts, OwnPrefix, SCHEMA, WatchAnswer, WatchReport};
use super::state::{HeldRoute, WatchState};
use crate::aspa::{AsPath, AspaTable, Direction, Path, PathFault};
use crate::limits;
use crate::origin::{OriginIndex, Validity};
use crate::vrp::order_of;
use crate::whatif::{PathTally, Tally};

/// A prefix in the order of a routing table.
type Key = ((bool, u128, u8), Prefix);

fn key(prefix: Prefix) -> Key {
    (order_of(prefix), prefix)
}

/// A route inside an own prefix, and what is wrong with it.
struct Held {
    path: AsPath,
    causes: Vec<Cause>,
}

/// Watches one operator's prefixes. Updates are taken in the order of time;
/// one that is late counts as if it came now.
pub struct Watcher<'c> {
    config: &'c Config,
    origins: OriginIndex,
    aspas: AspaTable,
    now: Moment,
    from: Option<Moment>,
    routes: BTreeMap<Key, BTreeMap<Peer, Held>>,
    held: usize,
    not_held: u64,
    /// By own prefix: the peers that have had it.
    carried: BTreeMap<Key, BTreeSet<Peer>>,
    alerts: BTreeMap<Cause, Alert>,
    /// By cause: which routes show it.
    shown: BTreeMap<Cause, BTreeMap<Peer, u32>>,
    /// Own prefixes that too few see, since when.
    losing: BTreeMap<Key, Moment>,
    /// When the next allowance ends.
    next_end: Option<Moment>,
    peers: BTreeSet<Peer>,
    counts: Counts,
    origin_tally: Tally,
    path_tally: PathTally,
    touched: BTreeSet<Cause>,
    opened: u64,
    closed: u64,
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
        let mut watcher = Self {
            config,
            origins,
            aspas,
            now: state.time,
            from: None,
            routes: BTreeMap::new(),
            held: 0,
            not_held: 0,
            carried: BTreeMap::new(),
            alerts: BTreeMap::new(),
            shown: BTreeMap::new(),
            losing: BTreeMap::new(),
            next_end: None,
            peers: BTreeSet::new(),
            counts: Counts::default(),
            origin_tally: Tally::default(),
            path_tally: PathTally::default(),
            touched: BTreeSet::new(),
            opened: 0,
            closed: 0,
            telling: Telling::Again,
        };
        watcher.restore(state);
        watcher
    }

    fn restore(&mut self, state: WatchState) {
        self.alerts = (state.alerts.into_iter())
            .map(|alert| (alert.cause.clone(), alert))
            .collect();
        for (prefix, peers) in state.carried {
            if let Some(prefix) = own_prefix(self.config, &prefix) {
                self.carried
                    .insert(key(prefix), peers.into_iter().collect());
            }
        }
        for HeldRoute { prefix, peer, path } in state.routes {
            let prefix = crate::text::prefix(&prefix);
            if let (Ok(prefix), Ok(path)) = (prefix, AsPath::parse(&path)) {
                self.hold(prefix, peer, path);
            }
        }
        for own in &self.config.prefixes {
            self.look_for_loss(own);
        }
        self.end_what_nobody_shows();
        self.next_end = self.next_end_after(self.now);
        self.telling = Telling::Live;
    }

    /// Ends what began and is not so any more.
    fn end_what_nobody_shows(&mut self) {
        let over = |cause: &Cause| match cause {
            Cause::VisibilityLost { prefix } => own_prefix(self.config, prefix)
                .is_none_or(|prefix| !self.losing.contains_key(&key(prefix))),
            _ => !self.shown.contains_key(cause),
        };
        let over: Vec<Cause> = (self.alerts.iter())
            .filter(|(cause, alert)| alert.state != AlertState::Closed && over(cause))
            .map(|(cause, _)| cause.clone())
            .collect();
        over.iter().for_each(|cause| self.end(cause));
    }

    /// Takes one update in. Cost: a binary search for what is not one's own.
    pub fn take(&mut self, update: &Update) {
        self.advance(update.time);
        self.from = self.from.or(Some(update.time));
        self.peers.insert(update.peer);
        match &update.news {
            News::Announced(prefix, path) => {
                self.counts.announced += 1;
                self.tally(*prefix, path.as_path());
                if self.config.covering(*prefix).is_some() {
                    self.hold(*prefix, update.peer, path.clone());
                    self.look_at(*prefix);
                }
            }
            News::Withdrawn(prefix) => {
                self.counts.withdrawn += 1;
                if self.config.covering(*prefix).is_some() {
                    self.let_go(*prefix, update.peer);
                    self.look_at(*prefix);
                }
            }
            News::SessionLost => {
                self.counts.sessions_lost += 1;
                self.lose(update.peer);
            }
        }
    }

    /// Begins a table dump, which tells all routes there are: what is held is
    /// forgotten. [`Self::end_table`] must follow.
    pub fn begin_table(&mut self) {
        self.routes.clear();
        self.shown.clear();
        self.held = 0;
        self.telling = Telling::Table;
    }

    /// Ends a table dump: what it did not show is over, what it did not tell
    /// is lost.
    pub fn end_table(&mut self) {
        self.telling = Telling::Live;
        for own in &self.config.prefixes {
            self.look_for_loss(own);
        }
        self.end_what_nobody_shows();
    }

    /// Ends the run: what was due until then opens.
    pub fn finish(&mut self, until: Option<Moment>) {
        self.advance(until.unwrap_or(self.now));
    }

    /// Whether any peer has had an own prefix.
    #[must_use]
    pub fn sees_anything(&self) -> bool {
        self.carried.values().any(|peers| !peers.is_empty())
    }

    /// Routes inside own prefixes past [`limits::WATCHED_ROUTES`].
    #[must_use]
    pub const fn routes_not_held(&self) -> u64 {
        self.not_held
    }

    /// The alerts, in order of cause.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.values()
    }

    fn tally(&mut self, prefix: Prefix, path: Path<'_>) {
        (self.origin_tally).add(self.origins.validity(prefix, path.origin()));
        (self.path_tally).add(self.aspas.verify(path, Direction::Downstream), 1);
    }

    /// Lets time pass: allowances end, losses last.
    fn advance(&mut self, time: Moment) {
        self.now = self.now.max(time);
        if self.next_end.is_some_and(|end| self.now >= end) {
            self.next_end = self.next_end_after(self.now);
            self.judge_anew();
        }
        if self.telling == Telling::Table {
            return;
        }
        let lasting = i64::from(self.config.detection.lost_seconds) * 1_000_000;
        let due: Vec<(Prefix, Moment)> = (self.losing.iter())
            .map(|((_, prefix), since)| (*prefix, Moment(since.0 + lasting)))
            .filter(|(_, due)| *due <= self.now)
            .collect();
        for (prefix, due) in due {
            let had = self.carried.get(&key(prefix)).map_or(0, BTreeSet::len);
            let prefix = prefix.to_string();
            self.raise(&Cause::VisibilityLost { prefix }, due, had as u32);
        }
    }

    fn next_end_after(&self, time: Moment) -> Option<Moment> {
        let ends = self.config.allowances.iter().map(|it| it.until);
        ends.filter(|end| *end > time).min()
    }

    fn judge_anew(&mut self) {
        let before = std::mem::replace(&mut self.telling, Telling::Again);
        let all = std::mem::take(&mut self.routes);
        self.held = 0;
        self.shown.clear();
        for ((_, prefix), peers) in all {
            for (peer, held) in peers {
                self.hold(prefix, peer, held.path);
            }
        }
        self.telling = before;
        if before != Telling::Table {
            self.end_what_nobody_shows();
        }
    }

    /// Holds a route in place of what its peer had.
    fn hold(&mut self, prefix: Prefix, peer: Peer, path: AsPath) {
        let before = self.take_out(prefix, peer);
        if self.held >= limits::WATCHED_ROUTES {
            self.not_held += 1;
            self.end_unshown(&before);
            return;
        }
        let causes = self.causes(prefix, path.as_path());
        for cause in &causes {
            self.show(cause, prefix, peer, &path);
        }
        self.held += 1;
        let held = Held { path, causes };
        self.routes
            .entry(key(prefix))
            .or_default()
            .insert(peer, held);
        self.end_unshown(&before);
        if self.own_at(prefix).is_some() {
            self.carried.entry(key(prefix)).or_default().insert(peer);
        }
    }

    fn let_go(&mut self, prefix: Prefix, peer: Peer) {
        let before = self.take_out(prefix, peer);
        self.end_unshown(&before);
    }

    /// Takes a route out, and gives the causes that it showed.
    fn take_out(&mut self, prefix: Prefix, peer: Peer) -> Vec<Cause> {
        let Some(peers) = self.routes.get_mut(&key(prefix)) else {
            return Vec::new();
        };
        let Some(held) = peers.remove(&peer) else {
            return Vec::new();
        };
        if peers.is_empty() {
            self.routes.remove(&key(prefix));
        }
        self.held -= 1;
        for cause in &held.causes {
            if let Some(peers) = self.shown.get_mut(cause) {
                if let Some(routes) = peers.get_mut(&peer) {
                    *routes -= 1;
                    if *routes == 0 {
                        peers.remove(&peer);
                    }
                }
                if peers.is_empty() {
                    self.shown.remove(cause);
                }
            }
        }
        held.causes
    }

    fn lose(&mut self, peer: Peer) {
        let had: Vec<Prefix> = (self.routes.iter())
            .filter(|(_, peers)| peers.contains_key(&peer))
            .map(|((_, prefix), _)| *prefix)
            .collect();
        for prefix in had {
            self.let_go(prefix, peer);
        }
        for peers in self.carried.values_mut() {
            peers.remove(&peer);
        }
        for own in &self.config.prefixes {
            self.look_for_loss(own);
        }
    }

    /// What is wrong with a route, as things stand now.
    fn causes(&self, prefix: Prefix, path: Path<'_>) -> Vec<Cause> {
        let Some(own) = self.config.covering(prefix) else {
            return Vec::new();
        };
        let origin = path.origin();
        let number = origin.map(Asn::into_u32);
        let legitimate = number.is_some_and(|it| own.origins.contains(&it));
        if number.is_some_and(|it| !legitimate && self.allowed(prefix, it)) {
            return Vec::new();
        }
        match (legitimate, prefix == own.prefix) {
            (true, exact) if exact || prefix.len() <= own.longest => {
                self.causes_of_own(prefix, path)
            }
            (false, true) => match self.origins.validity(prefix, origin) {
                Validity::Invalid => vec![Cause::OriginInvalid { origin: number }],
                _ => vec![Cause::OriginNew { origin: number }],
            },
            _ => vec![Cause::MoreSpecific { origin: number }],
        }
    }

    /// What is wrong with a route that has the right origin.
    fn causes_of_own(&self, prefix: Prefix, path: Path<'_>) -> Vec<Cause> {
        let mut causes = Vec::new();
        let origin = path.origin();
        let network = origin.map_or(0, Asn::into_u32);
        if self.origins.validity(prefix, origin) == Validity::Invalid {
            causes.push(Cause::OwnInvalid { origin: network });
        }
        let before = path.networks.len().checked_sub(2);
        let neighbour = before.and_then(|at| path.networks.get(at));
        let neighbour = neighbour.map(|asn| asn.into_u32());
        if neighbour.is_some_and(|it| self.allowed(prefix, it)) {
            return causes;
        }
        let why = self.aspas.why_invalid(path, Direction::Downstream);
        if let Some(PathFault::Hop { customer, next }) = why {
            causes.push(Cause::PathLeak { customer, next });
        }
        let known = self.config.neighbours.get(&network);
        if let (Some(neighbour), Some(known)) = (neighbour, known)
            && !known.contains(&neighbour)
        {
            causes.push(Cause::NeighbourNew { network, neighbour });
        }
        causes
    }

    fn allowed(&self, prefix: Prefix, asn: u32) -> bool {
        self.config
            .allowances
            .iter()
            .any(|it| it.asn == asn && it.prefix.covers(prefix) && self.now < it.until)
    }

    /// A route shows a cause.
    fn show(&mut self, cause: &Cause, prefix: Prefix, peer: Peer, path: &AsPath) {
        if !self.alerts.contains_key(cause) && self.alerts.len() >= limits::ALERTS {
            self.not_held += 1;
            return;
        }
        let peers = self.shown.entry(cause.clone()).or_default();
        *peers.entry(peer).or_insert(0) += 1;
        let seen_by = peers.len() as u32;
        let now = self.now;
        self.begin(cause, now, &prefix.to_string(), &path.as_path().to_string());
        if self.telling != Telling::Again
            && let Some(alert) = self.alerts.get_mut(cause)
        {
            alert.updates += 1;
            alert.last_seen = now;
        }
        match seen_by >= self.config.detection.peers {
            true => self.raise(cause, now, seen_by),
            false => self.count(cause, seen_by),
        }
    }

    /// Begins an episode of a cause, unless one is under way.
    fn begin(&mut self, cause: &Cause, time: Moment, prefix: &str, path: &str) {
        let alert = (self.alerts.entry(cause.clone()))
            .or_insert_with(|| Alert::begun(cause.clone(), time, path.to_owned()));
        if alert.state == AlertState::Closed {
            alert.state = AlertState::Pending;
            alert.since = time;
            (alert.raised, alert.closed) = (None, None);
        }
        let known = alert.prefixes.iter().any(|it| it == prefix);
        if !known && alert.prefixes.len() < limits::ALERT_PREFIXES {
            alert.prefixes.push(prefix.to_owned());
        }
        self.touched.insert(cause.clone());
    }

    /// Opens an alert that has begun, unless it is open.
    fn raise(&mut self, cause: &Cause, time: Moment, peers: u32) {
        if let Some(alert) = self.alerts.get_mut(cause)
            && alert.state == AlertState::Pending
        {
            alert.state = AlertState::Open;
            alert.raised = Some(time);
            alert.peers_at_raise = peers;
            alert.times_opened += 1;
            self.opened += 1;
            self.touched.insert(cause.clone());
        }
        self.count(cause, peers);
    }

    fn count(&mut self, cause: &Cause, peers: u32) {
        if let Some(alert) = self.alerts.get_mut(cause) {
            alert.peers = peers;
            alert.peers_most = alert.peers_most.max(peers);
        }
    }

    /// Ends those of some causes that no route shows any more.
    fn end_unshown(&mut self, causes: &[Cause]) {
        for cause in causes {
            match self.shown.get(cause).map(BTreeMap::len) {
                None => self.end(cause),
                Some(peers) => self.count(cause, peers as u32),
            }
        }
    }

    /// Ends a cause. What never became an alert leaves no trace: while routes
    /// settle, much comes and goes.
    fn end(&mut self, cause: &Cause) {
        let Some(alert) = self.alerts.get_mut(cause) else {
            return;
        };
        if alert.times_opened == 0 {
            self.alerts.remove(cause);
        } else if alert.state != AlertState::Closed {
            self.closed += u64::from(alert.state == AlertState::Open);
            alert.state = AlertState::Closed;
            alert.closed = Some(self.now);
            alert.peers = 0;
            self.touched.insert(cause.clone());
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
        self.config
            .covering(prefix)
            .filter(|own| own.prefix == prefix)
    }

    fn look_for_loss(&mut self, own: &Own) {
        let place = key(own.prefix);
        let had = self.carried.get(&place).map_or(0, BTreeSet::len);
        let have = self.routes.get(&place).map_or(0, BTreeMap::len);
        let percent = usize::from(self.config.detection.visible_percent);
        let prefix = own.prefix.to_string();
        let cause = Cause::VisibilityLost {
            prefix: prefix.clone(),
        };
        match have * 100 < had * percent {
            true => {
                let now = self.now;
                let stands = self.alerts.get(&cause);
                let stands = stands.filter(|alert| alert.state != AlertState::Closed);
                let since = stands.map_or(now, |alert| alert.since);
                self.losing.insert(place, since);
                self.begin(&cause, since, &prefix, "");
                self.count(&cause, (had - have) as u32);
            }
            false => {
                self.losing.remove(&place);
                self.end(&cause);
            }
        }
    }

    /// What the next run begins with.
    #[must_use]
    pub fn state(&self) -> WatchState {
        let routes = self.routes.iter().flat_map(|((_, prefix), peers)| {
            peers.iter().map(move |(peer, held)| HeldRoute {
                prefix: prefix.to_string(),
                peer: *peer,
                path: held.path.as_path().to_string(),
            })
        });
        WatchState {
            time: self.now,
            routes: routes.collect(),
            carried: (self.carried.iter())
                .map(|((_, prefix), peers)| (prefix.to_string(), peers.iter().copied().collect()))
                .collect(),
            alerts: self.alerts.values().cloned().collect(),
            ..WatchState::default()
        }
    }

    /// What is said of this run.
    #[must_use]
    pub fn report(&self) -> WatchReport {
        let open = |alert: &&Alert| alert.state == AlertState::Open;
        let mut alerts: Vec<Alert> = (self.alerts.values())
            .filter(|alert| {
                alert.state != AlertState::Closed || self.touched.contains(&alert.cause)
            })
            .cloned()
            .collect();
        alerts.sort_by_key(|alert| (alert.state, alert.since));
        alerts.truncate(limits::LISTED);
        let count = self.alerts.values().filter(open).count() as u64;
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
            own: self
                .config
                .prefixes
                .iter()
                .map(|own| self.own(own))
                .collect(),
            open: count,
            opened: self.opened,
            closed: self.closed,
            alerts,
        }
    }

    fn own(&self, own: &Own) -> OwnPrefix {
        let place = key(own.prefix);
        OwnPrefix {
            prefix: own.prefix.to_string(),
            peers_had: self.carried.get(&place).map_or(0, BTreeSet::len) as u64,
            peers_have: self.routes.get(&place).map_or(0, BTreeMap::len) as u64,
        }
    }
}

/// An own prefix by its text.
fn own_prefix(config: &Config, text: &str) -> Option<Prefix> {
    let own = config
        .prefixes
        .iter()
        .find(|own| own.prefix.to_string() == text);
    own.map(|own| own.prefix)
}
