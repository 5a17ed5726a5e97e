//! Lists in pages.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use modu_programme::Office;
use modu_wire::Listing;
use modu_wire::value::Number;
use utoipa::IntoParams;

use crate::problem::Problem;

/// Things on a page, where nothing is said.
const USUAL: usize = 50;
/// Things on a page, at most.
const MOST: usize = 200;

/// Which page of a list.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its description is used")]
pub(crate) struct Paging {
    /// The `next` of the page before; none for the first page.
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    after: Option<u64>,
    /// How many at most; 50 where nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// A page that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    /// After which number it begins; from the start where there is none.
    pub(crate) after: Option<u64>,
    /// How many things at most.
    pub(crate) limit: usize,
}

impl FromRequestParts<Office> for Page {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Office) -> Result<Self, Self::Rejection> {
        Self::read(parts.uri.query().unwrap_or_default())
    }
}

impl Page {
    fn read(query: &str) -> Result<Self, Problem> {
        let mut page = Self {
            after: None,
            limit: USUAL,
        };
        let mut seen = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if seen.contains(&name) {
                return Err(Problem::unreadable(format!("`{name}` stands twice")));
            }
            seen.push(name);
            let number = || value.parse::<Number>();
            match name {
                "after" => {
                    let after = number().map_err(|()| Problem::unreadable("`after`: a number"))?;
                    page.after = Some(after.0);
                }
                "limit" => {
                    let limit = number()
                        .ok()
                        .and_then(|limit| usize::try_from(limit.0).ok());
                    page.limit = limit
                        .filter(|limit| (1..=MOST).contains(limit))
                        .ok_or_else(|| Problem::unreadable("`limit`: 1 to 200"))?;
                }
                // What is not described is not looked at.
                _ => {}
            }
        }
        Ok(page)
    }
}

impl Page {
    /// This page of things with their numbers, which are ordered.
    pub(crate) fn of<T>(self, things: impl Iterator<Item = (u64, T)>) -> Listing<T> {
        let after = self.after;
        let mut rest = things.skip_while(move |(number, _)| Some(*number) <= after);
        let (numbers, items): (Vec<_>, Vec<_>) = rest.by_ref().take(self.limit).unzip();
        let more = rest.next().is_some();
        let last = numbers.last().copied().map(Number);
        Listing {
            items,
            next: last.filter(|_| more),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn pages_after_one_another_are_the_whole_list() {
        let things: Vec<u64> = (0..25).map(|place| place * 3).collect();
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let page = Page { after, limit: 4 };
            let listing = page.of(things.iter().map(|thing| (*thing, *thing)));
            seen.extend(listing.items);
            match listing.next {
                Some(next) => after = Some(next.0),
                None => break,
            }
        }
        assert_eq!(seen, things);
    }

    #[test]
    fn a_page_is_asked_for_within_its_limits() {
        let page = Page::read("limit=200&after=0").unwrap();
        assert_eq!((page.after, page.limit), (Some(0), 200));
        for wrong in [
            "limit=0",
            "limit=201",
            "limit=x",
            "after=-1",
            "limit=1&limit=2",
        ] {
            assert!(Page::read(wrong).is_err(), "{wrong}");
        }
    }
}
