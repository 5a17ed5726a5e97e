//! Tables of what an engine reported.

use std::cell::RefCell;
use std::ops::Deref;

use jiff::Timestamp;
use jiff::civil::Date;
use maud::{Markup, html};
use serde_json::Value;

use crate::page::export::Cell;
use crate::page::local;
use crate::page::picture::{self, Part};
use crate::page::report::{count, list, told};
use crate::visit::Visit;

/// Rows that a page shows of a list; the files hold all.
const SHOWN: usize = 25;

/// A visitor who is told of a run, and the tables that this shows them, whole,
/// for files that spreadsheets read.
pub(super) struct Teller<'v> {
    visit: &'v Visit,
    kept: RefCell<Vec<Kept>>,
}

/// A table that was shown.
pub(super) struct Kept {
    pub(super) caption: String,
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<Cell>>,
}

impl Deref for Teller<'_> {
    type Target = Visit;

    fn deref(&self) -> &Visit {
        self.visit
    }
}

impl<'v> Teller<'v> {
    pub(super) fn new(visit: &'v Visit) -> Self {
        Self {
            visit,
            kept: RefCell::default(),
        }
    }

    /// The tables that were shown, in their order.
    pub(super) fn tables(self) -> Vec<Kept> {
        self.kept.into_inner()
    }

    /// Keeps a table that is shown.
    pub(super) fn keep(
        &self,
        caption: (&str, &str),
        head: &[(&str, &str)],
        rows: impl Iterator<Item = Vec<Cell>>,
    ) {
        let say = |(ko, en): &(&str, &str)| self.language.pick(ko, en).to_owned();
        let kept = Kept {
            caption: say(&caption),
            head: head.iter().map(say).collect(),
            rows: rows.collect(),
        };
        self.kept.borrow_mut().push(kept);
    }
}

/// A value as a spreadsheet counts with it.
fn cell(visit: &Visit, value: &Value) -> Cell {
    let counted = value.get("of").unwrap_or(value);
    // Days and moments stay as they are written everywhere (ISO 8601).
    let is_time = |text: &&str| text.parse::<Date>().is_ok() || text.parse::<Timestamp>().is_ok();
    if let Some(text) = counted.as_str().filter(is_time) {
        return Cell::text(text);
    }
    match (counted.as_u64(), counted.as_f64()) {
        (Some(whole), _) => Cell::Number(whole),
        (None, Some(number)) => Cell::decimal(Some(number)),
        (None, None) => Cell::Text(told(visit, value).unwrap_or_default()),
    }
}

/// A column: what it is called, and a JSON pointer (RFC 6901) into a row.
pub(super) struct Column(
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) &'static str,
);

/// A list of a report as a table; nothing where the list is empty.
pub(super) fn table(
    visit: &Teller<'_>,
    caption: (&str, &str),
    rows: &[Value],
    columns: &[Column],
) -> Markup {
    if !rows.is_empty() {
        let head: Vec<_> = columns.iter().map(|Column(ko, en, _)| (*ko, *en)).collect();
        let whole = rows.iter().map(|row| {
            let cells = columns.iter().map(|Column(_, _, pointer)| {
                let value = row.pointer(pointer).unwrap_or(&Value::Null);
                self::cell(visit, value)
            });
            cells.collect()
        });
        visit.keep(caption, &head, whole);
    }
    let caption = visit.language.pick(caption.0, caption.1);
    let cell = |row: &Value, pointer: &str| {
        let value = row.pointer(pointer);
        let is_number = value.is_some_and(|value| value.is_number() || value.get("of").is_some());
        (value.and_then(|value| told(visit, value)), is_number)
    };
    html! { @if !rows.is_empty() {
        div .wide tabindex="0" role="group" aria-label=(caption) { table {
            caption { (caption) @if rows.len() > SHOWN {
                " (" (SHOWN) " / " (local::whole(rows.len() as u64)) ")"
            } }
            thead { tr { @for Column(ko, en, pointer) in columns {
                @let of_numbers = rows.iter().any(|row| cell(row, pointer).1);
                th scope="col" .number[of_numbers] { (visit.language.pick(ko, en)) }
            } } }
            tbody { @for row in rows.iter().take(SHOWN) { tr { @for Column(_, _, pointer) in columns {
                @let (text, is_number) = cell(row, pointer);
                td .number[is_number] { (text.as_deref().unwrap_or("–")) }
            } } } }
        } }
    } }
}

/// What a tally of routes is divided into: valid, invalid, and neither.
const ROUTES: [(&str, &str, &str, &str); 3] = [
    ("valid", "good", "유효", "valid"),
    ("invalid", "bad", "무효", "invalid"),
    ("not_found", "open", "ROA 없음", "not found"),
];

