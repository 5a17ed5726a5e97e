//! Limits of what is read; past one, the error says which.

/// Bytes of an analysis table.
pub const TABLE_BYTES: u64 = 8 << 30;
/// Rows of an analysis table.
pub const TABLE_ROWS: u64 = 50_000_000;
/// Bytes of a document that people or this engine write: a definition, a
/// description, a request.
pub const DOCUMENT_BYTES: u64 = 16 << 20;
/// Columns of an analysis table.
pub const TABLE_COLUMNS: usize = 10_000;
/// Levels of one column of categories.
pub const LEVELS: usize = 100_000;
/// Bytes of one cell.
pub const CELL_BYTES: usize = 4_096;
/// Bytes of the records of a cohort.
pub const RECORDS_BYTES: u64 = 8 << 30;
