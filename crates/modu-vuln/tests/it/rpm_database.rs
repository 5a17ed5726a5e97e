//! RPM's database, written here byte by byte as SQLite writes it
//! (<https://www.sqlite.org/fileformat2.html>), and spoilt.
//!
//! Databases that RPM, its library and Berkeley DB wrote are held against
//! `rpm -qa` by `bench/peers/vuln/rpm_databases.py`.

use modu_vuln::inventory::{self, Component};
use proptest::prelude::*;

const PAGE: usize = 512;

/// A header of a package with these texts by tag, and an epoch.
pub(crate) fn header(texts: &[(u32, &str)], epoch: Option<u32>, filler: usize) -> Vec<u8> {
    let (mut index, mut data) = (Vec::new(), vec![0; filler]);
    let mut entry = |tag: u32, kind: u32, offset: usize| {
        for number in [tag, kind, offset as u32, 1] {
            index.extend_from_slice(&number.to_be_bytes());
        }
    };
    for (tag, text) in texts {
        entry(*tag, 6, data.len());
        data.extend_from_slice(text.as_bytes());
        data.push(0);
    }
    if let Some(epoch) = epoch {
        entry(1003, 4, data.len());
        data.extend_from_slice(&epoch.to_be_bytes());
    }
    let lengths = [(index.len() / 16) as u32, data.len() as u32];
    let lengths = lengths.map(u32::to_be_bytes).concat();
    [lengths, index, data].concat()
}

