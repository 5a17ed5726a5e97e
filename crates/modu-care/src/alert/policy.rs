//! Whom an alert goes to first, and to whom next when nobody answers.

use modu_kernel::Label;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::CareError;
use crate::privacy::refuse_identifiers;

const SCHEMA: &str = "modu.care.alert-policy/1";
const MOST_STEPS: usize = 16;
const MOST_MINUTES: u32 = 7 * 24 * 60;

/// The steps of an alert that nobody answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertPolicy {
    /// `modu.care.alert-policy/1`.
    pub schema: String,
    /// The first one has the alert at once; the others one after the other.
    pub step: Vec<Step>,
}

/// Who has an alert for how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The duty, not a name.
    pub to: Label,
    /// Within so many minutes it is acknowledged, or goes on; 1 to 10,080.
    pub within_minutes: u32,
}

impl AlertPolicy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`CareError::Malformed`], and an identifier in a duty's name.
    pub fn parse(text: &str) -> Result<Self, CareError> {
        let policy: Self = toml::from_str(text)
            .map_err(|error| CareError::at("the policy", error.message().to_owned()))?;
        if policy.schema != SCHEMA {
            return Err(CareError::at("`schema`", format!("write \"{SCHEMA}\"")));
        }
        if policy.step.is_empty() || policy.step.len() > MOST_STEPS {
            return Err(CareError::at("`step`", "there are 1 to 16 steps"));
        }
        for step in &policy.step {
            if !(1..=MOST_MINUTES).contains(&step.within_minutes) {
                return Err(CareError::at("`within_minutes`", "write 1 to 10080"));
            }
            refuse_identifiers("`to`", &step.to.ko)?;
            refuse_identifiers("`to`", &step.to.en)?;
        }
        Ok(policy)
    }
}
