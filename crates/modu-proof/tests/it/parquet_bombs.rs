//! Parquet files that claim more than they hold: refused by their headers,
//! before room is made for the claim.

use std::io::Cursor;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use modu_proof::ProofError;
use modu_proof::dataset::{Dataset, Limits};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::metadata::{
    ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader, ParquetMetaDataWriter,
};
use parquet::file::properties::WriterProperties;

use crate::allocations::most_held;
use crate::world;

const ROWS: usize = 40;
/// What a small file may cost to refuse: the file itself, its columns'
/// builders and the decompressor's tables.
const BOUND: usize = 3 << 20;

fn sample() -> Vec<u8> {
    let whole = |value: fn(i64) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values((0..ROWS as i64).map(value)))
    };
    let incomes = Float64Array::from_iter_values((0..ROWS).map(|row| row as f64 / 3.0));
    let notes = StringArray::from_iter_values((0..ROWS).map(|row| format!("글 {}", row % 7)));
    let columns: [(&str, ArrayRef); 8] = [
        ("age", whole(|row| 20 + row)),
        ("income", Arc::new(incomes)),
        ("region", whole(|row| row % 4)),
        ("note", Arc::new(notes)),
        ("sex", whole(|_| 1)),
        ("today", whole(|_| 0)),
        ("truth", whole(|row| row % 2)),
        ("memo", whole(|_| 0)),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(Default::default()))
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// Reads a file, tells the error, and holds the memory against the bound.
fn refused(bytes: Vec<u8>) -> String {
    let (result, most) = most_held(|| read(bytes, &Limits::default()));
    assert!(most < BOUND, "{most} bytes were held");
    match result {
        Ok(_) => panic!("the file was read"),
        Err(error) => error.to_string(),
    }
}

fn read(bytes: Vec<u8>, limits: &Limits) -> Result<Dataset, ProofError> {
    Dataset::read(&mut Cursor::new(bytes), &world::need(), limits)
}

/// Thrift's compact protocol, as far as it is needed here.
fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn zigzag(value: i64) -> Vec<u8> {
    varint((value << 1 ^ value >> 63) as u64)
}

/// A structure of 32-bit numbers in fields 1, 2, 3...
fn numbers(values: &[i64]) -> Vec<u8> {
    let fields = values
        .iter()
        .flat_map(|value| [vec![0x15], zigzag(*value)].concat());
    fields.chain([0]).collect()
}

/// A page header with the structure that tells more in field `details_at`.
fn page(kind: i64, decompressed: i64, content: &[u8], details_at: u8, details: &[u8]) -> Vec<u8> {
    let mut bytes = numbers(&[kind, decompressed, content.len() as i64]);
    bytes.pop();
    bytes.push((details_at - 3) << 4 | 12);
    [&bytes, details, &[0], content].concat()
}

fn data_page(decompressed: i64, values: i64, content: &[u8]) -> Vec<u8> {
    page(0, decompressed, content, 5, &numbers(&[values, 0, 3, 3]))
}

fn dictionary_page(decompressed: i64, values: i64, content: &[u8]) -> Vec<u8> {
    page(2, decompressed, content, 7, &numbers(&[values, 0]))
}

/// The sample with other pages in the place of a column's.
fn with_pages(column: usize, pages: &[u8]) -> Vec<u8> {
    let sample = sample();
    let metadata = metadata_of(&sample);
    let end = sample.len() - 8 - footer_length(&sample);
    let mut bytes = sample[..end].to_vec();
    bytes.extend(pages);
    rewrite(bytes, metadata, column, |chunk| {
        let builder = chunk
            .into_builder()
            .set_dictionary_page_offset(None)
            .set_data_page_offset(end as i64)
            .set_total_compressed_size(pages.len() as i64);
        builder.build().unwrap()
    })
}

fn metadata_of(file: &[u8]) -> ParquetMetaData {
    ParquetMetaDataReader::new()
        .parse_and_finish(&bytes::Bytes::copy_from_slice(file))
        .unwrap()
}

fn footer_length(file: &[u8]) -> usize {
    let tail: [u8; 4] = file[file.len() - 8..file.len() - 4].try_into().unwrap();
    u32::from_le_bytes(tail) as usize
}

/// Writes a footer behind pages, with one column's part of it changed.
fn rewrite(
    mut pages: Vec<u8>,
    metadata: ParquetMetaData,
    column: usize,
    change: impl FnOnce(ColumnChunkMetaData) -> ColumnChunkMetaData,
) -> Vec<u8> {
    let mut metadata = metadata.into_builder();
    let [group] = metadata.take_row_groups().try_into().unwrap();
    let mut group = group.into_builder();
    let mut columns = group.take_columns();
    columns[column] = change(columns[column].clone());
    let group = group.set_column_metadata(columns).build().unwrap();
    let metadata = metadata.add_row_group(group).build();
    ParquetMetaDataWriter::new(&mut pages, &metadata)
        .finish()
        .unwrap();
    pages
}

