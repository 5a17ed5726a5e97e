//! The commands of `modu vuln ...` and their options.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::accept::VulnAccept;
use super::assets::VulnAssets;
use super::bundle::VulnBundle;
use super::decide::VulnDecide;
use super::delta::{VulnDelta, VulnIndex};
use super::due::VulnDue;
use super::except::VulnExcept;
use super::fix::VulnFix;
use super::held_against::HeldAgainst;
use super::host::VulnHost;
use super::ledger::VulnLedger;
use crate::engine_run::RunResults;

/// `modu vuln ...`
#[derive(Debug, Subcommand)]
pub(crate) enum Vuln {
    /// 서명된 묶음을 확인해 받아들입니다 | Check a signed bundle and take it
    Accept(VulnAccept),
    /// 공장 자산 가운데 취약한 것을 찾습니다 | Which assets of a plant are affected
    Assets(VulnAssets),
    /// 권고 폴더를 한 파일로 묶습니다 | Make one file of folders of advisories
    Bundle(VulnBundle),
    /// 찾은 것을 언제까지 고쳐야 하는지 정합니다 | By when what was found must be fixed
    Decide(VulnDecide),
    /// 새 권고가 어느 자산에 걸리는지 다시 훑지 않고 찾습니다 | Which assets a new advisory affects, without a scan of all
    Delta(VulnDelta),
    /// 여러 자산의 구성요소를 새 권고에 대비해 색인합니다 | Keep components of many assets for new advisories
    Index(VulnIndex),
    /// 리눅스 호스트를 U-01~U-67 항목으로 점검합니다(읽기만) | Check a Linux host against U-01 to U-67, read-only
    Host(VulnHost),
    /// 기한이 오는 것과 지난 것을 봅니다 | What falls due and what is overdue
    Due(VulnDue),
    /// 제때 고치지 못하는 것에 예외를 둡니다 | Answer for what is not fixed in time
    Except(VulnExcept),
    /// 고쳤음을 두 번의 점검으로 증명합니다 | Show by two scans what was fixed
    Fix(VulnFix),
    /// 기한 장부를 만들고 확인합니다 | Make or check a ledger of deadlines
    #[command(subcommand)]
    Ledger(VulnLedger),
    /// 구성요소 목록에서 취약한 것을 찾습니다 | Which components of a list are affected
    Scan(VulnScan),
}

/// `modu vuln scan`
#[derive(Debug, Args)]
pub(crate) struct VulnScan {
    /// 구성요소 목록: CycloneDX, SPDX 2.3, 잠금 파일, dpkg 상태 파일, RPM 데이터베이스 | The list: CycloneDX, SPDX 2.3, a lock file, dpkg's status file, RPM's database
    #[arg(value_name = "SBOM")]
    pub(crate) inventory: PathBuf,
    #[command(flatten)]
    pub(crate) against: HeldAgainst,
    #[command(flatten)]
    pub(crate) results: RunResults,
}
