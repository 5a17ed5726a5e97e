//! The label, which rows belong together, the decision rule and the incumbent.

use modu_kernel::Label;

use super::columns::{column_of_role, one_of_role};
use crate::error::ProofError;
use crate::need::document::{
    ClassTable, DecisionTable, IncumbentTable, IndependenceTable, LabelTable,
};
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
    match task {
        Task::Binary | Task::Multiclass => check_class_column("label.column", column, columns)?,
        Task::Regression => check_number_column("label.column", column, columns)?,
        Task::Ranking => check_relevance_column("label.column", column, columns)?,
    }
    let query = check_query(table.query, task, columns)?;
    let classes = check_classes(table.classes, column, task, columns)?;
    let positive = check_positive(task, table.positive, &classes)?;
    Ok(Truth {
        column,
        classes,
        positive,
        query,
    })
}

fn check_classes(
    tables: Vec<ClassTable>,
    column: usize,
    task: Task,
    columns: &[Column],
) -> Result<Vec<Class>, ProofError> {
    at_most("label.classes", tables.len(), limits::CLASSES)?;
    check_class_count(tables.len(), task)?;
    let mut classes: Vec<Class> = Vec::with_capacity(tables.len());
    for (index, ClassTable { code, ko, en }) in tables.into_iter().enumerate() {
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
    Ok(classes)
}

fn check_class_count(count: usize, task: Task) -> Result<(), ProofError> {
    let (problem, remedy) = match task {
        Task::Binary if count != 2 => (
            format!("a binary task has two classes, but {count} are given"),
            "give two, or set `task = \"multiclass\"`",
        ),
        Task::Multiclass if count < 3 => (
            format!("a multi-class task has at least three classes, but {count} are given"),
            "give all classes, or set `task = \"binary\"`",
        ),
        Task::Regression | Task::Ranking if count > 0 => (
            "this task is about numbers, not classes".to_owned(),
            "remove the classes, or correct the task",
        ),
        _ => return Ok(()),
    };
    Err(ProofError::key("label.classes", problem, remedy))
}

/// A ranking is of the rows of one query, and only a ranking has queries.
fn check_query(
    query: Option<String>,
    task: Task,
    columns: &[Column],
) -> Result<Option<usize>, ProofError> {
    let key = "label.query";
    one_of_role(columns, ColumnRole::Query, "query")?;
    match (task, query) {
        (Task::Ranking, Some(name)) => {
            let index = column_of_role(key, &name, ColumnRole::Query, columns)?;
            check_identity_column(key, index, columns)?;
            Ok(Some(index))
        }
        (Task::Ranking, None) => Err(ProofError::key(
            key,
            "a ranking must say which rows are ordered among each other",
            "name the column that holds the query of each row",
        )),
        (_, Some(_)) => Err(ProofError::key(
            key,
            "only a ranking has queries",
            "remove it, or set `task = \"ranking\"`",
        )),
        (_, None) => Ok(None),
    }
}

/// Which rows belong together. In ranking that is what the query says.
pub(super) fn check_cluster(
    table: Option<IndependenceTable>,
    label: &Truth,
    columns: &[Column],
) -> Result<Option<usize>, ProofError> {
    let key = "unit_of_independence.column";
    one_of_role(columns, ColumnRole::Cluster, "cluster")?;
    match (table, label.query) {
        (None, query) => Ok(query),
        (Some(_), Some(_)) => Err(ProofError::key(
            key,
            "in a ranking the query is the unit of independence",
            "remove the table",
        )),
        (Some(table), None) => {
            let index = column_of_role(key, &table.column, ColumnRole::Cluster, columns)?;
            check_identity_column(key, index, columns)?;
            Ok(Some(index))
        }
    }
}

/// A column whose equal cells mean the same person or query.
fn check_identity_column(key: &str, index: usize, columns: &[Column]) -> Result<(), ProofError> {
    let identity = columns
        .get(index)
        .is_some_and(|column| column.column_type != ColumnType::Number);
    if identity {
        return Ok(());
    }
    Err(ProofError::key(
        key,
        "decimal numbers do not say which rows belong together",
        "set the column's type to integer, code or text",
    ))
}

/// Targets and predictions are numbers.
fn check_number_column(key: &str, index: usize, columns: &[Column]) -> Result<(), ProofError> {
    let numbers = columns.get(index).is_some_and(|column| {
        matches!(column.column_type, ColumnType::Integer | ColumnType::Number)
    });
    if numbers {
        return Ok(());
    }
    Err(ProofError::key(
        key,
        "its column does not hold numbers",
        "set the column's type to number or integer",
    ))
}

/// Relevance is graded from 0 up; the declaration must rule out less, so that
/// the data set is refused where it is.
fn check_relevance_column(key: &str, index: usize, columns: &[Column]) -> Result<(), ProofError> {
    let graded = columns
        .get(index)
        .is_some_and(|column| match column.column_type {
            ColumnType::Code => true,
            ColumnType::Integer | ColumnType::Number => {
                column.minimum.is_some_and(|minimum| minimum >= 0.0)
            }
            ColumnType::Text => false,
        });
    if graded {
        return Ok(());
    }
    Err(ProofError::key(
        key,
        "the relevance of a row is a number of 0 or more",
        "declare the column as code, or as integer or number with `minimum = 0`",
    ))
}

fn check_positive(
    task: Task,
    positive: Option<i64>,
    classes: &[Class],
) -> Result<Option<usize>, ProofError> {
    match (task, positive) {
        (Task::Multiclass | Task::Regression | Task::Ranking, None) => Ok(None),
        (Task::Multiclass | Task::Regression | Task::Ranking, Some(_)) => Err(ProofError::key(
            "label.positive",
            "only a binary task has a positive class",
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

/// What was decided until now may have been any class.
fn check_holds_classes(
    key: &str,
    index: usize,
    label: &Truth,
    columns: &[Column],
) -> Result<(), ProofError> {
    for class in &label.classes {
        if let Some(Err(problem)) = columns.get(index).map(|it| it.fits(class.code as f64)) {
            return Err(ProofError::key(
                key,
                format!(
                    "the class {} cannot stand in its column: {problem}",
                    class.code
                ),
                "let the column's declaration hold every class of the label",
            ));
        }
    }
    Ok(())
}

pub(super) fn check_decision(
    table: Option<DecisionTable>,
    task: Task,
) -> Result<Option<DecisionRule>, ProofError> {
    match (task, table) {
        (Task::Multiclass | Task::Regression | Task::Ranking, None) => Ok(None),
        (Task::Regression | Task::Ranking, Some(_)) => Err(ProofError::key(
            "decision",
            "this task has numbers for answers, and decides nothing by a threshold",
            "remove the table",
        )),
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
    task: Task,
    label: &Truth,
    columns: &[Column],
) -> Result<Incumbent, ProofError> {
    match (table.column, table.solution) {
        (Some(name), None) => {
            let key = "incumbent.column";
            let index = column_of_role(key, &name, ColumnRole::Incumbent, columns)?;
            one_of_role(columns, ColumnRole::Incumbent, "incumbent")?;
            match task {
                Task::Binary | Task::Multiclass => {
                    check_class_column(key, index, columns)?;
                    check_holds_classes(key, index, label, columns)?;
                }
                Task::Regression | Task::Ranking => check_number_column(key, index, columns)?,
            }
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
