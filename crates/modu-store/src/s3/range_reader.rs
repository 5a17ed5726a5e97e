//! Reading an object in ranges, so that every request is short and memory is
//! bounded.

use std::io::{self, Read};

use bytes::Bytes;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore as _};

use super::PART;
use super::connection::Remote;
use crate::StoreError;

/// Reads one version of an object, range by range.
pub(super) struct RangeReader {
    remote: Remote,
    meta: ObjectMeta,
    position: u64,
    block: Bytes,
}

impl RangeReader {
    pub(super) fn new(remote: Remote, meta: ObjectMeta) -> Self {
        Self {
            remote,
            meta,
            position: 0,
            block: Bytes::new(),
        }
    }

    fn fetch(&self) -> Result<Bytes, StoreError> {
        let end = self.position.saturating_add(PART).min(self.meta.size);
        let options = GetOptions {
            range: Some(GetRange::Bounded(self.position..end)),
            if_match: self.meta.e_tag.clone(),
            ..GetOptions::default()
        };
        let key = &self.meta.location;
        let request = async {
            self.remote
                .client
                .get_opts(key, options)
                .await?
                .bytes()
                .await
        };
        self.remote
            .wait(request)?
            .map_err(|error| self.remote.failure("read", key, &error))
    }
}

impl Read for RangeReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.block.is_empty() && self.position < self.meta.size {
            self.block = self.fetch()?;
            self.position += self.block.len() as u64;
        }
        let length = buffer.len().min(self.block.len());
        buffer[..length].copy_from_slice(&self.block.split_to(length));
        Ok(length)
    }
}
