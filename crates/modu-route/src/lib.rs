//! Internet route security: what a route authorisation says of the routes that
//! are announced, and what a change of it would break.
//!
//! Networks announce address prefixes to each other (BGP), and by itself
//! nothing stops a network from announcing somebody else's. With the RPKI the
//! holder of addresses signs which network may originate them (a *ROA*); a
//! validator turns all ROAs of the world into *validated ROA payloads* (VRPs),
//! and routers drop what these make invalid. Whoever publishes a wrong ROA
//! drops himself off the internet: so the question here is asked beforehand.
//!
//! - [`validate`] (`route.validate`): from what was fetched of the RPKI to the
//!   VRPs and ASPAs that may be believed, with [`slurm`] for local exceptions;
//! - [`validate`] (`route.validate`): from what was fetched ([`repository`]) to
//!   what routers may believe; [`slurm`] for local exceptions;
//! - [`hold`] (`route.hold`): losses that nothing explains; [`history`]
//!   (`route.history`): every change with its object and cause;
//! - [`OriginIndex`]: RFC 6811 origin validation, built for millions of
//!   lookups;
//! - [`whatif`] (`route.whatif`): which announcements a proposed change makes
//!   invalid, which lose their last valid ROA, and which sub-prefixes a loose
//!   maxLength leaves open to a forged origin (RFC 9319);
//! - [`plan`] (`route.plan`): the fewest ROAs that make a network's own
//!   announcements valid and authorise nothing else, in an order in which
//!   they can be published safely;
//! - [`aspa`]: path verification; [`watch`] (`route.watch`): hijacks, leaks
//!   and losses of one's own prefixes in what peers tell; [`coverage`]
//!   (`route.coverage`): how much is covered, over time.
//!
//! VRPs may come from any validator, as the CSV or JSON that they print; routes
//! from MRT table dumps (RFC 6396). Nothing here opens a file or a socket.

mod announcement;
pub mod aspa;
pub mod coverage;
mod error;
pub mod history;
pub mod hold;
mod instant;
mod origin;
mod payload;
pub mod plan;
mod proposal;
pub mod repository;
mod router_table;
pub mod slurm;
mod text;
pub mod validate;
mod vrp;
pub mod watch;
pub mod whatif;

pub use announcement::{Announcement, RouteTable, SeenPaths};
pub use aspa::AspaTable;
pub use coverage::COVERAGE;
pub use error::RouteError;
pub use history::HISTORY;
pub use origin::{Invalid, OriginIndex, Validity};
pub use payload::{Aspa, Payloads};
pub use plan::PLAN;
pub use proposal::{Change, Proposal};
pub use router_table::{RouterTable, Row};
pub use rpki::resources::{Asn, addr::Prefix};
pub use validate::VALIDATE;
pub use vrp::{Vrp, VrpTable};
pub use watch::WATCH;
pub use whatif::WHATIF;

/// Limits of what is read; past one, the error or the reason says which.
pub mod limits {
    /// Bytes of a file of VRPs.
    pub const VRP_BYTES: u64 = 256 << 20;
    /// VRPs of one table; the world has about 800,000.
    pub const VRPS: usize = 10_000_000;
    /// Bytes of a proposal.
    pub const PROPOSAL_BYTES: u64 = 16 << 20;
    /// Changes of one proposal.
    pub const CHANGES: usize = 200_000;
    /// Bytes of a table dump after decompression.
    pub const DUMP_BYTES: u64 = 16 << 30;
    /// Different announcements of one table; the world has about a million.
    pub const ANNOUNCEMENTS: usize = 10_000_000;
    /// Announcements by different paths; sixty peers of a collector see the
    /// world's million announcements.
    pub const PATHS_SEEN: usize = 200_000_000;
    /// Announcements that a report lists by name; all are in the CSV beside it.
    pub const LISTED: usize = 200;
    /// Objects of one publication point; the largest real ones have some ten
    /// thousand.
    pub const POINT_OBJECTS: usize = 100_000;
    /// Bytes of one object's file name.
    pub const OBJECT_NAME_BYTES: usize = 1_024;
    /// Bytes of one object.
    pub const OBJECT_BYTES: u64 = 64 << 20;
    /// Publication points of one index; the world has about 50,000.
    pub const POINTS: usize = 1_000_000;
    /// ASPAs of one table; the world has some 100,000 networks.
    pub const ASPAS: usize = 1_000_000;
    /// Providers of one ASPA (draft-ietf-sidrops-aspa-profile, section 3).
    pub const PROVIDERS: usize = 16_380;
    /// Tables of one picture of coverage.
    pub const COVERAGE_TIMES: usize = 1_000;
    /// Organisations of one list.
    pub const ORGANISATIONS: usize = 100_000;
    /// Bytes of an operator's configuration.
    pub const CONFIG_BYTES: u64 = 16 << 20;
    /// Prefixes of one operator.
    pub const OWN_PREFIXES: usize = 100_000;
    /// Routes inside own prefixes that a watch holds, of all peers together.
    pub const WATCHED_ROUTES: usize = 2_000_000;
    /// Those of one peer, so that none takes the room of the others.
    pub const WATCHED_ROUTES_OF_PEER: usize = 250_000;
    /// How long a peer whose session began anew may take to tell its routes
    /// again; what it has not told by then is over.
    pub const RETELLING_SECONDS: i64 = 600;
    /// Alerts that a watch remembers.
    pub const ALERTS: usize = 100_000;
    /// Prefixes that one alert names.
    pub const ALERT_PREFIXES: usize = 100;
    /// Bytes of a watch's state.
    pub const WATCH_STATE_BYTES: u64 = 1 << 30;
    /// Bytes of a file of ASPAs.
    pub const ASPA_BYTES: u64 = 256 << 20;
    /// Bytes of one trust anchor locator.
    pub const LOCATOR_BYTES: u64 = 64 << 10;
    /// Trust anchors of one run.
    pub const LOCATORS: usize = 64;
    /// Authorities above another.
    pub const DEPTH: usize = 32;
    /// Authorities under one trust anchor; the world has about 50,000 under
    /// all of them.
    pub const AUTHORITIES: u32 = 500_000;
    /// Bytes of one authority's certificate; the largest real ones have some
    /// hundred thousand.
    pub const CERTIFICATE_BYTES: u64 = 4 << 20;
    /// Bytes of one signed object.
    pub const SIGNED_OBJECT_BYTES: u64 = 20 << 20;
    /// Blocks of addresses of an authority, times the files that it lists:
    /// each file's certificate is compared with each block.
    pub const POINT_COMPARISONS: usize = 4_000_000_000;
    /// Prefixes of one ROA.
    pub const ROA_PREFIXES: usize = 100_000;
    /// Bytes of a file of local exceptions.
    pub const SLURM_BYTES: u64 = 16 << 20;
    /// Bytes of one publication point's pack.
    pub const PACK_BYTES: u64 = 1 << 30;
    /// Bytes of a validated tree.
    pub const TREE_BYTES: u64 = 2 << 30;
    /// Bytes of a repository index.
    pub const INDEX_BYTES: u64 = 1 << 30;
    /// Files of a publication point that one thread judges alone.
    pub(crate) const ALONE: usize = 64;
    /// Origin networks of one plan.
    pub const ORIGINS: usize = 1_000;
}