/// One, two, or more bytes.
fn variable(number: usize) -> Vec<u8> {
    let mut bytes = vec![(number & 0x7f) as u8];
    let mut rest = number >> 7;
    while rest > 0 {
        bytes.insert(0, (rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes
}

/// A page of a table: its cells from the end.
fn page(kind: u8, cells: &[Vec<u8>], last: Option<u32>, start: usize) -> Vec<u8> {
    let mut page = vec![0; PAGE];
    page[start] = kind;
    page[start + 3..start + 5].copy_from_slice(&(cells.len() as u16).to_be_bytes());
    let mut at = start + 8;
    if let Some(last) = last {
        page[at..at + 4].copy_from_slice(&last.to_be_bytes());
        at += 4;
    }
    let mut end = PAGE;
    for cell in cells {
        end -= cell.len();
        page[end..end + cell.len()].copy_from_slice(cell);
        page[at..at + 2].copy_from_slice(&(end as u16).to_be_bytes());
        at += 2;
    }
    page
}

/// A database with a leaf for each header; what is too long goes on in pages of
/// its own.
fn database(headers: &[Vec<u8>]) -> Vec<u8> {
    let name = b"Packages";
    let row = [&[6, 23, 29, 29, 1, 13][..], b"table", name, name, &[2]];
    let cell = [variable(row.concat().len()), vec![1], row.concat()].concat();
    let mut first = page(13, &[cell], None, 100);
    first[..16].copy_from_slice(b"SQLite format 3\0");
    first[16..18].copy_from_slice(&(PAGE as u16).to_be_bytes());
    let mut pages = vec![first, Vec::new()];
    let mut leaves = Vec::new();
    for (number, header) in (1_u8..).zip(headers) {
        let kind = variable(12 + 2 * header.len());
        let payload = [vec![1 + 1 + kind.len() as u8, 0], kind, header.clone()].concat();
        let least = (PAGE - 12) * 32 / 255 - 23;
        let here = match payload.len() {
            short if short <= PAGE - 35 => short,
            long => match least + (long - least) % (PAGE - 4) {
                fitting if fitting <= PAGE - 35 => fitting,
                _ => least,
            },
        };
        let mut cell = [variable(payload.len()), vec![number]].concat();
        cell.extend_from_slice(&payload[..here]);
        let more: Vec<&[u8]> = payload[here..].chunks(PAGE - 4).collect();
        if !more.is_empty() {
            cell.extend_from_slice(&(pages.len() as u32 + 1).to_be_bytes());
        }
        for (place, part) in more.iter().enumerate() {
            let next = match place + 1 < more.len() {
                true => pages.len() as u32 + 2,
                false => 0,
            };
            let mut page = [&next.to_be_bytes()[..], part].concat();
            page.resize(PAGE, 0);
            pages.push(page);
        }
        pages.push(page(13, &[cell], None, 0));
        leaves.push((pages.len() as u32, number));
    }
    let (last, _) = leaves.pop().unwrap_or((1, 0));
    let inner = leaves
        .iter()
        .map(|(page, key)| [&page.to_be_bytes()[..], &[*key]].concat());
    pages[1] = match headers.is_empty() {
        true => page(13, &[], None, 0),
        false => page(5, &inner.collect::<Vec<_>>(), Some(last), 0),
    };
    let count = (pages.len() as u32).to_be_bytes();
    pages[0][28..32].copy_from_slice(&count);
    pages.concat()
}

fn installed() -> Vec<u8> {
    let rocky = "Rocky Enterprise Software Foundation";
    database(&[
        header(
            &[
                (1000, "bash"),
                (1001, "5.1.8"),
                (1002, "9.el9"),
                (1011, rocky),
                (1022, "x86_64"),
            ],
            None,
            0,
        ),
        header(
            &[(1000, "gpg-pubkey"), (1001, "350d275d"), (1002, "6279464b")],
            None,
            0,
        ),
        // Long enough for three further pages.
        header(
            &[
                (1000, "openssl-libs"),
                (1001, "3.0.7"),
                (1002, "27.el9"),
                (1022, "x86_64"),
                (1011, "Red Hat, Inc."),
            ],
            Some(1),
            1_700,
        ),
        header(
            &[(1000, "own"), (1001, "1.0"), (1002, "1"), (1022, "noarch")],
            None,
            300,
        ),
    ])
}

#[test]
fn packages_of_a_database_are_those_of_a_listing() {
    let listing = "bash\t0:5.1.8-9.el9\tx86_64\tRocky Enterprise Software Foundation\n\
        openssl-libs\t1:3.0.7-27.el9\tx86_64\tRed Hat, Inc.\n\
        own\t0:1.0-1\tnoarch\t\n";
    let listed = inventory::parse(listing.as_bytes()).unwrap().components;
    let database = installed();
    assert_eq!(inventory::parse(&database).unwrap().components, listed);
    assert_eq!(
        listed[1].purl.as_deref(),
        Some("pkg:rpm/redhat/openssl-libs@3.0.7-27.el9?arch=x86_64&distro=redhat-9&epoch=1")
    );
    let empty = self::database(&[]);
    assert_eq!(
        inventory::parse(&empty).unwrap().components,
        Vec::<Component<'_>>::new()
    );
}

#[test]
fn a_database_that_is_cut_turned_on_itself_or_of_another_form_is_refused() {
    let whole = installed();
    let cut = whole[..whole.len() - PAGE].to_vec();
    let mut short = whole.clone();
    short.truncate(whole.len() - 1);
    // The tree's root is its own last child.
    let mut cyclic = whole.clone();
    cyclic[PAGE + 8..PAGE + 12].copy_from_slice(&2_u32.to_be_bytes());
    let mut other = whole.clone();
    let name = whole.windows(8).position(|it| it == b"Packages").unwrap();
    other[name] = b'p';
    for (bytes, expected) in [
        (cut, "cut or damaged"),
        (short, "cut or damaged"),
        (cyclic, "cut or damaged"),
        (other, "no table `Packages`"),
        (b"SQLite format 3\0".to_vec(), "cut or damaged"),
    ] {
        let error = inventory::parse(&bytes).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let headers = [
        header(&[(1000, "x")], None, 0),
        vec![0; 8],
        vec![255; 40],
        Vec::new(),
    ];
    for header in headers {
        let error = inventory::parse(&database(&[header]))
            .unwrap_err()
            .to_string();
        assert!(error.contains("package 1"), "{error}");
    }
}

/// What SQLite's own library reads of a database that it wrote, and the file.
fn written_by_the_library(page_bytes: u32, packages: &[(usize, bool)]) -> (Vec<String>, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rpmdb.sqlite");
    let database = rusqlite::Connection::open(&path).unwrap();
    let tables =
        "CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL);
        CREATE TABLE 'Name' (key 'TEXT' NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL);
        CREATE INDEX 'Name_hnum_idx' ON 'Name'(hnum ASC);";
    let pages = format!("PRAGMA page_size = {page_bytes}; PRAGMA auto_vacuum = 1; BEGIN;");
    database.execute_batch(&(pages + tables)).unwrap();
    for (number, (filler, _)) in packages.iter().enumerate() {
        let name = format!("package-{number}");
        let texts = [
            (1000, name.as_str()),
            (1001, "1.0"),
            (1002, "1"),
            (1022, "noarch"),
        ];
        let insert = "INSERT INTO 'Packages' (blob) VALUES (?1)";
        database
            .execute(insert, [header(&texts, None, *filler)])
            .unwrap();
        let index = "INSERT INTO 'Name' VALUES (?1, ?2, 0)";
        database.execute(index, (&name, number + 1)).unwrap();
    }
    database.execute_batch("COMMIT").unwrap();
    for number in (1..)
        .zip(packages)
        .filter_map(|(number, (_, gone))| gone.then_some(number))
    {
        let number: u32 = number;
        let delete = "DELETE FROM 'Packages' WHERE hnum = ?1";
        database.execute(delete, [number]).unwrap();
    }
    let listed = {
        let mut all = database
            .prepare("SELECT hnum FROM 'Packages' ORDER BY hnum")
            .unwrap();
        let rows = all.query_map([], |row| row.get::<_, u32>(0)).unwrap();
        rows.map(|hnum| format!("package-{}", hnum.unwrap() - 1))
            .collect()
    };
    database.close().unwrap();
    (listed, std::fs::read(&path).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn rows_are_those_that_the_library_of_sqlite_reads(
        page_bytes in prop::sample::select(vec![512_u32, 1_024, 4_096, 65_536]),
        packages in prop::collection::vec((prop_oneof![0..600_usize, 3_900..4_200_usize, 60_000..140_000_usize], any::<bool>()), 0..60),
    ) {
        let (listed, file) = written_by_the_library(page_bytes, &packages);
        let read = inventory::parse(&file).unwrap().components;
        let names: Vec<&str> = read.iter().map(|it| it.name.as_ref()).collect();
        prop_assert_eq!(names, listed);
    }

    #[test]
    fn a_spoilt_database_is_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = installed();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(read) = inventory::parse(&bytes) {
            prop_assert!(read.components.len() <= bytes.len());
        }
    }
}