const AGE: usize = 0;
const NOTE: usize = 3;

#[test]
fn a_page_that_claims_two_gigabytes_is_refused_before_room_is_made_for_it() {
    let claimed = i64::from(i32::MAX);
    let content = [0_u8; 30];
    let version_two = page(3, claimed, &content, 8, &numbers(&[40, 0, 40, 0, 0, 0]));
    for pages in [
        data_page(claimed, 40, &content),
        dictionary_page(claimed, 40, &content),
        version_two,
    ] {
        for (column, name) in [(AGE, "age"), (NOTE, "note")] {
            let found = refused(with_pages(column, &pages));
            assert_eq!(
                found,
                format!(
                    "row group 0, column `{name}`, page 1, decompressed, in bytes is 2147483647, \
                     over the limit of 268435456; write smaller pages and row groups, or draw a \
                     sample of the rows"
                )
            );
        }
    }
}

#[test]
fn many_pages_together_are_held_against_the_limits_of_group_and_file() {
    let page = data_page(250 << 20, 8, &[]);
    let found = refused(with_pages(AGE, &page.repeat(5)));
    assert!(
        found.starts_with("row group 0, decompressed, in bytes is 1310"),
        "{found}"
    );
    let limits = Limits {
        decompressed_bytes: 500,
        ..Limits::default()
    };
    let found = read(sample(), &limits).unwrap_err().to_string();
    assert!(
        found.starts_with("the file, decompressed, in bytes is "),
        "{found}"
    );
    let limits = Limits {
        decompressed_bytes: 1 << 16,
        ..limits
    };
    assert_eq!(read(sample(), &limits).unwrap().rows(), ROWS);
}

#[test]
fn a_page_header_that_no_table_has_is_refused_with_what_is_wrong() {
    let content = [0_u8; 30];
    let twice = [
        dictionary_page(8, 1, &[0; 8]),
        dictionary_page(8, 1, &[0; 8]),
    ];
    let mut behind = data_page(30, 40, &content);
    behind.truncate(behind.len() - 5);
    for (pages, expected) in [
        (
            data_page(30, 41, &content),
            "page 1: it is not sound Parquet (its pages hold more values than its row group has rows)",
        ),
        (
            data_page(30, 39, &content),
            "column `age`: it is not sound Parquet (its pages hold fewer values than its row group has rows)",
        ),
        (
            data_page(30, -1, &content),
            "(a page header has a negative number)",
        ),
        (
            data_page(-30, 40, &content),
            "(a page header has a negative number)",
        ),
        (
            dictionary_page(30, i64::from(i32::MAX), &content),
            "(a dictionary has fewer bytes than its values need)",
        ),
        (
            twice.concat(),
            "page 2: it is not sound Parquet (a dictionary stands behind other pages)",
        ),
        (
            page(3, 30, &content, 8, &numbers(&[40, 0, 40, 0, 31, 0])),
            "(its levels are longer than the page)",
        ),
        (
            page(9, 30, &content, 5, &numbers(&[40, 0, 3, 3])),
            "(a page is of an unknown type)",
        ),
        (behind, "(it is longer than its column)"),
        (
            vec![0x25, 0x02, 0x05, 0x02, 0x02, 0],
            "(its fields are out of order)",
        ),
        (
            vec![0x18, 0x02],
            "(a field is of another type than it should be)",
        ),
        // Field 9, unknown: a list of 2^31 booleans without a byte of its own.
        (
            [vec![0x99, 0xf1], varint(1 << 31), vec![0]].concat(),
            "(a list is longer than the bytes that follow)",
        ),
        (
            vec![0x99, 0x11, 0x01, 0],
            "(a field is of a type that is not used here)",
        ),
        (
            [vec![0x15], varint(1 << 33), vec![0]].concat(),
            "(a number is too large for its field)",
        ),
        (
            [vec![0x9c], [0x1c].repeat(40)].concat(),
            "(it is nested too deep)",
        ),
        (vec![0x15], "(it ends too early)"),
        (vec![0x15; 3], "(it ends too early)"),
    ] {
        let found = refused(with_pages(AGE, &pages));
        assert!(found.contains(expected), "{expected}: {found}");
        assert!(found.starts_with("row group 0, column `age`"), "{found}");
        assert!(found.contains("; write the file again"), "{found}");
    }
}

