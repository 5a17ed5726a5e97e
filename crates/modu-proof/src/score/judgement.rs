//! The criteria against the measures: evidence for the gate, and its verdicts
//! with their numbers.

use modu_statistics::{Finite, Share, Side, Undefined, holm};

use super::bench::{Bench, Rows, Sample, Who};
use super::words;
use crate::gate::{self, Bounds, Lack, Limits};
use crate::need::{Criterion, Over};
use crate::report::{
    CriterionPart, CriterionResult, Decision, DecisionAnswer, Measurement, NotMeasuredReason,
    Verdict,
};

/// The verdicts of a run.
pub(super) struct Judgement {
    /// By solution, then criterion, then part.
    evidence: Vec<Vec<Vec<Evidence>>>,
    /// The confidence of each solution's limits.
    levels: Vec<Share>,
    /// By solution and criterion.
    p_values: Vec<Vec<Option<Finite>>>,
    holm: Vec<Vec<Option<Finite>>>,
    /// How many solutions compete.
    pub(super) competitors: usize,
    /// The confidence of the first round.
    pub(super) strictest: Share,
}

/// What one part of a criterion is judged by.
struct Evidence {
    rows: Rows,
    gap: bool,
    measure: Sample,
    /// Where a margin is asked: the incumbent's measure and the improvement.
    incumbent: Option<Sample>,
    improvement: Option<Sample>,
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
                let verdicts = bench
                    .need
                    .criteria
                    .iter()
                    .zip(criteria)
                    .map(|(criterion, parts)| verdict(criterion, parts, level));
                gate::decide(verdicts) == DecisionAnswer::Adopt
            })
        };
        let mut levels = vec![confidence; solutions];
        let judged = gate::step_down(competing.len(), confidence, meets);
        for (index, level) in competing.iter().zip(judged) {
            if let Some(slot) = levels.get_mut(*index) {
                *slot = level;
            }
        }
        let p_values: Vec<Vec<Option<Finite>>> = evidence
            .iter()
            .map(|criteria| {
                let criteria = bench.need.criteria.iter().zip(criteria);
                criteria
                    .map(|(criterion, parts)| p_value(criterion, parts))
                    .collect()
            })
            .collect();
        Self {
            holm: adjust(&p_values, &competing),
            p_values,
            evidence,
            levels,
            strictest: gate::divided(confidence, competing.len()),
            competitors: competing.len(),
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
                let parts: Vec<CriterionPart> = parts
                    .iter()
                    .map(|part| part.result(bench, criterion, *level))
                    .collect();
                let at = |table: &[Vec<Option<Finite>>]| {
                    table.get(solution)?.get(index).copied().flatten()
                };
                CriterionResult {
                    id: criterion.id.clone(),
                    verdict: gate::worst(parts.iter().map(|part| part.verdict)),
                    reason: words::criterion_reason(&parts),
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
            return words::decision(DecisionAnswer::Refuse, Vec::new());
        };
        let verdicts: Vec<(&Criterion, Verdict)> = bench
            .need
            .criteria
            .iter()
            .zip(evidence)
            .map(|(criterion, parts)| (criterion, verdict(criterion, parts, *level)))
            .collect();
        let answer = gate::decide(verdicts.iter().map(|(_, verdict)| *verdict));
        let blocking = verdicts
            .iter()
            .filter(|(_, verdict)| *verdict != Verdict::Met)
            .map(|(criterion, _)| criterion.id.clone())
            .collect();
        words::decision(answer, blocking)
    }
}

/// The evidence on one criterion, part by part.
fn collect(bench: &Bench<'_>, who: Who, criterion: &Criterion) -> Vec<Evidence> {
    let one = |rows: Rows, gap: Option<usize>| {
        let sample = |who: Who| match gap {
            Some(group) => bench.gap(who, group, criterion.metric),
            None => bench.sample(who, rows, criterion.metric),
        };
        let measure = sample(who);
        let incumbent = criterion.margin.map(|_| match bench.incumbent() {
            Some(incumbent) => sample(incumbent),
            None => Err(NotMeasuredReason::NoIncumbent),
        });
        let improvement = incumbent.as_ref().map(|incumbent| {
            let ours = measure.as_ref().map_err(|reason| *reason)?;
            let theirs = incumbent.as_ref().map_err(|reason| *reason)?;
            Ok(Bench::improvement(criterion.direction, ours, theirs))
        });
        Evidence {
            rows,
            gap: gap.is_some(),
            measure,
            incumbent,
            improvement,
        }
    };
    match criterion.over {
        Over::All => vec![one(Rows::All, None)],
        Over::Gap(group) => vec![one(Rows::All, Some(group))],
        Over::Each(group) => {
            let members = bench
                .need
                .groups
                .get(group)
                .map_or(0, |of| of.members.len());
            (0..members)
                .map(|member| one(Rows::Member { group, member }, None))
                .collect()
        }
    }
}

fn bounds(criterion: &Criterion) -> Bounds {
    Bounds {
        direction: criterion.direction,
        threshold: criterion.threshold,
        margin: criterion.margin,
    }
}

