//! Who somebody is elsewhere: a client of OpenID Connect providers.
//!
//! A visitor is sent to a provider with a question that only their browser can
//! have asked ([`Flow`]), and comes back with a code. For the code the
//! provider tells us, server to server, who they are, in a signed token, of
//! which everything is checked ([`token`]). It is the authorisation code flow
//! of OpenID Connect Core 1.0 with PKCE (RFC 7636), and nothing of a token but
//! its subject is used: what somebody may do is decided here.
//!
//! Why not the crate `openidconnect`: it stands on the crate `rsa`, for whose
//! timing leak (RUSTSEC-2023-0071) there is no mended version, and brings an
//! older copy of the whole RustCrypto family. `ring`, in the tree by rustls,
//! verifies the same signatures.
//!
//! Start at [`Provider`].

mod discovery;
mod error;
mod fetch;
mod flow;
mod keys;
mod provider;
pub mod token;

pub use discovery::Discovery;
pub use error::OpenidError;
pub use flow::Flow;
pub use keys::Keys;
pub use provider::{Answer, Provider, Settings};
