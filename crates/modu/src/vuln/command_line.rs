//! The commands of `modu vuln ...` and their options.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::decide::VulnDecide;
use super::ledger::VulnLedger;
use crate::engine_run::RunResults;

/// `modu vuln ...`
#[derive(Debug, Subcommand)]
pub(crate) enum Vuln {
    /// 권고 폴더를 한 파일로 묶습니다 | Make one file of a folder of advisories
    Bundle(VulnBundle),
    /// 찾은 것을 언제까지 고쳐야 하는지 정합니다 | By when what was found must be fixed
    Decide(VulnDecide),
    /// 기한 장부를 만들고 확인합니다 | Make or check a ledger of deadlines
    #[command(subcommand)]
    Ledger(VulnLedger),
    /// 구성요소 목록에서 취약한 것을 찾습니다 | Which components of a list are affected
    Scan(VulnScan),
}

/// `modu vuln bundle`
#[derive(Debug, Args)]
pub(crate) struct VulnBundle {
    /// OSV 형식의 권고(JSON, YAML)가 있는 폴더, 여러 번 | A folder of advisories in the OSV format (JSON or YAML); repeat for more
    #[arg(long = "from", value_name = "DIR", required = true)]
    pub(crate) from: Vec<PathBuf>,
    /// 만들 파일 | The file to write
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

/// `modu vuln scan`
#[derive(Debug, Args)]
pub(crate) struct VulnScan {
    /// 구성요소 목록: CycloneDX나 SPDX 2.3 JSON | The list: CycloneDX or SPDX 2.3, as JSON
    #[arg(value_name = "SBOM")]
    pub(crate) inventory: PathBuf,
    /// 권고 묶음: `modu vuln bundle`이 만든 파일 | The advisories: a file of `modu vuln bundle`
    #[arg(long, value_name = "FILE")]
    pub(crate) advisories: PathBuf,
    #[command(flatten)]
    pub(crate) results: RunResults,
}
