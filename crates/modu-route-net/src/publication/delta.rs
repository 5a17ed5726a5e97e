//! What changed from one published table to another.

use std::collections::{BTreeMap, BTreeSet};

use modu_route::{Asn, Aspa, RouterTable, Row, Vrp};

/// A change of providers: those named before and after; none is no ASPA.
type Providers = (Option<Vec<Asn>>, Option<Vec<Asn>>);

/// A difference of two tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delta {
    /// VRPs that are new.
    pub announced: BTreeSet<Vrp>,
    /// VRPs that are gone.
    pub withdrawn: BTreeSet<Vrp>,
    aspas: BTreeMap<Asn, Providers>,
}

impl Delta {
    /// From one table to the other.
    #[must_use]
    pub fn between(before: &RouterTable, after: &RouterTable) -> Self {
        let gone_from = |table: &RouterTable, other: &RouterTable| {
            let vrps = table.rows().iter().map(|row| row.vrp);
            vrps.filter(|vrp| other.row(vrp).is_none()).collect()
        };
        let customers = before.aspas().iter().chain(after.aspas());
        let aspas = customers
            .map(|aspa| {
                let of = |table: &RouterTable| table.providers(aspa.customer).map(<[_]>::to_vec);
                (aspa.customer, (of(before), of(after)))
            })
            .filter(|(_, (before, after))| before != after);
        Self {
            announced: gone_from(after, before),
            withdrawn: gone_from(before, after),
            aspas: aspas.collect(),
        }
    }

    /// This change and then another, as one: what came and went again is not
    /// in it, because a router that never heard of something cannot withdraw
    /// it (RFC 8210, section 12, error 6).
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        let mut aspas = self.aspas.clone();
        for (customer, (before, after)) in &next.aspas {
            aspas
                .entry(*customer)
                .and_modify(|providers| providers.1.clone_from(after))
                .or_insert_with(|| (before.clone(), after.clone()));
        }
        aspas.retain(|_, (before, after)| before != after);
        let less = |some: &BTreeSet<Vrp>, others: &BTreeSet<Vrp>| some - others;
        Self {
            announced: &less(&self.announced, &next.withdrawn)
                | &less(&next.announced, &self.withdrawn),
            withdrawn: &less(&self.withdrawn, &next.announced)
                | &less(&next.withdrawn, &self.announced),
            aspas,
        }
    }

    /// The customers whose providers changed, and those after it.
    pub fn aspas(&self) -> impl Iterator<Item = (Asn, Option<&[Asn]>)> {
        (self.aspas.iter()).map(|(customer, (_, after))| (*customer, after.as_deref()))
    }

    /// Two tables of which this is the difference: what is gone, what is new.
    #[must_use]
    pub(crate) fn sides(&self) -> (RouterTable, RouterTable) {
        let side = |vrps: &BTreeSet<Vrp>, of: fn(&Providers) -> &Option<Vec<Asn>>| {
            let rows = vrps.iter().map(|vrp| Row {
                vrp: *vrp,
                anchor: 0,
                expires: i64::MAX,
            });
            let aspas = self.aspas.iter().filter_map(|(customer, providers)| {
                let providers = of(providers).clone()?;
                Some(Aspa {
                    customer: *customer,
                    providers,
                })
            });
            RouterTable::new(Vec::new(), rows.collect(), aspas.collect())
        };
        let gone = side(&self.withdrawn, |(before, _)| before);
        (gone, side(&self.announced, |(_, after)| after))
    }

    /// How many changes it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.announced.len() + self.withdrawn.len() + self.aspas.len()
    }

    /// Whether routers see no change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
