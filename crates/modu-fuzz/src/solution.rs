//! Solutions: what is read can be prepared on the data of any need it fits.

use std::io::Cursor;
use std::sync::OnceLock;

use modu_proof::dataset::{Dataset, Limits};
use modu_proof::evaluate::FeatureBatch;
use modu_proof::kit;
use modu_proof::need::Need;
use modu_proof::preparation::Features;
use modu_proof::solution::Solution;

use crate::Target;
use crate::table::small_need;

/// `solution.toml`.
pub const TARGET: Target = Target {
    name: "solution",
    law,
    seeds,
    mutate: None,
};

const ROWS: usize = 5;

/// - Refusals tell a reason.
/// - A model's file is a plain name beside the document.
/// - A solution that fits a need is prepared from every row, as wide as it
///   says, to the same numbers however the rows are cut.
pub fn law(bytes: &[u8]) {
    let solution = match Solution::parse(bytes) {
        Ok(solution) => solution,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let model = std::path::Path::new(&solution.model);
    assert_eq!(model.file_name(), Some(model.as_os_str()), "{model:?}");
    let need = small_need();
    let width: usize = solution.inputs.iter().map(|input| input.width()).sum();
    let features = match Features::bind(&solution, need) {
        Ok(features) => features,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let inputs = solution.interface(need).inputs;
    assert_eq!(inputs.len(), solution.inputs.len());
    if width > 1 << 12 {
        return;
    }
    let whole = features.batch(data(), 0, ROWS);
    assert_eq!(whole.rows, ROWS);
    for (tensor, input) in whole.tensors.iter().zip(&inputs) {
        assert_eq!(tensor.name, input.name);
        assert_eq!(tensor.values.len(), ROWS * input.width);
    }
    let single = |row| features.batch_of(data(), &[row]);
    for row in 0..ROWS {
        assert_eq!(shown(&features.batch(data(), row, 1)), shown(&single(row)));
    }
}

/// As text, in which a NaN equals itself.
fn shown(batch: &FeatureBatch) -> String {
    format!("{batch:?}")
}

fn data() -> &'static Dataset {
    static DATA: OnceLock<Dataset> = OnceLock::new();
    DATA.get_or_init(|| {
        let csv = kit::sample_csv(small_need(), ROWS, 7);
        Dataset::read(&mut Cursor::new(csv), small_need(), &Limits::default())
            .expect("a sample is read by its need")
    })
}

/// The template of the small need, the demonstrations' solutions, and one with
/// every way of preparing.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let needs = [crate::table::NEED, include_str!("../../../demo/need.toml")];
    let templates = needs.into_iter().flat_map(|text| {
        let need = Need::parse(text.as_bytes()).expect("our own need");
        let files = kit::files(&need, text.as_bytes(), 1).into_iter();
        files
            .filter(|file| file.name == "solution.toml")
            .map(|file| file.bytes)
    });
    let written = [
        EVERY_WAY,
        include_str!("../../../demo/solutions/linear/solution.toml"),
        include_str!("../../../demo/solutions/weighted/solution.toml"),
    ];
    templates
        .chain(written.map(|text| text.as_bytes().to_vec()))
        .collect()
}

const EVERY_WAY: &str = r#"
schema = "modu.proof.solution/1"
id = "all"
name = { ko = "모두", en = "All" }
supplier = { ko = "갑", en = "A" }
version = "1"
model = "all.onnx"
[output]
scores = "probabilities"
[[inputs]]
name = "numbers"
type = "float32"
columns = [
  { column = "age", prepare = "pass" },
  { column = "income", prepare = "scale", mean = 10.0, deviation = 2.5 },
  { column = "region", prepare = "one_hot", codes = [0, 2] },
  { column = "note", prepare = "hashed", buckets = 4 },
]
[[inputs]]
name = "text"
type = "int64"
columns = [ { column = "note", prepare = "code_points", length = 6 } ]
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_is_a_solution() {
        for seed in seeds() {
            Solution::parse(&seed).unwrap();
        }
        let solution = Solution::parse(EVERY_WAY.as_bytes()).unwrap();
        Features::bind(&solution, small_need()).unwrap();
    }
}
