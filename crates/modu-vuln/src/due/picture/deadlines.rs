//! Deadlines met and missed, by month: what was fixed in time and late, and
//! what fell due then and is open still.

use std::collections::BTreeMap;

use jiff::civil::Date;
use maud::{Markup, html};
use modu_kernel::Language;

use super::bars::{self, Bar};
use crate::ledger::{State, Step};

/// Months at most.
const MONTHS: usize = 12;

/// In time, late, still open.
type Tally = [u64; 3];

const CLASSES: [&str; 3] = ["met", "late", "overdue"];

pub(super) fn figure(state: &State, day: Date, language: Language) -> Markup {
    let months = months(state, day);
    let from = months.len().saturating_sub(MONTHS);
    let bars: Vec<Bar> = (months.into_iter().skip(from))
        .map(|((year, month), tally)| Bar {
            parts: CLASSES.into_iter().zip(tally).collect(),
            words: Some(format!("{year}-{month:02}")),
        })
        .collect();
    let words = match language {
        Language::Ko => [
            "기한 안에 조치",
            "늦게 조치",
            "그달에 기한이 지나 아직 열림",
        ],
        Language::En => ["fixed in time", "fixed late", "fell due then, open still"],
    };
    let description = match language {
        Language::Ko => "달마다 기한 안에 조치한 것, 늦게 조치한 것, 아직 열린 것",
        Language::En => "By month: fixed in time, fixed late, open still",
    };
    html! {
        ul class="key" { @for (class, words) in CLASSES.iter().zip(words) {
            li { (bars::swatch(class)) (words) }
        } }
        (bars::figure("deadlines", description, bars::HEIGHT, &bars::columns(&bars)))
    }
}

/// Every month from the first to today's.
fn months(state: &State, day: Date) -> BTreeMap<(i16, i8), Tally> {
    let mut months: BTreeMap<(i16, i8), Tally> = BTreeMap::new();
    let month = |day: Date| (day.year(), day.month());
    for item in state.items.values() {
        for (on, step) in &item.history {
            if let Step::Fixed(in_time) = step {
                months.entry(month(*on)).or_default()[usize::from(!in_time)] += 1;
            }
        }
        if let Some(due) = item.due().filter(|_| item.overdue(day)) {
            months.entry(month(due)).or_default()[2] += 1;
        }
    }
    let last = month(day);
    let mut next = months.keys().next().copied().unwrap_or(last);
    while next <= last {
        months.entry(next).or_default();
        next = if next.1 == 12 {
            (next.0 + 1, 1)
        } else {
            (next.0, next.1 + 1)
        };
    }
    months
}
