//! What became of each record that was read: exactly one of these, so that
//! they add up.

use modu_kernel::Label;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of a record.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is used.
    Used,
    /// It is sound, and the definition does not ask for it.
    NotAskedFor,
    /// It is of a type that no cohort is made of.
    OtherType,
    /// It is not JSON, or is cut off.
    Unreadable,
    /// It is longer or deeper than the limit.
    TooLarge,
    /// It is JSON, and not what its type should be.
    Misshapen,
    /// It is there again, and the same.
    Repeated,
    /// A later version is there.
    Superseded,
    /// Versions of it differ, and nothing says which is the last.
    Conflicting,
    /// Its status is `entered-in-error`.
    EnteredInError,
    /// It is not final, or not sure.
    Preliminary,
    /// It was cancelled, refuted or not done.
    NotDone,
    /// Its status is missing or unknown.
    StatusUnknown,
    /// It is about nobody among the records.
    SubjectUnresolved,
    /// Its encounter is not among the records.
    EncounterUnresolved,
    /// Its encounter is another person's.
    CrossPatient,
    /// Its medication is not among the records.
    MedicationUnresolved,
    /// It does not say when.
    WithoutTime,
    /// It ends before it begins.
    Backwards,
}

impl Fate {
    /// All of them, in the order that reports list them in.
    pub const ALL: [Self; 19] = [
        Self::Used,
        Self::NotAskedFor,
        Self::OtherType,
        Self::Unreadable,
        Self::TooLarge,
        Self::Misshapen,
        Self::Repeated,
        Self::Superseded,
        Self::Conflicting,
        Self::EnteredInError,
        Self::Preliminary,
        Self::NotDone,
        Self::StatusUnknown,
        Self::SubjectUnresolved,
        Self::EncounterUnresolved,
        Self::CrossPatient,
        Self::MedicationUnresolved,
        Self::WithoutTime,
        Self::Backwards,
    ];

    /// Whether something is wrong with such a record.
    #[must_use]
    pub const fn is_fault(self) -> bool {
        !matches!(
            self,
            Self::Used
                | Self::NotAskedFor
                | Self::OtherType
                | Self::Repeated
                | Self::Superseded
                | Self::EnteredInError
                | Self::Preliminary
                | Self::NotDone
        )
    }

    /// For people.
    #[must_use]
    pub fn label(self) -> Label {
        let (ko, en) = match self {
            Self::Used => ("쓴 기록", "used"),
            Self::NotAskedFor => ("정의가 묻지 않은 기록", "not asked for by the definition"),
            Self::OtherType => (
                "쓰지 않는 종류의 자원",
                "resources of types that are not used",
            ),
            Self::Unreadable => ("읽을 수 없거나 잘린 줄", "unreadable or cut off"),
            Self::TooLarge => ("한도를 넘는 기록", "longer or deeper than the limit"),
            Self::Misshapen => ("제 종류의 꼴이 아닌 기록", "not of its type's form"),
            Self::Repeated => ("같은 것이 되풀이된 기록", "the same again"),
            Self::Superseded => ("뒤에 고친 판이 있는 기록", "replaced by a later version"),
            Self::Conflicting => (
                "판이 서로 다르고 앞뒤를 알 수 없는 기록",
                "versions that contradict one another",
            ),
            Self::EnteredInError => ("잘못 입력된 기록(entered-in-error)", "entered in error"),
            Self::Preliminary => ("확정되지 않은 기록", "not final"),
            Self::NotDone => (
                "취소되었거나 하지 않은 기록",
                "cancelled, refuted or not done",
            ),
            Self::StatusUnknown => ("상태를 알 수 없는 기록", "of unknown status"),
            Self::SubjectUnresolved => (
                "누구의 것인지 알 수 없는 기록",
                "about nobody among the records",
            ),
            Self::EncounterUnresolved => (
                "내원 기록이 없는 기록",
                "their encounter is not among the records",
            ),
            Self::CrossPatient => (
                "다른 사람의 내원에 달린 기록",
                "hung on another person's encounter",
            ),
            Self::MedicationUnresolved => (
                "약품 기록이 없는 기록",
                "their medication is not among the records",
            ),
            Self::WithoutTime => ("때를 알 수 없는 기록", "without a time"),
            Self::Backwards => ("시작하기 전에 끝난 기록", "ended before they began"),
        };
        Label::new(ko, en)
    }
}
