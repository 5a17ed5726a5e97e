//! The table that routers are told, with what people want to know beside it.
//!
//! A router needs prefix, length and origin. Whoever reads the same table over
//! HTTP also asks under which trust anchor an authorisation stands and until
//! when its ROA lives; and a server that starts again asks what it said last.
//! So the table carries all of this, in a compact form for the disk.

mod codec;

use rpki::resources::Asn;

use crate::payload::{Aspa, Payloads, joined};
use crate::validate::{ObjectOutcome, ValidatedTree};
use crate::vrp::{Vrp, VrpTable};

/// One authorisation of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// What routers are told.
    pub vrp: Vrp,
    /// The trust anchor, a place in [`RouterTable::anchors`]; the first where
    /// several say the same.
    pub anchor: u16,
    /// The last second in which a ROA says it, since 1970 (UTC); the latest of
    /// all ROAs that do. `i64::MAX` where it is not known.
    pub expires: i64,
}

/// A whole table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RouterTable {
    anchors: Vec<String>,
    rows: Vec<Row>,
    aspas: Vec<Aspa>,
}

impl RouterTable {
    /// A table from its parts in any order: each VRP once, under its first
    /// anchor and with its latest end; the ASPAs of one customer joined.
    /// Anchors that a row names beyond the list are given no name.
    #[must_use]
    pub fn new(anchors: Vec<String>, rows: Vec<Row>, aspas: Vec<Aspa>) -> Self {
        let mut rows = rows;
        rows.sort_unstable();
        rows.dedup_by(|later, first| {
            let same = later.vrp == first.vrp;
            if same {
                first.expires = first.expires.max(later.expires);
            }
            same
        });
        Self {
            anchors,
            rows,
            aspas: joined(aspas),
        }
    }

    /// What a validation run found.
    #[must_use]
    pub fn of_tree(tree: &ValidatedTree) -> Self {
        let anchors = tree.anchors.iter().map(|anchor| anchor.name.clone());
        let said = |outcome: &ObjectOutcome| match outcome {
            ObjectOutcome::Roa(_, vrps) => vrps.len(),
            _ => 0,
        };
        let objects = tree.authorities.iter().flat_map(|it| it.objects.iter());
        let count = objects.map(|object| said(&object.outcome)).sum();
        let (mut rows, mut aspas) = (Vec::with_capacity(count), Vec::new());
        for authority in &tree.authorities {
            for object in authority.objects.iter() {
                match &object.outcome {
                    ObjectOutcome::Roa(validity, vrps) => rows.extend(vrps.iter().map(|vrp| Row {
                        vrp: *vrp,
                        anchor: authority.anchor,
                        expires: validity.not_after,
                    })),
                    ObjectOutcome::Aspa(_, aspa) => aspas.push(aspa.clone()),
                    _ => {}
                }
            }
        }
        Self::new(anchors.collect(), rows, aspas)
    }

    /// Another validator's table, all of it under one name; its ends are not
    /// known.
    #[must_use]
    pub fn of_vrps(name: &str, vrps: &VrpTable) -> Self {
        let rows = vrps.as_slice().iter().map(|vrp| Row {
            vrp: *vrp,
            anchor: 0,
            expires: i64::MAX,
        });
        Self::new(vec![name.to_owned()], rows.collect(), Vec::new())
    }

    /// The same with its ASPAs.
    #[must_use]
    pub fn of_payloads(name: &str, payloads: Payloads) -> Self {
        Self {
            aspas: joined(payloads.aspas),
            ..Self::of_vrps(name, &payloads.vrps)
        }
    }

    /// The same table saying exactly this: rows that stay keep anchor and end,
    /// what a local exception adds (RFC 8416) stands under `local`.
    #[must_use]
    pub fn saying(&self, payloads: &Payloads, local: &str) -> Self {
        let mut anchors = self.anchors.clone();
        let place = anchors.len().min(usize::from(u16::MAX)) as u16;
        let mut rows = Vec::with_capacity(payloads.vrps.len());
        let mut any_local = false;
        for vrp in payloads.vrps.as_slice() {
            rows.push(self.row(vrp).copied().unwrap_or_else(|| {
                any_local = true;
                Row {
                    vrp: *vrp,
                    anchor: place,
                    expires: i64::MAX,
                }
            }));
        }
        if any_local {
            anchors.push(local.to_owned());
        }
        Self::new(anchors, rows, payloads.aspas.clone())
    }

