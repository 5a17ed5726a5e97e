//! `care.score`: NEWS2, MEWS and qSOFA for every row of a table of
//! measurements.
//!
//! Input: `observations`, CSV with `person` (a pseudonym) and `time`, and of
//! these columns those that there are: `respiratory_rate` (/min),
//! `oxygen_saturation` (%), `saturation_scale` (1 or 2; empty is 1),
//! `oxygen` (yes or no), `systolic_pressure` (mmHg), `pulse` (/min),
//! `consciousness` (A, C, V, P, U), `glasgow` (3 to 15), `temperature` (°C).
//! Output: `scores.csv`. A value that is out of range or no number counts as
//! not measured and is reported by column. A second input, `conditions`, gives
//! Charlson's index beside them (`comorbidity`).

use std::collections::BTreeMap;

use modu_kernel::{
    Engine, EngineError, Finding, Inputs, Label, Output, Progress, Severity, TypedEngine,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::comorbidity::CharlsonReport;
use super::comorbidity::charlson;
use super::mews::{self, Mews};
use super::news2::{News2, SaturationScale, Urgency, urgency};
use super::qsofa::{self, Mentation, Qsofa};
use super::vital::{
    Breathing, Consciousness, Glasgow, OxygenSaturation, Pulse, RespiratoryRate, SystolicPressure,
    Temperature,
};
use super::{Scored, Total};
use crate::CareError;
use crate::delimited::{Delimited, Limit};

/// The engine as plain data.
pub const SCORE: Engine = Engine::of::<Score>();

const SCHEMA: &str = "modu.care.score/1";
const INPUT: &str = "observations";
const LIMIT: Limit = Limit {
    bytes: 4 << 30,
    rows: 20_000_000,
};

/// The engine's type.
pub struct Score;

/// What is asked: nothing that the table does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoreRequest {}

/// How the rows came out under one score.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Rows with every item.
    pub complete: u64,
    /// Rows that lack an item and have no total.
    pub incomplete: u64,
    /// Complete rows by their total.
    pub totals: BTreeMap<u8, u64>,
    /// Rows at or above the score's own threshold, those among them that are
    /// so with items missing (NEWS2 from 5, MEWS from 5, qSOFA from 2).
    pub at_threshold: u64,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScoreReport {
    /// The schema's name.
    pub schema: String,
    /// Rows.
    pub rows: u64,
    /// NEWS2.
    pub news2: Counts,
    /// MEWS.
    pub mews: Counts,
    /// qSOFA.
    pub qsofa: Counts,
    /// Rows by their urgency under NEWS2 (at least so urgent, where items are
    /// missing).
    pub urgency: BTreeMap<Urgency, u64>,
    /// Values that were out of range or unreadable, by column.
    pub refused: BTreeMap<String, u64>,
    /// Charlson's index, where diagnoses were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charlson: Option<CharlsonReport>,
}

/// Columns of vital signs by where they stand; none where the table lacks
/// them.
pub(crate) struct VitalColumns {
    respiratory_rate: Option<usize>,
    oxygen_saturation: Option<usize>,
    saturation_scale: Option<usize>,
    oxygen: Option<usize>,
    systolic_pressure: Option<usize>,
    pulse: Option<usize>,
    consciousness: Option<usize>,
    glasgow: Option<usize>,
    temperature: Option<usize>,
}

impl VitalColumns {
    /// Finds them by their names.
    ///
    /// # Errors
    /// A name that two columns have.
    pub(crate) fn of(table: &Delimited<'_>) -> Result<Self, EngineError> {
        Ok(Self {
            respiratory_rate: table.optional("respiratory_rate")?,
            oxygen_saturation: table.optional("oxygen_saturation")?,
            saturation_scale: table.optional("saturation_scale")?,
            oxygen: table.optional("oxygen")?,
            systolic_pressure: table.optional("systolic_pressure")?,
            pulse: table.optional("pulse")?,
            consciousness: table.optional("consciousness")?,
            glasgow: table.optional("glasgow")?,
            temperature: table.optional("temperature")?,
        })
    }

    /// What the present row's NEWS2 is at least, with the items that were
    /// measured; none where none was. Refused values are counted by column.
    pub(crate) fn news2(
        &self,
        table: &Delimited<'_>,
        refused: &mut BTreeMap<String, u64>,
    ) -> Option<u8> {
        let items = [
            self.respiratory_rate,
            self.oxygen_saturation,
            self.oxygen,
            self.systolic_pressure,
            self.pulse,
            self.consciousness,
            self.temperature,
        ];
        let told = items.iter().any(|item| table.text(*item).is_some());
        told.then(|| {
            scored(self, Reading { table, refused })
                .news2
                .total()
                .least()
        })
    }
}

/// The measurements of a row, those refused left out and counted.
struct Reading<'a, 'b> {
    table: &'a Delimited<'b>,
    refused: &'a mut BTreeMap<String, u64>,
}

impl Reading<'_, '_> {
    fn value<T>(
        &mut self,
        name: &str,
        column: Option<usize>,
        read: impl Fn(&str) -> Result<T, CareError>,
    ) -> Option<T> {
        let value = read(self.table.text(column)?).ok();
        if value.is_none() {
            *self.refused.entry(name.to_owned()).or_default() += 1;
        }
        value
    }

    fn number<T>(
        &mut self,
        name: &str,
        column: Option<usize>,
        measured: impl Fn(f64) -> Result<T, CareError>,
    ) -> Option<T> {
        self.value(name, column, |text| {
            measured(text.parse().unwrap_or(f64::NAN))
        })
    }
}

/// The three scores of one row.
struct Three {
    news2: Scored,
    mews: Scored,
    qsofa: Scored,
}

fn scale(text: &str) -> Result<SaturationScale, CareError> {
    match text {
        "1" => Ok(SaturationScale::Usual),
        "2" => Ok(SaturationScale::Hypercapnic),
        _ => Err(unreadable("the saturation scale", "1 or 2")),
    }
}

fn breathing(text: &str) -> Result<Breathing, CareError> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "1" | "oxygen" => Ok(Breathing::Oxygen),
        "no" | "false" | "0" | "air" => Ok(Breathing::Air),
        _ => Err(unreadable("supplemental oxygen", "yes or no")),
    }
}

