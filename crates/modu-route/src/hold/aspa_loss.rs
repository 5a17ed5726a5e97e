//! Providers that were lost from a network's ASPAs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use modu_kernel::Digest;
use rpki::resources::Asn;

use super::loss::{Loss, Losses, Lost, Why, why};
use crate::history::{Change, Difference, Direction};
use crate::payload::Aspa;
use crate::validate::{ObjectOutcome, ValidatedTree};

/// The ASPAs of a tree by their objects' digests: a difference names objects,
/// and this what they said.
pub(super) type AspasByObject<'t> = HashMap<Digest, &'t Aspa>;

/// The ASPAs of a tree, and how many customers each trust anchor has.
pub(super) fn aspas_of<'t>(
    tree: &'t ValidatedTree,
    losses: &mut BTreeMap<String, Losses>,
) -> AspasByObject<'t> {
    let mut customers = BTreeMap::<&str, BTreeSet<Asn>>::new();
    let mut aspas = AspasByObject::new();
    for authority in &tree.authorities {
        let anchor = tree.anchors.get(usize::from(authority.anchor));
        let anchor = anchor.map_or("", |anchor| &anchor.name);
        for object in authority.objects.iter() {
            if let ObjectOutcome::Aspa(_, aspa) = &object.outcome {
                aspas.insert(object.digest, aspa);
                customers.entry(anchor).or_default().insert(aspa.customer);
            }
        }
    }
    for (anchor, customers) in customers {
        losses.entry(anchor.to_owned()).or_default().aspas = Lost {
            total: customers.len(),
            lost: Vec::new(),
        };
    }
    aspas
}

/// Adds what a change of a customer's providers lost.
pub(super) fn add(
    difference: &Difference,
    change: &Change,
    aspas: &AspasByObject<'_>,
    time: i64,
    clock_jump: i64,
    losses: &mut BTreeMap<String, Losses>,
) {
    let Change::Aspa {
        customer,
        before,
        after,
        sayings,
    } = change
    else {
        return;
    };
    let gone = sayings.iter().filter(|it| it.direction == Direction::Went);
    let gone: Vec<_> = gone
        .map(|saying| (saying, why(difference, saying, time)))
        .collect();
    // By anchor, reason and end, so that each provider ends with its own ASPA.
    let mut lost = BTreeMap::<(&str, Why, i64), BTreeSet<Asn>>::new();
    for provider in providers_gone(before, after) {
        let saying = |(saying, _): &&(&crate::history::Saying, Why)| {
            (aspas.get(&saying.digest)).is_some_and(|aspa| aspa.providers.contains(&provider))
        };
        let saying: Vec<_> = gone.iter().filter(saying).collect();
        // One ASPA without evidence may still be meant: its provider has none.
        let without = saying.iter().any(|(_, why)| !why.is_evidence());
        let telling = || (saying.iter()).filter(|(_, why)| why.is_evidence() != without);
        let Some(why) = telling().map(|(_, why)| why).min() else {
            continue;
        };
        let until = telling().map(|(saying, _)| saying.validity.not_after).max();
        let until = until.unwrap_or(i64::MIN).saturating_add(clock_jump);
        for (saying, _) in &saying {
            if let Some(link) = difference.links.get(saying.link as usize) {
                let key = (link.anchor.as_str(), why.clone(), until);
                lost.entry(key).or_default().insert(provider);
            }
        }
    }
    for ((anchor, why, until), providers) in lost {
        let loss = Loss {
            what: Aspa {
                customer: *customer,
                providers: providers.into_iter().collect(),
            },
            until,
            why,
        };
        let of_anchor = losses.entry(anchor.to_owned()).or_default();
        of_anchor.aspas.lost.push(loss);
    }
}

/// The providers that are no longer named. AS 0 (there is none) adds nothing
/// beside others, and so is gone only with the customer's last ASPA.
pub(super) fn providers_gone(before: &[Asn], after: &[Asn]) -> Vec<Asn> {
    let gone = before.iter().filter(|provider| !after.contains(provider));
    let counts = |provider: &&Asn| after.is_empty() || **provider != Asn::MIN;
    gone.filter(counts).copied().collect()
}
