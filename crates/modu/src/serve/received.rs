//! What comes from nodes: judged as a run of its own, logged and told.
//!
//! A node's data stay with it, so its run cannot be done again here. What can
//! be done again by anybody is the judgement of what it sent: `proof.received`
//! is an engine whose inputs are the node's signed bundles, its trusted root
//! and the released files, all of them public. So the server's log never says
//! that a run took place; it says by whose signature, at which place of which
//! log, and that what was released is what was signed.
//!
//! The node signs: the run (which binds the need, the solutions, the salted
//! commitment to the data's digest, the released files and the result) and a
//! decision on each solution. A bundle of another need, other solutions, other
//! data or another release is refused.

use anyhow::Context as _;
use jiff::Timestamp;
use modu_evidence::statement::{
    InputContent, Predicate, SimpleVerificationResult, Statement, Subject, TestOutcome,
    VerifierName,
};
use modu_evidence::trust::TrustedRoot;
use modu_evidence::verify::{Expectations, Verified, verify};
use modu_kernel::{
    Artifact, Digest, Engine, EngineError, Finding, Inputs, NoProgress, Output, Progress,
    TypedEngine, read_input,
};
use modu_node::message::{Delivery, RELEASED};
use modu_node::{Receiver, Refused};
use modu_programme::Office;
use modu_programme::job::{Demonstrate, Job, JobError, Lease, Node, Work};
use modu_proof::report::{DecisionAnswer, PublishedData, ReleasedReport};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::exit::{Wrong, is_wrong_input};
use crate::home::Home;
use crate::job::tell::tell;
use crate::job::{BATCH, Mark, Receipt, run_at};
use crate::proof::register;
use crate::run::{RunInput, perform};

/// The largest bundle and the largest released file that are read.
const MAX_FILE_BYTES: u64 = 32 << 20;
/// Decisions of one delivery.
const MAX_DECISIONS: usize = modu_programme::job::MAX_ENTRANTS;

/// `proof.received`
pub(crate) const RECEIVED: Engine = Engine::of::<Received>();

/// What was asked of the node.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReceivedRequest {
    /// The node, as the operator let it in.
    node: String,
    /// The need.
    need: Digest,
    /// The entry of this log that registered its criteria.
    criteria: String,
    /// The commitment that the node published for the data.
    dataset: Digest,
    /// The solutions, in their order.
    solutions: Vec<Digest>,
    /// How many signed decisions came.
    decisions: usize,
}

/// What the node's signatures say.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct ReceivedReport {
    /// Who signed, a URI.
    signer: String,
    /// Who says that it is them, a URI.
    issuer: String,
    /// The node's log.
    log: String,
    /// Where the run stands there.
    entry: String,
    /// Its leaf hash.
    leaf_hash: String,
    /// When the node's log took it, as the node says.
    time: String,
    /// The run's result, which only the node can compute.
    result: Digest,
    /// What stands for the data.
    dataset: Digest,
    /// What was decided on each solution.
    solutions: Vec<ReceivedDecision>,
}

/// What was decided on one solution.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct ReceivedDecision {
    /// Digest of its `solution.toml`.
    solution: Digest,
    /// What the gate said.
    answer: DecisionAnswer,
    /// Where the node's log says so; nothing where no new decision was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<String>,
}

struct Received;

impl TypedEngine for Received {
    type Request = ReceivedRequest;
    type Report = ReceivedReport;
    const NAME: &'static str = "proof.received";
    const VERSION: &'static str = "1";

    fn run(
        request: ReceivedRequest,
        inputs: &dyn Inputs,
        _: &dyn Progress,
    ) -> Result<(ReceivedReport, Vec<Finding>, Vec<Output>), EngineError> {
        let case = Case::read(&request, inputs)?;
        let (run, result) = case.run()?;
        let released = case.released(&run)?;
        let decisions = case.decisions(&run, result)?;
        let mut solutions = Vec::with_capacity(request.solutions.len());
        for document in &request.solutions {
            let mut sections = released.solutions.iter();
            let section = sections.find(|it| it.solution_digest == *document);
            let section = section.ok_or_else(|| {
                wrong("released.json", "solutions", "one is missing of the asked")
            })?;
            let decision = decisions.iter().find(|it| it.statement.is_about(document));
            if let Some(decision) = decision {
                agrees(decision, section.decision.answer)?;
            }
            solutions.push(ReceivedDecision {
                solution: *document,
                answer: section.decision.answer,
                entry: decision.map(|it| it.index.to_string()),
            });
        }
        let outputs = RELEASED.iter().zip(case.files).map(|(name, bytes)| Output {
            name: (*name).to_owned(),
            media_type: match name.ends_with(".html") {
                true => "text/html; charset=utf-8".to_owned(),
                false => "application/json".to_owned(),
            },
            bytes,
        });
        let report = ReceivedReport {
            signer: run.identity.clone(),
            issuer: run.issuer.clone(),
            log: run.checkpoint.origin.to_string(),
            entry: run.index.to_string(),
            leaf_hash: run.leaf_hash.to_string(),
            time: run.integrated_time.to_string(),
            result,
            dataset: request.dataset,
            solutions,
        };
        Ok((report, Vec::new(), outputs.collect()))
    }
}

