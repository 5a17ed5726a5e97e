//! The plan: what a number of rows can prove, before anything is run.
//!
//! A gate that judges by confidence limits refuses a good solution where the
//! rows are too few. [`plan`] says so beforehand. For every criterion of a
//! need, and for the number of rows that the owner has or could label, it
//! gives the true value that a solution must have to be adopted with a wanted
//! chance (80 % by default); for true values that somebody states, the chance
//! and the rows that they would need.
//!
//! It plans for the gate as it is: the exact limit for shares of rows, the
//! stricter confidence where several solutions compete, the fewest rows and
//! positives that are judged at all, and *all* criteria at once. Who looks at
//! one criterion at a time is too hopeful: five criteria with a chance of
//! 80 % each are met together with 33 % if they are independent. So the wanted
//! chance of missing is shared out equally among all comparisons (Bonferroni).
//!
//! What the plan must know of the rows, their classes and groups, is assumed,
//! counted in a labelled data set, or taken from an earlier owner's report
//! ([`Composition`]). The last also serves as a pilot, whose standard errors
//! are scaled to the new number of rows ([`Pilot`]).

mod composition;
mod model;
mod outcome;
mod pilot;
mod spread;
mod words;

use modu_kernel::{Digest, Label};
use modu_statistics::{Finite, Replicates, Share, StatisticsError, power::Claim};

pub use composition::{Composition, Origin, Portion};
pub use outcome::{
    Adoption, Asked, Comparison, CriterionPlan, Method, Missing, Outlook, PLAN_SCHEMA, Plan, Stated,
};
pub use pilot::Pilot;

use crate::error::ProofError;
use crate::gate;
use crate::need::{Criterion, Direction, Need, Over, metric_range};
use model::Part;
use spread::Spread;

/// What a plan is made for.
#[derive(Debug, Clone, PartialEq)]
pub struct Circumstances {
    /// Rows to be judged on.
    pub rows: u64,
    /// What they will be.
    pub composition: Composition,
    /// Solutions that compete.
    pub contenders: u32,
    /// The wanted chance of adoption.
    pub power: Share,
    /// The share of rows that is decided positive, for precision and F1;
    /// otherwise as many as are positive.
    pub selected: Option<f64>,
    /// The share of rows on which exactly one of solution and incumbent is
    /// right, for margins; otherwise one half.
    pub discordant: Option<f64>,
    /// True values of measures, by criterion.
    pub truths: Vec<(String, f64)>,
    /// True improvements over the incumbent, by criterion.
    pub improvements: Vec<(String, f64)>,
    /// An earlier run.
    pub pilot: Option<Pilot>,
}

impl Circumstances {
    /// A plan's usual circumstances: one solution, a chance of 80 %, nothing
    /// else known.
    #[must_use]
    pub fn new(rows: u64, composition: Composition, power: Share) -> Self {
        Self {
            rows,
            composition,
            contenders: 1,
            power,
            selected: None,
            discordant: None,
            truths: Vec::new(),
            improvements: Vec::new(),
            pilot: None,
        }
    }

    fn check(&self, need: &Need) -> Result<(), ProofError> {
        let unit = |place: &str, share: Option<f64>| match share {
            Some(share) if !(share > 0.0 && share < 1.0) => Err(ProofError::unreadable(
                place,
                format!("{share} does not lie between 0 and 1; give a share such as 0.1"),
            )),
            _ => Ok(()),
        };
        unit("the share decided positive", self.selected)?;
        unit("the share of discordant rows", self.discordant)?;
        let whole = &self.composition.whole;
        unit("the share of positives", whole.positives)?;
        for portion in self.composition.members.iter().flatten() {
            if !(portion.rows >= 0.0 && portion.rows <= 1.0) {
                let problem = format!("{} is not within 0 to 1; give a share", portion.rows);
                return Err(ProofError::unreadable("the share of a member", problem));
            }
        }
        if self.rows == 0 || self.rows > modu_statistics::power::MAX_PLANNED {
            return Err(ProofError::unreadable(
                "the number of rows",
                format!("{} is not within 1 to 2147483648", self.rows),
            ));
        }
        if self.contenders == 0 || self.contenders as usize > crate::score::MAX_SOLUTIONS {
            return Err(ProofError::unreadable(
                "the number of contenders",
                format!("{} is not within 1 to 32", self.contenders),
            ));
        }
        for (id, value) in self.truths.iter().chain(&self.improvements) {
            if !need.criteria.iter().any(|criterion| criterion.id == *id) {
                let problem = format!("the need has no criterion `{id}`; name one that it has");
                return Err(ProofError::unreadable("a true value", problem));
            }
            if !value.is_finite() {
                let problem = format!("`{id}` is not given a finite number");
                return Err(ProofError::unreadable("a true value", problem));
            }
        }
        Ok(())
    }
}

