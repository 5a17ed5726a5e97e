//! The walks over rows in order of time that count pairs.

use super::super::Scored;
use super::super::ranks::{Place, places};
use super::super::tally::{Bits, Sums, Tally};
use super::{ConcordancePairs, PairRules, SameTime};
use crate::SurvivalError;
use crate::order::descending;

/// A row with the event, and how much its pairs count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case(pub(super) f64);

/// What a row can be in a pair.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// The first of a pair, or the second of an earlier one.
    Case(Case),
    /// The second only.
    Other,
    /// The second of every case, for the event will never come.
    Never,
}

/// A row as the walks see it.
#[derive(Debug, Clone, Copy)]
struct Row {
    place: Place,
    role: Role,
    /// Whether the next row is of a later time.
    ends_time: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Case,
    Other,
    Never,
}

/// Rows of one stratum by ascending time, so that a walk reads memory as it
/// goes.
struct Stratum {
    rows: Vec<Row>,
    /// Their numbers in the study.
    original: Vec<u32>,
}

/// All rows, their weights, and the weight of each case's pairs.
pub(super) struct Study<'a> {
    strata: Vec<Stratum>,
    weight: Option<&'a [f64]>,
    /// None where each counts once.
    case_weight: Option<Vec<f64>>,
}

/// What a row has in the pairs of one side.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RowShare {
    /// Concordant pairs, ties counted half.
    pub(super) won: f64,
    /// All pairs.
    pub(super) all: f64,
}

/// What a row has in pairs as the case and as the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shares {
    /// Which row.
    pub(super) row: u32,
    pub(super) as_case: RowShare,
    pub(super) as_other: RowShare,
}

/// What is entered on either side of a row.
struct Beside {
    below: f64,
    tied: f64,
    above: f64,
}

impl<'a> Study<'a> {
    pub(super) fn new(
        scored: &Scored<'a>,
        rules: &PairRules,
        mut kind: impl FnMut(usize) -> Kind,
    ) -> Result<Self, SurvivalError> {
        let mut case_weight: Option<Vec<f64>> = None;
        let roles = (0..scored.len()).map(|row| match kind(row) {
            Kind::Case(Case(weight)) => {
                if weight != 1.0 {
                    case_weight.get_or_insert_with(|| vec![1.0; scored.len()])[row] = weight;
                }
                Role::Case
            }
            Kind::Other => Role::Other,
            Kind::Never => Role::Never,
        });
        let roles: Vec<Role> = roles.collect();
        let mut rows = descending(scored.outcomes.time());
        rows.reverse();
        let strata = match scored.outcomes.stratum() {
            None => vec![Stratum::of(scored, rules, &roles, rows)?],
            Some(strata) => {
                rows.sort_by_key(|row| strata[*row as usize]);
                rows.chunk_by(|a, b| strata[*a as usize] == strata[*b as usize])
                    .map(|rows| Stratum::of(scored, rules, &roles, rows.to_vec()))
                    .collect::<Result<_, _>>()?
            }
        };
        Ok(Self {
            strata,
            weight: scored.outcomes.weight(),
            case_weight,
        })
    }

    /// The pairs alone.
    pub(super) fn pairs(&self, same_time: SameTime) -> ConcordancePairs {
        match (self.weight, &self.case_weight) {
            (None, None) => self.pairs_by::<Bits>(same_time),
            _ => self.pairs_by::<Sums>(same_time),
        }
    }

    fn pairs_by<T: Tally>(&self, same_time: SameTime) -> ConcordancePairs {
        let mut sum = ConcordancePairs::default();
        for stratum in &self.strata {
            let weight = |row| self.row_weight(stratum.original[row] as usize);
            stratum.outlived::<T>(same_time, weight, |row, beside| {
                let case = self.pair_weight(stratum.original[row] as usize);
                sum.concordant += case * beside.below;
                sum.discordant += case * beside.above;
                sum.tied_risk += case * beside.tied;
            });
        }
        sum
    }

    /// What each row has in the pairs, in no order that means anything.
    pub(super) fn shares(&self, same_time: SameTime) -> Vec<Shares> {
        let rows = self.strata.iter().flat_map(|stratum| &stratum.original);
        let none = |row: &u32| Shares {
            row: *row,
            as_case: RowShare::default(),
            as_other: RowShare::default(),
        };
        let mut shares: Vec<Shares> = rows.map(none).collect();
        let mut rest = &mut shares[..];
        for stratum in &self.strata {
            let (part, after) = rest.split_at_mut(stratum.rows.len());
            match (self.weight, &self.case_weight) {
                (None, None) => self.share_out::<Bits>(stratum, same_time, part),
                _ => self.share_out::<Sums>(stratum, same_time, part),
            }
            rest = after;
        }
        shares
    }

    fn share_out<T: Tally>(&self, stratum: &Stratum, same_time: SameTime, shares: &mut [Shares]) {
        let weight = |row| self.row_weight(stratum.original[row] as usize);
        stratum.outlived::<T>(same_time, weight, |row, beside| {
            let weight = self.pair_weight(stratum.original[row] as usize);
            shares[row].as_case = beside.share(beside.below, weight);
        });
        let weight = |row| self.pair_weight(stratum.original[row] as usize);
        stratum.outlives::<T>(same_time, weight, |row, beside| {
            let weight = self.row_weight(stratum.original[row] as usize);
            shares[row].as_other = beside.share(beside.above, weight);
        });
    }

