//! Worlds to test route security with: certificate authorities, ROAs and
//! ASPAs that are really signed, and the things that attackers do to them.
//!
//! A validator is only as good as the worlds it was tried in. The real one
//! cannot be carried along, and holds none of the attacks on purpose; so here
//! is a small certificate authority software that makes any number of
//! authorities in a stated shape, signs them with kept keys, and spoils them
//! in stated ways. For tests and benches only: its keys are nobody's secret.
//!
//! - [`Shape`] says what is wanted; [`World::new`] makes and signs it. With
//!   the same keys one shape gives the same bytes.
//! - [`World`] is then changed (ROAs added and removed, authorities shrunk,
//!   time moved on) and re-signed, only where it changed.
//! - It is given out as files by rsync URI ([`World::files`]), as a folder in
//!   rsync's layout, as packs and their index ([`World::repository`]), or as
//!   an RRDP server's files ([`RrdpServer`]).
//! - [`World::vrps`] and [`World::aspas`] say what a validator must find.
//! - [`spoil`] edits DER and signs it again, for what no honest signer makes.
//!
//! ```
//! use modu_route_world::{Keys, Shape, World};
//!
//! let world = World::new(&Shape::default(), Keys::shared())?;
//! assert_eq!(world.authorities.len(), 4, "a trust anchor and three below");
//! assert!(world.files().keys().any(|uri| uri.ends_with(".roa")));
//! # Ok::<(), modu_route_world::WorldError>(())
//! ```

mod authority;
mod error;
mod give;
mod keys;
mod rrdp;
mod shape;
mod sign;
pub mod spoil;
mod world;

pub use authority::{Authority, Provider, RoaPrefix, RouteOrigin};
pub use error::WorldError;
pub use give::MemoryPacks;
pub use keys::Keys;
pub use rpki::repository::resources::ResourceSet;
pub use rrdp::RrdpServer;
pub use shape::{Host, Shape};
pub use sign::{ManifestList, ObjectKind};
pub use world::World;
