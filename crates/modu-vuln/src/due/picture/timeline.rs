//! Where an item stood on any day, from its history.

use jiff::ToSpan as _;
use jiff::civil::Date;
use modu_kernel::Label;

use crate::ledger::{Item, Step};

/// Days before a deadline from which on it is near.
pub(super) const NEAR: i64 = 14;

/// How pressing an item is that is not fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Band {
    /// Its last day is over.
    Overdue,
    /// Its last day is near.
    Soon,
    /// There is time, or it waits for the next upgrade.
    Later,
    /// Somebody answers for it.
    Excepted,
}

impl Band {
    pub(super) const ALL: [Self; 4] = [Self::Overdue, Self::Soon, Self::Later, Self::Excepted];

    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::Soon => "soon",
            Self::Later => "later",
            Self::Excepted => "excepted",
        }
    }

    pub(super) fn label(self) -> Label {
        match self {
            Self::Overdue => Label::new("기한 지남", "overdue"),
            Self::Soon => Label::new(format!("{NEAR}일 안"), format!("within {NEAR} days")),
            Self::Later => Label::new("그 뒤", "later"),
            Self::Excepted => Label::new("예외", "excepted"),
        }
    }
}

/// How pressing an item was at the end of a day; none where it was not found
/// yet, or was fixed.
pub(super) fn band(item: &Item, day: Date) -> Option<Band> {
    let (mut open, mut due, mut until) = (false, None, None);
    for (_, step) in item.history.iter().take_while(|(on, _)| *on <= day) {
        match step {
            Step::Opened => (open, until) = (true, None),
            Step::Deadline(date, _) => due = *date,
            Step::Excepted(date) => until = Some(*date),
            Step::ExceptionEnded => until = None,
            Step::Fixed(_) => open = false,
        }
    }
    if !open {
        return None;
    }
    let near = day.saturating_add(NEAR.days());
    Some(match (until, due) {
        (Some(until), _) if day <= until => Band::Excepted,
        (_, Some(due)) if due < day => Band::Overdue,
        (_, Some(due)) if due <= near => Band::Soon,
        _ => Band::Later,
    })
}

/// Items by band, in the order of [`Band::ALL`].
pub(super) fn count<'a>(items: impl Iterator<Item = &'a Item>, day: Date) -> [u64; 4] {
    let mut counts = [0; 4];
    for band in items.filter_map(|item| band(item, day)) {
        for (known, count) in Band::ALL.iter().zip(&mut counts) {
            *count += u64::from(*known == band);
        }
    }
    counts
}
