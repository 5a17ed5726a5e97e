//! Who asks, in which language.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use modu_kernel::Language;
use modu_programme::access::Role;
use modu_programme::account::Token;
use modu_programme::{Office, Person, PersonId};

use crate::entrance::{Cookie, Entrance, cookie};
use crate::error::ConsoleError;
use crate::form::Form;

/// The cookie that remembers the language.
pub(crate) const LANGUAGE: &str = "modu_lang";
/// The field of a form that carries the session's key.
pub(crate) const FORM_KEY: &str = "form_key";

/// A request's visitor.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    /// The language of the pages.
    pub(crate) language: Language,
    /// Who it is, where somebody is signed in.
    pub(crate) person: Option<Person>,
    /// How many notices they have not read yet.
    pub(crate) unread: u64,
    /// The path that is asked for, to come back to.
    pub(crate) path: String,
    /// Somebody is signed in of whom a second factor is required that they do
    /// not have yet.
    pub(crate) lacks_factor: bool,
    session: Option<Token>,
}

impl Visit {
    /// Reads the cookies. A session of somebody who may act no longer is none.
    pub(crate) fn read(
        office: &Office,
        entrance: &Entrance,
        headers: &HeaderMap,
        path: &str,
    ) -> Result<Self, ConsoleError> {
        let session = entrance.carried(headers, Cookie::Session);
        let session = session.and_then(|text| Token::parse(&text));
        let person = match &session {
            Some(session) => office.accounts().whose_session(session, office.now())?,
            None => None,
        };
        let person = person.and_then(|id| {
            let kept = office.kept();
            let found = kept.programme().people().get(&id).cloned();
            found.filter(|person| person.active)
        });
        let lacks_factor = match &person {
            Some(person) => office.must_enrol_factor(person)?,
            None => false,
        };
        let unread = match &person {
            Some(person) => office.board().unread(person.id)?,
            None => 0,
        };
        Ok(Self {
            unread,
            language: language(headers),
            lacks_factor,
            session: session.filter(|_| person.is_some()),
            person,
            path: path.to_owned(),
        })
    }

    /// Nobody in particular, of whom nothing could be read.
    pub(crate) fn nobody(path: &str) -> Self {
        Self {
            language: Language::default(),
            person: None,
            unread: 0,
            path: path.to_owned(),
            lacks_factor: false,
            session: None,
        }
    }

    /// The same visitor in a session that has just begun.
    pub(crate) fn in_session(&self, session: Token) -> Self {
        Self {
            session: Some(session),
            lacks_factor: false,
            ..self.clone()
        }
    }

    /// One of two texts.
    pub(crate) fn say<'a>(&self, ko: &'a str, en: &'a str) -> &'a str {
        self.language.pick(ko, en)
    }

    /// Who is signed in.
    pub(crate) fn id(&self) -> Option<PersonId> {
        self.person.as_ref().map(|person| person.id)
    }

    /// In what capacity the visitor comes.
    pub(crate) fn role(&self) -> Role {
        self.person
            .as_ref()
            .map_or(Role::Public, |person| person.role)
    }

    /// Who is signed in, or the way there.
    pub(crate) fn signed_in(&self) -> Result<&Person, ConsoleError> {
        self.person.as_ref().ok_or(ConsoleError::SignIn)
    }

    pub(crate) fn session(&self) -> Option<&Token> {
        self.session.as_ref()
    }

    /// What this session's forms carry.
    pub(crate) fn form_key(&self) -> String {
        self.session
            .as_ref()
            .map(Token::form_key)
            .unwrap_or_default()
    }

    /// A form of this session, sent by one of our own pages.
    pub(crate) fn check_form(&self, form: &Form) -> Result<(), ConsoleError> {
        let key = self.form_key();
        match !key.is_empty() && form.get(FORM_KEY) == key {
            true => Ok(()),
            false => Err(ConsoleError::StaleForm),
        }
    }
}

/// Korean, unless the visitor chose English or the browser puts it first.
fn language(headers: &HeaderMap) -> Language {
    match cookie(headers, LANGUAGE).as_deref() {
        Some("en") => return Language::En,
        Some("ko") => return Language::Ko,
        _ => {}
    }
    let asked = headers
        .get(ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    match asked.is_some_and(|asked| asked.trim_start().to_lowercase().starts_with("en")) {
        true => Language::En,
        false => Language::Ko,
    }
}
