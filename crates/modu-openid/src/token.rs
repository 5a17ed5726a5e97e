//! ID tokens: what is checked before one is believed (OpenID Connect Core 1.0,
//! section 3.1.3.7; RFC 8725).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::OpenidError;
use crate::keys::{Algorithm, Keys};

/// Bytes of a token.
const MAX_TOKEN_BYTES: usize = 16 << 10;
/// Seconds that two clocks may be apart.
const LEEWAY: i64 = 60;
/// Seconds from when a token is made to when it comes with its answer.
const FRESH: i64 = 600;
/// Characters of a subject (Core, section 2).
const MAX_SUBJECT: usize = 255;

/// What a token must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Whose token it is, byte for byte.
    pub issuer: &'a str,
    /// For whom: us.
    pub client_id: &'a str,
    /// In answer to which question.
    pub nonce: &'a str,
    /// One of these assurances, where there are any.
    pub acr_values: &'a [String],
    /// These claims, each with this value.
    pub claims: &'a BTreeMap<String, String>,
    /// The time.
    pub now: Timestamp,
}

#[derive(Deserialize)]
struct Header {
    alg: Algorithm,
    kid: Option<String>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: Option<String>,
    azp: Option<String>,
    acr: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Why a token is not believed; a missing key may come with fresher ones.
pub(crate) enum Doubt {
    UnknownKey,
    Other(OpenidError),
}

impl From<Doubt> for OpenidError {
    fn from(doubt: Doubt) -> Self {
        match doubt {
            Doubt::UnknownKey => Self::Token("none of the provider's keys signed it"),
            Doubt::Other(error) => error,
        }
    }
}

/// The subject of a token, where all of it is as expected.
///
/// # Errors
/// [`OpenidError::Token`] says what is not.
pub fn subject(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<String, OpenidError> {
    Ok(checked(token, keys, expected)?)
}

pub(crate) fn checked(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<String, Doubt> {
    let doubt = |what| Doubt::Other(OpenidError::Token(what));
    let claims = signed_claims(token, keys)?;
    said(&claims, expected).map_err(doubt)?;
    Ok(claims.sub)
}

/// The claims, where one of the keys signed them.
fn signed_claims(token: &str, keys: &Keys) -> Result<Claims, Doubt> {
    let doubt = |what| Doubt::Other(OpenidError::Token(what));
    let malformed = || doubt("it is no signed token");
    if token.len() > MAX_TOKEN_BYTES {
        return Err(doubt("it is longer than 16 KiB"));
    }
    let mut parts = token.split('.');
    let (Some(header), Some(claims), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(malformed());
    };
    let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed());
    let read: Header =
        json(&bytes(header)?).ok_or_else(|| doubt("it is signed in a way that is not taken"))?;
    if read.crit.is_some() {
        return Err(doubt("it asks for an extension"));
    }
    let id = read.kid.as_deref();
    if !keys.knows(read.alg, id) {
        return Err(Doubt::UnknownKey);
    }
    let message = format!("{header}.{claims}");
    if !keys.signed((read.alg, id), message.as_bytes(), &bytes(signature)?) {
        return Err(doubt("none of the provider's keys signed it"));
    }
    json(&bytes(claims)?).ok_or_else(|| doubt("its claims cannot be read"))
}

/// A part of a token, which is JSON throughout (RFC 7519, section 7.2): what is
/// passed over unread need be neither UTF-8 nor a number otherwise.
fn json<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let text = std::str::from_utf8(bytes).ok()?;
    serde_json::from_str::<Value>(text).ok()?;
    serde_json::from_str(text).ok()
}

/// What claims must say.
fn said(claims: &Claims, expected: &Expected<'_>) -> Result<(), &'static str> {
    let now = expected.now.as_second();
    let ours = |audience: &String| audience == expected.client_id;
    let (for_us, for_others) = match &claims.aud {
        Audience::One(one) => (ours(one), false),
        Audience::Many(many) => (many.iter().any(ours), many.len() > 1),
    };
    let azp = claims.azp.as_ref();
    let holds = [
        (claims.iss == expected.issuer, "it is another issuer's"),
        (for_us, "it is for somebody else"),
        (
            azp.map_or(!for_others, ours),
            "it was given to somebody else",
        ),
        (
            claims.nonce.as_deref() == Some(expected.nonce),
            "it answers another question",
        ),
        (claims.exp > now.saturating_sub(LEEWAY), "it has expired"),
        (
            claims.iat <= now.saturating_add(LEEWAY),
            "it is of a time to come: compare the clocks",
        ),
        (
            claims.iat >= now.saturating_sub(FRESH + LEEWAY),
            "it was made too long ago: compare the clocks",
        ),
        (
            claims
                .nbf
                .is_none_or(|from| from <= now.saturating_add(LEEWAY)),
            "it does not hold yet",
        ),
        (
            (1..=MAX_SUBJECT).contains(&claims.sub.len()) && claims.sub.is_ascii(),
            "it names nobody",
        ),
        (
            expected.acr_values.is_empty()
                || claims
                    .acr
                    .as_ref()
                    .is_some_and(|acr| expected.acr_values.contains(acr)),
            "it does not say that they were looked at closely enough (acr)",
        ),
        (
            expected
                .claims
                .iter()
                .all(|(name, value)| says(claims, name, value)),
            "it lacks a claim that is required",
        ),
    ];
    holds
        .into_iter()
        .find_map(|(holds, otherwise)| (!holds).then_some(otherwise))
        .map_or(Ok(()), Err)
}

/// Whether a claim has a value: as text, or as `true` and `false`.
fn says(claims: &Claims, name: &str, value: &str) -> bool {
    match claims.others.get(name) {
        Some(Value::String(text)) => text == value,
        Some(Value::Bool(truth)) => value == if *truth { "true" } else { "false" },
        Some(Value::Array(several)) => several.iter().any(|one| one.as_str() == Some(value)),
        _ => false,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    };
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_790_000_000;

    struct Issuer {
        pair: EcdsaKeyPair,
        keys: Keys,
    }

    fn part(value: &Value) -> String {
        URL_SAFE_NO_PAD.encode(value.to_string())
    }

    impl Issuer {
        fn new(id: &str) -> Self {
            let random = SystemRandom::new();
            let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
            let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
            let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
            let point = pair.public_key().as_ref();
            let (x, y) = (&point[1..33], &point[33..]);
            let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
            let set = json!({ "keys": [
                { "kty": "oct", "k": "AAAA" },
                { "kty": "EC", "crv": "P-256", "kid": id, "use": "sig", "alg": "ES256",
                  "x": encode(x), "y": encode(y) },
            ] });
            let keys = Keys::parse(set.to_string().as_bytes()).unwrap();
            Self { pair, keys }
        }

        fn sign(&self, header: &Value, claims: &Value) -> String {
            let message = format!("{}.{}", part(header), part(claims));
            let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes());
            let signature = URL_SAFE_NO_PAD.encode(signature.unwrap());
            format!("{message}.{signature}")
        }
    }

    fn header() -> Value {
        json!({ "alg": "ES256", "kid": "a" })
    }

    fn claims() -> Value {
        json!({
            "iss": "https://id.example", "sub": "2408", "aud": "modu", "nonce": "n",
            "exp": NOW + 300, "iat": NOW - 5, "acr": "high", "verified": true,
        })
    }

    fn with(mut claims: Value, name: &str, value: Value) -> Value {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value,
        }
        claims
    }

