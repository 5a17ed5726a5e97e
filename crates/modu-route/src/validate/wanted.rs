//! What a tree's authorities want fetched.

use std::collections::BTreeSet;

use super::tree::ValidatedTree;

/// A publication point that an authority names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wanted {
    /// The RRDP server's notification file, if it names one.
    pub notify: Option<String>,
    /// The folder, an rsync URI that ends in `/`.
    pub folder: String,
    /// The URI of the manifest.
    pub manifest: String,
}

impl ValidatedTree {
    /// The publication points of all authorities that were reached. Whoever
    /// fetches them and validates again reaches those below.
    #[must_use]
    pub fn wanted(&self) -> BTreeSet<Wanted> {
        let wanted = self.authorities.iter().map(|authority| Wanted {
            notify: authority.notify.as_deref().map(str::to_owned),
            folder: authority.folder.to_string(),
            manifest: authority.manifest_uri.to_string(),
        });
        wanted.collect()
    }
}
