//! The leak guard against an adversary who submits again and again.
//!
//! The labels are coin flips, so nothing can be learned about them that is
//! true of other data: whatever a board shows above one half, it leaked. The
//! attacks are played on a board that tells every accuracy exactly, and on the
//! ledger that the score engine uses ([`Ledger::submit`]).

use modu_kernel::{Digest, Label};
use modu_proof::Finite;
use modu_proof::ledger::{Comparison, Ledger, Step, Submitted};
use modu_proof::need::ReleaseRule;
use modu_proof::report::{
    Decision, DecisionAnswer, ReleasedCriterion, ReleasedPart, ReleasedSolution, Source, Verdict,
};

use crate::world::Stream;

const ROWS: usize = 2000;
const SUBMISSIONS: usize = 500;
const TRUTH: f64 = 0.5;
/// What the gate asks for: the attacker may learn from its verdicts, too.
const THRESHOLD: f64 = 0.5;

type Answers = Vec<bool>;

/// What an attacker sees of a submission.
struct Seen {
    /// The number on the board, and whether it is this submission's own.
    number: f64,
    own: bool,
    /// Whether it was adopted, where that is told.
    adopted: Option<bool>,
}

/// Something that answers submissions.
trait Board {
    fn submit(&mut self, answers: &[bool]) -> Seen;
}

/// The labels, with what is truly the case.
struct Secret {
    labels: Answers,
}

impl Secret {
    fn new(seed: u64) -> Self {
        Self {
            labels: coins(&mut Stream(seed)),
        }
    }

    fn right(&self, answers: &[bool]) -> Vec<bool> {
        let pairs = answers.iter().zip(&self.labels);
        pairs.map(|(answer, label)| answer == label).collect()
    }

    fn accuracy(&self, answers: &[bool]) -> f64 {
        share(&self.right(answers))
    }
}

fn share(right: &[bool]) -> f64 {
    right.iter().filter(|it| **it).count() as f64 / right.len() as f64
}

fn coins(stream: &mut Stream) -> Answers {
    (0..ROWS).map(|_| stream.below(2) == 1).collect()
}

/// A board that tells everything.
struct Raw<'a>(&'a Secret);

impl Board for Raw<'_> {
    fn submit(&mut self, answers: &[bool]) -> Seen {
        let number = self.0.accuracy(answers);
        Seen {
            number,
            own: true,
            adopted: Some(number > THRESHOLD),
        }
    }
}

/// The engine's ledger before the same numbers.
struct Guarded<'a> {
    secret: &'a Secret,
    ledger: Ledger,
    step: Step,
    /// Which rows each counted submission had right.
    counted: Vec<Vec<bool>>,
}

impl<'a> Guarded<'a> {
    fn new(secret: &'a Secret) -> Self {
        let submissions = u32::try_from(SUBMISSIONS).unwrap();
        Self {
            secret,
            ledger: Ledger::empty(Digest::of(b"data")),
            step: Step::of(&ReleaseRule {
                submissions,
                total: submissions,
                step: 0.0,
            }),
            counted: Vec::new(),
        }
    }
}

impl Board for Guarded<'_> {
    fn submit(&mut self, answers: &[bool]) -> Seen {
        let right = self.secret.right(answers);
        let submitted = submitted(answers);
        self.counted.push(right.clone());
        let counted = &self.counted;
        let mut compare =
            |_, holder: u64| paired(&right, &counted[usize::try_from(holder).unwrap()]);
        let told = self
            .ledger
            .submit(&self.step, &submitted, whole(share(&right)), &mut compare);
        self.counted.truncate(self.ledger.submissions.len());
        let part = &told.criteria[0].parts[0];
        Seen {
            number: part.estimate.unwrap().get(),
            own: part.source == Source::ThisSubmission,
            adopted: (told.source == Source::ThisSubmission)
                .then_some(told.decision.answer == DecisionAnswer::Adopt),
        }
    }
}

