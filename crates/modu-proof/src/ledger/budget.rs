//! How often a data set has answered, and how often it may.

use modu_kernel::Label;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Ledger, Submitted};
use crate::need::ReleaseRule;

/// What has been spent of a data set's budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// By supplier, in the order of their first submissions.
    pub suppliers: Vec<SupplierBudget>,
    /// Submissions of all suppliers.
    pub spent: u64,
    /// How many there may be.
    pub limit: u64,
}

/// What one supplier has spent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupplierBudget {
    /// The supplier, as its solutions name it.
    pub supplier: Label,
    /// Its submissions.
    pub spent: u64,
    /// How many there may be.
    pub limit: u64,
}

/// A budget does not suffice for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhausted {
    /// Whose: `None` is that of all suppliers together.
    pub supplier: Option<Label>,
    /// What was spent before.
    pub spent: u64,
    /// What the run would spend.
    pub asked: u64,
    /// How many there may be.
    pub limit: u64,
}

impl Exhausted {
    /// For people: whose budget it is, and what can be done.
    #[must_use]
    pub fn label(&self) -> Label {
        let Self {
            spent,
            asked,
            limit,
            ..
        } = self;
        let (ko, en) = match &self.supplier {
            Some(supplier) => (
                format!("공급자 {}의", supplier.ko),
                format!("the supplier {} has", supplier.en),
            ),
            None => (
                "모든 공급자를 합한".to_owned(),
                "all suppliers together have".to_owned(),
            ),
        };
        Label::new(
            format!(
                "이 자료에 대한 {ko} 제출 한도 {limit}회 가운데 {spent}회를 이미 썼고, 이번 실행에는 {asked}회가 듭니다. 같은 자료가 더 답하면 그 답은 더는 증거가 되지 못합니다. 새로 모은 자료로 실증하십시오."
            ),
            format!(
                "On this data {en} spent {spent} of {limit} submissions, and this run would spend {asked}. If the same data answered further, its answers would no longer be evidence: demonstrate on newly collected data."
            ),
        )
    }
}

impl Ledger {
    /// What has been spent by all.
    #[must_use]
    pub fn spent(&self) -> u64 {
        self.submissions.len() as u64
    }

    /// What a supplier has spent, under all needs.
    #[must_use]
    pub fn spent_by(&self, supplier: &Label) -> u64 {
        let theirs = self.submissions.iter();
        theirs.filter(|it| it.supplier == *supplier).count() as u64
    }

    /// The budget as a need sets it.
    #[must_use]
    pub fn budget(&self, rule: &ReleaseRule) -> Budget {
        let mut suppliers: Vec<SupplierBudget> = Vec::new();
        for submission in &self.submissions {
            let known = suppliers
                .iter_mut()
                .find(|it| it.supplier == submission.supplier);
            match known {
                Some(supplier) => supplier.spent += 1,
                None => suppliers.push(SupplierBudget {
                    supplier: submission.supplier.clone(),
                    spent: 1,
                    limit: u64::from(rule.submissions),
                }),
            }
        }
        Budget {
            suppliers,
            spent: self.spent(),
            limit: u64::from(rule.total),
        }
    }

    /// Whether the budget suffices for some submissions. The very same
    /// solution again costs nothing.
    ///
    /// # Errors
    /// [`Exhausted`]: whose budget does not.
    pub fn check_budget(
        &self,
        rule: &ReleaseRule,
        submissions: &[Submitted],
    ) -> Result<(), Exhausted> {
        let mut fresh: Vec<&Submitted> = Vec::new();
        for submission in submissions {
            let known = self.place_of(submission).is_some();
            if !known && !fresh.iter().any(|other| other.is_same(submission)) {
                fresh.push(submission);
            }
        }
        for submission in &fresh {
            let theirs = fresh.iter();
            let asked = theirs.filter(|it| it.supplier == submission.supplier);
            let exhausted = Exhausted {
                supplier: Some(submission.supplier.clone()),
                spent: self.spent_by(&submission.supplier),
                asked: asked.count() as u64,
                limit: u64::from(rule.submissions),
            };
            exhausted.refuse()?;
        }
        let all = Exhausted {
            supplier: None,
            spent: self.spent(),
            asked: fresh.len() as u64,
            limit: u64::from(rule.total),
        };
        all.refuse()
    }
}

impl Exhausted {
    fn refuse(self) -> Result<(), Self> {
        match self.spent + self.asked > self.limit {
            true => Err(self),
            false => Ok(()),
        }
    }
}
