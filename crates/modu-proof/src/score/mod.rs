//! The second engine of a demonstration, `proof.score`: all solutions against
//! the truth, the criteria and each other.
//!
//! It reads the need, the data set, and for every solution its `solution.toml`
//! and its predictions; measures every metric overall and per protected group
//! with bootstrap intervals; lets the [`crate::gate`] judge; and writes the
//! owner's report and the released one. The files follow that order:
//! `contenders` (who is measured), `bench` (what is measured, on which rows),
//! `measures` (one contender's section, with `fit` and `places` for its
//! pictures of numbers and orders), `judgement` (the criteria), `separation`
//! (how many rows would tell), `reasons` (why a verdict is what it is),
//! `comparisons` (pairs), `standings` (who cannot be told apart), `scan`
//! (where one fares worse), `words` (the other sentences), `release` (what may
//! leave of one run), `guard` (what may leave after many); and
//! `again` (the same criteria at two times, for [`crate::watch`]).

use modu_kernel::{
    Digest, Engine, EngineError, Finding, Inputs, Language, Output, Progress, TypedEngine,
    canonical, read_input,
};
use modu_statistics::StatisticsError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) mod again;
mod bench;
mod comparisons;
mod contenders;
mod favoured;
mod fit;
mod guard;
mod judgement;
mod measures;
mod places;
mod reasons;
mod release;
mod scan;
mod separation;
mod standings;
mod words;

use bench::Bench;
pub(crate) use bench::needs_classes;
use contenders::Contenders;
use guard::Guard;

use crate::dataset::{self, DatasetProfile};
use crate::html::{owner_html, released_html};
use crate::need::{Need, Task};
use crate::predict::{Walls, digest_of, parse, read_dataset};
use crate::report::{
    ClassName, CriterionSummary, InputName, NeedSummary, OWNER_SCHEMA, OwnerReport, PublishedData,
    Registration, ReleaseSection, ReleasedReport, StatisticsSummary, Verification,
};

/// The most solutions of one run.
pub const MAX_SOLUTIONS: usize = 32;

/// The engine as plain data.
pub const SCORE: Engine = Engine::of::<Score>();

/// The engine's type.
pub struct Score;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoreRequest {
    /// Digest of the need that was registered; must be that of the input.
    pub need: Digest,
    /// The solutions' ids, in the order of the report. For each there is an
    /// input `solution/<id>`, and `predictions/<id>` where it gave any.
    pub solutions: Vec<String>,
    /// Where the criteria stand in the evidence log. Only recorded: that they
    /// stand there *before* this run is checked by the evidence.
    #[serde(default)]
    pub registration: Option<Registration>,
    /// How the data set is named where everybody can read it. There is no
    /// default: that data is public is for its owner to say.
    pub publish: PublishData,
    /// When the run was asked for (RFC 3339 UTC).
    #[serde(default)]
    pub time: Option<String>,
    /// Which walls stood around the models, if the program that ran them says.
    /// Only recorded, for the owner's report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walls: Option<Walls>,
}

/// How the owner lets the data set be named in public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PublishData {
    /// By a salted commitment, which whoever keeps the evidence made and can
    /// one day open.
    Commitment(Digest),
    /// By its digest: the data is public anyway.
    Digest,
}

impl TypedEngine for Score {
    type Request = ScoreRequest;
    type Report = OwnerReport;
    const NAME: &'static str = "proof.score";
    const VERSION: &'static str = "3";

