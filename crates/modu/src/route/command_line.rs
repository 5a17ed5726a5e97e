//! The commands of `modu route ...` and their options.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::history::arguments::{
    RouteAt, RouteHistory, RouteKeep, RouteProve, RouteWhy, StateFolder,
};
use crate::engine_run::RunResults;

/// `modu route ...`
#[derive(Debug, Subcommand)]
pub(crate) enum Route {
    /// 인가(ROA)를 바꾸면 어떤 경로가 무효가 되는가 | Which routes a change of ROAs would make invalid
    Whatif(RouteWhatif),
    /// 받아 둔 RPKI를 검증해 VRP 표를 냅니다 | Validate a fetched RPKI repository into a table of VRPs
    Validate(RouteValidate),
    /// RPKI를 받아(RRDP·rsync) 검증합니다 | Fetch the RPKI (RRDP, rsync) and validate it
    Update(RouteUpdate),
    /// 내 경로를 지키는 가장 작은 ROA 묶음 | The smallest safe set of ROAs for one's own routes
    Plan(RoutePlan),
    /// AS별·기관별 유효·무효·인가 없음을 시간에 따라 그립니다 | How much is covered, by network and organisation, over time, as pictures
    Coverage(RouteCoverage),
    /// 내 프리픽스의 하이재킹·유출·소실을 지켜봅니다 | Watch for hijacks, leaks and losses of one's own prefixes
    Watch(RouteWatch),
    /// 라우터(RTR)와 사람·프로그램(HTTP)에게 표를 전합니다 | Tell the table to routers (RTR), people and programs (HTTP)
    Serve(RouteServe),
    /// 실행 하나의 결과를 기록에 보관합니다 | Keep a run's result in the history
    Keep(RouteKeep),
    /// 지난 어느 때의 표를 되살립니다 | Restore the table of any earlier time
    At(RouteAt),
    /// 경로가 왜 유효·무효·인가 없음이며 언제부터인가 | Why a route is valid, invalid or not found, and since when
    Why(RouteWhy),
    /// VRP 하나가 표에 있었음을 남에게 증명합니다 | Prove to a stranger that one VRP was in the table
    Prove(RouteProve),
    /// 무엇이 언제 왜 바뀌었나: 목록과 그림 | What changed, when and why: a list and a picture
    History(RouteHistory),
    /// 라우터에 전하지 않고 붙들어 둔 철회 | Withdrawals that are held back from routers
    Holds(RouteHolds),
    /// 붙든 철회를 풀어 라우터에 전합니다 | Release a hold: routers are told
    Release(RouteAnswer),
    /// 사라진 것을 받아들이지 않습니다 | Reject the loss: routers keep what they have
    Reject(RouteAnswer),
}

/// `modu route whatif`
#[derive(Debug, Args)]
pub(crate) struct RouteWhatif {
    /// 지금의 VRP 표: 검증기의 CSV나 JSON | The present VRPs: a validator's CSV or JSON
    #[arg(long, value_name = "FILE", required_unless_present = "proposed_aspas")]
    pub(crate) vrps: Option<PathBuf>,
    /// 바꿀 것: Krill의 델타(A:, R:)나 더할 VRP의 표 | The change: a delta as Krill takes it (A:, R:), or a table of VRPs to add
    #[arg(
        long,
        value_name = "FILE",
        requires = "vrps",
        required_unless_present = "proposed_aspas"
    )]
    pub(crate) proposed: Option<PathBuf>,
    /// 지금의 ASPA: 검증기의 JSON (없으면 빈 표) | The present ASPAs: a validator's JSON (default: none)
    #[arg(long, value_name = "FILE", requires = "proposed_aspas")]
    pub(crate) aspas: Option<PathBuf>,
    /// 바꿀 ASPA: `A: AS64496 => AS64497, AS64498`, `R: AS64496`, 또는 JSON | The change of ASPAs: lines `A: AS64496 => AS64497, AS64498`, `R: AS64496`, or JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) proposed_aspas: Option<PathBuf>,
    /// 광고되는 경로: MRT 덤프(gzip 가능)나 `prefix,origin` CSV | What is announced: an MRT table dump (gzip or not), or a CSV `prefix,origin`
    #[arg(long, value_name = "FILE")]
    pub(crate) routes: PathBuf,
    /// 끊겨도 되는 경로의 수; 넘으면 종료 코드 1 | How many routes may break; past it the exit code is 1
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) allow: u32,
    #[command(flatten)]
    pub(crate) results: RunResults,
}