    /// What it says, without anchors and ends.
    #[must_use]
    pub fn payloads(&self) -> Payloads {
        Payloads {
            vrps: self.rows.iter().map(|row| row.vrp).collect(),
            aspas: self.aspas.clone(),
        }
    }

    /// The names of the trust anchors.
    #[must_use]
    pub fn anchors(&self) -> &[String] {
        &self.anchors
    }

    /// A row's trust anchor.
    #[must_use]
    pub fn anchor_of(&self, row: &Row) -> &str {
        let name = self.anchors.get(usize::from(row.anchor));
        name.map_or("", String::as_str)
    }

    /// The rows, ascending by VRP and each VRP once.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The ASPAs, ascending by customer and one for each.
    #[must_use]
    pub fn aspas(&self) -> &[Aspa] {
        &self.aspas
    }

    /// The row of a VRP.
    #[must_use]
    pub fn row(&self, vrp: &Vrp) -> Option<&Row> {
        let place = self.rows.binary_search_by(|row| row.vrp.cmp(vrp));
        place.ok().and_then(|place| self.rows.get(place))
    }

    /// The providers that a customer names.
    #[must_use]
    pub fn providers(&self, customer: Asn) -> Option<&[Asn]> {
        let place = (self.aspas).binary_search_by(|aspa| aspa.customer.cmp(&customer));
        let aspa = place.ok().and_then(|place| self.aspas.get(place))?;
        Some(&aspa.providers)
    }

    /// Whether routers are told the same, whatever people see beside it.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.rows.len() == other.rows.len()
            && self.aspas == other.aspas
            && (self.rows.iter().zip(&other.rows)).all(|(one, another)| one.vrp == another.vrp)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn row(prefix: &str, origin: u32, anchor: u16, expires: i64) -> Row {
        let prefix: crate::Prefix = prefix.parse().unwrap();
        Row {
            vrp: Vrp {
                prefix,
                max_length: prefix.len(),
                origin: Asn::from_u32(origin),
            },
            anchor,
            expires,
        }
    }

    #[test]
    fn one_vrp_of_two_anchors_is_one_row_that_lives_as_long_as_either() {
        let rows = vec![
            row("192.0.2.0/24", 64496, 1, 30),
            row("192.0.2.0/24", 64496, 0, 10),
            row("2001:db8::/32", 64496, 0, 20),
        ];
        let table = RouterTable::new(vec!["a".into(), "b".into()], rows, Vec::new());
        let shown: Vec<_> = (table.rows().iter())
            .map(|row| (table.anchor_of(row), row.expires))
            .collect();
        assert_eq!(shown, [("a", 30), ("a", 20)]);
    }

    #[test]
    fn the_aspas_of_one_customer_are_joined_and_as_0_says_nothing_beside_others() {
        let asn = Asn::from_u32;
        let aspa = |providers: &[u32]| Aspa {
            customer: asn(1),
            providers: providers.iter().copied().map(asn).collect(),
        };
        let table = RouterTable::new(vec![], vec![], vec![aspa(&[3, 2]), aspa(&[0, 2])]);
        assert_eq!(table.aspas(), [aspa(&[2, 3])]);
        let none = RouterTable::new(vec![], vec![], vec![aspa(&[0])]);
        assert_eq!(none.providers(asn(1)), Some(&[asn(0)][..]));
    }

    #[test]
    fn a_local_exception_adds_and_takes_away_rows() {
        let rows = vec![
            row("192.0.2.0/24", 64496, 0, 30),
            row("198.51.100.0/24", 64497, 0, 30),
        ];
        let table = RouterTable::new(vec!["a".into()], rows.clone(), Vec::new());
        let added = row("203.0.113.0/24", 64498, 0, 0).vrp;
        let payloads = Payloads {
            vrps: [rows[0].vrp, added].into_iter().collect(),
            aspas: Vec::new(),
        };
        let with = table.saying(&payloads, "slurm");
        assert_eq!(with.rows().len(), 2);
        assert_eq!(with.row(&rows[0].vrp), Some(&rows[0]));
        assert_eq!(with.anchor_of(with.row(&added).unwrap()), "slurm");
    }
}
