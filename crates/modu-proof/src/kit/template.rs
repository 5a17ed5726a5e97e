//! A `solution.toml` to begin with: every feature, prepared in a usual way.

use std::fmt::Write as _;

use crate::need::{ColumnRole, ColumnType, Need, Task};
use crate::solution::SOLUTION_SCHEMA;

/// Codes are listed one by one up to here, hashed beyond.
const LISTED_CODES: u32 = 256;
/// Buckets of a hashed column.
const BUCKETS: u32 = 64;
/// Features that the template uses at most; a wide need's supplier knows its way.
const COLUMNS: usize = 256;

/// What the model is to answer, as a comment.
fn shape(need: &Need) -> String {
    match need.task {
        Task::Binary | Task::Multiclass => format!(
            "# f32 [n, {}]: 열은 need.toml의 label.classes 순서 / columns in the order of label.classes",
            need.label.classes.len()
        ),
        Task::Regression => {
            "# f32 [n, 1]: 예측값, 참값과 같은 단위 / the prediction, in the unit of the truth"
                .to_owned()
        }
        Task::Ranking => {
            "# f32 [n, 1]: 점수, 높을수록 앞자리 / the score, the highest first".to_owned()
        }
    }
}

pub(super) fn solution_toml(need: &Need) -> String {
    let mut text = format!(
        "schema = \"{SOLUTION_SCHEMA}\"\n\
         id = \"my-solution\"\n\
         name = {{ ko = \"솔루션 이름\", en = \"Name of the solution\" }}\n\
         supplier = {{ ko = \"공급기업\", en = \"Supplier\" }}\n\
         version = \"1.0\"\n\
         model = \"my-solution.onnx\"\n\
         \n\
         {}\n\
         [output]\n\
         scores = \"{}\"\n\
         \n\
         [[inputs]]\n\
         name = \"features\"\n\
         type = \"float32\"\n",
        shape(need),
        match need.task {
            Task::Binary | Task::Multiclass => "probabilities",
            Task::Regression => "predictions",
            Task::Ranking => "scores",
        }
    );
    let features = need
        .columns
        .iter()
        .filter(|column| column.role == ColumnRole::Feature);
    for column in features.take(COLUMNS) {
        let name = toml::Value::String(column.name.clone());
        let prepare = match (column.column_type, column.codes.unwrap_or(0)) {
            (ColumnType::Integer | ColumnType::Number, _) => "prepare = \"pass\"".to_owned(),
            (ColumnType::Code, codes) if codes <= LISTED_CODES => {
                let listed = (0..codes).map(|code| code.to_string()).collect::<Vec<_>>();
                format!("prepare = \"one_hot\"\ncodes = [{}]", listed.join(", "))
            }
            (ColumnType::Code | ColumnType::Text, _) => {
                format!("prepare = \"hashed\"\nbuckets = {BUCKETS}")
            }
        };
        let _ = write!(text, "\n[[inputs.columns]]\ncolumn = {name}\n{prepare}\n");
    }
    text
}