/// `modu route validate`
#[derive(Debug, Args)]
pub(crate) struct RouteValidate {
    /// 트러스트 앵커 로케이터(TAL), 여러 번 | A trust anchor locator; repeat for more
    #[arg(long = "tal", value_name = "FILE", required = true)]
    pub(crate) tals: Vec<PathBuf>,
    /// 받아 둔 저장소: rsync 배치(호스트/모듈/...)나 modu의 캐시 폴더 | The repository: a folder of rsync copies (host/module/...), or a cache of modu
    #[arg(long, value_name = "DIR")]
    pub(crate) repository: PathBuf,
    /// 검증할 시각(기본: 지금), 2026-11-22T12:00:00Z | The instant to validate for (default: now)
    #[arg(long, value_name = "TIME")]
    pub(crate) time: Option<jiff::Timestamp>,
    /// 앞선 실행의 기억: 읽고, 새로 적습니다 | The memory of the run before: read, and written anew
    #[arg(long, value_name = "FILE")]
    pub(crate) memory: Option<PathBuf>,
    /// 로컬 예외(SLURM, RFC 8416): 뺄 것과 더할 것 | Local exceptions (SLURM, RFC 8416): what to take away and to add
    #[arg(long, value_name = "FILE")]
    pub(crate) slurm: Option<PathBuf>,
    /// 요약 대신 표를 표준 출력으로 | Print the table instead of a summary
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<TableFormat>,
    #[command(flatten)]
    pub(crate) results: RunResults,
}

/// How a table of VRPs is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableFormat {
    /// ASN,IP Prefix,Max Length,Trust Anchor
    Csv,
    /// VRP와 ASPA | VRPs and ASPAs
    Json,
}

/// `modu route update`
#[derive(Debug, Args)]
pub(crate) struct RouteUpdate {
    /// 트러스트 앵커 로케이터(TAL), 여러 번 | A trust anchor locator; repeat for more
    #[arg(long = "tal", value_name = "FILE", required = true)]
    pub(crate) tals: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) folder: StateFolder,
    #[command(flatten)]
    pub(crate) origin: RouteOrigin,
    /// 검증할 시각(기본: 지금), 2026-11-22T12:00:00Z | The instant to validate for (default: now)
    #[arg(long, value_name = "TIME")]
    pub(crate) time: Option<jiff::Timestamp>,
    /// 이 실행이 준 표를 증거로 남깁니다(홈 폴더가 있어야 함) | Record what the run gave as evidence (needs a home folder)
    #[arg(long)]
    pub(crate) record: bool,
}

/// From whom publication points are fetched.
#[derive(Debug, Args)]
pub(crate) struct RouteOrigin {
    /// RRDP(https) 없이 | Ask nobody over RRDP (https)
    #[arg(long)]
    pub(crate) no_rrdp: bool,
    /// rsync 없이 | Ask nobody over rsync
    #[arg(long)]
    pub(crate) no_rsync: bool,
    /// 서버 대신 rsync 배치의 폴더(호스트/모듈/...)에서 | Take a folder of rsync copies (host/module/...) and ask nobody
    #[arg(long, value_name = "DIR", conflicts_with_all = ["no_rrdp", "no_rsync", "rrdp_root_certs", "allow_local_hosts"])]
    pub(crate) repository: Option<PathBuf>,
    /// 더 믿을 https 뿌리 인증서(PEM), 여러 번 | A root certificate (PEM) to trust for https too; repeat for more
    #[arg(long = "rrdp-root-cert", value_name = "FILE")]
    pub(crate) rrdp_root_certs: Vec<PathBuf>,
    /// 주소·localhost·포트로 불리는 서버도(자기 시험용) | Ask servers named by an address, localhost or a port too: for trials of your own
    #[arg(long)]
    pub(crate) allow_local_hosts: bool,
    /// rsync 프로그램 | The rsync program
    #[arg(long, value_name = "PROGRAM", default_value = "rsync")]
    pub(crate) rsync: PathBuf,
}

/// `modu route plan`
#[derive(Debug, Args)]
pub(crate) struct RoutePlan {
    /// 내 AS 번호, 여러 번 | A network of your own, such as AS64496; repeat for more
    #[arg(long = "origin", value_name = "AS", required = true)]
    pub(crate) origins: Vec<String>,
    /// 지금의 VRP 표(없으면 빈 표) | The present VRPs: a validator's CSV or JSON (default: none)
    #[arg(long, value_name = "FILE")]
    pub(crate) vrps: Option<PathBuf>,
    /// 광고되는 경로: MRT 덤프(gzip 가능)나 `prefix,origin` CSV | What is announced: an MRT table dump (gzip or not), or a CSV `prefix,origin`
    #[arg(long, value_name = "FILE")]
    pub(crate) routes: PathBuf,
    #[command(flatten)]
    pub(crate) results: RunResults,
}

