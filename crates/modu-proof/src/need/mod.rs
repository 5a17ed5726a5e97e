//! The need: a question, its data and its criteria, written down before any
//! solution is seen.
//!
//! `need.toml` says what one row is, which column holds the truth, which
//! columns a solution may see, which groups are protected, and the criteria by
//! which the answer will be judged. [`Need::parse`] reads it and checks every
//! cross reference, so that the rest of the engine works with indices that are
//! sure to be valid. Whatever is wrong is told with its key and a remedy.
//!
//! The format is `modu.proof.need/1`; unknown keys are refused, and text is
//! normalised to NFC (Unicode Standard Annex 15) before it is read.

use std::num::NonZeroU32;

use modu_kernel::Label;
use modu_statistics::{IntervalMethod, Share, ShareInterval};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod check;
mod document;
mod metric;
mod release;
mod sentence;
pub(crate) use check::is_at_budget;
pub use metric::{Direction, Metric, Task, metric_label, metric_name, metric_range};
pub(crate) use sentence::percent;

use crate::error::ProofError;
use crate::toml_text;

/// Schema name of `need.toml`.
pub const NEED_SCHEMA: &str = "modu.proof.need/1";

/// Limits of a need; past one, [`Need::parse`] says which.
pub mod limits {
    /// Columns of the data set.
    pub const COLUMNS: usize = 4096;
    /// Classes of the label.
    pub const CLASSES: usize = 256;
    /// Codes of a column of type `code`.
    pub const CODES: u32 = 1_000_000;
    /// Protected groups; as many slices.
    pub const GROUPS: usize = 32;
    /// Members of a group.
    pub const MEMBERS: usize = 64;
    /// Members of all groups and slices together: the subsets of a study.
    pub const ALL_MEMBERS: usize = modu_statistics::MAX_SUBSETS;
    /// Criteria.
    pub const CRITERIA: usize = 64;
    /// Bytes of a name, and of a question or reason.
    pub const TEXT: usize = 4000;
    /// Integers are exact up to here, in data and in the need.
    pub const INTEGER: i64 = 1 << 53;
}

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Whole numbers, exact up to 2^53.
    Integer,
    /// Finite decimal numbers.
    Number,
    /// Integer codes `0..codes` of categories.
    Code,
    /// Text.
    Text,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColumnRole {
    /// May be given to solutions.
    Feature,
    /// The truth.
    Label,
    /// Used for protected groups only.
    Group,
    /// Today's decisions.
    Incumbent,
    /// Says which rows belong together: several rows of one person.
    Cluster,
    /// Ranking: the query that a row answers.
    Query,
    /// In the file, but never used.
    Ignored,
}

/// A checked need.
#[derive(Debug, Clone, PartialEq)]
pub struct Need {
    /// Its id.
    pub id: String,
    /// The task.
    pub task: Task,
    /// The question.
    pub question: Label,
    /// The unit of decision: what one row is.
    pub unit: Label,
    /// The column that says which rows belong together, where rows do not
    /// stand each for itself; index in [`Need::columns`]. In ranking it is the
    /// query's.
    pub cluster: Option<usize>,
    /// The truth.
    pub label: Truth,
    /// Binary: how scores become decisions.
    pub decision: Option<DecisionRule>,
    /// Today's way, where there is one.
    pub incumbent: Option<Incumbent>,
    /// The columns of the data set, in the order of the file's declaration.
    pub columns: Vec<Column>,
    /// The protected groups, and after them the slices.
    pub groups: Vec<Group>,
    /// The statistical settings.
    pub statistics: Statistics,
    /// The criteria.
    pub criteria: Vec<Criterion>,
    /// How often the data may answer.
    pub release: ReleaseRule,
}

/// What repeated submissions against the same data may learn. The keys of
/// `[release]` are all optional: 50 submissions of a supplier, 200 of all
/// suppliers together (or as many as one supplier has), no least step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReleaseRule {
    /// Submissions of one supplier, 1 to 10,000.
    pub submissions: u32,
    /// Submissions of all suppliers together, at least those of one.
    pub total: u32,
    /// The smallest improvement that moves a released number, in the unit of
    /// the measure, beside the step that its uncertainty asks for.
    pub step: f64,
}

/// The label column, and in tasks of classes what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    /// Index in [`Need::columns`].
    pub column: usize,
    /// The classes, in the order of a solution's scores; none in regression
    /// and ranking.
    pub classes: Vec<Class>,
    /// Binary: index in `classes` of the class asked about.
    pub positive: Option<usize>,
    /// Ranking: the query column; index in [`Need::columns`].
    pub query: Option<usize>,
}

/// One class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// Its code in the label column.
    pub code: i64,
    /// Its name.
    pub name: Label,
}

/// How a binary score becomes a decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecisionRule {
    /// A score at or above it decides positive.
    pub threshold: f64,
    /// The share of units that can be reviewed, for the metrics at budget.
    pub review_budget: Option<f64>,
}

/// What solutions are compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incumbent {
    /// A column of recorded class codes, in regression of predictions and in
    /// ranking of scores; index in [`Need::columns`].
    Recorded(usize),
    /// Another solution's id.
    Solution(String),
}

/// One declared column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name in the file.
    pub name: String,
    /// Its type.
    pub column_type: ColumnType,
    /// Its role.
    pub role: ColumnRole,
    /// Smallest allowed value.
    pub minimum: Option<f64>,
    /// Largest allowed value.
    pub maximum: Option<f64>,
    /// Type `code`: codes are `0..codes`.
    pub codes: Option<u32>,
    /// The number an empty cell stands for; without it an empty cell is an
    /// error.
    pub missing: Option<f64>,
    /// Its name for people.
    pub label: Option<Label>,
}

