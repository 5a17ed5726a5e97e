//! The alerts: when each begins, opens and ends.

use std::collections::{BTreeMap, BTreeSet};

use super::super::alert::{Alert, AlertState, Cause};
use super::super::event::Moment;
use crate::limits;

/// Every alert there is or was.
#[derive(Default)]
pub(super) struct Episodes {
    alerts: BTreeMap<Cause, Alert>,
    /// What began, opened or ended in this run.
    touched: BTreeSet<Cause>,
    /// What opened or closed since it was last asked for.
    changed: BTreeSet<Cause>,
    pub(super) opened: u64,
    pub(super) closed: u64,
}

impl Episodes {
    pub(super) fn of(alerts: Vec<Alert>) -> Self {
        let alerts = alerts.into_iter();
        Self {
            alerts: alerts.map(|it| (it.cause.clone(), it)).collect(),
            ..Self::default()
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.values()
    }

    pub(super) fn get(&self, cause: &Cause) -> Option<&Alert> {
        self.alerts.get(cause)
    }

    pub(super) fn was_touched(&self, cause: &Cause) -> bool {
        self.touched.contains(cause)
    }

    /// What opened or closed since this was asked last.
    pub(super) fn take_changed(&mut self) -> Vec<Alert> {
        let changed = std::mem::take(&mut self.changed);
        let alerts = changed.iter().filter_map(|cause| self.alerts.get(cause));
        alerts.cloned().collect()
    }

    /// Whether a cause may have an alert: it has one, or there is room.
    pub(super) fn have_room(&self, cause: &Cause) -> bool {
        self.alerts.len() < limits::ALERTS || self.alerts.contains_key(cause)
    }

    /// Begins an episode of a cause, unless one is under way.
    pub(super) fn begin(&mut self, cause: &Cause, time: Moment, prefix: &str, path: &str) {
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

    /// An update showed a cause.
    pub(super) fn shown(&mut self, cause: &Cause, now: Moment) {
        if let Some(alert) = self.alerts.get_mut(cause) {
            alert.updates += 1;
            alert.last_seen = now;
        }
    }

    /// Opens an alert that has begun, unless it is open.
    pub(super) fn raise(&mut self, cause: &Cause, time: Moment, peers: u32) {
        if let Some(alert) = self.alerts.get_mut(cause)
            && alert.state == AlertState::Pending
        {
            alert.state = AlertState::Open;
            alert.raised = Some(time);
            alert.peers_at_raise = peers;
            alert.times_opened += 1;
            self.opened += 1;
            self.touched.insert(cause.clone());
            self.changed.insert(cause.clone());
        }
        self.count(cause, peers);
    }

    /// So many peers see a cause now.
    pub(super) fn count(&mut self, cause: &Cause, peers: u32) {
        if let Some(alert) = self.alerts.get_mut(cause) {
            alert.peers = peers;
            alert.peers_most = alert.peers_most.max(peers);
        }
    }

    /// Ends a cause. What never became an alert leaves no trace: while routes
    /// settle, much comes and goes.
    pub(super) fn end(&mut self, cause: &Cause, now: Moment) {
        let Some(alert) = self.alerts.get_mut(cause) else {
            return;
        };
        if alert.times_opened == 0 {
            self.alerts.remove(cause);
        } else if alert.state != AlertState::Closed {
            if alert.state == AlertState::Open {
                self.closed += 1;
                self.changed.insert(cause.clone());
            }
            alert.state = AlertState::Closed;
            alert.closed = Some(now);
            alert.peers = 0;
            self.touched.insert(cause.clone());
        }
    }
}
