//! The rules of `need.toml` that reach across keys, table by table.

mod columns;
mod criteria;
mod groups;
mod slices;
mod statistics;
mod truth;

pub(crate) use criteria::is_at_budget;

use super::document::Document;
use super::release::check_release;
use super::{NEED_SCHEMA, Need, limits};
use crate::error::ProofError;
use crate::rules::{at_most, check_id, check_label, check_schema, unique};
use columns::check_columns;
use criteria::check_criteria;
use groups::check_group;
use slices::add_slices;
use statistics::check_statistics;
use truth::{check_cluster, check_decision, check_incumbent, check_truth};

pub(in crate::need) fn check(document: Document) -> Result<Need, ProofError> {
    check_schema(&document.schema, NEED_SCHEMA)?;
    check_id("id", &document.id)?;
    check_label("question", &document.question)?;
    check_label("unit", &document.unit)?;
    let columns = check_columns(document.columns)?;
    let label = check_truth(document.label, document.task, &columns)?;
    let cluster = check_cluster(document.unit_of_independence, &label, &columns)?;
    let decision = check_decision(document.decision, document.task)?;
    let incumbent = document
        .incumbent
        .map(|table| check_incumbent(table, document.task, &label, &columns))
        .transpose()?;
    at_most("groups", document.groups.len(), limits::GROUPS)?;
    unique(
        "groups",
        "id",
        document.groups.iter().map(|group| &group.id),
    )?;
    let mut groups = document
        .groups
        .into_iter()
        .enumerate()
        .map(|(index, table)| check_group(&format!("groups[{index}]"), table, &columns))
        .collect::<Result<Vec<_>, _>>()?;
    let members = groups.iter().map(|group| group.members.len()).sum();
    at_most("groups[*].members", members, limits::ALL_MEMBERS)?;
    add_slices(document.slices, &mut groups)?;
    let mut need = Need {
        id: document.id,
        task: document.task,
        question: document.question,
        unit: document.unit,
        cluster,
        label,
        decision,
        incumbent,
        columns,
        groups,
        statistics: check_statistics(&document.statistics, document.task, cluster.is_some())?,
        criteria: Vec::new(),
        release: check_release(document.release)?,
    };
    need.criteria = check_criteria(document.criteria, &need)?;
    Ok(need)
}
