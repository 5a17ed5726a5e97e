//! Slices: groups that cross protected groups, so that a criterion can ask
//! after the old women and not only after the old and the women.

use modu_kernel::Label;

use crate::error::ProofError;
use crate::need::document::SliceTable;
use crate::need::{Cut, Group, Member, MemberRule, limits};
use crate::rules::{at_most, check_id, check_label, shorten};

/// Adds the slices behind the groups that they cross.
pub(super) fn add_slices(
    tables: Vec<SliceTable>,
    groups: &mut Vec<Group>,
) -> Result<(), ProofError> {
    at_most("slices", tables.len(), limits::GROUPS)?;
    let declared = groups.len();
    for (index, table) in tables.into_iter().enumerate() {
        let key = format!("slices[{index}]");
        check_id(&format!("{key}.id"), &table.id)?;
        check_label(&format!("{key}.name"), &table.name)?;
        if groups.iter().any(|group| group.id == table.id) {
            return Err(ProofError::key(
                format!("{key}.id"),
                format!("`{}` is the id of a group or of another slice", table.id),
                "give each its own",
            ));
        }
        let crossed = crossed(&key, &table, groups.get(..declared).unwrap_or_default())?;
        let members = product(&crossed, groups);
        groups.push(Group {
            id: table.id,
            cut: Cut::Groups(crossed),
            small: table.small,
            name: table.name,
            members,
        });
        let all = groups.iter().map(|group| group.members.len()).sum();
        at_most(
            "groups[*].members and those of slices",
            all,
            limits::ALL_MEMBERS,
        )?;
    }
    Ok(())
}

/// The indices of the groups that a slice crosses: two at least, each once.
fn crossed(key: &str, table: &SliceTable, groups: &[Group]) -> Result<Vec<usize>, ProofError> {
    let key = format!("{key}.groups");
    let mut crossed = Vec::with_capacity(table.groups.len().min(groups.len()));
    for id in &table.groups {
        let Some(index) = groups.iter().position(|group| group.id == *id) else {
            return Err(ProofError::key(
                &key,
                format!("no group `{}` is declared", shorten(id)),
                "name groups that stand under [[groups]]",
            ));
        };
        if crossed.contains(&index) {
            return Err(ProofError::key(
                &key,
                format!("the group `{id}` is named twice"),
                "name each group once",
            ));
        }
        crossed.push(index);
    }
    if crossed.len() < 2 {
        return Err(ProofError::key(
            &key,
            "a slice of fewer than two groups crosses nothing",
            "name two groups or more",
        ));
    }
    let members = crossed.iter().try_fold(1_usize, |product, index| {
        product.checked_mul(groups.get(*index)?.members.len())
    });
    at_most(
        "the members of a slice, the product of those of its groups",
        members.unwrap_or(usize::MAX),
        limits::ALL_MEMBERS,
    )?;
    Ok(crossed)
}

/// Every intersection of one member of each group, the last group varying
/// fastest.
fn product(crossed: &[usize], groups: &[Group]) -> Vec<Member> {
    let mut members = vec![Member {
        id: String::new(),
        name: Label::new("", ""),
        rule: MemberRule::Members(Vec::new()),
    }];
    for group in crossed.iter().filter_map(|index| groups.get(*index)) {
        members = members
            .iter()
            .flat_map(|before| {
                let with = |(index, member)| narrowed(before, index, member);
                group.members.iter().enumerate().map(with)
            })
            .collect();
    }
    members
}

/// The rows of `before` that are also in a member of the next group.
fn narrowed(before: &Member, index: usize, member: &Member) -> Member {
    let mut indices = match &before.rule {
        MemberRule::Members(indices) => indices.clone(),
        MemberRule::Codes(_) | MemberRule::Band { .. } => Vec::new(),
    };
    let first = indices.is_empty();
    indices.push(index);
    let joined = |before: &str, sign: &str, next: &str| {
        if first {
            next.to_owned()
        } else {
            format!("{before}{sign}{next}")
        }
    };
    Member {
        // Ids hold no point, so no two intersections share one.
        id: joined(&before.id, ".", &member.id),
        name: Label::new(
            joined(&before.name.ko, " · ", &member.name.ko),
            joined(&before.name.en, " · ", &member.name.en),
        ),
        rule: MemberRule::Members(indices),
    }
}
