//! A plain CSV whose columns the caller names, as R and spreadsheets write it.

use modu_kernel::Label;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::read::{self, Header, Kind, Role};
use super::{AnalysisTable, EventMeaning};
use crate::CareError;

/// Which columns of a plain CSV are what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableColumns {
    /// Days at which the row was last seen.
    pub time: String,
    /// What happened then: 0 censored, 1 the outcome, 2 and up competing
    /// events; or TRUE and FALSE.
    pub event: String,
    /// Days from which the row is at risk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// Who the row is about, where a person has several rows. Only who is the
    /// same is kept, unless these are our own pseudonyms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The hospital.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The predictors, in the order wanted; none: all other columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub predictors: Vec<String>,
    /// Predictors whose numbers are codes of categories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categorical: Vec<String>,
}

impl AnalysisTable {
    /// Reads a plain CSV with a header. Cells that are empty or `NA` are
    /// missing; a column where every other cell is a number is numeric, else
    /// its levels are its distinct cells in their order as text.
    ///
    /// # Errors
    /// A column that is not there, a row without time or event, and whatever
    /// [`AnalysisTable::new`] refuses. No cell is quoted.
    pub fn read_plain(csv: &[u8], columns: &TableColumns) -> Result<Self, CareError> {
        let header = Header::of(csv)?;
        let others = |name: &&String| {
            let taken = [&columns.time, &columns.event];
            let optional = [&columns.entry, &columns.person, &columns.cluster];
            !taken.contains(name) && !optional.into_iter().flatten().any(|it| it == *name)
        };
        let wanted: Vec<&String> = match columns.predictors.is_empty() {
            true => header.names().iter().filter(others).collect(),
            false => columns.predictors.iter().collect(),
        };
        if let Some(unused) = (columns.categorical.iter()).find(|name| !wanted.contains(name)) {
            let problem = "it is called categorical, but is no predictor";
            return Err(CareError::at(format!("the column `{unused}`"), problem));
        }
        let mut roles = vec![
            (Role::Time, header.place(&columns.time)?),
            (Role::Event, header.place(&columns.event)?),
        ];
        let optional = [
            (Role::Entry, &columns.entry),
            (Role::Person, &columns.person),
            (Role::Cluster(None), &columns.cluster),
        ];
        for (role, name) in optional {
            if let Some(name) = name {
                roles.push((role, header.place(name)?));
            }
        }
        for name in wanted {
            let kind = match columns.categorical.contains(name) {
                true => Kind::Levels,
                false => Kind::Unknown,
            };
            let label = Label::new(name.clone(), name.clone());
            let role = Role::Predictor(name.clone(), label, None, kind);
            roles.push((role, header.place(name)?));
        }
        read::table(csv, roles, None)
    }
}

/// Meanings of codes that nobody has named.
pub(super) fn nameless_events(count: u16) -> Vec<EventMeaning> {
    let meaning = |code: u16| EventMeaning {
        name: format!("event_{code}"),
        label: Label::new(format!("사건 {code}"), format!("event {code}")),
    };
    (1..=count).map(meaning).collect()
}