fn unreadable(what: &'static str, range: &str) -> CareError {
    CareError::Measurement {
        what,
        range: range.to_owned(),
    }
}

fn scored(columns: &VitalColumns, mut row: Reading<'_, '_>) -> Three {
    let consciousness = row.value("consciousness", columns.consciousness, Consciousness::read);
    let glasgow = row.number("glasgow", columns.glasgow, Glasgow::measured);
    let respiratory_rate = row.number(
        "respiratory_rate",
        columns.respiratory_rate,
        RespiratoryRate::measured,
    );
    let systolic_pressure = row.number(
        "systolic_pressure",
        columns.systolic_pressure,
        SystolicPressure::measured,
    );
    let pulse = row.number("pulse", columns.pulse, Pulse::measured);
    let temperature = row.number("temperature", columns.temperature, Temperature::measured);
    // An unreadable scale leaves it open by which one the saturation counts.
    let scale_given = row.table.text(columns.saturation_scale).is_some();
    let scale = row.value("saturation_scale", columns.saturation_scale, scale);
    let oxygen_saturation = row.number(
        "oxygen_saturation",
        columns.oxygen_saturation,
        OxygenSaturation::measured,
    );
    let news2 = News2 {
        respiratory_rate,
        oxygen_saturation: oxygen_saturation.filter(|_| scale.is_some() || !scale_given),
        scale: scale.unwrap_or_default(),
        breathing: row.value("oxygen", columns.oxygen, breathing),
        systolic_pressure,
        pulse,
        consciousness,
        temperature,
    };
    let mews = Mews {
        systolic_pressure,
        pulse,
        respiratory_rate,
        temperature,
        consciousness,
    };
    let by_chart = consciousness.map(Mentation::Consciousness);
    let qsofa = Qsofa {
        respiratory_rate,
        systolic_pressure,
        mentation: glasgow.map(Mentation::Glasgow).or(by_chart),
    };
    Three {
        news2: news2.score(),
        mews: mews.score(),
        qsofa: qsofa.score(),
    }
}

