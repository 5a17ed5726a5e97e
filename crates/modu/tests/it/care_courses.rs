//! Events that come again, states, and risks that are told anew at visits, from
//! a table over the command line to evidence.
//!
//! The tables were drawn at random once and have nobody in them. What they must
//! give was computed with R 4.2.2 and survival 3.5-3 (`coxph` with `cluster`,
//! `basehaz`, `survfit`, `timefix = FALSE`); the calls stand beside the values.

use std::fs;

use serde_json::Value;

use crate::program::Office;

const TABLES: [(&str, &str); 3] = [
    ("recurrent.csv", include_str!("care_tables/recurrent.csv")),
    ("followed.csv", include_str!("care_tables/followed.csv")),
    (
        "illness_death.csv",
        include_str!("care_tables/illness_death.csv"),
    ),
];
const RECURRENT: [&str; 16] = [
    "care",
    "fit",
    "--table",
    "recurrent.csv",
    "--person",
    "person",
    "--entry",
    "start",
    "--time",
    "stop",
    "--event",
    "event",
    "--horizon",
    "90,180",
    "--resamples",
    "50",
];
const FOLLOWED: [&str; 18] = [
    "care",
    "fit",
    "--table",
    "followed.csv",
    "--person",
    "person",
    "--entry",
    "start",
    "--time",
    "stop",
    "--event",
    "event",
    "--method",
    "landmark",
    "--visit-day",
    "day",
    "--horizon",
    "60,120",
];
const ILLNESS: [&str; 12] = [
    "care",
    "states",
    "--table",
    "illness_death.csv",
    "--time",
    "day",
    "--event",
    "dead",
    "--illness",
    "ill",
    "--illness-time",
    "ill_day",
];

fn office(kit: bool) -> Office {
    let office = if kit {
        Office::with_kit()
    } else {
        Office::empty()
    };
    for (name, text) in TABLES {
        fs::write(office.path(name), text).unwrap();
    }
    office
}

fn near(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap();
    let off = (found - expected).abs() / expected.abs();
    assert!(off < 1e-8, "{found} is not {expected}");
}

/// Hazard ratio, lower and upper limit of a term.
fn near_term(term: &Value, [coefficient, error]: [f64; 2]) {
    const Z: f64 = 1.959_963_984_540_054;
    near(&term["hazard_ratio"], coefficient.exp());
    near(&term["interval"]["lower"], (coefficient - Z * error).exp());
    near(&term["interval"]["upper"], (coefficient + Z * error).exp());
}

#[test]
fn recurrent_events_are_those_of_r_in_each_layout_and_become_evidence() {
    let office = office(true);
    // coxph(Surv(start, stop, event == 1) ~ age + treated, cluster = person), with
    // `+ strata(pmin(number, 7))`, and of Surv(stop - start, event == 1).
    for (method, terms, log_likelihood) in [
        (
            "andersen-gill",
            [
                [0.0281522101268695, 0.0138122473402208],
                [-0.8203347562060406, 0.2684490210225217],
            ],
            [-465.925906428098, -479.949418104389],
        ),
        (
            "pwp-total",
            [
                [0.0198115566332038, 0.00816444229508946],
                [-0.516570403607054, 0.18826284804838248],
            ],
            [-254.832293047422, -259.16658249103],
        ),
        (
            "pwp-gap",
            [
                [0.0218181575669168, 0.0102404518927902],
                [-0.5528420444488842, 0.1849965387583362],
            ],
            [-333.914825482962, -339.7258911572],
        ),
    ] {
        let more = ["--method", method, "--out", method, "--record"];
        let (code, told) = office.ask(&[&RECURRENT[..], &more].concat());
        assert_eq!(code, 0, "{told}");
        let report = &told["report"];
        for (place, expected) in terms.into_iter().enumerate() {
            near_term(&report["terms"][place], expected);
        }
        for (place, expected) in log_likelihood.into_iter().enumerate() {
            near(&report["log_likelihood"][place], expected);
        }
        // cumsum(S(u-) dN(u) / Y(u)), S being the share of those alive.
        near(&report["means"][0]["number"], 2.0 / 3.0);
        near(&report["means"][1]["number"], 41.0 / 30.0);
        assert_eq!(report["events"], 126);
        assert!(told["log_index"].is_string());
        for page in ["report.ko.html", "report.en.html"] {
            let page = fs::read_to_string(office.path(&format!("{method}/{page}"))).unwrap();
            assert!(page.contains("<svg"));
        }
    }
    office.modu(&["evidence", "replay"]).expect_code(0);
}

