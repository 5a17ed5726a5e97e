//! The one JSON form that Modu hashes and signs: RFC 8785 (JCS).
//!
//! Two programs that hold the same value must write the same bytes, or their
//! digests differ for no reason. JCS fixes what JSON leaves open: members are
//! sorted by their UTF-16 code units, nothing is indented, strings are escaped
//! minimally, and numbers are written as ECMAScript writes a double.
//!
//! A double holds integers exactly only up to 2^53, so an integer beyond that
//! is refused here: amounts and counts that may be larger are strings in
//! Modu's documents.

use serde::Serialize;
use serde_json::Value;

/// The largest magnitude of an integer that a JSON number may carry, 2^53.
pub const MAX_EXACT_INTEGER: u64 = 1 << 53;

/// The deepest nesting that is written or hashed.
pub const MAX_DEPTH: usize = 128;

/// Why a value has no canonical form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// An integer that a double cannot hold exactly.
    #[error("the integer {0} is beyond 2^53 and would lose digits: write it as a string")]
    IntegerTooLarge(String),
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("the value is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// The value does not serialise to JSON (a key that is no string, say).
    #[error("the value is not JSON: {0}")]
    NotJson(String),
}

/// Writes a value in its canonical form. Costs one `serde_json::Value` of it.
///
/// # Errors
/// [`CanonicalError`]: NaN and infinities (which `serde_json` turns to null)
/// must be excluded by the caller's types.
pub fn to_vec(value: &impl Serialize) -> Result<Vec<u8>, CanonicalError> {
    let value =
        serde_json::to_value(value).map_err(|error| CanonicalError::NotJson(error.to_string()))?;
    let mut bytes = Vec::new();
    write(&value, 0, &mut bytes)?;
    Ok(bytes)
}

/// As [`to_vec`], as text.
///
/// # Errors
/// As [`to_vec`].
pub fn to_string(value: &impl Serialize) -> Result<String, CanonicalError> {
    let bytes = to_vec(value)?;
    String::from_utf8(bytes).map_err(|error| CanonicalError::NotJson(error.to_string()))
}

fn write(value: &Value, depth: usize, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    if depth > MAX_DEPTH {
        return Err(CanonicalError::TooDeep);
    }
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(number, out)?,
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(item, depth + 1, out)?;
            }
            out.push(b']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push(b'{');
            for (index, (name, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_string(name, out);
                out.push(b':');
                write(member, depth + 1, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn write_number(number: &serde_json::Number, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    let too_large = || CanonicalError::IntegerTooLarge(number.to_string());
    if let Some(integer) = number.as_u64() {
        if integer > MAX_EXACT_INTEGER {
            return Err(too_large());
        }
        out.extend_from_slice(integer.to_string().as_bytes());
    } else if let Some(integer) = number.as_i64() {
        if integer.unsigned_abs() > MAX_EXACT_INTEGER {
            return Err(too_large());
        }
        out.extend_from_slice(integer.to_string().as_bytes());
    } else {
        let double = number
            .as_f64()
            .filter(|double| double.is_finite())
            .ok_or_else(|| CanonicalError::NotJson(number.to_string()))?;
        out.extend_from_slice(ryu_js::Buffer::new().format_finite(double).as_bytes());
    }
    Ok(())
}

/// RFC 8785 section 3.2.2.2: only the quotation mark, the backslash and the
/// control characters below U+0020 are escaped.
fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for character in text.chars() {
        match character {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\u{8}' => out.extend_from_slice(b"\\b"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\u{c}' => out.extend_from_slice(b"\\f"),
            '\r' => out.extend_from_slice(b"\\r"),
            control if control < ' ' => {
                out.extend_from_slice(format!("\\u{:04x}", u32::from(control)).as_bytes());
            }
            other => out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// RFC 8785 Appendix B: IEEE 754 bit patterns and their JSON numbers.
    const APPENDIX_B: [(u64, &str); 24] = [
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ];

    #[test]
    fn the_numbers_of_rfc_8785_appendix_b_are_written_as_printed_there() {
        for (bits, expected) in APPENDIX_B {
            assert_eq!(
                to_string(&f64::from_bits(bits)).as_deref(),
                Ok(expected),
                "{bits:016x}"
            );
        }
    }

    #[test]
    fn members_are_sorted_by_utf_16_code_units_and_strings_escaped_minimally() {
        let value = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew",
            "1": "One", "\u{1f600}": "Emoji", "\u{80}": "Control", "\u{f6}": "Umlaut",
        });
        let text = to_string(&value).unwrap_or_default();
        let order: Vec<_> = [
            "\\r",
            "1",
            "\u{80}",
            "\u{f6}",
            "\u{20ac}",
            "\u{1f600}",
            "\u{fb33}",
        ]
        .iter()
        .map(|name| text.find(&format!("\"{name}\":")))
        .collect();
        assert!(order.iter().all(Option::is_some), "{text}");
        assert!(order.is_sorted(), "{text}");
        assert_eq!(
            to_string(&"\u{f}\u{7f}/<\u{2028}가").as_deref(),
            Ok("\"\\u000f\u{7f}/<\u{2028}가\"")
        );
    }

    #[test]
    fn integers_beyond_two_to_the_53_are_refused() {
        assert_eq!(
            to_string(&MAX_EXACT_INTEGER).as_deref(),
            Ok("9007199254740992")
        );
        for beyond in [json!(MAX_EXACT_INTEGER + 1), json!(i64::MIN)] {
            assert!(matches!(
                to_string(&beyond),
                Err(CanonicalError::IntegerTooLarge(_))
            ));
        }
    }

    #[test]
    fn nesting_has_a_limit() {
        let mut value = json!(1);
        for _ in 0..=MAX_DEPTH {
            value = json!([value]);
        }
        assert_eq!(to_string(&value), Err(CanonicalError::TooDeep));
    }

    proptest! {
        #[test]
        fn a_finite_double_is_read_back_bit_for_bit(bits: u64) {
            let double = f64::from_bits(bits);
            prop_assume!(double.is_finite());
            let text = to_string(&double).map_err(|e| TestCaseError::fail(e.to_string()))?;
            let back: f64 = serde_json::from_str(&text).map_err(|e| TestCaseError::fail(e.to_string()))?;
            prop_assert_eq!(back, double);
        }

        #[test]
        fn the_canonical_form_of_the_canonical_form_is_itself(text: String, n: i32, flag: bool) {
            let value = json!({ text.clone(): [n, flag, null], "b": {"z": text, "a": n} });
            let once = to_string(&value).map_err(|e| TestCaseError::fail(e.to_string()))?;
            let again: Value = serde_json::from_str(&once).map_err(|e| TestCaseError::fail(e.to_string()))?;
            prop_assert_eq!(to_string(&again), Ok(once));
        }
    }
}
