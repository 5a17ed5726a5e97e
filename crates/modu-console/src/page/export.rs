//! Tables as files that spreadsheets read: CSV (RFC 4180) in UTF-8 with a byte
//! order mark, without which Excel takes Korean for something else, and XLSX
//! (ECMA-376). Which of them is asked for by the address's ending.
//!
//! What people wrote into names is never a formula: in CSV an apostrophe goes
//! before it (OWASP, "CSV injection"), and in XLSX a text is a text.

use jiff::Timestamp;
use modu_programme::access::{Action, reach};
use modu_programme::store::{History as _, MAX_PAGE};
use modu_programme::{Actor, Sequence};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::layout::label;
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;

/// What stands before the first row.
const MARK: &str = "\u{feff}";
/// Rows of a sheet (ECMA-376, part 1, 18.3.1.73), one of them the heading.
const MAX_ROWS: u32 = 1_048_576;
/// Characters of a cell, as Excel counts them: UTF-16 code units.
const MAX_CELL: usize = 32_767;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Text(String),
    Number(u64),
    Decimal(f64),
    Time(Timestamp),
}

impl Cell {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// A number where there is one; what is not finite is none.
    pub(super) fn decimal(number: Option<f64>) -> Self {
        let number = number.filter(|number| number.is_finite());
        number.map_or_else(|| Self::Text(String::new()), Self::Decimal)
    }

    /// Quoted where it must be, and never a formula, whatever somebody wrote
    /// into a name.
    fn csv(&self) -> String {
        let text = match self {
            Self::Number(number) => return number.to_string(),
            Self::Decimal(number) => return number.to_string(),
            Self::Time(time) => return time.to_string(),
            Self::Text(text) => text,
        };
        let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let text = match formula {
            true => format!("'{text}"),
            false => text.clone(),
        };
        match text.contains([',', '"', '\n', '\r', '\'']) {
            true => format!("\"{}\"", text.replace('"', "\"\"")),
            false => text,
        }
    }

    fn write(
        &self,
        sheet: &mut Worksheet,
        at: (u32, u16),
        times: &Format,
    ) -> Result<(), XlsxError> {
        let (row, column) = at;
        match self {
            Self::Text(text) => sheet.write_string(row, column, shortened(text))?,
            Self::Number(number) => sheet.write_number(row, column, *number as f64)?,
            Self::Decimal(number) => sheet.write_number(row, column, *number)?,
            Self::Time(time) => {
                let time = ExcelDateTime::from_timestamp(time.as_second())?;
                sheet.write_datetime_with_format(row, column, &time, times)?
            }
        };
        Ok(())
    }
}

/// What of a text a cell holds; that there was more is seen.
fn shortened(text: &str) -> String {
    if text.encode_utf16().count() <= MAX_CELL {
        return text.to_owned();
    }
    let mut units = 0;
    let fits = text.chars().take_while(|c| {
        units += c.len_utf16();
        units < MAX_CELL
    });
    fits.chain(std::iter::once('…')).collect()
}

/// The table as the file that was asked for.
pub(super) fn written(
    asked: &Asked<'_>,
    name: &str,
    head: &[&str],
    rows: impl Iterator<Item = Vec<Cell>>,
) -> Result<Answer, ConsoleError> {
    match asked.visit.path.ends_with(".xlsx") {
        true => {
            let bytes = xlsx(name, head, rows).map_err(|_| ConsoleError::Failed)?;
            let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            Ok(answer::download(kind, &format!("{name}.xlsx"), bytes))
        }
        false => {
            let text = csv(head, rows).into_bytes();
            let kind = "text/csv; charset=utf-8";
            Ok(answer::download(kind, &format!("{name}.csv"), text))
        }
    }
}

fn csv(head: &[&str], rows: impl Iterator<Item = Vec<Cell>>) -> String {
    let head = head.iter().map(|name| Cell::text(name)).collect();
    let mut text = MARK.to_owned();
    for row in std::iter::once(head).chain(rows) {
        let cells: Vec<_> = row.iter().map(Cell::csv).collect();
        text += &cells.join(",");
        text += "\r\n";
    }
    text
}

fn xlsx(
    name: &str,
    head: &[&str],
    rows: impl Iterator<Item = Vec<Cell>>,
) -> Result<Vec<u8>, XlsxError> {
    let (bold, times) = (
        Format::new().set_bold(),
        Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
    );
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name(name)?;
    sheet.set_freeze_panes(1, 0)?;
    for (column, title) in (0..).zip(head) {
        sheet.write_string_with_format(0, column, *title, &bold)?;
        sheet.set_column_width(column, 24)?;
    }
    for (row, cells) in (1..MAX_ROWS).zip(rows) {
        for (column, cell) in (0..).zip(&cells) {
            cell.write(sheet, (row, column), &times)?;
        }
    }
    book.save_to_buffer()
}

