//! Signatures of webhooks, as Standard Webhooks 1.0.0 asks for them
//! (<https://www.standardwebhooks.com>).
//!
//! A message carries its number (`webhook-id`, the same at each attempt), when
//! this attempt was made (`webhook-timestamp`, seconds since 1970) and a
//! signature over both and the body (`webhook-signature`, `v1,` and the base64
//! of an HMAC-SHA256). A receiver that refuses old timestamps and numbers that
//! it has seen cannot be made to act on a replayed message.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// How far a receiver's clock may be from a message's timestamp, in seconds.
pub const TOLERANCE: i64 = 5 * 60;
/// Bytes of a secret (the standard takes 24 to 64).
pub const SECRET_BYTES: usize = 32;

/// The secret that a webhook's owner and this server share.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; SECRET_BYTES]);

impl Secret {
    /// From its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; SECRET_BYTES]) -> Self {
        Self(bytes)
    }

    /// As its owner keeps it: `whsec_` and base64. To be shown once.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.0))
    }

    pub(super) const fn bytes(&self) -> &[u8; SECRET_BYTES] {
        &self.0
    }

    /// The value of `webhook-signature`.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        format!(
            "v1,{}",
            STANDARD.encode(self.mac(id, timestamp, body).finalize().into_bytes())
        )
    }

    /// Whether one of the signatures of a message is ours: what a receiver
    /// asks, before it compares the timestamp with its clock
    /// ([`TOLERANCE`]) and the number with those that it has seen.
    #[must_use]
    pub fn verify(&self, id: &str, timestamp: i64, body: &[u8], signatures: &str) -> bool {
        signatures.split(' ').any(|signature| {
            let code = signature.strip_prefix("v1,");
            let bytes = code.and_then(|code| STANDARD.decode(code).ok());
            bytes.is_some_and(|bytes| self.mac(id, timestamp, body).verify_slice(&bytes).is_ok())
        })
    }

    fn mac(&self, id: &str, timestamp: i64, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = keyed(&self.0);
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        mac
    }
}

/// HMAC takes keys of any length; one of at most a block (64 bytes) goes in
/// as it is, filled up with zeros (RFC 2104, section 2).
fn keyed(key: &[u8; SECRET_BYTES]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    let (head, _) = block.split_at_mut(SECRET_BYTES);
    head.copy_from_slice(key);
    Hmac::<Sha256>::new((&block).into())
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"type":"proposal.selected","data":{"project":5}}"#;
    /// Computed with `standardwebhooks` 1.1.0 (PyPI) for the secret of the
    /// bytes 0 to 31: `Webhook(secret).sign("msg_12_1", 1790000000, BODY)`.
    const SIGNATURE: &str = "v1,lM14IxITe4GRlHu52DI34EL+w8D+Lwo3O7us2xQpW9k=";

    fn secret() -> Secret {
        Secret::new(std::array::from_fn(|place| place as u8))
    }

    #[test]
    fn a_message_is_signed_as_the_standards_own_library_does() {
        let written = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        assert_eq!(secret().reveal(), written);
        assert_eq!(secret().sign("msg_12_1", 1_790_000_000, BODY), SIGNATURE);
    }

    #[test]
    fn a_signature_holds_for_one_message_at_one_time_only() {
        let holds = |id, at, body| secret().verify(id, at, body, SIGNATURE);
        assert!(holds("msg_12_1", 1_790_000_000, BODY));
        assert!(!holds("msg_12_2", 1_790_000_000, BODY));
        assert!(!holds("msg_12_1", 1_790_000_001, BODY));
        assert!(!holds("msg_12_1", 1_790_000_000, b"{}"));
        let other = Secret::new([7; 32]);
        assert!(!other.verify("msg_12_1", 1_790_000_000, BODY, SIGNATURE));
    }

    #[test]
    fn one_good_signature_among_others_is_enough() {
        let several = format!("v1a,xx v1,AAAA v1,% {SIGNATURE}");
        assert!(secret().verify("msg_12_1", 1_790_000_000, BODY, &several));
        assert!(!secret().verify("msg_12_1", 1_790_000_000, BODY, ""));
    }

    #[test]
    fn a_secret_is_not_told_by_accident() {
        assert_eq!(format!("{:?}", secret()), "Secret(..)");
    }
}
