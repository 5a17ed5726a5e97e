//! The commands that read what was kept of earlier runs, and their options.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use modu_route::{Asn, Prefix};

/// Where the runs are.
#[derive(Debug, Args)]
pub(crate) struct StateFolder {
    /// 상태 폴더(기본: 홈 폴더의 route/) | State folder (default: route/ in the home folder)
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
}

/// `modu route keep`
#[derive(Debug, Args)]
pub(crate) struct RouteKeep {
    /// 보관할 실행의 결과 `validated` | The output `validated` of a run
    #[arg(long, value_name = "FILE")]
    pub(crate) tree: PathBuf,
    #[command(flatten)]
    pub(crate) folder: StateFolder,
    /// 이 실행이 준 표를 증거로 남깁니다(홈 폴더가 있어야 함) | Record what the run gave as evidence (needs a home folder)
    #[arg(long)]
    pub(crate) record: bool,
}

/// `modu route at`
#[derive(Debug, Args)]
pub(crate) struct RouteAt {
    /// 시각(RFC 3339), 또는 last | A time (RFC 3339), or `last`
    pub(crate) time: Moment,
    #[command(flatten)]
    pub(crate) folder: StateFolder,
    /// 표를 쓸 파일(기본: 표준 출력) | File for the table (default: standard output)
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// 무엇을 되살리나 | What is restored
    #[arg(long, value_enum, default_value = "vrps")]
    pub(crate) what: Restored,
}

/// What `modu route at` gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Restored {
    /// VRP 표(CSV) | The VRPs, as CSV
    Vrps,
    /// 실행의 결과 전체 | The run's whole result, as `validated`
    Tree,
}

/// A route.
#[derive(Debug, Args)]
pub(crate) struct RouteName {
    /// 프리픽스, 보기: 192.0.2.0/24 | A prefix, such as 192.0.2.0/24
    pub(crate) prefix: Prefix,
    /// 출발 AS, 보기: AS64496 | The origin network, such as AS64496
    #[arg(value_parser = asn)]
    pub(crate) asn: Asn,
}

fn asn(text: &str) -> Result<Asn, String> {
    let digits = text.strip_prefix("AS").or_else(|| text.strip_prefix("as"));
    let number = digits.unwrap_or(text).parse();
    number
        .map(Asn::from_u32)
        .map_err(|_| format!("`{text}` is no AS number: write it as AS64496"))
}

/// `modu route why`
#[derive(Debug, Args)]
pub(crate) struct RouteWhy {
    #[command(flatten)]
    pub(crate) route: RouteName,
    /// 언제의 표로(RFC 3339; 기본: 마지막 실행) | As of when (RFC 3339; default: the last run)
    #[arg(long, value_name = "TIME", default_value = "last")]
    pub(crate) at: Moment,
    #[command(flatten)]
    pub(crate) folder: StateFolder,
}

/// `modu route prove`
#[derive(Debug, Args)]
pub(crate) struct RouteProve {
    #[command(flatten)]
    pub(crate) route: RouteName,
    /// 언제의 표로(RFC 3339; 기본: 마지막 실행) | As of when (RFC 3339; default: the last run)
    #[arg(long, value_name = "TIME", default_value = "last")]
    pub(crate) at: Moment,
    #[command(flatten)]
    pub(crate) folder: StateFolder,
    /// 증명을 쓸 폴더 | Folder for the proof
    #[arg(long, value_name = "DIR")]
    pub(crate) into: PathBuf,
}

/// `modu route history`
#[derive(Debug, Args)]
pub(crate) struct RouteHistory {
    #[command(flatten)]
    pub(crate) folder: StateFolder,
    /// 이때부터(RFC 3339) | From this time on (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Timestamp>,
    /// 이때까지(RFC 3339) | Until this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Timestamp>,
    /// 이 프리픽스와 그 하위만 | Only this prefix and its more-specifics
    #[arg(long)]
    pub(crate) prefix: Option<Prefix>,
    /// 이 AS만 | Only this network
    #[arg(long, value_parser = asn)]
    pub(crate) asn: Option<Asn>,
    /// 이 신뢰 앵커만 | Only this trust anchor
    #[arg(long, value_name = "NAME")]
    pub(crate) anchor: Option<String>,
    /// 신뢰 앵커별 VRP 수의 그림(SVG) | A picture of the VRPs by trust anchor (SVG)
    #[arg(long, value_name = "FILE")]
    pub(crate) picture: Option<PathBuf>,
    /// 모든 파일을 읽어 확인합니다 | Read every file and check it
    #[arg(long)]
    pub(crate) check: bool,
}

/// A moment in the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The last run.
    Last,
    /// The last run for this time or an earlier one.
    At(Timestamp),
}

impl std::str::FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "last" => Ok(Self::Last),
            time => time.parse().map(Self::At).map_err(|_| {
                format!("`{time}` is no time: write it as 2026-11-22T09:00:00Z, or `last`")
            }),
        }
    }
}
