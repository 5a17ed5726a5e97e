//! A store in a bucket of an S3-compatible object store.
//!
//! An object's key contains its digest, which is known only at the end of the
//! stream: so a stream is first spooled (in memory to 8 MiB, then to an
//! unnamed file in the system's temporary folder), then sent. Up to 8 MiB go
//! in one request on the condition that the key is free (`If-None-Match: *`);
//! more goes as a multipart upload, which becomes visible in one step when it
//! is completed. What a killed writer leaves is an incomplete upload that
//! nobody can read; a lifecycle rule of the bucket should end those.
//!
//! Whether a key already stands for the right bytes is found out by reading
//! them, not believed: after `put` the store holds what was put.
//!
//! Reading asks for ranges of 8 MiB of one version (`If-Match`), so every
//! request is short and memory is bounded.

mod connection;
mod range_reader;

use std::io::{Read, Seek as _};
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::stream::{BoxStream, FuturesUnordered, StreamExt as _, TryStreamExt as _};
use modu_kernel::{Artifact, Digest};
use object_store::path::Path as Key;
use object_store::{
    MultipartUpload, ObjectMeta, ObjectStore as _, ObjectStoreExt as _, PutMode, PutPayload,
};
use tempfile::SpooledTempFile;

use self::connection::Remote;
use self::range_reader::RangeReader;
use crate::{
    ArtifactReader, Backend, Entries, Entry, OBJECTS, S3Location, StoreError, VerifiedFile,
    copy_and_name,
};

const MIB: u64 = 1024 * 1024;

/// The least size of a part, of a range that is read, and of what is spooled
/// to disk. S3 asks for at least 5 MiB.
const PART: u64 = 8 * MIB;
/// The largest part that we send: it bounds memory.
const LARGEST_PART: u64 = 64 * MIB;
/// S3 takes this many parts.
const PARTS: u64 = 10_000;
/// Parts on their way at once, beside the one that is being read.
const IN_FLIGHT: usize = 2;

/// A store in a bucket.
pub(crate) struct Bucket {
    remote: Remote,
    prefix: Key,
    /// Whether the server is thought to know `If-None-Match`.
    conditional: AtomicBool,
}