    fn ask(issuer: &Issuer, token: &str) -> Result<String, String> {
        let required = BTreeMap::from([("verified".to_owned(), "true".to_owned())]);
        let expected = Expected {
            issuer: "https://id.example",
            client_id: "modu",
            nonce: "n",
            acr_values: &["high".to_owned(), "higher".to_owned()],
            claims: &required,
            now: Timestamp::from_second(NOW).unwrap(),
        };
        subject(token, &issuer.keys, &expected).map_err(|error| error.to_string())
    }

    #[test]
    fn a_token_that_says_all_it_should_names_its_subject() {
        let issuer = Issuer::new("a");
        assert_eq!(
            ask(&issuer, &issuer.sign(&header(), &claims())).unwrap(),
            "2408"
        );
        // Without the name of a key each is tried; ours may be one of several
        // audiences where it says that it was given to us.
        let token = issuer.sign(&json!({ "alg": "ES256" }), &claims());
        assert_eq!(ask(&issuer, &token).unwrap(), "2408");
        let several = with(claims(), "aud", json!(["modu", "other"]));
        let several = with(several, "azp", json!("modu"));
        assert_eq!(
            ask(&issuer, &issuer.sign(&header(), &several)).unwrap(),
            "2408"
        );
    }

    #[test]
    fn a_token_that_says_anything_else_is_not_believed() {
        let issuer = Issuer::new("a");
        for (name, value) in [
            ("iss", json!("https://id.example/")),
            ("iss", json!(null)),
            ("aud", json!("other")),
            ("aud", json!(["other"])),
            ("aud", json!([])),
            ("aud", json!(["modu", "other"])),
            ("azp", json!("other")),
            ("nonce", json!("m")),
            ("nonce", json!(null)),
            ("exp", json!(NOW - 61)),
            ("exp", json!(null)),
            ("exp", json!("soon")),
            ("iat", json!(NOW + 61)),
            ("iat", json!(NOW - 661)),
            ("iat", json!(i64::MIN)),
            ("nbf", json!(NOW + 61)),
            ("sub", json!("")),
            ("sub", json!("x".repeat(256))),
            ("sub", json!("김")),
            ("sub", json!(2408)),
            ("acr", json!("low")),
            ("acr", json!(null)),
            ("verified", json!(false)),
            ("verified", json!("yes")),
            ("verified", json!(null)),
        ] {
            let token = issuer.sign(&header(), &with(claims(), name, value.clone()));
            let answer = ask(&issuer, &token);
            assert!(answer.is_err(), "{name} = {value} was believed");
        }
    }

