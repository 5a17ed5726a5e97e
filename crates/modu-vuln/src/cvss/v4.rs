//! CVSS 4.0 (its specification, section 8): a vector is sorted into one of
//! 270 macro vectors by six equivalence sets; its score is the macro vector's,
//! less a share of the way to the next lower ones, by how far it is from the
//! most severe vector of its own.

use super::Score;
use super::macro_vectors::{self, Levels};
use super::metrics::{Known, Metrics};

const LOSS: &[&str] = &["H", "L", "N"];
const LOSS_X: &[&str] = &["H", "L", "N", "X"];
const LOSS_S: &[&str] = &["S", "H", "L", "N", "X"];
const REQUIREMENT: &[&str] = &["H", "M", "L", "X"];

/// How many metrics are base metrics.
pub(super) const BASE: usize = 11;

/// Every metric, and how many of them are base metrics.
pub(super) const METRICS: (&[Known], usize) = (
    &[
        ("AV", &["N", "A", "L", "P"]),
        ("AC", &["L", "H"]),
        ("AT", &["N", "P"]),
        ("PR", &["N", "L", "H"]),
        ("UI", &["N", "P", "A"]),
        ("VC", LOSS),
        ("VI", LOSS),
        ("VA", LOSS),
        ("SC", LOSS),
        ("SI", LOSS),
        ("SA", LOSS),
        ("E", &["A", "P", "U", "X"]),
        ("CR", REQUIREMENT),
        ("IR", REQUIREMENT),
        ("AR", REQUIREMENT),
        ("MAV", &["N", "A", "L", "P", "X"]),
        ("MAC", &["L", "H", "X"]),
        ("MAT", &["N", "P", "X"]),
        ("MPR", &["N", "L", "H", "X"]),
        ("MUI", &["N", "P", "A", "X"]),
        ("MVC", LOSS_X),
        ("MVI", LOSS_X),
        ("MVA", LOSS_X),
        ("MSC", LOSS_X),
        ("MSI", LOSS_S),
        ("MSA", LOSS_S),
        ("S", &["X", "N", "P"]),
        ("AU", &["X", "N", "Y"]),
        ("R", &["X", "A", "U", "I"]),
        ("V", &["X", "D", "C"]),
        ("RE", &["X", "L", "M", "H"]),
        ("U", &["X", "Clear", "Green", "Amber", "Red"]),
    ],
    BASE,
);

/// The metrics that count, as they count: modified ones in place of base ones,
/// and the worst for what is not defined. Each is a step, 0 the most severe.
#[derive(Debug, Clone, Copy)]
struct Steps {
    attack: [u8; 3],
    complexity: [u8; 2],
    vulnerable: [u8; 3],
    subsequent: [u8; 3],
    requirements: [u8; 3],
    exploited: u8,
}

impl Steps {
    fn of(metrics: &Metrics) -> Self {
        let defined = |name: &str| metrics.get(name).filter(|value| *value != "X");
        let step = |name: &str, modified: &str, order: &[&str]| {
            let value = defined(modified).or_else(|| defined(name));
            let place = value.and_then(|value| order.iter().position(|it| *it == value));
            // An order has at most four values.
            place.unwrap_or(0) as u8
        };
        // Only a modified metric can say that safety is at stake.
        let subsequent = ["S", "H", "L", "N"];
        Self {
            attack: [
                step("AV", "MAV", &["N", "A", "L", "P"]),
                step("PR", "MPR", &["N", "L", "H"]),
                step("UI", "MUI", &["N", "P", "A"]),
            ],
            complexity: [
                step("AC", "MAC", &["L", "H"]),
                step("AT", "MAT", &["N", "P"]),
            ],
            vulnerable: [
                step("VC", "MVC", LOSS),
                step("VI", "MVI", LOSS),
                step("VA", "MVA", LOSS),
            ],
            subsequent: [
                step("SC", "MSC", &subsequent),
                step("SI", "MSI", &subsequent),
                step("SA", "MSA", &subsequent),
            ],
            requirements: [
                step("CR", "", &["H", "M", "L"]),
                step("IR", "", &["H", "M", "L"]),
                step("AR", "", &["H", "M", "L"]),
            ],
            exploited: step("E", "", &["A", "P", "U"]),
        }
    }

    fn has_no_impact(&self) -> bool {
        self.vulnerable == [2; 3] && self.subsequent == [3; 3]
    }

    /// Tables 24 to 29 of the specification.
    fn levels(&self) -> Levels {
        let none = self.attack.iter().filter(|step| **step == 0).count();
        let eq1 = match (self.attack[0], none) {
            (_, 3) => 0,
            (3, _) | (_, 0) => 2,
            _ => 1,
        };
        let eq2 = usize::from(self.complexity != [0, 0]);
        let eq3 = match self.vulnerable {
            [0, 0, _] => 0,
            steps if steps.contains(&0) => 1,
            _ => 2,
        };
        let eq4 = match self.subsequent {
            [_, 0, _] | [_, _, 0] => 0,
            steps if steps.contains(&1) => 1,
            _ => 2,
        };
        let both = self.vulnerable.iter().zip(self.requirements);
        let eq6 = usize::from(!both.into_iter().any(|(loss, need)| *loss == 0 && need == 0));
        [eq1, eq2, eq3, eq4, usize::from(self.exploited), eq6]
    }
}

