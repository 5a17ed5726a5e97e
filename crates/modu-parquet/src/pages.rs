//! The page headers of the columns that are read, held against limits before
//! the Parquet crate makes room for what they claim.
//!
//! A page header of some 20 bytes may claim two gigabytes of page, and the
//! footer's sizes are another claim, which it need not keep. So every header
//! is read here first. The values in the pages must come to the rows of their
//! row group, a dictionary must have the bytes for its values, and the pages
//! of a row group and of the file together must stay within the limits.

use parquet::basic::{Encoding, Type as PhysicalType};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};

use crate::VetError;
use crate::shapes::{DATA_PAGE, DATA_PAGE_V2, DICTIONARY_PAGE, PAGE};
use crate::thrift::{Event, Malformed, walk};

/// Bytes of one page header: its statistics may quote a longest cell or two.
const LONGEST_HEADER: usize = 1 << 20;

/// How much a file may claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one page once decompressed.
    pub page_bytes: u64,
    /// Bytes of one row group once decompressed.
    pub row_group_bytes: u64,
    /// Bytes of the columns that are read, once decompressed.
    pub decompressed_bytes: u64,
}

/// Refuses pages that claim more than the limits, or what no table holds.
/// `read` gives the file's columns that are read, with their declared names.
///
/// # Errors
/// A page over a limit; values that do not come to the rows of their row group;
/// a dictionary with fewer bytes than its values need; text in an encoding that
/// makes long cells of few bytes; whatever the format does not allow.
pub fn check_pages(
    file: &[u8],
    metadata: &ParquetMetaData,
    read: &[(usize, &str)],
    limits: &Limits,
) -> Result<(), VetError> {
    let schema = metadata.file_metadata().schema_descr();
    let mut names = vec![None; schema.root_schema().get_fields().len()];
    for (position, name) in read {
        if let Some(place) = names.get_mut(*position) {
            *place = Some(*name);
        }
    }
    let mut in_file = 0;
    for (index, group) in metadata.row_groups().iter().enumerate() {
        let mut in_group = 0_u64;
        for (leaf, chunk) in group.columns().iter().enumerate() {
            let root = schema.get_column_root_idx(leaf);
            let Some(name) = names.get(root).copied().flatten() else {
                continue;
            };
            let place = format!("row group {index}, column `{name}`");
            let pages = Pages::of(file, chunk, group.num_rows())
                .map_err(|problem| VetError::unsound(&place, problem))?;
            in_group += pages.check(&place, limits)?;
            within(in_group, limits.row_group_bytes, || {
                format!("row group {index}, decompressed, in bytes")
            })?;
        }
        in_file += in_group;
        within(in_file, limits.decompressed_bytes, || {
            "the file, decompressed, in bytes".to_owned()
        })?;
    }
    Ok(())
}

fn within(found: u64, limit: u64, what: impl FnOnce() -> String) -> Result<(), VetError> {
    if found <= limit {
        return Ok(());
    }
    Err(VetError::Limit {
        what: what(),
        found,
        limit,
        remedy: "write smaller pages and row groups, or draw a sample of the rows",
    })
}

/// What a page header says.
#[derive(Debug, Clone, Copy, Default)]
struct Header {
    page: Option<PageType>,
    /// Bytes of the header itself.
    length: u64,
    decompressed: u64,
    compressed: u64,
    values: u64,
    /// As `parquet.thrift` numbers them.
    encoding: i64,
    /// Of levels, in pages of the second version.
    level_bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PageType {
    Data,
    Index,
    Dictionary,
    DataV2,
}

impl PageType {
    const fn of(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Data),
            1 => Some(Self::Index),
            2 => Some(Self::Dictionary),
            3 => Some(Self::DataV2),
            _ => None,
        }
    }

    /// The structure that tells more about such a page.
    const fn details(self) -> &'static str {
        match self {
            Self::Data => DATA_PAGE.name,
            Self::Index => "",
            Self::Dictionary => DICTIONARY_PAGE.name,
            Self::DataV2 => DATA_PAGE_V2.name,
        }
    }
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        const NEGATIVE: Malformed = Malformed("a page header has a negative number");
        let bytes = bytes.get(..LONGEST_HEADER).unwrap_or(bytes);
        let mut header = Self::default();
        let mut problem = None;
        let mut note = |event| {
            let Event::Number {
                within,
                field,
                value,
            } = event
            else {
                return;
            };
            if within == PAGE.name && field == "type" {
                header.page = PageType::of(value);
            }
            let of_page = within == PAGE.name;
            let of_details = header.page.is_some_and(|page| page.details() == within);
            let target = match field {
                "uncompressed_page_size" if of_page => &mut header.decompressed,
                "compressed_page_size" if of_page => &mut header.compressed,
                "num_values" if of_details => &mut header.values,
                "encoding" if of_details => {
                    header.encoding = value;
                    return;
                }
                "definition_levels_byte_length" | "repetition_levels_byte_length" if of_details => {
                    header.level_bytes += value.unsigned_abs();
                    problem = problem.or((value < 0).then_some(NEGATIVE));
                    return;
                }
                _ => return,
            };
            *target = value.unsigned_abs();
            problem = problem.or((value < 0).then_some(NEGATIVE));
        };
        let length = walk(bytes, &PAGE, &mut note)?;
        header.length = length as u64;
        match (problem, header.page) {
            (Some(problem), _) => Err(problem),
            (None, None) => Err(Malformed("a page is of an unknown type")),
            (None, Some(_)) => Ok(header),
        }
    }
}

