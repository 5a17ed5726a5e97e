//! Risk over time: what was not fixed, by how pressing it was.

use jiff::ToSpan as _;
use jiff::civil::Date;
use maud::Markup;
use modu_kernel::Language;

use super::bars::{self, Bar};
use super::timeline::{self, Band};
use crate::ledger::State;

/// Bars at most.
const BARS: i32 = 60;

pub(super) fn figure(state: &State, day: Date, language: Language) -> Markup {
    let days = days(state, day);
    let last = days.len().saturating_sub(1);
    let bars: Vec<Bar> = (days.iter().enumerate())
        .map(|(place, on)| {
            let counts = timeline::count(state.items.values(), *on);
            let named = place == 0 || place == last || place == last / 2;
            Bar {
                parts: Band::ALL
                    .iter()
                    .map(|band| band.class())
                    .zip(counts)
                    .collect(),
                words: named.then(|| on.to_string()),
            }
        })
        .collect();
    let description = match language {
        Language::Ko => "날마다 조치되지 않은 항목의 수, 급한 정도에 따라",
        Language::En => "Items that were not fixed on each day, by how pressing they were",
    };
    bars::figure("risk", description, bars::HEIGHT, &bars::columns(&bars))
}

/// Days at even distances from the first page to today, today among them.
fn days(state: &State, day: Date) -> Vec<Date> {
    let first = state
        .items
        .values()
        .map(|item| item.opened)
        .min()
        .unwrap_or(day);
    let span = first.until(day).map_or(0, |span| span.get_days());
    let step = (span / BARS + 1).max(1);
    let count = span / step;
    let before = (0..=count).rev().map(|back| i64::from(back * step));
    before.map(|back| day.saturating_sub(back.days())).collect()
}
