//! Entry bundles: up to 256 entries in a file, each after its length.

use super::tile::TILE_WIDTH;

/// The longest entry, in bytes: its length is written in 16 bits.
pub const MAX_ENTRY_BYTES: usize = u16::MAX as usize;
/// The largest bundle file.
pub(super) const MAX_BUNDLE_BYTES: u64 = TILE_WIDTH as u64 * (2 + MAX_ENTRY_BYTES as u64);

/// Appends an entry to a bundle; `None`, and nothing appended, where it is too
/// long.
pub(super) fn push(bundle: &mut Vec<u8>, entry: &[u8]) -> Option<()> {
    let length = u16::try_from(entry.len()).ok()?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Some(())
}

/// Cuts off the first entry; `None` where the bundle ends within it.
fn split_first(bundle: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bundle.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

/// The first `count` entries and the bytes after them; `None` where there are
/// fewer.
pub(super) fn split(mut bundle: &[u8], count: u16) -> Option<(Vec<&[u8]>, &[u8])> {
    let mut entries = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let (entry, rest) = split_first(bundle)?;
        entries.push(entry);
        bundle = rest;
    }
    Some((entries, bundle))
}
