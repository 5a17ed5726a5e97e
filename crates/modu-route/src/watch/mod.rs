//! `route.watch`: who announces what is mine, and by which way.
//!
//! A collector or one's own routers tell what they hear (BGP updates in MRT
//! files, or BMP); an operator says what is his own. A route that should not
//! be is an alert, and one *cause*, such as a network that originates what is
//! not its own, is one alert however many prefixes and peers it touches: it
//! opens when enough peers see it, and closes when none does.
//!
//! Inputs: `config` (the operator's TOML, [`config`]), `vrps` and `aspas` (as
//! validators print them; each may be missing), `table` (an MRT table dump from
//! which to begin, may be missing), `updates/...` (MRT updates in order),
//! `state` (what an earlier run gave, may be missing). Output: `state.json`,
//! the next run's `state`.

pub mod alert;
pub mod bmp;
pub mod config;
mod event;
pub mod mrt;
mod report;
mod state;
mod table;
mod watcher;

use modu_kernel::{
    Engine, EngineError, Finding, Inputs, Label, Output, Progress, Severity, TypedEngine,
    canonical, read_input,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use event::{Family, Moment, News, PathId, Peer, Read, Update, read_updates};
pub use report::{Counts, OwnPrefix, WatchAnswer, WatchReport};
pub use state::{HeldRoute, Retelling, WatchState};
pub use table::read_table;
pub use watcher::Watcher;

use self::config::Config;
use crate::origin::OriginIndex;
use crate::whatif::{has_input, read_aspas, read_vrps};
use crate::{RouteError, VrpTable, limits};

/// The engine as plain data.
pub const WATCH: Engine = Engine::of::<Watch>();

/// The engine's type.
pub struct Watch;

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchRequest {
    /// Until when the world is known to have been as the last update left it;
    /// without it, the time of the last update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

impl TypedEngine for Watch {
    type Request = WatchRequest;
    type Report = WatchReport;
    const NAME: &'static str = "route.watch";
    const VERSION: &'static str = "2";

    fn run(
        request: WatchRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(WatchReport, Vec<Finding>, Vec<Output>), EngineError> {
        let config = read_input(inputs, "config", limits::CONFIG_BYTES)?;
        let config = Config::parse(&config).map_err(|error| error.of_input("config"))?;
        let vrps = match has_input(inputs, "vrps") {
            true => read_vrps(inputs)?,
            false => VrpTable::default(),
        };
        let aspas = read_aspas(inputs)?;
        let state = read_state(inputs)?;
        let mut watcher = Watcher::new(&config, OriginIndex::new(&vrps), aspas, state);
        let skipped = feed(&mut watcher, inputs, progress)?;
        watcher.finish(request.until);
        let output = Output {
            name: "state.json".into(),
            media_type: "application/json".into(),
            bytes: canonical::to_vec(&watcher.state())
                .map_err(|error| EngineError::Internal(error.to_string()))?,
        };
        let findings = findings(&watcher, skipped);
        Ok((watcher.report(), findings, vec![output]))
    }
}

fn read_state(inputs: &dyn Inputs) -> Result<WatchState, EngineError> {
    if !has_input(inputs, "state") {
        return Ok(WatchState::default());
    }
    let bytes = read_input(inputs, "state", limits::WATCH_STATE_BYTES)?;
    WatchState::parse(&bytes).map_err(|error| error.of_input("state"))
}

/// Takes the table and every file of updates in, and gives what of them could
/// not be read.
fn feed(
    watcher: &mut Watcher<'_>,
    inputs: &dyn Inputs,
    progress: &dyn Progress,
) -> Result<Vec<(String, Read)>, EngineError> {
    let mut skipped = Vec::new();
    let names: Vec<&str> = (inputs.list().iter())
        .map(|input| input.name.as_str())
        .filter(|name| *name == "table" || name.starts_with("updates/"))
        .collect();
    for (done, name) in names.iter().enumerate() {
        progress.report("read", done as u64, names.len() as u64);
        let wrong = |error: RouteError| error.of_input(name);
        let reader = (inputs.open(name)).map_err(|source| wrong(RouteError::Read(source)))?;
        let read = match *name {
            "table" => {
                watcher.begin_table();
                let read = read_table(reader, &mut |update| watcher.take(update));
                watcher.end_table();
                read
            }
            _ => read_updates(reader, &mut |update| watcher.take(update)),
        };
        skipped.push(((*name).to_owned(), read.map_err(wrong)?));
    }
    progress.report("read", names.len() as u64, names.len() as u64);
    Ok(skipped)
}

fn findings(watcher: &Watcher<'_>, skipped: Vec<(String, Read)>) -> Vec<Finding> {
    let finding = |code: &str, place: &str, message| Finding {
        severity: Severity::Warning,
        code: code.into(),
        place: place.into(),
        message,
    };
    let mut findings = Vec::new();
    for (name, read) in skipped {
        for (fault, times) in read.skipped {
            findings.push(finding(
                "updates.skipped",
                &name,
                Label::new(
                    format!("읽을 수 없는 기록 {times}개를 건너뛰었습니다: {fault}"),
                    format!("{times} records could not be read and were skipped: {fault}"),
                ),
            ));
        }
    }
    if watcher.routes_not_held() > 0 {
        let count = watcher.routes_not_held();
        let (limit, of_peer) = (limits::WATCHED_ROUTES, limits::WATCHED_ROUTES_OF_PEER);
        findings.push(finding(
            "watch.full",
            "updates",
            Label::new(
                format!("내 주소 안의 경로가 {limit}개(이웃 하나에 {of_peer}개)를 넘어 {count}개를 붙들지 못했습니다. 그 경로의 경보는 열리지 않습니다."),
                format!("more than {limit} routes, or {of_peer} of one peer, lie in one's own prefixes; {count} were not held, and raise no alert."),
            ),
        ));
    }
    if !watcher.sees_anything() {
        findings.push(finding(
            "watch.blind",
            "updates",
            Label::new(
                "내 프리픽스를 알려 주는 이웃이 하나도 없습니다. 조용한 것이 아니라 보이지 않는 것입니다.",
                "No peer tells of any prefix of one's own: this is not quiet, it is blind.",
            ),
        ));
    }
    findings
}

#[cfg(test)]
mod tests;
