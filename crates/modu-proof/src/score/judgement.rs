//! The criteria against the measures: evidence for the gate, and its verdicts
//! with their numbers.
//!
//! `evidence` gathers what a part of a criterion is judged by, `limits` reads
//! the limits off it, `p_values` what goes beside them, and `part` writes it
//! down.

mod evidence;
mod limits;
mod p_values;
mod part;

use modu_statistics::{Finite, Share};

use super::bench::{Bench, Sample, Who};
use super::reasons;
use crate::gate::{self, Bounds};
use crate::need::Criterion;
use crate::report::{CriterionPart, CriterionResult, Decision, DecisionAnswer, Verdict};
use evidence::{Evidence, collect, counted};

/// The confidences at which the two sides of a solution are judged.
#[derive(Clone, Copy)]
struct Levels {
    /// Of the unfavourable limits: by Holm's procedure over the solutions.
    adoption: Share,
    /// Of the favourable limits: over the limits of the criterion.
    refusal: Share,
}

/// The verdicts of a run.
pub(super) struct Judgement {
    /// By solution, then criterion, then part.
    evidence: Vec<Vec<Vec<Evidence>>>,
    /// The confidence of each solution's limits.
    levels: Vec<Share>,
    /// By solution and criterion.
    p_values: Vec<Vec<Option<Finite>>>,
    holm: Vec<Vec<Option<Finite>>>,
    /// How many solutions compete, here or in other runs over the need.
    pub(super) competitors: usize,
    /// The confidence of the first round.
    pub(super) strictest: Share,
}

impl Judgement {
    pub(super) fn of(bench: &Bench<'_>) -> Self {
        let solutions = bench.contenders.solutions.len();
        let evidence: Vec<Vec<Vec<Evidence>>> = (0..solutions)
            .map(|solution| {
                let criteria = bench.need.criteria.iter();
                criteria
                    .map(|criterion| collect(bench, Who::Solution(solution), criterion))
                    .collect()
            })
            .collect();
        let competing: Vec<usize> = (0..solutions)
            .filter(|index| bench.contenders.incumbent_solution != Some(*index))
            .collect();
        let confidence = bench.confidence;
        let meets = |competitor: usize, level: Share| {
            let evidence = competing
                .get(competitor)
                .and_then(|index| evidence.get(*index));
            evidence.is_some_and(|criteria| {
                let verdicts =
                    bench
                        .need
                        .criteria
                        .iter()
                        .zip(criteria)
                        .map(|(criterion, parts)| {
                            verdict(criterion, parts, levels(bench, criterion, parts, level))
                        });
                gate::decide(verdicts) == DecisionAnswer::Adopt
            })
        };
        let mut adoption = vec![confidence; solutions];
        // Those that the need allows for and that are not here adopt nothing.
        let contenders = bench.need.statistics.contenders.unwrap_or(1) as usize;
        let contenders = contenders.max(competing.len());
        let judged = gate::step_down(contenders, confidence, meets);
        for (index, level) in competing.iter().zip(judged) {
            if let Some(slot) = adoption.get_mut(*index) {
                *slot = level;
            }
        }
        let p_values: Vec<Vec<Option<Finite>>> = evidence
            .iter()
            .map(|criteria| {
                let criteria = bench.need.criteria.iter().zip(criteria);
                criteria
                    .map(|(criterion, parts)| p_values::p_value(criterion, parts))
                    .collect()
            })
            .collect();
        Self {
            holm: p_values::adjust(&p_values, &competing, contenders),
            p_values,
            evidence,
            levels: adoption,
            strictest: gate::divided(confidence, contenders),
            competitors: contenders,
        }
    }

    /// One solution's results, in the order of the criteria.
    pub(super) fn criteria(&self, bench: &Bench<'_>, solution: usize) -> Vec<CriterionResult> {
        let Some((evidence, level)) = self.evidence.get(solution).zip(self.levels.get(solution))
        else {
            return Vec::new();
        };
        bench
            .need
            .criteria
            .iter()
            .zip(evidence)
            .enumerate()
            .map(|(index, (criterion, parts))| {
                let levels = levels(bench, criterion, parts, *level);
                let deciding: Vec<CriterionPart> = counted(parts)
                    .map(|part| part.result(bench, criterion, levels))
                    .collect();
                let reason = reasons::criterion_reason(&deciding);
                let parts: Vec<CriterionPart> = parts
                    .iter()
                    .map(|part| part.result(bench, criterion, levels))
                    .collect();
                let at = |table: &[Vec<Option<Finite>>]| {
                    table.get(solution)?.get(index).copied().flatten()
                };
                CriterionResult {
                    id: criterion.id.clone(),
                    verdict: gate::worst(deciding.iter().map(|part| part.verdict)),
                    reason,
                    parts,
                    p_value: at(&self.p_values),
                    holm_p_value: at(&self.holm),
                }
            })
            .collect()
    }

    /// What follows for one solution.
    pub(super) fn decision(&self, bench: &Bench<'_>, solution: usize) -> Decision {
        let Some((evidence, level)) = self.evidence.get(solution).zip(self.levels.get(solution))
        else {
            return reasons::decision(DecisionAnswer::Refuse, &[]);
        };
        let verdicts: Vec<(&str, Verdict)> = bench
            .need
            .criteria
            .iter()
            .zip(evidence)
            .map(|(criterion, parts)| {
                let levels = levels(bench, criterion, parts, *level);
                (criterion.id.as_str(), verdict(criterion, parts, levels))
            })
            .collect();
        let answer = gate::decide(verdicts.iter().map(|(_, verdict)| *verdict));
        reasons::decision(answer, &verdicts)
    }
}

/// The measures that a criterion is judged by, part by part.
pub(super) fn samples(bench: &Bench<'_>, who: Who, criterion: &Criterion) -> Vec<Sample> {
    let parts = collect(bench, who, criterion).into_iter();
    parts.map(|part| part.measure).collect()
}

fn bounds(criterion: &Criterion) -> Bounds {
    Bounds {
        direction: criterion.direction,
        threshold: criterion.threshold,
        margin: criterion.margin,
    }
}

/// The confidences for a criterion of a solution that is judged at `level`.
fn levels(bench: &Bench<'_>, criterion: &Criterion, parts: &[Evidence], level: Share) -> Levels {
    let bounds =
        usize::from(criterion.threshold.is_some()) + usize::from(criterion.margin.is_some());
    Levels {
        adoption: level,
        refusal: gate::divided(bench.confidence, counted(parts).count() * bounds),
    }
}

fn verdict(criterion: &Criterion, parts: &[Evidence], levels: Levels) -> Verdict {
    let verdicts =
        counted(parts).map(|part| gate::judge(&bounds(criterion), &part.limits(criterion, levels)));
    gate::worst(verdicts)
}
