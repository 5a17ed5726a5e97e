//! Bytes as what differs from other bytes, by zstd with a reference.

use std::io::{self, Read as _, Write as _};

/// A level that costs little and, with long matches, loses little.
const LEVEL: i32 = 3;
/// The largest window that zstd has on 64 bits.
const WINDOW_LOG_MAX: u32 = 31;

/// Writes `bytes` as what differs from `base`.
pub(super) fn make(base: &[u8], bytes: &[u8]) -> io::Result<Vec<u8>> {
    let span = (base.len() + bytes.len()).max(1 << 10);
    let window = (span.ilog2() + 1).min(WINDOW_LOG_MAX - 1);
    let mut encoder = zstd::stream::Encoder::with_ref_prefix(Vec::new(), LEVEL, base)?;
    encoder.set_pledged_src_size(Some(bytes.len() as u64))?;
    encoder.long_distance_matching(true)?;
    encoder.window_log(window)?;
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Restores at most `limit` bytes; one more shows that there are too many.
pub(super) fn apply(base: &[u8], patch: &[u8], limit: u64) -> io::Result<Vec<u8>> {
    let mut decoder = zstd::stream::Decoder::with_ref_prefix(patch, base)?;
    decoder.window_log_max(WINDOW_LOG_MAX)?;
    let mut bytes = Vec::new();
    decoder
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_differs_and_the_base_give_the_bytes_again(
            base in prop::collection::vec(any::<u8>(), 0..2_000),
            bytes in prop::collection::vec(any::<u8>(), 0..2_000),
            kept in any::<bool>(),
        ) {
            let bytes = if kept { [base.as_slice(), &bytes].concat() } else { bytes };
            let patch = make(&base, &bytes).unwrap();
            prop_assert_eq!(apply(&base, &patch, 1 << 20).unwrap(), bytes);
        }
    }
}
