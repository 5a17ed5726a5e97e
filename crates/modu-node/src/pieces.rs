//! Large artifacts, given out piece by piece.
//!
//! All of an artifact is read when a piece of it is asked for the first time:
//! it must be the right one, and the digest of each piece is remembered beside
//! the open file. From then on a piece costs its own bytes and not the whole
//! file's. Where the file was changed meanwhile, the piece that differs is
//! refused, and what was remembered is forgotten.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, Mutex, PoisonError};

use modu_kernel::{Digest, DigestWriter};
use modu_store::{Store, StoreError};

use crate::message::PIECE;

/// Artifacts that are held open at once; of a remote store each is a private
/// copy on the local disk. One that is let go is read anew when it is asked
/// for again.
const HELD: usize = 8;

/// Why there is no piece.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PieceError {
    /// Pieces have their places.
    #[error("pieces begin at multiples of {PIECE} bytes")]
    Place,
    /// The store does not give the artifact.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file cannot be read, or was changed.
    #[error("{digest} in the store: {problem}")]
    File {
        /// Which artifact.
        digest: Digest,
        /// What is wrong with it.
        problem: String,
    },
}

/// What is being given out.
#[derive(Debug, Default)]
pub(crate) struct Pieces(Mutex<VecDeque<Arc<Opened>>>);

/// An artifact that was right when it was opened.
#[derive(Debug)]
struct Opened {
    digest: Digest,
    file: File,
    size: u64,
    /// Of each piece.
    digests: Vec<Digest>,
}

impl Pieces {
    /// The bytes of an artifact from a place on: [`PIECE`] of them, or fewer
    /// at its end, or none behind it. Cost: a read of the whole artifact for
    /// the first piece, of the piece for each other.
    ///
    /// # Errors
    /// [`PieceError`]; never bytes that are not the artifact's.
    pub(crate) fn piece(
        &self,
        store: &Store,
        digest: Digest,
        from: u64,
    ) -> Result<Vec<u8>, PieceError> {
        if !from.is_multiple_of(PIECE as u64) {
            return Err(PieceError::Place);
        }
        let opened = match self.held(digest) {
            Some(opened) => opened,
            None => self.hold(Opened::new(store, digest)?),
        };
        let piece = opened.piece(from);
        // It was the last one, or the file is not to be believed any more.
        if piece.as_ref().map_or(true, |bytes| bytes.len() < PIECE) {
            self.let_go(digest);
        }
        piece
    }

    fn held(&self, digest: Digest) -> Option<Arc<Opened>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.iter().find(|it| it.digest == digest).cloned()
    }

    fn hold(&self, opened: Opened) -> Arc<Opened> {
        let opened = Arc::new(opened);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|it| it.digest != opened.digest);
        held.truncate(HELD - 1);
        held.push_front(Arc::clone(&opened));
        opened
    }

    fn let_go(&self, digest: Digest) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|it| it.digest != digest);
    }
}

