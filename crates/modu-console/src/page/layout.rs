//! What every page has around it.

use maud::{DOCTYPE, Markup, html};
use modu_kernel::Language;
use modu_programme::access::{Action, reach};
use modu_programme::notice::MAX_COUNTED;

use crate::answer::own_place;
use crate::visit::{FORM_KEY, Visit};

/// A whole page.
pub(crate) fn page(visit: &Visit, title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(visit.language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · " (visit.say("모두", "Modu")) }
                link rel="stylesheet" href="/style.css";
                link rel="icon" href="data:,";
            }
            body {
                a .skip href="#main" { (visit.say("본문 바로가기", "Skip to content")) }
                header { (bar(visit)) }
                main #main tabindex="-1" { (body) }
                footer {
                    p {
                        (visit.say(
                            "모든 결정은 증거로 남고, 누구나 서버 없이 검증할 수 있습니다.",
                            "Every decision is kept as evidence that anybody can verify without this server.",
                        ))
                        " "
                        a href="/evidence" { (visit.say("증거 보기", "See the evidence")) }
                    }
                    p { (visit.say("시각은 한국 시간(KST, UTC+9)입니다.", "Times are Korean time (KST, UTC+9).")) }
                }
            }
        }
    }
}

fn bar(visit: &Visit) -> Markup {
    let may = |action| reach(visit.role(), action).is_some();
    let other = match visit.language {
        Language::Ko => Language::En,
        Language::En => Language::Ko,
    };
    let here = own_place(&visit.path);
    html! {
        div .bar {
            a .brand href="/" { (visit.say("모두", "Modu")) }
            nav aria-label=(visit.say("주 메뉴", "Main")) {
                ul {
                    li { a href="/" { (visit.say("사업", "Projects")) } }
                    li { a href="/evidence" { (visit.say("증거", "Evidence")) } }
                    li { a href="/engines" { (visit.say("엔진", "Engines")) } }
                    @if visit.person.is_some() {
                        li { a href="/desk" { (visit.say("할 일", "Desk")) } }
                    }
                    @if may(Action::PublishNeed) {
                        li { a href="/needs/new" { (visit.say("수요 등록", "New need")) } }
                    }
                    @if may(Action::SeeData) {
                        li { a href="/data" { (visit.say("데이터", "Data")) } }
                    }
                    @if may(Action::SeePeople) {
                        li { a href="/people" { (visit.say("기관과 사람", "People")) } }
                    }
                    @if may(Action::SeeHistory) {
                        li { a href="/history" { (visit.say("이력", "History")) } }
                    }
                    @if may(Action::SeeSystem) {
                        li { a href="/system" { (visit.say("시스템", "System")) } }
                    }
                }
            }
            div .self {
                a lang=(other.tag()) hreflang=(other.tag()) href=(format!("/language/{other}?to={here}")) {
                    (other.pick("한국어", "English"))
                }
                @match &visit.person {
                    None => a href=(format!("/sign-in?to={here}")) { (visit.say("들어가기", "Sign in")) },
                    Some(person) => {
                        a href="/notices" {
                            (visit.say("알림", "Notices"))
                            @if visit.unread > 0 { " " span .badge {
                                (unread(visit.unread))
                                span .unseen { (visit.say("개 안 읽음", " unread")) }
                            } }
                        }
                        a href="/keys" { (visit.say("열쇠", "Keys")) }
                        a href="/second-factor" { (visit.say("2단계 인증", "Second factor")) }
                        a .who href="/account" {
                            (person.name.as_str()) " · " (label(visit, &person.role.label()))
                        }
                        (form(visit, "/sign-out", &html! {
                            button .quiet { (visit.say("나가기", "Sign out")) }
                        }))
                    }
                }
            }
        }
    }
}

/// A count that is not counted to its end.
fn unread(count: u64) -> String {
    match count < MAX_COUNTED {
        true => count.to_string(),
        false => format!("{}+", MAX_COUNTED - 1),
    }
}

/// A form of this session.
pub(crate) fn form(visit: &Visit, action: &str, fields: &Markup) -> Markup {
    html! {
        form method="post" action=(action) {
            input type="hidden" name=(FORM_KEY) value=(visit.form_key());
            (fields)
        }
    }
}

/// A field with its label and, where there is one, what to know about it.
pub(crate) fn field(name: &str, label: &str, hint: Option<&str>, input: &Markup) -> Markup {
    html! {
        div .field {
            label for=(name) { (label) }
            @if let Some(hint) = hint { p .hint id=(format!("{name}-hint")) { (hint) } }
            (input)
        }
    }
}

/// A name in the visitor's language.
pub(crate) fn label(visit: &Visit, label: &modu_kernel::Label) -> String {
    visit.language.pick(&label.ko, &label.en).to_owned()
}
