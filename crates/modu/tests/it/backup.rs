//! A home is copied while its server runs, and comes back whole or not at all.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use modu_cluster::Cluster;
use modu_programme::database::Database;
use modu_programme::store::{DatabaseHistory, Kept};
use serde_json::Value;

use crate::jobs::Demonstrating;
use crate::program::{Office, text};

/// An archive of such entries, as an attacker would make one.
fn archive(place: &Path, entries: &[(&str, tar::EntryType, &[u8])]) {
    let mut builder = tar::Builder::new(File::create(place).unwrap());
    for (name, kind, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        // The builder refuses such names; an attacker's does not.
        let field = &mut header.as_gnu_mut().unwrap().name;
        field[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        if [tar::EntryType::Symlink, tar::EntryType::Link].contains(kind) {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.finish().unwrap();
}

fn restore(office: &Office, from: &Path, more: &[&str]) -> (i32, Value) {
    let home = office.path("again");
    let restore = [&["--home", text(&home), "restore", text(from)], more].concat();
    office.ask(&restore)
}

#[test]
fn a_restored_home_verifies_and_signs_only_with_its_keys() {
    let story = Demonstrating::new();
    let office = &story.office;
    let (file, keys) = (office.path("copy.tar"), office.path("keys.tar"));
    let backup = ["backup", text(&file), "--keys", text(&keys)];
    let (code, said) = office.ask(&backup);
    assert_eq!(code, 0, "{said}");
    // It is not written over, and holds no private key.
    assert_eq!(office.ask(&backup).0, 2);
    let bytes = fs::read(&file).unwrap();
    let private = b"PRIVATE KEY";
    assert!(!bytes.windows(private.len()).any(|window| window == private));
    assert!(
        fs::read(&keys)
            .unwrap()
            .windows(private.len())
            .any(|window| window == private)
    );

    let (code, said) = restore(office, &file, &[]);
    assert_eq!(code, 0, "{said}");
    let last = story.kept().programme().last();
    assert_eq!(said["history"], last.0.to_string());
    let again = office.path("again");
    let audit = ["--home", text(&again), "evidence", "audit"];
    assert_eq!(office.ask(&audit).0, 0);
    let need = office.path("kit/need.toml");
    let sign = ["--home", text(&again), "proof", "register", text(&need)];
    assert_ne!(office.modu(&sign).code, 0);
    // Into a home that is there already nothing is restored.
    assert_eq!(restore(office, &file, &[]).0, 2);

    fs::remove_dir_all(&again).unwrap();
    let (code, said) = restore(office, &file, &["--keys", text(&keys)]);
    assert_eq!(code, 0, "{said}");
    office.modu(&sign).expect_code(0);
}

/// The programme of the second home.
fn restored(office: &Office, url: Option<&str>) -> Kept<DatabaseHistory> {
    let database = match url {
        Some(url) => Database::postgres(url).unwrap(),
        None => Database::file(&office.path("again/programme.sqlite")).unwrap(),
    };
    Kept::open(DatabaseHistory::over(database).unwrap()).unwrap()
}

#[test]
fn a_backup_comes_back_in_files_or_in_postgresql_whatever_it_is_of() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let story = Demonstrating::new();
    let (office, before) = (&story.office, story.kept());
    let file = office.path("copy.tar");
    assert_eq!(office.ask(&["backup", text(&file)]).0, 0);
    let again = office.path("again");

    let url = cluster.fresh("again");
    let database = ["--database", &url];
    let (code, said) = restore(office, &file, &database);
    assert_eq!(code, 0, "{said}");
    assert_eq!(restored(office, Some(&url)).programme(), before.programme());
    // The home has no files of it and remembers where it is, for its owner.
    assert!(!again.join("programme.sqlite").exists());
    assert!(!again.join("accounts.sqlite").exists());
    let mode = fs::metadata(again.join("database.url")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);

    // From there it is backed up as from files, and comes back as files.
    let second = office.path("second.tar");
    let backup = ["--home", text(&again), "backup", text(&second)];
    let (code, said) = office.ask(&backup);
    assert_eq!(code, 0, "{said}");
    assert!(!office.path("second.tar.part.programme.sqlite").exists());
    // Into a database that holds a programme nothing is restored.
    fs::remove_dir_all(&again).unwrap();
    assert_eq!(restore(office, &second, &database).0, 3);
    assert!(!again.exists());
    let (code, said) = restore(office, &second, &[]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(restored(office, None).programme(), before.programme());
    let audit = ["--home", text(&again), "evidence", "audit"];
    assert_eq!(office.ask(&audit).0, 0);
}

#[test]
fn a_backup_that_was_changed_or_leads_elsewhere_leaves_nothing() {
    let office = Office::empty();
    let file = office.path("evil.tar");
    use tar::EntryType::{Block, Char, Directory, Fifo, Link, Regular, Symlink};
    let evil: [&[(&str, tar::EntryType, &[u8])]; 20] = [
        &[("../evil", Regular, b"1")],
        &[("/tmp/evil", Regular, b"1")],
        &[("evidence/../../evil", Regular, b"1")],
        &[("evidence/archive.json", Symlink, b"")],
        &[("evidence/archive.json", Link, b"")],
        &[("evidence/archive.json", Fifo, b"")],
        &[("evidence/archive.json", Char, b"")],
        &[("evidence/archive.json", Block, b"")],
        &[("evidence/evil", Directory, b"")],
        // A link, and then a file that would be written through it.
        &[
            ("evidence/log", Symlink, b""),
            ("evidence/log/passwd", Regular, b"1"),
        ],
        &[("..\\evil", Regular, b"1")],
        &[("evidence//evil", Regular, b"1")],
        &[("evidence/./evil", Regular, b"1")],
        &[("store/../../evil", Regular, b"1")],
        &[("store/evil", Regular, b"1")],
        &[("database.url", Regular, b"postgres://evil.example/evil")],
        &[("evidence/keys/0001/identity.pem", Regular, b"1")],
        &[("elsewhere", Regular, b"1")],
        &[("evidence/archive.json", Regular, b"1")],
        &[
            ("evidence/archive.json", Regular, b"1"),
            ("evidence/archive.json", Regular, b"2"),
        ],
    ];
    for entries in evil {
        archive(&file, entries);
        let (code, said) = restore(&office, &file, &[]);
        assert_ne!(code, 0, "{entries:?}: {said}");
        assert!(!office.path("evil").exists());
        assert!(!office.path("again").exists());
        assert!(!office.path("again.restoring").exists());
    }
    // Longer names than a header has room for, in both ways of writing them.
    for long in [
        "../".repeat(60),
        format!("evidence/{}/../../evil", "a".repeat(120)),
    ] {
        let gnu = [
            (
                "././@LongLink",
                tar::EntryType::GNULongName,
                long.as_bytes(),
            ),
            ("evidence/archive.json", Regular, b"1"),
        ];
        let record = format!(" path={long}\n");
        let length = record.len() + 3;
        let record = format!("{length}{record}");
        let pax = [
            ("pax", tar::EntryType::XHeader, record.as_bytes()),
            ("evidence/archive.json", Regular, b"1"),
        ];
        for entries in [&gnu, &pax] {
            archive(&file, entries);
            assert_ne!(restore(&office, &file, &[]).0, 0, "{long}");
            assert!(!office.path("evil").exists() && !office.path("again").exists());
        }
    }
    fs::write(&file, b"this is no archive".repeat(100)).unwrap();
    assert_ne!(restore(&office, &file, &[]).0, 0);
}
