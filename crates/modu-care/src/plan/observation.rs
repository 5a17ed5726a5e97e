//! What of a FHIR R4 Observation answers a task: whose, when, which code, and
//! the value where there is one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use modu_kernel::{EngineError, Inputs, read_input};
use serde::Deserialize;

use super::input;
use crate::CareError;

const BYTES: u64 = 1 << 30;
const LINE_BYTES: usize = 4 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    resource_type: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    code: Concept,
    #[serde(default)]
    subject: Reference,
    effective_date_time: Option<String>,
    value_quantity: Option<Quantity>,
}

#[derive(Default, Deserialize)]
struct Concept {
    #[serde(default)]
    coding: Vec<Coding>,
}

#[derive(Default, Deserialize)]
struct Coding {
    #[serde(default)]
    system: String,
    #[serde(default)]
    code: String,
}

#[derive(Default, Deserialize)]
struct Reference {
    #[serde(default)]
    reference: String,
}

#[derive(Deserialize)]
struct Quantity {
    value: Option<f64>,
    #[serde(default)]
    code: String,
}

/// The last answer to a code.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) at: Timestamp,
    /// The value and its UCUM unit.
    pub(super) value: Option<(f64, String)>,
}

/// The last answers by person and code, and how many lines were left out.
#[derive(Debug, Default)]
pub(super) struct Answers {
    last: BTreeMap<(String, String), Answer>,
    /// Entered in error, preliminary, cancelled or unknown.
    pub(super) not_final: u64,
    /// Without a subject, a code or a time that can be read.
    pub(super) incomplete: u64,
    /// After the moment of the run.
    pub(super) future: u64,
}

impl Answers {
    /// Reads the observations up to a moment.
    pub(super) fn read(inputs: &dyn Inputs, until: Timestamp) -> Result<Self, EngineError> {
        let bytes = read_input(inputs, input::OBSERVATIONS, BYTES)?;
        let mut answers = Self::default();
        for (line, text) in (1_u64..).zip(bytes.split(|byte| *byte == b'\n')) {
            let wrong = |problem: &str| {
                Err(EngineError::input(
                    input::OBSERVATIONS,
                    format!("line {line}"),
                    problem,
                ))
            };
            if text.trim_ascii().is_empty() {
                continue;
            }
            if text.len() > LINE_BYTES {
                return wrong("it is longer than 4 MiB");
            }
            let resource: Resource = serde_json::from_slice(text).map_err(|error| {
                EngineError::input(
                    input::OBSERVATIONS,
                    format!("line {line}"),
                    CareError::json(&error),
                )
            })?;
            if resource.resource_type != "Observation" {
                return wrong("it is another resource than an Observation: give those only");
            }
            answers.take(resource, until);
        }
        Ok(answers)
    }

    fn take(&mut self, resource: Resource, until: Timestamp) {
        if !matches!(resource.status.as_str(), "final" | "amended" | "corrected") {
            self.not_final += 1;
            return;
        }
        let at = resource.effective_date_time.as_deref().and_then(moment);
        let person = resource.subject.reference.strip_prefix("Patient/");
        let (Some(at), Some(person), false) = (at, person, resource.code.coding.is_empty()) else {
            self.incomplete += 1;
            return;
        };
        if at > until {
            self.future += 1;
            return;
        }
        let quantity = resource.value_quantity;
        let value = quantity.and_then(|it| Some((it.value.filter(|it| it.is_finite())?, it.code)));
        for coding in resource.code.coding {
            let key = (
                person.to_owned(),
                format!("{}|{}", coding.system, coding.code),
            );
            let answer = Answer {
                at,
                value: value.clone(),
            };
            // Of two at one time the one further down counts, as it was sent later.
            if self.last.get(&key).is_none_or(|kept| kept.at <= at) {
                self.last.insert(key, answer);
            }
        }
    }

    /// The last answer of a person to a code.
    pub(super) fn last(&self, person: &str, code: &str) -> Option<&Answer> {
        self.last.get(&(person.to_owned(), code.to_owned()))
    }
}

/// A FHIR dateTime of at least a day; a day stands for its beginning in UTC.
fn moment(text: &str) -> Option<Timestamp> {
    let day = || {
        let day: Date = text.parse().ok()?;
        Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    text.parse().ok().or_else(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_a_zone_and_a_day_is_its_beginning() {
        let of = |text| moment(text).map(|it| it.to_string());
        assert_eq!(
            of("2026-03-01T09:00:00+09:00").as_deref(),
            Some("2026-03-01T00:00:00Z")
        );
        assert_eq!(of("2026-03-01").as_deref(), Some("2026-03-01T00:00:00Z"));
        assert_eq!(of("2026-03"), None);
        assert_eq!(of("soon"), None);
    }
}
