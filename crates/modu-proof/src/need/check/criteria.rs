//! The criteria: each must be measurable, and there must be a way to miss it.

use crate::error::ProofError;
use crate::need::document::CriterionTable;
use crate::need::{
    Criterion, Direction, Incumbent, Metric, Need, Over, Task, limits, metric_name, metric_range,
};
use crate::rules::{at_most, check_id, check_label, finite, unique};

pub(super) fn check_criteria(
    tables: Vec<CriterionTable>,
    need: &Need,
) -> Result<Vec<Criterion>, ProofError> {
    at_most("criteria", tables.len(), limits::CRITERIA)?;
    if tables.is_empty() {
        return Err(ProofError::key(
            "criteria",
            "there is none, so nothing could be decided",
            "add at least one [[criteria]]",
        ));
    }
    unique("criteria", "id", tables.iter().map(|table| &table.id))?;
    tables
        .into_iter()
        .enumerate()
        .map(|(index, table)| check_criterion(&format!("criteria[{index}]"), table, need))
        .collect()
}

fn check_criterion(key: &str, table: CriterionTable, need: &Need) -> Result<Criterion, ProofError> {
    check_id(&format!("{key}.id"), &table.id)?;
    check_label(&format!("{key}.why"), &table.why)?;
    let over = check_over(&format!("{key}.over"), &table.over, need)?;
    let class = check_class(&format!("{key}.class"), table.class, over, need)?;
    let per_class = class.is_some() || over == Over::EachClass;
    check_metric(&format!("{key}.metric"), table.metric, per_class, need)?;
    let criterion = Criterion {
        id: table.id,
        metric: table.metric,
        over,
        class,
        direction: table.direction,
        threshold: table.threshold,
        margin: table.margin,
        why: table.why,
    };
    check_bounds(key, &criterion, need)?;
    Ok(criterion)
}

fn check_over(key: &str, text: &str, need: &Need) -> Result<Over, ProofError> {
    if text == "all" {
        return Ok(Over::All);
    }
    if text == "each_class" && need.task == Task::Multiclass {
        return Ok(Over::EachClass);
    }
    let unknown = || {
        let known: Vec<_> = need.groups.iter().map(|group| group.id.as_str()).collect();
        ProofError::key(
            key,
            format!("`{text}` names no rows"),
            format!(
                "write `all`{}, `each:<group>` or `gap:<group>`; the groups and slices are: {}",
                if need.task == Task::Multiclass {
                    ", `each_class`"
                } else {
                    ""
                },
                known.join(", ")
            ),
        )
    };
    let (kind, id) = text.split_once(':').ok_or_else(unknown)?;
    let group = need.groups.iter().position(|group| group.id == id);
    match (kind, group) {
        ("each", Some(group)) => Ok(Over::Each(group)),
        ("gap", Some(group)) => Ok(Over::Gap(group)),
        _ => Err(unknown()),
    }
}

/// The class that is asked about against the rest.
fn check_class(
    key: &str,
    code: Option<i64>,
    over: Over,
    need: &Need,
) -> Result<Option<usize>, ProofError> {
    let Some(code) = code else { return Ok(None) };
    if need.task != Task::Multiclass {
        return Err(ProofError::key(
            key,
            "only a multi-class task is asked about one of its classes",
            "remove it",
        ));
    }
    if over == Over::EachClass {
        return Err(ProofError::key(
            key,
            "`over = \"each_class\"` asks about every class already",
            "remove one of the two",
        ));
    }
    let class = need
        .label
        .classes
        .iter()
        .position(|class| class.code == code);
    class.map(Some).ok_or_else(|| {
        ProofError::key(
            key,
            format!("{code} is not the code of a class"),
            "give the code of one of label.classes",
        )
    })
}

fn check_metric(key: &str, metric: Metric, per_class: bool, need: &Need) -> Result<(), ProofError> {
    let name = metric_name(metric);
    if per_class && !metric.takes_class() {
        return Err(ProofError::key(
            key,
            format!("`{name}` is not about one class against the rest"),
            "choose precision, recall, f1, false_alarm_rate or roc_auc, say",
        ));
    }
    if !per_class && !metric.applies_to(need.task) {
        let of_a_class = need.task == Task::Multiclass && metric.takes_class();
        return Err(ProofError::key(
            key,
            format!("`{name}` has no meaning for {}", of_task(need.task)),
            if of_a_class {
                "say of which class: `class = <code>`, or `over = \"each_class\"`".to_owned()
            } else {
                format!("choose one of: {}", metrics_of(need.task))
            },
        ));
    }
    let budget = need.decision.and_then(|decision| decision.review_budget);
    if is_at_budget(metric) && budget.is_none() {
        return Err(ProofError::key(
            key,
            format!("`{}` needs a review budget", metric_name(metric)),
            "add `review_budget` to [decision]",
        ));
    }
    Ok(())
}

