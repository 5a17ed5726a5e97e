//! High-risk vulnerability management: which asset is exposed to what, by when
//! it must be fixed, and the proof that it was.
//!
//! Scanners say what they found and are silent about what they could not
//! read, so a malformed version looks clean. Here every component ends as
//! affected, not affected, or undecidable with a reason, and the three add up
//! to the whole.
//!
//! - [`scan`] (`vuln.scan`): which components of an inventory are affected;
//! - [`decide`] (`vuln.decide`): by when what was found must be fixed;
//! - [`due`] (`vuln.due`), [`except`] (`vuln.except`) and [`fix`] (`vuln.fix`):
//!   what falls due, who answers for what is not fixed, and what shows that it
//!   was;
//! - [`ledger`]: deadlines, exceptions and proofs of fixing, only ever added to;
//! - [`cvss`]: vectors of severity and their scores;
//! - [`ssvc`]: decision tables as data;
//! - [`bundle`] (`vuln.bundle`): advisories as one signed and dated artifact;
//! - [`assets`] (`vuln.assets`): which assets of a plant are affected;
//! - [`cpe`]: names of products without a package URL;
//! - [`inventory`]: what an organisation has;
//! - [`advisory`]: what is known to be wrong with which versions;
//! - [`delta`]: what one new advisory affects, without a scan of everything;
//! - [`index`]: advisories laid out for matching;
//! - [`host`] (`vuln.host`): a Linux host against the items U-01 to U-67;
//! - [`version`]: versions and their order, as each ecosystem defines it;
//! - [`vendor`]: versions and ranges of industrial products as their vendors
//!   write them.

pub mod advisory;
pub mod assets;
pub mod bundle;
pub mod cpe;
pub mod cvss;
pub mod decide;
pub mod delta;
pub mod due;
mod error;
pub mod except;
pub mod fix;
pub mod host;
pub mod index;
pub mod inventory;
pub mod ledger;
pub mod scan;
pub mod ssvc;
mod table;
pub mod vendor;
pub mod version;

pub use assets::ASSETS;
pub use bundle::BUNDLE;
pub use decide::DECIDE;
pub use due::DUE;
pub use error::VulnError;
pub use except::EXCEPT;
pub use fix::FIX;
pub use host::HOST;
pub use scan::SCAN;
pub use version::{Scheme, Version, VersionError};

/// Limits of what is read; past one, the error says which.
pub mod limits {
    /// Bytes of an inventory.
    pub const INVENTORY_BYTES: u64 = 1 << 30;
    /// Components of an inventory.
    pub const COMPONENTS: usize = 5_000_000;
    /// Lists within lists of an inventory's JSON.
    pub const DEPTH: usize = 127;
    /// Bytes of one package URL.
    pub const PURL_BYTES: usize = 4_096;
    /// Bytes of a bundle of advisories as it is handed in.
    pub const BUNDLE_BYTES: u64 = 1 << 30;
    /// Bytes of a bundle's text.
    pub const BUNDLE_TEXT_BYTES: u64 = 4 << 30;
    /// How many times larger than itself a bundle's text may be, beyond
    /// [`LINE_BYTES`]: real ones are some twenty times.
    pub const EXPANSION: u64 = 1_000;
    /// Bytes of one line of it.
    pub const LINE_BYTES: u64 = 64 << 20;
    /// Advisories of one bundle.
    pub const ADVISORIES: usize = 5_000_000;
    /// Ecosystems, releases of distributions among them, of one bundle.
    pub const ECOSYSTEMS: usize = 10_000;
    /// Affected components that a report lists by name; all are in the CSV.
    pub const LISTED: usize = 200;
    /// Rows of one file of findings.
    pub const FINDINGS: usize = 5_000_000;
    /// Bytes of one cell of a table.
    pub const CELL_BYTES: usize = 65_536;
    /// Bytes of a ledger, all its pages together.
    pub const LEDGER_BYTES: u64 = 4 << 30;
    /// Bytes of a policy or a decision table.
    pub const DOCUMENT_BYTES: u64 = 1 << 20;
    /// Combinations of a decision table.
    pub const TABLE_ROWS: usize = 10_000;
    /// The longest exception in days.
    pub const EXCEPTION_DAYS: u16 = 366;
    /// The longest deadline in days.
    pub const DEADLINE_DAYS: u16 = 3_660;
    /// Bytes of one version.
    pub const VERSION_BYTES: usize = 255;
}
