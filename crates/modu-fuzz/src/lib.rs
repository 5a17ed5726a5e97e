//! What holds of every reader of Modu, whatever bytes it is given.
//!
//! Files come from strangers: models, needs, tables, bundles, routes. A reader
//! may refuse them, with a reason; it may not fall over, and what it lets
//! through must keep its promises. Each module here states such promises for
//! one kind of file as a *law*, a function of bytes that panics where the law
//! is broken. A fuzzer looks for bytes that break it (`fuzz/`, `cargo xtask
//! fuzz`); an ordinary test tries all that fuzzers found interesting before
//! (`fuzz/corpus/`, `tests/it`).
//!
//! Bytes alone rarely get past a signature or a length. So a [`Target`] comes
//! with seeds, good files made by our own writers, and, where the form asks for
//! it, with a way to change a file that keeps its form.
//!
//! Start reading at [`onnx`]. Laws are grouped under features, so that a fuzzer
//! of bundles need not build Parquet.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a broken law is told by a panic: fuzzers and tests look for it"
)]

#[cfg(feature = "route")]
pub mod bmp;
#[cfg(feature = "evidence")]
pub mod bundle;
#[cfg(feature = "care")]
pub mod care_table;
#[cfg(feature = "care")]
pub mod fhir;
#[cfg(feature = "openid")]
pub mod id_token;
#[cfg(feature = "proof")]
pub mod need;
#[cfg(feature = "onnx")]
pub mod onnx;
#[cfg(any(feature = "care", feature = "proof"))]
mod parquet_file;
#[cfg(feature = "onnx")]
mod protobuf;
#[cfg(any(
    feature = "care",
    feature = "evidence",
    feature = "onnx",
    feature = "openid",
    feature = "proof",
    feature = "route"
))]
mod random;
#[cfg(feature = "route")]
pub mod route;
#[cfg(feature = "route")]
pub mod route_state;
#[cfg(feature = "proof")]
pub mod solution;
#[cfg(feature = "proof")]
pub mod table;
#[cfg(feature = "evidence")]
pub mod tile;
#[cfg(feature = "vuln")]
pub mod vuln;
#[cfg(feature = "vuln")]
mod vuln_seeds;
#[cfg(feature = "vuln")]
pub mod vuln_state;
#[cfg(feature = "evidence")]
mod world;

/// A kind of file with its law.
#[derive(Clone, Copy)]
pub struct Target {
    /// The name of the fuzz target and of its folder in `fuzz/corpus`.
    pub name: &'static str,
    /// Panics where the law is broken.
    pub law: fn(&[u8]),
    /// Good files and nearly good ones, the same in every run.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Changes a file by a seed and keeps its form.
    pub mutate: Option<Mutate>,
}

/// A file and a seed to another file of the same form.
pub type Mutate = fn(&[u8], u64) -> Vec<u8>;

/// All targets whose features are on.
pub const TARGETS: &[Target] = &[
    #[cfg(feature = "evidence")]
    bundle::TARGET,
    #[cfg(feature = "evidence")]
    tile::TARGET,
    #[cfg(feature = "care")]
    fhir::TARGET,
    #[cfg(feature = "care")]
    care_table::TARGET,
    #[cfg(feature = "onnx")]
    onnx::TARGET,
    #[cfg(feature = "openid")]
    id_token::TARGET,
    #[cfg(feature = "proof")]
    need::TARGET,
    #[cfg(feature = "proof")]
    solution::TARGET,
    #[cfg(feature = "proof")]
    table::CSV,
    #[cfg(feature = "proof")]
    table::PARQUET,
    #[cfg(feature = "route")]
    bmp::TARGET,
    #[cfg(feature = "route")]
    route::TARGET,
    #[cfg(feature = "route")]
    route_state::TARGET,
    #[cfg(feature = "vuln")]
    vuln::ADVISORY,
    #[cfg(feature = "vuln")]
    vuln::BUNDLE,
    #[cfg(feature = "vuln")]
    vuln::COMPONENTS,
    #[cfg(feature = "vuln")]
    vuln_state::TARGET,
];
