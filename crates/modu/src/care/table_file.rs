//! A table in a file as a run's input: CSV where it lies, Parquet made into
//! the CSV that engines read.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use modu_care_records::read_table;

use crate::engine_run::Source;

/// What Parquet files begin with.
const PARQUET: &[u8; 4] = b"PAR1";

/// A table that has been looked at.
pub(super) enum TableFile<'a> {
    Csv(&'a Path),
    Parquet(Vec<u8>),
}

impl<'a> TableFile<'a> {
    /// Looks at a file, and reads it whole where it is Parquet.
    ///
    /// # Errors
    /// A file that cannot be read, or a Parquet file that is no table.
    pub(super) fn open(path: &'a Path) -> anyhow::Result<Self> {
        let mut start = Vec::new();
        File::open(path)
            .and_then(|file| file.take(PARQUET.len() as u64).read_to_end(&mut start))
            .with_context(|| format!("could not read {}", path.display()))?;
        match start == PARQUET {
            true => Ok(Self::Parquet(read_table(path)?)),
            false => Ok(Self::Csv(path)),
        }
    }

    /// As an input.
    pub(super) fn source(&self) -> Source<'_> {
        match self {
            Self::Csv(path) => Source::File(path),
            Self::Parquet(csv) => Source::Bytes(csv),
        }
    }
}