/// Projects, for everybody.
pub(crate) fn projects(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let kept = asked.office.kept();
    let programme = kept.programme();
    let head = [
        visit.say("번호", "Number"),
        visit.say("사업", "Project"),
        visit.say("기관", "Agency"),
        visit.say("단계", "Phase"),
        visit.say("공개한 때", "Published"),
        visit.say("도입 기관 수", "In use at"),
    ];
    let rows = programme.projects().values().map(|project| {
        let agency = programme.organisations().get(&project.agency);
        let users = project
            .proposals
            .values()
            .map(|proposal| proposal.users.len());
        vec![
            Cell::Number(project.id.0.0),
            Cell::text(project.title.as_str()),
            Cell::text(agency.map_or("", |agency| agency.name.as_str())),
            Cell::Text(label(visit, &project.phase.label())),
            Cell::Time(project.since),
            Cell::Number(users.sum::<usize>() as u64),
        ]
    });
    written(asked, "projects", &head, rows)
}

/// People, for who runs or audits the programme.
pub(crate) fn people(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let person = visit.signed_in()?;
    reach(person.role, Action::SeePeople).ok_or(ConsoleError::NotFound)?;
    let kept = asked.office.kept();
    let programme = kept.programme();
    let head = [
        visit.say("번호", "Number"),
        visit.say("이름", "Name"),
        visit.say("기관", "Organisation"),
        visit.say("역할", "Role"),
        visit.say("활동", "Active"),
    ];
    let rows = programme.people().values().map(|person| {
        let organisation = programme.organisations().get(&person.organisation);
        let name = organisation.map_or("", |organisation| organisation.name.as_str());
        vec![
            Cell::Number(person.id.0.0),
            Cell::text(person.name.as_str()),
            Cell::text(name),
            Cell::Text(label(visit, &person.role.label())),
            Cell::text(match person.active {
                true => visit.say("예", "yes"),
                false => visit.say("아니요", "no"),
            }),
        ]
    });
    written(asked, "people", &head, rows)
}

/// The newest entries of the history with their digests' links, for who runs
/// or audits the programme; what happened is JSON, as it is kept.
pub(crate) fn history(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let person = visit.signed_in()?;
    reach(person.role, Action::SeeHistory).ok_or(ConsoleError::NotFound)?;
    let mut kept = asked.office.kept();
    kept.catch_up()?;
    let last = kept.programme().last().0;
    let from = last.saturating_sub(MAX_PAGE as u64);
    let entries = kept.history().after(Sequence(from), MAX_PAGE)?;
    let head = [
        visit.say("번호", "Number"),
        visit.say("때", "When"),
        visit.say("누가", "Who"),
        visit.say("무엇을", "What"),
        visit.say("앞 항목의 다이제스트", "Digest of the entry before"),
    ];
    let rows = entries.iter().map(|entry| {
        let who = match entry.by {
            Actor::System => Cell::text(visit.say("프로그램", "the program")),
            Actor::Person(id) => Cell::Number(id.0.0),
        };
        vec![
            Cell::Number(entry.sequence.0),
            Cell::Time(entry.at),
            who,
            Cell::Text(serde_json::to_string(&entry.event).unwrap_or_default()),
            Cell::Text(entry.previous.to_string()),
        ]
    });
    written(asked, "history", &head, rows)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_where_it_must_be_and_is_never_a_formula() {
        for (text, expected) in [
            ("소득", "소득"),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("=1+1", "\"'=1+1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("a\nb", "\"a\nb\""),
        ] {
            assert_eq!(Cell::text(text).csv(), expected);
        }
    }

    #[test]
    fn a_text_that_no_cell_holds_is_cut_and_says_so() {
        let longest = "가".repeat(MAX_CELL);
        assert_eq!(shortened(&longest), longest);
        // Two code units each.
        let cut = shortened(&"😀".repeat(MAX_CELL));
        assert!(cut.ends_with("😀…") && cut.encode_utf16().count() <= MAX_CELL);
        let row = vec![Cell::Text("=1+1".to_owned() + &longest), Cell::Number(1)];
        assert!(
            xlsx("t", &["가", "나"], std::iter::once(row))
                .unwrap()
                .starts_with(b"PK")
        );
    }
}
