//! Packages in RPM's own database, `Packages.db` (SUSE since SLE 15 SP2,
//! openSUSE), as `lib/backend/ndb/rpmpkg.c` of RPM 4.18 writes it: a header of
//! 32 bytes, slots of 16 that fill the first pages, and what they lead to in
//! blocks of 16. Numbers are little-endian.
//!
//! Each slot and each blob says which package it is of, and each blob carries
//! a checksum: what does not agree is refused.

use crate::VulnError;

/// How the file begins.
pub(super) const MAGIC: &[u8] = b"RpmP";
const VERSION: u32 = 0;
const PAGE: usize = 4_096;
const SLOT: usize = 16;
const BLOCK: usize = 16;
/// Bytes before the first slot.
const HEADER: usize = 32;
/// Bytes before and after what a blob holds.
const HEAD: usize = 16;
const TAIL: usize = 12;

fn damaged(place: String) -> VulnError {
    let problem = "the database is cut or damaged: copy it again while no `rpm` runs";
    VulnError::at(place, problem)
}

/// The headers of all packages by number, ascending.
pub(super) fn packages(bytes: &[u8]) -> Result<Vec<(u32, &[u8])>, VulnError> {
    let broken = || damaged("the first page".to_owned());
    let pages = match (number(bytes, 4), number(bytes, 12)) {
        (Some(VERSION), Some(pages)) => pages as usize,
        (Some(version), Some(_)) => {
            let problem = format!("it is of version {version}; {VERSION} is read");
            return Err(VulnError::at("the database", problem));
        }
        _ => return Err(broken()),
    };
    let slots = pages
        .checked_mul(PAGE)
        .and_then(|end| bytes.get(HEADER..end));
    let slots = slots.filter(|_| bytes.len().is_multiple_of(BLOCK));
    let mut packages = Vec::new();
    for (place, slot) in slots.ok_or_else(broken)?.chunks_exact(SLOT).enumerate() {
        let of_slot = || damaged(format!("slot {place}"));
        let word = |at| number(slot, at).ok_or_else(of_slot);
        let (package, start, blocks) = (word(4)?, word(8)?, word(12)?);
        if !slot.starts_with(b"Slot") {
            return Err(of_slot());
        }
        if start == 0 {
            continue;
        }
        let start = start as usize * BLOCK;
        let blob = bytes
            .get(start..)
            .and_then(|it| it.get(..blocks as usize * BLOCK));
        let blob = blob.filter(|_| start >= pages * PAGE && package > 0);
        let header = blob.and_then(|blob| held(blob, package));
        packages.push((
            package,
            header.ok_or_else(|| damaged(format!("package {package}")))?,
        ));
    }
    packages.sort_unstable_by_key(|(package, _)| *package);
    match packages.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some(pair) => Err(damaged(format!("package {}", pair[0].0))),
        None => Ok(packages),
    }
}

/// What a blob holds, where it is whole and of that package.
fn held(blob: &[u8], package: u32) -> Option<&[u8]> {
    let length = number(blob, 12)?;
    let (before, tail) = blob.split_at_checked(blob.len().checked_sub(TAIL)?)?;
    let is_whole = blob.starts_with(b"BlbS")
        && number(blob, 4)? == package
        && (HEAD + length as usize + TAIL).div_ceil(BLOCK) * BLOCK == blob.len()
        && number(tail, 0)? == adler32(before)
        && number(tail, 4)? == length
        && tail.ends_with(b"BlbE");
    before
        .get(HEAD..)?
        .get(..length as usize)
        .filter(|_| is_whole)
}

/// Adler-32 (RFC 1950, section 8.2).
fn adler32(bytes: &[u8]) -> u32 {
    const BASE: u32 = 65_521;
    /// Bytes whose sums fit 32 bits.
    const FITTING: usize = 5_552;
    let (mut low, mut high) = (1_u32, 0_u32);
    for part in bytes.chunks(FITTING) {
        for byte in part {
            low += u32::from(*byte);
            high += low;
        }
        low %= BASE;
        high %= BASE;
    }
    (high << 16) | low
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.get(..4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::adler32;

    /// Python's `zlib.adler32` (3.11) of the same bytes.
    #[test]
    fn the_checksum_is_that_of_zlib() {
        assert_eq!(adler32(b""), 1);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
        assert_eq!(adler32(&[0xff; 100_000]), 0x149a_302c);
    }
}
