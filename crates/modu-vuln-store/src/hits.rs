//! Which of the kept components a new advisory speaks of.

use std::borrow::Cow;

use modu_vuln::delta::{Judged, NewAdvisory};
use modu_vuln::inventory::Component;
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

/// Looks at the components of the packages that an advisory names.
///
/// # Errors
/// What [`ReverseIndex::components_of`] says.
pub fn hits(index: &ReverseIndex, advisory: &NewAdvisory) -> Result<Hits, StoreError> {
    let mut hits = Hits::default();
    for key in advisory.keys() {
        for row in index.components_of(key)? {
            hits.components += 1;
            let judged = advisory.judge(&Component {
                name: Cow::Borrowed(&row.name),
                version: row.version.as_deref().map(Cow::Borrowed),
                purl: row.purl.as_deref().map(Cow::Borrowed),
                cpe: row.cpe.as_deref().map(Cow::Borrowed),
            });
            match judged {
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
