//! What the gates are asked.

use std::error::Error;

use modu_kernel::Digest;
use modu_proof::Share;
use modu_proof::need::Need;
use modu_proof::plan::{Circumstances, Composition, Outlook, plan};

use super::law::{Law, PREVALENCE, quantile, solve};

/// Solutions that compete in every gate.
pub(crate) const CONTENDERS: usize = 3;
/// Rows of every gate.
pub(crate) const ROWS: usize = 600;
/// Replicates of every gate.
pub(crate) const REPLICATES: u32 = 1000;
/// The accuracy of today's decisions.
pub(crate) const TODAY: f64 = 0.75;
/// The share that can be reviewed.
const BUDGET: f64 = 0.3;

/// One criterion, and laws that have a value of it.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// The criterion's lines after its id.
    criterion: &'static str,
    pub(crate) bound: f64,
    /// A law of which the criterion's measure has this value.
    pub(crate) law: fn(f64) -> Law,
    /// The share of rows on which exactly one of the first solution and
    /// today's decisions is right, where the criterion is a margin.
    discordant: Option<f64>,
}

pub(crate) const SCENARIOS: [Scenario; 5] = [
    Scenario {
        name: "accuracy at least",
        criterion: "metric = \"accuracy\"\nover = \"all\"\ndirection = \"at_least\"\nthreshold = 0.8",
        bound: 0.8,
        law: |value| Law::even(quantile(value)),
        discordant: None,
    },
    Scenario {
        name: "ROC-AUC at least",
        criterion: "metric = \"roc_auc\"\nover = \"all\"\ndirection = \"at_least\"\nthreshold = 0.85",
        bound: 0.85,
        law: |value| Law::even(quantile(value) / std::f64::consts::SQRT_2),
        discordant: None,
    },
    Scenario {
        name: "recall within the review budget at least",
        criterion: "metric = \"recall_at_budget\"\nover = \"all\"\ndirection = \"at_least\"\nthreshold = 0.6",
        bound: 0.6,
        law: |value| {
            Law::even(solve(|distance| {
                Law::recall_at_budget(distance, BUDGET) - value
            }))
        },
        discordant: None,
    },
    Scenario {
        name: "accuracy better than today's by",
        criterion: "metric = \"accuracy\"\nover = \"all\"\ndirection = \"at_least\"\nmargin = 0.03",
        bound: 0.03,
        law: |value| Law::even(quantile(TODAY + value)),
        discordant: Some(0.86 * (1.0 - TODAY) + 0.14 * TODAY),
    },
    Scenario {
        name: "gap of false alarms between two groups at most",
        criterion: "metric = \"false_alarm_rate\"\nover = \"gap:g\"\ndirection = \"at_most\"\nthreshold = 0.2",
        bound: 0.2,
        law: |value| Law {
            positive: 2.0,
            negative: [-quantile(0.15 + value / 2.0), -quantile(0.15 - value / 2.0)],
        },
        discordant: None,
    },
];

impl Scenario {
    /// The need of this one criterion.
    pub(crate) fn need(&self, seed: u64) -> String {
        format!(
            r#"
schema = "modu.proof.need/1"
id = "simulated"
task = "binary"
question = {{ ko = "모의", en = "Simulated" }}
unit = {{ ko = "행", en = "a row" }}
label = {{ column = "y", positive = 1, classes = [ {{ code = 0, ko = "아니오", en = "No" }}, {{ code = 1, ko = "예", en = "Yes" }} ] }}
decision = {{ threshold = 0.0, review_budget = {BUDGET} }}
incumbent = {{ column = "today" }}
[[columns]]
name = "x"
type = "number"
role = "feature"
[[columns]]
name = "g"
type = "code"
codes = 2
role = "group"
[[columns]]
name = "today"
type = "code"
codes = 2
role = "incumbent"
[[columns]]
name = "y"
type = "code"
codes = 2
role = "label"
[[groups]]
id = "g"
column = "g"
name = {{ ko = "집단", en = "Group" }}
members = [ {{ id = "a", code = 0, ko = "가", en = "A" }}, {{ id = "b", code = 1, ko = "나", en = "B" }} ]
[statistics]
replicates = {REPLICATES}
seed = "{seed}"
confidence = 0.95
minimum_group = 30
minimum_positives = 10
[[criteria]]
id = "asked"
{}
why = {{ ko = "모의", en = "Simulated" }}
"#,
            self.criterion
        )
    }

    /// The true value that the planner asks for a chance of 80 %.
    pub(crate) fn planned(&self) -> Result<f64, Box<dyn Error + Send + Sync>> {
        let text = self.need(20_261_122);
        let need = Need::parse(text.as_bytes())?;
        let power = Share::new(0.8).ok_or("not a share")?;
        let composition = Composition::assumed(&need, Some(PREVALENCE));
        let of = Circumstances {
            contenders: u32::try_from(CONTENDERS)?,
            discordant: self.discordant,
            ..Circumstances::new(ROWS as u64, composition, power)
        };
        let plan = plan(&need, Digest::of(text.as_bytes()), &of)?;
        let comparison = &plan.criteria.first().ok_or("no criterion")?.comparisons;
        match comparison.first().map(|it| &it.outlook) {
            Some(Outlook::Planned {
                detectable_with_all: Some(value),
                ..
            }) => Ok(value.get()),
            other => Err(format!("{}: {other:?}", self.name).into()),
        }
    }
}
