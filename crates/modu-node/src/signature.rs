//! Signed requests (RFC 9421, HTTP Message Signatures).
//!
//! What is signed is the method, the path, the digest of the body (RFC 9530),
//! the token, a time and a nonce. A request cannot be changed on its way, used
//! for another one or with another token; by its nonce the server knows it
//! when it comes again. Of all forms that the standard allows one is written
//! and one is read.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use jiff::Timestamp;
use modu_kernel::Digest;
use modu_programme::job::NodeKey;

use crate::Key;

/// What is covered, in this order.
const COVERED: &str = "(\"@method\" \"@path\" \"content-digest\" \"authorization\")";
/// The label of our signature among those of a request.
const LABEL: &str = "modu";

/// The fields of a request's head that carry its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// `Authorization`: the token.
    pub authorization: String,
    /// `Content-Digest`.
    pub content_digest: String,
    /// `Signature-Input`.
    pub signature_input: String,
    /// `Signature`.
    pub signature: String,
}

/// What makes a request one of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// When it was signed.
    pub created: Timestamp,
    /// What no other request of the node has.
    pub nonce: String,
}

/// Why a request is not the node's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The head's fields are not in the one form that is read.
    #[error("the signature's fields are not as described")]
    Form,
    /// The body is another one than was signed.
    #[error("the body is not the one that was signed")]
    Body,
    /// The key did not sign it.
    #[error("the signature is not by the node's key")]
    Key,
}

/// Signs a `POST` to a path.
#[must_use]
pub fn sign(key: &Key, path: &str, body: &[u8], authorization: &str, stamp: &Stamp) -> Head {
    let content_digest = content_digest(body);
    let parameters = parameters(&key.public(), stamp);
    let base = base(path, &content_digest, authorization, &parameters);
    let signature = BASE64_STANDARD.encode(key.sign(base.as_bytes()));
    Head {
        authorization: authorization.to_owned(),
        content_digest,
        signature_input: format!("{LABEL}={parameters}"),
        signature: format!("{LABEL}=:{signature}:"),
    }
}

/// Checks a `POST` to a path. Whether its time is near enough and its nonce is
/// new is for the caller to say.
///
/// # Errors
/// [`SignatureError`].
pub fn check(key: &NodeKey, path: &str, body: &[u8], head: &Head) -> Result<Stamp, SignatureError> {
    let parameters = head
        .signature_input
        .strip_prefix(LABEL)
        .and_then(|rest| rest.strip_prefix('='))
        .ok_or(SignatureError::Form)?;
    let named = parameters.contains(";keyid=\"");
    if named && !parameters.contains(&format!(";keyid=\"{key}\"")) {
        return Err(SignatureError::Key);
    }
    let stamp = stamp(key, parameters).ok_or(SignatureError::Form)?;
    if head.content_digest != content_digest(body) {
        return Err(SignatureError::Body);
    }
    let signature = head
        .signature
        .strip_prefix(LABEL)
        .and_then(|rest| rest.strip_prefix("=:")?.strip_suffix(':'))
        .and_then(|text| BASE64_STANDARD.decode(text).ok())
        .and_then(|bytes| Signature::from_slice(&bytes).ok())
        .ok_or(SignatureError::Form)?;
    let base = base(path, &head.content_digest, &head.authorization, parameters);
    let key = VerifyingKey::from_bytes(&key.0).map_err(|_| SignatureError::Key)?;
    // Strict: no key or signature of small order, under which anything holds.
    key.verify_strict(base.as_bytes(), &signature)
        .map_err(|_| SignatureError::Key)?;
    Ok(stamp)
}

fn content_digest(body: &[u8]) -> String {
    let digest = BASE64_STANDARD.encode(Digest::of(body).as_bytes());
    format!("sha-256=:{digest}:")
}

fn parameters(key: &NodeKey, stamp: &Stamp) -> String {
    let (created, nonce) = (stamp.created.as_second(), &stamp.nonce);
    format!("{COVERED};created={created};keyid=\"{key}\";alg=\"ed25519\";nonce=\"{nonce}\"")
}

