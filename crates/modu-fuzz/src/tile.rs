//! The log's own texts and files: one spelling each, and no byte believed that
//! does not lead to the signed root.

use modu_evidence::log::{Checkpoint, LogReader, Tile};
use modu_evidence::note::{Note, SignatureLine};
use modu_evidence::witness::AddCheckpoint;
use modu_kernel::NoProgress;

use crate::Target;
use crate::world::{ENTRIES, memory_folder, world};

/// Tile paths, checkpoints, notes, witnesses' requests, and the files of a log.
/// The first byte says which; 5 and above put the rest in the place of one of
/// the log's files.
pub const TARGET: Target = Target {
    name: "tile",
    law,
    seeds,
    mutate: None,
};

/// - What is read is written again as the same bytes.
/// - A log with one file changed gives its entries as they were, or a reason;
///   an audit finds the change; a proof that is given verifies.
pub fn law(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else {
        return;
    };
    match (which, std::str::from_utf8(rest)) {
        (0, Ok(text)) => same(Tile::parse(text), text),
        (1, Ok(text)) => same(Checkpoint::parse(text).ok(), text),
        (2, Ok(text)) => same(Note::parse(text).ok(), text),
        (3, Ok(text)) => same(AddCheckpoint::parse(text).ok(), text),
        (4, Ok(text)) => same(SignatureLine::parse(text).ok(), &ended(text)),
        (0..=4, Err(_)) => {}
        (which, _) => changed_log(usize::from(which - 5), rest),
    }
}

/// A line with its final newline, with which it may have come.
fn ended(line: &str) -> String {
    format!("{}\n", line.strip_suffix('\n').unwrap_or(line))
}

fn same(read: Option<impl ToString>, text: &str) {
    if let Some(read) = read {
        assert_eq!(read.to_string(), text);
    }
}

fn changed_log(which: usize, content: &[u8]) {
    let world = world();
    let changed = which % world.log_files.len();
    let folder = memory_folder();
    for (place, (path, original)) in world.log_files.iter().enumerate() {
        let path = folder.path().join(path);
        let bytes = if place == changed { content } else { original };
        let above = path.parent().expect("below the folder");
        std::fs::create_dir_all(above).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    }
    let log = match LogReader::open(folder.path(), &world.log_keys) {
        Ok(log) => log,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let (path, original) = &world.log_files[changed];
    let sound = content == original;
    if *path == "checkpoint" {
        // Lines of keys that the reader does not know are passed over.
        let original = Note::parse(original).expect("our own checkpoint");
        assert_eq!(log.note().text(), original.text());
    } else {
        assert_eq!(log.audit(&NoProgress).is_ok(), sound, "{path}");
    }
    let root = log.checkpoint().root;
    for index in 0..u64::from(ENTRIES) {
        let proof = log.inclusion_proof(index, log.size());
        if let (Ok(entry), Ok(proof)) = (log.entry(index), proof) {
            let leaf = modu_evidence::log::Hash::of_leaf(&entry);
            proof
                .verify(&leaf, &root)
                .expect("a proof that is given verifies");
        }
    }
}

/// Each text and file as it should be.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let world = world();
    let (_, checkpoint) = &world.log_files[0];
    let note = Note::parse(checkpoint).expect("our own checkpoint");
    let request = format!("old 0\n\n{note}");
    let line = note.signatures()[0].to_string();
    let texts = [
        (0, "tile/0/x001/x234/067".to_owned()),
        (0, "tile/entries/273.p/112".to_owned()),
        (1, note.text().to_owned()),
        (2, note.to_string()),
        (3, request),
        (4, line.trim_end().to_owned()),
        (4, line),
    ];
    let texts = texts.map(|(which, text)| [&[which], text.as_bytes()].concat());
    let files = (5..).zip(&world.log_files);
    let files = files.map(|(which, (_, bytes))| [&[which], bytes.as_slice()].concat());
    texts.into_iter().chain(files).collect()
}