fn wrong(file: &str, place: &str, problem: impl ToString) -> EngineError {
    EngineError::input(file, place, problem.to_string())
}

/// What was sent, read but not yet believed.
struct Case<'r> {
    request: &'r ReceivedRequest,
    root: TrustedRoot,
    run: Vec<u8>,
    decisions: Vec<Vec<u8>>,
    /// In the order of [`RELEASED`].
    files: Vec<Vec<u8>>,
}

impl<'r> Case<'r> {
    fn read(request: &'r ReceivedRequest, inputs: &dyn Inputs) -> Result<Self, EngineError> {
        let read = |name: &str| read_input(inputs, name, MAX_FILE_BYTES);
        if request.decisions > MAX_DECISIONS {
            let problem = format!("at most {MAX_DECISIONS} decisions are read");
            return Err(EngineError::Request(problem));
        }
        let root = TrustedRoot::parse(&read("trusted_root")?)
            .map_err(|error| wrong("trusted_root", "its content", error))?;
        let decisions = (0..request.decisions).map(|number| read(&format!("decision/{number}")));
        Ok(Self {
            request,
            root,
            run: read("run")?,
            decisions: decisions.collect::<Result<_, _>>()?,
            files: RELEASED.into_iter().map(read).collect::<Result<_, _>>()?,
        })
    }

    /// The signed run, where it is the one that was asked for.
    fn run(&self) -> Result<(Verified, Digest), EngineError> {
        let expected = Expectations::default();
        let released = Digest::of(&self.files[0]);
        let verified = verify(&self.run, &self.root, &released, &expected)
            .map_err(|error| wrong("run", "its signatures", error))?;
        let Predicate::EngineReport(report) = &verified.statement.predicate else {
            return Err(wrong("run", "its statement", "it reports no run"));
        };
        let score = &modu_proof::SCORE;
        if report.engine.name != score.name || report.engine.version != score.version {
            let problem = format!("expected {} {}", score.name, score.version);
            return Err(wrong("run", "its engine", problem));
        }
        let published = |name: &str| match report.input(name).map(|it| it.content) {
            Some(InputContent::Artifact(artifact)) => Some(artifact.digest),
            _ => None,
        };
        if published("need") != Some(self.request.need) {
            return Err(wrong("run", "its need", "it is another than was asked for"));
        }
        match report.input("dataset").map(|it| it.content) {
            Some(InputContent::Commitment(it)) if it.digest() == self.request.dataset => {}
            _ => {
                let problem = "they are others than the node said it has";
                return Err(wrong("run", "its data", problem));
            }
        }
        let mut ran: Vec<_> = (report.inputs.iter())
            .filter(|input| input.name.starts_with("solution/"))
            .map(|input| published(&input.name))
            .collect();
        let mut asked: Vec<_> = self.request.solutions.iter().copied().map(Some).collect();
        ran.sort_unstable();
        asked.sort_unstable();
        if ran != asked {
            let problem = "they are others than were asked for";
            return Err(wrong("run", "its solutions", problem));
        }
        for (name, bytes) in RELEASED.iter().zip(&self.files) {
            let mut outputs = report.outputs.iter();
            let signed = outputs.find(|output| output.name == *name);
            if signed.is_none_or(|it| it.artifact != Artifact::of(bytes)) {
                return Err(wrong(
                    name,
                    "its bytes",
                    "they are not those that were signed",
                ));
            }
        }
        let criteria = report.criteria.map(|it| it.log_index);
        if criteria.is_none_or(|place| place >= verified.index) {
            let problem = "they do not stand before the run in the node's log";
            return Err(wrong("run", "its criteria", problem));
        }
        let result = report.result.digest;
        Ok((verified, result))
    }

