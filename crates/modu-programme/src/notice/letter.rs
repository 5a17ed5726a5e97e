//! What a note says: to people on a page or in a letter, to programs as JSON.

use jiff::Timestamp;
use modu_kernel::{Label, Language};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Note, NoticeError};
use crate::identity::{OrganisationId, ProjectId, ProposalId, Sequence};
use crate::programme::Programme;

/// Bytes of a letter's text.
pub const MAX_LETTER_BYTES: usize = 20_000;

/// A letter to a person: plain text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// The text.
    pub text: String,
}

impl Letter {
    /// A letter of a note; it names a page, and tells no secret.
    #[must_use]
    pub fn of_note(note: &Note, programme: &Programme, language: Language, root: &str) -> Self {
        let said = sentence(note, programme);
        let said = said.get(language);
        let page = note.page();
        let why = language.pick(
            "알림을 메일로 받기로 하셔서 보냈습니다. 알림 페이지에서 그만둘 수 있습니다.",
            "You asked for notices by mail; the page Notices ends that.",
        );
        Self {
            subject: format!("[{}] {said}", language.pick("모두", "Modu")),
            text: format!("{said}\n\n{root}{page}\n\n--\n{why}\n{root}/notices\n"),
        }
    }

    /// A letter with a link that proves that its reader has the address.
    #[must_use]
    pub fn of_proof(link: &str, language: Language) -> Self {
        let (subject, text) = match language {
            Language::Ko => (
                "[모두] 메일 주소 확인",
                format!(
                    "이 주소로 알림을 받으려면 들어온 채로 아래 링크를 여십시오. 하루 동안 쓸 수 있습니다.\n\n{link}\n\n청하지 않으셨다면 아무것도 하지 않으셔도 됩니다.\n"
                ),
            ),
            Language::En => (
                "[Modu] Confirm your address",
                format!(
                    "To get notices at this address, open this link while you are signed in. It holds for a day.\n\n{link}\n\nIf you did not ask for it, you need not do anything.\n"
                ),
            ),
        };
        Self {
            subject: subject.to_owned(),
            text,
        }
    }

    /// A letter with the one link that lets its reader in: the only secret
    /// that is ever sent.
    #[must_use]
    pub fn of_invitation(name: &str, link: &str, language: Language) -> Self {
        let (subject, text) = match language {
            Language::Ko => (
                "[모두] 들어오는 링크",
                format!(
                    "{name} 님,\n\n아래 링크에서 이름과 비밀번호를 정하십시오. 한 번, 7일 안에 쓸 수 있습니다. 남에게 보이지 마십시오.\n\n{link}\n"
                ),
            ),
            Language::En => (
                "[Modu] Your way in",
                format!(
                    "Dear {name},\n\nchoose a name and a password here. The link works once, within 7 days; show it to nobody.\n\n{link}\n"
                ),
            ),
        };
        Self {
            subject: subject.to_owned(),
            text,
        }
    }

    pub(super) fn to_json(&self) -> Result<String, NoticeError> {
        serde_json::to_string(self).map_err(|_| NoticeError::Unreadable("a letter"))
    }

    /// Reads a letter as a delivery carries it.
    ///
    /// # Errors
    /// [`NoticeError::Unreadable`].
    pub fn read(body: &str) -> Result<Self, NoticeError> {
        serde_json::from_str(body).map_err(|_| NoticeError::Unreadable("a letter"))
    }
}

/// The body of a webhook's message: `type`, `timestamp` and `data`, as Standard
/// Webhooks recommends.
pub(super) fn message(
    note: &Note,
    at: Timestamp,
    entry: Option<Sequence>,
) -> Result<String, NoticeError> {
    let mut data = serde_json::to_value(note).map_err(|_| NoticeError::Unreadable("a notice"))?;
    if let Value::Object(fields) = &mut data {
        fields.remove("note");
        if let Some(entry) = entry {
            fields.insert("entry".to_owned(), json!(entry));
        }
        fields.insert("page".to_owned(), json!(note.page()));
    }
    let body = json!({ "type": note.kind(), "timestamp": at, "data": data });
    Ok(body.to_string())
}

/// What a note says, in a sentence.
pub(super) fn sentence(note: &Note, programme: &Programme) -> Label {
    let named = Named { note, programme };
    let project = note
        .project()
        .map_or_else(String::new, |id| named.project(id));
    match note {
        Note::Judged { verdict, .. } => {
            let (title, said) = (named.proposal(), verdict.label());
            Label::new(
                format!("{project} {title}: 게이트의 판정은 ‘{}’입니다.", said.ko),
                format!("{project} {title}: the gate says “{}”.", said.en),
            )
        }
        Note::JudgedAgain { verdict, .. } => {
            let (title, said) = (named.proposal(), verdict.label());
            Label::new(
                format!(
                    "{project} {title}: 쓰는 중에 다시 재니 ‘{}’입니다.",
                    said.ko
                ),
                format!("{project} {title}: judged again in use, “{}”.", said.en),
            )
        }
        Note::Adopted { agency, .. } => {
            let (title, agency) = (named.proposal(), named.organisation(*agency));
            Label::new(
                format!("{project} {title}: {agency}에서 도입했습니다."),
                format!("{project} {title}: adopted by {agency}."),
            )
        }
        Note::Retired { agency, .. } => {
            let (title, agency) = (named.proposal(), named.organisation(*agency));
            Label::new(
                format!("{project} {title}: {agency}에서 그만 씁니다."),
                format!("{project} {title}: no longer used by {agency}."),
            )
        }
        Note::Enrolled { role } => {
            let role = role.label();
            Label::new(
                format!("사업에 등록되었습니다. 역할: {}", role.ko),
                format!("You were enrolled. Role: {}", role.en),
            )
        }
        Note::WebhookStopped { webhook } => Label::new(
            format!("웹훅 {webhook}번이 답하지 않아 멈췄습니다. 고친 뒤 다시 켜십시오."),
            format!(
                "Webhook {webhook} does not answer and was stopped: start it again once it does."
            ),
        ),
        _ => {
            let (ko, en) = plain(note);
            let title = note
                .proposal()
                .map_or_else(String::new, |_| named.proposal());
            let about = [project, title].into_iter().filter(|it| !it.is_empty());
            let about = about.collect::<Vec<_>>().join(" ");
            match about.is_empty() {
                true => Label::new(ko, en),
                false => Label::new(format!("{about}: {ko}"), format!("{about}: {en}")),
            }
        }
    }
}

