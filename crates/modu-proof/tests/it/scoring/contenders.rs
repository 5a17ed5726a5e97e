//! The number of contenders is registered, so that many runs of one solution
//! each are held to the same as one run of many.

use modu_kernel::{EngineError, NoProgress};
use modu_proof::need::Need;
use modu_proof::report::OwnerReport;
use modu_proof::score::SCORE;

use super::{report, run, solution};
use crate::world::{self, NEED, need_with};

fn registered_for(contenders: u32) -> String {
    let line = format!("minimum_positives = 10\ncontenders = {contenders}");
    need_with("minimum_positives = 10", &line)
}

fn confidence(report: &OwnerReport) -> f64 {
    let part = &solution(report, "first").criteria[0].parts[0];
    part.confidence.unwrap().get()
}

#[test]
fn one_solution_of_four_registered_is_judged_as_one_of_four() {
    let data = world::data_csv();
    let judged = |need: &str| {
        let inputs = world::inputs(need, data.as_bytes());
        report(&run(need, &inputs, &["first"]))
    };
    let (alone, of_four) = (judged(NEED), judged(&registered_for(4)));
    assert_eq!(confidence(&alone), 0.9);
    assert!((confidence(&of_four) - 0.975).abs() < 1e-12);
    let strictest = of_four.need.statistics.strictest_confidence.get();
    assert!((strictest - 0.975).abs() < 1e-12);
    let limit = |report: &OwnerReport| {
        let part = &solution(report, "first").criteria[0].parts[0];
        part.limit.unwrap()
    };
    assert!(limit(&of_four) < limit(&alone));
    // What is shown beside the decision counts the absent ones as p = 1.
    let holm = |report: &OwnerReport| solution(report, "first").criteria[0].holm_p_value;
    assert!(holm(&of_four) > holm(&alone));
}

#[test]
fn more_solutions_than_were_registered_are_refused() {
    let need = registered_for(1);
    let data = world::data_csv();
    let inputs = world::inputs(&need, data.as_bytes());
    let request = world::request(&need, &["first", "second"]);
    let error = (SCORE.run)(&request, &inputs, &NoProgress).unwrap_err();
    assert!(matches!(error, EngineError::Request(_)), "{error}");
    assert!(error.to_string().contains("registered for 1"), "{error}");
    report(&run(&need, &inputs, &["first"]));
}

#[test]
fn the_incumbent_is_none_of_the_contenders() {
    let need = registered_for(1).replace(
        "[incumbent]\ncolumn = \"today\"",
        "[incumbent]\nsolution = \"second\"",
    );
    let data = world::data_csv();
    let inputs = world::inputs(&need, data.as_bytes());
    let report = report(&run(&need, &inputs, &["first", "second"]));
    assert_eq!(confidence(&report), 0.9);
}

#[test]
fn a_number_of_contenders_that_cannot_be_carried_is_refused() {
    for (contenders, wrong) in [(0, "contenders"), (33, "contenders"), (32, "replicates")] {
        let error = Need::parse(registered_for(contenders).as_bytes()).unwrap_err();
        assert!(error.to_string().contains(wrong), "{contenders}: {error}");
    }
    assert!(Need::parse(registered_for(8).as_bytes()).is_ok());
}