/// Reads what [`parameters`] writes, and no other spelling of it.
fn stamp(key: &NodeKey, text: &str) -> Option<Stamp> {
    let rest = text.strip_prefix(COVERED)?.strip_prefix(";created=")?;
    let (created, rest) = rest.split_once(';')?;
    let (_, nonce) = rest.split_once(";nonce=\"")?;
    let nonce = nonce.strip_suffix('"')?;
    let plain = nonce.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let stamp = Stamp {
        created: Timestamp::from_second(created.parse().ok()?).ok()?,
        nonce: nonce.to_owned(),
    };
    (plain && parameters(key, &stamp) == text).then_some(stamp)
}

/// RFC 9421, section 2.5.
fn base(path: &str, content_digest: &str, authorization: &str, parameters: &str) -> String {
    format!(
        "\"@method\": POST\n\"@path\": {path}\n\"content-digest\": {content_digest}\n\
         \"authorization\": {authorization}\n\"@signature-params\": {parameters}"
    )
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;

    const PATH: &str = "/node/v1/renew";
    const BODY: &[u8] = br#"{"lease":{"job":7,"taking":1}}"#;

    fn key() -> Key {
        let mut bytes = [0; 32];
        for (place, byte) in (0..).zip(&mut bytes) {
            *byte = place;
        }
        Key(SigningKey::from_bytes(&bytes))
    }

    fn token() -> String {
        format!("Bearer modu_node_{}", "ab".repeat(32))
    }

    fn stamped() -> Stamp {
        Stamp {
            created: Timestamp::from_second(1_795_399_200).unwrap(),
            nonce: "00112233445566778899aabbccddeeff".to_owned(),
        }
    }

    fn signed() -> Head {
        sign(&key(), PATH, BODY, &token(), &stamped())
    }

    /// Made by PyPI's http-message-signatures 3.0.0 with the same key, label,
    /// components and parameters.
    #[test]
    fn a_request_is_signed_as_others_read_rfc_9421() {
        let head = signed();
        assert_eq!(
            head.content_digest,
            "sha-256=:DaJTbKZQuOz6d13sx3yI4ciKOo2SY8pPcNvCOLY2S34=:"
        );
        assert_eq!(
            head.signature_input,
            "modu=(\"@method\" \"@path\" \"content-digest\" \"authorization\");created=1795399200;\
             keyid=\"ed25519:03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8\";\
             alg=\"ed25519\";nonce=\"00112233445566778899aabbccddeeff\""
        );
        assert_eq!(
            head.signature,
            "modu=:EFosFPnBXgdTaJ7VdHuJbacEm7+ZD/RGErbn08J0nS+doIBsWTjAb3cs4A9s+CgC+3gGythim3KfFHqzpjw8Dg==:"
        );
        assert_eq!(check(&key().public(), PATH, BODY, &head), Ok(stamped()));
    }

    #[test]
    fn nothing_of_a_signed_request_can_be_another() {
        let own = key().public();
        let head = signed();
        let other_path = check(&own, "/node/v1/take", BODY, &head);
        assert_eq!(other_path, Err(SignatureError::Key));
        assert_eq!(check(&own, PATH, b"{}", &head), Err(SignatureError::Body));
        let other = Key::generate().unwrap().public();
        assert_eq!(check(&other, PATH, BODY, &head), Err(SignatureError::Key));
        let changed = |change: fn(&mut Head)| {
            let mut head = signed();
            change(&mut head);
            check(&own, PATH, BODY, &head).unwrap_err()
        };
        let token = changed(|head| head.authorization.push('0'));
        assert_eq!(token, SignatureError::Key);
        let later = changed(|head| {
            head.signature_input = head.signature_input.replace("1795399200", "1795399201");
        });
        assert_eq!(later, SignatureError::Key);
        let nonce = changed(|head| {
            head.signature_input = head.signature_input.replace("eeff", "eef0");
        });
        assert_eq!(nonce, SignatureError::Key);
    }

    #[test]
    fn a_signature_that_covers_less_is_none() {
        let own = key().public();
        for (of, instead) in [
            (" \"content-digest\"", ""),
            (" \"authorization\"", ""),
            (";nonce=\"00112233445566778899aabbccddeeff\"", ""),
            ("created=1795399200", "created=01795399200"),
            ("modu=", "other="),
            ("ccddeeff\"", "ccddeeff\";tag=\"x\""),
        ] {
            let mut head = signed();
            assert!(head.signature_input.contains(of), "{of}");
            head.signature_input = head.signature_input.replace(of, instead);
            let refused = check(&own, PATH, BODY, &head).unwrap_err();
            assert_eq!(refused, SignatureError::Form, "{of}");
        }
    }
}
