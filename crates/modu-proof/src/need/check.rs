//! The rules of `need.toml` that reach across keys.

use modu_kernel::Label;
use modu_statistics::{Replicates, Share};

use super::document::{
    ClassTable, ColumnTable, CriterionTable, DecisionTable, Document, GroupTable, IncumbentTable,
    LabelTable, MemberTable, StatisticsTable,
};
use super::{
    Class, Column, ColumnRole, ColumnType, Criterion, DecisionRule, Direction, Group, Incumbent,
    Member, MemberRule, Metric, NEED_SCHEMA, Need, Over, Statistics, Task, Truth, limits,
    metric_name, metric_range,
};
use crate::error::ProofError;
use crate::rules::{
    at_most, check_id, check_label, check_schema, check_share, check_text, finite, unique,
};

pub(super) fn check(document: Document) -> Result<Need, ProofError> {
    check_schema(&document.schema, NEED_SCHEMA)?;
    check_id("id", &document.id)?;
    check_label("question", &document.question)?;
    check_label("unit", &document.unit)?;
    let columns = check_columns(document.columns)?;
    let label = check_truth(document.label, document.task, &columns)?;
    let decision = check_decision(document.decision, document.task)?;
    let incumbent = document
        .incumbent
        .map(|table| check_incumbent(table, &columns))
        .transpose()?;
    at_most("groups", document.groups.len(), limits::GROUPS)?;
    unique(
        "groups",
        "id",
        document.groups.iter().map(|group| &group.id),
    )?;
    let groups = document
        .groups
        .into_iter()
        .enumerate()
        .map(|(index, table)| check_group(&format!("groups[{index}]"), table, &columns))
        .collect::<Result<Vec<_>, _>>()?;
    let members = groups.iter().map(|group| group.members.len()).sum();
    at_most("groups[*].members", members, limits::ALL_MEMBERS)?;
    let mut need = Need {
        id: document.id,
        task: document.task,
        question: document.question,
        unit: document.unit,
        label,
        decision,
        incumbent,
        columns,
        groups,
        statistics: check_statistics(&document.statistics)?,
        criteria: Vec::new(),
    };
    need.criteria = check_criteria(document.criteria, &need)?;
    Ok(need)
}

fn check_columns(tables: Vec<ColumnTable>) -> Result<Vec<Column>, ProofError> {
    at_most("columns", tables.len(), limits::COLUMNS)?;
    unique("columns", "name", tables.iter().map(|table| &table.name))?;
    tables
        .into_iter()
        .enumerate()
        .map(|(index, table)| check_column(&format!("columns[{index}]"), table))
        .collect()
}

fn check_column(key: &str, table: ColumnTable) -> Result<Column, ProofError> {
    check_text(&format!("{key}.name"), &table.name)?;
    if let Some(label) = &table.label {
        check_label(&format!("{key}.label"), label)?;
    }
    let numeric = matches!(table.column_type, ColumnType::Integer | ColumnType::Number);
    for (name, value) in [("minimum", table.minimum), ("maximum", table.maximum)] {
        let Some(value) = value else { continue };
        finite(&format!("{key}.{name}"), value)?;
        if !numeric {
            return Err(ProofError::key(
                format!("{key}.{name}"),
                "only columns of type integer or number have a range",
                "remove it",
            ));
        }
    }
    if let (Some(minimum), Some(maximum)) = (table.minimum, table.maximum)
        && minimum > maximum
    {
        return Err(ProofError::key(
            format!("{key}.minimum"),
            "it is above the maximum",
            "swap the two",
        ));
    }
    check_codes(key, &table)?;
    let column = Column {
        name: table.name,
        column_type: table.column_type,
        role: table.role,
        minimum: table.minimum,
        maximum: table.maximum,
        codes: table.codes,
        missing: table.missing,
        label: table.label,
    };
    check_missing(key, &column)?;
    Ok(column)
}