    fn run(
        request: ScoreRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(OwnerReport, Vec<Finding>, Vec<Output>), EngineError> {
        check_request(&request)?;
        let need = parse(inputs, "need", Need::parse)?;
        if digest_of(inputs, "need")? != request.need {
            return Err(EngineError::Request(
                "the input `need` is not the need that was registered (its digest differs)"
                    .to_owned(),
            ));
        }
        progress.report("read", 0, 2);
        let dataset = read_dataset(inputs, &need)?;
        progress.report("read", 1, 2);
        let contenders = Contenders::read(&request, &need, &dataset, inputs)?;
        let guard = Guard::read(&request, &need, &contenders, inputs)?;
        progress.report("read", 2, 2);
        let bench = Bench::measure(&need, &dataset, &contenders, progress)?;
        let profile = DatasetProfile::of(&dataset, &need);
        let mut findings = dataset::findings(&profile, &need);
        findings.extend(words::findings(&bench));
        let mut report = assemble(&request, inputs, &bench, profile, guard.section(), progress)?;
        let whole = release::release(&report);
        let guarded = guard.release(&need, &dataset, &contenders, whole, inputs, progress)?;
        report.release = guarded.section;
        let outputs = outputs(&report, &guarded.released, guarded.ledger)?;
        Ok((report, findings, outputs))
    }
}

fn check_request(request: &ScoreRequest) -> Result<(), EngineError> {
    let wrong = |problem: &str| Err(EngineError::Request(problem.to_owned()));
    if request.solutions.is_empty() || request.solutions.len() > MAX_SOLUTIONS {
        return wrong("give between 1 and 32 solutions");
    }
    let mut seen = std::collections::HashSet::new();
    if !request.solutions.iter().all(|id| seen.insert(id)) {
        return wrong("a solution is named twice");
    }
    let printable = |text: &String| text.len() <= 64 && text.bytes().all(|b| b.is_ascii_graphic());
    if !request.time.iter().all(printable)
        || !request
            .registration
            .iter()
            .all(|entry| printable(&entry.log_index))
    {
        return wrong("the time or the log index is not a short ASCII text");
    }
    Ok(())
}

fn assemble(
    request: &ScoreRequest,
    inputs: &dyn Inputs,
    bench: &Bench<'_>,
    profile: DatasetProfile,
    release: ReleaseSection,
    progress: &dyn Progress,
) -> Result<OwnerReport, EngineError> {
    let judgement = judgement::Judgement::of(bench);
    let data_digest = digest_of(inputs, "dataset")?;
    let data = measures::data_section(
        bench,
        profile,
        data_digest,
        match request.publish {
            PublishData::Commitment(commitment) => PublishedData::Commitment(commitment),
            PublishData::Digest => PublishedData::Digest(data_digest),
        },
        inputs
            .list()
            .iter()
            .find(|input| input.name == "dataset")
            .map_or(0, |input| input.artifact.size),
    );
    let solutions = bench
        .contenders
        .solutions
        .iter()
        .enumerate()
        .map(|(index, entry)| measures::solution_section(bench, index, entry, &judgement))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(OwnerReport {
        schema: OWNER_SCHEMA.to_owned(),
        need: need_summary(bench, request.need, &judgement),
        time: request.time.clone(),
        walls: request.walls.clone(),
        registration: request.registration.clone(),
        data,
        incumbent: measures::incumbent_section(bench)?,
        not_measured: words::not_measured(bench, &solutions),
        solutions,
        comparisons: comparisons::of(bench)?,
        standings: standings::of(bench)?,
        scan: scan::of(bench, progress)?,
        release,
        verification: Verification {
            engine: Score::NAME.to_owned(),
            version: Score::VERSION.to_owned(),
            inputs: inputs
                .list()
                .iter()
                .map(|input| InputName {
                    name: input.name.clone(),
                    digest: input.artifact.digest,
                })
                .collect(),
            steps: words::owner_steps(),
        },
    })
}

fn need_summary(
    bench: &Bench<'_>,
    digest: Digest,
    judgement: &judgement::Judgement,
) -> NeedSummary {
    let need = bench.need;
    let finite = modu_statistics::Finite::new;
    NeedSummary {
        id: need.id.clone(),
        digest,
        question: need.question.clone(),
        unit: need.unit.clone(),
        task: need.task,
        classes: need
            .label
            .classes
            .iter()
            .map(|class| ClassName {
                code: class.code,
                name: class.name.clone(),
            })
            .collect(),
        positive: bench.positive_class().map(|class| class.code),
        threshold: need.decision.and_then(|rule| finite(rule.threshold)),
        review_budget: need
            .decision
            .and_then(|rule| rule.review_budget)
            .and_then(finite),
        cluster: need
            .cluster
            .and_then(|column| need.columns.get(column))
            .map(|column| column.name.clone()),
        quantile: (need.task == Task::Regression)
            .then(|| finite(need.statistics.quantile.get()))
            .flatten(),
        cutoff: (need.task == Task::Ranking).then(|| need.statistics.cutoff.get()),
        statistics: StatisticsSummary {
            replicates: need.statistics.replicates,
            seed: need.statistics.seed.to_string(),
            confidence: finite(bench.confidence.get()).unwrap_or(modu_statistics::Finite::ZERO),
            minimum_group: need.statistics.minimum_group,
            minimum_positives: need.statistics.minimum_positives,
            strictest_confidence: finite(judgement.strictest.get())
                .unwrap_or(modu_statistics::Finite::ZERO),
            method: words::method(need, judgement.competitors),
        },
        criteria: need
            .criteria
            .iter()
            .map(|criterion| CriterionSummary {
                id: criterion.id.clone(),
                metric: criterion.metric,
                metric_name: need.metric_name_of(criterion),
                over: need.over_text(criterion.over),
                over_name: need.over_name(criterion.over),
                class: criterion
                    .class
                    .and_then(|class| need.label.classes.get(class))
                    .map(|class| class.code),
                direction: criterion.direction,
                threshold: criterion.threshold.and_then(finite),
                margin: criterion.margin.and_then(finite),
                why: criterion.why.clone(),
                sentence: need.sentence(criterion),
            })
            .collect(),
    }
}

fn outputs(
    report: &OwnerReport,
    released: &ReleasedReport,
    ledger: Output,
) -> Result<Vec<Output>, EngineError> {
    let html = |name: &str, text: String| Output {
        name: name.to_owned(),
        media_type: "text/html".to_owned(),
        bytes: text.into_bytes(),
    };
    Ok(vec![
        Output {
            name: "released.json".to_owned(),
            media_type: "application/json".to_owned(),
            bytes: canonical::to_vec(released)?,
        },
        html("owner.ko.html", owner_html(report, Language::Ko)),
        html("owner.en.html", owner_html(report, Language::En)),
        html("released.ko.html", released_html(released, Language::Ko)),
        html("released.en.html", released_html(released, Language::En)),
        ledger,
    ])
}

/// A fault of the engine, or a cancelled run.
fn of_statistics(error: StatisticsError) -> EngineError {
    match error {
        StatisticsError::Cancelled => EngineError::Cancelled,
        other => EngineError::Internal(other.to_string()),
    }
}

/// Reads an input that may be absent.
fn read_optional(
    inputs: &dyn Inputs,
    name: &str,
    limit: u64,
) -> Result<Option<Vec<u8>>, EngineError> {
    if inputs.list().iter().any(|input| input.name == name) {
        read_input(inputs, name, limit).map(Some)
    } else {
        Ok(None)
    }
}
