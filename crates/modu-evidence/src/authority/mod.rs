//! The private certificate authority: who a signature is by.
//!
//! A bundle's reader does not know the signer's key; the certificate in the
//! bundle says whose it is. It is issued anew for each batch of statements and
//! is valid for ten minutes, so whoever has the identity key alone can sign
//! nothing that holds: that takes a certificate of the authority and a promise
//! of the log, too.
//!
//! Today all five keys lie in one folder. Who steals that folder can issue
//! certificates and promises for any time in the keys' period, an earlier one
//! included; short validity does not stop them. What stands against it is what
//! others hold already: checkpoints kept or cosigned before, which no entry made
//! afterwards lies under. There is no revocation list: after a theft, change the
//! keys, hand out the new trusted root, and trust the old keys' entries only
//! under such a checkpoint.
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
