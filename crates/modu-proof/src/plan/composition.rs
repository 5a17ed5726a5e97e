//! What the rows will be: how many bear each class, and belong to each member.

use crate::dataset::{Dataset, GroupRows};
use crate::error::ProofError;
use crate::need::{Cut, MemberRule, Need, Task};
use crate::report::OwnerReport;

/// Shares of all rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Portion {
    /// Rows of this kind.
    pub rows: f64,
    /// Binary: those of them that are positive.
    pub positives: Option<f64>,
    /// Those of them of the rarest class, where known.
    pub rarest: Option<f64>,
}

/// Where a composition comes from.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Assumed.
    Assumed,
    /// Counted in the labels and groups of a data set.
    Counted,
    /// Taken from an earlier report.
    Pilot,
}

/// The shares of classes and members among the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Composition {
    /// All rows.
    pub whole: Portion,
    /// By group of the need, then member.
    pub members: Vec<Vec<Portion>>,
    /// Where it comes from.
    pub origin: Origin,
}

impl Composition {
    /// As assumed: `prevalence` is the share of positives, everywhere; the
    /// members of a group are equally large.
    #[must_use]
    pub fn assumed(need: &Need, prevalence: Option<f64>) -> Self {
        let classes = need.label.classes.len().max(1) as f64;
        let portion = |rows: f64| Portion {
            rows,
            positives: prevalence.map(|share| rows * share),
            rarest: match need.task {
                Task::Binary => prevalence.map(|share| rows * share.min(1.0 - share)),
                _ => Some(rows / classes),
            },
        };
        let groups = need.groups.iter().map(|group| {
            let members = group.members.len();
            vec![portion(1.0 / members.max(1) as f64); members]
        });
        let mut composition = Self {
            whole: portion(1.0),
            members: groups.collect(),
            origin: Origin::Assumed,
        };
        composition.cross(need);
        composition
    }

    /// Assumed shares of a slice's members: as if the groups that it crosses
    /// were independent.
    fn cross(&mut self, need: &Need) {
        for (slice, group) in need.groups.iter().enumerate() {
            let Cut::Groups(crossed) = &group.cut else {
                continue;
            };
            let shares = group.members.iter().map(|member| {
                let MemberRule::Members(indices) = &member.rule else {
                    return 0.0;
                };
                let share = |(of, index): (&usize, &usize)| {
                    let portion = self.members.get(*of)?.get(*index)?;
                    Some(portion.rows)
                };
                let shares = crossed.iter().zip(indices).map(share);
                shares.map(|share| share.unwrap_or(0.0)).product::<f64>()
            });
            let shares: Vec<f64> = shares.collect();
            for (member, share) in shares.into_iter().enumerate() {
                self.resize(slice, member, share);
            }
        }
    }

    /// Gives a member another share of all rows, its classes as common in it
    /// as before.
    fn resize(&mut self, group: usize, member: usize, share: f64) -> bool {
        let portion = self
            .members
            .get_mut(group)
            .and_then(|members| members.get_mut(member));
        let Some(portion) = portion else {
            return false;
        };
        let scale = |part: Option<f64>| part.map(|part| part * share / portion.rows);
        *portion = Portion {
            rows: share,
            positives: scale(portion.positives),
            rarest: scale(portion.rarest),
        };
        true
    }

    /// Sets the share of a member among all rows, keeping how common
    /// positives are within it. `false` where there is no such member. An
    /// assumed slice follows its groups.
    pub fn set_member(&mut self, need: &Need, group: &str, member: &str, share: f64) -> bool {
        let index = need.groups.iter().position(|of| of.id == group);
        let place = index.and_then(|index| {
            let members = &need.groups.get(index)?.members;
            Some((index, members.iter().position(|of| of.id == member)?))
        });
        let Some((group, member)) = place else {
            return false;
        };
        let is_known = self.resize(group, member, share);
        if self.origin == Origin::Assumed {
            self.cross(need);
        }
        is_known
    }

    /// As counted in a data set; no feature and no score is looked at.
    ///
    /// # Errors
    /// A label that is not one of the classes.
    pub fn counted(need: &Need, dataset: &Dataset) -> Result<Self, ProofError> {
        let labels = match need.task {
            Task::Binary | Task::Multiclass => dataset.classes(need, need.label.column)?,
            #[allow(unreachable_patterns, reason = "a task without classes")]
            _ => Vec::new(),
        };
        let rows = dataset.rows().max(1) as f64;
        let portion = |is_in: &dyn Fn(usize) -> bool| {
            let mut classes = vec![0_u64; need.label.classes.len()];
            for (_, class) in labels.iter().enumerate().filter(|(row, _)| is_in(*row)) {
                if let Some(count) = classes.get_mut(usize::from(*class)) {
                    *count += 1;
                }
            }
            let of = |count: u64| count as f64 / rows;
            Portion {
                rows: of((0..dataset.rows()).filter(|row| is_in(*row)).count() as u64),
                positives: need
                    .label
                    .positive
                    .and_then(|positive| classes.get(positive).copied().map(of)),
                rarest: classes.iter().copied().min().map(of),
            }
        };
        let sorted = GroupRows::all(&need.groups, dataset);
        let groups = need.groups.iter().zip(&sorted).map(|(group, sorted)| {
            let member = |index: usize| {
                let is_in = |row: usize| {
                    let member = sorted.member.get(row).copied();
                    member.is_some_and(|member| usize::from(member) == index)
                };
                portion(&is_in)
            };
            (0..group.members.len()).map(member).collect()
        });
        Ok(Self {
            whole: portion(&|_| true),
            members: groups.collect(),
            origin: Origin::Counted,
        })
    }

    /// As an earlier report counted it; groups and members are known by id.
    /// A member that the report lacks is assumed to be as large as if all
    /// were equal.
    #[must_use]
    pub fn of_report(need: &Need, report: &OwnerReport) -> Self {
        let classes = &report.data.classes;
        let all = classes.iter().map(|class| class.rows).sum::<u64>().max(1) as f64;
        let positives = report.need.positive.and_then(|code| {
            let class = classes.iter().find(|class| class.class.code == code);
            class.map(|class| class.rows as f64 / all)
        });
        let mut composition = Self::assumed(need, positives);
        composition.origin = Origin::Pilot;
        let rarest = classes.iter().map(|class| class.rows).min();
        composition.whole.rarest = rarest.map(|rows| rows as f64 / all);
        for (group, portions) in need.groups.iter().zip(&mut composition.members) {
            let counted = report.data.groups.iter().find(|of| of.id == group.id);
            for (member, portion) in group.members.iter().zip(portions) {
                let count =
                    counted.and_then(|group| group.members.iter().find(|of| of.id == member.id));
                if let Some(count) = count {
                    let rows = count.rows as f64 / all;
                    let positives = count.positives.map(|positives| positives as f64 / all);
                    *portion = Portion {
                        rows,
                        positives,
                        rarest: positives.map(|share| share.min(rows - share)),
                    };
                }
            }
        }
        composition
    }
}
