//! The steps that a visitor may take on a project now, as forms.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use modu_programme::access::{Action, Reach, Role, reach};
use modu_programme::account::Token;
use modu_programme::project::{CRITERIA, Phase, Project, Proposal, Verdict};
use modu_programme::{OrganisationId, OrganisationKind, Person, PersonId, Programme};

use super::layout::{field, form, label};
use crate::router::Asked;

/// All forms that this visitor can use; nothing where there are none.
pub(super) fn forms(asked: &Asked<'_>, programme: &Programme, project: &Project) -> Markup {
    let Some(person) = &asked.visit.person else {
        return html! {};
    };
    let desk = Desk {
        asked,
        programme,
        project,
        own: person.organisation,
    };
    let may = |action: Action, own: bool| match reach(person.role, action) {
        Some(Reach::All) => true,
        Some(Reach::Own) => own,
        None => false,
    };
    let mut steps = Vec::new();
    if may(Action::RunCall, false) {
        steps.extend(desk.calling());
    }
    if may(Action::Propose, true) && project.phase == Phase::Call {
        steps.push(desk.proposing());
    }
    if may(Action::Score, project.evaluators.contains(&person.id))
        && project.phase == Phase::Scoring
    {
        steps.extend(
            project
                .standing()
                .filter_map(|proposal| desk.scoring(proposal)),
        );
    }
    if may(Action::Select, false) {
        steps.extend(desk.selecting());
    }
    if may(Action::Demonstrate, project.agency == person.organisation) {
        steps.extend(desk.demonstrating());
    }
    let agency = programme.organisations().get(&person.organisation);
    if agency.is_some_and(|agency| agency.kind == OrganisationKind::DemandAgency) {
        steps.extend(
            project
                .standing()
                .filter_map(|proposal| desk.adopting(proposal)),
        );
    }
    if may(Action::RunCall, false) {
        steps.extend(desk.closing());
    }
    html! {
        @if !steps.is_empty() {
            section .desk {
                h2 { (asked.visit.say("할 일", "What you can do")) }
                @for step in steps { (step) }
            }
        }
    }
}

struct Desk<'d> {
    asked: &'d Asked<'d>,
    programme: &'d Programme,
    project: &'d Project,
    own: OrganisationId,
}

