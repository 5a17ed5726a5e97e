//! Who may do and see what: one small table, and nothing that is not in it.
//!
//! Every request asks [`reach`] with the role of who asks and the action. The
//! answer says how far the right goes: everywhere, or only where the asker's
//! organisation is a party. No line means no.

use modu_evidence::statement::Predicate;
use modu_kernel::Label;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// In what capacity somebody acts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Anybody, without an account.
    Public,
    /// For an agency with a need (수요기관).
    DemandAgency,
    /// For a company with a solution (공급기업).
    Supplier,
    /// Scores proposals (평가위원).
    Evaluator,
    /// Runs the programme (전담기관).
    Operator,
    /// Sees everything and changes nothing (감사).
    Auditor,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 6] = [
        Self::Public,
        Self::DemandAgency,
        Self::Supplier,
        Self::Evaluator,
        Self::Operator,
        Self::Auditor,
    ];

    /// Its name for readers.
    #[must_use]
    pub fn label(self) -> Label {
        match self {
            Self::Public => Label::new("국민", "Public"),
            Self::DemandAgency => Label::new("수요기관", "Demand agency"),
            Self::Supplier => Label::new("공급기업", "Supplier"),
            Self::Evaluator => Label::new("평가위원", "Evaluator"),
            Self::Operator => Label::new("전담기관", "Operator"),
            Self::Auditor => Label::new("감사", "Auditor"),
        }
    }
}

/// What can be done or seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// See what everybody may see: needs, what was proven and adopted.
    SeePublished,
    /// See the proposals of a project.
    SeeProposals,
    /// See score sheets before they are opened: one's own only.
    SeeOwnScores,
    /// See score sheets once they are opened.
    SeeOpenedScores,
    /// See the whole history, with who did what.
    SeeHistory,
    /// See what engines found that is not for everybody: exposures, cohorts.
    SeeFindings,
    /// See how the server itself does: jobs, workers, room, witnesses.
    SeeSystem,
    /// See which data there are, where they lie and what has left them.
    SeeData,
    /// Let nodes in that stand beside data, and shut them out.
    ManageNodes,
    /// See organisations and people.
    SeePeople,
    /// Register organisations, enrol and suspend people.
    ManagePeople,
    /// Publish a need.
    PublishNeed,
    /// Open and close a call, appoint and release evaluators.
    RunCall,
    /// Submit and withdraw a proposal.
    Propose,
    /// Score proposals, and declare a conflict of interest.
    Score,
    /// Open the scores and select.
    Select,
    /// Start a demonstration and record its decision.
    Demonstrate,
    /// Adopt what was proven, watch it, end its use.
    Adopt,
    /// Take over for another agency what was adopted.
    TakeOver,
    /// Put runs of one's own on record, and have the files back that were
    /// handed in with them.
    RecordRuns,
    /// End links that show a file of a run to whoever holds them.
    EndLinks,
    /// Say which programs of one's organisation are told of notices.
    ManageWebhooks,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 22] = [
        Self::SeePublished,
        Self::SeeProposals,
        Self::SeeOwnScores,
        Self::SeeOpenedScores,
        Self::SeeHistory,
        Self::SeeFindings,
        Self::SeeSystem,
        Self::SeeData,
        Self::ManageNodes,
        Self::SeePeople,
        Self::ManagePeople,
        Self::PublishNeed,
        Self::RunCall,
        Self::Propose,
        Self::Score,
        Self::Select,
        Self::Demonstrate,
        Self::Adopt,
        Self::TakeOver,
        Self::RecordRuns,
        Self::EndLinks,
        Self::ManageWebhooks,
    ];
}

/// How far a right goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Everywhere.
    All,
    /// Where the asker's organisation is a party: its own need, its own
    /// proposal; for an evaluator, projects that they are appointed to.
    Own,
}

use Reach::{All, Own};
use Role::{Auditor, DemandAgency, Evaluator, Operator, Public, Supplier};