/// Tallies of routes as a table with a bar in each row.
pub(super) fn routes<'t>(
    visit: &Teller<'_>,
    caption: (&str, &str),
    rows: impl Iterator<Item = (String, &'t Value)>,
) -> Markup {
    let rows: Vec<_> = rows.collect();
    let mut head = vec![("무엇", "What")];
    head.extend(ROUTES.map(|(_, _, ko, en)| (ko, en)));
    let whole = rows.iter().map(|(name, tally)| {
        let counts = ROUTES.map(|(member, ..)| Cell::Number(count(tally, member)));
        std::iter::once(Cell::text(name)).chain(counts).collect()
    });
    visit.keep(caption, &head, whole);
    let caption = visit.language.pick(caption.0, caption.1);
    html! {
        div .wide tabindex="0" role="group" aria-label=(caption) { table {
            caption { (caption) }
            thead { tr {
                th scope="col" { (visit.say("무엇", "What")) }
                @for (_, kind, ko, en) in ROUTES {
                    th scope="col" .number { span .swatch .(kind) aria-hidden="true" {} " " (visit.language.pick(ko, en)) }
                }
                th scope="col" .drawn { (visit.say("비율", "Shares")) }
            } }
            tbody { @for (name, tally) in rows.iter().take(SHOWN) { tr {
                th scope="row" { (name) }
                @for (member, ..) in ROUTES { td .number { (local::whole(count(tally, member))) } }
                td .drawn { (shares(visit, tally)) }
            } } }
        } }
    }
}

fn shares(visit: &Visit, tally: &Value) -> Markup {
    let all: u64 = ROUTES.iter().map(|(member, ..)| count(tally, member)).sum();
    let share = |member: &str| match all {
        0 => 0.0,
        all => count(tally, member) as f64 / all as f64,
    };
    let words: Vec<_> = ROUTES
        .iter()
        .map(|(member, _, ko, en)| {
            let share = local::share(share(member), 1);
            format!("{} {share}", visit.language.pick(ko, en))
        })
        .collect();
    let parts: Vec<_> = ROUTES
        .iter()
        .map(|(member, kind, ..)| Part {
            kind,
            size: count(tally, member) as f64,
        })
        .collect();
    picture::bar(&words.join(", "), &parts)
}

/// Counts as boxes, by their names and members.
pub(super) fn counts(
    visit: &Teller<'_>,
    value: Option<&Value>,
    members: &[(&str, &str, &str)],
) -> Markup {
    let told_of = |member: &str| value?.get(member).filter(|it| told(visit, it).is_some());
    let whole = members.iter().filter_map(|(member, ko, en)| {
        let number = self::cell(visit, told_of(member)?);
        Some(vec![Cell::text(visit.language.pick(ko, en)), number])
    });
    let whole: Vec<_> = whole.collect();
    if !whole.is_empty() {
        let head = [("무엇", "What"), ("수", "Count")];
        visit.keep(("수", "Counts"), &head, whole.into_iter());
    }
    let shown = members.iter().filter_map(|(member, ko, en)| {
        let number = told(visit, value?.get(member)?)?;
        Some((visit.language.pick(ko, en), number))
    });
    html! { dl .counts { @for (name, number) in shown { div { dt { (name) } dd { (number) } } } } }
}

/// A moment that a report gives in seconds since 1970.
pub(super) fn moment(visit: &Visit, value: &Value, member: &str) -> Option<Markup> {
    let seconds = value.get(member)?.as_i64()?;
    let at = Timestamp::from_second(seconds).ok()?;
    Some(local::time(visit, at))
}

/// A word of a report in the visitor's language, where the engine's page
/// knows it.
pub(super) fn word<'v>(
    visit: &Visit,
    known: &[(&str, &'v str, &'v str)],
    word: &'v str,
) -> &'v str {
    let found = known.iter().find(|(code, ..)| *code == word);
    found.map_or(word, |(_, ko, en)| visit.language.pick(ko, en))
}

/// The rows of a list with the codes of some members in words.
pub(super) fn in_words(
    visit: &Visit,
    rows: &[Value],
    members: &[&str],
    known: &[(&str, &str, &str)],
) -> Vec<Value> {
    let mut rows = rows.to_vec();
    for row in &mut rows {
        for member in members {
            if let Some(value) = row.pointer_mut(member)
                && let Some(code) = value.as_str()
            {
                let told = word(visit, known, code).to_owned();
                *value = Value::String(told);
            }
        }
    }
    rows
}

/// The items of a list that hold, for instance those that are open.
pub(super) fn those(value: &Value, name: &str, holds: impl Fn(&Value) -> bool) -> Vec<Value> {
    let items = list(value, name).iter();
    items.filter(|item| holds(item)).cloned().collect()
}
