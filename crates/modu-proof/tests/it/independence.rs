//! A score comes from its own row: not from its place, nor from its neighbours.

use modu_kernel::{InputsInMemory, NoProgress};
use modu_proof::evaluate::{Evaluate, EvaluateError, FeatureBatch, FeatureValues, Scores};
use modu_proof::predict::{PredictRequest, predict_with};
use modu_proof::predictions::Predictions;

use crate::world::{self, ByIncome};

/// Enough rows for several batches, sorted by truth: the poor come last.
fn sorted_by_truth() -> String {
    let mut text = String::from("age,income,region,note,sex,today,truth,memo\n");
    for row in 0..9000 {
        let truth = u8::from(row >= 4500);
        let income = 9000 - row;
        text.push_str(&format!("30,{income},1,a,{},0,{truth},x\n", row % 2));
    }
    text
}

fn predict(data: &str, evaluator: impl Evaluate + Clone + 'static) -> Result<Predictions, String> {
    let inputs = InputsInMemory::new()
        .with("need", world::NEED)
        .with("dataset", data)
        .with("solution", world::solution_named("first"))
        .with("model", "a model");
    let request = PredictRequest {
        solution: "first".to_owned(),
        walls: None,
    };
    let make = &mut |_: &[u8], _: &modu_proof::evaluate::ModelInterface| {
        Ok(Box::new(evaluator.clone()) as Box<dyn Evaluate>)
    };
    predict_with(&request, &inputs, &NoProgress, make)
        .map(|(_, _, outputs)| Predictions::parse(&outputs[0].bytes).unwrap())
        .map_err(|error| error.to_string())
}

/// The rows seen before and a batch's incomes, to its scores.
type Scoring = fn(usize, &[f32]) -> Vec<f32>;

/// Scores by a rule over the batch's incomes and the rows seen before.
#[derive(Clone)]
struct Rule {
    seen: usize,
    rule: Scoring,
}

impl Evaluate for Rule {
    fn evaluate(&mut self, batch: &FeatureBatch) -> Result<Scores, EvaluateError> {
        let FeatureValues::Float32(values) = &batch.tensors[0].values else {
            panic!("the first input is float32");
        };
        let incomes: Vec<f32> = values
            .chunks_exact(batch.tensors[0].width)
            .map(|row| row[1])
            .collect();
        let values = (self.rule)(self.seen, &incomes);
        self.seen += batch.rows;
        Ok(Scores {
            rows: batch.rows,
            width: 1,
            values,
        })
    }
}

#[test]
fn a_model_that_scores_by_place_or_by_its_neighbours_is_refused() {
    let rules: [(&str, Scoring); 5] = [
        ("place in the run", |seen, incomes| {
            (0..incomes.len())
                .map(|at| (seen + at) as f32 / 9000.0)
                .collect()
        }),
        ("place in the batch", |_, incomes| {
            (0..incomes.len()).map(|at| at as f32 / 4096.0).collect()
        }),
        ("batch's mean", |_, incomes| {
            let mean = incomes.iter().sum::<f32>() / incomes.len() as f32;
            incomes.iter().map(|income| income - mean).collect()
        }),
        ("batch's mean, in large batches only", |_, incomes| {
            let mean = incomes.iter().sum::<f32>() / incomes.len() as f32;
            let mean = if incomes.len() < 500 { 0.0 } else { mean };
            incomes.iter().map(|income| income - mean).collect()
        }),
        ("row before", |_, incomes| {
            let before = incomes.first().into_iter().chain(incomes);
            before.take(incomes.len()).copied().collect()
        }),
    ];
    let data = sorted_by_truth();
    for (name, rule) in rules {
        let found = predict(&data, Rule { seen: 0, rule }).unwrap_err();
        assert!(
            found.contains("a row's score depends on the rows beside it"),
            "{name}: {found}"
        );
    }
    let few: String = data
        .lines()
        .take(4)
        .map(|line| format!("{line}\n"))
        .collect();
    let rule = rules[2].1;
    assert!(predict(&few, Rule { seen: 0, rule }).is_err());
}

#[test]
fn an_honest_model_meets_the_rows_shuffled_and_its_scores_are_in_the_files_order() {
    let data = sorted_by_truth();
    let honest = |rule| predict(&data, Rule { seen: 0, rule }).unwrap();
    let incomes = honest(|_, incomes| incomes.to_vec());
    let expected: Vec<f32> = (0..9000_u16).map(|row| f32::from(9000 - row)).collect();
    assert_eq!(incomes.scores, expected);
    assert_eq!(incomes, honest(|_, incomes| incomes.to_vec()));
    // Not one batch comes in the file's order.
    honest(|_, incomes| {
        let sorted = incomes.is_sorted_by(|left, right| left >= right);
        assert!(incomes.len() < 7 || !sorted);
        incomes.to_vec()
    });
    // A NaN is judged by the gate and does not look like a difference.
    let nan = honest(|_, incomes| vec![f32::NAN; incomes.len()]);
    assert!(nan.scores.iter().all(|score| score.is_nan()));
    for rows in [1, 2, 3] {
        let few: String = data
            .lines()
            .take(rows + 1)
            .map(|line| format!("{line}\n"))
            .collect();
        assert_eq!(predict(&few, ByIncome).unwrap().scores.len(), 2 * rows);
    }
}
