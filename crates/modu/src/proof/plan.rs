//! `modu proof plan`: what a number of rows can prove, before any run.

use std::fs::File;
use std::path::Path;

use anyhow::Context as _;
use modu_kernel::{Digest, grouped};
use modu_proof::Share;
use modu_proof::dataset::{Dataset, Limits};
use modu_proof::need::Need;
use modu_proof::plan::{
    Asked, Circumstances, Comparison, Composition, Method, Outlook, Pilot, Plan, plan,
};
use modu_proof::report::OwnerReport;

use super::{MAX_TOML_BYTES, in_file};
use crate::command_line::ProofPlan;
use crate::exit::Wrong;
use crate::home::read_limited;
use crate::terminal::{self, Answer, Terminal};

/// The largest owner's report that is read.
const MAX_REPORT_BYTES: u64 = 256 << 20;

/// What is known of the rows beforehand.
struct Known {
    rows: Option<u64>,
    composition: Composition,
    pilot: Option<Pilot>,
}

/// Plans, prints, and says whether the rows suffice.
pub(super) fn run(terminal: Terminal, command: &ProofPlan) -> anyhow::Result<Answer> {
    let bytes = read_limited(&command.need, MAX_TOML_BYTES)?;
    let need = Need::parse(&bytes).map_err(|error| in_file(&command.need, &error))?;
    let known = known(command, &need)?;
    let rows = command.rows.or(known.rows).ok_or_else(|| {
        Wrong("how many rows? give --rows, or --data or --pilot to count them".to_owned())
    })?;
    let power = Share::new(command.power).ok_or_else(|| {
        Wrong(format!(
            "--power {} does not lie between 0 and 1",
            command.power
        ))
    })?;
    let mut composition = known.composition;
    for (name, share) in &command.members {
        let known = name
            .split_once('/')
            .is_some_and(|(group, member)| composition.set_member(&need, group, member, *share));
        if !known {
            let text = format!("--member {name}: the need has no such group and member");
            return Err(Wrong(text).into());
        }
    }
    let circumstances = Circumstances {
        contenders: command
            .contenders
            .or(need.statistics.contenders)
            .unwrap_or(1),
        selected: command.selected,
        discordant: command.discordant,
        truths: command.truths.clone(),
        improvements: command.improvements.clone(),
        pilot: known.pilot,
        ..Circumstances::new(rows, composition, power)
    };
    let plan = plan(&need, Digest::of(&bytes), &circumstances)
        .map_err(|error| Wrong(error.to_string()))?;
    terminal.document(&plan)?;
    print(terminal, &plan)?;
    Ok(match plan.suffices {
        true => Answer::Yes,
        false => Answer::No,
    })
}

fn known(command: &ProofPlan, need: &Need) -> anyhow::Result<Known> {
    let pilot = match &command.pilot {
        Some(path) => Some(read_pilot(path, command.pilot_solution.as_deref())?),
        None => None,
    };
    let (rows, composition) = match (&command.data, &pilot) {
        (Some(path), _) => {
            let mut file =
                File::open(path).with_context(|| format!("could not open {}", path.display()))?;
            let dataset = Dataset::read(&mut file, need, &Limits::default())
                .map_err(|error| in_file(path, &error))?;
            let counted =
                Composition::counted(need, &dataset).map_err(|error| in_file(path, &error))?;
            (Some(dataset.rows() as u64), counted)
        }
        (None, Some(pilot)) => (
            Some(pilot.rows()),
            Composition::of_report(need, pilot.report()),
        ),
        (None, None) => (None, Composition::assumed(need, command.prevalence)),
    };
    if command.prevalence.is_some() && rows.is_some() {
        let text = "--prevalence is counted where --data or --pilot is given; give one of them";
        return Err(Wrong(text.to_owned()).into());
    }
    Ok(Known {
        rows,
        composition,
        pilot,
    })
}

fn read_pilot(path: &Path, solution: Option<&str>) -> anyhow::Result<Pilot> {
    let bytes = read_limited(path, MAX_REPORT_BYTES)?;
    let report: OwnerReport = serde_json::from_slice(&bytes).map_err(|error| {
        Wrong(format!(
            "{} is no owner's report ({error}); bring the owner.json of a run",
            path.display()
        ))
    })?;
    Ok(Pilot::new(report, solution).map_err(|error| in_file(path, &error))?)
}

