//! Numbers and prefixes as the field's files write them.

use std::str::FromStr as _;

use rpki::resources::{Asn, addr::Prefix};

/// `AS64496` or `64496`.
pub(crate) fn asn(text: &str) -> Result<Asn, String> {
    let text = text.trim();
    let digits = text
        .strip_prefix("AS")
        .or_else(|| text.strip_prefix("as"))
        .unwrap_or(text);
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.parse() {
        Ok(number) if all_digits => Ok(Asn::from_u32(number)),
        _ => Err(format!(
            "`{}` is no AS number: write it as AS64496",
            shown(text)
        )),
    }
}

/// `192.0.2.0/24`; no bit may be set behind the length.
pub(crate) fn prefix(text: &str) -> Result<Prefix, String> {
    let text = text.trim();
    Prefix::from_str(text).map_err(|error| {
        format!(
            "`{}` is no prefix ({error}): write it as 192.0.2.0/24 or 2001:db8::/32",
            shown(text)
        )
    })
}

/// A maximum length; an absent one is the prefix's own.
pub(crate) fn max_length(text: &str, prefix: Prefix) -> Result<u8, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(prefix.len());
    }
    let longest = if prefix.is_v4() { 32 } else { 128 };
    match text.parse() {
        Ok(length) if (prefix.len()..=longest).contains(&length) => Ok(length),
        _ => Err(format!(
            "`{}` is no maxLength of {prefix}: it lies between {} and {longest}",
            shown(text),
            prefix.len()
        )),
    }
}

/// What a stranger wrote, short and harmless.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_debug).collect()
}
