//! What a cohort is: `modu.care.cohort/1`, a TOML document that people write.
//!
//! It says from which event on people are followed, who is in and who is not,
//! what is waited for, what makes it impossible, what may be known by then,
//! and which codes and units all of that has in the records.

use std::collections::BTreeMap;

use modu_kernel::Label;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The schema's name.
pub const DEFINITION_SCHEMA: &str = "modu.care.cohort/1";

/// A cohort's definition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// [`DEFINITION_SCHEMA`].
    pub schema: String,
    /// What the cohort is called.
    pub title: Label,
    /// The offset from UTC that dates without a time are meant in, such as
    /// `+09:00`.
    pub offset: String,
    /// What codes and units mean, by names that the rest uses.
    pub concepts: BTreeMap<String, Concept>,
    /// The event from which on people are followed.
    pub index: Index,
    /// When a prediction is made.
    #[serde(default)]
    pub prediction: Prediction,
    /// How long people are followed.
    pub follow_up: FollowUp,
    /// Who must be what to be in.
    #[serde(default)]
    pub include: Vec<Criterion>,
    /// Who is left out.
    #[serde(default)]
    pub exclude: Vec<Criterion>,
    /// What is waited for.
    pub outcome: Event,
    /// What makes the outcome impossible, in the order of event codes from 2.
    #[serde(default)]
    pub competing: Vec<Event>,
    /// What may be known beforehand.
    #[serde(default)]
    pub predictor: Vec<PredictorRule>,
    /// What is done with records whose encounter is not among the records.
    #[serde(default)]
    pub unresolved_encounters: Unresolved,
    /// Whether rows are told apart by hospital: that of the index encounter.
    #[serde(default)]
    pub hospitals: bool,
    /// Plain tables beside the records, or in their place.
    #[serde(default)]
    pub tables: Option<Tables>,
}

/// Plain tables, CSV or Parquet, that lie in the folder of the records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tables {
    /// Who.
    pub patients: PatientTable,
    /// What happened to them and was found.
    #[serde(default)]
    pub events: Vec<EventTable>,
}

/// A table with a row for each patient; members name its columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PatientTable {
    /// The file's name without `.csv` or `.parquet`.
    pub file: String,
    /// The patient's id.
    pub id: String,
    /// The birth date.
    #[serde(default)]
    pub birth: Option<String>,
    /// The sex.
    #[serde(default)]
    pub sex: Option<String>,
    /// What the column of the sex has for women.
    #[serde(default)]
    pub female: Vec<String>,
    /// And for men; whatever else there is, is unknown.
    #[serde(default)]
    pub male: Vec<String>,
    /// The day or time of death, empty for the living.
    #[serde(default)]
    pub death: Option<String>,
}

/// A table with a row for each event of one kind; members but for `kind` and
/// those that say otherwise name its columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventTable {
    /// The file's name without `.csv` or `.parquet`.
    pub file: String,
    /// Which record of FHIR a row stands for.
    pub kind: Kind,
    /// The id of the patient.
    pub patient: String,
    /// The event's own id, where rows may be repeated or referred to.
    #[serde(default)]
    pub id: Option<String>,
    /// The id of the encounter that it belongs to.
    #[serde(default)]
    pub encounter: Option<String>,
    /// Its status in FHIR's words; without it every row counts.
    #[serde(default)]
    pub status: Option<String>,
    /// When it began or was found: a date, or a time as ISO 8601.
    pub start: String,
    /// When it ended.
    #[serde(default)]
    pub end: Option<String>,
    /// From when on it was known.
    #[serde(default)]
    pub known: Option<String>,
    /// The code.
    #[serde(default)]
    pub code: Option<String>,
    /// Not a column: the system of all its codes, as in `concepts`.
    #[serde(default)]
    pub system: String,
    /// What was found.
    #[serde(default)]
    pub value: Option<String>,
    /// Not a column: the system of values that are codes; without it `system`.
    #[serde(default)]
    pub value_system: Option<String>,
    /// The unit of what was found, in UCUM.
    #[serde(default)]
    pub unit: Option<String>,
    /// Not a column: the unit of every value without one.
    #[serde(default)]
    pub unit_is: Option<String>,
    /// The class of an encounter.
    #[serde(default)]
    pub class: Option<String>,
    /// The id of the hospital of an encounter.
    #[serde(default)]
    pub hospital: Option<String>,
}

/// What is done with a record whose encounter is not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unresolved {
    /// It is set apart and counted.
    #[default]
    Quarantine,
    /// It is used: the export holds no encounters.
    Keep,
}