const fn of_task(task: Task) -> &'static str {
    match task {
        Task::Binary => "a binary task",
        Task::Multiclass => "a multi-class task",
        Task::Regression => "a regression",
        Task::Ranking => "a ranking",
    }
}

fn metrics_of(task: Task) -> String {
    let of_task = Metric::ALL
        .into_iter()
        .filter(|metric| metric.applies_to(task));
    of_task.map(metric_name).collect::<Vec<_>>().join(", ")
}

/// Whether a metric looks at the review list.
pub(crate) const fn is_at_budget(metric: Metric) -> bool {
    matches!(
        metric,
        Metric::RecallAtBudget
            | Metric::PrecisionAtBudget
            | Metric::FalseAlarmRateAtBudget
            | Metric::SelectionRateAtBudget
    )
}

fn check_bounds(key: &str, criterion: &Criterion, need: &Need) -> Result<(), ProofError> {
    if criterion.threshold.is_none() && criterion.margin.is_none() {
        return Err(ProofError::key(
            key,
            "it has neither a threshold nor a margin",
            "add `threshold`, or `margin` where there is an incumbent",
        ));
    }
    let gap = matches!(criterion.over, Over::Gap(_));
    if gap && criterion.direction == Direction::AtLeast {
        return Err(ProofError::key(
            format!("{key}.direction"),
            "a gap between groups cannot be asked to be large",
            "use `at_most`",
        ));
    }
    if let Some(threshold) = criterion.threshold {
        let key = format!("{key}.threshold");
        finite(&key, threshold)?;
        let (lowest, highest) = range_in(need.task, criterion.metric);
        let range = if gap {
            (0.0, highest - lowest)
        } else {
            (lowest, highest)
        };
        let vacuous = match criterion.direction {
            Direction::AtLeast => threshold == range.0,
            Direction::AtMost => threshold == range.1,
        };
        if vacuous {
            return Err(ProofError::key(
                key,
                format!(
                    "every solution would meet it: the measure lies between {} and {}",
                    range.0, range.1
                ),
                "give a threshold that can be reached and missed, or remove the criterion",
            ));
        }
        if threshold < range.0 || threshold > range.1 {
            return Err(ProofError::key(
                key,
                format!("the measure lies between {} and {}", range.0, range.1),
                "give a threshold that can be reached and missed",
            ));
        }
    }
    if let Some(margin) = criterion.margin {
        let key = format!("{key}.margin");
        finite(&key, margin)?;
        if need.incumbent.is_none() {
            return Err(ProofError::key(
                key,
                "there is no incumbent to improve on",
                "add [incumbent] or remove the margin",
            ));
        }
        check_margin(&key, margin, criterion, need.task)?;
        check_recorded_margin(&key, criterion, need)?;
    }
    Ok(())
}

/// The range of a metric in a task: the Brier score of two classes counts one
/// of them.
fn range_in(task: Task, metric: Metric) -> (f64, f64) {
    match (task, metric) {
        (Task::Binary, Metric::Brier) => (0.0, 1.0),
        _ => metric_range(metric),
    }
}

/// An improvement must be one, it must be possible, and it must be measured
/// without favour. A gap is the largest minus the smallest of noisy numbers,
/// so noise widens it, and the more so the noisier the numbers: an incumbent
/// of few decisions would look worse than it is, and the improvement better.
fn check_margin(
    key: &str,
    margin: f64,
    criterion: &Criterion,
    task: Task,
) -> Result<(), ProofError> {
    if matches!(criterion.over, Over::Gap(_)) {
        return Err(ProofError::key(
            key,
            "an improvement of a gap cannot be judged fairly: noise widens the incumbent's gap",
            "give the gap a `threshold`, and a margin to a criterion over `all` or `each:<group>`",
        ));
    }
    let (lowest, highest) = range_in(task, criterion.metric);
    if margin < 0.0 {
        return Err(ProofError::key(
            key,
            "a negative margin would let a solution be worse than the incumbent",
            "write 0 or more; 0 asks that it is proven to be no worse",
        ));
    }
    if margin >= highest - lowest {
        return Err(ProofError::key(
            key,
            format!(
                "no improvement can be that large: the measure lies between {lowest} and {highest}"
            ),
            "write a margin below the width of that range",
        ));
    }
    Ok(())
}

/// Recorded decisions have no scores, so a margin on a score metric could
/// never be measured. (The review list can be: those decided positive come
/// first, and the places left are drawn by lot.)
fn check_recorded_margin(key: &str, criterion: &Criterion, need: &Need) -> Result<(), ProofError> {
    let decisions = matches!(need.task, Task::Binary | Task::Multiclass)
        && matches!(need.incumbent, Some(Incumbent::Recorded(_)));
    if decisions && criterion.metric.needs_scores() && !is_at_budget(criterion.metric) {
        return Err(ProofError::key(
            key,
            format!(
                "the recorded decisions of the incumbent have no scores for `{}`",
                metric_name(criterion.metric)
            ),
            "remove the margin, or name a solution as the incumbent",
        ));
    }
    Ok(())
}