/// Plans for every criterion of a need; `digest` names its bytes. Pure: the
/// same circumstances give the same plan. Cost: milliseconds; for gaps some
/// tens of them.
///
/// # Errors
/// [`ProofError::Unreadable`]: circumstances outside their ranges, or a true
/// value that the measure cannot take.
pub fn plan(need: &Need, digest: Digest, of: &Circumstances) -> Result<Plan, ProofError> {
    of.check(need)?;
    let confidence = Share::new(need.statistics.confidence).ok_or_else(|| {
        ProofError::unreadable("the confidence", "it does not lie between 0 and 1")
    })?;
    let confidence = gate::divided(confidence, of.contenders as usize);
    let comparisons = count(need, of);
    let of_each = gate::divided(of.power, comparisons);
    let planner = Planner {
        need,
        of,
        confidence,
        of_each,
    };
    let criteria = need
        .criteria
        .iter()
        .map(|criterion| planner.criterion(criterion))
        .collect::<Result<Vec<_>, _>>()?;
    let all: Vec<&Comparison> = criteria.iter().flat_map(|it| &it.comparisons).collect();
    let adoption = adoption(&all);
    let methods: Vec<Method> = all
        .iter()
        .filter_map(|comparison| match comparison.outlook {
            Outlook::Planned { method, .. } => Some(method),
            _ => None,
        })
        .collect();
    let some_solution_could = all.iter().all(|comparison| {
        matches!(
            comparison.outlook,
            Outlook::Planned {
                detectable_with_all: Some(_),
                ..
            } | Outlook::NotPlanned { .. }
        )
    });
    Ok(Plan {
        schema: PLAN_SCHEMA.to_owned(),
        need: digest,
        rows: of.rows,
        composition: of.composition.origin,
        contenders: of.contenders,
        confidence: finite(confidence.get())?,
        power: finite(of.power.get())?,
        power_of_each: finite(of_each.get())?,
        suffices: match adoption {
            Some(adoption) => adoption.at_least.get() >= of.power.get(),
            None => some_solution_could,
        },
        adoption,
        assumptions: words::assumptions(of, &methods, comparisons),
        criteria,
    })
}

/// How many limits are held against bounds.
fn count(need: &Need, of: &Circumstances) -> usize {
    let asked = |criterion: &Criterion| {
        usize::from(criterion.threshold.is_some()) + usize::from(criterion.margin.is_some())
    };
    let limits = |it: &Criterion| model::parts(need, it, of).len() * asked(it);
    need.criteria.iter().map(limits).sum()
}

/// One need in its circumstances.
struct Planner<'a> {
    need: &'a Need,
    of: &'a Circumstances,
    confidence: Share,
    of_each: Share,
}

