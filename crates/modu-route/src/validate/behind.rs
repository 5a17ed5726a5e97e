//! Bytes behind an object's end.
//!
//! An object must be one DER value (RFC 6488, section 3). Decoders stop at its
//! end, so that a file with more behind it is believed: by Routinator 0.16 and
//! rpki-client 8.2, and here, because a router must not be told something else
//! than by its neighbours. It is told as a finding.

use bytes::Bytes;

/// Whether more bytes follow the DER value with which they begin.
pub(super) fn has_more(bytes: &Bytes) -> bool {
    value_length(bytes).is_some_and(|length| length < bytes.len())
}

/// The length of the value with its head; none where the head cannot be read.
fn value_length(bytes: &[u8]) -> Option<usize> {
    let [_, first, rest @ ..] = bytes else {
        return None;
    };
    if *first < 0x80 {
        return Some(2 + usize::from(*first));
    }
    let digits = rest.get(..usize::from(*first & 0x7f))?;
    let length = digits.iter().try_fold(0_usize, |length, digit| {
        length.checked_mul(256)?.checked_add(usize::from(*digit))
    })?;
    length.checked_add(2 + digits.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_value_is_found_whatever_the_form_of_its_length() {
        let long = |head: &[u8], length: usize| [head, &vec![7; length]].concat();
        for (value, fine) in [
            (vec![0x30, 0], true),
            (long(&[0x30, 3], 3), true),
            (long(&[0x30, 0x81, 200], 200), true),
            (long(&[0x30, 0x82, 1, 4], 260), true),
            (Vec::new(), false),
            (vec![0x30, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1], false),
            (vec![0x30, 0x84, 1], false),
        ] {
            assert!(!has_more(&value.clone().into()), "{value:?}");
            let longer = [&value[..], &[0]].concat();
            assert_eq!(has_more(&longer.into()), fine, "{value:?}");
        }
    }
}
