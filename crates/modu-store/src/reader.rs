//! Readers whose bytes are known to be the artifact's.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Sink, Write as _};

use modu_kernel::{Artifact, DigestWriter};

use crate::StoreError;

/// Streams an artifact and checks its digest on the way.
///
/// The last bytes are handed out only once the digest of all of them has been
/// found right: a corrupt artifact is an error no later than its end, also
/// for a reader that stops exactly there. What came before the error must not
/// be acted upon; who needs bytes that are right from the first one uses
/// [`crate::Store::open_verified`]. Memory: one block, whatever the length.
pub struct ArtifactReader {
    bytes: Box<dyn Read + Send>,
    artifact: Artifact,
    place: String,
    taken: u64,
    state: State,
}

enum State {
    Reading(Box<DigestWriter<Sink>>),
    Right,
    Corrupt(Artifact),
}

impl ArtifactReader {
    /// Reads `bytes`, which should be `artifact` and lie at `place`.
    pub(crate) fn new(
        bytes: impl Read + Send + 'static,
        artifact: Artifact,
        place: String,
    ) -> Self {
        Self {
            bytes: Box::new(bytes),
            artifact,
            place,
            taken: 0,
            state: State::Reading(Box::new(DigestWriter::new(io::sink()))),
        }
    }

    /// What is being read: the digest asked for, and the length found.
    #[must_use]
    pub fn artifact(&self) -> Artifact {
        self.artifact
    }

    /// Reads all of it into memory, where it is not longer than `limit` bytes.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`], [`StoreError::Corrupt`], or a failed read.
    pub fn read_all(mut self, limit: u64) -> Result<Vec<u8>, StoreError> {
        if self.artifact.size > limit {
            return Err(StoreError::TooLarge {
                place: self.place,
                limit,
            });
        }
        let mut bytes = Vec::new();
        match self.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(self.failure(error)),
        }
    }

    /// Copies all of it to a writer, and says what the writer failed with as
    /// a failure at `target`.
    pub(crate) fn copy_to(
        mut self,
        writer: &mut impl io::Write,
        target: &str,
    ) -> Result<Artifact, StoreError> {
        let mut block = vec![0; crate::BLOCK];
        loop {
            match self.read(&mut block) {
                Ok(0) => return Ok(self.artifact),
                Ok(length) => writer
                    .write_all(&block[..length])
                    .map_err(|error| StoreError::io("write", target, error))?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failure(error)),
            }
        }
    }

    /// Reads to the end for the sake of the digest alone.
    pub(crate) fn verify(self) -> Result<Artifact, StoreError> {
        self.copy_to(&mut io::sink(), "")
    }

    /// The store's own error inside what a reader may say.
    fn failure(&self, error: io::Error) -> StoreError {
        match error.downcast::<StoreError>() {
            Ok(error) => error,
            Err(error) => StoreError::io("read", &self.place, error),
        }
    }

    fn corrupt(&self, found: Artifact) -> io::Error {
        io::Error::from(StoreError::Corrupt {
            place: self.place.clone(),
            expected: self.artifact.digest,
            found,
        })
    }

    /// Judges all that was read, once and for good.
    fn judge(&mut self) -> io::Result<()> {
        let before = std::mem::replace(&mut self.state, State::Right);
        let State::Reading(writer) = before else {
            self.state = before;
            return Ok(());
        };
        let (_, found) = writer.finish();
        if found == self.artifact {
            return Ok(());
        }
        self.state = State::Corrupt(found);
        Err(self.corrupt(found))
    }
}

impl Read for ArtifactReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &self.state {
            State::Right => return Ok(0),
            State::Corrupt(found) => return Err(self.corrupt(*found)),
            State::Reading(_) if buffer.is_empty() => return Ok(0),
            State::Reading(_) => {}
        }
        // A file that grows meanwhile is read to the length it had.
        let left = self.artifact.size - self.taken;
        let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let length = self.bytes.read(&mut buffer[..most])?;
        if let State::Reading(writer) = &mut self.state {
            writer.write_all(&buffer[..length])?;
        }
        self.taken += length as u64;
        if length == 0 || self.taken == self.artifact.size {
            self.judge()?;
        }
        Ok(length)
    }
}

impl fmt::Debug for ArtifactReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ArtifactReader({} at {})",
            self.artifact.digest, self.place
        )
    }
}

/// An artifact whose every byte was hashed and found right before the first
/// one is handed out; it can be read and sought in like a file.
///
/// A local artifact is the stored file itself, so someone who may write in
/// the store could still change it between the check and the reading; a
/// remote one is a private copy on the local disk, gone when this is dropped.
#[derive(Debug)]
pub struct VerifiedFile {
    file: File,
    artifact: Artifact,
}

impl VerifiedFile {
    pub(crate) fn new(file: File, artifact: Artifact) -> Self {
        Self { file, artifact }
    }

    /// What it is.
    #[must_use]
    pub fn artifact(&self) -> Artifact {
        self.artifact
    }

    /// The open file, at whatever place it was read to.
    #[must_use]
    pub fn into_file(self) -> File {
        self.file
    }
}

impl Read for VerifiedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

impl Seek for VerifiedFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file.seek(position)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn reader(bytes: &'static [u8], promised: Artifact) -> ArtifactReader {
        ArtifactReader::new(bytes, promised, "here".to_owned())
    }

    #[test]
    fn a_reader_that_stops_exactly_at_the_end_still_hears_of_corruption() {
        let promised = Artifact::of(b"right");
        let mut five = [0; 5];
        reader(b"right", promised).read_exact(&mut five).unwrap();
        let error = reader(b"wrong", promised)
            .read_exact(&mut five)
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn corruption_is_told_again_at_every_further_read() {
        let mut reader = reader(b"wrong", Artifact::of(b"right"));
        assert!(reader.read(&mut [0; 9]).is_err());
        assert!(reader.read(&mut [0; 9]).is_err());
    }

    #[test]
    fn a_stream_cut_short_is_corrupt_and_a_longer_one_is_read_to_its_length() {
        let promised = Artifact::of(b"right");
        assert!(matches!(
            reader(b"righ", promised).read_all(9),
            Err(StoreError::Corrupt { found, .. }) if found.size == 4
        ));
        assert_eq!(
            reader(b"right and more", promised).read_all(9).unwrap(),
            b"right"
        );
    }

    #[test]
    fn the_empty_artifact_is_read_and_an_impostor_of_it_is_not() {
        assert_eq!(reader(b"", Artifact::of(b"")).read_all(0).unwrap(), b"");
        let impostor = Artifact {
            size: 0,
            ..Artifact::of(b"something")
        };
        assert!(reader(b"", impostor).read_all(0).is_err());
    }

    #[test]
    fn more_than_the_callers_limit_is_refused_before_reading() {
        assert!(matches!(
            reader(b"right", Artifact::of(b"right")).read_all(4),
            Err(StoreError::TooLarge { limit: 4, .. })
        ));
    }
}