fn paired(ours: &[bool], theirs: &[bool]) -> Comparison {
    let rows = ours.len() as f64;
    let differences = ours
        .iter()
        .zip(theirs)
        .map(|(ours, theirs)| f64::from(u8::from(*ours)) - f64::from(u8::from(*theirs)));
    let gain = differences.clone().sum::<f64>() / rows;
    let squares: f64 = differences.map(|it| (it - gain) * (it - gain)).sum();
    Comparison::Paired {
        gain,
        standard_error: (squares / rows / rows).sqrt(),
    }
}

fn submitted(answers: &[bool]) -> Submitted {
    let bytes: Vec<u8> = answers.iter().map(|it| u8::from(*it)).collect();
    Submitted {
        need: Digest::of(b"need"),
        solution: Digest::of(&bytes),
        model: None,
        predictions: Some(Digest::of(&bytes)),
        supplier: Label::new("공격자", "Attacker"),
        registration: None,
        time: None,
    }
}

/// Everything that could be told of a submission, not even rounded.
fn whole(accuracy: f64) -> ReleasedSolution {
    let name = || Label::new("모든 행", "all rows");
    let met = accuracy > THRESHOLD;
    let verdict = if met { Verdict::Met } else { Verdict::NotMet };
    let part = ReleasedPart {
        member: None,
        name: name(),
        verdict,
        estimate: Finite::new(accuracy),
        limit: Finite::new(accuracy),
        improvement: None,
        improvement_limit: None,
        digits: Some(4),
        reason: None,
        source: Source::ThisSubmission,
    };
    ReleasedSolution {
        id: "attack".to_owned(),
        name: name(),
        supplier: name(),
        version: "1".to_owned(),
        solution_digest: Digest::of(b"solution"),
        model_digest: None,
        criteria: vec![ReleasedCriterion {
            id: "accuracy".to_owned(),
            verdict,
            parts: vec![part],
        }],
        decision: Decision {
            answer: if met {
                DecisionAnswer::Adopt
            } else {
                DecisionAnswer::Refuse
            },
            reason: name(),
            blocking: Vec::new(),
        },
        source: Source::ThisSubmission,
    }
}

/// What an attack came to.
struct Loot {
    /// The best number on the board.
    shown: f64,
    /// The last submission: all that was learned, put together.
    last: Answers,
}

/// Hardt's boosting attack: random answers, and a vote of those that scored
/// above chance (those below, turned round).
fn boosting(board: &mut dyn Board, seed: u64) -> Loot {
    let mut stream = Stream(seed);
    let mut votes = vec![0_i64; ROWS];
    let mut shown = f64::NEG_INFINITY;
    for _ in 1..SUBMISSIONS {
        let answers = coins(&mut stream);
        let seen = board.submit(&answers);
        shown = shown.max(seen.number);
        if !seen.own {
            continue;
        }
        let weight = if seen.number > TRUTH { 1 } else { -1 };
        for (vote, answer) in votes.iter_mut().zip(&answers) {
            *vote += if *answer { weight } else { -weight };
        }
    }
    let last: Answers = votes.iter().map(|vote| *vote > 0).collect();
    finish(board, last, shown)
}

/// Coordinate flips: a block of rows is turned round and stays so where the
/// board shows a better number.
fn flipping(board: &mut dyn Board, seed: u64) -> Loot {
    let mut answers = coins(&mut Stream(seed));
    let mut shown = board.submit(&answers).number;
    for block in blocks() {
        flip(&mut answers, &block);
        let seen = board.submit(&answers);
        if seen.own && seen.number > shown {
            shown = seen.number;
        } else {
            flip(&mut answers, &block);
        }
    }
    finish(board, answers, shown)
}

