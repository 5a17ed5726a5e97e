//! What an identity provider sends: its tokens, its keys, what it says of
//! itself. Nobody is let in by a byte that was not signed.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer as _;
use jiff::Timestamp;
use modu_openid::token::{Expected, subject};
use modu_openid::{Discovery, Keys, OpenidError};
use serde_json::{Value, json};

use crate::Target;
use crate::random::Random;

/// The first byte says what follows: `t` a token, `k` keys, `d` a discovery
/// document, `c` claims and `h` a header that are signed as they stand, `b`
/// keys and, behind the first line's end, a token to be verified with them.
pub const TARGET: Target = Target {
    name: "id_token",
    law,
    seeds,
    mutate: Some(mutate),
};

const ISSUER: &str = "https://id.example";
const CLIENT: &str = "modu";
const NONCE: &str = "n-0S6_WzA2Mj";
const ACR: &str = "high";
const REQUIRED: (&str, &str) = ("affiliation", "staff");
const SUBJECT: &str = "248289761001";
const NOW: i64 = 1_790_000_000;
/// How far clocks may be apart, and how old a token may be, in seconds.
const LEEWAY: i64 = 60;
const FRESH: i64 = 600;

/// - Refusals tell a reason.
/// - A token names somebody only where its header and claims were signed, byte
///   by byte; and by no keys but the signer's.
/// - Signed claims name somebody only where another reading of them, field by
///   field, finds what was expected; a signed header only where it names the
///   signer's way and asks for nothing more.
/// - Every address of a discovery document is encrypted, or of this machine.
pub fn law(bytes: &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else {
        return;
    };
    match kind {
        b't' => token(rest),
        b'k' => keys(rest),
        b'd' => discovery(rest),
        b'c' => claims(rest),
        b'h' => header(rest),
        _ => keys_and_token(rest),
    }
}

