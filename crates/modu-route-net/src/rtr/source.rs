//! The published table as the `rpki` crate's server asks for it.

use std::sync::Arc;

use modu_route::{Asn, RouterTable, Vrp};
use rpki::resources::addr::MaxLenPrefix;
use rpki::rtr::payload::{Aspa, RouteOrigin, Timing};
use rpki::rtr::pdu::ProviderAsns;
use rpki::rtr::server::{PayloadDiff, PayloadSet, PayloadSource};
use rpki::rtr::{Action, PayloadRef, Serial, State};

use crate::publication::{Delta, Edition, Publication};

/// The source of one router's session, whose version is known.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) publication: Arc<Publication>,
    pub(super) version: u8,
    pub(super) session: u16,
    pub(super) timing: Timing,
}

impl Source {
    fn state(&self, serial: u32) -> State {
        State::from_parts(self.session, Serial(serial))
    }
}

impl PayloadSource for Source {
    type Set = WholeTable;
    type Diff = Changes;

    fn ready(&self) -> bool {
        self.publication.current().is_some()
    }

    fn notify(&self) -> State {
        let edition = self.publication.current();
        self.state(edition.map_or(0, |edition| edition.serial))
    }

    fn full(&self) -> (State, WholeTable) {
        let edition = self.publication.current();
        let serial = edition.as_ref().map_or(0, |edition| edition.serial);
        (self.state(serial), WholeTable::of(edition))
    }

    fn diff(&self, state: State) -> Option<(State, Changes)> {
        let edition = self.publication.current()?;
        if state.session() != self.session {
            return None;
        }
        let delta = edition.since(state.serial().into())?;
        // How a withdrawn ASPA is written has changed from draft to draft:
        // this one wants no list of providers, older clients (that of the
        // `rpki` crate 0.20 too) end the session over an empty one, and would
        // so for ever. A whole table is read alike by all.
        if self.version >= 2 && delta.aspas().any(|(_, providers)| providers.is_none()) {
            return None;
        }
        Some((self.state(edition.serial), Changes::of(&delta)))
    }

    fn timing(&self) -> Timing {
        self.timing
    }
}

/// A table on its way to a router.
pub(super) struct WholeTable {
    edition: Option<Arc<Edition>>,
    next_row: usize,
    next_aspa: usize,
    aspa: Aspa,
}

impl WholeTable {
    fn of(edition: Option<Arc<Edition>>) -> Self {
        Self {
            edition,
            next_row: 0,
            next_aspa: 0,
            aspa: Aspa::new(Asn::from_u32(0), ProviderAsns::empty()),
        }
    }
}

impl PayloadSet for WholeTable {
    fn next(&mut self) -> Option<PayloadRef<'_>> {
        let edition = self.edition.as_ref()?;
        while let Some(place) = edition.order.get(self.next_row) {
            self.next_row += 1;
            let row = edition.table.rows().get(*place as usize);
            if let Some(origin) = row.and_then(|row| origin(&row.vrp)) {
                return Some(PayloadRef::Origin(origin));
            }
        }
        self.aspa = next_aspa(&edition.table, &mut self.next_aspa)?;
        Some(PayloadRef::Aspa(&self.aspa))
    }
}

fn next_aspa(table: &RouterTable, next: &mut usize) -> Option<Aspa> {
    loop {
        let found = table.aspas().get(*next)?;
        *next += 1;
        if let Some(aspa) = aspa(found.customer, &found.providers) {
            return Some(aspa);
        }
    }
}

/// Changes on their way to a router.
pub(super) struct Changes {
    changes: std::vec::IntoIter<(Action, Change)>,
    aspa: Aspa,
}

enum Change {
    Origin(RouteOrigin),
    Aspa(Aspa),
}

impl Changes {
    /// In the order that breaks least on the way (draft-ietf-sidrops-8210bis):
    /// what is new before what goes; longer prefixes come first and go last.
    fn of(delta: &Delta) -> Self {
        let mut announced: Vec<_> = delta.announced.iter().collect();
        announced.sort_by_key(|vrp| std::cmp::Reverse(vrp.prefix.len()));
        let mut withdrawn: Vec<_> = delta.withdrawn.iter().collect();
        withdrawn.sort_by_key(|vrp| vrp.prefix.len());
        let some = |action, vrps: Vec<&Vrp>| {
            let origins = vrps.into_iter().filter_map(origin);
            origins
                .map(|origin| (action, Change::Origin(origin)))
                .collect::<Vec<_>>()
        };
        let mut changes = some(Action::Announce, announced);
        changes.extend(some(Action::Withdraw, withdrawn));
        // An announcement replaces what the customer said before.
        changes.extend(delta.aspas().filter_map(|(customer, providers)| {
            let aspa = aspa(customer, providers?)?;
            Some((Action::Announce, Change::Aspa(aspa)))
        }));
        Self {
            changes: changes.into_iter(),
            aspa: Aspa::new(Asn::from_u32(0), ProviderAsns::empty()),
        }
    }
}

impl PayloadDiff for Changes {
    fn next(&mut self) -> Option<(PayloadRef<'_>, Action)> {
        let (action, change) = self.changes.next()?;
        Some(match change {
            Change::Origin(origin) => (PayloadRef::Origin(origin), action),
            Change::Aspa(aspa) => {
                self.aspa = aspa;
                (PayloadRef::Aspa(&self.aspa), action)
            }
        })
    }
}

fn origin(vrp: &Vrp) -> Option<RouteOrigin> {
    let prefix = MaxLenPrefix::new(vrp.prefix, Some(vrp.max_length)).ok()?;
    Some(RouteOrigin::new(prefix, vrp.origin))
}

/// Nothing where the list is longer than a PDU can say: a validator has
/// refused such an object long before.
fn aspa(customer: Asn, providers: &[Asn]) -> Option<Aspa> {
    let providers = ProviderAsns::try_from_iter(providers.iter().copied()).ok()?;
    Some(Aspa::new(customer, providers))
}