#[test]
fn a_risk_that_is_told_anew_at_visits_is_that_of_a_super_model_in_r() {
    let office = office(true);
    let landmarks = [
        "--landmark",
        "0,60,120,180",
        "--resamples",
        "2",
        "--out",
        "fit",
        "--record",
    ];
    let (code, told) = office.ask(&[&FOLLOWED[..], &landmarks].concat());
    assert_eq!(code, 0, "{told}");
    // coxph(Surv(s, t, event) ~ age + I(age * s) + marker + I(marker * s) + s +
    // I(s^2), cluster = person) of those watched at s = 0, 60, 120 and 180, up to
    // 120 days on.
    let report = &told["report"];
    near(&report["log_likelihood"][0], -397.764494014958);
    near(&report["log_likelihood"][1], -430.857172653097);
    let marker = report["terms"].as_array().unwrap().iter();
    let marker: Vec<&Value> = marker.filter(|it| it["predictor"] == "marker").collect();
    for (term, (day, expected)) in marker.into_iter().zip([
        (0, [2.10954565490006, 1.56435841261606, 2.84473355608177]),
        (90, [2.04047977815447, 1.61304801521992, 2.58117407899333]),
        (180, [1.97367509699834, 1.16603991157575, 3.34070330684247]),
    ]) {
        assert_eq!(term["day"], f64::from(day));
        near(&term["hazard_ratio"], expected[0]);
        near(&term["interval"]["lower"], expected[1]);
        near(&term["interval"]["upper"], expected[2]);
    }
    // 1 - exp(-(H(s + h) - H(s)) exp(x b)), H being basehaz(centered = FALSE).
    let row = |day: u32| format!("p{day:032x},2026-03-01T00:00:00Z,{day},70,0.5\n");
    let rows: String = [0, 60, 180].map(row).concat();
    fs::write(
        office.path("visits.csv"),
        format!("person,at,day,age,marker\n{rows}"),
    )
    .unwrap();
    for (horizon, expected) in [
        (
            "120",
            [0.493652107424894, 0.432937695542166, 0.252743203459591],
        ),
        ("60", [0.306915404346128, 0.261542595120856, f64::NAN]),
    ] {
        let predict = ["care", "predict", "visits.csv", "--model", "fit/model.json"];
        let asked = ["--horizon", horizon, "--out", "risks"];
        let (code, told) = office.ask(&[&predict[..], &asked].concat());
        assert_eq!(
            (code, &told["report"]["intervals"]),
            (0, &3.into()),
            "{told}"
        );
        let risks = fs::read_to_string(office.path("risks/risks.ndjson")).unwrap();
        for (line, expected) in risks.lines().zip(expected) {
            let risk: Value = serde_json::from_str(line).unwrap();
            if expected.is_finite() {
                near(&risk["risk"], expected);
            }
        }
    }
    office.modu(&["evidence", "replay"]).expect_code(0);
}

