//! The cohort digest: a name for who is in a cohort and what is known of them,
//! that does not depend on what they are called.

use modu_kernel::Digest;

use crate::table::AnalysisTable;

/// The digest of a definition with the table that it gave: SHA-256 of the
/// definition's digest, the names of the columns, and each person's rows
/// without pseudonym, people in the order of their rows' text.
pub(super) fn of(definition: Digest, table: Option<&AnalysisTable>) -> Digest {
    let mut text = format!("modu.care.cohort-digest/1\n{definition}\n");
    if let Some(table) = table {
        text.push_str(&table.header_without_person());
        let mut people: Vec<Vec<String>> = Vec::new();
        let mut last = None;
        for (row, person) in table.person().iter().enumerate() {
            if last != Some(*person) {
                people.push(Vec::new());
                last = Some(*person);
            }
            if let Some(rows) = people.last_mut() {
                rows.push(table.row_without_person(row));
            }
        }
        people.iter_mut().for_each(|rows| rows.sort_unstable());
        people.sort_unstable();
        for rows in people {
            text.push('\n');
            text.extend(rows);
        }
    }
    Digest::of(text.as_bytes())
}
