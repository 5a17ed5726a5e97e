//! What a run has seen: a tree with reasons, or a table without.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use modu_kernel::Digest;
use modu_route::hold::{Losses, losses_of_tables, losses_of_trees};
use modu_route::validate::ValidatedTree;
use modu_route::{Asn, Payloads, RouterTable};
use serde_json::json;

use crate::NetError;
use crate::cache::replace::replace_file;

/// What a run has seen.
#[derive(Debug)]
pub struct Seen {
    what: What,
    bytes: OnceLock<(Digest, Vec<u8>)>,
}

#[derive(Debug)]
enum What {
    Tree(Arc<ValidatedTree>),
    /// A table, and the name that it stands under.
    Table(String, RouterTable),
}

impl Seen {
    /// What a validation saw.
    #[must_use]
    pub fn tree(tree: Arc<ValidatedTree>) -> Self {
        Self {
            what: What::Tree(tree),
            bytes: OnceLock::new(),
        }
    }

    /// What another validator said, under a name.
    #[must_use]
    pub fn payloads(name: &str, payloads: Payloads) -> Self {
        Self {
            what: What::Table(name.to_owned(), RouterTable::of_payloads(name, payloads)),
            bytes: OnceLock::new(),
        }
    }

    /// The bytes that a run of `route.hold` takes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.hashed().1
    }

    pub(super) fn digest(&self) -> Digest {
        self.hashed().0
    }

    fn hashed(&self) -> &(Digest, Vec<u8>) {
        self.bytes.get_or_init(|| {
            let bytes = match &self.what {
                What::Tree(tree) => tree.to_bytes(),
                What::Table(name, table) if table.aspas().is_empty() => {
                    csv(name, table).into_bytes()
                }
                What::Table(name, table) => json(name, table).into_bytes(),
            };
            (Digest::of(&bytes), bytes)
        })
    }

    pub(super) fn is_table(&self) -> bool {
        matches!(self.what, What::Table(..))
    }

    pub(super) fn anchors(&self) -> Vec<String> {
        match &self.what {
            What::Tree(tree) => tree.anchors.iter().map(|it| it.name.clone()).collect(),
            What::Table(name, _) => vec![name.clone()],
        }
    }

    pub(super) fn table(&self) -> RouterTable {
        match &self.what {
            What::Tree(tree) => RouterTable::of_tree(tree),
            What::Table(_, table) => table.clone(),
        }
    }

    /// What was lost from this to another; between a tree and a table nothing
    /// is compared, for the operator has changed the service.
    pub(super) fn losses(
        &self,
        current: &Self,
        clock_jump: i64,
        tables_until: i64,
    ) -> BTreeMap<String, Losses> {
        match (&self.what, &current.what) {
            (What::Tree(accepted), What::Tree(current)) => {
                losses_of_trees(accepted, current, clock_jump)
            }
            (What::Table(_, accepted), What::Table(_, current)) => {
                losses_of_tables(accepted, current, tables_until)
            }
            _ => BTreeMap::new(),
        }
    }
}

fn csv(name: &str, table: &RouterTable) -> String {
    let mut text = String::from("ASN,IP Prefix,Max Length,Trust Anchor\n");
    for row in table.rows() {
        let (origin, prefix) = (row.vrp.origin.into_u32(), row.vrp.prefix);
        let _ = writeln!(text, "AS{origin},{prefix},{},{name}", row.vrp.max_length);
    }
    text
}

/// The same with ASPAs, for which validators have no CSV.
fn json(name: &str, table: &RouterTable) -> String {
    let roas = table.rows().iter().map(|row| {
        let (origin, prefix) = (row.vrp.origin.into_u32(), row.vrp.prefix);
        json!({
            "asn": format!("AS{origin}"),
            "maxLength": row.vrp.max_length,
            "prefix": prefix.to_string(),
            "ta": name,
        })
    });
    let aspas = table.aspas().iter().map(|aspa| {
        let providers: Vec<_> = aspa.providers.iter().map(Asn::to_string).collect();
        json!({ "customer": aspa.customer.to_string(), "providers": providers })
    });
    let (roas, aspas): (Vec<_>, Vec<_>) = (roas.collect(), aspas.collect());
    json!({ "aspas": aspas, "roas": roas }).to_string()
}

const TREE: &str = "tree";
const TABLE: &str = "csv";

fn path(folder: &Path, digest: Digest, kind: &str) -> PathBuf {
    folder.join(format!("{}.{kind}", digest.to_hex()))
}

/// Writes what was seen under its digest.
pub(super) fn write(folder: &Path, seen: &Seen) -> Result<(), NetError> {
    let kind = if seen.is_table() { TABLE } else { TREE };
    replace_file(&path(folder, seen.digest(), kind), seen.bytes())
}

/// Reads what was seen by its digest; nothing where it is missing or damaged.
pub(super) fn read(folder: &Path, digest: Digest) -> Result<Option<Seen>, NetError> {
    for kind in [TREE, TABLE] {
        let path = path(folder, digest, kind);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(NetError::io("read", &path, error)),
        };
        if Digest::of(&bytes) != digest {
            return Ok(None);
        }
        return Ok(match kind {
            TREE => ValidatedTree::parse(&bytes)
                .ok()
                .map(|tree| Seen::tree(Arc::new(tree))),
            _ => Payloads::parse(&bytes)
                .ok()
                .map(|payloads| Seen::payloads(&name_in(&bytes), payloads)),
        });
    }
    Ok(None)
}

/// The name that the rows of our own CSV end in, or of our own JSON tell.
fn name_in(bytes: &[u8]) -> String {
    #[derive(serde::Deserialize)]
    struct Document {
        roas: Vec<Roa>,
    }
    #[derive(serde::Deserialize)]
    struct Roa {
        ta: String,
    }
    let name = match bytes.first() {
        Some(b'{') => serde_json::from_slice::<Document>(bytes)
            .ok()
            .and_then(|document| document.roas.into_iter().next())
            .map(|roa| roa.ta),
        _ => std::str::from_utf8(bytes).ok().and_then(|text| {
            let row = text.lines().nth(1)?;
            row.splitn(4, ',').nth(3).map(str::to_owned)
        }),
    };
    name.unwrap_or_else(|| "vrps".to_owned())
}

/// Removes what no anchor stands on any more. What stays is found next time.
pub(super) fn sweep(folder: &Path, wanted: &BTreeSet<Digest>) {
    let Ok(files) = fs::read_dir(folder) else {
        return;
    };
    for file in files.flatten() {
        let path = file.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let digest = stem.and_then(|stem| Digest::from_hex(stem).ok());
        if digest.is_some_and(|digest| !wanted.contains(&digest)) {
            let _ = fs::remove_file(path);
        }
    }
}
