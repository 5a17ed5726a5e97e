//! `modu jobs ...`

use std::thread;
use std::time::Duration;

use modu_client::Client;
use modu_client::wire::value::Number;
use modu_client::wire::{HappenedName, JobStateName, JobView, LineView, NewDemonstration};
use modu_kernel::Language;

use super::command_line::{Ask, Jobs};
use super::programme::{listed, time, verdict};
use crate::command_line::Shared;
use crate::terminal::{Answer, Terminal};

/// How often it is looked how far a job is.
const LOOK: Duration = Duration::from_secs(1);

/// Asks the server, and shows what it says. Of a job that is waited for the
/// answer is no where it was not done.
pub(crate) fn run(terminal: Terminal, shared: &Shared, command: &Jobs) -> anyhow::Result<Answer> {
    let client = super::needed(shared)?;
    match command {
        Jobs::Ask(of) => ask(terminal, &client, of),
        Jobs::List(of) => {
            let found: Vec<_> = (client.jobs(of.project, of.after)).collect::<Result<_, _>>()?;
            let head = [
                terminal.say("번호", "number"),
                terminal.say("사업", "project"),
                terminal.say("제안", "proposals"),
                terminal.say("상태", "state"),
                terminal.say("청한 때 (UTC)", "asked for (UTC)"),
            ];
            let rows = found.iter().map(|it| {
                let proposals: Vec<_> = it.proposals.iter().map(ToString::to_string).collect();
                vec![
                    it.job.to_string(),
                    it.project.to_string(),
                    proposals.join(" "),
                    state(terminal, it.state).to_owned(),
                    time(it.asked),
                ]
            });
            listed(terminal, &head, rows, &found)?;
            Ok(Answer::Yes)
        }
        Jobs::Show(of) if of.wait => waited(terminal, &client, of.number),
        Jobs::Show(of) => {
            show(terminal, &client.job(of.number)?)?;
            Ok(Answer::Yes)
        }
        Jobs::Log(of) => {
            let found: Vec<_> = client.job_log(of.number, None).collect::<Result<_, _>>()?;
            let head = [
                terminal.say("때 (UTC)", "time (UTC)"),
                terminal.say("무엇", "what"),
                "",
            ];
            let rows = found.iter().map(|line| {
                let text = line.text.as_deref().unwrap_or_default();
                let what = happened(terminal, line.what).to_owned();
                vec![time(line.at), what, either(terminal, text).to_owned()]
            });
            listed(terminal, &head, rows, &found)?;
            Ok(Answer::Yes)
        }
        Jobs::Cancel(of) => {
            let job = client.cancel_job(of.number)?;
            show(terminal, &job)?;
            // What is too late goes on.
            let stops = job.called_off || job.state == JobStateName::Cancelled;
            Ok(if stops { Answer::Yes } else { Answer::No })
        }
    }
}

fn ask(terminal: Terminal, client: &Client, asked: &Ask) -> anyhow::Result<Answer> {
    let job = client.demonstrate(&NewDemonstration {
        project: asked.project,
        proposals: asked.proposals.clone(),
        dataset: asked.data,
        urgency: asked.urgency.into(),
    })?;
    if asked.wait {
        return waited(terminal, client, job.job);
    }
    terminal.document(&job)?;
    let said = terminal.say(
        "실증을 청했습니다: 작업",
        "The demonstration is asked for, as job",
    );
    terminal.line(format!("{said} {}", job.job))?;
    Ok(Answer::Yes)
}

/// Tells each line of the log as it comes, until nothing more happens.
fn waited(terminal: Terminal, client: &Client, number: Number) -> anyhow::Result<Answer> {
    let mut last = None;
    loop {
        // Before the log, so that the last line is not missed.
        let job = client.job(number)?;
        for line in client.job_log(number, last) {
            let line = line?;
            last = Some(line.line);
            terminal.line(told(terminal, &line))?;
        }
        if job.state.is_over() {
            show(terminal, &job)?;
            return Ok(match job.state {
                JobStateName::Done => Answer::Yes,
                _ => Answer::No,
            });
        }
        thread::sleep(LOOK);
    }
}

fn told(terminal: Terminal, line: &LineView) -> String {
    let what = happened(terminal, line.what);
    match &line.text {
        Some(text) => format!("  {}  {what}: {}", time(line.at), either(terminal, text)),
        None => format!("  {}  {what}", time(line.at)),
    }
}

fn show(terminal: Terminal, job: &JobView) -> anyhow::Result<()> {
    terminal.document(job)?;
    terminal.line(format!(
        "{} {}: {} ({} {})",
        terminal.say("작업", "Job"),
        job.job,
        state(terminal, job.state),
        terminal.say("사업", "project"),
        job.project
    ))?;
    if let Some(reached) = &job.reached {
        let stage = either(terminal, &reached.stage);
        terminal.line(format!("  {stage}: {} / {}", reached.done, reached.total))?;
    }
    if let Some(problem) = &job.problem {
        terminal.line(format!("  {}", either(terminal, problem)))?;
    }
    for solution in job.answer.iter().flat_map(|answer| &answer.solutions) {
        terminal.line(format!(
            "  → {} {}: {} ({} {})",
            terminal.say("제안", "proposal"),
            solution.proposal,
            verdict(terminal, solution.verdict),
            terminal.say("증거", "evidence"),
            solution.evidence
        ))?;
    }
    Ok(())
}

/// What a worker says in Korean and English with a line between.
fn either(terminal: Terminal, text: &str) -> &str {
    match (text.split_once(" | "), terminal.language) {
        (Some((ko, _)), Language::Ko) => ko,
        (Some((_, en)), Language::En) => en,
        (None, _) => text,
    }
}

fn state(terminal: Terminal, state: JobStateName) -> &'static str {
    match state {
        JobStateName::Waiting => terminal.say("기다림", "waiting"),
        JobStateName::Running => terminal.say("하는 중", "running"),
        JobStateName::Done => terminal.say("마침", "done"),
        JobStateName::Failed => terminal.say("하지 못함", "failed"),
        JobStateName::Cancelled => terminal.say("그만둠", "called off"),
    }
}

fn happened(terminal: Terminal, what: HappenedName) -> &'static str {
    match what {
        HappenedName::Asked => terminal.say("청함", "asked for"),
        HappenedName::Taken => terminal.say("시작", "begun"),
        HappenedName::Stage => terminal.say("단계", "stage"),
        HappenedName::Lost => terminal.say("작업자의 소식이 끊김", "the worker was lost"),
        HappenedName::Again => terminal.say("다시 하기로 함", "to be tried again"),
        HappenedName::Failed => terminal.say("하지 못함", "failed"),
        HappenedName::GivenBack => terminal.say("다른 작업자에게 넘김", "given back"),
        HappenedName::CalledOff => terminal.say("그만두라고 함", "called off"),
        HappenedName::Cancelled => terminal.say("그만둠", "ended without effect"),
        HappenedName::Done => terminal.say("마침", "done"),
    }
}