/// Codes that mean the same, and the unit of their values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Concept {
    /// `system|code`, the system by its URI or one of the names of
    /// [`super::concept::SYSTEMS`]; a code that ends in `*` means all that
    /// begin so.
    pub codes: Vec<String>,
    /// The unit of its values in UCUM; none: plain numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Grams per mole, where mass and amount are to be converted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub molar_mass: Option<f64>,
    /// Equivalents per mole, where those are to be converted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valence: Option<f64>,
    /// Values outside of these are left out and counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<[f64; 2]>,
    /// Codes of values that are categories, by level.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub levels: BTreeMap<String, Vec<String>>,
}

/// What kind of record a fact is from.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A stay or visit.
    Encounter,
    /// A diagnosis.
    Condition,
    /// A measurement or an answer.
    Observation,
    /// Something that was done.
    Procedure,
    /// A prescription.
    MedicationRequest,
    /// A medication that was given.
    MedicationAdministration,
    /// An answer to a questionnaire: the system is the questionnaire's
    /// canonical URL without version, the code the question's `linkId`.
    QuestionnaireResponse,
    /// The person's death; it has no codes.
    Death,
}

/// Which facts are meant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Selector {
    /// The kind of record; none: any but deaths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The concept that its codes mean. Of encounters: their reasons and the
    /// diagnoses that were made in them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concept: Option<String>,
    /// Classes of encounters, such as `IMP` and `EMER`; none: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub class: Vec<String>,
    /// Only values of at least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// Only values of at most this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

/// Which end of a fact counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Its beginning.
    #[default]
    Start,
    /// Its end, such as a discharge.
    End,
}

/// Which of several events of a person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// The first.
    #[default]
    First,
    /// The last.
    Last,
    /// Every one; a person may have several rows.
    Every,
}

/// The event from which on people are followed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// The kind of record.
    pub kind: Kind,
    /// As in [`Selector::concept`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concept: Option<String>,
    /// As in [`Selector::class`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub class: Vec<String>,
    /// Which end of them.
    #[serde(default)]
    pub at: End,
    /// Which of several.
    #[serde(default)]
    pub which: Which,
    /// Only from this date on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Only before this date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
}

/// When a prediction is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    /// Days after the index event.
    #[serde(default)]
    pub days_after_index: u32,
}

/// How long people are followed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowUp {
    /// Until when the records are complete: nothing later is seen, and who
    /// had no event by then is censored then.
    pub until: String,
    /// The longest follow-up after the prediction.
    pub days: u32,
    /// Whether people count as seen until then, or until their last record.
    #[serde(default)]
    pub seen: Seen,
}

/// Until when a person without an event counts as seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Until the end of the records.
    #[default]
    UntilEnd,
    /// Until the person's last record.
    UntilLastRecord,
}

/// A window in days relative to the prediction; a predictor's must end at or
/// before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// From so many days on (before the prediction: negative); none: from
    /// birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i32>,
    /// To so many days.
    #[serde(default)]
    pub to: i32,
}

/// Who is in or out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// A short name.
    pub name: String,
    /// For people.
    pub label: Label,
    /// Completed years at the prediction, from and to, both included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<[u32; 2]>,
    /// One of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sex: Vec<Sex>,
    /// One of these facts within the window.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any: Vec<Selector>,
    /// The window.
    #[serde(default)]
    pub window: Window,
}

/// A person's administrative sex (FHIR `administrative-gender`).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Other.
    Other,
}

/// An event that ends the waiting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// A short name.
    pub name: String,
    /// For people.
    pub label: Label,
    /// The first of any of these.
    pub any: Vec<Selector>,
}

/// A column of what was known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PredictorRule {
    /// The column's name.
    pub name: String,
    /// For people.
    pub label: Label,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonValue>,
    /// The facts that it is made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Selector>,
    /// What is made of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<Aggregate>,
    /// The window.
    #[serde(default)]
    pub window: Window,
}

/// What is known of a person or the index event itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PersonValue {
    /// Completed years at the prediction.
    Age,
    /// Administrative sex.
    Sex,
    /// Days from the beginning of the index event to its end.
    IndexDays,
    /// Days from the prediction at the person's first index event to this one.
    DaysSinceFirst,
}

/// What is made of several facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// The last value; of several at one time their mean, of levels the first
    /// by name.
    Last,
    /// The first value, as [`Self::Last`].
    First,
    /// The mean of the values.
    Mean,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// How many facts.
    Count,
    /// 1 where there is one, else 0.
    Ever,
    /// Days since the last.
    DaysSince,
}
