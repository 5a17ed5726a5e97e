//! A part of a criterion as the report shows it.

use modu_statistics::{Finite, Share, Side};

use super::evidence::Evidence;
use super::{Levels, bounds};
use crate::gate::{self, Lack, Limits, Sides};
use crate::need::{Class, Criterion, Direction};
use crate::report::{CriterionPart, FavourableLimits, Measurement, RowsNeeded, Verdict};
use crate::score::bench::{Bench, Rows, Sample};
use crate::score::reasons;
use crate::score::separation::{Distance, rows_needed};

impl Evidence {
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
    pub(super) fn result(
        &self,
        bench: &Bench<'_>,
        criterion: &Criterion,
        levels: Levels,
    ) -> CriterionPart {
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
