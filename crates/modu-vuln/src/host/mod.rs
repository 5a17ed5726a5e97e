//! `vuln.host`: a Linux host against the Unix items U-01 to U-67 of the 2026
//! guide to the technical check of critical infrastructure.
//!
//! Scripts that search one file for one word call a host safe whose root
//! login is switched on through an `Include`. Here the *effective* settings
//! are judged: what `sshd -T` prints, the PAM stack as libpam walks it, units
//! with their drop-ins, real owners and permissions. An item ends as good,
//! vulnerable, not applicable, or needing a person, with a reason; what could
//! not be seen is never good.
//!
//! Input: `snapshot`, what was seen of the host (see [`snapshot`]); whoever
//! holds it gets the same bytes again. [`plan`] says what must be seen;
//! `modu-vuln-host` goes and looks. Outputs: the report that operators hand
//! in, as a page in Korean and English, `items.csv`, and SARIF 2.1.0.

mod answer;
mod config;
mod guide;
mod html;
mod items;
mod keep;
pub mod plan;
mod report;
mod sarif;
pub mod snapshot;

use modu_kernel::{
    Engine, EngineError, Finding, Inputs, Language, Output, Progress, TypedEngine, read_input,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use answer::{Answer, Evidence};
pub use config::accounts::{GROUP, PASSWD};
pub use guide::{Importance, Item};
pub use keep::Keep;
pub use report::{Counts, HostReport, ItemReport};
pub use snapshot::Snapshot;

/// The engine as plain data.
pub const HOST: Engine = Engine::of::<Host>();

/// The engine's type.
pub struct Host;

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostRequest {}

/// The name of the engine's only input.
pub const INPUT: &str = "snapshot";

impl TypedEngine for Host {
    type Request = HostRequest;
    type Report = HostReport;
    const NAME: &'static str = "vuln.host";
    const VERSION: &'static str = "1";

    fn run(
        _request: HostRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(HostReport, Vec<Finding>, Vec<Output>), EngineError> {
        progress.report("read", 0, 1);
        let bytes = read_input(inputs, INPUT, snapshot::limits::SNAPSHOT_BYTES)?;
        let host = Snapshot::parse(&bytes).map_err(|error| error.of_input(INPUT))?;
        progress.report("read", 1, 1);
        let report = check(&host, modu_kernel::Digest::of(&bytes));
        let findings = report::findings(&report);
        let outputs = outputs(&report);
        Ok((report, findings, outputs))
    }
}

/// Every item of a host.
#[must_use]
pub fn check(host: &Snapshot, digest: modu_kernel::Digest) -> HostReport {
    report::of(host, digest)
}

fn outputs(report: &HostReport) -> Vec<Output> {
    let output = |name: &str, media_type: &str, text: String| Output {
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        bytes: text.into_bytes(),
    };
    vec![
        output("items.csv", "text/csv", report::csv(report)),
        output(
            "report.ko.html",
            "text/html",
            html::page(report, Language::Ko),
        ),
        output(
            "report.en.html",
            "text/html",
            html::page(report, Language::En),
        ),
        output("results.sarif", "application/sarif+json", sarif::of(report)),
    ]
}