impl Opened {
    /// Reads all of it. The bytes whose pieces are remembered are the ones
    /// whose digest is compared, so that no change slips in between.
    fn new(store: &Store, digest: Digest) -> Result<Self, PieceError> {
        let mut file = store.open_verified(digest)?.into_file();
        let problem = |problem: String| PieceError::File { digest, problem };
        let failed = |error: std::io::Error| problem(error.to_string());
        file.rewind().map_err(failed)?;
        let mut whole = DigestWriter::new(std::io::sink());
        let (mut size, mut digests) = (0, Vec::new());
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let piece = (&mut file).take(PIECE as u64).read_to_end(&mut bytes);
            if piece.map_err(failed)? == 0 {
                break;
            }
            whole.write_all(&bytes).map_err(failed)?;
            size += bytes.len() as u64;
            digests.push(Digest::of(&bytes));
        }
        match whole.finish().1.digest == digest {
            true => Ok(Self {
                digest,
                file,
                size,
                digests,
            }),
            false => Err(problem("it was changed while it was read".to_owned())),
        }
    }

    fn piece(&self, from: u64) -> Result<Vec<u8>, PieceError> {
        let problem = |problem: String| PieceError::File {
            digest: self.digest,
            problem,
        };
        let place = usize::try_from(from / PIECE as u64).unwrap_or(usize::MAX);
        let Some(expected) = self.digests.get(place) else {
            return Ok(Vec::new());
        };
        let length = (self.size - from).min(PIECE as u64);
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(PIECE)];
        let read = self.file.read_exact_at(&mut bytes, from);
        read.map_err(|error| problem(error.to_string()))?;
        match Digest::of(&bytes) == *expected {
            true => Ok(bytes),
            false => Err(problem("it was changed after it was opened".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;

    use modu_store::Location;

    use super::*;

    const BYTES: u64 = PIECE as u64;

    struct Held {
        folder: tempfile::TempDir,
        store: Store,
        pieces: Pieces,
    }

    impl Held {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let place = Location::Folder(folder.path().join("store"));
            let (store, pieces) = (Store::open(&place).unwrap(), Pieces::default());
            Self {
                folder,
                store,
                pieces,
            }
        }

        fn put(&self, length: usize) -> (Digest, Vec<u8>) {
            // No two blocks are alike, so that no piece passes for another.
            let bytes: Vec<u8> = (0..length)
                .map(|place| (place >> 12) * 31 + (place >> 20) * 7)
                .map(|number| number as u8)
                .collect();
            (self.store.put_bytes(&bytes).unwrap().digest, bytes)
        }

        fn ask(&self, digest: Digest, from: u64) -> Result<Vec<u8>, PieceError> {
            self.pieces.piece(&self.store, digest, from)
        }

        /// Changes a byte of the store's own file, where it lies.
        fn spoil(&self, digest: Digest, at: u64) {
            let name = digest.to_hex();
            let path: PathBuf = self.folder.path().join("store/sha256");
            let path = path.join(&name[..2]).join(name);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            let file = File::options().write(true).open(path).unwrap();
            file.write_all_at(b"~", at).unwrap();
        }
    }

    #[test]
    fn pieces_put_together_are_the_artifact() {
        let held = Held::new();
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE] {
            let (digest, bytes) = held.put(length);
            let mut together = Vec::new();
            loop {
                let piece = held.ask(digest, together.len() as u64).unwrap();
                together.extend_from_slice(&piece);
                if piece.len() < PIECE {
                    break;
                }
            }
            assert!(together == bytes, "{length}");
            assert!(held.pieces.held(digest).is_none(), "it is let go");
        }
        let (digest, _) = held.put(3);
        assert!(matches!(held.ask(digest, 1), Err(PieceError::Place)));
        assert!(held.ask(digest, 9 * BYTES).unwrap().is_empty());
    }

    #[test]
    fn a_file_that_was_changed_meanwhile_is_refused_at_the_piece_that_differs() {
        let held = Held::new();
        let (digest, bytes) = held.put(3 * PIECE + 5);
        assert!(held.ask(digest, 0).unwrap() == bytes[..PIECE]);
        held.spoil(digest, 2 * BYTES + 7);
        // That this one is given shows that the whole is not read again.
        let second = held.ask(digest, BYTES).unwrap();
        assert!(second == bytes[PIECE..2 * PIECE]);
        let refused = held.ask(digest, 2 * BYTES).unwrap_err();
        assert!(matches!(refused, PieceError::File { .. }), "{refused}");
        // From then on none of it is given until it is mended.
        for from in [0, BYTES, 3 * BYTES] {
            let refused = held.ask(digest, from).unwrap_err();
            assert!(matches!(refused, PieceError::Store(_)), "{refused}");
        }
        held.store.put_bytes(&bytes).unwrap();
        assert!(held.ask(digest, 2 * BYTES).unwrap() == bytes[2 * PIECE..3 * PIECE]);
    }

    #[test]
    fn a_file_that_was_wrong_before_gives_no_piece() {
        let held = Held::new();
        let (digest, _) = held.put(2 * PIECE);
        held.spoil(digest, BYTES + 1);
        assert!(matches!(held.ask(digest, 0), Err(PieceError::Store(_))));
        assert!(held.pieces.held(digest).is_none());
    }

    #[test]
    fn a_few_artifacts_are_held_and_the_oldest_is_let_go() {
        let held = Held::new();
        let digests: Vec<_> = (1..=HELD + 1)
            .map(|more| held.put(PIECE + more).0)
            .collect();
        for digest in &digests {
            held.ask(*digest, 0).unwrap();
        }
        let count = digests.iter().filter(|it| held.pieces.held(**it).is_some());
        assert_eq!(count.count(), HELD);
        assert!(held.pieces.held(digests[0]).is_none());
        // It is read anew where somebody goes on with it.
        assert_eq!(held.ask(digests[0], BYTES).unwrap().len(), 1);
    }
}
