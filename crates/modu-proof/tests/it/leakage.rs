//! Nothing of the data leaves with the released report, or in an error.

use modu_kernel::{Digest, InputsInMemory, NoProgress};
use modu_proof::score::SCORE;

use crate::world::{self, ByIncome, NEED};

/// Values that stand in the data once, in every kind of column.
const CANARIES: [&str; 4] = ["119", "987654.25", "카나리아-8271", "memo-canary"];

fn data_with_canaries() -> String {
    let [age, income, note, memo] = CANARIES;
    format!(
        "{}{age},{income},2,{note},1,0,1,{memo}\n",
        world::data_csv()
    )
}

#[test]
fn no_canary_and_no_digest_of_the_data_is_in_a_released_output() {
    let data = data_with_canaries();
    let inputs = world::inputs(NEED, data.as_bytes());
    let outcome = (SCORE.run)(
        &world::request(NEED, &["first", "second"]),
        &inputs,
        &NoProgress,
    )
    .unwrap();
    let predictions = world::predictions(NEED, data.as_bytes(), "first", ByIncome);
    let digests = [
        Digest::of(data.as_bytes()).to_hex(),
        Digest::of(&predictions).to_hex(),
    ];
    let released: Vec<_> = outcome
        .outputs
        .iter()
        .filter(|output| output.name.starts_with("released"))
        .collect();
    assert_eq!(released.len(), 3);
    for output in released {
        // Digests are random hexadecimal digits and might hold "119" by chance.
        let text = without_digests(&String::from_utf8_lossy(&output.bytes));
        for secret in CANARIES
            .iter()
            .skip(1)
            .copied()
            .chain(["119,", "\"119\"", " 119 "])
        {
            assert!(!text.contains(secret), "{}: {secret}", output.name);
        }
        let whole = String::from_utf8_lossy(&output.bytes);
        for digest in &digests {
            assert!(!whole.contains(digest.as_str()), "{}", output.name);
        }
    }
    for finding in &outcome.findings {
        let text = format!("{finding:?}");
        assert!(
            !CANARIES.iter().any(|canary| text.contains(canary)),
            "{text}"
        );
    }
    // The canaries were really there to be leaked.
    let owner = outcome.report.to_string();
    assert!(owner.contains("987654.25") && owner.contains(&digests[0]));
}

fn without_digests(text: &str) -> String {
    let hexadecimal = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    text.split("sha256:")
        .map(|piece| piece.trim_start_matches(hexadecimal))
        .collect()
}

#[test]
fn no_error_about_the_data_quotes_a_cell() {
    let head = "age,income,region,note,sex,today,truth,memo\n";
    let rows = [
        "CANARY,1,1,a,0,0,1,x",
        "30,CANARY,1,a,0,0,1,x",
        "30,1,CANARY,a,0,0,1,x",
        "30,1,1,a,CANARY,0,1,x",
        "30,1,1,a,0,CANARY,1,x",
        "30,1,1,a,0,0,CANARY,x",
        "30,1,1,a,0,0,777001,x",
        "777001,1,1,a,0,0,1,x",
        "30,1,1,CANARY",
        "30,1,1,\"CANARY",
        "30,1,1,a,0,0,1,x,CANARY",
    ];
    let files = rows
        .iter()
        .map(|row| format!("{head}{row}\n"))
        .chain(["CANARY,1,1,a,0,0,1,x\n30,1,1,a,0,0,1,x\n".to_owned()]);
    for file in files {
        let inputs = InputsInMemory::new()
            .with("need", NEED)
            .with("dataset", file.as_bytes())
            .with("solution/first", world::solution_named("first"));
        let error =
            (SCORE.run)(&world::request(NEED, &["first"]), &inputs, &NoProgress).unwrap_err();
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(
                !text.contains("CANARY") && !text.contains("777001"),
                "{file}: {text}"
            );
        }
    }
}
