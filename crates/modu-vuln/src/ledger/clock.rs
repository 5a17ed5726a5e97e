//! The day on which a run counts.

use jiff::Timestamp;
use jiff::civil::Date;
use modu_kernel::{EngineError, Finding, Label, Severity};

use super::chain::INPUT;
use super::{State, UtcOffset};

/// A moment as a ledger takes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) day: Date,
    pub(crate) offset: UtcOffset,
    /// The ledger's latest moment, where this one is before it.
    back: Option<Timestamp>,
}

/// Takes a moment as a ledger that is not empty counts.
pub(crate) fn clock(state: &State, at: Timestamp) -> Result<Clock, EngineError> {
    let offset = state.utc_offset.ok_or_else(|| {
        let problem = "it is empty: decide on findings first (`modu vuln decide`)";
        EngineError::input(INPUT, "its length", problem)
    })?;
    Ok(Clock {
        day: state.day_of(at, offset),
        offset,
        back: state.latest.filter(|latest| at < *latest),
    })
}

impl Clock {
    /// What there is to say where the clock went back.
    pub(crate) fn finding(&self) -> Option<Finding> {
        self.back.map(went_back)
    }
}

/// Says that a run's time is before the ledger's latest.
pub(crate) fn went_back(latest: Timestamp) -> Finding {
    Finding {
        severity: Severity::Problem,
        code: "clock.back".to_owned(),
        place: "at".to_owned(),
        message: Label::new(
            format!(
                "이 실행의 시각은 장부의 마지막 시각({latest})보다 앞섭니다. 마지막 날짜로 셉니다."
            ),
            format!(
                "This run's time is before the ledger's latest, {latest}: the latest day counts."
            ),
        ),
    }
}
