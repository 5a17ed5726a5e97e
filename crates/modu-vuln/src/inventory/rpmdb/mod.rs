//! RPM's database of what is installed, in each of the three forms that it has
//! had: an SQLite file, `rpmdb.sqlite`, with a table `Packages` whose rows hold
//! a header each (since RPM 4.16; Fedora 33, RHEL 9); RPM's own `Packages.db`
//! (SUSE); and a hash table of Berkeley DB, `Packages` (until RHEL 8).
//!
//! The file itself is the run's input, so whoever holds it can run again what
//! was said of a host. It is read here from its bytes and nothing is executed
//! of it. SQLite's own library would open a file by path and look for others
//! beside it, which an engine may not do, and is C: the two hundred lines that
//! walk a table are ours instead, and a test holds them against the library.
//! Changes that a running `rpm` keeps in `rpmdb.sqlite-wal` are not in the
//! file; whoever opens it has to look for that.

mod berkeley;
mod header;
mod ndb;
mod sqlite;

use super::{Component, Inventory, rpm};
use crate::VulnError;
use sqlite::{Database, Value};

/// How an SQLite 3 file begins.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Whether a file is a database of packages.
pub(super) fn recognised(bytes: &[u8]) -> bool {
    bytes.starts_with(SQLITE) || bytes.starts_with(ndb::MAGIC) || berkeley::recognised(bytes)
}

/// All packages in the order in which they were installed; the keys that RPM
/// keeps as `gpg-pubkey` are none.
pub(super) fn parse(bytes: &[u8]) -> Result<Inventory<'static>, VulnError> {
    let mut components = Vec::new();
    let mut add = |number: i64, header: &[u8]| {
        let package = header::parse(header)
            .map_err(|problem| VulnError::at(format!("package {number}"), problem))?;
        components.extend(component(&package));
        Ok(())
    };
    if bytes.starts_with(SQLITE) {
        rows(bytes, add)?;
    } else if bytes.starts_with(ndb::MAGIC) {
        for (number, header) in ndb::packages(bytes)? {
            add(i64::from(number), header)?;
        }
    } else {
        berkeley::packages(bytes, |number, header| add(i64::from(number), header))?;
    }
    Ok(Inventory {
        asset: "".into(),
        components,
    })
}

/// Takes the header of each row of the table of packages.
fn rows(
    bytes: &[u8],
    mut take: impl FnMut(i64, &[u8]) -> Result<(), VulnError>,
) -> Result<(), VulnError> {
    let database = Database::open(bytes)?;
    let root = packages(&database)?;
    database.rows(root, |row, values| match values.get(1) {
        Some(Value::Bytes(header)) => take(row, header),
        _ => {
            let problem = "it has no header: the database is damaged";
            Err(VulnError::at(format!("package {row}"), problem))
        }
    })
}

/// The first page of the table of packages.
fn packages(database: &Database<'_>) -> Result<u32, VulnError> {
    let mut root = None;
    // The schema: type, name, table, first page, text.
    database.rows(sqlite::SCHEMA, |_, values| {
        if let [
            Value::Bytes(b"table"),
            Value::Bytes(b"Packages"),
            _,
            Value::Integer(page),
            ..,
        ] = values
        {
            root = u32::try_from(*page).ok();
        }
        Ok(())
    })?;
    root.ok_or_else(|| {
        let problem = "it has no table `Packages`: expected RPM's database, rpmdb.sqlite";
        VulnError::at("the database", problem)
    })
}

fn component(package: &header::Package) -> Option<Component<'static>> {
    let version = format!("{}-{}", package.version, package.release);
    let vendor = package.vendor.as_deref().unwrap_or_default();
    let arch = package.arch.as_deref().unwrap_or_default();
    (package.name != "gpg-pubkey")
        .then(|| rpm::package(&package.name, package.epoch, &version, arch, vendor))
}
