//! What a need of these tasks must and must not say.

use modu_proof::need::{Need, Over, Task};

use super::{classes, ranking, regression};

/// The error of a need with a piece replaced.
fn error(need: &str, from: &str, to: &str) -> String {
    assert!(need.contains(from), "the need has no `{from}`");
    Need::parse(need.replacen(from, to, 1).as_bytes())
        .expect_err(to)
        .to_string()
}

#[test]
fn what_a_need_of_numbers_says_is_read() {
    let need = Need::parse(regression::NEED.as_bytes()).unwrap();
    assert_eq!(need.task, Task::Regression);
    assert!(need.label.classes.is_empty());
    assert_eq!(need.scores_per_row(), 1);
    let need = Need::parse(ranking::NEED.as_bytes()).unwrap();
    assert_eq!(need.task, Task::Ranking);
    assert_eq!(need.cluster, need.column_named("query"));
    assert_eq!(need.statistics.cutoff.get(), 3);
    let need = Need::parse(classes::NEED.as_bytes()).unwrap();
    assert_eq!(need.criteria[0].class, Some(1));
    assert_eq!(need.criteria[1].over, Over::EachClass);
}

#[test]
fn what_has_no_meaning_for_a_task_is_refused_with_a_remedy() {
    let (number, order, several) = (regression::NEED, ranking::NEED, classes::NEED);
    let decision = "[decision]\nthreshold = 0.5\n\n[statistics]";
    for (need, from, to, expected) in [
        (
            number,
            "column = \"days\"",
            "column = \"days\"\nclasses = [ { code = 0, ko = \"가\", en = \"a\" } ]",
            "not classes",
        ),
        (number, "[statistics]", decision, "remove the table"),
        (
            number,
            "\"mean_absolute_error\"",
            "\"accuracy\"",
            "choose one of: mean_absolute_error",
        ),
        (
            number,
            "quantile = 0.5",
            "quantile = 1.0",
            "between 0 and 1",
        ),
        (
            number,
            "quantile = 0.5",
            "share_interval = \"wilson\"",
            "no shares of rows",
        ),
        (
            number,
            "quantile = 0.5",
            "cutoff = 5",
            "only a ranking has a cutoff",
        ),
        (
            number,
            "column = \"days\"",
            "column = \"days\"\nquery = \"x\"",
            "only a ranking has queries",
        ),
        (
            number,
            "name = \"days\"\ntype = \"number\"",
            "name = \"days\"\ntype = \"text\"",
            "does not hold numbers",
        ),
        (order, "query = \"query\"", "", "which rows are ordered"),
        (
            order,
            "type = \"code\"\ncodes = 3",
            "type = \"number\"",
            "minimum = 0",
        ),
        (order, "cutoff = 3", "cutoff = 0", "ranking of no places"),
        (
            order,
            "[label]",
            "[unit_of_independence]\ncolumn = \"query\"\n[label]",
            "the query is the unit",
        ),
        (
            several,
            "class = 20",
            "class = 99",
            "not the code of a class",
        ),
        (several, "class = 20", "", "say of which class"),
        (
            several,
            "metric = \"precision\"",
            "metric = \"macro_f1\"",
            "not about one class",
        ),
        (
            several,
            "over = \"each_class\"",
            "over = \"each_class\"\nclass = 10",
            "remove one of the two",
        ),
        (
            several,
            "confidence = 0.9",
            "confidence = 0.9\ninterval = \"wald\"",
            "unknown variant",
        ),
    ] {
        let found = error(need, from, to);
        assert!(found.contains(expected), "{to}: {found}");
    }
}

#[test]
fn a_column_of_persons_is_never_given_to_a_solution() {
    let need = ranking::NEED.replace("name = \"x\"", "name = \"score\"");
    let need = Need::parse(
        need.replace("name = \"query\"", "name = \"x\"")
            .replace("query = \"query\"", "query = \"x\"")
            .as_bytes(),
    )
    .unwrap();
    let solution =
        modu_proof::solution::Solution::parse(super::solution("one").as_bytes()).unwrap();
    let error = modu_proof::preparation::Features::bind(&solution, &need).unwrap_err();
    assert!(error.to_string().contains("not a feature"), "{error}");
}
