//! What stands: which entries were taken back, and which may be.
//!
//! Nothing leaves the log. An entry is taken back by a later one that names it:
//! a withdrawal where it was wrong, or a supersession where another entry takes
//! its place from then on. What was superseded can still be withdrawn, since
//! only that voids what rested on it before; nothing else is taken back twice.

use std::collections::HashSet;

use super::{Archive, Entry};
use crate::EvidenceError;
use crate::statement::{Change, CriteriaDocument, EntryReference, Predicate, Withdrawal};

impl Archive {
    /// The newest registration of exactly this document, for the runs of an
    /// engine, that is neither withdrawn nor superseded. Reads the whole
    /// archive.
    ///
    /// # Errors
    /// As [`Self::entries`].
    pub fn standing_criteria(
        &self,
        document: &CriteriaDocument,
        engine: &str,
    ) -> Result<Option<EntryReference>, EvidenceError> {
        let mut registered = Vec::new();
        let mut taken_back = HashSet::new();
        for entry in self.entries(0..self.size()) {
            let entry = entry?;
            match &entry.statement.predicate {
                Predicate::Criteria(criteria)
                    if criteria.engine == engine
                        && criteria.documents == std::slice::from_ref(document) =>
                {
                    registered.push(entry.reference());
                }
                Predicate::Withdrawal(withdrawal) => {
                    taken_back.insert(withdrawal.entry);
                }
                _ => {}
            }
        }
        let mut newest_first = registered.into_iter().rev();
        Ok(newest_first.find(|entry| !taken_back.contains(entry)))
    }

    /// Checks that a withdrawal says something: its entry is there, is no
    /// withdrawal itself and was not taken back so before, a replacement is a
    /// later entry of the same kind, and a reason is given. Reads the whole
    /// archive.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] with what is wrong; as [`Self::get`].
    pub fn check_withdrawal(&self, withdrawal: &Withdrawal) -> Result<(), EvidenceError> {
        let target = self.referred("its entry", &withdrawal.entry)?;
        let index = target.index;
        if matches!(target.statement.predicate, Predicate::Withdrawal(_)) {
            let problem = format!(
                "entry {index} is a withdrawal itself, which is final: record the statement anew instead"
            );
            return Err(wrong("its entry", problem));
        }
        let reason = &withdrawal.reason;
        if reason.ko.trim().is_empty() || reason.en.trim().is_empty() {
            return Err(wrong("its reason", "it is empty: say why".into()));
        }
        if let Change::SupersededBy(replacement) = &withdrawal.change {
            self.check_replacement(&target, replacement)?;
        }
        let before = self.withdrawals()?;
        let before = before.iter().filter(|(_, it)| it.entry == withdrawal.entry);
        for (by, earlier) in before {
            let was = match (earlier.change, withdrawal.change) {
                (Change::Withdrawn, _) => "withdrawn",
                (Change::SupersededBy(_), Change::SupersededBy(_)) => "replaced",
                (Change::SupersededBy(_), Change::Withdrawn) => continue,
            };
            let problem = format!("entry {index} was {was} already, by entry {by}");
            return Err(wrong("its entry", problem));
        }
        Ok(())
    }

    fn check_replacement(
        &self,
        target: &Entry,
        replacement: &EntryReference,
    ) -> Result<(), EvidenceError> {
        let place = "its replacement";
        let replacement = self.referred(place, replacement)?;
        let (old, new) = (target.index, replacement.index);
        if new <= old {
            let problem = format!("entry {new} is not later than entry {old}, which it replaces");
            return Err(wrong(place, problem));
        }
        let kind = |entry: &Entry| entry.statement.predicate.type_uri();
        if kind(target) != kind(&replacement) {
            let (from, to) = (kind(target), kind(&replacement));
            let problem = format!("entry {new} is a `{to}`, and entry {old} a `{from}`");
            return Err(wrong(place, problem));
        }
        Ok(())
    }

    fn referred(&self, place: &str, to: &EntryReference) -> Result<Entry, EvidenceError> {
        let (index, size) = (to.log_index, self.size());
        if index >= size {
            let problem = format!("there is no entry {index}: the log holds {size} entries");
            return Err(wrong(place, problem));
        }
        let entry = self.get(index)?;
        if entry.reference() != *to {
            let problem = format!("entry {index} is another one than the hash says");
            return Err(wrong(place, problem));
        }
        Ok(entry)
    }
}

/// Checks the withdrawals of a batch: each by itself, and that no two are of
/// one entry.
pub(super) fn check_withdrawals<'w>(
    archive: &Archive,
    withdrawals: impl Iterator<Item = &'w Withdrawal>,
) -> Result<(), EvidenceError> {
    let mut seen = HashSet::new();
    for withdrawal in withdrawals {
        archive.check_withdrawal(withdrawal)?;
        if !seen.insert(withdrawal.entry) {
            let index = withdrawal.entry.log_index;
            let problem = format!("the batch takes entry {index} back twice");
            return Err(wrong("its entry", problem));
        }
    }
    Ok(())
}

fn wrong(place: &str, problem: String) -> EvidenceError {
    EvidenceError::malformed("withdrawal", place, problem)
}
