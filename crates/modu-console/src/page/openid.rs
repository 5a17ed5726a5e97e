//! Coming in by an identity provider: the way there, and the way back.
//!
//! Going there from an invitation binds who somebody is there to who they are
//! here; going from the page *Sign in* lets in who is bound. The question lies
//! in a cookie of the browser that asked, and in no other.

use std::sync::Arc;

use axum::http::StatusCode;
use maud::{Markup, html};
use modu_openid::{Answer as Answered, Flow, Provider};
use modu_programme::account::{Entered, Outside, Token};
use tokio::runtime::Handle;

use super::sign_in::let_in;
use super::{page, welcome};
use crate::answer::{self, Answer, own_place};
use crate::entrance::Cookie;
use crate::error::ConsoleError;
use crate::router::Asked;
use crate::visit::Visit;

/// Seconds that a visitor has there.
const PATIENCE: i64 = 600;

/// A question as it lies in the cookie.
struct Question {
    secret: Token,
    /// The invitation that it binds, where it came from one.
    link: Option<Token>,
    to: String,
}

impl Question {
    fn new(link: Option<Token>, to: &str) -> Result<Self, ConsoleError> {
        Ok(Self {
            secret: Token::new()?,
            link,
            to: own_place(to).to_owned(),
        })
    }

    /// What was asked by this browser.
    fn read(asked: &Asked<'_>) -> Option<Self> {
        let text = asked.entrance.carried(asked.headers, Cookie::Question)?;
        let mut parts = text.splitn(3, '~');
        let secret = Token::parse(parts.next()?)?;
        let link = match parts.next()? {
            "" => None,
            link => Some(Token::parse(link)?),
        };
        let to = own_place(parts.next()?).to_owned();
        Some(Self { secret, link, to })
    }

    fn cookie(&self, asked: &Asked<'_>) -> String {
        let link = self.link.as_ref().map(Token::reveal).unwrap_or_default();
        let value = format!("{}~{link}~{}", self.secret.reveal(), self.to);
        asked.entrance.cookie(Cookie::Question, &value, PATIENCE)
    }

    fn flow(&self) -> Flow {
        Flow::new(self.secret.reveal())
    }
}

/// Ways to the providers there are, below a page's address.
pub(super) fn ways(asked: &Asked<'_>, below: &str, to: Option<&str>) -> Markup {
    let visit = &asked.visit;
    let query = to.map_or_else(String::new, |to| format!("?to={}", own_place(to)));
    html! {
        @if !asked.entrance.providers.is_empty() {
            section {
                h2 { (visit.say("다른 곳의 신원으로", "By an identity elsewhere")) }
                ul { @for provider in &asked.entrance.providers {
                    @let name = &provider.settings().name;
                    li { a href=(format!("{below}/openid/{name}{query}")) { (provider.settings().label) } }
                } }
            }
        }
    }
}

fn provider<'a>(asked: &'a Asked<'_>, index: usize) -> Result<&'a Arc<Provider>, ConsoleError> {
    let name = asked.names.get(index).copied().unwrap_or_default();
    let mut providers = asked.entrance.providers.iter();
    let found = providers.find(|provider| provider.settings().name == name);
    found.ok_or(ConsoleError::NotFound)
}

/// Where the provider sends visitors back to.
fn redirect(asked: &Asked<'_>, provider: &Provider) -> Result<String, ConsoleError> {
    let name = &provider.settings().name;
    let root = asked.entrance.root.as_ref().ok_or(ConsoleError::NotFound)?;
    Ok(format!("{root}sign-in/openid/{name}/callback"))
}

fn way_there(
    asked: &Asked<'_>,
    provider: &Provider,
    question: &Question,
) -> Result<String, ConsoleError> {
    let redirect = redirect(asked, provider)?;
    let (flow, now) = (question.flow(), asked.office.now());
    let way = Handle::current().block_on(provider.way_there(&flow, &redirect, now))?;
    Ok(way.into())
}

/// From the page *Sign in*, at once.
pub(crate) fn leave(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let provider = provider(asked, 0)?;
    let question = Question::new(None, asked.query.get("to"))?;
    let way = way_there(asked, provider, &question)?;
    Ok(answer::redirect(&way, &[question.cookie(asked)]))
}

/// From an invitation: a page says who one will be here before one goes, for
/// the link may be another's, sent to bind the visitor to somebody else.
pub(crate) fn leave_to_bind(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let (token, name) = welcome::invited(asked)?;
    let provider = provider(asked, 1)?;
    let question = Question::new(Some(token), "/")?;
    let way = way_there(asked, provider, &question)?;
    let visit = &asked.visit;
    let label = &provider.settings().label;
    let title = visit.say("신원 잇기", "Bind an identity");
    let body = html! {
        h1 { (title) }
        p { (match visit.language {
            modu_kernel::Language::Ko => format!("{label}의 신원을 이곳의 {} 님에게 잇습니다. 다음부터 그 신원으로 들어옵니다. 본인이 아니면 여기서 멈추십시오.", name.as_str()),
            modu_kernel::Language::En => format!("Your identity at {label} will be bound to {} here, and lets you in from then on. If that is not you, stop here.", name.as_str()),
        }) }
        p { a href=(way) { (visit.say("이어서 가기", "Continue")) } }
    };
    let shown = answer::page(StatusCode::OK, page(visit, title, &body));
    Ok(answer::with_cookies(shown, &[question.cookie(asked)]))
}

/// Back from a provider. Whatever comes of it, the question is used up.
pub(crate) fn come_back(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let provider = provider(asked, 0)?;
    let forget = asked.entrance.cookie(Cookie::Question, "", 0);
    let answer = match entered(asked, provider) {
        Ok((entered, to)) => let_in(asked, &entered, &to),
        Err(error) => super::failure(&back_at_the_door(&asked.visit), &error),
    };
    Ok(answer::with_cookies(answer, &[forget]))
}

/// One begins again at the door, not where one came back to.
fn back_at_the_door(visit: &Visit) -> Visit {
    let mut visit = visit.clone();
    "/sign-in".clone_into(&mut visit.path);
    visit
}

fn entered(asked: &Asked<'_>, provider: &Provider) -> Result<(Entered, String), ConsoleError> {
    let question = Question::read(asked).ok_or(modu_openid::OpenidError::NotAsked)?;
    let (office, now) = (asked.office, asked.office.now());
    office.accounts().count_answer(&asked.address, now)?;
    let answered = Answered {
        code: asked.query.get("code"),
        state: asked.query.get("state"),
        iss: asked.query.get("iss"),
        error: asked.query.get("error"),
    };
    let redirect = redirect(asked, provider)?;
    let flow = question.flow();
    let identified = provider.identify(&flow, &redirect, answered, now);
    let subject = Handle::current().block_on(identified)?;
    let outside = Outside {
        issuer: &provider.settings().issuer,
        subject: &subject,
        vouched: provider.settings().vouches,
    };
    let mut accounts = office.accounts();
    accounts.answered(&asked.address)?;
    let entered = match &question.link {
        Some(link) => accounts.bind(link, &outside, now),
        None => accounts.enter_from(&outside, now),
    };
    Ok((entered?, question.to))
}