impl Bucket {
    pub(crate) fn open(
        location: &S3Location,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, StoreError> {
        let prefix = match location.prefix.as_str() {
            "" => Key::from(OBJECTS),
            prefix => Key::from(format!("{prefix}/{OBJECTS}")),
        };
        Ok(Self {
            remote: Remote::open(location, variable)?,
            prefix,
            conditional: AtomicBool::new(true),
        })
    }

    fn key(&self, digest: Digest) -> Key {
        let name = digest.to_hex();
        self.prefix.clone().join(&name[..2]).join(name.as_str())
    }

    fn head(&self, key: &Key) -> Result<Option<ObjectMeta>, StoreError> {
        match self.remote.wait(self.remote.client.head(key))? {
            Ok(meta) => Ok(Some(meta)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.remote.failure("look up", key, &error)),
        }
    }

    /// Whether the key already stands for the right bytes.
    fn is_sound(&self, artifact: Artifact) -> Result<bool, StoreError> {
        let Some(reader) = self.open(artifact.digest)? else {
            return Ok(false);
        };
        match reader.verify() {
            Ok(_) => Ok(true),
            Err(StoreError::Corrupt { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn put_at_once(&self, artifact: Artifact, bytes: Vec<u8>) -> Result<(), StoreError> {
        let key = self.key(artifact.digest);
        let payload = PutPayload::from(bytes);
        let send = |mode: PutMode| {
            let request = self
                .remote
                .client
                .put_opts(&key, payload.clone(), mode.into());
            self.remote.wait(request)
        };
        let failure = |error| self.remote.failure("write", &key, &error);
        if self.conditional.load(Ordering::Relaxed) {
            match send(PutMode::Create)? {
                Ok(_) => return Ok(()),
                Err(object_store::Error::AlreadyExists { .. }) if self.is_sound(artifact)? => {
                    return Ok(());
                }
                // Corrupt, or a server that does not know conditions (501):
                // the right bytes of a key are always the same ones, so
                // writing them without a condition is harmless.
                Err(object_store::Error::AlreadyExists { .. }) => {}
                Err(object_store::Error::Generic { .. }) => {
                    send(PutMode::Overwrite)?.map_err(failure)?;
                    self.conditional.store(false, Ordering::Relaxed);
                    return Ok(());
                }
                Err(error) => return Err(failure(error)),
            }
        } else if self.is_sound(artifact)? {
            return Ok(());
        }
        send(PutMode::Overwrite)?.map_err(failure)?;
        Ok(())
    }

    fn put_in_parts(
        &self,
        artifact: Artifact,
        mut spool: SpooledTempFile,
    ) -> Result<(), StoreError> {
        let key = self.key(artifact.digest);
        let part = artifact
            .size
            .div_ceil(PARTS)
            .next_multiple_of(MIB)
            .max(PART);
        if part > LARGEST_PART {
            return Err(StoreError::TooLarge {
                place: self.place(),
                limit: LARGEST_PART * PARTS,
            });
        }
        if self.is_sound(artifact)? {
            return Ok(());
        }
        let work = async {
            let mut upload = self.remote.client.put_multipart(&key).await?;
            let sent = match send_parts(upload.as_mut(), &mut spool, part).await {
                Ok(()) => upload.complete().await.map(|_| ()),
                Err(error) => Err(error),
            };
            if sent.is_err() {
                // The upload's own failure is what the caller should hear.
                let _ = upload.abort().await;
            }
            sent
        };
        self.remote
            .wait(work)?
            .map_err(|error| self.remote.failure("write", &key, &error))
    }

    /// What an object's key says of it.
    fn entry(&self, meta: &ObjectMeta) -> Entry {
        let digest = meta
            .location
            .filename()
            .and_then(|name| Digest::from_hex(name).ok())
            .filter(|digest| self.key(*digest) == meta.location);
        match digest {
            Some(digest) => Entry::Artifact(Artifact {
                digest,
                size: meta.size,
            }),
            None => Entry::Stranger {
                place: self.remote.place_of(&meta.location),
                what: "of a strange name",
            },
        }
    }
}

async fn send_parts(
    upload: &mut dyn MultipartUpload,
    spool: &mut SpooledTempFile,
    part: u64,
) -> object_store::Result<()> {
    let mut on_the_way = FuturesUnordered::new();
    loop {
        let mut bytes = Vec::new();
        spool
            .by_ref()
            .take(part)
            .read_to_end(&mut bytes)
            .map_err(|source| object_store::Error::Generic {
                store: "spool",
                source: Box::new(source),
            })?;
        if bytes.is_empty() {
            break;
        }
        on_the_way.push(upload.put_part(bytes.into()));
        if on_the_way.len() >= IN_FLIGHT {
            on_the_way.try_next().await?;
        }
    }
    while on_the_way.try_next().await?.is_some() {}
    Ok(())
}

impl Backend for Bucket {
    fn place(&self) -> String {
        self.remote.place.clone()
    }

    fn put(&self, reader: &mut dyn Read) -> Result<Artifact, StoreError> {
        use std::io::Write as _;
        let spooled = |error| StoreError::io("write", std::env::temp_dir().display(), error);
        let mut spool = tempfile::spooled_tempfile(PART as usize);
        let artifact = copy_and_name(reader, |bytes| spool.write_all(bytes).map_err(spooled))?;
        spool.rewind().map_err(spooled)?;
        if artifact.size > PART {
            self.put_in_parts(artifact, spool)?;
        } else {
            let mut bytes = Vec::new();
            spool.read_to_end(&mut bytes).map_err(spooled)?;
            self.put_at_once(artifact, bytes)?;
        }
        Ok(artifact)
    }

    fn size(&self, digest: Digest) -> Result<Option<u64>, StoreError> {
        Ok(self.head(&self.key(digest))?.map(|meta| meta.size))
    }

    fn open(&self, digest: Digest) -> Result<Option<ArtifactReader>, StoreError> {
        let key = self.key(digest);
        Ok(self.head(&key)?.map(|meta| {
            let artifact = Artifact {
                digest,
                size: meta.size,
            };
            let place = self.remote.place_of(&key);
            let bytes = RangeReader::new(self.remote.clone(), meta);
            ArtifactReader::new(bytes, artifact, place)
        }))
    }

    fn open_verified(&self, digest: Digest) -> Result<Option<VerifiedFile>, StoreError> {
        let Some(reader) = self.open(digest)? else {
            return Ok(None);
        };
        let folder = std::env::temp_dir().display().to_string();
        let failed = |error| StoreError::io("write", &folder, error);
        let mut file = tempfile::tempfile().map_err(failed)?;
        let artifact = reader.copy_to(&mut file, &folder)?;
        file.rewind().map_err(failed)?;
        Ok(Some(VerifiedFile::new(file, artifact)))
    }

    fn entries(&self) -> Result<Entries<'_>, StoreError> {
        Ok(Box::new(ObjectList {
            bucket: self,
            objects: self.remote.client.list(Some(&self.prefix)),
        }))
    }
}

struct ObjectList<'a> {
    bucket: &'a Bucket,
    objects: BoxStream<'static, object_store::Result<ObjectMeta>>,
}

impl Iterator for ObjectList<'_> {
    type Item = Result<Entry, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let Self { bucket, objects } = self;
        let remote = &bucket.remote;
        match remote.wait(objects.next()) {
            Ok(None) => None,
            Ok(Some(Ok(meta))) => Some(Ok(bucket.entry(&meta))),
            Ok(Some(Err(error))) => Some(Err(remote.failure("list", &bucket.prefix, &error))),
            Err(error) => Some(Err(error)),
        }
    }
}