/// `modu route serve`
#[derive(Debug, Args)]
pub(crate) struct RouteServe {
    /// 다른 검증기의 VRP(JSON이면 ASPA도) 파일; 바뀌면 다시 읽음 | Another validator's VRPs, CSV, or JSON with its ASPAs; read again when the file changes
    #[arg(long, value_name = "FILE", conflicts_with_all = ["tals", "repository", "no_rrdp", "no_rsync", "record"])]
    pub(crate) vrps: Option<PathBuf>,
    /// 트러스트 앵커 로케이터(TAL), 여러 번; 스스로 받아 검증합니다 | A trust anchor locator; repeat for more. The service fetches and validates by itself
    #[arg(long = "tal", value_name = "FILE", required_unless_present = "vrps")]
    pub(crate) tals: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) origin: RouteOrigin,
    /// 로컬 예외(SLURM, RFC 8416), 여러 번; 바뀌거나 SIGHUP이 오면 다시 읽음 | Local exceptions (SLURM, RFC 8416); repeat for more. Read again when a file changes, and at SIGHUP
    #[arg(long = "slurm", value_name = "FILE")]
    pub(crate) exceptions: Vec<PathBuf>,
    /// 근거 없이 이 비율(%)보다 많이 사라지면 철회를 붙듦; 100이면 붙들지 않음 | Hold withdrawals back where an anchor loses more than this percentage without evidence; 100 holds nothing
    #[arg(long, value_name = "PERCENT", default_value_t = 5.0)]
    pub(crate) hold_above: f64,
    #[command(flatten)]
    pub(crate) folder: StateFolder,
    /// 라우터가 접속하는 주소(`off`이면 없음) | Where routers connect, or `off`
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:3323")]
    pub(crate) rtr: String,
    /// 사람과 프로그램이 접속하는 주소(`off`이면 없음) | Where people and programs connect, or `off`
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8323")]
    pub(crate) http: String,
    /// 실행 사이의 초; 열에 하나까지 들쭉날쭉하게 | Seconds between runs, a tenth more or less
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=2_592_000))]
    pub(crate) interval: u64,
    /// 실행마다 준 표를 증거로 남깁니다(홈 폴더가 있어야 함) | Record what each run gave as evidence (needs a home folder)
    #[arg(long)]
    pub(crate) record: bool,
}

/// `modu route holds`
#[derive(Debug, Args)]
pub(crate) struct RouteHolds {
    #[command(flatten)]
    pub(crate) folder: StateFolder,
}

/// `modu route release` and `modu route reject`
#[derive(Debug, Args)]
pub(crate) struct RouteAnswer {
    /// 붙든 것의 이름 | The hold's name, as `modu route holds` shows it
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) folder: StateFolder,
    /// 까닭, 증거에 남음 | Why; it stands in the evidence
    #[arg(long, value_name = "TEXT")]
    pub(crate) because: Option<String>,
}

/// `modu route coverage`
#[derive(Debug, Args)]
pub(crate) struct RouteCoverage {
    /// 광고되는 경로: MRT 덤프나 `prefix,origin` CSV | What is announced: an MRT table dump, or a CSV `prefix,origin`
    #[arg(long, value_name = "FILE")]
    pub(crate) routes: PathBuf,
    /// 어느 때의 VRP 표, 여러 번: 2026-01-01=vrps.csv | The VRPs of a time, repeat for more: 2026-01-01=vrps.csv
    #[arg(
        long = "vrps",
        value_name = "TIME=FILE",
        required_unless_present = "trees"
    )]
    pub(crate) vrps: Vec<String>,
    /// 검증 실행의 트리, 여러 번 (때를 스스로 앎) | A validation run's tree, which knows its time; repeat for more
    #[arg(long = "tree", value_name = "FILE")]
    pub(crate) trees: Vec<PathBuf>,
    /// 기관 목록: `organisation,asn` CSV | Whose networks: a CSV `organisation,asn`
    #[arg(long, value_name = "FILE")]
    pub(crate) organisations: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) results: RunResults,
}

/// `modu route watch`
#[derive(Debug, Args)]
pub(crate) struct RouteWatch {
    /// 내 프리픽스와 AS, 허용 목록 (TOML) | One's own prefixes, networks and allow-list (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// 지금의 VRP 표 | The present VRPs: a validator's CSV or JSON (default: none)
    #[arg(long, value_name = "FILE")]
    pub(crate) vrps: Option<PathBuf>,
    /// 지금의 ASPA | The present ASPAs: a validator's JSON (default: none)
    #[arg(long, value_name = "FILE")]
    pub(crate) aspas: Option<PathBuf>,
    /// 갱신: MRT 파일, 시간 순서로 여럿 | Updates: MRT files, in order of time
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) updates: Vec<PathBuf>,
    /// 시작할 표: MRT 덤프 | An MRT table dump from which to begin
    #[arg(long, value_name = "FILE")]
    pub(crate) table: Option<PathBuf>,
    /// 앞선 실행의 state.json | The state.json of an earlier run
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// 이때까지 변한 것이 없음 (예: 2026-12-31T00:00:00Z) | Until when nothing more came, such as 2026-12-31T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// 파일 대신 라우터를 듣는 BMP 주소 (예: 127.0.0.1:11019); 신호를 받을 때까지 | Listen to routers over BMP at this address instead of reading files, until a signal
    #[arg(long, value_name = "ADDR", conflicts_with_all = ["updates", "table", "until"])]
    pub(crate) bmp: Option<String>,
    /// BMP로 접속해도 되는 라우터의 주소나 프리픽스, 여러 번 (기본: 모두) | An address or prefix whence routers may connect; repeat for more (default: any)
    #[arg(long = "router", value_name = "ADDR", requires = "bmp")]
    pub(crate) routers: Vec<String>,
    /// BMP로 들은 상태를 몇 초마다 적는가 | Seconds between writings of the state, with --bmp
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub(crate) every: u64,
    #[command(flatten)]
    pub(crate) results: RunResults,
}