/// What is the same whoever it is about.
const fn plain(note: &Note) -> (&'static str, &'static str) {
    match note {
        Note::NeedPublished { .. } => ("새 수요가 나왔습니다.", "a new need was published."),
        Note::CallOpened { .. } => ("제안을 받습니다.", "proposals are asked for."),
        Note::ProposalSubmitted { .. } => ("제안이 들어왔습니다.", "a proposal came in."),
        Note::ProposalWithdrawn { .. } => ("제안을 거두었습니다.", "the proposal was taken back."),
        Note::CallClosed { .. } => ("공모가 끝났습니다.", "the call is over."),
        Note::SheetsAwaited { .. } => ("채점표를 기다립니다.", "your score sheets are waited for."),
        Note::Released { .. } => (
            "평가위원에서 해촉되었습니다. 남은 채점표를 기다리지 않습니다.",
            "you were released as an evaluator; no further sheets are waited for.",
        ),
        Note::ConflictDeclared { .. } => ("평가위원이 회피했습니다.", "an evaluator stepped back."),
        Note::SheetsComplete { .. } => (
            "채점표가 모두 들어왔습니다. 열 수 있습니다.",
            "all score sheets are in and can be opened.",
        ),
        Note::ScoresOpened { .. } => ("채점표가 열렸습니다.", "the score sheets were opened."),
        Note::Selected { .. } => (
            "선정되었습니다. 실증할 수 있습니다.",
            "selected; it may demonstrate.",
        ),
        Note::NotSelected { .. } => ("선정되지 않았습니다.", "not selected."),
        Note::SelectionMade { .. } => ("선정이 끝났습니다.", "it is known who may demonstrate."),
        Note::Closed { .. } => ("사업이 끝났습니다.", "the project is over."),
        Note::Suspended => ("이제 활동할 수 없습니다.", "You may act no longer."),
        Note::AccessReset => (
            "운영자가 들어오는 길을 새로 정했습니다. 청하지 않았다면 운영자에게 물으십시오.",
            "An operator reset your access. If you did not ask for it, ask them.",
        ),
        Note::Reinstated => ("다시 활동할 수 있습니다.", "You may act again."),
        _ => ("시험 삼아 보냈습니다.", "This was sent to try it out."),
    }
}

struct Named<'n> {
    note: &'n Note,
    programme: &'n Programme,
}

impl Named<'_> {
    fn project(&self, id: ProjectId) -> String {
        let project = self.programme.projects().get(&id);
        project.map_or_else(|| id.to_string(), |it| format!("‘{}’", it.title.as_str()))
    }

    fn proposal(&self) -> String {
        let found = self.note.project().zip(self.note.proposal());
        let title = found.and_then(|(project, proposal): (ProjectId, ProposalId)| {
            let project = self.programme.projects().get(&project)?;
            project.proposals.get(&proposal)
        });
        title.map_or_else(String::new, |it| format!("‘{}’", it.title.as_str()))
    }

    fn organisation(&self, id: OrganisationId) -> String {
        let found = self.programme.organisations().get(&id);
        found.map_or_else(|| id.to_string(), |it| it.name.as_str().to_owned())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::project::Verdict;

    #[test]
    fn a_message_is_what_the_standard_recommends() {
        let note = Note::Judged {
            project: ProjectId(Sequence(5)),
            proposal: ProposalId(Sequence(8)),
            verdict: Verdict::Refuse,
            evidence: 12,
        };
        let at = Timestamp::from_second(1_790_000_000).unwrap();
        let body = message(&note, at, Some(Sequence(30))).unwrap();
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            body,
            json!({
                "type": "proposal.judged",
                "timestamp": "2026-09-21T14:13:20Z",
                "data": {
                    "entry": 30, "project": 5, "proposal": 8,
                    "verdict": "refuse", "evidence": 12, "page": "/projects/5",
                },
            })
        );
    }

    #[test]
    fn a_letter_is_read_as_it_was_written() {
        let letter =
            Letter::of_invitation("김주무관", "https://modu.example/welcome/1", Language::Ko);
        assert_eq!(Letter::read(&letter.to_json().unwrap()).unwrap(), letter);
        assert!(Letter::read("{}").is_err());
    }
}