fn check_codes(key: &str, table: &ColumnTable) -> Result<(), ProofError> {
    match (table.column_type, table.codes) {
        (ColumnType::Code, None) => Err(ProofError::key(
            format!("{key}.codes"),
            "a column of type code must say how many codes there are",
            "add `codes = N`; the codes are 0 to N-1",
        )),
        (ColumnType::Code, Some(codes)) if codes == 0 || codes > limits::CODES => {
            Err(ProofError::key(
                format!("{key}.codes"),
                format!("{codes} is not between 1 and {}", limits::CODES),
                "count the categories of the column",
            ))
        }
        (ColumnType::Code, Some(_)) | (_, None) => Ok(()),
        (_, Some(_)) => Err(ProofError::key(
            format!("{key}.codes"),
            "only columns of type code have codes",
            "remove it, or set the type to code",
        )),
    }
}

fn check_missing(key: &str, column: &Column) -> Result<(), ProofError> {
    let Some(substitute) = column.missing else {
        return Ok(());
    };
    let key = format!("{key}.missing");
    let wrong = |problem: &str| {
        Err(ProofError::key(
            &key,
            problem,
            "give a number that the column may hold, or remove the key",
        ))
    };
    if column.column_type == ColumnType::Text {
        return wrong("text has no numeric substitute; an empty cell is the empty text");
    }
    if !matches!(column.role, ColumnRole::Feature | ColumnRole::Ignored) {
        return wrong("only features may have missing values");
    }
    match column.fits(substitute) {
        Ok(()) => Ok(()),
        Err(problem) => wrong(&problem),
    }
}

impl Column {
    /// Whether a number may stand in this column; else what is wrong with it,
    /// without quoting it.
    pub(crate) fn fits(&self, value: f64) -> Result<(), String> {
        let whole = value == value.trunc() && value.abs() <= limits::INTEGER as f64;
        match self.column_type {
            ColumnType::Text => Err("the column holds text".to_owned()),
            _ if !value.is_finite() => Err("it is not a finite number".to_owned()),
            ColumnType::Integer | ColumnType::Code if !whole => {
                Err("it is not a whole number within 2^53".to_owned())
            }
            ColumnType::Code => {
                let codes = self.codes.unwrap_or(0);
                if value >= 0.0 && value < f64::from(codes) {
                    Ok(())
                } else {
                    Err(format!(
                        "it is not one of the codes 0 to {}",
                        codes.saturating_sub(1)
                    ))
                }
            }
            ColumnType::Integer | ColumnType::Number => match (self.minimum, self.maximum) {
                (Some(minimum), _) if value < minimum => {
                    Err(format!("it is below the declared minimum of {minimum}"))
                }
                (_, Some(maximum)) if value > maximum => {
                    Err(format!("it is above the declared maximum of {maximum}"))
                }
                _ => Ok(()),
            },
        }
    }
}

/// The index of a column that must have a role.
fn column_of_role(
    key: &str,
    name: &str,
    role: ColumnRole,
    columns: &[Column],
) -> Result<usize, ProofError> {
    let index = find_column(key, name, columns)?;
    let role_name = match role {
        ColumnRole::Label => "label",
        _ => "incumbent",
    };
    if columns.get(index).is_some_and(|column| column.role == role) {
        return Ok(index);
    }
    Err(ProofError::key(
        key,
        format!("the column `{name}` does not have the role `{role_name}`"),
        format!("set `role = \"{role_name}\"` on that column, so that no solution is given it"),
    ))
}

fn find_column(key: &str, name: &str, columns: &[Column]) -> Result<usize, ProofError> {
    columns
        .iter()
        .position(|column| column.name == name)
        .ok_or_else(|| {
            ProofError::key(
                key,
                format!("no column `{name}` is declared"),
                "declare it under [[columns]] or correct the name",
            )
        })
}

