//! Steps of a project.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::value::{DigestName, Line, Moment, Number, Prose};

/// What is to be done with a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum NewStep {
    /// Ask for proposals (operator).
    OpenCall {
        /// Until when.
        closes: Moment,
    },
    /// Propose for one's own organisation (supplier).
    Propose {
        /// What the proposal is called.
        title: Line,
        /// What is proposed.
        summary: Prose,
        /// The solution, where it is submitted already.
        solution: Option<DigestName>,
    },
    /// Take a proposal back while the call is open (supplier).
    Withdraw {
        /// Which.
        proposal: Number,
    },
    /// End the call and say who judges (operator).
    CloseCall {
        /// The evaluators.
        #[schema(max_items = 50)]
        evaluators: Vec<Number>,
    },
    /// Have one more evaluator judge, while sheets are still to come (operator).
    AppointEvaluator {
        /// Who.
        evaluator: Number,
    },
    /// Wait no longer for an evaluator's sheets; those that are sealed stay and
    /// count (operator).
    ReleaseEvaluator {
        /// For whom.
        evaluator: Number,
        /// Why.
        reason: Prose,
    },
    /// Step back from judging a proposal (evaluator).
    Recuse {
        /// Which.
        proposal: Number,
        /// Why.
        reason: Prose,
    },
    /// Seal one's sheet on a proposal (evaluator).
    Score {
        /// Which.
        proposal: Number,
        /// The points.
        points: Points,
        /// The reasons.
        comment: Prose,
    },
    /// Open all sheets together (operator).
    OpenScores {},
    /// Say who may demonstrate (operator).
    Select {
        /// Which.
        #[schema(max_items = 1000)]
        proposals: Vec<Number>,
        /// Why these.
        reason: Prose,
    },
    /// Take into use at one's own agency (demand agency).
    Adopt {
        /// What.
        proposal: Number,
    },
    /// End the use at one's own agency (demand agency).
    Retire {
        /// Of what.
        proposal: Number,
        /// Why.
        reason: Prose,
    },
    /// End the project (operator).
    Close {
        /// Why.
        reason: Prose,
    },
}

/// Points of a sheet, by criterion; together at most 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, try_from = "Given")]
pub struct Points {
    /// 수요 부합성
    #[schema(minimum = 0, maximum = 40)]
    pub fit: u16,
    /// 기술성
    #[schema(minimum = 0, maximum = 30)]
    pub technique: u16,
    /// 안전·책임성
    #[schema(minimum = 0, maximum = 15)]
    pub safety: u16,
    /// 수행 역량
    #[schema(minimum = 0, maximum = 15)]
    pub delivery: u16,
}

/// Points before their most is looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    fit: Number,
    technique: Number,
    safety: Number,
    delivery: Number,
}

impl TryFrom<Given> for Points {
    type Error = &'static str;

    fn try_from(given: Given) -> Result<Self, Self::Error> {
        let within = |points: Number, most: u16| {
            let points = u16::try_from(points.0).ok();
            let points = points.filter(|points| *points <= most);
            points.ok_or("at most 40, 30, 15 and 15 points")
        };
        Ok(Self {
            fit: within(given.fit, 40)?,
            technique: within(given.technique, 30)?,
            safety: within(given.safety, 15)?,
            delivery: within(given.delivery, 15)?,
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn points_may_be_written_with_a_fraction_of_nothing() {
        let text = r#"{"step":"score","proposal":12.0,"comment":"","points":
            {"fit":40.0,"technique":3e1,"safety":15,"delivery":0}}"#;
        let NewStep::Score {
            proposal, points, ..
        } = serde_json::from_str(text).unwrap()
        else {
            unreachable!("it is a score");
        };
        assert_eq!((proposal.0, points.fit, points.technique), (12, 40, 30));
        for wrong in ["41", "-1", "0.5"] {
            let text = text.replace("40.0", wrong);
            assert!(serde_json::from_str::<NewStep>(&text).is_err(), "{wrong}");
        }
    }
}