/// The pages of one column in one row group.
struct Pages<'a> {
    bytes: &'a [u8],
    physical: PhysicalType,
    rows: u64,
}

impl<'a> Pages<'a> {
    fn of(file: &'a [u8], chunk: &ColumnChunkMetaData, rows: i64) -> Result<Self, Malformed> {
        const OUTSIDE: Malformed = Malformed("it is said to lie outside of the file");
        let first = chunk.dictionary_page_offset();
        let start = first.unwrap_or_else(|| chunk.data_page_offset());
        let start = usize::try_from(start).map_err(|_| OUTSIDE)?;
        let length = usize::try_from(chunk.compressed_size()).map_err(|_| OUTSIDE)?;
        let end = start.checked_add(length).ok_or(OUTSIDE)?;
        Ok(Self {
            bytes: file.get(start..end).ok_or(OUTSIDE)?,
            physical: chunk.column_type(),
            rows: u64::try_from(rows).map_err(|_| Malformed("it has a negative number of rows"))?,
        })
    }

    /// Checks each page; gives their bytes once decompressed, or in the file
    /// where that is more: the same bytes may be named by many columns.
    fn check(&self, place: &str, limits: &Limits) -> Result<u64, VetError> {
        let mut rest = self.bytes;
        let (mut values, mut total) = (0, 0_u64);
        let mut number = 0_usize;
        while !rest.is_empty() {
            number += 1;
            let place = format!("{place}, page {number}");
            let header =
                Header::read(rest).map_err(|problem| VetError::unsound(&place, problem))?;
            within(header.decompressed, limits.page_bytes, || {
                format!("{place}, decompressed, in bytes")
            })?;
            values += self.check_page(&header, number, &place)?;
            if values > self.rows {
                let problem = Malformed("its pages hold more values than its row group has rows");
                return Err(VetError::unsound(&place, problem));
            }
            total += header.length + header.decompressed.max(header.compressed);
            rest = usize::try_from(header.length + header.compressed)
                .ok()
                .and_then(|length| rest.get(length..))
                .ok_or_else(|| {
                    VetError::unsound(&place, Malformed("it is longer than its column"))
                })?;
        }
        if values == self.rows {
            Ok(total)
        } else {
            let problem = Malformed("its pages hold fewer values than its row group has rows");
            Err(VetError::unsound(place, problem))
        }
    }

    /// Checks one page; gives the rows that it holds.
    fn check_page(&self, header: &Header, number: usize, place: &str) -> Result<u64, VetError> {
        let sound = match header.page {
            Some(PageType::Index) | None => return Ok(0),
            Some(PageType::Dictionary) if number > 1 => {
                Err(Malformed("a dictionary stands behind other pages"))
            }
            Some(PageType::Dictionary)
                if header.values.saturating_mul(self.least_width()) > header.decompressed =>
            {
                Err(Malformed(
                    "a dictionary has fewer bytes than its values need",
                ))
            }
            Some(PageType::Dictionary) => return Ok(0),
            Some(PageType::Data | PageType::DataV2)
                if header.level_bytes > header.decompressed.min(header.compressed) =>
            {
                Err(Malformed("its levels are longer than the page"))
            }
            Some(PageType::Data | PageType::DataV2) => Ok(header.values),
        };
        let values = sound.map_err(|problem| VetError::unsound(place, problem))?;
        self.check_encoding(header.encoding, place)?;
        Ok(values)
    }

    /// The fewest bytes of a plain value.
    const fn least_width(&self) -> u64 {
        match self.physical {
            PhysicalType::INT64 | PhysicalType::DOUBLE => 8,
            PhysicalType::INT96 => 12,
            PhysicalType::INT32 | PhysicalType::FLOAT | PhysicalType::BYTE_ARRAY => 4,
            PhysicalType::BOOLEAN | PhysicalType::FIXED_LEN_BYTE_ARRAY => 1,
        }
    }

    /// Refuses text pages whose lengths or beginnings are computed from the
    /// values before them: a few bytes make a long text again in every row.
    fn check_encoding(&self, encoding: i64, place: &str) -> Result<(), VetError> {
        let name = match encoding {
            6 => Encoding::DELTA_LENGTH_BYTE_ARRAY,
            7 => Encoding::DELTA_BYTE_ARRAY,
            _ => return Ok(()),
        };
        if self.physical != PhysicalType::BYTE_ARRAY {
            return Ok(());
        }
        Err(VetError::Unsound {
            place: place.to_owned(),
            problem: format!(
                "a text column has the encoding {name}, which is not read; \
                 write it plain or with a dictionary"
            ),
        })
    }
}
