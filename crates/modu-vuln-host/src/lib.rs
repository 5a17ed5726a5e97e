//! Looking at a Linux host, without changing anything: files with owners and
//! permissions, listings, outputs of commands, and one walk over the local
//! file systems. What comes out is a [`Snapshot`], on which `vuln.host` of
//! `modu-vuln` gives its answers; this crate judges nothing.
//!
//! It looks at the running host, or at a folder that holds a host's files (a
//! mounted disk, or what was copied from a machine that nothing may be
//! installed on), with the outputs of commands in another folder.
//!
//! - Secrets stay: each text goes through [`modu_vuln::host::Keep`] before it
//!   gets into the snapshot.
//! - No user can make it read another's file: links out of homes are not
//!   followed, and pipes and devices are never opened for reading.
//! - Every command has a deadline and a limit of output, and gets no input,
//!   no terminal and an environment of our own.

mod collect;
mod command;
mod error;
mod root;
mod states;
mod sweep;

pub use collect::{Options, collect};
pub use error::HostError;

#[doc(no_inline)]
pub use modu_vuln::host::Snapshot;
