//! Errors in the visitor's language.

use modu_kernel::Language;
use modu_openid::OpenidError;
use modu_programme::account::AccountError;
use modu_programme::job::JobError;
use modu_programme::{HistoryError, Refusal};

use super::refused;
use crate::error::ConsoleError;

/// What went wrong, and what to do. English is the error's own text; Korean
/// says the same where a visitor can do something about it, and else carries
/// the English along.
pub(super) fn error(language: Language, error: &ConsoleError) -> String {
    let told = error.told();
    match language {
        Language::En => sentence(&told),
        Language::Ko => {
            let known = korean(error).map(str::to_owned).or_else(|| step(error));
            known.unwrap_or_else(|| format!("요청을 처리하지 못했습니다. ({told})"))
        }
    }
}

/// Why a step does not follow, or what is wrong with a field.
fn step(error: &ConsoleError) -> Option<String> {
    match error {
        ConsoleError::Field { field, problem } => refused::field(field, problem),
        ConsoleError::History(HistoryError::Refused(refusal)) => {
            let text = match refusal {
                Refusal::NotNow(text) => text,
                Refusal::Wrong {
                    what: "the role", ..
                } => {
                    return Some("그 기관에는 없는 역할입니다.".to_owned());
                }
                Refusal::Wrong {
                    what: "the score sheet",
                    ..
                } => return Some("점수가 배점을 넘습니다.".to_owned()),
                Refusal::Wrong { problem, .. } => problem.as_str(),
                Refusal::Missing(_) => return Some("그런 것이 없습니다.".to_owned()),
                Refusal::NotAllowed { .. } => return None,
            };
            refused::korean(text).map(str::to_owned)
        }
        _ => None,
    }
}

fn korean(error: &ConsoleError) -> Option<&'static str> {
    Some(match error {
        error if error.is_away() => {
            "데이터베이스나 저장소가 응답하지 않거나 남은 자리가 없습니다. 되었는지 먼저 확인하고, 잠시 뒤에 다시 하십시오."
        }
        ConsoleError::NotFound => "주소를 확인하십시오. 권한이 없는 페이지도 없는 것으로 보입니다.",
        ConsoleError::SignIn => "먼저 들어가십시오.",
        ConsoleError::NoFactorYet => "먼저 2단계 인증을 켜십시오.",
        ConsoleError::StaleForm => "이 양식은 더 이상 쓸 수 없습니다. 페이지를 새로 여십시오.",
        ConsoleError::TooLarge => "보낸 내용이 너무 큽니다. 줄여서 다시 보내십시오.",
        ConsoleError::Openid(OpenidError::NotAsked | OpenidError::Refused(_)) => {
            "신원을 확인하지 못했습니다. 처음부터 다시 들어오십시오."
        }
        ConsoleError::Openid(OpenidError::Unreachable { .. }) => {
            "신원을 확인해 줄 곳에 닿지 못했습니다. 잠시 뒤에 다시 하십시오."
        }
        ConsoleError::Account(error) => account(error)?,
        ConsoleError::History(HistoryError::Refused(Refusal::NotAllowed { .. })) => {
            "맡은 역할로는 이 일을 할 수 없습니다."
        }
        ConsoleError::History(HistoryError::ClockWentBack { .. }) => {
            "서버의 시계가 이력보다 뒤에 있습니다. 잠시 뒤에 다시 하십시오."
        }
        ConsoleError::TooManyStreams => "열어 둔 페이지가 많습니다. 몇 개를 닫으십시오.",
        ConsoleError::Job(JobError::TooMany) => {
            "기다리는 작업이 많습니다. 끝나기를 기다리거나 몇 개를 그만두십시오."
        }
        _ => return None,
    })
}

fn account(error: &AccountError) -> Option<&'static str> {
    Some(match error {
        AccountError::Wrong => "이름이나 비밀번호가 다릅니다.",
        AccountError::WrongPassword => "지금 비밀번호가 다릅니다.",
        AccountError::NoPassword => {
            "바꿀 비밀번호가 없습니다. 비밀번호를 쓰려면 운영자에게 링크를 청하십시오."
        }
        AccountError::SamePassword => "지금 비밀번호와 같습니다. 다른 것으로 정하십시오.",
        AccountError::TooMany(_) => "여러 번 틀렸습니다. 잠시 뒤에 다시 하십시오.",
        AccountError::WrongCode => {
            "인증번호가 다르거나 이미 쓴 것입니다. 다음 번호가 나오면 다시 하십시오."
        }
        AccountError::NoTicket => "시간이 지났습니다. 처음부터 다시 들어오십시오.",
        AccountError::HasFactor => "2단계 인증이 이미 있습니다. 먼저 끄십시오.",
        AccountError::NoFactor => "2단계 인증이 없습니다.",
        AccountError::NotBound => {
            "이곳의 누구와도 이어지지 않은 신원입니다. 먼저 초대 링크를 여십시오."
        }
        AccountError::BoundElsewhere => "이미 다른 사람과 이어진 신원입니다.",
        AccountError::NoLink => "이 링크는 더 이상 쓸 수 없습니다. 새 링크를 청하십시오.",
        AccountError::Login(_) => {
            "쓸 수 없는 이름입니다: 비었거나, 길거나, 띄어쓰기가 있거나, 이미 있습니다."
        }
        AccountError::Password(_) => {
            "쓸 수 없는 비밀번호입니다: 15자 이상, 한 글자의 되풀이가 아니어야 합니다."
        }
        AccountError::TooManyKeys => "열쇠는 20개까지입니다. 먼저 하나를 끝내십시오.",
        _ => return None,
    })
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), characters.as_str())
}
