//! The rule that comes out of a budget, and that the queue of alerts applies.

use modu_kernel::Digest;
use modu_statistics::Finite;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::CareError;

/// The schema's name.
pub const RULE_SCHEMA: &str = "modu.care.alarm-rule/1";

/// When a score rings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlarmRule {
    /// [`RULE_SCHEMA`].
    pub schema: String,
    /// An alarm is raised where the score is at least this.
    pub threshold: Finite,
    /// For so many days after an alarm the same stay raises none.
    pub refractory_days: Finite,
    /// The rule looks so many days ahead.
    pub horizon_days: Finite,
    /// The budget that it was made for: alarms a day for 1,000 patients.
    pub budget: Finite,
    /// The model whose risks are the score; none where the score came from
    /// elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Digest>,
    /// Within so many days those risks are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk_horizon_days: Option<Finite>,
}

impl AlarmRule {
    /// Whether two rules differ in their thresholds alone.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        let threshold = other.threshold;
        Self {
            threshold,
            ..self.clone()
        } == *other
    }

    /// Reads a rule.
    ///
    /// # Errors
    /// [`CareError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CareError> {
        let rule: Self = serde_json::from_slice(bytes).map_err(|error| CareError::json(&error))?;
        if rule.schema != RULE_SCHEMA {
            let problem = format!("it is not `{RULE_SCHEMA}`: give rule.json of care.alarm");
            return Err(CareError::at("`schema`", problem));
        }
        match rule.refractory_days.get() >= 0.0 {
            true => Ok(rule),
            false => Err(CareError::at("`refractory_days`", "it is below 0")),
        }
    }
}
