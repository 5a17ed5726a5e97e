//! What an earlier run says of the values and their uncertainty.

use modu_statistics::Share;

use super::model::Part;
use crate::error::ProofError;
use crate::need::{Criterion, Need, Over};
use crate::report::{Measurement, MetricMeasure, OwnerReport, SolutionSection};

/// A measure that a pilot has seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seen {
    pub(super) value: f64,
    pub(super) standard_error: f64,
    /// All rows of the pilot.
    pub(super) rows: u64,
}

/// One solution of an earlier owner's report.
#[derive(Debug, Clone, PartialEq)]
pub struct Pilot {
    report: OwnerReport,
    solution: usize,
    rows: u64,
    /// How many standard errors the two-sided intervals are wide.
    width: f64,
}

impl Pilot {
    /// A pilot from a report: the solution of this id, or else the first that
    /// was adopted, or else the first.
    ///
    /// # Errors
    /// [`ProofError::Unreadable`]: no such solution, or a confidence that is
    /// none.
    pub fn new(report: OwnerReport, solution: Option<&str>) -> Result<Self, ProofError> {
        let is_adopted = |section: &SolutionSection| {
            section.decision.answer == crate::report::DecisionAnswer::Adopt
        };
        let found = match solution {
            Some(id) => report.solutions.iter().position(|section| section.id == id),
            None => report
                .solutions
                .iter()
                .position(is_adopted)
                .or((!report.solutions.is_empty()).then_some(0)),
        };
        let solution = found.ok_or_else(|| {
            let problem = "the report has no such solution; name one that it has";
            ProofError::unreadable("the solutions", problem)
        })?;
        let confidence = Share::new(report.need.statistics.confidence.get()).ok_or_else(|| {
            let problem =
                "it must lie strictly between 0 and 1; bring the report as it was written";
            ProofError::unreadable("the confidence", problem)
        })?;
        let unit = modu_statistics::Interval::wald(0.0, 1.0, confidence)
            .map_err(|error| ProofError::unreadable("the confidence", error))?;
        Ok(Self {
            rows: report.data.classes.iter().map(|class| class.rows).sum(),
            width: unit.upper.get() - unit.lower.get(),
            solution,
            report,
        })
    }

    /// The earlier report.
    #[must_use]
    pub const fn report(&self) -> &OwnerReport {
        &self.report
    }

    /// The id of the solution whose values are taken.
    #[must_use]
    pub fn solution(&self) -> &str {
        self.section().map_or("", |section| section.id.as_str())
    }

    /// Rows of the pilot.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    fn section(&self) -> Option<&SolutionSection> {
        self.report.solutions.get(self.solution)
    }

    /// A criterion's measure in a member, over all, or as a gap.
    pub(super) fn measure(&self, need: &Need, criterion: &Criterion, part: &Part) -> Option<Seen> {
        let measures = &self.section()?.measures;
        let of = |list: &[MetricMeasure]| {
            let found = list.iter().find(|of| of.metric == criterion.metric)?;
            self.seen(&found.measurement)
        };
        let group = |index: usize| {
            let id = &need.groups.get(index)?.id;
            measures.groups.iter().find(|group| group.id == *id)
        };
        match (criterion.over, part.member) {
            (Over::All | Over::EachClass, _) => match part.class {
                None => of(&measures.overall),
                Some(class) => {
                    let code = need.label.classes.get(class)?.code;
                    let classes = &measures.classes;
                    of(&classes.iter().find(|of| of.class.code == code)?.metrics)
                }
            },
            // Of members a report keeps no single classes.
            (Over::Each(_) | Over::Gap(_), _) if part.class.is_some() => None,
            (Over::Each(index) | Over::Gap(index), Some(member)) => {
                let id = &need.groups.get(index)?.members.get(member)?.id;
                let members = &group(index)?.members;
                of(&members.iter().find(|member| member.id == *id)?.metrics)
            }
            (Over::Gap(index), None) => of(&group(index)?.gaps),
            (Over::Each(_), None) => None,
        }
    }

    /// The improvement over the incumbent that the same criterion saw.
    pub(super) fn improvement(
        &self,
        need: &Need,
        criterion: &Criterion,
        part: &Part,
    ) -> Option<Seen> {
        let results = &self.section()?.criteria;
        let result = results.iter().find(|result| result.id == criterion.id)?;
        let id = match (criterion.over, part.member, part.class) {
            (Over::Each(index), Some(member), _) => {
                Some(need.groups.get(index)?.members.get(member)?.id.clone())
            }
            (Over::EachClass, _, Some(class)) => {
                Some(need.label.classes.get(class)?.code.to_string())
            }
            _ => None,
        };
        let part = result.parts.iter().find(|part| part.member == id)?;
        self.seen(part.improvement.as_ref()?)
    }

    fn seen(&self, measurement: &Measurement) -> Option<Seen> {
        let interval = measurement.interval()?;
        Some(Seen {
            value: measurement.value()?.get(),
            standard_error: (interval.upper.get() - interval.lower.get()) / self.width,
            rows: self.rows,
        })
    }
}