/// A protected group, cut into members; or a slice, whose members are the
/// intersections of the members of several groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// What it is cut by.
    pub cut: Cut,
    /// What a member that is too small to be judged means.
    pub small: SmallMember,
    /// Its name.
    pub name: Label,
    /// Its members; they do not overlap.
    pub members: Vec<Member>,
}

/// What a group is cut by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    /// The values of a column; index in [`Need::columns`].
    Column(usize),
    /// A slice: the groups that it crosses, by index in [`Need::groups`], each
    /// cut by a column and earlier in the list. Its members are in the order
    /// of the product, the last group varying fastest.
    Groups(Vec<usize>),
}

/// What a criterion says of a member that has too few rows, positives or
/// negatives to be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmallMember {
    /// "Not enough data": nothing is adopted past it.
    #[default]
    Judge,
    /// It is reported with its size, and the others decide. Only the data can
    /// make a member small: one in which a solution selects few is judged.
    Report,
}

/// One member of a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Label,
    /// Which values of the column it takes in.
    pub rule: MemberRule,
}

/// Which values belong to a member.
#[derive(Debug, Clone, PartialEq)]
pub enum MemberRule {
    /// These codes.
    Codes(Vec<i64>),
    /// `from <= value < below`; an absent side is open.
    Band {
        /// Inclusive lower bound.
        from: Option<f64>,
        /// Exclusive upper bound.
        below: Option<f64>,
    },
    /// A slice: the rows that are in each of these members, one of each group
    /// that the slice crosses. No single value tells.
    Members(Vec<usize>),
}

impl MemberRule {
    /// Whether a value belongs.
    #[must_use]
    pub fn takes_in(&self, value: f64) -> bool {
        match self {
            Self::Codes(codes) => codes.iter().any(|code| *code as f64 == value),
            Self::Band { from, below } => {
                from.is_none_or(|from| value >= from) && below.is_none_or(|below| value < below)
            }
            Self::Members(_) => false,
        }
    }
}

/// How few rows, or clusters of rows, a group may have for its intervals to
/// hold as often as they state. Of 50 lognormal losses, and of 20 skewed
/// clusters, 95 % intervals held the truth 93.5 and 92.6 times in a hundred
/// (`bench/proof-simulation.md`); from 50 clusters on all were within a point.
pub const FEWEST_AS_STATED: u64 = 50;

/// The statistical settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statistics {
    /// Bootstrap replicates, 100 to 100,000.
    pub replicates: u32,
    /// Seed of the resampling.
    pub seed: u64,
    /// Confidence of intervals and of one-sided limits, between 0.5 and 1.
    pub confidence: f64,
    /// Rows below which a group is not judged; clusters, where rows belong
    /// together.
    pub minimum_group: u64,
    /// Positives (and negatives) below which a group is not judged.
    pub minimum_positives: u64,
    /// How many solutions may compete over this need, in all its runs
    /// together; none leaves that to each run.
    pub contenders: Option<u32>,
    /// How limits and intervals are read off the replicates.
    pub interval: IntervalMethod,
    /// How the interval of a share of rows is shown; none for the bootstrap's,
    /// and the exact one where the share is 0 or 1.
    pub share_interval: Option<ShareInterval>,
    /// Regression: the quantile of the pinball loss.
    pub quantile: Share,
    /// Ranking: how many places a metric with a cutoff looks at.
    pub cutoff: NonZeroU32,
}

/// Over which rows a criterion looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// All rows.
    All,
    /// Each member of a group or slice (index in [`Need::groups`]); all must
    /// hold.
    Each(usize),
    /// The largest member value of a group minus the smallest.
    Gap(usize),
    /// All rows, asked of each class against the rest; all must hold.
    EachClass,
}

/// One criterion. It has a threshold, a margin, or both.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// Its id.
    pub id: String,
    /// What is measured.
    pub metric: Metric,
    /// Over which rows.
    pub over: Over,
    /// Multi-class: the class that is asked about against the rest; index in
    /// [`Truth::classes`].
    pub class: Option<usize>,
    /// Which side is good.
    pub direction: Direction,
    /// The bound that the confidence limit must reach.
    pub threshold: Option<f64>,
    /// The improvement over the incumbent that must be proven.
    pub margin: Option<f64>,
    /// Why it is asked.
    pub why: Label,
}

impl Need {
    /// Reads and checks the bytes of a `need.toml`.
    ///
    /// # Errors
    /// [`ProofError`]: not UTF-8 or TOML, an unknown key, a limit passed, or a
    /// reference to something undeclared; with the key and a remedy.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofError> {
        let document: document::Document = toml_text::read(bytes)?;
        check::check(document)
    }

    /// How many scores a solution gives a row: one for each class, or one
    /// prediction.
    #[must_use]
    pub fn scores_per_row(&self) -> usize {
        self.label.classes.len().max(1)
    }

    /// The index of a column by its name.
    #[must_use]
    pub fn column_named(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// `all`, `each:<group>`, `gap:<group>` or `each_class`, as `need.toml`
    /// writes it.
    #[must_use]
    pub fn over_text(&self, over: Over) -> String {
        let id = |index: usize| self.groups.get(index).map_or("", |group| group.id.as_str());
        match over {
            Over::All => "all".to_owned(),
            Over::Each(group) => format!("each:{}", id(group)),
            Over::Gap(group) => format!("gap:{}", id(group)),
            Over::EachClass => "each_class".to_owned(),
        }
    }
}
