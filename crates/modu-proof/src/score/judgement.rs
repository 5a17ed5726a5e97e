//! The criteria against the measures: evidence for the gate, and its verdicts
//! with their numbers.

use modu_statistics::{
    Finite, IntervalMethod, Replicates, Share, Side, StatisticsError, Undefined, binomial_p_value,
    clopper_pearson_limit, holm,
};

use super::bench::{Asked, Bench, Counts, Rows, Sample, Who};
use super::reasons;
use super::separation::{Distance, rows_needed};
use crate::gate::{self, Bounds, Lack, Limits, Sides};
use crate::need::{Class, Criterion, Direction, Over};
use crate::report::{
    CriterionPart, CriterionResult, Decision, DecisionAnswer, FavourableLimits, Measurement,
    NotMeasuredReason, RowsNeeded, Verdict,
};

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

/// What one part of a criterion is judged by.
struct Evidence {
    rows: Rows,
    /// A member that the need only wants reported, as it is too small.
    excused: bool,
    gap: bool,
    /// The class that the part is about, where each class has one.
    of_class: Option<u16>,
    /// How limits are read off the replicates.
    method: IntervalMethod,
    measure: Sample,
    /// Of a gap: the range of its members' errors ([`errors_of_gap`]).
    errors: Option<Sample>,
    /// Where a margin is asked: the incumbent's measure and the improvement.
    incumbent: Option<Sample>,
    improvement: Option<Sample>,
    /// Where the metric is a share of rows: its counts.
    counts: Option<Counts>,
    incumbent_counts: Option<Counts>,
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
                    .map(|(criterion, parts)| p_value(criterion, parts))
                    .collect()
            })
            .collect();
        Self {
            holm: adjust(&p_values, &competing, contenders),
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

/// The evidence on one criterion, part by part.
fn collect(bench: &Bench<'_>, who: Who, criterion: &Criterion) -> Vec<Evidence> {
    let class = criterion.class.and_then(|class| u16::try_from(class).ok());
    let one = |rows: Rows, gap: Option<usize>, of_class: Option<u16>| {
        let asked = Asked {
            metric: criterion.metric,
            class: of_class.or(class),
        };
        let sample = |who: Who| match gap {
            Some(group) => bench.gap(who, group, asked),
            None => bench.sample(who, rows, asked),
        };
        let counts = |who: Option<Who>| match gap {
            Some(_) => None,
            None => bench.counts(who?, rows, asked),
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
            excused: bench.is_excused(rows, asked),
            gap: gap.is_some(),
            of_class,
            method: bench.need.statistics.interval,
            measure,
            errors: gap.map(|group| errors_of_gap(bench, who, group, asked)),
            incumbent,
            improvement,
            counts: counts(Some(who)),
            incumbent_counts: counts(bench.incumbent()),
        }
    };
    match criterion.over {
        Over::All => vec![one(Rows::All, None, None)],
        Over::EachClass => bench
            .classes_apart()
            .map(|class| one(Rows::All, None, Some(class)))
            .collect(),
        Over::Gap(group) => vec![one(Rows::All, Some(group), None)],
        Over::Each(group) => {
            let members = bench
                .need
                .groups
                .get(group)
                .map_or(0, |of| of.members.len());
            (0..members)
                .map(|member| one(Rows::Member { group, member }, None, None))
                .collect()
        }
    }
}

/// The range of the errors that the members of a group have in a replicate:
/// how far the replicate of each lies from its estimate, the largest minus the
/// smallest. A gap of estimates exceeds the true gap by no more than that
/// range, whichever members it is between; so its quantile, taken off the
/// estimate, gives a lower limit that neither the choice of the two farthest
/// members nor the upward push of noise can lift.
fn errors_of_gap(bench: &Bench<'_>, who: Who, group: usize, asked: Asked) -> Sample {
    let samples = bench.samples_of(who, group, asked)?;
    let estimates = samples
        .iter()
        .map(|sample| sample.estimate().get().map_err(undefined))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Replicates::combine(
        &samples.iter().collect::<Vec<_>>(),
        |values| {
            let errors = || values.iter().zip(&estimates).map(|(value, of)| value - of);
            errors().fold(f64::NEG_INFINITY, f64::max) - errors().fold(f64::INFINITY, f64::min)
        },
    ))
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

/// The parts that decide: all but the excused ones, and all where there are no
/// others, for a criterion of which nothing is judged is not met.
fn counted(parts: &[Evidence]) -> impl Iterator<Item = &Evidence> {
    let none_left = parts.iter().all(|part| part.excused);
    parts.iter().filter(move |part| none_left || !part.excused)
}

fn verdict(criterion: &Criterion, parts: &[Evidence], levels: Levels) -> Verdict {
    let verdicts =
        counted(parts).map(|part| gate::judge(&bounds(criterion), &part.limits(criterion, levels)));
    gate::worst(verdicts)
}

const fn opposite(side: Side) -> Side {
    match side {
        Side::Lower => Side::Upper,
        Side::Upper => Side::Lower,
    }
}

/// The bootstrap limit of a sample at a confidence, and whether its replicates
/// vary.
fn bootstrap_limit(
    sample: &Sample,
    side: Side,
    level: Share,
    method: IntervalMethod,
) -> Result<(f64, bool), NotMeasuredReason> {
    let replicates = sample.as_ref().map_err(|reason| *reason)?;
    let limit = replicates.limit_by(method, side, level);
    let limit = limit.get().map_err(undefined)?;
    Ok((limit, replicates.varies()))
}

/// The outer one of the percentile limit and the basic one (Davison & Hinkley
/// 1997, 5.2.1), which mirrors the replicates at the estimate; and whether the
/// replicates vary.
fn outer_limit(
    sample: &Sample,
    side: Side,
    level: Share,
) -> Result<(f64, bool), NotMeasuredReason> {
    let method = IntervalMethod::Percentile;
    let (percentile, varies) = bootstrap_limit(sample, side, level, method)?;
    let (mirrored, _) = bootstrap_limit(sample, opposite(side), level, method)?;
    let basic = 2.0 * estimate(sample)? - mirrored;
    Ok((worse(side, percentile, basic), varies))
}

fn estimate(sample: &Sample) -> Result<f64, NotMeasuredReason> {
    let replicates = sample.as_ref().map_err(|reason| *reason)?;
    replicates.estimate().get().map_err(undefined)
}

/// A limit from replicates that are all the same is no limit: by it nothing is
/// proven, neither that a bound is met nor that it is missed.
fn unless_certain(limit: f64, varies: bool, proves: bool) -> Result<f64, NotMeasuredReason> {
    if proves && !varies {
        return Err(undefined(Undefined::NoSpread));
    }
    Ok(limit)
}

/// The cautious one of two limits on the same side.
fn worse(side: Side, first: f64, second: f64) -> f64 {
    match side {
        Side::Lower => first.min(second),
        Side::Upper => first.max(second),
    }
}

fn exact_limit(side: Side, counts: Counts, level: Share) -> Result<f64, NotMeasuredReason> {
    clopper_pearson_limit(side, counts.successes, counts.trials, level)
        .map(Finite::get)
        .map_err(of_exact)
}

fn of_exact(error: StatisticsError) -> NotMeasuredReason {
    match error {
        StatisticsError::Undefined(why) => undefined(why),
        _ => undefined(Undefined::Overflow),
    }
}

const fn undefined(why: Undefined) -> NotMeasuredReason {
    NotMeasuredReason::Undefined { why }
}

fn lack(reason: NotMeasuredReason) -> Lack {
    if reason.is_lack_of_data() {
        Lack::Data
    } else {
        Lack::Measure
    }
}

impl Evidence {
    /// The limit of the measure that is judged: for a share of rows the worse
    /// of the bootstrap's and the exact one.
    fn limit(&self, criterion: &Criterion, level: Share) -> Result<f64, NotMeasuredReason> {
        let side = Bench::unfavourable(criterion.direction);
        let (limit, varies) = bootstrap_limit(&self.measure, side, level, self.method)?;
        if let Some(counts) = self.counts {
            return Ok(worse(side, limit, exact_limit(side, counts, level)?));
        }
        let meets = criterion
            .threshold
            .is_some_and(|threshold| gate::meets(criterion.direction, limit, threshold));
        unless_certain(limit, varies, meets)
    }

    /// The limit on the other side, by which a miss is proven.
    fn favourable_limit(
        &self,
        criterion: &Criterion,
        level: Share,
    ) -> Result<f64, NotMeasuredReason> {
        let side = opposite(Bench::unfavourable(criterion.direction));
        let (limit, varies) = match &self.errors {
            Some(errors) => {
                let method = IntervalMethod::Percentile;
                let (reach, varies) = bootstrap_limit(errors, Side::Upper, level, method)?;
                (estimate(&self.measure)? - reach, varies)
            }
            None => outer_limit(&self.measure, side, level)?,
        };
        if let Some(counts) = self.counts {
            return Ok(worse(side, limit, exact_limit(side, counts, level)?));
        }
        let misses = criterion
            .threshold
            .is_some_and(|threshold| !gate::meets(criterion.direction, limit, threshold));
        unless_certain(limit, varies, misses)
    }

    /// The limit of the improvement on one side; the lower one is the
    /// unfavourable one. `None` where no margin is asked.
    fn improvement_limit(
        &self,
        criterion: &Criterion,
        side: Side,
        level: Share,
    ) -> Option<Result<f64, NotMeasuredReason>> {
        self.improvement.as_ref().map(|improvement| {
            let (limit, varies) = match side {
                Side::Lower => bootstrap_limit(improvement, side, level, self.method)?,
                Side::Upper => outer_limit(improvement, side, level)?,
            };
            let of_no_spread =
                |sample: &Sample| sample.as_ref().is_ok_and(|sample| !sample.varies());
            let one_sided =
                of_no_spread(&self.measure) || self.incumbent.as_ref().is_some_and(of_no_spread);
            match (self.counts, self.incumbent_counts) {
                (Some(ours), Some(theirs)) if one_sided => {
                    let exact = exact_improvement(criterion, side, ours, theirs, level)?;
                    Ok(worse(side, limit, exact))
                }
                _ => {
                    let proves = criterion.margin.is_some_and(|margin| match side {
                        Side::Lower => limit >= margin,
                        Side::Upper => limit < margin,
                    });
                    unless_certain(limit, varies, proves)
                }
            }
        })
    }

    fn limits(&self, criterion: &Criterion, levels: Levels) -> Limits {
        let improvement = |side: Side, level: Share| {
            self.improvement_limit(criterion, side, level)
                .unwrap_or(Err(NotMeasuredReason::NoIncumbent))
                .map_err(lack)
        };
        Limits {
            measure: Sides {
                unfavourable: self.limit(criterion, levels.adoption).map_err(lack),
                favourable: self
                    .favourable_limit(criterion, levels.refusal)
                    .map_err(lack),
            },
            improvement: Sides {
                unfavourable: improvement(Side::Lower, levels.adoption),
                favourable: improvement(Side::Upper, levels.refusal),
            },
        }
    }

    /// How many rows would separate the solution from the bounds that it
    /// cannot be separated from: the larger number where there are two.
    fn needed(
        &self,
        bench: &Bench<'_>,
        criterion: &Criterion,
        limits: &Limits,
    ) -> Option<RowsNeeded> {
        let of = |sample: &Sample, sides: Sides, bound: f64, direction: Direction| {
            let replicates = sample.as_ref().ok()?;
            let distance = Distance {
                rows: bench.size(self.rows).0,
                estimate: replicates.estimate().value()?,
                standard_error: replicates.standard_error().value()?,
                unfavourable: sides.unfavourable.ok()?,
                favourable: sides.favourable.ok()?,
                bound,
                direction,
            };
            distance
                .straddles()
                .then(|| rows_needed(&distance))
                .flatten()
        };
        let threshold = criterion
            .threshold
            .and_then(|bound| of(&self.measure, limits.measure, bound, criterion.direction));
        let margin = criterion.margin.and_then(|bound| {
            let improvement = self.improvement.as_ref()?;
            of(improvement, limits.improvement, bound, Direction::AtLeast)
        });
        // No number at all is more than any number.
        let demand = |needed: &RowsNeeded| needed.needed.unwrap_or(u64::MAX);
        threshold.into_iter().chain(margin).max_by_key(demand)
    }

    /// The part as the report shows it.
    fn result(&self, bench: &Bench<'_>, criterion: &Criterion, levels: Levels) -> CriterionPart {
        let limits = self.limits(criterion, levels);
        let verdict = gate::judge(&bounds(criterion), &limits);
        let show = |sample: &Option<Sample>| -> Option<Measurement> {
            sample.as_ref().map(|sample| bench.measurement(sample))
        };
        let finite = |limit: Result<f64, Lack>| limit.ok().and_then(Finite::new);
        let class = self.class(bench);
        let mut part = CriterionPart {
            member: self.member(bench),
            name: match class {
                Some(class) => class.name.clone(),
                None if self.gap => bench.need.over_name(criterion.over),
                None => bench.rows_name(self.rows),
            },
            verdict,
            measurement: bench.measurement_of(&self.measure, self.counts),
            limit: finite(limits.measure.unfavourable),
            confidence: Finite::new(levels.adoption.get()),
            incumbent: show(&self.incumbent),
            improvement: show(&self.improvement),
            improvement_limit: finite(limits.improvement.unfavourable),
            favourable: FavourableLimits {
                measure: finite(limits.measure.favourable),
                improvement: finite(limits.improvement.favourable),
                confidence: Finite::new(levels.refusal.get()).unwrap_or(Finite::ZERO),
            },
            needed: (verdict == Verdict::NotSeparable)
                .then(|| self.needed(bench, criterion, &limits))
                .flatten(),
            reason: modu_kernel::Label::new("", ""),
        };
        let sides = |side: Side, level: Share| {
            self.improvement_limit(criterion, side, level)
                .and_then(Result::err)
        };
        part.reason = reasons::part_reason(
            criterion,
            &part,
            self.limit(criterion, levels.adoption)
                .and(self.favourable_limit(criterion, levels.refusal))
                .err(),
            sides(Side::Lower, levels.adoption).or_else(|| sides(Side::Upper, levels.refusal)),
        );
        if self.excused {
            part.reason = reasons::excused(&part.reason);
        }
        part
    }

    fn member(&self, bench: &Bench<'_>) -> Option<String> {
        match self.rows {
            Rows::Member { group, member } => bench
                .need
                .groups
                .get(group)
                .and_then(|group| group.members.get(member))
                .map(|member| member.id.clone()),
            Rows::All => self.class(bench).map(|class| class.code.to_string()),
        }
    }

    /// The class that the part is about, where each class has one.
    fn class<'a>(&self, bench: &Bench<'a>) -> Option<&'a Class> {
        let classes = &bench.need.label.classes;
        classes.get(usize::from(self.of_class?))
    }
}