#[test]
fn shares_in_states_and_moves_are_those_of_r_and_become_evidence() {
    let office = office(true);
    let days = ["--day", "180,365,540", "--out", "states", "--record"];
    let (code, told) = office.ask(&[&ILLNESS[..], &days].concat());
    assert_eq!(code, 0, "{told}");
    // survfit(Surv(t0, t1, state) ~ 1, id = id, istate = from): pstate.
    let shares = [
        [0.425, 0.25, 0.325],
        [0.1381591381591382, 0.326765424532495, 0.535075437308368],
        [0.0535632351016967, 0.191922318471087, 0.754514446427217],
    ];
    for (at, expected) in told["report"]["by_day"]
        .as_array()
        .unwrap()
        .iter()
        .zip(shares)
    {
        for (state, expected) in at["states"].as_array().unwrap().iter().zip(expected) {
            near(&state["share"], expected);
            let (lower, upper) = (&state["interval"]["lower"], &state["interval"]["upper"]);
            assert!(lower.as_f64().unwrap() < expected && expected < upper.as_f64().unwrap());
        }
    }
    // Of each move its number, its rate in a year, and cumhaz with std.chaz on day
    // 365 of survfit(Surv(t0, t1, to == b) ~ 1) of the stays in a.
    let moves = told["report"]["transitions"].as_array().unwrap();
    for (it, (count, rate, hazard, error)) in moves.iter().zip([
        (83, 1.47163834951456, 1.55499077756744, 0.217335852663634),
        (25, 0.443264563106796, 0.388330019319618, 0.0959404817069487),
        (
            57,
            1.40813324315184,
            1.32549830078376,
            0.214264225783385_f64,
        ),
    ]) {
        assert_eq!(it["moves"]["of"], count);
        near(&it["a_year"], rate);
        let by = &it["cumulative"][1];
        near(&by["intensity"], hazard);
        let upper = hazard * (1.959_963_984_540_054 * error / hazard).exp();
        near(&by["interval"]["upper"], upper);
    }
    let page = fs::read_to_string(office.path("states/report.ko.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("건강 → 병"));
    office.modu(&["evidence", "replay"]).expect_code(0);

    // The same as stays, one below the other.
    let mut stays = "who,from,to,start,end\n".to_owned();
    for (person, line) in TABLES[2].1.lines().skip(1).enumerate() {
        let cells: Vec<u32> = line.split(',').map(|it| it.parse().unwrap()).collect();
        let [ill_day, ill, day, dead] = cells[..] else {
            panic!("{line}")
        };
        let dead = if dead == 1 { 3 } else { 0 };
        match ill {
            0 => stays.push_str(&format!("q{person},1,{dead},0,{day}\n")),
            _ => {
                stays.push_str(&format!("q{person},1,2,0,{ill_day}\n"));
                if ill_day < day {
                    stays.push_str(&format!("q{person},2,{dead},{ill_day},{day}\n"));
                }
            }
        }
    }
    fs::write(office.path("stays.csv"), stays).unwrap();
    let stays = [
        "care",
        "states",
        "--table",
        "stays.csv",
        "--person",
        "who",
        "--entry",
        "start",
        "--time",
        "end",
        "--event",
        "to",
        "--state",
        "from",
        "--day",
        "180,365,540",
    ];
    let (code, again) = office.ask(&stays);
    assert_eq!(code, 0, "{again}");
    assert_eq!(again["report"]["by_day"], told["report"]["by_day"]);
}

#[test]
fn courses_of_few_people_are_not_told_and_names_are_not_repeated() {
    let office = office(false);
    let few: Vec<&str> = TABLES[2].1.lines().collect();
    // Of these the illness came to four.
    let well = few.iter().filter(|line| line.contains(",0,")).take(30);
    let ill = few
        .iter()
        .filter(|line| line.split(',').nth(1) == Some("1"))
        .take(4);
    let text: Vec<&str> = few[..1].iter().chain(well).chain(ill).copied().collect();
    fs::write(office.path("illness_death.csv"), text.join("\n")).unwrap();
    let (code, told) = office.ask(&[&ILLNESS[..], &["--day", "365"]].concat());
    assert_eq!(code, 0, "{told}");
    let states = told["report"]["by_day"][0]["states"].as_array().unwrap();
    assert!(states[1]["share"].is_null(), "{told}");
    let hidden = states.iter().filter(|it| it["share"].is_null()).count();
    assert!(
        hidden > 1,
        "one hidden share follows from the others: {told}"
    );
    let to_illness = &told["report"]["transitions"][0];
    assert!(to_illness["moves"].is_string() && to_illness["a_year"].is_null());

    let named = TABLES[0].1.replace("r1,", "900101-1234568,");
    fs::write(office.path("recurrent.csv"), &named).unwrap();
    let method = ["--method", "andersen-gill", "--out", "out"];
    let said = office
        .modu(&[&RECURRENT[..], &method].concat())
        .expect_code(2);
    assert!(said.err.contains("registration number"), "{}", said.err);
    assert!(!said.out.contains("1234568") && !said.err.contains("1234568"));
    let one = TABLES[0].1.lines().take(8).collect::<Vec<_>>().join("\n");
    fs::write(office.path("recurrent.csv"), one).unwrap();
    let said = office
        .modu(&[&RECURRENT[..], &method].concat())
        .expect_code(2);
    assert!(said.err.contains("fewer than 5"), "{}", said.err);
}

#[test]
fn what_a_course_cannot_be_made_of_is_refused_with_what_to_do() {
    let office = office(false);
    let refused = |arguments: &[&[&str]], what: &str| {
        let arguments: Vec<&str> = arguments.concat();
        let said = office.modu(&[&arguments[..], &["--out", "out"]].concat());
        let said = said.expect_code(2);
        assert!(said.err.contains(what), "{arguments:?}: {}", said.err);
        assert!(!office.path("out").exists());
    };
    let gill = ["--method", "andersen-gill"];
    refused(
        &[&RECURRENT[..4], &RECURRENT[6..], &gill],
        "name the column",
    );
    let table = TABLES[0].1;
    let twice = table.replace("r1,153,187", "r1,100,187");
    fs::write(office.path("recurrent.csv"), twice).unwrap();
    refused(&[&RECURRENT, &gill], "begins before another ends");
    let after = table.replace("r1,153,187,1", "r1,153,187,2");
    fs::write(office.path("recurrent.csv"), after).unwrap();
    refused(&[&RECURRENT, &gill], "ends the watching for good");
    refused(
        &[&FOLLOWED[..14], &["--horizon", "60"]],
        "day of each visit",
    );
    refused(&[&FOLLOWED], "no such column");
    refused(&[&FOLLOWED, &["--landmark", "60,0"]], "rising");
    refused(
        &[&FOLLOWED, &["--landmark", "0,60", "--degree", "3"]],
        "0, 1 or 2",
    );
    let cox = ["--method", "cox", "--landmark", "0,60"];
    refused(&[&FOLLOWED[..12], &FOLLOWED[14..], &cox], "take `landmark`");
    refused(
        &[&ILLNESS, &["--day", "100000"]],
        "nobody was watched so long",
    );
    refused(
        &[&ILLNESS, &["--day", "90", "--name", "a,b"]],
        "name them all",
    );
    refused(
        &[&ILLNESS, &["--day", "90", "--name", "010-9876-5432,b,c"]],
        "names",
    );
    refused(
        &[&ILLNESS[..8], &["--state", "ill", "--day", "90"]],
        "holds no state",
    );
}
