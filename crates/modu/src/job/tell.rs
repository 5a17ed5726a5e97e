//! Telling the history what the log says, and with it that a job is done.

use anyhow::Context as _;
use modu_kernel::Digest;
use modu_programme::job::{Demonstrate, Job, Lease, Settlement};
use modu_programme::project::Verdict;
use modu_programme::store::Beside;
use modu_programme::{Actor, Event, HistoryError, Office, Refusal};
use modu_proof::report::{DecisionAnswer, ReleasedReport, Source};
use serde_json::json;

use super::{decision_after, run_at};
use crate::home::Home;

/// The largest released report that is read.
const MAX_RELEASED_BYTES: u64 = 64 << 20;

/// Tells what came of a job: the run of this engine with this result, which
/// stands in the log in the batch that begins there.
pub(crate) fn tell(
    (office, home): (&Office, &Home),
    (job, asked, lease): (&Job, &Demonstrate, Lease),
    engine: &str,
    (first, result): (u64, Digest),
) -> anyhow::Result<()> {
    let archive = home.archive()?;
    let run = run_at(&archive, engine, (first, result))?;
    let (place, report) = run.context("the run is not in the log")?;
    let released = report.outputs.iter().find(|it| it.name == "released.json");
    let released = released.context("the run released nothing")?;
    let released = (home.store).read(released.artifact.digest, MAX_RELEASED_BYTES)?;
    let released: ReleasedReport = serde_json::from_slice(&released)
        .context("the released report is not what its type says")?;
    let mut events = Vec::new();
    let mut told = Vec::new();
    for entrant in &asked.entrants {
        let mut sections = released.solutions.iter();
        let section = sections.find(|it| it.solution_digest == entrant.document);
        let section = section.context("a solution is missing in the released report")?;
        let verdict = verdict_of(section.decision.answer);
        let evidence = decision_after(&archive, place, &entrant.document, result)?;
        let is_new = section.source == Source::ThisSubmission;
        told.push(json!({
            "proposal": entrant.proposal,
            "verdict": verdict,
            "evidence": evidence.unwrap_or(place).to_string(),
            "is_new": is_new,
        }));
        // What was submitted before is told as it was told before.
        if let Some(evidence) = evidence.filter(|_| is_new) {
            events.push(Event::Demonstrated {
                project: job.project,
                proposal: entrant.proposal,
                verdict,
                report: result,
                evidence,
            });
        }
    }
    let answer = json!({
        "result": result,
        "run": place.to_string(),
        "solutions": told,
    });
    settle(office, job, events, lease, answer.to_string())
}

fn settle(
    office: &Office,
    job: &Job,
    events: Vec<Event>,
    lease: Lease,
    answer: String,
) -> anyhow::Result<()> {
    let settlement = Settlement {
        lease,
        answer,
        at: office.now(),
    };
    if events.is_empty() {
        return Ok(office.jobs().queue().settle(&settlement)?);
    }
    let act = |by| {
        let (events, now) = (events.clone(), office.now());
        office
            .kept()
            .act_all(by, events, now, Some(Beside::Done(&settlement)))
    };
    match act(Actor::Person(job.person)) {
        // They were allowed to ask when they asked; what was proven since
        // does not get lost with their account.
        Err(HistoryError::Refused(Refusal::NotAllowed { .. })) => act(Actor::System)?,
        told => told?,
    };
    Ok(())
}

/// What the gate said, as the history tells it.
pub(crate) fn verdict_of(answer: DecisionAnswer) -> Verdict {
    match answer {
        DecisionAnswer::Adopt => Verdict::Adopt,
        DecisionAnswer::Refuse => Verdict::Refuse,
        DecisionAnswer::NotSeparable => Verdict::NotSeparable,
        DecisionAnswer::NotEnoughData => Verdict::NotEnoughData,
    }
}
