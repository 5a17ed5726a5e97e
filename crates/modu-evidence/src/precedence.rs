//! Whether criteria were fixed before the run that they judge.
//!
//! A decision counts only where its criteria were in the log before the run,
//! were not changed since, and were not withdrawn. The log's order decides, not
//! a clock: an entry's place cannot be moved.

use modu_kernel::Label;

use crate::log::Hash;
use crate::statement::{
    Change, Criteria, EngineReport, EntryReference, InputContent, Predicate, Statement, Withdrawal,
};

/// A statement at its place in the log.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'s, T = Statement> {
    /// The entry's index.
    pub index: u64,
    /// The entry's leaf hash.
    pub leaf_hash: Hash,
    /// What it says.
    pub it: &'s T,
}

/// Whether a run may be judged by its criteria.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precedence {
    /// The criteria were registered before the run, and stand.
    Holds {
        /// The entry that registered them.
        criteria: EntryReference,
    },
    /// The run counts for nothing.
    Void(VoidReason),
}

/// Why a run counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VoidReason {
    /// It names no criteria.
    NoCriteria,
    /// The entry that it names is not before it in the log.
    Later {
        /// Where the criteria are.
        criteria: u64,
        /// Where the run is.
        run: u64,
    },
    /// The entry that it names is another one than it says, or not there.
    OtherEntry {
        /// The place it names.
        criteria: u64,
    },
    /// The entry that it names registers no criteria, or for another engine.
    NotCriteria {
        /// The place it names.
        criteria: u64,
    },
    /// The run used another version of a document than was registered.
    Edited {
        /// Which document.
        document: String,
    },
    /// The criteria were withdrawn.
    CriteriaWithdrawn {
        /// The entry that says so.
        by: u64,
    },
    /// The criteria had been replaced before the run.
    CriteriaSuperseded {
        /// The entry that says so.
        by: u64,
    },
    /// The run itself was withdrawn or replaced.
    RunWithdrawn {
        /// The entry that says so.
        by: u64,
    },
}

/// Judges a run's place. `criteria` is the entry at the place that the run
/// names, if there is one; `withdrawals` are all of the log, with their places.
#[must_use]
pub fn judge(
    run: Placed<'_, EngineReport>,
    criteria: Option<Placed<'_>>,
    withdrawals: &[(u64, Withdrawal)],
) -> Precedence {
    match reason_against(run, criteria, withdrawals) {
        Err(reason) => Precedence::Void(reason),
        Ok(criteria) => Precedence::Holds { criteria },
    }
}

fn reason_against(
    run: Placed<'_, EngineReport>,
    criteria: Option<Placed<'_>>,
    withdrawals: &[(u64, Withdrawal)],
) -> Result<EntryReference, VoidReason> {
    let this = EntryReference {
        log_index: run.index,
        leaf_hash: run.leaf_hash,
    };
    if let Some((by, _)) = find(withdrawals, &this, |_, _| true) {
        return Err(VoidReason::RunWithdrawn { by });
    }
    let named = run.it.criteria.ok_or(VoidReason::NoCriteria)?;
    let place = named.log_index;
    if place >= run.index {
        return Err(VoidReason::Later {
            criteria: place,
            run: run.index,
        });
    }
    let registered = criteria
        .filter(|entry| entry.index == place && entry.leaf_hash == named.leaf_hash)
        .ok_or(VoidReason::OtherEntry { criteria: place })?;
    match &registered.it.predicate {
        Predicate::Criteria(criteria) if criteria.engine == run.it.engine.name => {
            check_documents(criteria, run.it)?;
        }
        _ => return Err(VoidReason::NotCriteria { criteria: place }),
    }
    let withdrawn = |_, change: &Change| *change == Change::Withdrawn;
    if let Some((by, _)) = find(withdrawals, &named, withdrawn) {
        return Err(VoidReason::CriteriaWithdrawn { by });
    }
    if let Some((by, _)) = find(withdrawals, &named, |at, _| at < run.index) {
        return Err(VoidReason::CriteriaSuperseded { by });
    }
    Ok(named)
}

fn check_documents(criteria: &Criteria, run: &EngineReport) -> Result<(), VoidReason> {
    let same = |document: &&crate::statement::CriteriaDocument| {
        run.input(&document.name)
            .is_some_and(|input| input.content == InputContent::Artifact(document.artifact))
    };
    match criteria.documents.iter().find(|document| !same(document)) {
        Some(document) => Err(VoidReason::Edited {
            document: document.name.clone(),
        }),
        // Criteria without a document would let anything pass.
        None if criteria.documents.is_empty() => Err(VoidReason::Edited {
            document: String::new(),
        }),
        None => Ok(()),
    }
}

/// The first entry, after the one it speaks of, that takes it back.
fn find(
    withdrawals: &[(u64, Withdrawal)],
    entry: &EntryReference,
    which: impl Fn(u64, &Change) -> bool,
) -> Option<(u64, Change)> {
    withdrawals
        .iter()
        .find(|(at, it)| it.entry == *entry && *at > entry.log_index && which(*at, &it.change))
        .map(|(at, it)| (*at, it.change))
}

impl VoidReason {
    /// A sentence for the reader.
    #[must_use]
    pub fn label(&self) -> Label {
        match self {
            Self::NoCriteria => Label::new(
                "이 실행은 등록된 기준을 가리키지 않습니다.",
                "The run names no registered criteria.",
            ),
            Self::Later { criteria, run } => Label::new(
                format!("기준({criteria}번)이 실행({run}번)보다 먼저 등록되지 않았습니다."),
                format!(
                    "The criteria (entry {criteria}) do not stand before the run (entry {run})."
                ),
            ),
            Self::OtherEntry { criteria } => Label::new(
                format!("{criteria}번 항목은 실행이 가리킨 기준과 다릅니다."),
                format!("Entry {criteria} is not the one that the run names."),
            ),
            Self::NotCriteria { criteria } => Label::new(
                format!("{criteria}번 항목은 이 엔진의 기준이 아닙니다."),
                format!("Entry {criteria} does not register criteria for this engine."),
            ),
            Self::Edited { document } => Label::new(
                format!("기준 문서 `{document}`이(가) 등록한 뒤에 바뀌었습니다."),
                format!("The criteria document `{document}` was changed after it was registered."),
            ),
            Self::CriteriaWithdrawn { by } => Label::new(
                format!("기준이 철회되었습니다({by}번)."),
                format!("The criteria were withdrawn (entry {by})."),
            ),
            Self::CriteriaSuperseded { by } => Label::new(
                format!("실행 전에 기준이 다른 것으로 바뀌었습니다({by}번)."),
                format!("The criteria had been replaced before the run (entry {by})."),
            ),
            Self::RunWithdrawn { by } => Label::new(
                format!("이 실행은 철회되었거나 다른 것으로 대체되었습니다({by}번)."),
                format!("The run was withdrawn or replaced by another (entry {by})."),
            ),
        }
    }
}
