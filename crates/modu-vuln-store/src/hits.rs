//! Which of the kept components a new advisory speaks of.

use std::collections::BTreeSet;

use modu_vuln::delta::{Judged, NewAdvisory, key_of};
use serde::Serialize;

use crate::{ReverseIndex, Row, StoreError};

/// A component that is affected, or of which it cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// The asset.
    pub asset: String,
    /// The component's package URL as its list has it, or its CPE name.
    pub component: String,
    /// The advisories that affect it; none where it cannot be told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub advisories: Vec<String>,
}

/// What a new advisory came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Hits {
    /// Components of the packages that it names.
    pub components: u64,
    /// Those that it affects.
    pub affected: Vec<Hit>,
    /// Those of which it cannot be told.
    pub undecidable: Vec<Hit>,
}

/// Looks at the components of the packages and products that an advisory names.
///
/// # Errors
/// What [`ReverseIndex::components_of`] says.
pub fn hits(index: &ReverseIndex, advisory: &NewAdvisory) -> Result<Hits, StoreError> {
    let mut hits = Hits::default();
    let mut keys: BTreeSet<Vec<u8>> = advisory.keys().map(<[u8]>::to_vec).collect();
    if advisory.has_patterns() {
        let products = index.products()?;
        let components = products.iter().map(Row::component);
        let meant = components.filter(|it| advisory.may_mean(it));
        keys.extend(meant.filter_map(|it| key_of(&it)));
    }
    for key in &keys {
        for row in index.components_of(key)? {
            hits.components += 1;
            match advisory.judge(&row.component()) {
                Judged::Affected(advisories) => hits.affected.push(hit(row, advisories)),
                Judged::Undecidable(_) => hits.undecidable.push(hit(row, Vec::new())),
                Judged::NotAffected => {}
            }
        }
    }
    Ok(hits)
}

fn hit(row: Row, advisories: Vec<String>) -> Hit {
    Hit {
        asset: row.asset,
        component: row.purl.or(row.cpe).unwrap_or(row.name),
        advisories,
    }
}