    fn released(&self, _signed: &Verified) -> Result<ReleasedReport, EngineError> {
        let released: ReleasedReport = serde_json::from_slice(&self.files[0])
            .map_err(|error| wrong("released.json", "its content", error))?;
        match released.data == PublishedData::Commitment(self.request.dataset) {
            true => Ok(released),
            false => Err(wrong("released.json", "data", "it names other data")),
        }
    }

    /// The signed decisions: by the signer of the run, right after it in the
    /// same log, and on what it found.
    fn decisions(&self, run: &Verified, result: Digest) -> Result<Vec<Verified>, EngineError> {
        let expected = Expectations {
            identity: Some(run.identity.clone()),
            issuer: Some(run.issuer.clone()),
            ..Expectations::default()
        };
        let mut verified = Vec::with_capacity(self.decisions.len());
        for (number, bundle) in self.decisions.iter().enumerate() {
            let name = format!("decision/{number}");
            // Which solution it is about is asked afterwards.
            let about = self
                .request
                .solutions
                .iter()
                .find_map(|document| verify(bundle, &self.root, document, &expected).ok());
            let decision = about.ok_or_else(|| {
                wrong(
                    &name,
                    "its signatures",
                    "it is no decision of the run's signer on what was asked",
                )
            })?;
            let Predicate::TestResult(test) = &decision.statement.predicate else {
                return Err(wrong(&name, "its statement", "it is no decision"));
            };
            let names = |digest: Digest| test.configuration.iter().any(|it| it.digest == digest);
            let near = run.index..run.index.saturating_add(BATCH);
            if !names(result)
                || !names(self.request.need)
                || !near.contains(&decision.index)
                || decision.checkpoint.origin != run.checkpoint.origin
            {
                return Err(wrong(&name, "what it rests on", "it is not this run"));
            }
            verified.push(decision);
        }
        Ok(verified)
    }
}

fn agrees(decision: &Verified, answer: DecisionAnswer) -> Result<(), EngineError> {
    let Predicate::TestResult(test) = &decision.statement.predicate else {
        return Err(wrong("a decision", "its statement", "it is no decision"));
    };
    let passed = test.result == TestOutcome::Passed;
    match passed == (answer == DecisionAnswer::Adopt) {
        true => Ok(()),
        false => Err(wrong(
            "a decision",
            "its result",
            "the released report says another thing",
        )),
    }
}

/// Takes what nodes send, for the server.
pub(super) struct Reception {
    pub(super) office: Office,
    pub(super) home: Home,
}

impl Receiver for Reception {
    fn may_begin(&self, asked: &Demonstrate) -> Result<(), Refused> {
        self.criteria(asked).map(|_| ()).map_err(refused)
    }

    fn receive(&self, node: &Node, job: &Job, delivery: &Delivery) -> Result<(), Refused> {
        self.take(node, job, delivery).map_err(refused)
    }
}

fn refused(error: anyhow::Error) -> Refused {
    match error.downcast_ref::<JobError>() {
        Some(JobError::LeaseLost) => return Refused::LeaseLost,
        Some(JobError::CalledOff) => return Refused::CalledOff,
        _ => {}
    }
    if let Some(modu_programme::HistoryError::LeaseLost) = error.downcast_ref() {
        return Refused::LeaseLost;
    }
    match is_wrong_input(&error) {
        true => Refused::Wrong(format!("{error:#}")),
        false => Refused::Failed(format!("{error:#}")),
    }
}

impl Reception {
    fn criteria(&self, asked: &Demonstrate) -> anyhow::Result<u64> {
        let size = self.home.store.size(asked.need)?;
        let need = Artifact {
            digest: asked.need,
            size,
        };
        Ok(register::find(&self.home.archive()?, need)?.log_index)
    }