/// The most severe vectors of a level of EQ1: attack vector, privileges,
/// interaction.
const ATTACKS: [&[[u8; 3]]; 3] = [
    &[[0, 0, 0]],
    &[[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    &[[3, 0, 0], [1, 1, 1]],
];

/// Of a level of EQ2: complexity and requirements of the attack.
const COMPLEXITIES: [&[[u8; 2]]; 2] = [&[[0, 0]], &[[1, 0], [0, 1]]];

/// Of a level of EQ3 and of EQ6: the three losses, the three requirements.
const LOSSES: [[&[[u8; 6]]; 2]; 3] = [
    [
        &[[0, 0, 0, 0, 0, 0]],
        &[[0, 0, 1, 1, 1, 0], [0, 0, 0, 1, 1, 1]],
    ],
    [
        &[[1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0]],
        &[
            [1, 0, 1, 0, 1, 0],
            [1, 0, 0, 0, 1, 1],
            [0, 1, 0, 1, 0, 1],
            [0, 1, 1, 1, 0, 0],
            [1, 1, 0, 0, 0, 1],
        ],
    ],
    [&[], &[[1, 1, 1, 0, 0, 0]]],
];

/// Of a level of EQ4: the three losses of subsequent systems.
const SUBSEQUENT: [[u8; 3]; 3] = [[1, 0, 0], [1, 1, 1], [2, 2, 2]];

/// How many steps a level of EQ1, EQ2, EQ3 with EQ6, and EQ4 is deep.
const DEPTHS_1: [u8; 3] = [1, 4, 5];
const DEPTHS_2: [u8; 2] = [1, 2];
const DEPTHS_3_6: [[u8; 2]; 3] = [[7, 6], [8, 8], [0, 10]];
const DEPTHS_4: [u8; 3] = [6, 5, 4];

/// Steps from the first of the most severe vectors that is nowhere less
/// severe.
fn distance<const N: usize>(steps: [u8; N], most_severe: &[[u8; N]]) -> u8 {
    let from = |most: &[u8; N]| -> Option<u8> {
        let mut distances = steps
            .iter()
            .zip(most)
            .map(|(step, most)| step.checked_sub(*most));
        distances.try_fold(0, |sum, distance| Some(sum + distance?))
    };
    most_severe.iter().find_map(from).unwrap_or(0)
}

/// The score.
pub(super) fn score(metrics: &Metrics) -> Score {
    let steps = Steps::of(metrics);
    if steps.has_no_impact() {
        return Score(0);
    }
    let levels = steps.levels();
    let Some(own) = macro_vectors::score(levels) else {
        return Score(0);
    };
    let [eq1, eq2, eq3, eq4, _, eq6] = levels;
    let [l0, l1, l2] = steps.vulnerable;
    let [r0, r1, r2] = steps.requirements;
    let deep = |distance: u8, depth: u8| f64::from(distance) / f64::from(depth.max(1));
    let shares = [
        deep(distance(steps.attack, ATTACKS[eq1]), DEPTHS_1[eq1]),
        deep(distance(steps.complexity, COMPLEXITIES[eq2]), DEPTHS_2[eq2]),
        deep(
            distance([l0, l1, l2, r0, r1, r2], LOSSES[eq3][eq6]),
            DEPTHS_3_6[eq3][eq6],
        ),
        deep(
            distance(steps.subsequent, &[SUBSEQUENT[eq4]]),
            DEPTHS_4[eq4],
        ),
        // Within a level of EQ5 all are alike.
        0.0,
    ];
    let lower = next_lower(levels);
    let existing: Vec<f64> = (lower.iter().zip(shares))
        .filter_map(|(lower, share)| {
            let less = f64::from(own) - f64::from((*lower)?);
            Some(less * share)
        })
        .collect();
    let mean = match existing.len() {
        0 => 0.0,
        count => existing.iter().sum::<f64>() / count as f64,
    };
    // To the nearest tenth; the small share is the specification's own.
    Score::of_tenths((f64::from(own) - mean + 0.5 + 1e-5).floor())
}

/// The scores of the next lower macro vectors: by EQ1, EQ2, EQ3 with EQ6, EQ4
/// and EQ5.
fn next_lower(levels: Levels) -> [Option<u8>; 5] {
    let below = |places: &[usize]| {
        let mut levels = levels;
        for place in places {
            levels[*place] += 1;
        }
        macro_vectors::score(levels)
    };
    let third = match (levels[2], levels[5]) {
        (0 | 1, 1) => below(&[2]),
        (1, 0) => below(&[5]),
        (0, 0) => below(&[5]).max(below(&[2])),
        _ => None,
    };
    [below(&[0]), below(&[1]), third, below(&[3]), below(&[4])]
}
