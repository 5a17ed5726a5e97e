//! RPM's database of what is installed, `/var/lib/rpm/rpmdb.sqlite` (since
//! RPM 4.16; Fedora 33, RHEL 9): an SQLite file with a table `Packages` whose
//! rows hold a header each.
//!
//! The file itself is the run's input, so whoever holds it can run again what
//! was said of a host. It is read here from its bytes, table by table, and
//! nothing is executed of it. Older databases (Berkeley DB) and SUSE's own
//! (`Packages.db`) are recognised and refused: a listing of `rpm -qa` does for
//! them. Changes that a running `rpm` keeps beside it, in `rpmdb.sqlite-wal`,
//! are not in it; whoever opens the file has to look for that.

mod header;
mod sqlite;

use super::{Component, Inventory, rpm};
use crate::VulnError;
use sqlite::{Database, Value};

/// How an SQLite 3 file begins.
const SQLITE: &[u8] = b"SQLite format 3\0";
/// How SUSE's database begins.
const NDB: &[u8] = b"RpmP";
/// What stands at byte 12 of a Berkeley DB file, hash table or tree.
const BERKELEY: [u32; 2] = [0x0006_1561, 0x0005_3162];

/// Whether a file is a database of packages, also one that is refused.
pub(super) fn recognised(bytes: &[u8]) -> bool {
    bytes.starts_with(SQLITE) || is_other(bytes)
}

fn is_other(bytes: &[u8]) -> bool {
    let magic = bytes
        .get(12..16)
        .and_then(|it| <[u8; 4]>::try_from(it).ok());
    let is_berkeley = magic.is_some_and(|magic| {
        let numbers = [u32::from_le_bytes(magic), u32::from_be_bytes(magic)];
        numbers.iter().any(|number| BERKELEY.contains(number))
    });
    bytes.starts_with(NDB) || is_berkeley
}

/// All packages in the order in which they were installed; the keys that RPM
/// keeps as `gpg-pubkey` are none.
pub(super) fn parse(bytes: &[u8]) -> Result<Inventory<'static>, VulnError> {
    if is_other(bytes) {
        let problem = "this form of RPM's database is not read: hand in a listing instead, \
            `rpm -qa --qf '%{NAME}\\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\\t%{ARCH}\\t%{VENDOR}\\n'`";
        return Err(VulnError::at("the database", problem));
    }
    let database = Database::open(bytes)?;
    let root = packages(&database)?;
    let mut components = Vec::new();
    database.rows(root, |row, values| {
        let place = || format!("package {row}");
        let Some(Value::Bytes(blob)) = values.get(1) else {
            return Err(VulnError::at(
                place(),
                "it has no header: the database is damaged",
            ));
        };
        let package = header::parse(blob).map_err(|problem| VulnError::at(place(), problem))?;
        components.extend(component(&package));
        Ok(())
    })?;
    Ok(Inventory {
        asset: "".into(),
        components,
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
