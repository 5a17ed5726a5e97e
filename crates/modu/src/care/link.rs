//! `modu care link`: a patient's page behind its own link, a ward's queue
//! behind its own.

use anyhow::Context as _;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use modu_evidence::statement::Predicate;
use modu_programme::account::Token;
use modu_programme::{Links, SHOWN_KEY, Shown, shown_key};
use serde_json::json;

use crate::command_line::Shared;
use crate::exit::Wrong;
use crate::home::{Home, write_durably};
use crate::terminal::{Answer, Terminal};

/// What may be behind a link.
const FILES: [&str; 4] = [
    "patient.html",
    "clinician.html",
    "queue.ko.html",
    "queue.en.html",
];

/// `modu care link`
#[derive(Debug, Args)]
pub(crate) struct CareLink {
    /// 실행의 로그 번호(`--record`가 알려 준 것) | The run's place in the log, as `--record` told it
    #[arg(value_name = "INDEX")]
    index: u64,
    /// 무엇을 보일지 | What it shows
    #[arg(long, default_value = FILES[0], value_parser = FILES)]
    file: String,
    /// 며칠 동안 | For how many days
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
    /// 지금까지의 링크를 모두 끝내고 만듭니다 | Ends all links that were made before
    #[arg(long)]
    anew: bool,
}

/// Makes the link: the end of an address of `modu serve`.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &CareLink,
) -> anyhow::Result<Answer> {
    let home = Home::open(shared)?;
    let archive = home.archive()?;
    let missing = || {
        let text = format!("entry {} is no run with a {}", command.index, command.file);
        Wrong(text)
    };
    if command.index >= archive.size() {
        return Err(missing().into());
    }
    match archive.get(command.index)?.statement.predicate {
        Predicate::EngineReport(run)
            if run.engine.name.starts_with("care.")
                && run.outputs.iter().any(|it| it.name == command.file) => {}
        _ => return Err(missing().into()),
    }
    let ends = Timestamp::now() + SignedDuration::from_hours(24 * i64::from(command.days));
    let shown = Shown {
        entry: command.index,
        output: command.file.clone(),
        ends: Timestamp::from_second(ends.as_second())?,
    };
    let key = key(&home, command.anew)?;
    let links = Links::of(home.folder());
    let register = || format!("the links of {}", home.folder().display());
    if command.anew {
        links.end_all(Timestamp::now()).with_context(register)?;
    }
    let made = links.make(&shown, &key, Timestamp::now());
    let (token, shown) = made.with_context(register)?;
    let path = format!("/shown/{token}");
    terminal.document(&json!({ "link": path, "ends": shown.ends }))?;
    terminal.line(format!("  → {path}"))?;
    terminal.line(terminal.say(
        "  `modu serve`의 주소 뒤에 붙입니다. 가진 사람은 누구나 볼 수 있으니 본인에게만 건네십시오.",
        "  It goes behind the address of `modu serve`. Whoever has it sees the page: hand it to its person only.",
    ))?;
    Ok(Answer::Yes)
}

/// The home's key for links; a new one ends all links.
fn key(home: &Home, anew: bool) -> anyhow::Result<Token> {
    let folder = home.folder();
    let known = || shown_key(folder).with_context(|| format!("{SHOWN_KEY} of the home"));
    if let (false, Some(key)) = (anew, known()?) {
        return Ok(key);
    }
    let key = Token::new()?;
    let text = format!("{}\n", key.reveal());
    write_durably(&folder.join(SHOWN_KEY), text.as_bytes(), 0o600)?;
    Ok(key)
}
