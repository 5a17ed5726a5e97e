//! Steps of a project.

use modu_programme::Step;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Done, Made, made};
use crate::call::{Body, Call, Named};
use crate::once::Once;
use crate::problem::{NotDone, Problem};
use crate::value::{DigestName, Line, Moment, Number, Prose};

/// What is to be done with a project.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum NewStep {
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
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, try_from = "Given")]
pub(super) struct Points {
    /// 수요 부합성
    #[schema(minimum = 0, maximum = 40)]
    fit: u16,
    /// 기술성
    #[schema(minimum = 0, maximum = 30)]
    technique: u16,
    /// 안전·책임성
    #[schema(minimum = 0, maximum = 15)]
    safety: u16,
    /// 수행 역량
    #[schema(minimum = 0, maximum = 15)]
    delivery: u16,
}

/// Points before their most is looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    fit: u16,
    technique: u16,
    safety: u16,
    delivery: u16,
}

impl TryFrom<Given> for Points {
    type Error = &'static str;

    fn try_from(given: Given) -> Result<Self, Self::Error> {
        let Given {
            fit,
            technique,
            safety,
            delivery,
        } = given;
        match fit <= 40 && technique <= 30 && safety <= 15 && delivery <= 15 {
            true => Ok(Self {
                fit,
                technique,
                safety,
                delivery,
            }),
            false => Err("at most 40, 30, 15 and 15 points"),
        }
    }
}

impl NewStep {
    fn step(self) -> Result<Step, Problem> {
        fn all<T: From<Number>>(numbers: Vec<Number>, most: usize) -> Result<Vec<T>, Problem> {
            match numbers.len() <= most {
                true => Ok(numbers.into_iter().map(T::from).collect()),
                false => Err(Problem::not_as_described("too many numbers")),
            }
        }
        Ok(match self {
            Self::OpenCall { closes } => Step::OpenCall { closes: closes.0 },
            Self::Propose {
                title,
                summary,
                solution,
            } => Step::Propose {
                title: title.title()?,
                summary: summary.text()?,
                solution: solution.as_ref().map(DigestName::digest).transpose()?,
            },
            Self::Withdraw { proposal } => Step::Withdraw {
                proposal: proposal.into(),
            },
            Self::CloseCall { evaluators } => Step::CloseCall {
                evaluators: all(evaluators, 50)?,
            },
            Self::Recuse { proposal, reason } => Step::Recuse {
                proposal: proposal.into(),
                reason: reason.text()?,
            },
            Self::Score {
                proposal,
                points,
                comment,
            } => Step::Score {
                proposal: proposal.into(),
                points: [points.fit, points.technique, points.safety, points.delivery],
                comment: comment.text()?,
            },
            Self::OpenScores {} => Step::OpenScores,
            Self::Select { proposals, reason } => Step::Select {
                proposals: all(proposals, 1_000)?,
                reason: reason.text()?,
            },
            Self::Adopt { proposal } => Step::Adopt {
                proposal: proposal.into(),
            },
            Self::Retire { proposal, reason } => Step::Retire {
                proposal: proposal.into(),
                reason: reason.text()?,
            },
            Self::Close { reason } => Step::Close {
                reason: reason.text()?,
            },
        })
    }
}

/// Takes a step of a project.
#[utoipa::path(post, path = "/projects/{project}/steps", operation_id = "take_step", tag = "projects", request_body = NewStep,
    params(("project" = Number, Path, description = "The project"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 64, pattern = "^[!-~]+$")),
    security(("key" = [])),
    responses((status = 201, body = Done), NotDone))]
pub(super) async fn take(
    call: Call,
    Named(project): Named,
    once: Once,
    body: Body<NewStep>,
) -> Result<Made, Problem> {
    call.work(move |desk| {
        let person = desk.caller()?;
        let step = body.value.step()?;
        let act = || Ok(desk.office.take(person, project.into(), step)?);
        let entry = desk.once(&once, &body.digest, act)?;
        Ok(made(&entry, &format!("/projects/{}", project.0)))
    })
    .await
}