    fn take(&self, node: &Node, job: &Job, delivery: &Delivery) -> anyhow::Result<()> {
        let Work::Demonstrate(asked) = &job.work;
        let lease = delivery.lease;
        let queue = self.office.jobs().queue();
        let marked = queue.marked(lease)?;
        let marked = marked.ok_or_else(|| Wrong("the run was not marked before".to_owned()))?;
        let mark: Mark = serde_json::from_str(&marked).context("the node's mark")?;
        let (request, inputs) = self.case(node, asked, delivery)?;
        let done = perform(&self.home, &RECEIVED, request, &inputs, None, &NoProgress)?;
        let result = done.result.digest;
        let mut recorder = self.home.recorder()?;
        let earlier = match mark.receipt {
            Some(receipt) if receipt.result == result => {
                run_at(&recorder, RECEIVED.name, (receipt.first, result))?.map(|_| receipt)
            }
            _ => None,
        };
        let receipt = match earlier {
            Some(receipt) => receipt,
            None => {
                let now = self.office.now();
                let identity = recorder.identity().uri.clone();
                let mut statements = vec![Statement::engine_report(done.report)];
                for bundle in &delivery.decisions {
                    statements.extend(countersigned(bundle.as_bytes(), result, &identity, now)?);
                }
                let receipt = Receipt {
                    first: recorder.size(),
                    result,
                };
                self.mark(lease, mark, receipt)?;
                recorder.record_batch(&statements, now)?;
                receipt
            }
        };
        drop(recorder);
        let doors = (&self.office, &self.home);
        let run = (receipt.first, receipt.result);
        tell(doors, (job, asked, lease), RECEIVED.name, run)
    }

    fn mark(&self, lease: Lease, mark: Mark, receipt: Receipt) -> anyhow::Result<()> {
        let mark = Mark {
            receipt: Some(receipt),
            ..mark
        };
        let mark = serde_json::to_string(&mark)?;
        let now = self.office.now();
        Ok(self.office.jobs().queue().mark(lease, &mark, now)?)
    }

    /// What is judged, put into the store.
    fn case(
        &self,
        node: &Node,
        asked: &Demonstrate,
        delivery: &Delivery,
    ) -> anyhow::Result<(serde_json::Value, Vec<RunInput>)> {
        let store = &self.home.store;
        let put = |name: String, text: &str| -> anyhow::Result<RunInput> {
            Ok(RunInput::public(name, store.put_bytes(text.as_bytes())?))
        };
        let known = |digest: Digest| -> anyhow::Result<Artifact> {
            let size = store.size(digest)?;
            Ok(Artifact { digest, size })
        };
        let root = node.root.context("the node has not said how it signs")?;
        let materials = self.office.jobs().materials();
        let dataset = materials.dataset(asked.dataset.id)?;
        let dataset = dataset.and_then(|dataset| dataset.commitment);
        let mut inputs = vec![
            RunInput::public("need", known(asked.need)?),
            RunInput::public("trusted_root", known(root)?),
            put("run".to_owned(), &delivery.run)?,
        ];
        for (number, bundle) in delivery.decisions.iter().enumerate() {
            inputs.push(put(format!("decision/{number}"), bundle)?);
        }
        for name in RELEASED {
            let mut released = delivery.released.iter();
            let file = released.find(|file| file.name == name);
            let file = file.ok_or_else(|| Wrong(format!("{name} is missing")))?;
            inputs.push(put(name.to_owned(), &file.text)?);
        }
        let request = ReceivedRequest {
            node: format!("{}, {}", node.id.0, node.name.as_str()),
            need: asked.need,
            criteria: self.criteria(asked)?.to_string(),
            dataset: dataset.context("the node has not said which data it has")?,
            solutions: asked.entrants.iter().map(|it| it.document).collect(),
            decisions: delivery.decisions.len(),
        };
        Ok((serde_json::to_value(request)?, inputs))
    }
}

/// The decision of a node, verified before, as the server's own statement: on
/// the same, with what was received as what it rests on.
fn countersigned(
    bundle: &[u8],
    received: Digest,
    identity: &str,
    now: Timestamp,
) -> anyhow::Result<Vec<Statement>> {
    let bundle = modu_evidence::bundle::Bundle::parse(bundle)?;
    let signed = Statement::parse(bundle.envelope.payload())?;
    let Predicate::TestResult(mut test) = signed.predicate else {
        return Err(Wrong("a decision is none".to_owned()).into());
    };
    test.configuration.push(Subject::new("received", received));
    let basis = test.configuration.clone();
    let passed = test.result == TestOutcome::Passed;
    let subject = signed.subject;
    let mut statements = vec![Statement {
        subject: subject.clone(),
        predicate: Predicate::TestResult(test),
    }];
    if passed {
        statements.push(Statement {
            subject: [subject, basis].concat(),
            predicate: Predicate::SimpleVerificationResult(SimpleVerificationResult {
                verifier: VerifierName {
                    id: identity.to_owned(),
                },
                time_created: now,
                properties: vec!["MODU_GATE_PASSED".to_owned()],
            }),
        });
    }
    Ok(statements)
}
