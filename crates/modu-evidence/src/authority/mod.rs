//! The private certificate authority: who a signature is by.
//!
//! A bundle's reader does not know the signer's key; the certificate in the
//! bundle says whose it is. It is issued anew for each batch of statements and
//! is valid for ten minutes, so a key that is stolen later cannot sign for
//! earlier times, and nothing has to be revoked.
//!
//! The certificates are those that Sigstore's clients expect of their own
//! authority, Fulcio: the identity as a URI in the subject alternative name,
//! the issuer in two extensions, code signing as the only use, and a *signed
//! certificate timestamp* (RFC 6962) by the certificate log's key.
//!
//! Reading is strict: a certificate is accepted only where writing it again
//! from what was read gives the same bytes.

mod leaf;
mod root;
mod timestamp;
mod x509;

pub use leaf::{LeafCertificate, MAX_NAME_BYTES, VALIDITY};
pub use root::AuthorityCertificate;
pub(crate) use root::COMMON_NAME;

#[cfg(test)]
mod tests;
