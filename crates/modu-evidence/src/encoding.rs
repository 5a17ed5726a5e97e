//! The one spelling of numbers and bytes inside JSON.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// Base64 with padding (RFC 4648, section 4). Its reader refuses missing
/// padding and set trailing bits.
pub(crate) mod base64_bytes {
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    use super::{decode_base64, encode_base64};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&encode_base64(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        decode_base64(&text).ok_or_else(|| de::Error::custom("not base64 with padding"))
    }
}

/// A 64-bit number as a decimal string, as protobuf's JSON writes it.
pub(crate) mod decimal {
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(number: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(number)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        let text = String::deserialize(from)?;
        let number: Option<u64> = text.parse().ok();
        number
            .filter(|number| number.to_string() == text)
            .ok_or_else(|| de::Error::custom("not a decimal number in its shortest form"))
    }
}

/// 32 bytes as 64 lowercase hexadecimal digits.
pub(crate) mod hex {
    use modu_kernel::Digest;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&Digest::from_bytes(*bytes).to_hex())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(from)?;
        let digest = Digest::from_hex(&text).map_err(de::Error::custom)?;
        Ok(*digest.as_bytes())
    }
}

pub(crate) fn encode_base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(text).ok()
}