    #[test]
    fn a_token_that_none_of_the_keys_signed_is_not_believed() {
        let (issuer, other) = (Issuer::new("a"), Issuer::new("a"));
        let forged = other.sign(&header(), &claims());
        assert!(ask(&issuer, &forged).unwrap_err().contains("keys"));
        let unknown = issuer.sign(&json!({ "alg": "ES256", "kid": "b" }), &claims());
        assert!(ask(&issuer, &unknown).unwrap_err().contains("keys"));
        // The signature of other claims, of none, and cut short.
        let good = issuer.sign(&header(), &claims());
        let signature = good.rsplit('.').next().unwrap();
        let changed = part(&with(claims(), "sub", json!("1")));
        for token in [
            format!("{}.{changed}.{signature}", part(&header())),
            format!("{}.{}.", part(&header()), part(&claims())),
            format!("{}.{}", part(&header()), part(&claims())),
            good[..good.len() - 2].to_owned(),
            format!("{good}."),
            format!("{good}="),
            "x".repeat(MAX_TOKEN_BYTES + 1),
            String::new(),
        ] {
            assert!(ask(&issuer, &token).is_err(), "{token}");
        }
    }

    #[test]
    fn no_other_way_of_signing_is_taken() {
        let issuer = Issuer::new("a");
        for header in [
            json!({ "alg": "none" }),
            json!({ "alg": "None", "kid": "a" }),
            json!({ "alg": "HS256", "kid": "a" }),
            json!({ "alg": "ES384", "kid": "a" }),
            json!({ "alg": "RS256", "kid": "a" }),
            json!({ "alg": "EdDsa", "kid": "a" }),
            json!({ "kid": "a" }),
            json!({ "alg": { "ES256": null }, "kid": "a" }),
            json!({ "alg": "ES256", "kid": "a", "crit": ["b64"], "b64": false }),
            json!({ "alg": "ES256", "kid": "a", "crit": [] }),
        ] {
            let signed = issuer.sign(&header, &claims());
            let bare = format!("{}.{}.", part(&header), part(&claims()));
            for token in [signed, bare] {
                assert!(ask(&issuer, &token).is_err(), "{header}");
            }
        }
    }

    #[test]
    fn what_is_passed_over_unread_is_json_too() {
        assert!(json::<Header>(br#"{"alg":"EdDSA","x":"y"}"#).is_some());
        for odd in [
            &b"{\"alg\":\"EdDSA\",\"x\":\"\xff\"}"[..],
            br#"{"alg":"EdDSA","x":1e999}"#,
        ] {
            assert!(json::<Header>(odd).is_none());
        }
        assert!(json::<Header>(br#"{"alg":"EdDSA","alg":"ES256"}"#).is_none());
    }

    #[test]
    fn a_key_that_a_token_brings_along_is_not_asked() {
        let (issuer, other) = (Issuer::new("a"), Issuer::new("b"));
        let point = other.pair.public_key().as_ref();
        let jwk = json!({ "kty": "EC", "crv": "P-256",
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]) });
        let header = json!({ "alg": "ES256", "jwk": jwk, "jku": "https://evil.example/keys" });
        assert!(ask(&issuer, &other.sign(&header, &claims())).is_err());
    }

    #[test]
    fn edwards_keys_sign_too() {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        let set = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": x }] });
        let keys = Keys::parse(set.to_string().as_bytes()).unwrap();
        let message = format!("{}.{}", part(&json!({ "alg": "EdDSA" })), part(&claims()));
        let signature = URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes()));
        let issuer = Issuer {
            keys,
            ..Issuer::new("a")
        };
        assert_eq!(
            ask(&issuer, &format!("{message}.{signature}")).unwrap(),
            "2408"
        );
    }
}
