//! Who is ahead, and who cannot be told apart.

use std::collections::HashSet;

use modu_kernel::{InputsInMemory, NoProgress, Outcome};
use modu_proof::evaluate::{Evaluate, EvaluateError, FeatureBatch, FeatureValues, Scores};
use modu_proof::report::{OwnerReport, PairTestKind, ReleasedReport, ReleasedStanding, Standing};
use modu_proof::score::SCORE;

use crate::world::{self, NEED, Stream};

const TASKS: u32 = 500;

/// Solves some of the tasks: a task is a row, whose number is its income, and
/// the even ones are the positives.
#[derive(Clone)]
struct Solver {
    solved: HashSet<u32>,
}

impl Solver {
    /// So many tasks, drawn by lot.
    fn of(seed: u64, solved: usize) -> Self {
        let mut stream = Stream(seed);
        let mut lots: Vec<(u64, u32)> = (0..TASKS)
            .map(|task| (stream.below(1 << 30), task))
            .collect();
        lots.sort_unstable();
        Self {
            solved: lots.iter().take(solved).map(|(_, task)| *task).collect(),
        }
    }
}

impl Evaluate for Solver {
    fn evaluate(&mut self, batch: &FeatureBatch) -> Result<Scores, EvaluateError> {
        let FeatureValues::Float32(values) = &batch.tensors[0].values else {
            panic!("the first input is float32");
        };
        let score = |row: &[f32]| {
            let task = row[1] as u32;
            let positive = task.is_multiple_of(2) == self.solved.contains(&task);
            if positive { 0.9 } else { 0.1 }
        };
        Ok(Scores {
            rows: batch.rows,
            width: 1,
            values: values
                .chunks_exact(batch.tensors[0].width)
                .map(score)
                .collect(),
        })
    }
}

fn data() -> String {
    let mut text = String::from("age,income,region,note,sex,today,truth,memo\n");
    for task in 0..TASKS {
        let truth = u32::from(task.is_multiple_of(2));
        text.push_str(&format!(
            "30,{task},1,a,{},{},{truth},x\n",
            task / 2 % 2,
            task % 3 / 2
        ));
    }
    text
}

/// The need with accuracy as its criterion.
fn need() -> String {
    let head = NEED.split("[[criteria]]").next().unwrap();
    let head = head
        .replace("confidence = 0.9", "confidence = 0.95")
        .replace("replicates = 400", "replicates = 2000");
    format!(
        "{head}[[criteria]]\nid = \"resolved\"\nmetric = \"accuracy\"\nover = \"all\"\ndirection = \"at_least\"\nthreshold = 0.6\nwhy = {{ ko = \"까닭\", en = \"Why\" }}\n"
    )
}

fn outcome(need: &str, solvers: &[(String, Solver)]) -> Outcome {
    let data = data();
    let mut inputs = InputsInMemory::new()
        .with("need", need)
        .with("dataset", data.as_bytes());
    for (id, solver) in solvers {
        let predictions = world::predictions(need, data.as_bytes(), id, solver.clone());
        inputs = inputs
            .with(format!("solution/{id}"), world::solution_named(id))
            .with(format!("predictions/{id}"), predictions);
    }
    let ids: Vec<&str> = solvers.iter().map(|(id, _)| id.as_str()).collect();
    (SCORE.run)(&world::request(need, &ids), &inputs, &NoProgress).expect("the run")
}

fn owner(outcome: &Outcome) -> OwnerReport {
    serde_json::from_value(outcome.report.clone()).unwrap()
}

fn released(outcome: &Outcome) -> ReleasedReport {
    serde_json::from_slice(&outcome.output("released.json").unwrap().bytes).unwrap()
}

fn solvers(solved: &[usize]) -> Vec<(String, Solver)> {
    (1_u64..)
        .zip(solved)
        .map(|(seed, solved)| (format!("s{seed}"), Solver::of(seed, *solved)))
        .collect()
}

fn letters_of(standing: &Standing, id: &str) -> String {
    let place = standing
        .places
        .iter()
        .position(|place| place.id == id)
        .unwrap() as u32;
    let own = standing
        .groups
        .iter()
        .zip(&standing.letters)
        .filter(|(group, _)| group.contains(&place));
    own.map(|(_, letter)| letter.as_str()).collect()
}

