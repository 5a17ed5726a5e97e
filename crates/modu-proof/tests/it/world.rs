//! A small need with its data, solutions and a fake evaluator, for all tests.

use std::sync::OnceLock;

use modu_kernel::{Digest, InputsInMemory};
use modu_proof::evaluate::{Evaluate, EvaluateError, FeatureBatch, FeatureValues, Scores};
use modu_proof::need::Need;
use serde_json::{Value, json};

/// A binary need with every kind of column.
pub(crate) const NEED: &str = r#"
schema = "modu.proof.need/1"
id = "support"
task = "binary"
question = { ko = "지원이 필요한 사람을 먼저 찾을 수 있는가?", en = "Can those who need support be found first?" }
unit = { ko = "신청인 한 사람", en = "one applicant" }

[label]
column = "truth"
positive = 1
classes = [ { code = 0, ko = "아니오", en = "No" }, { code = 1, ko = "예", en = "Yes" } ]

[decision]
threshold = 0.5
review_budget = 0.25

[incumbent]
column = "today"

[[columns]]
name = "age"
type = "integer"
role = "feature"
minimum = 0
maximum = 120
label = { ko = "나이", en = "Age" }

[[columns]]
name = "income"
type = "number"
role = "feature"
missing = 0.0

[[columns]]
name = "region"
type = "code"
codes = 4
role = "feature"

[[columns]]
name = "note"
type = "text"
role = "feature"

[[columns]]
name = "sex"
type = "code"
codes = 2
role = "group"

[[columns]]
name = "today"
type = "integer"
role = "incumbent"

[[columns]]
name = "truth"
type = "integer"
role = "label"

[[columns]]
name = "memo"
type = "text"
role = "ignored"

[[groups]]
id = "sex"
column = "sex"
name = { ko = "성별", en = "Sex" }
members = [ { id = "women", code = 0, ko = "여성", en = "Women" }, { id = "men", code = 1, ko = "남성", en = "Men" } ]

[[groups]]
id = "age"
column = "age"
name = { ko = "나이", en = "Age" }
members = [ { id = "young", below = 40, ko = "40세 미만", en = "Under 40" }, { id = "old", from = 40, ko = "40세 이상", en = "40 and over" } ]

[statistics]
replicates = 400
seed = "7"
confidence = 0.9
minimum_group = 40
minimum_positives = 10

[[criteria]]
id = "recall"
metric = "recall_at_budget"
over = "all"
direction = "at_least"
threshold = 0.5
margin = 0.05
why = { ko = "네 명 중 한 명만 볼 수 있다.", en = "We can look at one in four." }

[[criteria]]
id = "false-alarms"
metric = "false_alarm_rate"
over = "each:sex"
direction = "at_most"
threshold = 0.3
why = { ko = "괜한 요청을 줄인다.", en = "Needless requests are few." }

[[criteria]]
id = "gap"
metric = "false_alarm_rate"
over = "gap:age"
direction = "at_most"
threshold = 0.3
why = { ko = "나이로 차별하지 않는다.", en = "No discrimination by age." }
"#;

/// A solution that reads every kind of feature.
pub(crate) const SOLUTION: &str = r#"
schema = "modu.proof.solution/1"
id = "first"
name = { ko = "첫째", en = "First" }
supplier = { ko = "가나 회사", en = "Gana" }
version = "1.0"
model = "first.onnx"

[output]
scores = "probabilities"

[[inputs]]
name = "features"
type = "float32"

[[inputs.columns]]
column = "age"
prepare = "scale"
mean = 40.0
deviation = 20.0

[[inputs.columns]]
column = "income"
prepare = "pass"

[[inputs.columns]]
column = "region"
prepare = "one_hot"
codes = [0, 1, 2]

[[inputs]]
name = "text"
type = "int64"

[[inputs.columns]]
column = "note"
prepare = "code_points"
length = 3

[[inputs.columns]]
column = "region"
prepare = "hashed"
buckets = 5
"#;

pub(crate) fn need() -> Need {
    static PARSED: OnceLock<Need> = OnceLock::new();
    let parse = || Need::parse(NEED.as_bytes()).expect("the test's need");
    PARSED.get_or_init(parse).clone()
}

/// The need with a piece replaced; the piece must be there.
pub(crate) fn need_with(from: &str, to: &str) -> String {
    assert!(NEED.contains(from), "the test's need has no `{from}`");
    NEED.replacen(from, to, 1)
}

