//! Decision tables against those who publish them.

use modu_vuln::ssvc::{self, DecisionTable};

use crate::archives;

/// BOD 26-04, row by row: in KEV, publicly exposed, automatable, total impact,
/// and the days it leaves (3 days with a forensic investigation as -3, none
/// until the next upgrade as 0).
const BOD_26_04: [(u8, u8, u8, u8, i32); 16] = [
    (0, 0, 0, 0, 0),
    (0, 0, 0, 1, 0),
    (0, 0, 1, 0, 60),
    (0, 0, 1, 1, 60),
    (0, 1, 0, 0, 60),
    (0, 1, 0, 1, 14),
    (0, 1, 1, 0, 14),
    (0, 1, 1, 1, 3),
    (1, 0, 0, 0, 14),
    (1, 0, 0, 1, 14),
    (1, 0, 1, 0, 14),
    (1, 0, 1, 1, -3),
    (1, 1, 0, 0, 14),
    (1, 1, 0, 1, -3),
    (1, 1, 1, 0, 3),
    (1, 1, 1, 1, -3),
];

fn days(outcome: &str) -> i32 {
    match outcome {
        "FSU" => 0,
        "60D" => 60,
        "14D" => 14,
        "3D" => 3,
        "3DF" => -3,
        other => panic!("{other}"),
    }
}

#[test]
fn every_row_of_bod_26_04_gives_its_days() {
    let table = ssvc::named("cisa-bod-26-04").unwrap();
    for (kev, exposed, automatable, total, expected) in BOD_26_04 {
        let yes = |it: u8| Some(if it == 1 { "Y" } else { "N" });
        let impact = Some(if total == 1 { "T" } else { "P" });
        let known = [yes(kev), yes(exposed), yes(automatable), impact];
        assert_eq!(days(table.decide(&known)), expected, "{known:?}");
    }
}

#[test]
fn what_is_not_known_makes_the_outcome_as_urgent_as_it_can_be() {
    let table = ssvc::named("cisa-bod-26-04").unwrap();
    for (known, outcome) in [
        ([None, None, None, None], "3DF"),
        ([Some("N"), None, None, None], "3D"),
        ([Some("N"), Some("N"), None, None], "60D"),
        ([Some("n"), Some("N"), Some("N"), None], "FSU"),
        // No value of the point: not known.
        ([Some("maybe"), Some("N"), Some("N"), Some("P")], "14D"),
    ] {
        assert_eq!(table.decide(&known), outcome, "{known:?}");
    }
}

/// Asks both tables for every combination of the first one's points.
fn assert_same(own: &DecisionTable, theirs: &DecisionTable) -> usize {
    let mut combinations = vec![Vec::new()];
    for point in own.points() {
        combinations = (combinations.iter())
            .flat_map(|before: &Vec<&str>| {
                (point.values.iter()).map(move |value| [before.as_slice(), &[value]].concat())
            })
            .collect();
    }
    assert_eq!(own.outcome(), theirs.outcome());
    assert_eq!(own.points().len(), theirs.points().len());
    for combination in &combinations {
        let known: Vec<Option<&str>> = combination.iter().copied().map(Some).collect();
        let reordered: Vec<Option<&str>> = (theirs.points().iter())
            .map(|point| {
                let place = own.points().iter().position(|own| own == point).unwrap();
                known[place]
            })
            .collect();
        assert_eq!(own.decide(&known), theirs.decide(&reordered), "{known:?}");
    }
    combinations.len()
}

#[test]
fn the_tables_that_are_here_are_those_that_cert_cc_publishes() {
    let Some(texts) = archives::texts("certcc-ssvc.tar.zst", ".json") else {
        return;
    };
    for (name, file, rows) in [
        ("cisa-bod-26-04", "cisa/cisa_bod_26_04_1_0_0.json", 16),
        (
            "ssvc-deployer",
            "ssvc/deployer_patch_application_priority_1_0_0.json",
            72,
        ),
    ] {
        let (_, text) = (texts.iter())
            .find(|(path, _)| path.ends_with(format!("data/json/decision_tables/{file}")))
            .unwrap();
        let theirs = ssvc::parse_certcc(text.as_bytes()).unwrap();
        assert_eq!(assert_same(&ssvc::named(name).unwrap(), &theirs), rows);
    }
}

#[test]
fn every_decision_table_of_cert_cc_can_be_read() {
    let Some(texts) = archives::texts("certcc-ssvc.tar.zst", ".json") else {
        return;
    };
    let tables = texts.iter().filter(|(path, _)| {
        path.to_string_lossy()
            .contains("data/json/decision_tables/")
    });
    let mut read = 0;
    for (path, text) in tables {
        let table = ssvc::parse_certcc(text.as_bytes());
        assert!(table.is_ok(), "{}: {:?}", path.display(), table.err());
        read += 1;
    }
    assert_eq!(read, 16);
}

#[test]
fn a_table_that_leaves_a_combination_open_or_decides_it_twice_is_refused() {
    let table = |rows: &str| {
        let text = format!(
            "name = \"x\"\nversion = \"1\"\n[[points]]\nkey = \"P\"\nvalues = [\"N\", \"Y\"]\n[outcome]\nkey = \"O\"\nvalues = [\"later\", \"now\"]\n[mapping]\nrows = [{rows}]\n"
        );
        ssvc::parse(text.as_bytes()).map_err(|error| error.to_string())
    };
    assert!(table(r#"["N", "later"], ["Y", "now"]"#).is_ok());
    for (rows, problem) in [
        (r#"["N", "later"]"#, "1 of 2 combinations"),
        (r#"["N", "later"], ["N", "now"]"#, "row 2"),
        (r#"["N", "later"], ["Y", "soon"]"#, "row 2"),
        (r#"["N", "later"], ["Y"]"#, "row 2"),
        (r#"["N", "later"], []"#, "row 2"),
    ] {
        let error = table(rows).unwrap_err();
        assert!(error.contains(problem), "{error}");
    }
}
