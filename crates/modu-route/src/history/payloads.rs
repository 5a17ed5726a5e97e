//! What a whole tree says.

use std::collections::{BTreeMap, BTreeSet};

use crate::payload::{Aspa, Payloads};
use crate::validate::{ObjectOutcome, ValidatedTree};

/// The payloads of a tree.
pub(super) fn payloads(tree: &ValidatedTree) -> Payloads {
    let outcomes = || {
        let authorities = tree.authorities.iter();
        authorities.flat_map(|authority| authority.objects.iter().map(|object| &object.outcome))
    };
    let vrps = outcomes().filter_map(|outcome| match outcome {
        ObjectOutcome::Roa(_, vrps) => Some(vrps),
        _ => None,
    });
    let mut aspas = BTreeMap::<_, BTreeSet<_>>::new();
    for outcome in outcomes() {
        if let ObjectOutcome::Aspa(_, aspa) = outcome {
            let joined = aspas.entry(aspa.customer).or_default();
            joined.extend(aspa.providers.iter().copied());
        }
    }
    Payloads {
        vrps: vrps.flatten().copied().collect(),
        aspas: (aspas.into_iter())
            .map(|(customer, providers)| Aspa {
                customer,
                providers: providers.into_iter().collect(),
            })
            .collect(),
    }
}