fn check_truth(table: LabelTable, task: Task, columns: &[Column]) -> Result<Truth, ProofError> {
    let column = column_of_role("label.column", &table.column, ColumnRole::Label, columns)?;
    one_of_role(columns, ColumnRole::Label, "label")?;
    check_class_column("label.column", column, columns)?;
    at_most("label.classes", table.classes.len(), limits::CLASSES)?;
    let count = table.classes.len();
    match task {
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

fn check_positive(
    task: Task,
    positive: Option<i64>,
    classes: &[Class],
) -> Result<Option<usize>, ProofError> {
    match (task, positive) {
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

fn one_of_role(columns: &[Column], role: ColumnRole, name: &str) -> Result<(), ProofError> {
    let mut with_role = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.role == role);
    with_role.next();
    match with_role.next() {
        None => Ok(()),
        Some((index, _)) => Err(ProofError::key(
            format!("columns[{index}].role"),
            format!("a second column has the role `{name}`"),
            "keep one, and set the other to `ignored`",
        )),
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

fn check_decision(
    table: Option<DecisionTable>,
    task: Task,
) -> Result<Option<DecisionRule>, ProofError> {
    match (task, table) {
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

fn check_incumbent(table: IncumbentTable, columns: &[Column]) -> Result<Incumbent, ProofError> {
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

fn check_group(key: &str, table: GroupTable, columns: &[Column]) -> Result<Group, ProofError> {
    check_id(&format!("{key}.id"), &table.id)?;
    check_label(&format!("{key}.name"), &table.name)?;
    let index = find_column(&format!("{key}.column"), &table.column, columns)?;
    let allowed = columns.get(index).is_some_and(|column| {
        matches!(column.role, ColumnRole::Feature | ColumnRole::Group)
            && column.column_type != ColumnType::Text
    });
    if !allowed {
        return Err(ProofError::key(
            format!("{key}.column"),
            format!("the column `{}` cannot form groups", table.column),
            "use a column of role feature or group that holds numbers or codes",
        ));
    }
    at_most(
        &format!("{key}.members"),
        table.members.len(),
        limits::MEMBERS,
    )?;
    if table.members.len() < 2 {
        return Err(ProofError::key(
            format!("{key}.members"),
            "a group of fewer than two members compares nothing",
            "name at least two members",
        ));
    }
    unique(
        &format!("{key}.members"),
        "id",
        table.members.iter().map(|member| &member.id),
    )?;
    let members = table
        .members
        .into_iter()
        .enumerate()
        .map(|(index, member)| check_member(&format!("{key}.members[{index}]"), member))
        .collect::<Result<Vec<_>, _>>()?;
    check_disjoint(key, &members)?;
    Ok(Group {
        id: table.id,
        column: index,
        name: table.name,
        members,
    })
}

fn check_member(key: &str, table: MemberTable) -> Result<Member, ProofError> {
    check_id(&format!("{key}.id"), &table.id)?;
    let name = Label::new(table.ko, table.en);
    check_label(key, &name)?;
    let banded = table.from.is_some() || table.below.is_some();
    let rule = match (table.code, table.codes, banded) {
        (Some(code), None, false) => MemberRule::Codes(vec![code]),
        (None, Some(codes), false) if !codes.is_empty() && codes.len() <= 4096 => {
            MemberRule::Codes(codes)
        }
        (None, None, true) => MemberRule::Band {
            from: table.from,
            below: table.below,
        },
        _ => {
            return Err(ProofError::key(
                key,
                "it must say which values it takes in, in one way",
                "give `code`, or `codes` (up to 4096), or `from` and `below`",
            ));
        }
    };
    if let MemberRule::Band { from, below } = &rule {
        for bound in [from, below].into_iter().flatten() {
            finite(key, *bound)?;
        }
        if let (Some(from), Some(below)) = (from, below)
            && from >= below
        {
            return Err(ProofError::key(
                format!("{key}.from"),
                "it is not below `below`",
                "bands are half-open: from <= value < below",
            ));
        }
    }
    Ok(Member {
        id: table.id,
        name,
        rule,
    })
}

/// No value may belong to two members: each member is judged for itself.
fn check_disjoint(key: &str, members: &[Member]) -> Result<(), ProofError> {
    for (index, member) in members.iter().enumerate() {
        for earlier in members.iter().take(index) {
            if overlap(&member.rule, &earlier.rule) {
                return Err(ProofError::key(
                    format!("{key}.members[{index}]"),
                    format!("`{}` and `{}` share values", earlier.id, member.id),
                    "make the members disjoint",
                ));
            }
        }
    }
    Ok(())
}

fn overlap(first: &MemberRule, second: &MemberRule) -> bool {
    match (first, second) {
        (MemberRule::Codes(codes), rule) | (rule, MemberRule::Codes(codes)) => {
            codes.iter().any(|code| rule.takes_in(*code as f64))
        }
        (
            MemberRule::Band { from, below },
            MemberRule::Band {
                from: other_from,
                below: other_below,
            },
        ) => {
            let start = from.unwrap_or(f64::NEG_INFINITY);
            let other_start = other_from.unwrap_or(f64::NEG_INFINITY);
            let end = below.unwrap_or(f64::INFINITY);
            let other_end = other_below.unwrap_or(f64::INFINITY);
            start < other_end && other_start < end
        }
    }
}

fn check_statistics(table: &StatisticsTable) -> Result<Statistics, ProofError> {
    if !(100..=100_000).contains(&table.replicates) {
        return Err(ProofError::key(
            "statistics.replicates",
            format!("{} is not between 100 and 100000", table.replicates),
            "2000 is a good choice",
        ));
    }
    let seed = table
        .seed
        .parse::<u64>()
        .ok()
        .filter(|seed| seed.to_string() == table.seed)
        .ok_or_else(|| {
            ProofError::key(
                "statistics.seed",
                "it is not a decimal number below 2^64",
                "write it as a string of digits, such as \"20261122\"",
            )
        })?;
    if !(table.confidence > 0.5 && table.confidence < 1.0) {
        return Err(ProofError::key(
            "statistics.confidence",
            "it is not between 0.5 and 1",
            "0.95 is a good choice",
        ));
    }
    let carried = Share::new(table.confidence)
        .and_then(|confidence| Replicates::rank_of_limit(table.replicates as usize, confidence));
    if carried.is_none() {
        return Err(ProofError::key(
            "statistics.replicates",
            "fewer than five replicates lie beyond a limit at this confidence, even of a single solution",
            "raise replicates (to more than five times the competing solutions divided by 1 - confidence) or lower confidence",
        ));
    }
    for (name, value) in [
        ("minimum_group", table.minimum_group),
        ("minimum_positives", table.minimum_positives),
    ] {
        if value == 0 || value > 1 << 53 {
            return Err(ProofError::key(
                format!("statistics.{name}"),
                "it must be at least 1",
                "state below which size a group is not judged",
            ));
        }
    }
    Ok(Statistics {
        replicates: table.replicates,
        seed,
        confidence: table.confidence,
        minimum_group: table.minimum_group,
        minimum_positives: table.minimum_positives,
    })
}

fn check_criteria(tables: Vec<CriterionTable>, need: &Need) -> Result<Vec<Criterion>, ProofError> {
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
    check_metric(&format!("{key}.metric"), table.metric, need)?;
    let criterion = Criterion {
        id: table.id,
        metric: table.metric,
        over,
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
    let unknown = || {
        let known: Vec<_> = need.groups.iter().map(|group| group.id.as_str()).collect();
        ProofError::key(
            key,
            format!("`{text}` names no rows"),
            format!(
                "write `all`, `each:<group>` or `gap:<group>`; the groups are: {}",
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

fn check_metric(key: &str, metric: Metric, need: &Need) -> Result<(), ProofError> {
    if !metric.applies_to(need.task) {
        return Err(ProofError::key(
            key,
            format!(
                "`{}` has no meaning for a multi-class task",
                metric_name(metric)
            ),
            "choose accuracy, balanced_accuracy, macro_f1, roc_auc, log_loss or brier, say",
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
    let recorded = matches!(need.incumbent, Some(Incumbent::Recorded(_)));
    if recorded && criterion.metric.needs_scores() && !is_at_budget(criterion.metric) {
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