/// Flips by the verdict alone. Answers and their opposite lie on both sides of
/// the threshold, so halving the way between them finds answers that are just
/// refused; a block whose turn then makes the gate adopt was mostly wrong.
fn verdicts(board: &mut dyn Board, seed: u64) -> Loot {
    let start = coins(&mut Stream(seed));
    let blocks = blocks();
    let turned = |count: usize| {
        let mut answers = start.clone();
        blocks
            .iter()
            .take(count)
            .for_each(|block| flip(&mut answers, block));
        answers
    };
    let mut adopts = |answers: &[bool]| board.submit(answers).adopted == Some(true);
    let adopted_first = adopts(&start);
    let (mut same, mut other) = (0, blocks.len());
    while other - same > 1 {
        let middle = usize::midpoint(same, other);
        if adopts(&turned(middle)) == adopted_first {
            same = middle;
        } else {
            other = middle;
        }
    }
    // The last block between the two, row by row: only one row is missing.
    let mut answers = turned(if adopted_first { other } else { same });
    for row in &blocks[same] {
        let mut trial = answers.clone();
        flip(&mut trial, &[*row]);
        if adopts(&trial) {
            break;
        }
        answers = trial;
    }
    let mut wrong = Vec::new();
    for block in &blocks {
        let mut trial = answers.clone();
        flip(&mut trial, block);
        if adopts(&trial) {
            wrong.push(block);
        }
    }
    for block in wrong {
        flip(&mut answers, block);
    }
    finish(board, answers, f64::NEG_INFINITY)
}

fn blocks() -> Vec<Vec<usize>> {
    let rows: Vec<usize> = (0..ROWS).collect();
    let size = ROWS.div_ceil(SUBMISSIONS - 2);
    rows.chunks(size).map(<[usize]>::to_vec).collect()
}

fn flip(answers: &mut [bool], block: &[usize]) {
    for row in block {
        answers[*row] = !answers[*row];
    }
}

fn finish(board: &mut dyn Board, last: Answers, shown: f64) -> Loot {
    let seen = board.submit(&last);
    Loot {
        shown: shown.max(seen.number),
        last,
    }
}

fn compare_boards(name: &str, attack: fn(&mut dyn Board, u64) -> Loot, at_least: f64) {
    for seed in 1..=5 {
        let secret = Secret::new(1000 + seed);
        let raw = attack(&mut Raw(&secret), seed);
        let mut board = Guarded::new(&secret);
        let guarded = attack(&mut board, seed);
        assert!(board.ledger.submissions.len() <= SUBMISSIONS);
        // What the board shows, and what the attacker truly put together.
        let gains = [
            (raw.shown - TRUTH, guarded.shown - TRUTH),
            (
                secret.accuracy(&raw.last) - TRUTH,
                secret.accuracy(&guarded.last) - TRUTH,
            ),
        ];
        for (raw, guarded) in gains {
            println!("{name}, seed {seed}: raw {raw:.3}, guarded {guarded:.3}");
            assert!(raw > at_least, "{name}, seed {seed}: raw {raw}");
            assert!(
                guarded <= raw / 5.0,
                "{name}, seed {seed}: raw {raw}, guarded {guarded}"
            );
        }
    }
}

#[test]
fn a_vote_of_500_random_submissions_gains_a_fifth_at_most_of_what_a_raw_board_gives() {
    compare_boards("boosting", boosting, 0.12);
}

#[test]
fn flipping_rows_for_500_submissions_gains_a_fifth_at_most_of_what_a_raw_board_gives() {
    compare_boards("flipping", flipping, 0.12);
}

#[test]
fn learning_from_500_verdicts_gains_a_fifth_at_most_of_what_a_raw_gate_gives() {
    compare_boards("verdicts", verdicts, 0.08);
}

#[test]
fn an_honest_supplier_who_truly_improves_is_told_so() {
    let secret = Secret::new(1);
    let mut board = Guarded::new(&secret);
    let mut stream = Stream(2);
    let mut own = 0;
    for right_in_ten in [5, 6, 7, 8, 9] {
        let answers: Answers = (secret.labels.iter())
            .map(|label| *label == (stream.below(10) < right_in_ten))
            .collect();
        let seen = board.submit(&answers);
        assert_eq!(seen.number, secret.accuracy(&answers), "{right_in_ten}");
        own += usize::from(seen.own);
    }
    assert_eq!(own, 5);
    // And a worse one learns only that.
    let worse = board.submit(&coins(&mut stream));
    assert!(!worse.own && worse.adopted.is_none() && worse.number > 0.85);
}