fn print(terminal: Terminal, plan: &Plan) -> anyhow::Result<()> {
    terminal.line(terminal::table(&rows(terminal, plan)))?;
    for criterion in &plan.criteria {
        for comparison in &criterion.comparisons {
            let name = comparison.name.get(terminal.language);
            let sentence = comparison.sentence.get(terminal.language);
            terminal.line(format!("  {} ({name}): {sentence}", criterion.id))?;
        }
    }
    let power = format!("{:.0}%", plan.power.get() * 100.0);
    if let Some(adoption) = plan.adoption {
        let percent = |share: f64| format!("{:.1}%", share * 100.0);
        let (low, middle) = (
            percent(adoption.at_least.get()),
            percent(adoption.independent.get()),
        );
        let high = percent(adoption.at_most.get());
        terminal.line(match terminal.language {
            modu_kernel::Language::Ko => format!(
                "\n  모든 기준을 충족할 확률: 적어도 {low}, 서로 무관하면 {middle}, 많아도 {high}. {power}에 필요한 행: {}",
                count(adoption.rows_needed)
            ),
            modu_kernel::Language::En => format!(
                "\n  The chance to meet all: at least {low}, {middle} if independent, at most {high}. Rows for {power}: {}",
                count(adoption.rows_needed)
            ),
        })?;
    }
    for assumption in &plan.assumptions {
        terminal.line(format!("  · {}", assumption.get(terminal.language)))?;
    }
    let answer = match plan.suffices {
        true => Answer::Yes,
        false => Answer::No,
    };
    let rows = grouped(plan.rows);
    let text = match (terminal.language, plan.suffices) {
        (modu_kernel::Language::Ko, true) => format!("{rows}행이면 됩니다 ({power})."),
        (modu_kernel::Language::Ko, false) => format!("{rows}행으로는 모자랍니다 ({power})."),
        (modu_kernel::Language::En, true) => format!("{rows} rows suffice ({power})."),
        (modu_kernel::Language::En, false) => format!("{rows} rows do not suffice ({power})."),
    };
    terminal.line(format!("\n{} {text}", terminal.sign(answer)))?;
    Ok(())
}

/// One row a comparison.
fn rows(terminal: Terminal, plan: &Plan) -> Vec<Vec<String>> {
    let head = match terminal.language {
        modu_kernel::Language::Ko => [
            "기준",
            "행",
            "한계",
            "단독 필요값",
            "전체 필요값",
            "참값",
            "확률",
            "필요한 행",
            "방법",
        ],
        modu_kernel::Language::En => [
            "criterion",
            "rows",
            "bound",
            "needed alone",
            "needed with all",
            "truth",
            "chance",
            "rows needed",
            "method",
        ],
    };
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for criterion in &plan.criteria {
        for comparison in &criterion.comparisons {
            rows.push(row(terminal, &criterion.id, comparison));
        }
    }
    rows
}

fn row(terminal: Terminal, id: &str, comparison: &Comparison) -> Vec<String> {
    let place = match &comparison.member {
        Some(member) => format!("{id}/{member}"),
        None => id.to_owned(),
    };
    let place = match comparison.asked {
        Asked::Threshold => place,
        Asked::Margin => format!("{place} +"),
    };
    let bound = format!("{} {}", comparison.direction.sign(), comparison.bound);
    let mut cells = vec![place];
    match &comparison.outlook {
        Outlook::Planned {
            method,
            carried,
            detectable,
            detectable_with_all,
            stated,
        } => {
            let number = |value: Option<f64>| {
                value.map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"))
            };
            cells.extend([
                grouped(*carried),
                bound,
                number(detectable.map(f64::from)),
                number(detectable_with_all.map(f64::from)),
                number(stated.map(|it| it.truth.get())),
                stated.map_or_else(
                    || "–".to_owned(),
                    |it| format!("{:.1}%", it.chance.get() * 100.0),
                ),
                stated.map_or_else(|| "–".to_owned(), |it| count(it.rows_needed)),
                method_name(terminal, *method).to_owned(),
            ]);
        }
        Outlook::TooFewRows { rows_needed } => {
            let none = || "–".to_owned();
            let why = terminal.say("행이 모자람", "too few rows");
            cells.extend([none(), bound, none(), none(), none(), none()]);
            cells.extend([count(*rows_needed), why.to_owned()]);
        }
        Outlook::TooFewReplicates | Outlook::NotPlanned { .. } => {
            let none = || "–".to_owned();
            let why = terminal.say("계획할 수 없음", "not planned");
            cells.extend([none(), bound, none(), none(), none(), none(), none()]);
            cells.push(why.to_owned());
        }
    }
    cells
}

fn count(rows: Option<u64>) -> String {
    rows.map_or_else(|| "–".to_owned(), grouped)
}

fn method_name(terminal: Terminal, method: Method) -> &'static str {
    match method {
        Method::Exact => terminal.say("정확", "exact"),
        Method::HanleyMcNeil => "Hanley-McNeil",
        Method::Formula => terminal.say("식", "formula"),
        Method::Pilot => terminal.say("앞선 실행", "pilot"),
        Method::Imagined => terminal.say("모의", "imagined"),
    }
}