/// The case of a public leaderboard of 500 tasks: nine entries between 71 and
/// 67 per cent in a strict order, and not one pair of them told apart.
#[test]
fn the_first_nine_of_a_leaderboard_are_shown_as_one_tie() {
    let solved = [354, 350, 347, 345, 343, 341, 339, 337, 335, 240, 200, 120];
    let report = owner(&outcome(&need(), &solvers(&solved)));
    assert_eq!(report.standings.len(), 1);
    let standing = &report.standings[0];
    assert_eq!(standing.test, PairTestKind::Mcnemar);
    // Twelve and today's decisions.
    assert_eq!(standing.pairs, 13 * 12 / 2);
    let places: Vec<&str> = standing
        .places
        .iter()
        .map(|place| place.id.as_str())
        .collect();
    assert_eq!(
        places[..9],
        ["s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9"]
    );
    assert_eq!(standing.groups[0], (0..9).collect::<Vec<u32>>());
    for id in &places[..9] {
        assert_eq!(letters_of(standing, id), "a", "{id}");
    }
    for id in ["s10", "s11", "s12"] {
        assert!(!letters_of(standing, id).contains('a'), "{id}");
    }
    assert!(
        standing.sentence.en.starts_with("9 are one tie"),
        "{}",
        standing.sentence.en
    );
}

#[test]
fn contenders_that_are_told_apart_share_no_letter() {
    let report = owner(&outcome(&need(), &solvers(&[480, 350])));
    let standing = &report.standings[0];
    assert_eq!(letters_of(standing, "s1"), "a");
    assert_ne!(letters_of(standing, "s2"), "a");
    assert!(
        standing.sentence.en.contains("told apart from all others"),
        "{}",
        standing.sentence.en
    );
}

#[test]
fn the_same_solution_twice_is_never_told_apart() {
    let twice = vec![
        ("one".to_owned(), Solver::of(3, 350)),
        ("two".to_owned(), Solver::of(3, 350)),
    ];
    let report = owner(&outcome(&need(), &twice));
    let standing = &report.standings[0];
    assert_eq!(letters_of(standing, "one"), letters_of(standing, "two"));
}

#[test]
fn what_leaves_does_not_say_who_of_a_tie_is_ahead() {
    let standing = |first: usize, second: usize| -> ReleasedStanding {
        let released = released(&outcome(&need(), &solvers(&[first, second, 100])));
        released.standings[0].clone()
    };
    let (ahead, behind) = (standing(340, 341), standing(341, 340));
    assert_eq!(ahead, behind);
    let ids: Vec<&str> = ahead.places.iter().map(|place| place.id.as_str()).collect();
    assert_eq!(ids[..2], ["s1", "s2"]);
    assert!(!serde_json::to_string(&ahead).unwrap().contains("0.68"));
}

#[test]
fn a_metric_of_no_direction_and_one_wanted_on_both_sides_have_no_standing() {
    let gap = need()
        .replace("metric = \"accuracy\"", "metric = \"selection_rate\"")
        .replace("over = \"all\"", "over = \"gap:sex\"")
        .replace("at_least", "at_most");
    assert!(
        owner(&outcome(&gap, &solvers(&[350, 340])))
            .standings
            .is_empty()
    );
    let again = need()
        .split("[[criteria]]")
        .nth(1)
        .unwrap()
        .replace("resolved", "other");
    let both = format!(
        "{}[[criteria]]{}",
        need(),
        again.replace("at_least", "at_most")
    );
    assert!(
        owner(&outcome(&both, &solvers(&[350, 340])))
            .standings
            .is_empty()
    );
}

#[test]
fn a_gap_that_is_to_be_small_does_not_turn_its_metric_around() {
    let gap = need()
        .replace("over = \"all\"", "over = \"gap:sex\"")
        .replace("at_least", "at_most");
    let report = owner(&outcome(&gap, &solvers(&[300, 400])));
    assert_eq!(
        report.standings[0].places[0].id, "s2",
        "more right is better"
    );
}
