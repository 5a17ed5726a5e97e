//! The label, the decision rule and the incumbent.

use modu_kernel::Label;

use super::columns::{column_of_role, one_of_role};
use crate::error::ProofError;
use crate::need::document::{ClassTable, DecisionTable, IncumbentTable, LabelTable};
use crate::need::{
    Class, Column, ColumnRole, ColumnType, DecisionRule, Incumbent, Task, Truth, limits,
};
use crate::rules::{at_most, check_id, check_label, check_share, finite};

pub(super) fn check_truth(
    table: LabelTable,
    task: Task,
    columns: &[Column],
) -> Result<Truth, ProofError> {
    let column = column_of_role("label.column", &table.column, ColumnRole::Label, columns)?;
    one_of_role(columns, ColumnRole::Label, "label")?;
    check_class_column("label.column", column, columns)?;
    at_most("label.classes", table.classes.len(), limits::CLASSES)?;
    let count = table.classes.len();
    match task {
        Task::Regression | Task::Ranking => return Err(task_without_classes()),
        Task::Binary if count != 2 => {
            return Err(ProofError::key(
                "label.classes",
                format!("a binary task has two classes, but {count} are given"),
                "give two, or set `task = \"multiclass\"`",
            ));
        }
        Task::Multiclass if count < 3 => {
            return Err(ProofError::key(
                "label.classes",
                format!("a multi-class task has at least three classes, but {count} are given"),
                "give all classes, or set `task = \"binary\"`",
            ));
        }
        _ => {}
    }
    let mut classes: Vec<Class> = Vec::with_capacity(count);
    for (index, ClassTable { code, ko, en }) in table.classes.into_iter().enumerate() {
        let key = format!("label.classes[{index}]");
        let name = Label::new(ko, en);
        check_label(&key, &name)?;
        if classes.iter().any(|class| class.code == code) {
            return Err(ProofError::key(
                format!("{key}.code"),
                format!("the code {code} is given twice"),
                "give each class its own code",
            ));
        }
        if let Some(Err(problem)) = columns.get(column).map(|column| column.fits(code as f64)) {
            return Err(ProofError::key(
                format!("{key}.code"),
                problem,
                "correct the code or the label column's declaration",
            ));
        }
        classes.push(Class { code, name });
    }
    let positive = check_positive(task, table.positive, &classes)?;
    Ok(Truth {
        column,
        classes,
        positive,
    })
}

fn task_without_classes() -> ProofError {
    ProofError::key(
        "task",
        "tasks without classes cannot be judged yet",
        "set `task = \"binary\"` or `task = \"multiclass\"`",
    )
}

fn check_positive(
    task: Task,
    positive: Option<i64>,
    classes: &[Class],
) -> Result<Option<usize>, ProofError> {
    match (task, positive) {
        (Task::Regression | Task::Ranking, _) => Err(task_without_classes()),
        (Task::Multiclass, None) => Ok(None),
        (Task::Multiclass, Some(_)) => Err(ProofError::key(
            "label.positive",
            "a multi-class task has no positive class",
            "remove it",
        )),
        (Task::Binary, None) => Err(ProofError::key(
            "label.positive",
            "a binary task must name the class asked about",
            "add `positive = <code>`",
        )),
        (Task::Binary, Some(code)) => classes
            .iter()
            .position(|class| class.code == code)
            .map(Some)
            .ok_or_else(|| {
                ProofError::key(
                    "label.positive",
                    format!("{code} is not the code of a class"),
                    "give the code of one of label.classes",
                )
            }),
    }
}

/// Labels and recorded decisions are class codes.
fn check_class_column(key: &str, index: usize, columns: &[Column]) -> Result<(), ProofError> {
    let codes = columns
        .get(index)
        .is_some_and(|column| matches!(column.column_type, ColumnType::Integer | ColumnType::Code));
    if codes {
        return Ok(());
    }
    Err(ProofError::key(
        key,
        "its column does not hold class codes",
        "set the column's type to integer or code",
    ))
}

pub(super) fn check_decision(
    table: Option<DecisionTable>,
    task: Task,
) -> Result<Option<DecisionRule>, ProofError> {
    match (task, table) {
        (Task::Regression | Task::Ranking, _) => Err(task_without_classes()),
        (Task::Multiclass, None) => Ok(None),
        (Task::Multiclass, Some(_)) => Err(ProofError::key(
            "decision",
            "a multi-class task decides the class with the highest score",
            "remove the table",
        )),
        (Task::Binary, None) => Err(ProofError::key(
            "decision",
            "a binary task must say how a score becomes a decision",
            "add [decision] with `threshold = 0.5`, say",
        )),
        (Task::Binary, Some(table)) => {
            finite("decision.threshold", table.threshold)?;
            if let Some(budget) = table.review_budget {
                check_share("decision.review_budget", budget)?;
            }
            Ok(Some(DecisionRule {
                threshold: table.threshold,
                review_budget: table.review_budget,
            }))
        }
    }
}

pub(super) fn check_incumbent(
    table: IncumbentTable,
    columns: &[Column],
) -> Result<Incumbent, ProofError> {
    match (table.column, table.solution) {
        (Some(name), None) => {
            let key = "incumbent.column";
            let index = column_of_role(key, &name, ColumnRole::Incumbent, columns)?;
            one_of_role(columns, ColumnRole::Incumbent, "incumbent")?;
            check_class_column(key, index, columns)?;
            Ok(Incumbent::Recorded(index))
        }
        (None, Some(id)) => {
            check_id("incumbent.solution", &id)?;
            Ok(Incumbent::Solution(id))
        }
        _ => Err(ProofError::key(
            "incumbent",
            "it must name either a column or a solution",
            "keep one of `column` and `solution`, or remove the table",
        )),
    }
}
