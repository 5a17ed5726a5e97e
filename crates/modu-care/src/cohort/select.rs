//! Which of a person's facts a rule means.

use super::definition::{Selector, Window};
use crate::records::{DAY, Fact, FactValue, Moment};

impl Selector {
    /// Whether a fact is one of those that are meant.
    pub(super) fn means(&self, fact: &Fact) -> bool {
        let number = match fact.value {
            Some(FactValue::Number(value)) => Some(value),
            _ => None,
        };
        let at_least = |bound| number.is_some_and(|value| value >= bound);
        let at_most = |bound| number.is_some_and(|value| value <= bound);
        self.kind.is_none_or(|kind| kind == fact.kind)
            && is_about(self.concept.as_deref(), fact)
            && is_of_class(&self.class, fact)
            && self.at_least.is_none_or(at_least)
            && self.at_most.is_none_or(at_most)
    }
}

pub(super) fn is_about(concept: Option<&str>, fact: &Fact) -> bool {
    concept.is_none_or(|concept| fact.concepts.iter().any(|it| it == concept))
}

pub(super) fn is_of_class(class: &[String], fact: &Fact) -> bool {
    class.is_empty() || fact.class.as_ref().is_some_and(|it| class.contains(it))
}

impl Window {
    /// Whether a moment lies within the window around a prediction, wherever
    /// in its span it is.
    pub(super) fn holds(self, moment: Moment, prediction: i64) -> bool {
        let from = self.from.map(|days| prediction + i64::from(days) * DAY);
        moment.is_by(prediction + i64::from(self.to) * DAY)
            && from.is_none_or(|from| moment.earliest >= from)
    }
}