/// A file of a footer alone.
fn footer_only(footer: &[u8]) -> Vec<u8> {
    let length = (footer.len() as u32).to_le_bytes();
    [b"PAR1", footer, &length, b"PAR1"].concat()
}

/// The root of a schema with so many children, or a column within it.
fn schema_element(name: u8, children: i64) -> Vec<u8> {
    [
        vec![0x35, 0x00, 0x18, 1, name, 0x15],
        zigzag(children),
        vec![0],
    ]
    .concat()
}

fn schema(elements: &[Vec<u8>]) -> Vec<u8> {
    let count = varint(elements.len() as u64);
    [vec![0x15, 2, 0x19, 0xfc], count, elements.concat()].concat()
}

#[test]
fn a_footer_is_refused_before_it_takes_memory_time_or_stack() {
    let root = || schema_element(b'r', 1);
    let many_row_groups = [
        schema(&[schema_element(b'r', 0)]),
        vec![0x16, 2, 0x19, 0xfc],
        varint(i32::MAX as u64),
    ]
    .concat();
    let deep: Vec<Vec<u8>> = (0..60_000).map(|_| root()).collect();
    let booleans = [vec![0x15, 2, 0x99, 0xf1], varint(i32::MAX as u64), vec![0]].concat();
    for (footer, expected) in [
        (
            many_row_groups,
            "(a list is longer than the bytes that follow)",
        ),
        (schema(&deep), "the footer's list of columns"),
        (
            schema(&[schema_element(b'r', i64::from(i32::MAX))]),
            "the footer's list of columns",
        ),
        (schema(&[root()]), "the footer's list of columns"),
        (
            schema(&[schema_element(b'r', -1)]),
            "the footer's list of columns",
        ),
        (schema(&[]), "the footer's list of columns"),
        (booleans, "(a list is longer than the bytes that follow)"),
        ([0x1c].repeat(100_000), "(a field is of another type"),
        ([0xac].repeat(100_000), "(it is nested too deep)"),
    ] {
        let file = footer_only(&[&footer[..], &[0]].concat());
        let found = refused(file);
        assert!(found.contains(expected), "{expected}: {found}");
        assert!(found.contains("the footer"), "{found}");
    }
    let mut long = vec![0; (16 << 20) + 1];
    long[0] = 0;
    let (result, _) = most_held(|| read(footer_only(&long), &Limits::default()));
    let found = result.unwrap_err().to_string();
    assert!(
        found
            .starts_with("the size of the footer in bytes is 16777217, over the limit of 16777216"),
        "{found}"
    );
    for file in [
        &b"PAR1"[..],
        b"PAR1PAR1",
        b"PAR1\xff\xff\xff\x00PAR1",
        b"PAR1\0\0\0\0PARE",
    ] {
        assert!(refused(file.to_vec()).contains("the footer"));
    }
}

#[test]
fn a_chunk_that_is_said_to_lie_outside_of_the_file_is_refused() {
    for (start, length) in [(-1, 10), (4, -1), (4, 1 << 40), (i64::MAX, i64::MAX / 4)] {
        let sample = sample();
        let end = sample.len() - 8 - footer_length(&sample);
        let metadata = metadata_of(&sample);
        let file = rewrite(sample[..end].to_vec(), metadata, NOTE, |chunk| {
            let builder = chunk
                .into_builder()
                .set_dictionary_page_offset(Some(start))
                .set_total_compressed_size(length);
            builder.build().unwrap()
        });
        assert_eq!(
            refused(file),
            "row group 0, column `note`: it is not sound Parquet (it is said to lie outside of \
             the file); write the file again and check that it is whole"
        );
    }
}

#[test]
fn no_flipped_bit_makes_a_reader_panic_or_take_more_memory_than_its_bound() {
    let good = sample();
    let limits = Limits {
        page_bytes: 1 << 20,
        row_group_bytes: 1 << 20,
        ..Limits::default()
    };
    // All eight bits of each byte take eight times as long.
    let bits = if std::env::var_os("MODU_SLOW").is_some() {
        8
    } else {
        1
    };
    let (mut refused, mut tried) = (0, 0);
    for index in 0..good.len() {
        for bit in 0..bits {
            let mut bytes = good.clone();
            bytes[index] ^= 1 << ((bit + index) % 8);
            let (result, most) = most_held(|| read(bytes, &limits));
            assert!(most < BOUND, "byte {index}: {most} bytes were held");
            tried += 1;
            refused += usize::from(result.is_err());
        }
    }
    assert!(refused > tried / 3, "{refused} of {tried} were refused");
    assert!(refused < tried, "all were refused");
}