fn count(counts: &mut Counts, total: Total, threshold: u8) {
    match total {
        Total::Complete(points) => {
            counts.complete += 1;
            *counts.totals.entry(points).or_default() += 1;
        }
        Total::AtLeast(_) => counts.incomplete += 1,
    }
    counts.at_threshold += u64::from(total.least() >= threshold);
}

impl TypedEngine for Score {
    type Request = ScoreRequest;
    type Report = ScoreReport;
    const NAME: &'static str = "care.score";
    const VERSION: &'static str = "1";

    fn run(
        _request: ScoreRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(ScoreReport, Vec<Finding>, Vec<Output>), EngineError> {
        let mut table = Delimited::open(inputs, INPUT, LIMIT)?;
        let (person, time) = (table.column("person")?, table.column("time")?);
        let columns = VitalColumns::of(&table)?;
        let mut report = ScoreReport {
            schema: SCHEMA.to_owned(),
            rows: 0,
            news2: Counts::default(),
            mews: Counts::default(),
            qsofa: Counts::default(),
            urgency: BTreeMap::new(),
            refused: BTreeMap::new(),
            charlson: None,
        };
        let mut written = csv::Writer::from_writer(Vec::new());
        let unwritten = |error: csv::Error| EngineError::Internal(error.to_string());
        written.write_record(HEADER).map_err(unwritten)?;
        while table.advance()? {
            let three = scored(
                &columns,
                Reading {
                    table: &table,
                    refused: &mut report.refused,
                },
            );
            let urgent = urgency(&three.news2);
            report.rows += 1;
            count(&mut report.news2, three.news2.total(), NEWS2_THRESHOLD);
            count(&mut report.mews, three.mews.total(), mews::CRITICAL);
            count(&mut report.qsofa, three.qsofa.total(), qsofa::POSITIVE);
            *report.urgency.entry(urgent).or_default() += 1;
            let cells = [
                table.person(person)?.to_owned(),
                table.required(time)?.to_owned(),
                total(&three.news2),
                three.news2.total().least().to_string(),
                urgent.label().en,
                total(&three.mews),
                total(&three.qsofa),
            ];
            written.write_record(cells).map_err(unwritten)?;
            if report.rows.is_multiple_of(1 << 16) {
                progress.report("scores", report.rows, 0);
                if progress.cancelled() {
                    return Err(EngineError::Cancelled);
                }
            }
        }
        let bytes = written
            .into_inner()
            .map_err(|error| EngineError::Internal(error.to_string()))?;
        let findings = findings(&report);
        let output = Output {
            name: "scores.csv".to_owned(),
            media_type: "text/csv".to_owned(),
            bytes,
        };
        let mut outputs = vec![output];
        if let Some((charlson, output)) = charlson(inputs)? {
            report.charlson = Some(charlson);
            outputs.push(output);
        }
        Ok((report, findings, outputs))
    }
}

const HEADER: [&str; 7] = [
    "person",
    "time",
    "news2",
    "news2_at_least",
    "news2_urgency",
    "mews",
    "qsofa",
];

/// From so many points on NEWS2 asks for an urgent response.
const NEWS2_THRESHOLD: u8 = 5;

fn total(scored: &Scored) -> String {
    let complete = scored.total().complete();
    complete
        .map(|points| points.to_string())
        .unwrap_or_default()
}

fn findings(report: &ScoreReport) -> Vec<Finding> {
    let refused = report.refused.iter().map(|(column, count)| Finding {
        severity: Severity::Warning,
        code: "score.refused".to_owned(),
        place: format!("{INPUT}, column `{column}`"),
        message: Label::new(
            format!("`{column}` 값 {count}개는 범위를 벗어나거나 읽을 수 없어 재지 않은 것으로 보았습니다."),
            format!("{count} values of `{column}` are out of range or unreadable and count as not measured."),
        ),
    });
    let mut findings: Vec<_> = refused.collect();
    if report.news2.incomplete > 0 {
        let (missing, rows) = (report.news2.incomplete, report.rows);
        findings.push(Finding {
            severity: Severity::Note,
            code: "score.incomplete".to_owned(),
            place: INPUT.to_owned(),
            message: Label::new(
                format!("{rows}행 가운데 {missing}행은 항목이 빠져 NEWS2 합계가 없습니다."),
                format!("{missing} of {rows} rows lack an item and have no NEWS2 total."),
            ),
        });
    }
    findings
}
