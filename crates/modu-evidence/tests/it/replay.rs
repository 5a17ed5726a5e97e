//! A reported run is run again from its inputs.

use std::io;

use modu_evidence::EvidenceError;
use modu_evidence::commitment::Opening;
use modu_evidence::replay::{Artifacts, replay};
use modu_evidence::statement::{EngineReport, ReportedInput, Statement};
use modu_kernel::{
    Artifact, Digest, Engine, EngineError, Finding, Inputs, InputsInMemory, NoProgress, Output,
    Progress, ReadSeek, TypedEngine, read_input,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::common::{Seeded, start};

/// Counts the bytes of its inputs that are a letter.
struct Count;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Request {
    letter: String,
}

#[derive(Serialize, JsonSchema)]
struct Report {
    counts: Vec<(String, usize)>,
}

impl TypedEngine for Count {
    type Request = Request;
    type Report = Report;
    const NAME: &'static str = "count";
    const VERSION: &'static str = "2";

    fn run(
        request: Request,
        inputs: &dyn Inputs,
        _: &dyn Progress,
    ) -> Result<(Report, Vec<Finding>, Vec<Output>), EngineError> {
        let letter = request.letter.bytes().next().unwrap_or_default();
        let count = |name: &str| -> Result<(String, usize), EngineError> {
            let bytes = read_input(inputs, name, 1000)?;
            let count = bytes.iter().filter(|byte| **byte == letter).count();
            Ok((name.to_owned(), count))
        };
        let names = inputs.list().iter().map(|input| count(&input.name));
        let counts = names.collect::<Result<_, _>>()?;
        Ok((Report { counts }, vec![], vec![]))
    }
}

const ENGINE: Engine = Engine::of::<Count>();
const INPUTS: [(&str, &[u8]); 2] = [("open", b"banana"), ("kept", b"papaya")];

/// A store that may hold other bytes than it says.
struct Shelf(Vec<(Digest, Vec<u8>)>);

impl Shelf {
    fn full() -> Self {
        let shelved = |(_, bytes): &(&str, &[u8])| (Digest::of(bytes), bytes.to_vec());
        Self(INPUTS.iter().map(shelved).collect())
    }
}

impl Artifacts for Shelf {
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn ReadSeek + '_>> {
        let found = self.0.iter().find(|(name, _)| name == digest);
        let (_, bytes) = found.ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(io::Cursor::new(bytes.as_slice())))
    }
}

/// A run with one public input and one that is only committed to.
fn reported() -> (EngineReport, Opening) {
    let inputs = INPUTS
        .iter()
        .fold(InputsInMemory::new(), |all, (name, bytes)| {
            all.with(*name, *bytes)
        });
    let request = serde_json::json!({ "letter": "a" });
    let outcome = (ENGINE.run)(&request, &inputs, &NoProgress).unwrap();
    let opening = Opening::new(Artifact::of(INPUTS[1].1), &mut Seeded(5)).unwrap();
    let list = vec![
        ReportedInput::public("open", Artifact::of(INPUTS[0].1)),
        ReportedInput::committed("kept", opening.commitment()),
    ];
    let report = EngineReport::new(&ENGINE, request, list, &outcome, None, start()).unwrap();
    (report, opening)
}

#[test]
fn the_same_inputs_give_the_same_bytes_again() {
    let (report, opening) = reported();
    // As it comes out of the log.
    let bytes = Statement::engine_report(report.clone()).to_bytes().unwrap();
    let statement = Statement::parse(&bytes).unwrap();
    assert!(statement.is_about(&report.result.digest));
    let replayed = replay(&report, &[opening], &Shelf::full(), &[ENGINE], &NoProgress).unwrap();
    assert!(replayed.same);
    assert_eq!(replayed.recomputed, report.result);
    assert_eq!(replayed.outcome.report["counts"][1][1], 3);
}

#[test]
fn a_result_that_does_not_come_out_again_is_told_apart() {
    let (mut report, opening) = reported();
    report.result = Artifact::of(b"a better result");
    let replayed = replay(&report, &[opening], &Shelf::full(), &[ENGINE], &NoProgress).unwrap();
    assert!(!replayed.same);
    assert_ne!(replayed.recomputed, replayed.recorded);
}

#[test]
fn a_replay_without_engine_version_inputs_or_openings_says_what_is_missing() {
    let (report, opening) = reported();
    let openings = [opening];
    let attempt =
        |report: &EngineReport, openings: &[Opening], shelf: &Shelf, engines: &[Engine]| {
            match replay(report, openings, shelf, engines, &NoProgress) {
                Err(EvidenceError::Replay(problem)) => problem,
                other => panic!("{other:?}"),
            }
        };
    let shelf = Shelf::full();
    assert!(attempt(&report, &openings, &shelf, &[]).contains("no engine `count`"));
    let mut older = report.clone();
    older.engine.version = "1".into();
    assert!(attempt(&older, &openings, &shelf, &[ENGINE]).contains("version 1"));
    assert!(attempt(&report, &[], &shelf, &[ENGINE]).contains("`kept`"));
    let empty = Shelf(vec![]);
    assert!(attempt(&report, &openings, &empty, &[ENGINE]).contains("`open`"));
    let mut swapped = Shelf::full();
    swapped.0[0].1 = b"cherry".to_vec();
    assert!(attempt(&report, &openings, &swapped, &[ENGINE]).contains("bytes at hand"));
}

#[test]
fn a_commitment_opens_to_its_own_artifact_and_salt_only() {
    let artifact = Artifact::of(b"0 or 1");
    let opening = Opening::new(artifact, &mut Seeded(1)).unwrap();
    let commitment = opening.commitment();
    assert!(opening.opens(&commitment));
    let again = Opening::new(artifact, &mut Seeded(2)).unwrap();
    assert!(
        !again.opens(&commitment),
        "another salt hides the same bytes"
    );
    for other in [
        Artifact::of(b"1 or 0"),
        Artifact {
            size: 7,
            ..artifact
        },
    ] {
        let forged = Opening {
            artifact: other,
            ..opening.clone()
        };
        assert!(!forged.opens(&commitment));
    }
    let file = serde_json::to_string(&opening).unwrap();
    let read: Opening = serde_json::from_str(&file).unwrap();
    assert!(read.opens(&commitment));
    assert_eq!(format!("{:?}", opening.salt), "Salt(kept)");
}