/// Every right that there is. Data stay with the agency, so nobody else starts
/// a demonstration.
const TABLE: [(Role, Action, Reach); 45] = [
    (Public, Action::SeePublished, All),
    (DemandAgency, Action::SeePublished, All),
    (DemandAgency, Action::SeeProposals, Own),
    (DemandAgency, Action::SeeOpenedScores, Own),
    (DemandAgency, Action::PublishNeed, Own),
    (DemandAgency, Action::Demonstrate, Own),
    (DemandAgency, Action::SeeData, Own),
    (DemandAgency, Action::Adopt, Own),
    (DemandAgency, Action::TakeOver, Own),
    (DemandAgency, Action::RecordRuns, Own),
    (DemandAgency, Action::ManageWebhooks, Own),
    (Supplier, Action::SeePublished, All),
    (Supplier, Action::SeeProposals, Own),
    (Supplier, Action::SeeOpenedScores, Own),
    (Supplier, Action::Propose, Own),
    (Supplier, Action::RecordRuns, Own),
    (Supplier, Action::ManageWebhooks, Own),
    (Evaluator, Action::SeePublished, All),
    (Evaluator, Action::SeeProposals, Own),
    (Evaluator, Action::SeeOwnScores, Own),
    (Evaluator, Action::SeeOpenedScores, Own),
    (Evaluator, Action::Score, Own),
    (Operator, Action::SeePublished, All),
    (Operator, Action::SeeProposals, All),
    (Operator, Action::SeeOpenedScores, All),
    (Operator, Action::SeeHistory, All),
    (Operator, Action::SeeFindings, All),
    (Operator, Action::SeeSystem, All),
    (Operator, Action::SeeData, All),
    (Operator, Action::ManageNodes, All),
    (Operator, Action::SeePeople, All),
    (Operator, Action::ManagePeople, All),
    (Operator, Action::RunCall, All),
    (Operator, Action::Select, All),
    (Operator, Action::RecordRuns, Own),
    (Operator, Action::EndLinks, All),
    (Operator, Action::ManageWebhooks, Own),
    (Auditor, Action::SeePublished, All),
    (Auditor, Action::SeeProposals, All),
    (Auditor, Action::SeeOpenedScores, All),
    (Auditor, Action::SeeHistory, All),
    (Auditor, Action::SeeFindings, All),
    (Auditor, Action::SeeSystem, All),
    (Auditor, Action::SeeData, All),
    (Auditor, Action::SeePeople, All),
];

/// How far a role's right to an action goes; `None` is that there is none.
#[must_use]
pub fn reach(role: Role, action: Action) -> Option<Reach> {
    let mut rows = TABLE.iter();
    rows.find_map(|(of, to, reach)| (*of == role && *to == action).then_some(*reach))
}

/// Engines whose runs everybody may read in full. What others were asked names
/// assets, who answers for what is not fixed, or somebody's pseudonym.
const OPEN_ENGINES: [&str; 2] = ["proof", "route"];

/// Whether a role may have an entry of the log in full, with what a run was
/// asked. That it stands there, since when and of which engine is for
/// everybody.
#[must_use]
pub fn may_read(role: Role, predicate: &Predicate) -> bool {
    let action = match predicate {
        Predicate::EngineReport(run) => {
            let (engine, _) = run.engine.name.split_once('.').unwrap_or_default();
            match OPEN_ENGINES.contains(&engine) {
                true => Action::SeePublished,
                false => Action::SeeFindings,
            }
        }
        _ => Action::SeePublished,
    };
    reach(role, action).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_is_given_once() {
        for (place, (role, action, _)) in TABLE.iter().enumerate() {
            let same = |(of, to, _): &(Role, Action, Reach)| of == role && to == action;
            assert_eq!(
                TABLE.iter().position(same),
                Some(place),
                "{role:?} {action:?}"
            );
        }
    }

    #[test]
    fn the_public_may_only_see_what_is_published() {
        for action in Action::ALL {
            let may = reach(Role::Public, action).is_some();
            assert_eq!(may, action == Action::SeePublished, "{action:?}");
        }
    }

    #[test]
    fn an_auditor_changes_nothing() {
        for action in Action::ALL {
            let sees = matches!(
                action,
                Action::SeePublished
                    | Action::SeeProposals
                    | Action::SeeOpenedScores
                    | Action::SeeHistory
                    | Action::SeeFindings
                    | Action::SeeSystem
                    | Action::SeeData
                    | Action::SeePeople
            );
            assert_eq!(reach(Role::Auditor, action).is_some(), sees, "{action:?}");
        }
    }

    #[test]
    fn nobody_both_proposes_and_judges() {
        for role in Role::ALL {
            let judges = [Action::Score, Action::Select, Action::Adopt];
            let judges = judges
                .into_iter()
                .any(|action| reach(role, action).is_some());
            assert!(
                !(judges && reach(role, Action::Propose).is_some()),
                "{role:?}"
            );
        }
    }
}