fn verdict(criterion: &Criterion, parts: &[Evidence], level: Share) -> Verdict {
    let verdicts = parts
        .iter()
        .map(|part| gate::judge(&bounds(criterion), &part.limits(criterion, level)));
    gate::worst(verdicts)
}

/// The limit of a sample at a confidence.
fn limit(sample: &Sample, side: Side, level: Share) -> Result<f64, NotMeasuredReason> {
    sample
        .as_ref()
        .map_err(|reason| *reason)
        .and_then(|replicates| {
            let limit = replicates.limit(side, level).get();
            limit.map_err(|why| NotMeasuredReason::Undefined { why })
        })
}

fn lack(reason: NotMeasuredReason) -> Lack {
    if reason.is_lack_of_data() {
        Lack::Data
    } else {
        Lack::Measure
    }
}

impl Evidence {
    fn limit(&self, criterion: &Criterion, level: Share) -> Result<f64, NotMeasuredReason> {
        limit(
            &self.measure,
            Bench::unfavourable(criterion.direction),
            level,
        )
    }

    fn improvement_limit(&self, level: Share) -> Option<Result<f64, NotMeasuredReason>> {
        self.improvement
            .as_ref()
            .map(|improvement| limit(improvement, Side::Lower, level))
    }

    fn limits(&self, criterion: &Criterion, level: Share) -> Limits {
        Limits {
            measure: self.limit(criterion, level).map_err(lack),
            improvement: self
                .improvement_limit(level)
                .unwrap_or(Err(NotMeasuredReason::NoIncumbent))
                .map_err(lack),
        }
    }

    /// The part as the report shows it.
    fn result(&self, bench: &Bench<'_>, criterion: &Criterion, level: Share) -> CriterionPart {
        let finite = |limit: Result<f64, NotMeasuredReason>| limit.ok().and_then(Finite::new);
        let verdict = gate::judge(&bounds(criterion), &self.limits(criterion, level));
        let show = |sample: &Option<Sample>| -> Option<Measurement> {
            sample.as_ref().map(|sample| bench.measurement(sample))
        };
        let member = match self.rows {
            Rows::Member { group, member } => bench
                .need
                .groups
                .get(group)
                .and_then(|group| group.members.get(member))
                .map(|member| member.id.clone()),
            Rows::All => None,
        };
        let mut part = CriterionPart {
            member,
            name: if self.gap {
                bench.need.over_name(criterion.over)
            } else {
                bench.rows_name(self.rows)
            },
            verdict,
            measurement: bench.measurement(&self.measure),
            limit: finite(self.limit(criterion, level)),
            confidence: Finite::new(level.get()),
            incumbent: show(&self.incumbent),
            improvement: show(&self.improvement),
            improvement_limit: self.improvement_limit(level).and_then(finite),
            reason: modu_kernel::Label::new("", ""),
        };
        part.reason = words::part_reason(criterion, &part);
        part
    }
}

/// The largest of the p-values of a criterion's parts, `None` where one of
/// them cannot be had.
fn p_value(criterion: &Criterion, parts: &[Evidence]) -> Option<Finite> {
    let of = |sample: &Sample, side: Side, reference: f64| -> Result<Finite, NotMeasuredReason> {
        let replicates = sample.as_ref().map_err(|reason| *reason)?;
        let p = replicates.p_value(side, reference);
        p.map_err(|why: Undefined| NotMeasuredReason::Undefined { why })
    };
    let mut largest: Option<Finite> = None;
    for part in parts {
        let threshold = criterion.threshold.map(|threshold| {
            of(
                &part.measure,
                Bench::unfavourable(criterion.direction),
                threshold,
            )
        });
        let margin = criterion.margin.map(|margin| match &part.improvement {
            Some(improvement) => of(improvement, Side::Lower, margin),
            None => Err(NotMeasuredReason::NoIncumbent),
        });
        for p in threshold.into_iter().chain(margin) {
            let p = p.ok()?;
            largest = Some(match largest {
                Some(before) if before >= p => before,
                _ => p,
            });
        }
    }
    largest
}

/// Holm's adjustment over all criteria of all competing solutions; one that
/// could not be tested counts as p = 1.
fn adjust(p_values: &[Vec<Option<Finite>>], competing: &[usize]) -> Vec<Vec<Option<Finite>>> {
    let family: Vec<f64> = competing
        .iter()
        .filter_map(|index| p_values.get(*index))
        .flatten()
        .map(|p| p.map_or(1.0, Finite::get))
        .collect();
    let mut adjusted = holm(&family).unwrap_or_default().into_iter();
    p_values
        .iter()
        .enumerate()
        .map(|(index, criteria)| {
            let competes = competing.contains(&index);
            criteria
                .iter()
                .map(|p| {
                    let adjusted = if competes { adjusted.next() } else { None };
                    p.and(adjusted).and_then(Finite::new)
                })
                .collect()
        })
        .collect()
}
