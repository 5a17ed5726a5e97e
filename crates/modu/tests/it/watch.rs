//! An adopted solution on new rows, through the command line.

use std::fs;

use crate::program::{Office, Said, demo, text};

/// The demonstration's need with one easy criterion, so that 200 made-up rows
/// can adopt.
fn easy_need() -> String {
    let need = fs::read_to_string(demo("need.toml")).unwrap();
    let head = need.split("[[criteria]]").next().unwrap();
    let head = head.replace("replicates = 2000", "replicates = 500");
    let head = head.replace("minimum_group = 200", "minimum_group = 50");
    format!(
        "{head}[[criteria]]\nid = \"right\"\nmetric = \"accuracy\"\nover = \"all\"\ndirection = \"at_least\"\nthreshold = 0.6\nwhy = {{ ko = \"대체로 맞아야 한다.\", en = \"Mostly right.\" }}\n"
    )
}

/// The sample with the label `common` in nine rows of ten, and the first
/// `skipped` rows left out.
fn relabelled(office: &Office, name: &str, common: &str, skipped: usize) -> String {
    let sample = fs::read_to_string(office.path("kit/sample.csv")).unwrap();
    let mut lines = sample.lines();
    let header = lines.next().unwrap();
    let label = header.split(',').position(|it| it == "over_limit").unwrap();
    let rare = if common == "0" { "1" } else { "0" };
    let rows = lines.enumerate().skip(skipped).map(|(index, line)| {
        let mut cells: Vec<&str> = line.split(',').collect();
        cells[label] = if index % 10 == 0 { rare } else { common };
        cells.join(",")
    });
    let table: Vec<String> = std::iter::once(header.to_owned()).chain(rows).collect();
    let path = office.path(name);
    fs::write(&path, table.join("\n") + "\n").unwrap();
    text(&path).to_owned()
}

fn adopted() -> Office {
    let office = Office::with_kit();
    let need = office.path("kit/need.toml");
    fs::write(&need, easy_need()).unwrap();
    office
        .modu(&["proof", "register", text(&need)])
        .expect_code(0);
    let data = relabelled(&office, "then.csv", "1", 0);
    let (solution, out) = (demo("solutions/linear"), office.path("out"));
    let run = [
        "proof",
        "run",
        text(&need),
        "--data",
        &data,
        "--solution",
        text(&solution),
        "--out",
        text(&out),
    ];
    office.modu(&run).expect_code(0);
    office
}

fn watch(office: &Office, data: &str) -> Said {
    let out = office.path("watched");
    office.modu(&[
        "--json",
        "proof",
        "watch",
        "2",
        "--data",
        data,
        "--out",
        text(&out),
    ])
}

#[test]
fn a_solution_that_holds_is_kept_and_one_that_fails_has_decayed() {
    let office = adopted();
    let like_before = relabelled(&office, "like-before.csv", "1", 5);
    let said = watch(&office, &like_before).expect_code(0);
    let kept: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        (&kept["answer"], &kept["adopted"]),
        (&"keep".into(), &"2".into())
    );
    assert_eq!(kept["drift"], false, "{kept}");

    let turned = relabelled(&office, "turned.csv", "0", 5);
    let said = watch(&office, &turned).expect_code(1);
    let decayed: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(decayed["criteria"][0]["answer"], "decayed");

    // The new entry names the one that it departs from, and replays.
    let index = decayed["entries"][1].as_str().unwrap();
    let (_, shown) = office.ask(&["evidence", "show", index]);
    let statement = shown.to_string();
    assert!(statement.contains("proof.watch") && statement.contains("\"log_index\":\"2\""));
    let (code, replays) = office.ask(&["evidence", "replay"]);
    assert_eq!(code, 0, "{replays}");
    let released = fs::read_to_string(office.path("watched/released.json")).unwrap();
    assert!(
        released.contains("decayed") && !released.contains("0.9"),
        "{released}"
    );
}

#[test]
fn only_an_adoption_can_be_watched_and_only_on_new_rows() {
    let office = adopted();
    let same = text(&office.path("then.csv")).to_owned();
    let said = watch(&office, &same).expect_code(2);
    assert!(said.err.contains("newly collected"), "{}", said.err);
    let fresh = relabelled(&office, "fresh.csv", "1", 5);
    let out = office.path("watched");
    let asked = ["proof", "watch", "1", "--data", &fresh, "--out", text(&out)];
    let said = office.modu(&asked).expect_code(2);
    assert!(said.err.contains("no run of proof.score"), "{}", said.err);
    office
        .modu(&["evidence", "withdraw", "0", "--reason", "wrong threshold"])
        .expect_code(0);
    watch(&office, &fresh).expect_code(2);
}
