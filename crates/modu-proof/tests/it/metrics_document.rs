//! `docs/metrics.md` is made from the doc comments of the metrics themselves,
//! so that what a user reads is what the code says. `cargo xtask generate
//! metrics` writes it again; this test fails where it is out of date.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use modu_proof::need::{Metric, Task, metric_label, metric_name};

/// What a doc comment says of a metric.
struct Documented {
    /// The variant's name.
    variant: String,
    /// The first words, before the list.
    meaning: String,
    /// The list: `Formula`, `Tasks`, `Undefined`, `Source`.
    items: Vec<(String, String)>,
}

impl Documented {
    fn item(&self, name: &str) -> &str {
        let found = self.items.iter().find(|(key, _)| key == name);
        found.map_or_else(
            || panic!("the doc comment of `{}` has no `- {name}:`", self.variant),
            |(_, text)| text,
        )
    }

    /// What is said of the range and of which side is good.
    fn range(&self) -> &str {
        let tasks = self.item("Tasks");
        tasks
            .split_once("Range: ")
            .map_or(tasks, |(_, range)| range)
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The variants of `enum Metric` with their doc comments, in order.
fn documented(source: &str) -> Vec<Documented> {
    let (_, body) = source
        .split_once("pub enum Metric {\n")
        .expect("the enum is in its file");
    let (body, _) = body.split_once("\n}\n").expect("the enum ends");
    let mut found = Vec::new();
    let mut lines: Vec<&str> = Vec::new();
    for line in body.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            lines.push(text.trim());
        } else if let Some(variant) = line.strip_suffix(',') {
            found.push(parse(variant, &lines));
            lines.clear();
        }
    }
    found
}

fn parse(variant: &str, lines: &[&str]) -> Documented {
    let mut meaning = String::new();
    let mut items: Vec<(String, String)> = Vec::new();
    for line in lines {
        if let Some((name, text)) = line
            .strip_prefix("- ")
            .and_then(|item| item.split_once(": "))
        {
            items.push((name.to_owned(), text.to_owned()));
            continue;
        }
        let text = items.last_mut().map_or(&mut meaning, |(_, text)| text);
        if !text.is_empty() && !line.is_empty() {
            text.push(' ');
        }
        text.push_str(line);
    }
    Documented {
        variant: variant.to_owned(),
        meaning,
        items,
    }
}

/// Text for a cell of a table: without links into the code.
fn cell(text: &str) -> String {
    let mut plain = text
        .replace("([`crate::recalibrate`])", "")
        .replace("([`crate::Quantity::class`])", "");
    for (from, to) in [(" ,", ","), (" .", "."), ("  ", " "), ("|", "\\|")] {
        plain = plain.replace(from, to);
    }
    plain.trim().to_owned()
}

fn row(text: &mut String, metric: Metric, documented: &Documented, per_class: bool) {
    let label = metric_label(metric);
    let name = metric_name(metric);
    let per_class = if per_class {
        " (부류마다 / per class)"
    } else {
        ""
    };
    writeln!(
        text,
        "| `{name}`{per_class} | {} / {} | {} | {} | {} | {} | {} |",
        label.ko,
        label.en,
        cell(&documented.meaning),
        cell(documented.item("Formula")),
        cell(documented.range()),
        cell(documented.item("Undefined")),
        cell(documented.item("Source")),
    )
    .unwrap();
}

fn document(documented: &[Documented]) -> String {
    let mut text = String::from(
        "# 지표 / Metrics\n\n\
         <!-- Written by `cargo xtask generate metrics` from the doc comments of \
         crates/modu-statistics/src/metric.rs. Do not edit. -->\n\n\
         `need.toml`의 기준이 부를 수 있는 지표 전부. `TP`, `FP`, `FN`, `TN`은 임계값에서의 혼동 행렬, `y`는 참값, \
         `s`는 점수, `p`는 예측, `k`는 보는 자리 수다. 동점은 행의 순서가 아니라 무작위 순서의 기댓값으로 센다.\n\n\
         Every metric that a criterion of `need.toml` may name. `TP`, `FP`, `FN`, `TN` are the counts of the \
         confusion at the threshold, `y` is the truth, `s` a score, `p` a prediction, `k` the number of places \
         looked at. Ties never fall to the order of rows: an order counts by its expected value over random \
         orders of tied rows.\n",
    );
    let tasks = [
        (Task::Binary, "두 부류 / Binary"),
        (Task::Multiclass, "여러 부류 / Multi-class"),
        (Task::Regression, "수의 예측 / Regression"),
        (Task::Ranking, "순서 / Ranking"),
    ];
    for (task, title) in tasks {
        let name = serde_json::to_value(task).unwrap();
        write!(
            text,
            "\n## {title}\n\n`task = {name}`\n\n\
             | `metric` | 이름 / name | 뜻 / meaning | 식 / formula | 범위, 좋은 쪽 / range, good side | 정의되지 않을 때 / undefined | 출처 / source |\n\
             |---|---|---|---|---|---|---|\n"
        )
        .unwrap();
        for (metric, documented) in Metric::ALL.into_iter().zip(documented) {
            let per_class =
                task == Task::Multiclass && !metric.applies_to(task) && metric.takes_class();
            if metric.applies_to(task) || per_class {
                row(&mut text, metric, documented, per_class);
            }
        }
    }
    text
}

#[test]
fn the_document_of_the_metrics_says_what_their_doc_comments_say() {
    let source = root().join("crates/modu-statistics/src/metric.rs");
    let documented = documented(&std::fs::read_to_string(source).unwrap());
    assert_eq!(documented.len(), Metric::ALL.len());
    for (documented, metric) in documented.iter().zip(Metric::ALL) {
        assert_eq!(documented.variant, format!("{metric:?}"), "the order");
    }
    let text = document(&documented);
    let path = root().join("docs/metrics.md");
    if std::env::var_os("MODU_WRITE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    for (line, (kept, found)) in kept.lines().zip(text.lines()).enumerate() {
        assert_eq!(kept, found, "docs/metrics.md, line {}", line + 1);
    }
    assert_eq!(
        kept.lines().count(),
        text.lines().count(),
        "docs/metrics.md is out of date; `cargo xtask generate metrics` writes it again"
    );
}
