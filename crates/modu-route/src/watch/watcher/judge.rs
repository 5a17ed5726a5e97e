//! What is wrong with one route, as things stand at a time.

use rpki::resources::{Asn, addr::Prefix};

use super::super::alert::Cause;
use super::super::config::Config;
use super::super::event::Moment;
use crate::aspa::{AspaTable, Direction, Path, PathFault};
use crate::origin::{OriginIndex, Validity};
use crate::whatif::{PathTally, Tally};

/// What the operator, the VRPs and the ASPAs say of routes.
pub(super) struct Judge<'c> {
    pub(super) config: &'c Config,
    pub(super) origins: OriginIndex,
    pub(super) aspas: AspaTable,
}

impl Judge<'_> {
    /// Counts a route that was heard, anybody's.
    pub(super) fn tally(
        &self,
        prefix: Prefix,
        path: Path<'_>,
        origins: &mut Tally,
        paths: &mut PathTally,
    ) {
        origins.add(self.origins.validity(prefix, path.origin()));
        paths.add(self.aspas.verify(path, Direction::Downstream), 1);
    }

    /// What is wrong with a route at a time; nothing with one that is not
    /// inside an own prefix.
    pub(super) fn causes(&self, prefix: Prefix, path: Path<'_>, now: Moment) -> Vec<Cause> {
        let Some(own) = self.config.covering(prefix) else {
            return Vec::new();
        };
        let origin = path.origin();
        let number = origin.map(Asn::into_u32);
        let legitimate = number.is_some_and(|it| own.origins.contains(&it));
        if number.is_some_and(|it| !legitimate && self.allowed(prefix, it, now)) {
            return Vec::new();
        }
        match (legitimate, prefix == own.prefix) {
            (true, exact) if exact || prefix.len() <= own.longest => {
                self.causes_of_own(prefix, path, now)
            }
            (false, true) => match self.origins.validity(prefix, origin) {
                Validity::Invalid => vec![Cause::OriginInvalid { origin: number }],
                _ => vec![Cause::OriginNew { origin: number }],
            },
            _ => vec![Cause::MoreSpecific { origin: number }],
        }
    }

    /// What is wrong with a route that has the right origin.
    fn causes_of_own(&self, prefix: Prefix, path: Path<'_>, now: Moment) -> Vec<Cause> {
        let mut causes = Vec::new();
        let origin = path.origin();
        let network = origin.map_or(0, Asn::into_u32);
        if self.origins.validity(prefix, origin) == Validity::Invalid {
            causes.push(Cause::OwnInvalid { origin: network });
        }
        let before = path.networks.len().checked_sub(2);
        let neighbour = before.and_then(|at| path.networks.get(at));
        let neighbour = neighbour.map(|asn| asn.into_u32());
        if neighbour.is_some_and(|it| self.allowed(prefix, it, now)) {
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

    fn allowed(&self, prefix: Prefix, asn: u32, now: Moment) -> bool {
        (self.config.allowances.iter())
            .any(|it| it.asn == asn && it.prefix.covers(prefix) && now < it.until)
    }

    /// When the first allowance ends that stands at a time.
    pub(super) fn next_end_after(&self, time: Moment) -> Option<Moment> {
        let ends = self.config.allowances.iter().map(|it| it.until);
        ends.filter(|end| *end > time).min()
    }
}
