//! RPM's older databases, written here byte by byte, and spoilt: `Packages.db`
//! and the hash table of Berkeley DB.

use modu_vuln::inventory;
use proptest::prelude::*;

use crate::rpm_database::header;

const PAGE: usize = 4_096;

/// Three packages; the second is a key and counts as none.
fn headers() -> Vec<Vec<u8>> {
    let of = |name: &str, epoch, filler| {
        let texts = [
            (1000, name),
            (1001, "1.0"),
            (1002, "1.el8"),
            (1022, "x86_64"),
            (1011, "Red Hat, Inc."),
        ];
        header(&texts, epoch, filler)
    };
    vec![
        of("bash", None, 0),
        of("gpg-pubkey", None, 0),
        of("openssl-libs", Some(1), 20_000),
    ]
}

const LISTING: &str = "bash\t0:1.0-1.el8\tx86_64\tRed Hat, Inc.\n\
    openssl-libs\t1:1.0-1.el8\tx86_64\tRed Hat, Inc.\n";

fn adler32(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    (high << 16) | low
}

/// `Packages.db`, the last package in the first slot.
fn own(headers: &[Vec<u8>]) -> Vec<u8> {
    let words =
        |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|it| it.to_le_bytes()).collect() };
    let first = [
        b"RpmP".to_vec(),
        words(&[0, 7, 1, headers.len() as u32 + 1, 0, 0, 0]),
    ]
    .concat();
    let (mut slots, mut blobs) = (Vec::new(), Vec::new());
    for (number, header) in (1_u32..).zip(headers) {
        let length = header.len() as u32;
        let mut blob = [
            b"BlbS".to_vec(),
            words(&[number, 3, length]),
            header.clone(),
        ]
        .concat();
        blob.resize((16 + header.len() + 12).div_ceil(16) * 16 - 12, 0);
        blob.extend(words(&[adler32(&blob), length]));
        blob.extend_from_slice(b"BlbE");
        let start = (PAGE + blobs.len()) / 16;
        slots.insert(
            0,
            [
                b"Slot".to_vec(),
                words(&[number, start as u32, (blob.len() / 16) as u32]),
            ]
            .concat(),
        );
        blobs.extend(blob);
    }
    let mut file = [first, slots.concat()].concat();
    while file.len() < PAGE {
        file.extend([b"Slot".to_vec(), words(&[0, 0, 0])].concat());
    }
    file.extend(blobs);
    file
}