/// A limit of the improvement from exact limits of both shares, each at half
/// the error (Bonferroni): where the replicates of one of them do not vary,
/// those of the difference vary too little.
fn exact_improvement(
    criterion: &Criterion,
    side: Side,
    ours: Counts,
    theirs: Counts,
    level: Share,
) -> Result<f64, NotMeasuredReason> {
    let half = gate::divided(level, 2);
    let (more, less) = match criterion.direction {
        Direction::AtLeast => (ours, theirs),
        Direction::AtMost => (theirs, ours),
    };
    Ok(exact_limit(side, more, half)? - exact_limit(opposite(side), less, half)?)
}

/// The largest of the p-values of a criterion's parts, `None` where one of
/// them cannot be had. As with limits, that of a share of rows is the worse of
/// the bootstrap's and the exact one, and replicates that do not vary give
/// none.
fn p_value(criterion: &Criterion, parts: &[Evidence]) -> Option<Finite> {
    let of = |sample: &Sample, counts: Option<Counts>, side: Side, reference: f64| {
        let replicates: &Replicates = sample.as_ref().ok()?;
        let p = replicates.p_value(side, reference).ok()?;
        match counts {
            Some(counts) => {
                let (successes, trials) = (counts.successes, counts.trials);
                let exact = binomial_p_value(side, successes, trials, reference).ok()?;
                Some(if exact > p { exact } else { p })
            }
            None => replicates.varies().then_some(p),
        }
    };
    let mut largest: Option<Finite> = None;
    for part in counted(parts) {
        let threshold = criterion.threshold.map(|threshold| {
            let side = Bench::unfavourable(criterion.direction);
            of(&part.measure, part.counts, side, threshold)
        });
        let margin = criterion.margin.map(|margin| {
            let improvement = part.improvement.as_ref()?;
            of(improvement, None, Side::Lower, margin)
        });
        for p in threshold.into_iter().chain(margin) {
            let p = p?;
            largest = Some(match largest {
                Some(before) if before >= p => before,
                _ => p,
            });
        }
    }
    largest
}

/// Holm's adjustment over all criteria of all contenders; one that could not
/// be tested, or is not in this run, counts as p = 1.
fn adjust(
    p_values: &[Vec<Option<Finite>>],
    competing: &[usize],
    contenders: usize,
) -> Vec<Vec<Option<Finite>>> {
    let criteria = p_values.first().map_or(0, Vec::len);
    let mut family: Vec<f64> = competing
        .iter()
        .filter_map(|index| p_values.get(*index))
        .flatten()
        .map(|p| p.map_or(1.0, Finite::get))
        .collect();
    family.resize(family.len().max(contenders * criteria), 1.0);
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