/// Keys that sign, and what they signed.
struct World {
    edwards: ed25519_dalek::SigningKey,
    curve: p256::ecdsa::SigningKey,
    set: Value,
    keys: Keys,
    tokens: Vec<String>,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(World::new)
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl World {
    fn new() -> Self {
        let edwards = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let curve = p256::ecdsa::SigningKey::from_slice(&[9; 32]).expect("a number of the field");
        let point = curve.verifying_key().to_sec1_point(false);
        let point = point.as_bytes();
        let set = json!({ "keys": [
            { "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "ed", "use": "sig",
              "x": encoded(edwards.verifying_key().as_bytes()) },
            { "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "ec",
              "x": encoded(&point[1..33]), "y": encoded(&point[33..]) },
            // Whose other half nobody has.
            { "kty": "RSA", "kid": "rsa", "n": encoded([0xc3; 256]), "e": "AQAB" },
            { "kty": "oct", "k": "c2VjcmV0" },
        ] });
        let keys = Keys::parse(set.to_string().as_bytes()).expect("our own keys");
        let mut world = Self {
            edwards,
            curve,
            set,
            keys,
            tokens: Vec::new(),
        };
        let (edwards, curve) = (
            json!({ "alg": "EdDSA", "kid": "ed" }),
            json!({ "alg": "ES256" }),
        );
        world.tokens = vec![
            world.edwards_token(
                edwards.to_string().as_bytes(),
                good().to_string().as_bytes(),
            ),
            world.curve_token(curve.to_string().as_bytes(), good().to_string().as_bytes()),
        ];
        world
    }

    fn edwards_token(&self, header: &[u8], claims: &[u8]) -> String {
        let message = format!("{}.{}", encoded(header), encoded(claims));
        let signature = self.edwards.sign(message.as_bytes()).to_bytes();
        format!("{message}.{}", encoded(signature))
    }

    fn curve_token(&self, header: &[u8], claims: &[u8]) -> String {
        use p256::ecdsa::signature::Signer as _;
        let message = format!("{}.{}", encoded(header), encoded(claims));
        let signature: p256::ecdsa::Signature = self.curve.sign(message.as_bytes());
        format!("{message}.{}", encoded(signature.to_bytes()))
    }

    /// Whether header and claims are of a token that was signed.
    fn has_signed(&self, token: &str) -> bool {
        let message = |token: &str| {
            token
                .rsplit_once('.')
                .map(|(message, _)| message.to_owned())
        };
        let mut signed = self.tokens.iter();
        signed.any(|known| message(known) == message(token))
    }
}

/// Claims that name somebody.
fn good() -> Value {
    json!({
        "iss": ISSUER, "sub": SUBJECT, "aud": CLIENT, "nonce": NONCE, "acr": ACR,
        "exp": NOW + 300, "iat": NOW - 5, REQUIRED.0: REQUIRED.1,
    })
}

fn asked(token: &str, keys: &Keys) -> Option<String> {
    let claims = BTreeMap::from([(REQUIRED.0.to_owned(), REQUIRED.1.to_owned())]);
    let expected = Expected {
        issuer: ISSUER,
        client_id: CLIENT,
        nonce: NONCE,
        acr_values: &[ACR.to_owned()],
        claims: &claims,
        now: Timestamp::from_second(NOW).expect("a time"),
    };
    told(subject(token, keys, &expected))
}

/// What was read; that a refusal tells a reason.
fn told<T>(read: Result<T, OpenidError>) -> Option<T> {
    if let Err(error) = &read {
        assert!(!error.to_string().is_empty());
    }
    read.ok()
}

fn token(bytes: &[u8]) {
    let (world, token) = (world(), String::from_utf8_lossy(bytes));
    if let Some(named) = asked(&token, &world.keys) {
        assert!(world.has_signed(&token), "nobody signed {token}");
        assert_eq!(named, SUBJECT);
    }
}

fn keys(bytes: &[u8]) {
    let Some(keys) = told(Keys::parse(bytes)) else {
        return;
    };
    let document: Value = serde_json::from_slice(bytes).expect("keys are JSON");
    let holds = |x: &Value| {
        let keys = document["keys"].as_array().into_iter().flatten();
        keys.into_iter().any(|key| &key["x"] == x)
    };
    for (token, signer) in world().tokens.iter().zip([0, 1]) {
        let x = &world().set["keys"][signer]["x"];
        if asked(token, &keys).is_some() {
            assert!(holds(x), "another key verifies what {x} signed");
        }
    }
}

fn discovery(bytes: &[u8]) {
    let Some(document) = told(Discovery::parse(bytes)) else {
        return;
    };
    for address in [
        document.authorization_endpoint(),
        document.token_endpoint(),
        document.jwks_uri(),
    ] {
        let host = address.host_str().unwrap_or_default();
        let number = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
        let is_here = host == "localhost" || number.is_ok_and(|number| number.is_loopback());
        let is_guarded = address.scheme() == "https" || (address.scheme() == "http" && is_here);
        assert!(is_guarded, "{address} may be asked");
    }
}

fn claims(bytes: &[u8]) {
    let world = world();
    let header = json!({ "alg": "EdDSA", "kid": "ed" }).to_string();
    let token = world.edwards_token(header.as_bytes(), bytes);
    if let Some(named) = asked(&token, &world.keys) {
        let claims: Value = serde_json::from_slice(bytes).expect("claims are JSON");
        assert!(is_as_expected(&claims), "{claims} names somebody");
        assert_eq!(claims["sub"], named.as_str());
    }
}

/// The same rules, written once more over plain JSON.
fn is_as_expected(claims: &Value) -> bool {
    let is_ours = |value: &Value| value == CLIENT;
    let for_us = match &claims["aud"] {
        Value::Array(many) => {
            many.iter().any(is_ours) && (many.len() == 1 || is_ours(&claims["azp"]))
        }
        one => is_ours(one),
    };
    let seconds = |name: &str| claims[name].as_i64();
    let required = match &claims[REQUIRED.0] {
        Value::Array(several) => several.iter().any(|one| one == REQUIRED.1),
        one => one == REQUIRED.1,
    };
    for_us
        && required
        && claims["iss"] == ISSUER
        && claims["nonce"] == NONCE
        && claims["acr"] == ACR
        && (claims["azp"].is_null() || is_ours(&claims["azp"]))
        && seconds("exp").is_some_and(|until| until > NOW - LEEWAY)
        && seconds("iat").is_some_and(|at| (NOW - FRESH - LEEWAY..=NOW + LEEWAY).contains(&at))
        && (claims["nbf"].is_null() || seconds("nbf").is_some_and(|from| from <= NOW + LEEWAY))
        && claims["sub"]
            .as_str()
            .is_some_and(|sub| (1..=255).contains(&sub.len()) && sub.is_ascii())
}

fn header(bytes: &[u8]) {
    let world = world();
    let token = world.edwards_token(bytes, good().to_string().as_bytes());
    if asked(&token, &world.keys).is_some() {
        let header: Value = serde_json::from_slice(bytes).expect("a header is JSON");
        let is_plain = header["alg"] == "EdDSA" && header["crit"].is_null();
        let is_known = header["kid"].is_null() || header["kid"] == "ed";
        assert!(is_plain && is_known, "{header} is taken");
    }
}

/// Whoever chooses the keys can sign what they like; they cannot do it by a
/// way that is none.
fn keys_and_token(bytes: &[u8]) {
    let line = bytes.iter().position(|byte| *byte == b'\n');
    let (set, token) = bytes.split_at(line.unwrap_or(bytes.len()));
    let Some(keys) = told(Keys::parse(set)) else {
        return;
    };
    let token = String::from_utf8_lossy(token.get(1..).unwrap_or_default());
    if asked(&token, &keys).is_some() {
        let header = token.split('.').next().unwrap_or_default();
        let header = URL_SAFE_NO_PAD.decode(header).expect("it was read");
        let header: Value = serde_json::from_slice(&header).expect("it was read");
        let ways = ["RS256", "PS256", "ES256", "ES384", "EdDSA"];
        assert!(ways.iter().any(|way| header["alg"] == *way), "{header}");
    }
}

/// One of each kind that is good, and tokens of ways that are not taken.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let world = world();
    let of = |kind: u8, text: &str| [&[kind][..], text.as_bytes()].concat();
    let discovery = json!({
        "issuer": ISSUER, "authorization_endpoint": "https://id.example/auth",
        "token_endpoint": "https://id.example/token", "jwks_uri": "http://127.0.0.1:3000/jwks",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "authorization_response_iss_parameter_supported": true,
    });
    let several = json!({ "aud": [CLIENT, "other"], "azp": CLIENT, "nbf": NOW });
    let mut shared = good();
    for (name, value) in several.as_object().into_iter().flatten() {
        shared[name] = value.clone();
    }
    let mut seeds: Vec<_> = world.tokens.iter().map(|token| of(b't', token)).collect();
    let rsa = json!({ "alg": "PS256", "kid": "rsa" }).to_string();
    let unsigned = format!("{}.{}.{}", encoded(rsa), encoded("{}"), encoded([1; 256]));
    seeds.extend([
        of(b't', &unsigned),
        of(b'k', &world.set.to_string()),
        of(b'd', &discovery.to_string()),
        of(b'c', &good().to_string()),
        of(b'c', &shared.to_string()),
        of(b'h', r#"{"alg":"EdDSA","kid":"ed","typ":"JWT"}"#),
        of(b'h', r#"{"alg":"none"}"#),
        of(b'b', &format!("{}\n{}", world.set, world.tokens[0])),
        of(b'b', &format!("{}\n{unsigned}", world.set)),
    ]);
    seeds
}

/// Changes what stands inside: a member of a document, or what a part of a
/// token says.
fn mutate(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    let Some((kind, rest)) = bytes.split_first() else {
        return vec![b't'];
    };
    let changed = match kind {
        b't' => changed_token(&String::from_utf8_lossy(rest), &mut random),
        b'k' | b'd' | b'c' | b'h' => changed_document(rest, &mut random),
        _ => {
            let line = rest.iter().position(|byte| *byte == b'\n');
            let (set, token) = rest.split_at(line.unwrap_or(rest.len()));
            let token = String::from_utf8_lossy(token.get(1..).unwrap_or_default());
            match random.below(2) {
                0 => [
                    &changed_document(set, &mut random),
                    &b"\n"[..],
                    token.as_bytes(),
                ]
                .concat(),
                _ => [set, &b"\n"[..], &changed_token(&token, &mut random)].concat(),
            }
        }
    };
    [&[*kind][..], &changed].concat()
}

fn changed_token(token: &str, random: &mut Random) -> Vec<u8> {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let (place, all) = (random.below(parts.len()), parts.len());
    let other = world().tokens[random.below(2)].split('.').nth(place % 3);
    match (random.below(4), URL_SAFE_NO_PAD.decode(&parts[place])) {
        (0, Ok(bytes)) => parts[place] = encoded(changed_document(&bytes, random)),
        (1, Ok(mut bytes)) => {
            random.touch(&mut bytes);
            parts[place] = encoded(bytes);
        }
        (2, _) => parts[place] = other.unwrap_or_default().to_owned(),
        _ => parts.swap(place, random.below(all)),
    }
    parts.join(".").into_bytes()
}

fn changed_document(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(mut document) => {
            change(&mut document, random);
            document.to_string().into_bytes()
        }
        Err(_) => {
            let mut bytes = bytes.to_vec();
            random.touch(&mut bytes);
            bytes
        }
    }
}

/// Goes down to some member, and puts something else there.
fn change(value: &mut Value, random: &mut Random) {
    match value {
        Value::Object(members) if !members.is_empty() && random.below(8) > 0 => {
            let place = random.below(members.len());
            if let Some((_, member)) = members.iter_mut().nth(place) {
                change(member, random);
            }
        }
        Value::Array(several) if !several.is_empty() && random.below(8) > 0 => {
            let place = random.below(several.len());
            change(&mut several[place], random);
        }
        Value::String(text) if random.below(3) > 0 => {
            let mut bytes = std::mem::take(text).into_bytes();
            random.touch(&mut bytes);
            *text = String::from_utf8_lossy(&bytes).into_owned();
        }
        other => *other = another(random),
    }
}

fn another(random: &mut Random) -> Value {
    let near = NOW - 700 + (random.next() % 1400) as i64;
    match random.below(9) {
        0 => Value::Null,
        1 => json!(near),
        2 => json!(random.next() as i64),
        3 => json!(true),
        4 => json!([CLIENT]),
        5 => json!([CLIENT, "other"]),
        6 => json!(CLIENT),
        7 => json!("x".repeat(random.below(300))),
        _ => json!({ "": 0.5 }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signed_tokens_name_somebody_and_their_changes_nobody() {
        let world = world();
        for token in &world.tokens {
            assert_eq!(asked(token, &world.keys).as_deref(), Some(SUBJECT));
            let changed = (0..300).map(|turn| changed_token(token, &mut Random(turn)));
            let changed = changed.filter(|bytes| bytes != token.as_bytes());
            for bytes in changed {
                let changed = String::from_utf8_lossy(&bytes);
                assert_eq!(asked(&changed, &world.keys), None, "{changed}");
            }
        }
    }

    #[test]
    fn some_changed_claims_are_taken_and_some_are_not() {
        let (world, header) = (world(), br#"{"alg":"EdDSA"}"#);
        let taken = (0..400).filter(|turn| {
            let changed = changed_document(good().to_string().as_bytes(), &mut Random(*turn));
            asked(&world.edwards_token(header, &changed), &world.keys).is_some()
        });
        let taken = taken.count();
        assert!((10..350).contains(&taken), "{taken}");
    }
}
