//! Tables as files that spreadsheets read: CSV (RFC 4180) in UTF-8 with a byte
//! order mark, without which Excel takes Korean for something else.

use modu_programme::access::{Action, reach};
use modu_programme::store::{History as _, MAX_PAGE};
use modu_programme::{Actor, Sequence};

use super::layout::label;
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;

/// What stands before the first row.
const MARK: &str = "\u{feff}";

/// A cell: quoted where it must be, and never a formula, whatever somebody
/// wrote into a name (OWASP, "CSV injection").
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    match text.contains([',', '"', '\n', '\r', '\'']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

fn csv(name: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Answer {
    let mut text = MARK.to_owned();
    let line = |cells: &mut dyn Iterator<Item = String>| {
        let cells: Vec<_> = cells.map(|text| cell(&text)).collect();
        format!("{}\r\n", cells.join(","))
    };
    text += &line(&mut head.iter().map(|name| (*name).to_owned()));
    for row in rows {
        text += &line(&mut row.into_iter());
    }
    answer::download("text/csv; charset=utf-8", name, text.into_bytes())
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
            project.id.to_string(),
            project.title.as_str().to_owned(),
            agency.map_or_else(String::new, |agency| agency.name.as_str().to_owned()),
            label(visit, &project.phase.label()),
            project.since.to_string(),
            users.sum::<usize>().to_string(),
        ]
    });
    Ok(csv("projects.csv", &head, rows))
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
            person.id.to_string(),
            person.name.as_str().to_owned(),
            name.to_owned(),
            label(visit, &person.role.label()),
            visit
                .say(
                    if person.active { "예" } else { "아니요" },
                    if person.active { "yes" } else { "no" },
                )
                .to_owned(),
        ]
    });
    Ok(csv("people.csv", &head, rows))
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
            Actor::System => visit.say("프로그램", "the program").to_owned(),
            Actor::Person(id) => id.to_string(),
        };
        vec![
            entry.sequence.to_string(),
            entry.at.to_string(),
            who,
            serde_json::to_string(&entry.event).unwrap_or_default(),
            entry.previous.to_string(),
        ]
    });
    Ok(csv("history.csv", &head, rows))
}

#[cfg(test)]
mod tests {
    use super::cell;

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
            assert_eq!(cell(text), expected);
        }
    }
}
