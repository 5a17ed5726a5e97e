//! The Unix items of the 2026 guide: their numbers, importance and titles are
//! the guide's; why they matter and what to do are our own words.

mod accounts;
mod files;
mod records;
mod services;

use modu_kernel::Label;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much an item weighs.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Importance {
    /// 상.
    High,
    /// 중.
    Medium,
    /// 하.
    Low,
}

impl Importance {
    /// Every importance, the highest first.
    pub const ALL: [Self; 3] = [Self::High, Self::Medium, Self::Low];

    /// In words.
    #[must_use]
    pub fn label(self) -> Label {
        let (ko, en) = match self {
            Self::High => ("상", "high"),
            Self::Medium => ("중", "medium"),
            Self::Low => ("하", "low"),
        };
        Label::new(ko, en)
    }
}

/// An item; texts are Korean and English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// 1 to 67.
    pub number: u8,
    /// Its importance.
    pub importance: Importance,
    title: [&'static str; 2],
    why: [&'static str; 2],
    remedy: [&'static str; 2],
}

/// Every item, ascending, in the guide's four parts.
pub(crate) const ITEMS: [&[Item]; 4] = [
    accounts::ITEMS,
    files::ITEMS,
    services::ITEMS,
    records::ITEMS,
];

const fn high(
    number: u8,
    title: [&'static str; 2],
    why: [&'static str; 2],
    remedy: [&'static str; 2],
) -> Item {
    Item {
        number,
        importance: Importance::High,
        title,
        why,
        remedy,
    }
}

const fn medium(
    number: u8,
    title: [&'static str; 2],
    why: [&'static str; 2],
    remedy: [&'static str; 2],
) -> Item {
    Item {
        importance: Importance::Medium,
        ..high(number, title, why, remedy)
    }
}

const fn low(
    number: u8,
    title: [&'static str; 2],
    why: [&'static str; 2],
    remedy: [&'static str; 2],
) -> Item {
    Item {
        importance: Importance::Low,
        ..high(number, title, why, remedy)
    }
}

impl Item {
    /// `U-01`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("U-{:02}", self.number)
    }

    /// Its name in the guide; the English is ours.
    #[must_use]
    pub fn title(&self) -> Label {
        label(self.title)
    }

    /// Why it matters.
    #[must_use]
    pub fn why(&self) -> Label {
        label(self.why)
    }

    /// What to do where it is vulnerable.
    #[must_use]
    pub fn remedy(&self) -> Label {
        label(self.remedy)
    }
}

fn label([ko, en]: [&str; 2]) -> Label {
    Label::new(ko, en)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn there_are_67_items_in_order_and_each_says_everything_in_two_languages() {
        let all: Vec<&Item> = ITEMS.iter().flat_map(|it| it.iter()).collect();
        let numbers: Vec<u8> = all.iter().map(|it| it.number).collect();
        assert_eq!(numbers, (1..=67).collect::<Vec<u8>>());
        for item in all {
            for label in [item.title(), item.why(), item.remedy()] {
                assert!(!label.ko.is_empty() && label.en.is_ascii(), "{}", item.id());
            }
        }
    }
}
