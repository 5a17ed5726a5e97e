//! A Modu server from the other side: what a program asks of `/api/v1`, typed.
//!
//! The types are those of the server (`modu-wire`), so that both always mean
//! the same. Calls block; they are for commands and scripts, and must not be
//! made within an asynchronous runtime.
//!
//! ```no_run
//! use modu_client::{Client, Key};
//!
//! # fn main() -> Result<(), modu_client::ClientError> {
//! let client = Client::new("https://modu.example", Some(Key::read("modu_...")?))?;
//! for project in client.projects() {
//!     let project = project?;
//!     println!("{} {}", project.project, project.title.as_str());
//! }
//! # Ok(()) }
//! ```
//!
//! - A key goes to its own server only: over TLS, or to this machine; redirects
//!   are not followed.
//! - An answer is read up to a limit and a time.
//! - What changes something is sent with an idempotency key, and sent again
//!   with it where the connection broke: it is done once.
//! - What the server refuses is told in its own words ([`ClientError::Refused`]).
//!
//! Start at [`Client`].

mod address;
mod call;
mod client;
mod error;
mod listing;

pub use address::Key;
pub use client::Client;
pub use error::ClientError;
pub use listing::Pages;
pub use modu_wire as wire;