/// A solution of that id. Its supplier is called by what stands before the
/// id's first `-`, so that `gana-1` and `gana-2` are of one.
pub(crate) fn solution_named(id: &str) -> String {
    let supplier = id.split('-').next().unwrap_or(id);
    SOLUTION
        .replace("\"first\"", &format!("\"{id}\""))
        .replace("\"가나 회사\"", &format!("\"{supplier} 회사\""))
        .replace("\"Gana\"", &format!("\"{supplier} company\""))
}

/// A stream of numbers without a crate.
pub(crate) struct Stream(pub(crate) u64);

impl Stream {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// 400 applicants; the older and poorer need support more often, and today's
/// decisions are half right.
pub(crate) fn data_csv() -> String {
    let mut stream = Stream(11);
    let mut text = String::from("age,income,region,note,sex,today,truth,memo\n");
    for row in 0..400 {
        let (age, income) = (20 + stream.below(50), stream.below(1000));
        let chance = if income < 300 { 8 } else { 1 };
        let truth = u64::from(stream.below(10) < chance);
        let today = if stream.below(2) == 0 {
            truth
        } else {
            stream.below(2)
        };
        text.push_str(&format!(
            "{age},{income},{},\"메모 {row}, 가\",{},{today},{truth},x{row}\n",
            stream.below(4),
            stream.below(2),
        ));
    }
    text
}

/// Scores a batch by income alone: the poorer, the higher.
#[derive(Clone)]
pub(crate) struct ByIncome;

impl Evaluate for ByIncome {
    fn evaluate(&mut self, batch: &FeatureBatch) -> Result<Scores, EvaluateError> {
        let FeatureValues::Float32(values) = &batch.tensors[0].values else {
            return Err(EvaluateError::Failed(
                "the first input is float32".to_owned(),
            ));
        };
        let width = batch.tensors[0].width;
        let values = values
            .chunks_exact(width)
            .flat_map(|row| {
                let positive = (1.0 - row[1] / 600.0).clamp(0.0, 1.0);
                [1.0 - positive, positive]
            })
            .collect();
        Ok(Scores {
            rows: batch.rows,
            width: 2,
            values,
        })
    }
}

/// Scores every row alike.
#[derive(Clone)]
pub(crate) struct Constant(pub(crate) f32);

impl Evaluate for Constant {
    fn evaluate(&mut self, batch: &FeatureBatch) -> Result<Scores, EvaluateError> {
        Ok(Scores {
            rows: batch.rows,
            width: 1,
            values: vec![self.0; batch.rows],
        })
    }
}

/// The predictions of a solution by an evaluator.
pub(crate) fn predictions(
    need: &str,
    data: &[u8],
    id: &str,
    evaluator: impl Evaluate + Clone + 'static,
) -> Vec<u8> {
    let inputs = InputsInMemory::new()
        .with("need", need)
        .with("dataset", data)
        .with("solution", solution_named(id))
        .with("model", "a model");
    let request = modu_proof::predict::PredictRequest {
        solution: id.to_owned(),
        walls: None,
    };
    let make = &mut |_: &[u8], _: &modu_proof::evaluate::ModelInterface| {
        Ok(Box::new(evaluator.clone()) as Box<dyn Evaluate>)
    };
    let (_, _, mut outputs) =
        modu_proof::predict::predict_with(&request, &inputs, &modu_kernel::NoProgress, make)
            .expect("the test's prediction");
    outputs.remove(0).bytes
}

/// A score request over some solutions.
pub(crate) fn request(need: &str, ids: &[&str]) -> Value {
    json!({
        "need": Digest::of(need.as_bytes()),
        "solutions": ids,
        "publish": { "commitment": Digest::of(b"the commitment that the evidence made") },
        "time": "2026-11-22T00:00:00Z",
        "registration": { "log_index": "3", "entry": Digest::of(b"entry") },
    })
}

/// The inputs of a scoring: `first` ranks by income, `second` says 0.5 always.
pub(crate) fn inputs(need: &str, data: &[u8]) -> InputsInMemory {
    InputsInMemory::new()
        .with("need", need)
        .with("dataset", data)
        .with("solution/first", solution_named("first"))
        .with(
            "predictions/first",
            predictions(need, data, "first", ByIncome),
        )
        .with("solution/second", solution_named("second"))
        .with(
            "predictions/second",
            predictions(need, data, "second", Constant(0.5)),
        )
}
