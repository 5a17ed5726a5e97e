//! A bundle's line as the index needs it: borrowed, and only what matching
//! asks for.

use serde::Deserialize;

use crate::advisory::osv::Named;
use crate::inventory::Text;

/// What every record has.
#[derive(Deserialize)]
pub(super) struct Kind<'a> {
    #[serde(borrow)]
    pub(super) kind: Text<'a>,
}

/// [`crate::advisory::osv::Advisory`]
#[derive(Deserialize)]
pub(super) struct Advisory<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    pub(super) withdrawn: Option<serde::de::IgnoredAny>,
    #[serde(default, borrow)]
    pub(super) aliases: Vec<Text<'a>>,
    #[serde(default, borrow)]
    pub(super) affected: Vec<Affected<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Affected<'a> {
    #[serde(default, borrow)]
    pub(super) package: Option<Package<'a>>,
    #[serde(default, borrow)]
    pub(super) ranges: Vec<Range<'a>>,
    #[serde(default, borrow)]
    pub(super) versions: Vec<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Package<'a> {
    #[serde(borrow)]
    pub(super) ecosystem: Text<'a>,
    #[serde(borrow)]
    pub(super) name: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct Range<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Text<'a>,
    #[serde(default, borrow)]
    pub(super) events: Vec<Event<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Event<'a> {
    Introduced(#[serde(borrow)] Text<'a>),
    Fixed(#[serde(borrow)] Text<'a>),
    LastAffected(#[serde(borrow)] Text<'a>),
    Limit(#[serde(borrow)] Text<'a>),
}

impl Event<'_> {
    pub(super) fn parts(&self) -> (Named, &str) {
        match self {
            Self::Introduced(text) => (Named::Introduced, &text.0),
            Self::Fixed(text) => (Named::Fixed, &text.0),
            Self::LastAffected(text) => (Named::LastAffected, &text.0),
            Self::Limit(text) => (Named::Limit, &text.0),
        }
    }
}
