//! Who calls, and what they send.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::request::Parts;
use modu_kernel::Digest;
use modu_programme::access::{Action, Role, reach};
use modu_programme::account::Token;
use modu_programme::{Office, Person};
use modu_wire::value::Number;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// Bytes of a body.
pub(crate) const MAX_BODY_BYTES: usize = 128 << 10;

/// A call, of which nobody yet knows whose it is.
pub(crate) struct Call {
    office: Office,
    shown: Shown,
}

/// What was shown of a key.
enum Shown {
    Nothing,
    Key(Token),
    Nonsense,
}

/// Where a call is worked on: the office, and who calls.
pub(crate) struct Desk {
    pub(crate) office: Office,
    pub(crate) person: Option<Person>,
}

impl FromRequestParts<Office> for Call {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        office: &Office,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self {
            office: office.clone(),
            shown: shown(&parts.headers),
        })
    }
}

fn shown(headers: &HeaderMap) -> Shown {
    let Some(value) = headers.get(AUTHORIZATION) else {
        return Shown::Nothing;
    };
    let text = value.to_str().unwrap_or_default();
    let key = text
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .and_then(|(_, key)| key.trim().strip_prefix(modu_wire::KEY_PREFIX))
        .and_then(Token::parse);
    key.map_or(Shown::Nonsense, Shown::Key)
}

impl Call {
    /// Works on the call where waiting for the database holds nobody up.
    pub(crate) async fn work<T: Send + 'static>(
        self,
        work: impl FnOnce(&Desk) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let task = tokio::task::spawn_blocking(move || work(&self.desk()?));
        task.await.unwrap_or_else(|_| Err(Problem::failed()))
    }

    /// A key that does not hold is refused, also where none is needed: its
    /// owner wants to know.
    fn desk(self) -> Result<Desk, Problem> {
        let person = match self.shown {
            Shown::Nothing => None,
            Shown::Nonsense => return Err(Problem::no_key()),
            Shown::Key(key) => {
                let whose = self.office.accounts().whose_key(&key, self.office.now())?;
                let whose = whose.ok_or_else(Problem::no_key)?;
                let found = {
                    let kept = self.office.kept();
                    kept.programme().people().get(&whose).cloned()
                };
                let active = found.filter(|person| person.active);
                let active = active.ok_or_else(Problem::no_key)?;
                if self.office.must_enrol_factor(&active)? {
                    return Err(Problem::no_second_factor());
                }
                Some(active)
            }
        };
        Ok(Desk {
            office: self.office,
            person,
        })
    }
}

impl Desk {
    /// In what capacity the caller comes.
    pub(crate) fn role(&self) -> Role {
        self.person
            .as_ref()
            .map_or(Role::Public, |person| person.role)
    }

    /// Who calls, where a key is needed.
    pub(crate) fn caller(&self) -> Result<&Person, Problem> {
        self.person.as_ref().ok_or_else(Problem::no_key)
    }

    /// Lets through whose role has a right at all; others are not told that
    /// there is anything.
    pub(crate) fn may(&self, action: Action) -> Result<(), Problem> {
        match (reach(self.role(), action), &self.person) {
            (Some(_), _) => Ok(()),
            (None, None) => Err(Problem::no_key()),
            (None, Some(_)) => Err(Problem::no_such_thing()),
        }
    }
}

/// A body, read as described, with the digest of its bytes.
pub(crate) struct Body<T> {
    pub(crate) value: T,
    pub(crate) digest: Digest,
    /// Bytes.
    pub(crate) length: u64,
}

impl<T: DeserializeOwned> FromRequest<Office> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, office: &Office) -> Result<Self, Self::Rejection> {
        let kind = request.headers().get(CONTENT_TYPE);
        let kind = kind
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default()
            .to_ascii_lowercase();
        if kind.split(';').next().map(str::trim) != Some("application/json") {
            return Err(Problem::not_json());
        }
        // Nobody sends much who has no key that holds.
        let call = Call {
            office: office.clone(),
            shown: shown(request.headers()),
        };
        call.work(|desk| desk.caller().map(drop)).await?;
        let path = request.uri().path().to_owned();
        let bytes = Bytes::from_request(request, office);
        let bytes = bytes.await.map_err(|_| Problem::too_large())?;
        let value = serde_json::from_slice(&bytes).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => Problem::not_as_described(error.to_string()),
            _ => Problem::unreadable(error.to_string()),
        })?;
        let digest = Digest::of(&[path.as_bytes(), b"\n", bytes.as_ref()].concat());
        Ok(Self {
            value,
            digest,
            length: bytes.len() as u64,
        })
    }
}

/// The number that stands in an address.
pub(crate) struct Named(pub(crate) Number);

impl FromRequestParts<Office> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Office) -> Result<Self, Self::Rejection> {
        let found = axum::extract::Path::<String>::from_request_parts(parts, &()).await;
        let found = found.map_err(|_| Problem::no_such_thing())?;
        let number = found.0.parse().map_err(|()| Problem::no_such_thing())?;
        Ok(Self(number))
    }
}

/// Two numbers that stand in an address, the second within the first.
pub(crate) struct NamedWithin(pub(crate) Number, pub(crate) Number);

impl FromRequestParts<Office> for NamedWithin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Office) -> Result<Self, Self::Rejection> {
        let found = axum::extract::Path::<(String, String)>::from_request_parts(parts, &()).await;
        let (outer, inner) = found.map_err(|_| Problem::no_such_thing())?.0;
        let number = |text: String| text.parse().map_err(|()| Problem::no_such_thing());
        Ok(Self(number(outer)?, number(inner)?))
    }
}
