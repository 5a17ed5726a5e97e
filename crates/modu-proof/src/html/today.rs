//! Today's recorded decisions beside the solutions: what they would measure
//! under each criterion. They are not judged; they show what is replaced.

use modu_kernel::Language;

use super::contender::find;
use super::number::{decimal, digits};
use crate::need::Direction;
use crate::report::{
    ClassMeasures, CriterionSummary, IncumbentSection, Measurement, Measures, OwnerReport,
};

/// A value of today's decisions, with the member's name for `each:`.
pub(super) struct Today<'a> {
    /// The member it is of.
    pub(super) member: Option<&'a str>,
    /// What was measured.
    pub(super) measurement: &'a Measurement,
}

/// What a criterion's metric comes to today; empty where no decisions are
/// recorded or the metric needs scores.
pub(super) fn values<'a>(
    report: &'a OwnerReport,
    criterion: &CriterionSummary,
    language: Language,
) -> Vec<Today<'a>> {
    let Some(IncumbentSection::Recorded { measures, .. }) = &report.incumbent else {
        return Vec::new();
    };
    let all = match criterion.over.split_once(':') {
        None => of_classes(measures, criterion, language),
        Some((kind, id)) => of_group(measures, kind, id, criterion, language),
    };
    all.into_iter()
        .filter(|today| today.measurement.value().is_some())
        .collect()
}

/// Over all rows: of the class that is asked about, of each, or of them all.
fn of_classes<'a>(
    measures: &'a Measures,
    criterion: &CriterionSummary,
    language: Language,
) -> Vec<Today<'a>> {
    let each = criterion.over == "each_class";
    if !each && criterion.class.is_none() {
        return one(find(&measures.overall, criterion.metric));
    }
    let asked = |class: &&ClassMeasures| each || Some(class.class.code) == criterion.class;
    let of_class = |class: &'a ClassMeasures| {
        Some(Today {
            member: each.then(|| class.class.name.get(language)),
            measurement: find(&class.metrics, criterion.metric)?,
        })
    };
    let classes = measures.classes.iter().filter(asked);
    classes.filter_map(of_class).collect()
}

fn of_group<'a>(
    measures: &'a Measures,
    kind: &str,
    id: &str,
    criterion: &CriterionSummary,
    language: Language,
) -> Vec<Today<'a>> {
    let Some(group) = measures.groups.iter().find(|group| group.id == id) else {
        return Vec::new();
    };
    if kind == "gap" && criterion.class.is_some() {
        return Vec::new();
    }
    if kind == "gap" {
        return one(find(&group.gaps, criterion.metric));
    }
    let of_member = |member: &'a crate::report::MemberMeasures| {
        let metrics = match criterion.class {
            None => &member.metrics,
            Some(code) => {
                let of_class = |class: &&ClassMeasures| class.class.code == code;
                &member.classes.iter().find(of_class)?.metrics
            }
        };
        let measurement = find(metrics, criterion.metric)?;
        Some(Today {
            member: Some(member.name.get(language)),
            measurement,
        })
    };
    group.members.iter().filter_map(of_member).collect()
}

fn one(measurement: Option<&Measurement>) -> Vec<Today<'_>> {
    let today = |measurement| Today {
        member: None,
        measurement,
    };
    measurement.map(today).into_iter().collect()
}

/// The least favourable of them, as printed in a cell.
fn worst(report: &OwnerReport, criterion: &CriterionSummary, language: Language) -> Option<String> {
    let values = values(report, criterion, language);
    let numbers = values.iter().filter_map(|today| today.measurement.value());
    let worst = numbers
        .map(modu_statistics::Finite::get)
        .reduce(match criterion.direction {
            Direction::AtLeast => f64::min,
            Direction::AtMost => f64::max,
        });
    worst.map(|value| decimal(value, digits(criterion.metric)))
}

/// Per criterion the least favourable value; none where nothing is recorded.
pub(super) fn row(report: &OwnerReport, language: Language) -> Option<Vec<Option<String>>> {
    matches!(report.incumbent, Some(IncumbentSection::Recorded { .. })).then(|| {
        let criteria = report.need.criteria.iter();
        criteria
            .map(|criterion| worst(report, criterion, language))
            .collect()
    })
}
