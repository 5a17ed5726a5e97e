//! The protected groups and their members.

use modu_kernel::Label;

use super::columns::find_column;
use crate::error::ProofError;
use crate::need::document::{GroupTable, MemberTable};
use crate::need::{
    Column, ColumnRole, ColumnType, Cut, Group, Member, MemberRule, SmallMember, limits,
};
use crate::rules::{at_most, check_id, check_label, finite, unique};

pub(super) fn check_group(
    key: &str,
    table: GroupTable,
    columns: &[Column],
) -> Result<Group, ProofError> {
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
        cut: Cut::Column(index),
        small: SmallMember::Judge,
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
        (MemberRule::Members(_), _) | (_, MemberRule::Members(_)) => false,
    }
}
