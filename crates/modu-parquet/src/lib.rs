//! Vets what a Parquet file claims, before anything of it is decoded.
//!
//! A Parquet file is a stranger's word: its footer and each page header say how
//! much room the rest will take, and the Parquet crate takes memory, time and
//! stack as they ask for it. So their bytes are read here first: their form
//! ([`thrift`], [`shapes`]), then sizes and counts against the limits
//! ([`check_footer`], [`check_pages`]). Two engines read tables of strangers,
//! and refuse the same lies.
//!
//! A page of a few bytes can also stand for gigabytes of text: one long
//! dictionary value, named by thousands of rows. So text is to be read as views
//! into its page, 16 bytes a row ([`with_text_views`]), and each cell held
//! against the caller's limit before it is copied. The encodings that cannot be
//! read so, `DELTA_BYTE_ARRAY` and `DELTA_LENGTH_BYTE_ARRAY`, are refused.
//!
//! Start at [`check_pages`].

mod footer;
mod pages;
mod shapes;
mod thrift;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

pub use footer::check_footer;
pub use pages::{Limits, check_pages};

use thrift::Malformed;

/// Why a file is not decoded. No cell is quoted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VetError {
    /// It claims more than a limit.
    #[error("{what} is {found}, over the limit of {limit}; {remedy}")]
    Limit {
        /// What was counted.
        what: String,
        /// How many.
        found: u64,
        /// How many there may be.
        limit: u64,
        /// What to do.
        remedy: &'static str,
    },
    /// It is not what the format says.
    #[error("{place}: {problem}")]
    Unsound {
        /// The part of the file.
        place: String,
        /// What is wrong and what to do.
        problem: String,
    },
}

impl VetError {
    /// A part that breaks the format in a way that is known.
    fn unsound(place: &str, Malformed(problem): Malformed) -> Self {
        Self::Unsound {
            place: place.to_owned(),
            problem: format!(
                "it is not sound Parquet ({problem}); write the file again and check that it is \
                 whole"
            ),
        }
    }

    /// A part that cannot be read. The Parquet crate's own messages may hold
    /// what a page holds, and are not shown.
    #[must_use]
    pub fn broken(place: &str) -> Self {
        Self::Unsound {
            place: place.to_owned(),
            problem: "it is not readable as Parquet (supported: uncompressed, or compressed with \
                      Snappy or Zstandard); write the file again and check that it is whole"
                .to_owned(),
        }
    }
}

/// The schema with texts read as views into their pages.
#[must_use]
pub fn with_text_views(schema: &SchemaRef) -> SchemaRef {
    let fields: Vec<Field> = schema
        .fields()
        .iter()
        .map(|field| {
            let field = field.as_ref().clone();
            match field.data_type() {
                DataType::Utf8 => field.with_data_type(DataType::Utf8View),
                _ => field,
            }
        })
        .collect();
    Schema::new_with_metadata(fields, schema.metadata().clone()).into()
}
