//! Parquet files for the readers of tables: good ones by the Parquet crate's
//! writer, and changes that keep a file's frame.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::random::Random;

/// The same rows with and without compression, dictionaries, second pages and
/// second row groups.
pub(crate) fn parquet_seeds() -> Vec<Vec<u8>> {
    let zstd = Compression::ZSTD(parquet::basic::ZstdLevel::default());
    let plain = WriterProperties::builder().set_dictionary_enabled(false);
    let settings = [
        WriterProperties::builder(),
        WriterProperties::builder().set_compression(zstd),
        plain.clone(),
        plain
            .set_data_page_row_count_limit(2)
            .set_write_batch_size(2),
        WriterProperties::builder().set_max_row_group_row_count(Some(3)),
        WriterProperties::builder()
            .set_writer_version(parquet::file::properties::WriterVersion::PARQUET_2_0),
    ];
    let files = settings.into_iter().map(|properties| {
        let properties = properties
            .set_created_by("modu".to_owned())
            .set_statistics_enabled(parquet::file::properties::EnabledStatistics::None);
        write(&batch(), properties.build())
    });
    files.collect()
}

fn batch() -> RecordBatch {
    let whole = |values: [i64; 5]| Arc::new(Int64Array::from_iter_values(values)) as ArrayRef;
    let incomes = Float64Array::from(vec![Some(1.5), None, Some(-2.25), Some(1e9), Some(0.0)]);
    let notes = StringArray::from_iter_values(["가", "", "나", "가", "text, \"quoted\""]);
    let columns: [(&str, ArrayRef); 6] = [
        ("age", whole([20, 30, 40, 50, 120])),
        ("income", Arc::new(incomes)),
        (
            "region",
            Arc::new(Int32Array::from_iter_values([0, 1, 2, 3, 3])),
        ),
        ("note", Arc::new(notes)),
        ("sex", whole([0, 1, 0, 1, 0])),
        ("truth", whole([0, 0, 1, 1, 0])),
    ];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

fn write(batch: &RecordBatch, properties: WriterProperties) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties))
        .expect("a writer for plain columns");
    writer.write(batch).expect("rows");
    writer.close().expect("a footer");
    bytes
}

/// Changes the pages or the footer, and keeps the frame around them: the magic
/// numbers and the footer's length.
pub(crate) fn mutate_parquet(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    let framed = bytes.len().checked_sub(8).and_then(|tail| {
        let length = u32::from_le_bytes(*bytes.get(tail..tail + 4)?.as_array()?) as usize;
        let start = tail.checked_sub(length).filter(|start| *start >= 4)?;
        Some((bytes[4..start].to_vec(), bytes[start..tail].to_vec()))
    });
    let Some((mut pages, mut footer)) = framed else {
        let mut bytes = bytes.to_vec();
        random.touch(&mut bytes);
        return bytes;
    };
    for _ in 0..=random.below(4) {
        match random.below(2) {
            0 => random.touch(&mut pages),
            _ => random.touch(&mut footer),
        }
    }
    let length = (footer.len() as u32).to_le_bytes();
    [b"PAR1", pages.as_slice(), &footer, &length, b"PAR1"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_parquet_file_keeps_its_frame() {
        let seed = &parquet_seeds()[0];
        for turn in 0..50 {
            let bytes = mutate_parquet(seed, turn);
            assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
        }
    }
}
