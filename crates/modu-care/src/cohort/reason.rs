//! Why somebody is not in the cohort, in the order in which it is asked.

use modu_kernel::Label;

use super::definition::Definition;

/// Why a person, or one of a person's index events, is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Reason {
    /// Died before being born.
    DeathBeforeBirth,
    /// Another patient's record has the same identifier: the history is split.
    Duplicate,
    /// Dead, and nobody says since when, where death is an event.
    DeathUndated,
    /// Had no index event.
    NoIndexEvent,
    /// The records end before the prediction, or with it.
    NoFollowUp,
    /// Had died by the prediction.
    DeadAtPrediction,
    /// Did not meet a criterion of this place.
    NotIncluded(usize),
    /// Met a criterion of this place.
    Excluded(usize),
    /// Had an event at the prediction, or between index and prediction.
    EventAtPrediction,
    /// Had an event or was lost before a later criterion was met.
    BeforeEntry,
}

impl Reason {
    /// Whether it is about people, before any index event is looked at.
    pub(super) const fn is_of_people(self) -> bool {
        matches!(
            self,
            Self::DeathBeforeBirth | Self::Duplicate | Self::DeathUndated | Self::NoIndexEvent
        )
    }

    /// A name for machines.
    pub(super) fn code(self, definition: &Definition) -> String {
        let name = match self {
            Self::DeathBeforeBirth => "death_before_birth",
            Self::Duplicate => "duplicate_patient",
            Self::DeathUndated => "death_undated",
            Self::NoIndexEvent => "no_index_event",
            Self::NoFollowUp => "no_follow_up",
            Self::DeadAtPrediction => "dead_at_prediction",
            Self::NotIncluded(place) => {
                return format!("include.{}", definition.include[place].name);
            }
            Self::Excluded(place) => return format!("exclude.{}", definition.exclude[place].name),
            Self::EventAtPrediction => "event_at_prediction",
            Self::BeforeEntry => "before_entry",
        };
        name.to_owned()
    }

    /// For people.
    pub(super) fn label(self, definition: &Definition) -> Label {
        let (ko, en) = match self {
            Self::DeathBeforeBirth => ("출생보다 사망이 앞섬", "death before birth"),
            Self::Duplicate => (
                "같은 식별번호의 환자가 둘",
                "another patient has the same identifier",
            ),
            Self::DeathUndated => ("사망일을 모름", "dead, and not known since when"),
            Self::NoIndexEvent => ("기준 사건이 없음", "no index event"),
            Self::NoFollowUp => ("예측 뒤의 기록이 없음", "records end by the prediction"),
            Self::DeadAtPrediction => ("예측 때 이미 사망", "dead by the prediction"),
            Self::EventAtPrediction => (
                "예측 때나 그 전에 이미 사건이 남",
                "event at or before the prediction",
            ),
            Self::BeforeEntry => (
                "뒤의 조건을 채우기 전에 추적이 끝남",
                "ended before a later criterion was met",
            ),
            Self::NotIncluded(place) => {
                let label = &definition.include[place].label;
                return Label::new(
                    format!("포함 기준에 들지 않음: {}", label.ko),
                    format!("not included: {}", label.en),
                );
            }
            Self::Excluded(place) => {
                let label = &definition.exclude[place].label;
                return Label::new(
                    format!("제외: {}", label.ko),
                    format!("excluded: {}", label.en),
                );
            }
        };
        Label::new(ko, en)
    }
}
