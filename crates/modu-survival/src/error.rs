//! What is wrong with a question before anything is estimated, and why an
//! estimate does not exist.

/// Why nothing could be estimated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SurvivalError {
    /// Two columns that describe the same rows differ in length.
    #[error("{what} has {found} rows where the times have {expected}; give one value for each row")]
    Length {
        /// Which column.
        what: String,
        /// Rows of the times.
        expected: usize,
        /// Rows of the column.
        found: usize,
    },
    /// More of something than this crate is made for.
    #[error("{found} {what} are more than the limit of {limit}; ask about fewer at a time")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many were given.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// A model of more columns than one is made for: its cost grows with their
    /// square, in memory too.
    #[error(
        "the model would have {found} columns, more than the limit of {limit}; the first beyond it is `{first}`: leave columns out, or put rare categories together"
    )]
    TooWide {
        /// How many columns were given.
        found: usize,
        /// The limit.
        limit: usize,
        /// The name of the first column beyond it.
        first: String,
    },
    /// A value that its column cannot hold.
    #[error("{what}, row {row}: {found} is not {range}; correct or leave out the row")]
    Value {
        /// Which column.
        what: String,
        /// Row, from 0.
        row: usize,
        /// The value, as text.
        found: String,
        /// What it must be.
        range: &'static str,
    },
    /// A setting outside the range that it must lie in.
    #[error("{what} is {found}, but must be {range}")]
    Setting {
        /// Which setting.
        what: &'static str,
        /// Its value, as text.
        found: String,
        /// Where it must lie.
        range: &'static str,
    },
    /// There are no rows.
    #[error("there are no rows")]
    Empty,
    /// Nobody had the event that is asked about.
    #[error("no row has event {0}, so nothing about it can be estimated")]
    NoEvents(u16),
    /// Covariates other than those that a model was fitted to.
    #[error(
        "the model was fitted to the columns {expected}, not {found}; give those, in that order"
    )]
    Columns {
        /// Names of the model's columns.
        expected: String,
        /// Names of the columns given.
        found: String,
    },
    /// A model that was read back is not one that could have been fitted.
    #[error(
        "the {0} is damaged: its parts contradict each other; read it again from where it was written, or fit it again"
    )]
    Model(&'static str),
}
