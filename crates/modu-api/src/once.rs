//! Doing a thing once, though a program may ask again.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use modu_kernel::Digest;
use modu_programme::account::Known;
use modu_programme::store::{History as _, MAX_PAGE};
use modu_programme::{Actor, Entry, Office, PersonId, Sequence};

use crate::call::Desk;
use crate::problem::Problem;

/// Characters of a key.
const MAX_CHARS: usize = 64;

/// The `Idempotency-Key` of a request, where it has one.
pub(crate) struct Once(Option<String>);

impl FromRequestParts<Office> for Once {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Office) -> Result<Self, Self::Rejection> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        let key = value.to_str().unwrap_or_default();
        let plain = key.bytes().all(|byte| byte.is_ascii_graphic());
        match plain && (1..=MAX_CHARS).contains(&key.len()) {
            true => Ok(Self(Some(key.to_owned()))),
            false => Err(Problem::unreadable(
                "Idempotency-Key: 1 to 64 visible ASCII characters",
            )),
        }
    }
}

impl Once {
    /// The key.
    pub(crate) fn key(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// Why a thing is not done though its key is known.
pub(crate) fn refusal(known: Known) -> Problem {
    Problem::conflict(match known {
        Known::Other => "this Idempotency-Key came with another request before",
        _ => "the same request is being handled",
    })
}

impl Desk {
    /// Does a thing of the caller, or tells what it became when it was asked
    /// for with the same key before.
    pub(crate) fn once(
        &self,
        once: &Once,
        request: &Digest,
        act: impl FnOnce() -> Result<Entry, Problem>,
    ) -> Result<Entry, Problem> {
        let caller = self.caller()?.id;
        let Some(key) = once.key() else {
            return act();
        };
        let last = self.office.kept().programme().last();
        let now = self.office.now();
        let known = self
            .office
            .accounts()
            .begin_once((caller, key), request, last, now)?;
        match known {
            Known::Done(sequence) => return self.entry(sequence),
            Known::Other | Known::AtWork => return Err(refusal(known)),
            Known::Unfinished(after) if self.did_something(caller, after)? => {
                return Err(Problem::conflict(
                    "whether this request was done before is not known: look at the history",
                ));
            }
            Known::New | Known::Unfinished(_) => {}
        }
        let done = act();
        let sequence = done.as_ref().ok().map(|entry| entry.sequence);
        self.office.accounts().end_once((caller, key), sequence)?;
        done
    }

    /// The entry at a place.
    fn entry(&self, sequence: Sequence) -> Result<Entry, Problem> {
        let before = Sequence(sequence.0.saturating_sub(1));
        let mut found = self.office.kept().history().after(before, 1)?;
        found.pop().ok_or_else(Problem::failed)
    }

    fn did_something(&self, person: PersonId, after: Sequence) -> Result<bool, Problem> {
        let since = self.office.kept().history().after(after, MAX_PAGE)?;
        let by = Actor::Person(person);
        Ok(since.len() == MAX_PAGE || since.iter().any(|entry| entry.by == by))
    }
}