    fn row_weight(&self, row: usize) -> f64 {
        self.weight.map_or(1.0, |weight| weight[row])
    }

    fn pair_weight(&self, row: usize) -> f64 {
        let case = self.case_weight.as_ref().map_or(1.0, |weight| weight[row]);
        case * self.row_weight(row)
    }
}

impl Stratum {
    /// The stratum of some rows, which come by ascending time.
    fn of(
        scored: &Scored<'_>,
        rules: &PairRules,
        roles: &[Role],
        original: Vec<u32>,
    ) -> Result<Self, SurvivalError> {
        let time = scored.outcomes.time();
        let risk: Vec<f64> = original
            .iter()
            .map(|row| scored.risk[*row as usize])
            .collect();
        let next = original.iter().skip(1).map(|row| time[*row as usize]);
        let places = places(&risk, rules.tied_within)?;
        let rows = original
            .iter()
            .zip(places)
            .zip(next.map(Some).chain([None]));
        let rows = rows.map(|((row, place), next)| Row {
            place,
            role: roles[*row as usize],
            ends_time: next != Some(time[*row as usize]),
        });
        let rows = rows.collect();
        Ok(Self { rows, original })
    }

    /// Rows of one time together, each group with where it starts.
    fn groups(&self) -> impl Iterator<Item = (usize, &[Row])> {
        let groups = self.rows.chunk_by(|before, _| !before.ends_time);
        groups.scan(0, |next, group| {
            let start = *next;
            *next += group.len();
            Some((start, group))
        })
    }

    /// The same, the last first.
    fn groups_back(&self) -> impl Iterator<Item = (usize, &[Row])> {
        let groups = self.rows.chunk_by(|before, _| !before.ends_time);
        groups.rev().scan(self.rows.len(), |end, group| {
            *end -= group.len();
            Some((*end, group))
        })
    }

    /// Visits each case with the rows that outlive it: a walk back in time.
    fn outlived<T: Tally>(
        &self,
        same_time: SameTime,
        weight: impl Fn(usize) -> f64,
        mut visit: impl FnMut(usize, &Beside),
    ) {
        let mut tally = Entered::<T>::over(self.rows.len());
        for (row, place) in those((0, &self.rows), Role::Never) {
            tally.enter(place, weight(row));
        }
        for group in self.groups_back() {
            let enter = |tally: &mut Entered<T>, role| {
                for (row, place) in those(group, role) {
                    tally.enter(place, weight(row));
                }
            };
            if same_time == SameTime::EventFirst {
                enter(&mut tally, Role::Other);
            }
            for (row, place) in those(group, Role::Case) {
                visit(row, &tally.beside(place));
            }
            if same_time == SameTime::LeftOut {
                enter(&mut tally, Role::Other);
            }
            enter(&mut tally, Role::Case);
        }
    }

    /// Visits each row with the cases that it outlives: a walk forward.
    fn outlives<T: Tally>(
        &self,
        same_time: SameTime,
        weight: impl Fn(usize) -> f64,
        mut visit: impl FnMut(usize, &Beside),
    ) {
        let mut tally = Entered::<T>::over(self.rows.len());
        let mut ask = |tally: &Entered<T>, group: (usize, &[Row]), role| {
            for (row, place) in those(group, role) {
                visit(row, &tally.beside(place));
            }
        };
        for group in self.groups() {
            ask(&tally, group, Role::Case);
            if same_time == SameTime::LeftOut {
                ask(&tally, group, Role::Other);
            }
            for (row, place) in those(group, Role::Case) {
                tally.enter(place, weight(row));
            }
            if same_time == SameTime::EventFirst {
                ask(&tally, group, Role::Other);
            }
        }
        ask(&tally, (0, &self.rows), Role::Never);
    }
}

/// Those of some rows in a role, by their number from the first row's on.
fn those((start, rows): (usize, &[Row]), role: Role) -> impl Iterator<Item = (usize, Place)> {
    let rows = (start..).zip(rows);
    rows.filter(move |(_, row)| row.role == role)
        .map(|(number, row)| (number, row.place))
}

/// A tally that knows how much it holds.
struct Entered<T> {
    tally: T,
    all: f64,
}

impl<T: Tally> Entered<T> {
    fn over(places: usize) -> Self {
        let tally = T::over(places);
        Self { tally, all: 0.0 }
    }

    fn enter(&mut self, place: Place, weight: f64) {
        self.tally.enter(place.own, weight);
        self.all += weight;
    }

    fn beside(&self, place: Place) -> Beside {
        let below = self.tally.below(place.low);
        let tied = match place.is_tied() {
            true => self.tally.below(place.high) - below,
            false => 0.0,
        };
        let above = self.all - below - tied;
        Beside { below, tied, above }
    }
}

impl Beside {
    fn share(&self, won: f64, weight: f64) -> RowShare {
        RowShare {
            won: weight * (won + self.tied / 2.0),
            all: weight * (self.below + self.tied + self.above),
        }
    }
}
