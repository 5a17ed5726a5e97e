//! The structures of Parquet's footer and page headers, from
//! `parquet.thrift` of Apache Parquet's format, 2.12.

use crate::thrift::{Kind, Shape};
use Kind::{Binary, Bool, Double, I8, I16, I32, I64, List, Struct};

pub(crate) static FILE: Shape = Shape {
    name: "FileMetaData",
    fields: &[
        (1, "version", I32),
        (2, "schema", List(&Struct(&SCHEMA_ELEMENT))),
        (3, "num_rows", I64),
        (4, "row_groups", List(&Struct(&ROW_GROUP))),
        (5, "key_value_metadata", List(&Struct(&KEY_VALUE))),
        (6, "created_by", Binary),
        (7, "column_orders", List(&Struct(&UNION))),
        (8, "encryption_algorithm", Struct(&UNION)),
        (9, "footer_signing_key_metadata", Binary),
    ],
};

pub(crate) static SCHEMA_ELEMENT: Shape = Shape {
    name: "SchemaElement",
    fields: &[
        (1, "type", I32),
        (2, "type_length", I32),
        (3, "repetition_type", I32),
        (4, "name", Binary),
        (5, "num_children", I32),
        (6, "converted_type", I32),
        (7, "scale", I32),
        (8, "precision", I32),
        (9, "field_id", I32),
        (10, "logicalType", Struct(&LOGICAL_TYPE)),
    ],
};

static LOGICAL_TYPE: Shape = Shape {
    name: "LogicalType",
    fields: &[
        (1, "STRING", Struct(&EMPTY)),
        (2, "MAP", Struct(&EMPTY)),
        (3, "LIST", Struct(&EMPTY)),
        (4, "ENUM", Struct(&EMPTY)),
        (5, "DECIMAL", Struct(&DECIMAL)),
        (6, "DATE", Struct(&EMPTY)),
        (7, "TIME", Struct(&TIME)),
        (8, "TIMESTAMP", Struct(&TIME)),
        (10, "INTEGER", Struct(&INTEGER)),
        (11, "UNKNOWN", Struct(&EMPTY)),
        (12, "JSON", Struct(&EMPTY)),
        (13, "BSON", Struct(&EMPTY)),
        (14, "UUID", Struct(&EMPTY)),
        (15, "FLOAT16", Struct(&EMPTY)),
        (16, "VARIANT", Struct(&VARIANT)),
        (17, "GEOMETRY", Struct(&GEOGRAPHY)),
        (18, "GEOGRAPHY", Struct(&GEOGRAPHY)),
    ],
};

static EMPTY: Shape = Shape {
    name: "an empty structure",
    fields: &[],
};

static UNION: Shape = Shape {
    name: "a union of empty structures",
    fields: &[
        (1, "first", Struct(&EMPTY)),
        (2, "second", Struct(&EMPTY)),
        (3, "third", Struct(&EMPTY)),
    ],
};

static DECIMAL: Shape = Shape {
    name: "DecimalType",
    fields: &[(1, "scale", I32), (2, "precision", I32)],
};

static TIME: Shape = Shape {
    name: "TimeType",
    fields: &[(1, "isAdjustedToUTC", Bool), (2, "unit", Struct(&UNION))],
};

static INTEGER: Shape = Shape {
    name: "IntType",
    fields: &[(1, "bitWidth", I8), (2, "isSigned", Bool)],
};

static VARIANT: Shape = Shape {
    name: "VariantType",
    fields: &[(1, "specification_version", I8)],
};

static GEOGRAPHY: Shape = Shape {
    name: "GeographyType",
    fields: &[(1, "crs", Binary), (2, "algorithm", I32)],
};

pub(crate) static ROW_GROUP: Shape = Shape {
    name: "RowGroup",
    fields: &[
        (1, "columns", List(&Struct(&COLUMN_CHUNK))),
        (2, "total_byte_size", I64),
        (3, "num_rows", I64),
        (4, "sorting_columns", List(&Struct(&SORTING_COLUMN))),
        (5, "file_offset", I64),
        (6, "total_compressed_size", I64),
        (7, "ordinal", I16),
    ],
};

static SORTING_COLUMN: Shape = Shape {
    name: "SortingColumn",
    fields: &[
        (1, "column_idx", I32),
        (2, "descending", Bool),
        (3, "nulls_first", Bool),
    ],
};