impl Planner<'_> {
    fn criterion(&self, criterion: &Criterion) -> Result<CriterionPlan, ProofError> {
        let mut comparisons = Vec::new();
        for part in model::parts(self.need, criterion, self.of) {
            let asked = [
                (Asked::Threshold, criterion.threshold, criterion.direction),
                (Asked::Margin, criterion.margin, Direction::AtLeast),
            ];
            for (asked, bound, direction) in asked {
                if let Some(bound) = bound {
                    comparisons.push(self.comparison(criterion, &part, asked, bound, direction)?);
                }
            }
        }
        Ok(CriterionPlan {
            id: criterion.id.clone(),
            sentence: self.need.sentence(criterion),
            comparisons,
        })
    }

    fn comparison(
        &self,
        criterion: &Criterion,
        part: &Part,
        asked: Asked,
        bound: f64,
        direction: Direction,
    ) -> Result<Comparison, ProofError> {
        let claim = Claim {
            side: spread::side(direction),
            bound: finite(bound)?,
            confidence: self.confidence,
        };
        let outlook = self
            .outlook(criterion, part, asked, &claim)
            .map_err(|error| {
                ProofError::unreadable(format!("the criterion `{}`", criterion.id), error)
            })?;
        let (member, name) = self.place(criterion, part);
        Ok(Comparison {
            member,
            name,
            asked,
            direction,
            bound: claim.bound,
            sentence: words::sentence(self.of, asked, direction, &outlook),
            outlook,
        })
    }

    /// The id of a member or the code of a class, and the name of the rows.
    fn place(&self, criterion: &Criterion, part: &Part) -> (Option<String>, Label) {
        let rows = || self.need.over_name(criterion.over);
        match (criterion.over, part.member, part.class) {
            (Over::Each(group), Some(member), _) => {
                let group = self.need.groups.get(group);
                let member = group.and_then(|group| group.members.get(member));
                member.map_or_else(
                    || (None, rows()),
                    |member| (Some(member.id.clone()), member.name.clone()),
                )
            }
            (Over::EachClass, _, Some(class)) => {
                let class = self.need.label.classes.get(class);
                class.map_or_else(
                    || (None, rows()),
                    |class| (Some(class.code.to_string()), class.name.clone()),
                )
            }
            _ => (None, rows()),
        }
    }

    fn outlook(
        &self,
        criterion: &Criterion,
        part: &Part,
        asked: Asked,
        claim: &Claim,
    ) -> Result<Outlook, StatisticsError> {
        let replicates = self.need.statistics.replicates as usize;
        if Replicates::rank_of_limit(replicates, self.confidence).is_none() {
            return Ok(Outlook::TooFewReplicates);
        }
        let fewest = model::fewest_rows(self.need, criterion, self.of, part);
        if !model::carries(self.of.rows, fewest) {
            return Ok(Outlook::TooFewRows {
                rows_needed: fewest,
            });
        }
        let (spread, method) = match model::model(self.need, criterion, self.of, part, asked) {
            Ok(model) => model,
            Err(missing) => return Ok(Outlook::NotPlanned { missing }),
        };
        let farthest = farthest(criterion, asked, claim);
        let detectable = |power| spread.detectable(claim, power, self.of.rows, farthest);
        Ok(Outlook::Planned {
            method,
            carried: spread.carried(self.of.rows),
            detectable: detectable(self.of.power)?.and_then(Finite::new),
            detectable_with_all: detectable(self.of_each)?.and_then(Finite::new),
            stated: match self.truth(criterion, part, asked) {
                Some(truth) => Some(self.stated(claim, &spread, truth, fewest)?),
                None => None,
            },
        })
    }

    /// The value that somebody states for a comparison, or else the pilot's.
    fn truth(&self, criterion: &Criterion, part: &Part, asked: Asked) -> Option<f64> {
        let stated = match asked {
            Asked::Threshold => &self.of.truths,
            Asked::Margin => &self.of.improvements,
        };
        let stated = stated.iter().find(|(id, _)| *id == criterion.id);
        if let Some((_, value)) = stated {
            return Some(*value);
        }
        let pilot = self.of.pilot.as_ref()?;
        let seen = match asked {
            Asked::Threshold => pilot.measure(self.need, criterion, part),
            Asked::Margin => pilot.improvement(self.need, criterion, part),
        };
        seen.map(|seen| seen.value)
    }

    fn stated(
        &self,
        claim: &Claim,
        spread: &Spread,
        truth: f64,
        fewest: Option<u64>,
    ) -> Result<Stated, StatisticsError> {
        let rows = |power| -> Result<Option<u64>, StatisticsError> {
            let rows = spread.rows(claim, truth, power)?;
            Ok(rows.zip(fewest).map(|(rows, fewest)| rows.max(fewest)))
        };
        let number = |value: f64| Finite::new(value).unwrap_or(Finite::ZERO);
        Ok(Stated {
            truth: number(truth),
            chance: number(spread.power(claim, truth, self.of.rows)?),
            rows_needed: rows(self.of.power)?,
            rows_needed_with_all: rows(self.of_each)?,
        })
    }
}

/// The best value that a comparison's measure can take; where there is none,
/// one so far from the bound that only a useless spread fails to prove it.
fn farthest(criterion: &Criterion, asked: Asked, claim: &Claim) -> f64 {
    let (least, greatest) = metric_range(criterion.metric);
    let best = match (asked, criterion.direction) {
        (Asked::Threshold, Direction::AtLeast) => greatest,
        (Asked::Threshold, Direction::AtMost) => least,
        (Asked::Margin, _) => greatest - least,
    };
    if best.is_finite() {
        return best;
    }
    let far = 1e6 * (1.0 + claim.bound.get().abs());
    match claim.side {
        modu_statistics::Side::Lower => claim.bound.get() + far,
        modu_statistics::Side::Upper => claim.bound.get() - far,
    }
}

/// The chance that all are met, where each has a stated true value.
fn adoption(all: &[&Comparison]) -> Option<Adoption> {
    let stated = all
        .iter()
        .map(|comparison| match comparison.outlook {
            Outlook::Planned {
                stated: Some(stated),
                ..
            } => Some(stated),
            _ => None,
        })
        .collect::<Option<Vec<Stated>>>()?;
    let chances = || stated.iter().map(|it| it.chance.get());
    let missed: f64 = chances().map(|chance| 1.0 - chance).sum();
    let rows: Option<Vec<u64>> = stated.iter().map(|it| it.rows_needed_with_all).collect();
    Some(Adoption {
        at_least: Finite::new((1.0 - missed).max(0.0))?,
        independent: Finite::new(chances().product())?,
        at_most: Finite::new(chances().fold(1.0, f64::min))?,
        rows_needed: rows.and_then(|rows| rows.into_iter().max()),
    })
}

fn finite(value: f64) -> Result<Finite, ProofError> {
    Finite::new(value)
        .ok_or_else(|| ProofError::unreadable("a bound", format!("{value} is not finite")))
}