/// A hash table with its items on one page, in the order of either machine.
fn berkeley(headers: &[Vec<u8>], is_big: bool) -> Vec<u8> {
    let word = |number: u32| {
        if is_big {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    };
    let half = |number: u16| {
        if is_big {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    };
    let head = |number: u32, next: u32, entries: usize, offset: usize, kind: u8| {
        let mut page = vec![0; PAGE];
        page[8..12].copy_from_slice(&word(number));
        page[16..20].copy_from_slice(&word(next));
        page[20..22].copy_from_slice(&half(entries as u16));
        page[22..24].copy_from_slice(&half(offset as u16));
        page[25] = kind;
        page
    };
    let mut values = vec![[vec![1], word(headers.len() as u32).to_vec()].concat()];
    let mut pages = vec![vec![0; PAGE], Vec::new()];
    for header in headers {
        if header.len() < PAGE / 4 {
            values.push([vec![1], header.clone()].concat());
            continue;
        }
        values.push(
            [
                vec![3, 0, 0, 0],
                word(pages.len() as u32).to_vec(),
                word(header.len() as u32).to_vec(),
            ]
            .concat(),
        );
        let parts: Vec<&[u8]> = header.chunks(PAGE - 26).collect();
        for (place, part) in parts.iter().enumerate() {
            let number = pages.len() as u32;
            let next = if place + 1 < parts.len() {
                number + 1
            } else {
                0
            };
            let mut page = head(number, next, 1, part.len(), 7);
            page[26..26 + part.len()].copy_from_slice(part);
            pages.push(page);
        }
    }
    let mut table = head(1, 0, 2 * values.len(), 0, 13);
    let mut end = PAGE;
    // Package 0 is the count of them; the last stands first.
    for (place, (number, value)) in (0..)
        .zip(&values)
        .collect::<Vec<(u32, _)>>()
        .iter()
        .rev()
        .enumerate()
    {
        for (part, item) in [[vec![1], word(*number).to_vec()].concat(), (*value).clone()]
            .iter()
            .enumerate()
        {
            end -= item.len();
            table[end..end + item.len()].copy_from_slice(item);
            let at = 26 + 4 * place + 2 * part;
            table[at..at + 2].copy_from_slice(&half(end as u16));
        }
    }
    pages[1] = table;
    // A page that was freed.
    pages.push(head(pages.len() as u32, 0, 0, 0, 0));
    let meta = [
        (12, 0x61561),
        (16, 9),
        (20, PAGE as u32),
        (32, pages.len() as u32 - 1),
    ];
    for (at, number) in meta {
        pages[0][at..at + 4].copy_from_slice(&word(number));
    }
    pages[0][25] = 8;
    pages.concat()
}

fn all_forms() -> [Vec<u8>; 3] {
    let headers = headers();
    [
        own(&headers),
        berkeley(&headers, false),
        berkeley(&headers, true),
    ]
}

#[test]
fn packages_of_the_older_databases_are_those_of_a_listing() {
    let listed = inventory::parse(LISTING.as_bytes()).unwrap().components;
    for (form, bytes) in all_forms().iter().enumerate() {
        assert_eq!(
            inventory::parse(bytes).unwrap().components,
            listed,
            "{form}"
        );
    }
    for bytes in [own(&[]), berkeley(&[], false)] {
        assert!(inventory::parse(&bytes).unwrap().components.is_empty());
    }
}

#[test]
fn an_older_database_that_is_cut_or_bent_is_refused_with_its_place() {
    let [own, berkeley, _] = all_forms();
    let bent = |whole: &[u8], at: usize, bytes: &[u8]| {
        let mut bent = whole.to_vec();
        bent[at..at + bytes.len()].copy_from_slice(bytes);
        bent
    };
    let items = |page: &[u8]| usize::from(u16::from_le_bytes([page[26 + 2], page[26 + 3]]));
    let last = PAGE + items(&berkeley[PAGE..]);
    for (bytes, expected) in [
        (
            own[..own.len() - 16].to_vec(),
            "package 3: the database is cut",
        ),
        (
            own[..own.len() - 1].to_vec(),
            "the first page: the database is cut",
        ),
        (own[..20].to_vec(), "the first page"),
        (bent(&own, 4, &[1]), "of version 1; 0 is read"),
        (bent(&own, 12, &[255; 4]), "the first page"),
        (bent(&own, 32, b"slot"), "slot 0"),
        // Two slots of one package; one byte of a header.
        (bent(&own, 36, &[2]), "package 2"),
        (
            bent(&own, PAGE + 40, b"?"),
            "package 1: the database is cut",
        ),
        (berkeley[..berkeley.len() - PAGE].to_vec(), "cut or damaged"),
        (berkeley[..berkeley.len() - 1].to_vec(), "cut or damaged"),
        (berkeley[..100].to_vec(), "page 0"),
        (
            bent(&berkeley, 12, &[0x62, 0x31, 5, 0]),
            "hand in the file `Packages`",
        ),
        (bent(&berkeley, 16, &[7]), "RPM never wrote"),
        (bent(&berkeley, 24, &[1]), "RPM never wrote"),
        (bent(&berkeley, PAGE + 25, &[99]), "page 1"),
        (bent(&berkeley, PAGE + 8, &[9]), "page 1"),
        // The value's first page, and its length.
        (bent(&berkeley, last + 4, &[1, 0, 0, 0]), "page 1"),
        (bent(&berkeley, last + 8, &[255; 4]), "cut or damaged"),
        // A page that goes on in itself.
        (bent(&berkeley, 2 * PAGE + 16, &[2]), "cut or damaged"),
    ] {
        let error = inventory::parse(&bytes).unwrap_err().to_string();
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

proptest! {
    #[test]
    fn a_spoilt_older_database_is_read_or_refused(
        form in 0..3_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..200_usize, any::<u8>()), 1..8),
    ) {
        let mut bytes = all_forms()[form].clone();
        let pages = bytes.len() / PAGE;
        for (page, place, byte) in changes {
            bytes[page.index(pages) * PAGE + place] = byte;
        }
        if let Ok(read) = inventory::parse(&bytes) {
            prop_assert!(read.components.len() <= 3);
        }
    }
}