impl Desk<'_> {
    fn say<'a>(&self, ko: &'a str, en: &'a str) -> &'a str {
        self.asked.visit.say(ko, en)
    }

    fn form(&self, step: &str, fields: &Markup) -> Markup {
        let action = format!("/projects/{}/{step}", self.project.id);
        form(&self.asked.visit, &action, fields)
    }

    fn about(&self, proposal: &Proposal) -> Markup {
        html! { input type="hidden" name="proposal" value=(proposal.id); }
    }

    fn calling(&self) -> Option<Markup> {
        match self.project.phase {
            Phase::Need => Some(self.form("open-call", &html! {
                (field("closes", self.say("공모 마감 (한국 시간)", "Proposals are taken until (Korean time)"), None,
                    &html! { input #closes name="closes" type="datetime-local" required; }))
                button { (self.say("공모 열기", "Open the call")) }
            })),
            Phase::Call => {
                Some(self.form("close-call", &html! {
                    fieldset {
                        legend { (self.say("평가위원", "Evaluators")) }
                        @for evaluator in self.who_can_judge() {
                            label .choice {
                                input type="checkbox" name="evaluator" value=(evaluator.id);
                                " " (evaluator.name.as_str())
                            }
                        }
                    }
                    button { (self.say("마감하고 평가 시작 (마감 뒤)", "Close the call and begin scoring (after its end)")) }
                }))
            }
            Phase::Scoring => self.panel(),
            _ => None,
        }
    }

    fn who_can_judge(&self) -> impl Iterator<Item = &Person> {
        let people = self.programme.people().values();
        people.filter(|person| person.active && person.role == Role::Evaluator)
    }

    /// Who is waited for, with the number of their sheets.
    fn waited_for(&self) -> String {
        let mut sheets: BTreeMap<PersonId, usize> = BTreeMap::new();
        for (_, evaluator) in self.programme.missing_sheets(self.project) {
            *sheets.entry(evaluator).or_default() += 1;
        }
        let people = self.programme.people();
        let named = sheets.iter().filter_map(|(id, count)| {
            let person = people.get(id)?;
            Some(format!("{} {count}", person.name.as_str()))
        });
        named.collect::<Vec<_>>().join(", ")
    }

    /// Who comes to the evaluators and who leaves, while sheets are to come.
    fn panel(&self) -> Option<Markup> {
        let judges = |person: &&Person| self.project.evaluators.contains(&person.id);
        let others: Vec<&Person> = self.who_can_judge().filter(|it| !judges(it)).collect();
        let waited = self.programme.missing_sheets(self.project);
        let waited: BTreeSet<PersonId> = waited.map(|it| it.1).collect();
        let people = self.programme.people();
        let waited: Vec<&Person> = waited.iter().filter_map(|id| people.get(id)).collect();
        let last = self.project.evaluators.len() == 1;
        if others.is_empty() && (last || waited.is_empty()) {
            return None;
        }
        let appoint = self.form("appoint-evaluator", &html! {
            (field("appointed", self.say("더할 평가위원", "One more evaluator"), None, &choice("appointed", &others, None)))
            button .quiet { (self.say("위촉", "Appoint")) }
        });
        let release = self.form("release-evaluator", &html! {
            (field("released", self.say("기다리지 않을 평가위원", "Evaluator who is waited for no longer"),
                Some(self.say("봉인한 평가표는 그대로 남아 함께 열립니다.", "What they sealed stays, and is opened with the others.")),
                &choice("released", &waited, Some("released-hint"))))
            (field("release-reason", self.say("해촉하는 까닭", "Why they are released"), None,
                &html! { input #release-reason name="reason" required; }))
            button .quiet { (self.say("해촉", "Release")) }
        });
        Some(html! { details {
            summary { (self.say("평가위원 바꾸기", "Change the evaluators")) }
            @if !others.is_empty() { (appoint) }
            @if !waited.is_empty() && !last { (release) }
        } })
    }

    /// The end of a project, where nothing of it is in use.
    fn closing(&self) -> Option<Markup> {
        let mut proposals = self.project.proposals.values();
        let in_use = proposals.any(|proposal| !proposal.users.is_empty());
        if self.project.phase == Phase::Closed || in_use {
            return None;
        }
        let close = self.form("close", &html! {
            (field("close-reason", self.say("종료하는 까닭", "Why it is closed"),
                Some(self.say("종료한 사업은 다시 열 수 없고, 이력은 그대로 남습니다.", "A closed project is not opened again; its history stays.")),
                &html! { textarea #close-reason name="reason" rows="2" required aria-describedby="close-reason-hint" {} }))
            button .quiet { (self.say("사업 종료", "Close the project")) }
        });
        Some(html! { details { summary { (self.say("사업 종료", "Close the project")) } (close) } })
    }

    fn proposing(&self) -> Markup {
        let mut standing = self.project.standing();
        match standing.find(|proposal| proposal.supplier == self.own) {
            Some(proposal) => self.form("withdraw", &html! {
                (self.about(proposal))
                button .quiet { (self.say("제안 거두기: ", "Withdraw: ")) (proposal.title.as_str()) }
            }),
            None => self.form("propose", &html! {
                (field("title", self.say("제안 이름", "Title"), None,
                    &html! { input #title name="title" required maxlength="200"; }))
                (field("summary", self.say("내용", "Summary"), None,
                    &html! { textarea #summary name="summary" rows="6" required {} }))
                (field("solution", self.say("솔루션 다이제스트 (있으면)", "Digest of the solution, if there is one"), None,
                    &html! { input #solution name="solution" pattern="sha256:[0-9a-f]{64}"; }))
                button { (self.say("제안", "Propose")) }
            }),
        }
    }

    fn scoring(&self, proposal: &Proposal) -> Option<Markup> {
        let person = self.asked.visit.id()?;
        if proposal.sealed.contains_key(&person) || proposal.conflicts.contains(&person) {
            return None;
        }
        let name = |number: usize| format!("points-{}-{number}", proposal.id);
        let score = self.form("score", &html! {
            (self.about(proposal))
            @for (number, (criterion, most)) in CRITERIA.iter().enumerate() {
                (field(&name(number), &format!("{} (0–{most})", label(&self.asked.visit, &criterion.label())), None,
                    &html! { input id=(name(number)) name="points" type="number" min="0" max=(most) required; }))
            }
            (field(&format!("comment-{}", proposal.id), self.say("까닭", "Reasons"), None,
                &html! { textarea id=(format!("comment-{}", proposal.id)) name="comment" rows="3" {} }))
            button { (self.say("봉인", "Seal")) }
            p .hint { (self.say("봉인한 뒤에는 고칠 수 없고, 모두 모일 때까지 아무도 볼 수 없습니다.", "A sealed sheet cannot be changed, and nobody sees it before all are in.")) }
        });
        let recuse = self.form("recuse", &html! {
            (self.about(proposal))
            (field(&format!("reason-{}", proposal.id), self.say("이해 충돌의 까닭", "The conflict of interest"), None,
                &html! { input id=(format!("reason-{}", proposal.id)) name="reason" required; }))
            button .quiet { (self.say("이 제안의 평가에서 물러남", "Do not judge this proposal")) }
        });
        Some(html! {
            article .card {
                h3 { (proposal.title.as_str()) }
                (score)
                details { summary { (self.say("이해 충돌", "Conflict of interest")) } (recuse) }
            }
        })
    }

    fn selecting(&self) -> Option<Markup> {
        match self.project.phase {
            Phase::Scoring => {
                let missing = self.programme.missing_sheets(self.project).count();
                let unjudged = |it: &&Proposal| self.programme.sheets_of(self.project, it) == 0;
                Some(html! {
                    @for proposal in self.project.standing().filter(unjudged) {
                        p .notice .danger { (proposal.title.as_str()) ": "
                            (self.say("평가할 위원이 없어 평가표를 열 수 없습니다. 위원을 더 위촉하십시오.", "nobody judges it, so the sheets cannot be opened. Appoint another evaluator.")) }
                    }
                    @match missing {
                        0 if !self.programme.is_judged(self.project) => {}
                        0 => (self.form("open-scores", &html! { button { (self.say("평가표 함께 열기", "Open all sheets together")) } })),
                        _ => p { (self.say("아직 오지 않은 평가표: ", "Sheets still to come: ")) (missing) " · " (self.waited_for()) },
                    }
                })
            }
            Phase::Selection => Some(self.form("select", &html! {
                fieldset {
                    legend { (self.say("실증할 제안", "Who may demonstrate")) }
                    @for proposal in self.project.standing() {
                        label .choice {
                            input type="checkbox" name="proposal" value=(proposal.id);
                            " " (proposal.title.as_str()) " · " (mean(proposal))
                        }
                    }
                }
                (field("reason", self.say("까닭", "Reasons"), None, &html! { textarea #reason name="reason" rows="3" required {} }))
                button { (self.say("선정", "Select")) }
            })),
            _ => None,
        }
    }

    /// Which of the selected, on which of the agency's data.
    fn demonstrating(&self) -> Option<Markup> {
        let goes_on = matches!(self.project.phase, Phase::Demonstration | Phase::Adopted);
        let selected = || self.project.standing().filter(|proposal| proposal.selected);
        let materials = self.asked.office.jobs().materials();
        let mut datasets = materials.datasets(self.own).unwrap_or_default();
        datasets.retain(|dataset| dataset.gone.is_none());
        if !goes_on || datasets.is_empty() || selected().next().is_none() {
            return None;
        }
        let once = Token::new().map(|token| token.reveal()).unwrap_or_default();
        Some(self.form(
            "demonstrate",
            &html! {
                input type="hidden" name="once" value=(once);
                fieldset {
                    legend { (self.say("실증할 솔루션", "What demonstrates")) }
                    @for proposal in selected() {
                        label .choice {
                            input type="checkbox" name="proposal" value=(proposal.id);
                            " " (proposal.title.as_str())
                        }
                    }
                }
                (field("dataset", self.say("데이터", "Data"), None, &html! {
                    select #dataset name="dataset" { @for dataset in &datasets {
                        option value=(dataset.id.0) {
                            (dataset.name.as_str())
                            @if dataset.node.is_some() { " · " (self.say("노드에서", "at its node")) }
                        }
                    } }
                }))
                button { (self.say("실증 시작", "Start the demonstration")) }
            },
        ))
    }

    fn adopting(&self, proposal: &Proposal) -> Option<Markup> {
        let uses = proposal.users.contains(&self.own);
        let first = proposal.users.contains(&self.project.agency);
        let passed = proposal
            .judged
            .last()
            .is_some_and(|judged| judged.verdict == Verdict::Adopt);
        let may_take = self.own == self.project.agency || first;
        match (uses, passed && may_take && proposal.selected) {
            (true, _) => Some(self.form("retire", &html! {
                (self.about(proposal))
                (field(&format!("retire-{}", proposal.id), self.say("사용을 끝내는 까닭", "Why its use ends"), None,
                    &html! { input id=(format!("retire-{}", proposal.id)) name="reason" required; }))
                button .quiet { (self.say("사용 끝내기: ", "End the use of ")) (proposal.title.as_str()) }
            })),
            (false, true) => Some(self.form("adopt", &html! {
                (self.about(proposal))
                button { (self.say("도입: ", "Adopt ")) (proposal.title.as_str()) }
            })),
            (false, false) => None,
        }
    }
}

/// A choice of one of some people, named as a field names them.
fn choice(id: &str, people: &[&Person], described_by: Option<&str>) -> Markup {
    html! { select id=(id) name="evaluator" required aria-describedby=[described_by] {
        @for person in people { option value=(person.id) { (person.name.as_str()) } }
    } }
}

/// The mean of the opened sheets, to one decimal.
fn mean(proposal: &Proposal) -> String {
    let total: u32 = proposal
        .scores
        .iter()
        .map(|score| u32::from(score.sheet.total()))
        .sum();
    match u32::try_from(proposal.scores.len()) {
        Ok(count) if count > 0 => {
            let tenths = (total * 10 + count / 2) / count;
            format!("{}.{}", tenths / 10, tenths % 10)
        }
        _ => "–".to_owned(),
    }
}
