//! Criteria count only where they stood in the log before the run.

use modu_evidence::archive::Recorder;
use modu_evidence::precedence::{Precedence, VoidReason};
use modu_evidence::statement::{Change, CriteriaDocument, EntryReference, Statement, Withdrawal};
use modu_kernel::{Artifact, Label};

use crate::common::{criteria, passed, recorder, run, start};

const NEED: &[u8] = b"need.toml";

struct Story {
    _folder: tempfile::TempDir,
    recorder: Recorder,
}

impl Story {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let recorder = recorder(folder.path());
        Self {
            _folder: folder,
            recorder,
        }
    }

    fn record(&mut self, statement: &Statement) -> EntryReference {
        self.recorder.record(statement, start()).unwrap()
    }

    fn withdraw(&mut self, entry: EntryReference, change: Change) -> u64 {
        let withdrawn = self.recorder.get(entry.log_index).unwrap().statement;
        let withdrawal = Withdrawal {
            entry,
            change,
            reason: Label::new("잘못 등록함", "Registered by mistake"),
            at: start(),
        };
        let statement = Statement::withdrawal(withdrawal, &withdrawn);
        self.record(&statement).log_index
    }

    fn void(&self, run: EntryReference) -> VoidReason {
        match self.recorder.criteria_precede(run.log_index).unwrap() {
            Precedence::Void(reason) => reason,
            holds => panic!("{holds:?}"),
        }
    }
}

#[test]
fn a_run_after_its_criteria_is_judged_by_them() {
    let mut story = Story::new();
    let criteria = story.record(&criteria(NEED));
    story.record(&passed(b"something between"));
    let run = story.record(&run(NEED, Some(criteria)));
    let precedence = story.recorder.criteria_precede(run.log_index).unwrap();
    assert_eq!(precedence, Precedence::Holds { criteria });
}

#[test]
fn a_run_before_its_criteria_is_void() {
    let mut story = Story::new();
    // The run names an entry that is only going to exist.
    let mut later = Story::new();
    later.record(&passed(b"the run's place"));
    let coming = later.record(&criteria(NEED));
    let run = story.record(&run(NEED, Some(coming)));
    story.record(&criteria(NEED));
    let reason = story.void(run);
    assert_eq!(
        reason,
        VoidReason::Later {
            criteria: 1,
            run: 0
        }
    );
    assert!(reason.label().en.contains("entry 1"));
}

#[test]
fn a_run_that_names_no_criteria_or_another_entry_is_void() {
    let mut story = Story::new();
    let criteria = story.record(&criteria(NEED));
    let other = story.record(&passed(b"not criteria"));
    let none = story.record(&run(NEED, None));
    assert_eq!(story.void(none), VoidReason::NoCriteria);
    let wrong = story.record(&run(NEED, Some(other)));
    assert_eq!(story.void(wrong), VoidReason::NotCriteria { criteria: 1 });
    let mixed = EntryReference {
        leaf_hash: other.leaf_hash,
        ..criteria
    };
    let mixed = story.record(&run(NEED, Some(mixed)));
    assert_eq!(story.void(mixed), VoidReason::OtherEntry { criteria: 0 });
}

#[test]
fn a_run_by_edited_criteria_is_void() {
    let mut story = Story::new();
    let criteria = story.record(&criteria(NEED));
    let run = story.record(&run(b"need.toml, with a lower threshold", Some(criteria)));
    let document = "need".into();
    assert_eq!(story.void(run), VoidReason::Edited { document });
}

#[test]
fn withdrawn_criteria_void_every_run_and_replaced_ones_only_the_later_runs() {
    let mut story = Story::new();
    let replaced = story.record(&criteria(NEED));
    let new = story.record(&criteria(b"need.toml, second version"));
    let before = story.record(&run(NEED, Some(replaced)));
    let by = story.withdraw(replaced, Change::SupersededBy(new));
    let after = story.record(&run(NEED, Some(replaced)));
    assert!(matches!(
        story.recorder.criteria_precede(before.log_index).unwrap(),
        Precedence::Holds { .. }
    ));
    assert_eq!(story.void(after), VoidReason::CriteriaSuperseded { by });

    let by = story.withdraw(replaced, Change::Withdrawn);
    assert_eq!(story.void(before), VoidReason::CriteriaWithdrawn { by });
}