static COLUMN_CHUNK: Shape = Shape {
    name: "ColumnChunk",
    fields: &[
        (1, "file_path", Binary),
        (2, "file_offset", I64),
        (3, "meta_data", Struct(&COLUMN_META_DATA)),
        (4, "offset_index_offset", I64),
        (5, "offset_index_length", I32),
        (6, "column_index_offset", I64),
        (7, "column_index_length", I32),
        (8, "crypto_metadata", Struct(&UNION)),
        (9, "encrypted_column_metadata", Binary),
    ],
};

static COLUMN_META_DATA: Shape = Shape {
    name: "ColumnMetaData",
    fields: &[
        (1, "type", I32),
        (2, "encodings", List(&I32)),
        (3, "path_in_schema", List(&Binary)),
        (4, "codec", I32),
        (5, "num_values", I64),
        (6, "total_uncompressed_size", I64),
        (7, "total_compressed_size", I64),
        (8, "key_value_metadata", List(&Struct(&KEY_VALUE))),
        (9, "data_page_offset", I64),
        (10, "index_page_offset", I64),
        (11, "dictionary_page_offset", I64),
        (12, "statistics", Struct(&STATISTICS)),
        (13, "encoding_stats", List(&Struct(&PAGE_ENCODING_STATS))),
        (14, "bloom_filter_offset", I64),
        (15, "bloom_filter_length", I32),
        (16, "size_statistics", Struct(&SIZE_STATISTICS)),
        (17, "geospatial_statistics", Struct(&GEOSPATIAL)),
    ],
};

static KEY_VALUE: Shape = Shape {
    name: "KeyValue",
    fields: &[(1, "key", Binary), (2, "value", Binary)],
};

static STATISTICS: Shape = Shape {
    name: "Statistics",
    fields: &[
        (1, "max", Binary),
        (2, "min", Binary),
        (3, "null_count", I64),
        (4, "distinct_count", I64),
        (5, "max_value", Binary),
        (6, "min_value", Binary),
        (7, "is_max_value_exact", Bool),
        (8, "is_min_value_exact", Bool),
    ],
};

static PAGE_ENCODING_STATS: Shape = Shape {
    name: "PageEncodingStats",
    fields: &[
        (1, "page_type", I32),
        (2, "encoding", I32),
        (3, "count", I32),
    ],
};

static SIZE_STATISTICS: Shape = Shape {
    name: "SizeStatistics",
    fields: &[
        (1, "unencoded_byte_array_data_bytes", I64),
        (2, "repetition_level_histogram", List(&I64)),
        (3, "definition_level_histogram", List(&I64)),
    ],
};

static GEOSPATIAL: Shape = Shape {
    name: "GeospatialStatistics",
    fields: &[
        (1, "bbox", Struct(&BOUNDING_BOX)),
        (2, "geospatial_types", List(&I32)),
    ],
};

static BOUNDING_BOX: Shape = Shape {
    name: "BoundingBox",
    fields: &[
        (1, "xmin", Double),
        (2, "xmax", Double),
        (3, "ymin", Double),
        (4, "ymax", Double),
        (5, "zmin", Double),
        (6, "zmax", Double),
        (7, "mmin", Double),
        (8, "mmax", Double),
    ],
};

pub(crate) static PAGE: Shape = Shape {
    name: "PageHeader",
    fields: &[
        (1, "type", I32),
        (2, "uncompressed_page_size", I32),
        (3, "compressed_page_size", I32),
        (4, "crc", I32),
        (5, "data_page_header", Struct(&DATA_PAGE)),
        (6, "index_page_header", Struct(&EMPTY)),
        (7, "dictionary_page_header", Struct(&DICTIONARY_PAGE)),
        (8, "data_page_header_v2", Struct(&DATA_PAGE_V2)),
    ],
};

pub(crate) static DATA_PAGE: Shape = Shape {
    name: "DataPageHeader",
    fields: &[
        (1, "num_values", I32),
        (2, "encoding", I32),
        (3, "definition_level_encoding", I32),
        (4, "repetition_level_encoding", I32),
        (5, "statistics", Struct(&STATISTICS)),
    ],
};

pub(crate) static DICTIONARY_PAGE: Shape = Shape {
    name: "DictionaryPageHeader",
    fields: &[
        (1, "num_values", I32),
        (2, "encoding", I32),
        (3, "is_sorted", Bool),
    ],
};

pub(crate) static DATA_PAGE_V2: Shape = Shape {
    name: "DataPageHeaderV2",
    fields: &[
        (1, "num_values", I32),
        (2, "num_nulls", I32),
        (3, "num_rows", I32),
        (4, "encoding", I32),
        (5, "definition_levels_byte_length", I32),
        (6, "repetition_levels_byte_length", I32),
        (7, "is_compressed", Bool),
        (8, "statistics", Struct(&STATISTICS)),
    ],
};
