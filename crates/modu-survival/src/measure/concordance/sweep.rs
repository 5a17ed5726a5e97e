//! The walks over rows in order of time that count pairs.

use super::super::Scored;
use super::super::ranks::{Place, places};
use super::super::tally::{Bits, Sums, Tally};
use super::{ConcordancePairs, PairRules, SameTime};
use crate::SurvivalError;
use crate::order::{Keyed, ascending};

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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Case,
    Other,
    Never,
}

/// Rows of one stratum.
struct Stratum {
    /// By time, ascending; rows by their number in the stratum.
    order: Vec<Keyed>,
    rows: Vec<Row>,
    /// The rows' numbers in the study; none where they are the same.
    original: Option<Vec<u32>>,
}

/// All rows, their weights, and the weight of each case's pairs.
pub(super) struct Study<'a> {
    strata: Vec<Stratum>,
    weight: Option<&'a [f64]>,
    /// None where each counts once.
    case_weight: Option<Vec<f64>>,
    rows: usize,
}

/// What a row has in the pairs of one side.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RowShare {
    /// Concordant pairs, ties counted half.
    pub(super) won: f64,
    /// All pairs.
    pub(super) all: f64,
}

/// What each row has in pairs as the case and as the other.
pub(super) struct Shares {
    pub(super) as_case: Vec<RowShare>,
    pub(super) as_other: Vec<RowShare>,
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
        let kinds: Vec<Kind> = (0..scored.len()).map(&mut kind).collect();
        let weights = kinds.iter().map(|kind| match kind {
            Kind::Case(Case(weight)) => *weight,
            _ => 1.0,
        });
        let weights: Vec<f64> = weights.collect();
        let once = weights.iter().all(|weight| *weight == 1.0);
        let strata = match scored.outcomes.stratum() {
            None => vec![Stratum::whole(scored, rules, &kinds)?],
            Some(strata) => {
                let mut rows: Vec<u32> = (0..scored.len() as u32).collect();
                rows.sort_by_key(|row| strata[*row as usize]);
                rows.chunk_by(|a, b| strata[*a as usize] == strata[*b as usize])
                    .map(|rows| Stratum::part(scored, rules, &kinds, rows))
                    .collect::<Result<_, _>>()?
            }
        };
        Ok(Self {
            strata,
            weight: scored.outcomes.weight(),
            case_weight: (!once).then_some(weights),
            rows: scored.len(),
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
            let weight = |row| self.row_weight(stratum.original(row));
            stratum.outlived::<T>(same_time, weight, |row, beside| {
                let case = self.pair_weight(stratum.original(row));
                sum.concordant += case * beside.below;
                sum.discordant += case * beside.above;
                sum.tied_risk += case * beside.tied;
            });
        }
        sum
    }

    /// What each row has in the pairs.
    pub(super) fn shares(&self, same_time: SameTime) -> Shares {
        match (self.weight, &self.case_weight) {
            (None, None) => self.shares_by::<Bits>(same_time),
            _ => self.shares_by::<Sums>(same_time),
        }
    }

    fn shares_by<T: Tally>(&self, same_time: SameTime) -> Shares {
        let mut as_case = vec![RowShare::default(); self.rows];
        let mut as_other = as_case.clone();
        for stratum in &self.strata {
            let weight = |row| self.row_weight(stratum.original(row));
            stratum.outlived::<T>(same_time, weight, |row, beside| {
                let row = stratum.original(row);
                as_case[row] = beside.share(beside.below, self.pair_weight(row));
            });
            let weight = |row| self.pair_weight(stratum.original(row));
            stratum.outlives::<T>(same_time, weight, |row, beside| {
                let row = stratum.original(row);
                as_other[row] = beside.share(beside.above, self.row_weight(row));
            });
        }
        Shares { as_case, as_other }
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
    fn whole(
        scored: &Scored<'_>,
        rules: &PairRules,
        kinds: &[Kind],
    ) -> Result<Self, SurvivalError> {
        let places = places(scored.risk, rules.tied_within)?;
        Ok(Self {
            order: ascending(scored.outcomes.time()),
            rows: places.into_iter().zip(kinds).map(Row::new).collect(),
            original: None,
        })
    }

    fn part(
        scored: &Scored<'_>,
        rules: &PairRules,
        kinds: &[Kind],
        rows: &[u32],
    ) -> Result<Self, SurvivalError> {
        let of =
            |column: &[f64]| -> Vec<f64> { rows.iter().map(|row| column[*row as usize]).collect() };
        let places = places(&of(scored.risk), rules.tied_within)?;
        let kinds = rows.iter().map(|row| &kinds[*row as usize]);
        Ok(Self {
            order: ascending(&of(scored.outcomes.time())),
            rows: places.into_iter().zip(kinds).map(Row::new).collect(),
            original: Some(rows.to_vec()),
        })
    }

    fn original(&self, row: usize) -> usize {
        let rows = self.original.as_ref();
        rows.map_or(row, |rows| rows[row] as usize)
    }

    /// Rows of one time together, ascending.
    fn groups(&self) -> impl DoubleEndedIterator<Item = &[Keyed]> {
        self.order.chunk_by(|a, b| a.0 == b.0)
    }

    /// Those of a group in a role.
    fn those(&self, group: &[Keyed], role: Role) -> impl Iterator<Item = (usize, Place)> {
        let rows = group
            .iter()
            .map(|one| (one.1 as usize, self.rows[one.1 as usize]));
        rows.filter(move |(_, row)| row.role == role)
            .map(|(number, row)| (number, row.place))
    }

    /// Visits each case with the rows that outlive it: a walk back in time.
    fn outlived<T: Tally>(
        &self,
        same_time: SameTime,
        weight: impl Fn(usize) -> f64,
        mut visit: impl FnMut(usize, &Beside),
    ) {
        let mut tally = Entered::<T>::over(self.rows.len());
        for (row, place) in self.those(&self.order, Role::Never) {
            tally.enter(place, weight(row));
        }
        for group in self.groups().rev() {
            let enter = |tally: &mut Entered<T>, role| {
                for (row, place) in self.those(group, role) {
                    tally.enter(place, weight(row));
                }
            };
            if same_time == SameTime::EventFirst {
                enter(&mut tally, Role::Other);
            }
            for (row, place) in self.those(group, Role::Case) {
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
        let mut ask = |tally: &Entered<T>, group: &[Keyed], role| {
            for (row, place) in self.those(group, role) {
                visit(row, &tally.beside(place));
            }
        };
        for group in self.groups() {
            ask(&tally, group, Role::Case);
            if same_time == SameTime::LeftOut {
                ask(&tally, group, Role::Other);
            }
            for (row, place) in self.those(group, Role::Case) {
                tally.enter(place, weight(row));
            }
            if same_time == SameTime::EventFirst {
                ask(&tally, group, Role::Other);
            }
        }
        ask(&tally, &self.order, Role::Never);
    }
}

impl Row {
    fn new((place, kind): (Place, &Kind)) -> Self {
        let role = match kind {
            Kind::Case(_) => Role::Case,
            Kind::Other => Role::Other,
            Kind::Never => Role::Never,
        };
        Self { place, role }
    }
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