#[test]
fn a_withdrawn_run_is_void_and_still_in_the_log() {
    let mut story = Story::new();
    let criteria = story.record(&criteria(NEED));
    let run_entry = story.record(&run(NEED, Some(criteria)));
    let by = story.withdraw(run_entry, Change::Withdrawn);
    assert_eq!(story.void(run_entry), VoidReason::RunWithdrawn { by });
    let kept = story.recorder.get(run_entry.log_index).unwrap();
    assert_eq!(kept.statement, run(NEED, Some(criteria)));
    story.recorder.export(run_entry.log_index).unwrap();
}

#[test]
fn only_an_engine_report_has_criteria() {
    let mut story = Story::new();
    let entry = story.record(&passed(b"x"));
    let asked = story.recorder.criteria_precede(entry.log_index);
    assert!(asked.unwrap_err().to_string().contains("entry 0"));
}

fn need(bytes: &[u8]) -> CriteriaDocument {
    CriteriaDocument {
        name: "need".into(),
        artifact: Artifact::of(bytes),
    }
}

#[test]
fn the_newest_registration_that_was_not_taken_back_stands() {
    let mut story = Story::new();
    let standing = |story: &Story, document: &CriteriaDocument, engine: &str| {
        let found = story.recorder.standing_criteria(document, engine);
        found.unwrap().map(|entry| entry.log_index)
    };
    let this = need(NEED);
    assert_eq!(standing(&story, &this, "proof.score"), None);
    let first = story.record(&criteria(NEED));
    let second = story.record(&criteria(NEED));
    let other = story.record(&criteria(b"need.toml, second version"));
    let third = story.record(&criteria(NEED));
    assert_eq!(standing(&story, &this, "proof.score"), Some(3));
    assert_eq!(standing(&story, &this, "proof.predict"), None);
    let renamed = CriteriaDocument {
        name: "criteria".into(),
        ..this.clone()
    };
    assert_eq!(standing(&story, &renamed, "proof.score"), None);

    story.withdraw(third, Change::Withdrawn);
    assert_eq!(standing(&story, &this, "proof.score"), Some(1));
    story.withdraw(second, Change::SupersededBy(other));
    assert_eq!(standing(&story, &this, "proof.score"), Some(0));
    story.withdraw(first, Change::Withdrawn);
    assert_eq!(standing(&story, &this, "proof.score"), None);
    let edited = need(b"need.toml, second version");
    assert_eq!(standing(&story, &edited, "proof.score"), Some(2));
}

#[test]
fn a_withdrawal_that_says_nothing_is_refused() {
    let mut story = Story::new();
    let old = story.record(&criteria(NEED));
    let new = story.record(&criteria(NEED));
    let of_another_kind = story.record(&passed(b"x"));
    let gone = story.record(&passed(b"y"));
    let by = story.withdraw(gone, Change::Withdrawn);
    let taken_back = story.recorder.get(by).unwrap().reference();
    let nowhere = EntryReference {
        log_index: 99,
        ..old
    };
    let mixed = EntryReference {
        leaf_hash: gone.leaf_hash,
        ..old
    };
    let size = story.recorder.size();
    let withdrawal = |entry, change, reason: &str| Withdrawal {
        entry,
        change,
        reason: Label::new(reason, reason),
        at: start(),
    };
    let superseded = Change::SupersededBy;
    for (entry, change, reason, expected) in [
        (nowhere, Change::Withdrawn, "why", "no entry 99"),
        (mixed, Change::Withdrawn, "why", "another one"),
        (taken_back, Change::Withdrawn, "why", "a withdrawal itself"),
        (gone, Change::Withdrawn, "why", "already, by entry 4"),
        (old, Change::Withdrawn, " ", "its reason"),
        (old, superseded(old), "why", "not later"),
        (new, superseded(old), "why", "not later"),
        (old, superseded(of_another_kind), "why", "svr"),
        (old, superseded(nowhere), "why", "no entry 99"),
    ] {
        let wrong = withdrawal(entry, change, reason);
        let statement = Statement::withdrawal(wrong, &passed(b"x"));
        let refused = story.recorder.record(&statement, start());
        let problem = refused.unwrap_err().to_string();
        assert!(problem.contains(expected), "{problem}");
    }
    let twice = withdrawal(old, Change::Withdrawn, "why");
    let twice = vec![Statement::withdrawal(twice, &criteria(NEED)); 2];
    let refused = story.recorder.record_batch(&twice, start()).unwrap_err();
    assert!(refused.to_string().contains("twice"), "{refused}");
    assert_eq!(story.recorder.size(), size);

    story.withdraw(old, superseded(new));
    story.withdraw(old, Change::Withdrawn);
}
