//! The commands and their options: `modu <engine> <verb> [inputs]`.
//!
//! Every help text stands in Korean and English, because clap fixes it before
//! the language is known.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use modu_kernel::Language;
use modu_proof_run::Strictness;

use crate::care::command_line::Care;
use crate::remote::command_line::{Jobs, Programme, Runs};
use crate::route::command_line::Route;
use crate::vuln::command_line::Vuln;

/// 모두: AI를 쓰기까지의 모든 결정을 증거로 남깁니다.
///
/// Modu carries an organisation from "we need AI for this" to "it is in use,
/// and here is the proof". 종료 코드(exit codes): 0 됨(done), 1 답이 아니오(the
/// answer is no), 2 요청이나 입력이 틀림(the request or its input was wrong), 3
/// 할 수 없음(it could not be done: disk, network, permission).
#[derive(Debug, Parser)]
#[command(name = "modu", version, propagate_version = true)]
pub(crate) struct CommandLine {
    #[command(flatten)]
    pub(crate) shared: Shared,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Debug, Args)]
pub(crate) struct Shared {
    /// 모두의 홈 폴더: 키, 로그, 자료 | Modu's home folder: keys, log, artifacts
    #[arg(long, global = true, env = "MODU_HOME", value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// 자료 저장소(기본: init 때 적은 곳, 없으면 홈 폴더 안) | Artifact store, a folder or s3://bucket/prefix (default: the one given to init, else in the home folder)
    #[arg(long, global = true, env = "MODU_STORE", value_name = "URL")]
    pub(crate) store: Option<String>,
    /// 명령을 받을 서버(https://...) | The server that is asked (https://...), in place of a home of this machine
    #[arg(long, global = true, env = "MODU_SERVER", value_name = "URL")]
    pub(crate) server: Option<String>,
    /// 서버에 보일 열쇠가 든 파일(없으면 환경 변수 MODU_KEY) | The file with the key for the server (default: the variable MODU_KEY)
    #[arg(long, global = true, env = "MODU_KEY_FILE", value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// 말 | Language (기본 default: LC_ALL·LANG, 없으면 else ko)
    #[arg(long, global = true, env = "MODU_LANG", value_name = "LANG")]
    pub(crate) lang: Option<Tongue>,
    /// 프로그램이 읽을 JSON으로 | Print one JSON document for programs
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// 진행 표시 없이 | No progress on standard error
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// A language on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Tongue {
    /// 한국어
    Ko,
    /// English
    En,
}

impl From<Tongue> for Language {
    fn from(tongue: Tongue) -> Self {
        match tongue {
            Tongue::Ko => Self::Ko,
            Tongue::En => Self::En,
        }
    }
}

/// What Modu can be asked to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// 실제 공공 데이터로 처음부터 끝까지 해 봅니다 | The whole path on real public data
    Demo(Demo),
    /// 브라우저로 여는 사업: 수요, 제안, 평가, 실증, 도입 | The programme in a browser: needs, proposals, scoring, demonstration, adoption
    Serve(Serve),
    /// 데이터 옆에서 일하는 노드: 데이터는 나가지 않습니다 | A node beside the data, which never leave it
    Node(Node),
    /// 돌고 있는 서버의 홈을 파일 하나에 담습니다 | Copy the home of a running server into one file
    Backup(Backup),
    /// 담아 둔 파일에서 새 홈을 만들고 모두 검증합니다 | Make a new home of such a file, and verify all of it
    Restore(Restore),
    /// 홈 폴더와 서명 키를 만듭니다 | Make a home folder with its signing keys
    Init(Init),
    /// 엔진 목록과 그 스키마 | The engines and their schemas
    Engines(Engines),
    /// 공공AX 실증: 기관의 데이터로 AI 솔루션을 실증합니다 | Demonstrate AI solutions on data that its owner keeps
    #[command(subcommand)]
    Proof(Proof),
    /// 인터넷 경로 보안: 바꾸기 전에 무엇이 끊길지 | Internet routes: what a change would break, before it is made
    #[command(subcommand)]
    Route(Route),
    /// 취약점 관리: 구성요소 목록을 권고와 견줍니다 | Vulnerabilities: hold lists of components against advisories
    #[command(subcommand)]
    Vuln(Vuln),
    /// 예후관리: 진료기록에서 보정된 위험과 알람까지 | Prognosis after treatment: from records to a calibrated risk and alarms
    #[command(subcommand)]
    Care(Care),
    /// 서버의 사업: 수요, 제안, 평가, 도입(--server) | The programme of a server: needs, proposals, scoring, adoption (--server)
    #[command(subcommand)]
    Programme(Programme),
    /// 서버의 실증 작업: 청하고, 살피고, 그만두기(--server) | Demonstrations at a server: ask, follow, call off (--server)
    #[command(subcommand)]
    Jobs(Jobs),
    /// 다른 곳에서 한 실행의 기록(--server) | Runs that were done elsewhere, on record at a server (--server)
    #[command(subcommand)]
    Runs(Runs),
    /// 증거: 로그, 검증, 재현, 증인 | Evidence: log, verify, replay, witness
    #[command(subcommand)]
    Evidence(Evidence),
    /// The sandboxed child of a proof run; not for people.
    #[command(name = "__proof-child", hide = true)]
    ProofChild,
}

/// `modu demo`
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// 결과를 둘 새 폴더(기본: ./modu-demo) | A fresh folder for what it makes (default: ./modu-demo)
    #[arg(long, value_name = "DIR")]
    pub(crate) into: Option<PathBuf>,
    /// 솔루션을 가둘 벽 | Walls that must stand around a solution
    #[arg(long, value_enum, default_value_t, value_name = "WALLS")]
    pub(crate) sandbox: Sandbox,
}

/// `modu serve`
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// 브라우저가 접속하는 주소; 이 컴퓨터의 것만 | Where browsers connect; an address of this machine only
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: std::net::SocketAddr,
    /// 새 홈에도 시범 사업을 넣지 않습니다 | Begin empty, without the demonstration project
    #[arg(long)]
    pub(crate) empty: bool,
    /// 실증하는 솔루션을 가둘 벽 | Walls that must stand around the solutions that are demonstrated
    #[arg(long, value_enum, default_value_t, value_name = "WALLS")]
    pub(crate) sandbox: Sandbox,
    /// 요청마다 표준 오류에 한 줄 | A line for each request on standard error
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) log: Option<Log>,
    /// 파일 대신 PostgreSQL에 둡니다; 홈이 기억합니다 | Keep the programme in PostgreSQL instead of files; the home remembers
    #[arg(
        long,
        value_name = "URL",
        env = "MODU_DATABASE",
        hide_env_values = true
    )]
    pub(crate) database: Option<String>,
    /// 한꺼번에 하는 작업의 수; 0이면 하지 않습니다 | Jobs that are worked on at once; 0 leaves them to others
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u16).range(0..=64))]
    pub(crate) workers: u16,
    /// 소식이 이만큼 없는 작업자의 일은 다른 작업자가 맡습니다(초) | After so many silent seconds a worker's job is another's
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=600))]
    pub(crate) lease: u16,
}

/// `modu node`
#[derive(Debug, Args)]
pub(crate) struct Node {
    /// 작업을 받을 서버(https://...) | The server that has the jobs (https://...)
    #[arg(long, value_name = "URL", required_unless_present = "show_key")]
    pub(crate) server: Option<String>,
    /// 데이터(.csv, .parquet)가 있는 폴더 | The folder with the data
    #[arg(long, value_name = "DIR", required_unless_present = "show_key")]
    pub(crate) data: Option<PathBuf>,
    /// 전담기관이 준 토큰이 든 파일 | The file with the token that the operator handed over
    #[arg(long, value_name = "FILE", required_unless_present = "show_key")]
    pub(crate) token_file: Option<PathBuf>,
    /// 시스템의 것 대신 믿을 인증서(PEM) | Certificates (PEM) to trust instead of the system's
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// 솔루션을 가둘 벽 | Walls that must stand around the solutions
    #[arg(long, value_enum, default_value_t, value_name = "WALLS")]
    pub(crate) sandbox: Sandbox,
    /// 전담기관에 알릴 열쇠만 보여 줍니다 | Only print the key that the operator is given
    #[arg(long)]
    pub(crate) show_key: bool,
}

/// How requests are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Log {
    /// JSON.
    Json,
}

/// `modu backup`
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// 만들 파일; 서명 키는 들어가지 않습니다 | The file to make; the signing keys are not in it
    #[arg(value_name = "FILE")]
    pub(crate) into: PathBuf,
    /// 서명 키를 따로 담을 파일 | A second file, for the signing keys
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Option<PathBuf>,
}

/// `modu restore`
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// `modu backup`이 만든 파일 | What `modu backup` made
    #[arg(value_name = "FILE")]
    pub(crate) from: PathBuf,
    /// 서명 키를 담은 파일; 없으면 읽고 검증만 합니다 | The file with the signing keys; without it one can read and verify
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Option<PathBuf>,
    /// 사업을 옮겨 담을 빈 PostgreSQL 데이터베이스 | An empty PostgreSQL database to put the programme into
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
}

/// `modu init`
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// 기관의 이름 | Name of the organisation
    #[arg(long, value_name = "NAME")]
    pub(crate) organisation: String,
    /// 서명자를 나타내는 URI | URI that names the signer, such as https://agency.example/ax
    #[arg(long, value_name = "URI")]
    pub(crate) identity: String,
    /// 서명자를 확인해 준 곳의 URI | URI of whoever vouches for the signer
    #[arg(long, value_name = "URI", default_value = "https://modu.example/self")]
    pub(crate) issuer: String,
    /// 로그의 이름(스키마 없는 URL) | Name of the log, a schema-less URL such as log.agency.example
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) origin: String,
}

/// `modu engines`
#[derive(Debug, Args)]
pub(crate) struct Engines {
    /// 한 엔진의 요청·결과 JSON Schema | Print one engine's request and report JSON Schema
    #[arg(value_name = "ENGINE")]
    pub(crate) name: Option<String>,
}

/// Which walls must stand around a solution before it runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sandbox {
    /// 모든 벽이 서야 함 | Every wall must stand
    #[default]
    Strict,
    /// Landlock이 없는 커널용 | For kernels without Landlock: every other wall must stand
    WithoutLandlock,
    /// 네임스페이스를 막는 컨테이너용 | For containers that forbid namespaces: every other wall must stand, and seccomp leaves the child no socket
    WithoutNamespaces,
    /// 네임스페이스도 Landlock도 없는 컨테이너용 | For containers without Landlock either: seccomp and resource limits must stand
    SeccompOnly,
    /// 있는 벽만: 스스로 만든 모델에만 | Whatever the kernel offers: only for models you made yourself
    Lenient,
}

impl From<Sandbox> for Strictness {
    fn from(sandbox: Sandbox) -> Self {
        match sandbox {
            Sandbox::Strict => Self::Strict,
            Sandbox::WithoutLandlock => Self::WithoutLandlock,
            Sandbox::WithoutNamespaces => Self::WithoutNamespaces,
            Sandbox::SeccompOnly => Self::SeccompOnly,
            Sandbox::Lenient => Self::Lenient,
        }
    }
}

/// `modu proof ...`
#[derive(Debug, Subcommand)]
pub(crate) enum Proof {
    /// 기준을 실행 전에 로그에 등록합니다 | Register need and criteria in the log before any run
    Register(ProofRegister),
    /// 솔루션을 돌리고, 견주고, 결정합니다 | Run the solutions, compare, decide
    Run(ProofRun),
    /// 채택한 솔루션을 새 자료로 지켜봅니다 | Watch an adopted solution on new data: decay and drift
    Watch(ProofWatch),
    /// 이 자료에 대한 제출 한도와 쓴 횟수 | What has been spent of a data set's budget of submissions
    Budget(ProofBudget),
    /// 실행 전에: 이 행 수로 무엇을 증명할 수 있는가 | Before any run: what a number of rows can prove
    Plan(ProofPlan),
    /// 공급기업에 줄 꾸러미(데이터 없음) | Everything a supplier needs but the data
    Kit(ProofKit),
    /// 제출 전 솔루션 점검 | Test a submission before sending it
    Check(ProofCheck),
}

/// `modu proof register`
#[derive(Debug, Args)]
pub(crate) struct ProofRegister {
    /// 수요와 기준 | The need and its criteria
    #[arg(value_name = "need.toml")]
    pub(crate) need: PathBuf,
}

/// `modu proof run`
#[derive(Debug, Args)]
pub(crate) struct ProofRun {
    /// 등록된 수요와 기준 | The registered need and its criteria
    #[arg(value_name = "need.toml")]
    pub(crate) need: PathBuf,
    /// 데이터(.csv, .parquet) | The data
    #[arg(long, value_name = "FILE")]
    pub(crate) data: PathBuf,
    /// 솔루션 폴더(solution.toml과 모델), 여러 번 | A solution's folder (solution.toml and its model); repeat for more
    #[arg(long = "solution", value_name = "DIR", required = true)]
    pub(crate) solutions: Vec<PathBuf>,
    /// 보고서를 둘 폴더 | Where to put the reports
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// 데이터가 이미 공개된 것: 지문을 그대로 적음 | The data is public anyway: publish its digest instead of a salted commitment
    #[arg(long)]
    pub(crate) public_data: bool,
    /// 솔루션을 가둘 벽 | Walls that must stand around a solution
    #[arg(long, value_enum, default_value_t, value_name = "WALLS")]
    pub(crate) sandbox: Sandbox,
}

/// `modu proof watch`
#[derive(Debug, Args)]
pub(crate) struct ProofWatch {
    /// 채택한 실행의 로그 번호 | Log index of the run that adopted it
    #[arg(value_name = "INDEX")]
    pub(crate) entry: u64,
    /// 라벨이 있는 새 데이터(.csv, .parquet) | New labelled data
    #[arg(long, value_name = "FILE")]
    pub(crate) data: PathBuf,
    /// 지켜볼 솔루션(여럿을 채택했을 때) | The solution, where the run adopted several
    #[arg(long, value_name = "ID")]
    pub(crate) solution: Option<String>,
    /// 보고서를 둘 폴더 | Where to put the reports
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// 눈감아 줄 만큼의 나빠짐(지표의 단위) | How much worse a measure may be before that counts, in its unit
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    pub(crate) tolerance: f64,
    /// 아무것도 바뀌지 않았을 때 분포 경보가 울릴 확률 | Chance of any drift alarm if nothing has changed
    #[arg(long, value_name = "P", default_value_t = 0.01)]
    pub(crate) false_alarms: f64,
    /// 데이터가 이미 공개된 것: 지문을 그대로 적음 | The data is public anyway: publish its digest instead of a salted commitment
    #[arg(long)]
    pub(crate) public_data: bool,
    /// 솔루션을 가둘 벽 | Walls that must stand around a solution
    #[arg(long, value_enum, default_value_t, value_name = "WALLS")]
    pub(crate) sandbox: Sandbox,
}

/// `modu proof budget`
#[derive(Debug, Args)]
pub(crate) struct ProofBudget {
    /// 한도를 정한 수요 | The need that sets the budget
    #[arg(value_name = "need.toml")]
    pub(crate) need: PathBuf,
    /// 데이터(.csv, .parquet) | The data
    #[arg(long, value_name = "FILE")]
    pub(crate) data: PathBuf,
}

/// `modu proof plan`
#[derive(Debug, Args)]
pub(crate) struct ProofPlan {
    /// 수요와 기준 | The need and its criteria
    #[arg(value_name = "need.toml")]
    pub(crate) need: PathBuf,
    /// 판정에 쓸 행 수(기본: --data나 --pilot의 행 수) | Rows to be judged on (default: those of --data or --pilot)
    #[arg(long, value_name = "N")]
    pub(crate) rows: Option<u64>,
    /// 정답과 집단의 비율을 셀 데이터 | Data whose labels and groups are counted; no feature and no score is looked at
    #[arg(long, value_name = "FILE")]
    pub(crate) data: Option<PathBuf>,
    /// 앞선 실행의 기관 보고서(owner.json) | An earlier owner's report as a pilot
    #[arg(long, value_name = "owner.json")]
    pub(crate) pilot: Option<PathBuf>,
    /// 그 보고서에서 볼 솔루션(기본: 채택된 것) | Which of its solutions (default: the adopted one)
    #[arg(long, value_name = "ID", requires = "pilot")]
    pub(crate) pilot_solution: Option<String>,
    /// 겨루는 솔루션의 수(기본: 수요에 적힌 수, 없으면 1) | Solutions that compete (default: as the need says, else 1)
    #[arg(long, value_name = "N")]
    pub(crate) contenders: Option<u32>,
    /// 바라는 채택 확률 | The wanted chance of adoption
    #[arg(long, value_name = "SHARE", default_value_t = 0.8)]
    pub(crate) power: f64,
    /// 양성의 비율 | Share of positives
    #[arg(long, value_name = "SHARE")]
    pub(crate) prevalence: Option<f64>,
    /// 한 집단이 모든 행에서 차지하는 비율, 여러 번 | A member's share of all rows, as sex/women=0.5; repeat for more
    #[arg(long = "member", value_name = "GROUP/MEMBER=SHARE", value_parser = named_number)]
    pub(crate) members: Vec<(String, f64)>,
    /// 양성으로 결정되는 비율(정밀도, F1) | Share of rows decided positive, for precision and F1
    #[arg(long, value_name = "SHARE")]
    pub(crate) selected: Option<f64>,
    /// 현행과 한쪽만 맞는 행의 비율(margin) | Share of rows on which exactly one of solution and incumbent is right, for margins
    #[arg(long, value_name = "SHARE")]
    pub(crate) discordant: Option<f64>,
    /// 기준의 참값을 가정, 여러 번 | A true value to plan for, as recall=0.75; repeat for more
    #[arg(long = "truth", value_name = "CRITERION=VALUE", value_parser = named_number)]
    pub(crate) truths: Vec<(String, f64)>,
    /// 현행보다 나은 정도의 참값, 여러 번 | A true improvement over the incumbent, likewise
    #[arg(long = "improvement", value_name = "CRITERION=VALUE", value_parser = named_number)]
    pub(crate) improvements: Vec<(String, f64)>,
}

/// `recall=0.75`.
fn named_number(text: &str) -> Result<(String, f64), String> {
    let wrong = || format!("`{text}` is not a name, `=` and a number, such as recall=0.75");
    let (name, number) = text.split_once('=').ok_or_else(wrong)?;
    let number: f64 = number.parse().map_err(|_| wrong())?;
    Ok((name.to_owned(), number))
}

/// `modu proof kit`
#[derive(Debug, Args)]
pub(crate) struct ProofKit {
    /// 수요와 기준 | The need and its criteria
    #[arg(value_name = "need.toml")]
    pub(crate) need: PathBuf,
    /// 꾸러미를 둘 새 폴더 | A fresh folder for the kit
    #[arg(long, value_name = "DIR")]
    pub(crate) into: PathBuf,
}

/// `modu proof check`
#[derive(Debug, Args)]
pub(crate) struct ProofCheck {
    /// 모델이나 그 폴더(solution.toml이 옆에 있어야 함) | The model or its folder (solution.toml beside it)
    #[arg(value_name = "model.onnx")]
    pub(crate) model: PathBuf,
    /// 꾸러미의 need.toml | The kit's need.toml
    #[arg(long, value_name = "need.toml", default_value = "need.toml")]
    pub(crate) need: PathBuf,
    /// 솔루션을 가둘 벽 | Walls that must stand around a solution
    #[arg(long, value_enum, default_value_t, value_name = "WALLS")]
    pub(crate) sandbox: Sandbox,
}

/// `modu evidence ...`
#[derive(Debug, Subcommand)]
pub(crate) enum Evidence {
    /// 로그의 항목들 | The entries of the log
    Log,
    /// 한 항목을 읽기 쉽게 | One entry, written for the reader
    Show(EvidenceIndex),
    /// 서버 없이 검증: 꾸러미 + 신뢰 뿌리 + 자료 | Verify offline: bundle + trusted root + artifact
    Verify(EvidenceVerify),
    /// Sigstore 꾸러미로 내보내기 | Export as a Sigstore bundle with its trusted root
    Export(EvidenceExport),
    /// 실행을 다시 계산해 바이트를 견줍니다 | Compute the run again and compare bytes
    Replay(EvidenceReplay),
    /// 증거를 거둡니다(지우지 않음) | Withdraw or supersede an entry; nothing is deleted
    Withdraw(EvidenceWithdraw),
    /// 로그와 저장소를 통째로 읽어 확인합니다 | Read the whole log and store and check every byte
    Audit,
    /// 열쇠를 모두 바꿉니다(옛 증거는 그대로 검증됨) | Change all keys; earlier evidence verifies as before
    Rotate,
    /// 증인: 다른 기관의 로그를 지켜봅니다 | Witness another organisation's log
    #[command(subcommand)]
    Witness(EvidenceWitness),
}

/// An entry of the log.
#[derive(Debug, Args)]
pub(crate) struct EvidenceIndex {
    /// 로그 안의 번호 | Its index in the log
    pub(crate) index: u64,
}

/// `modu evidence verify`
#[derive(Debug, Args)]
pub(crate) struct EvidenceVerify {
    /// 증거 꾸러미 | The evidence bundle
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: PathBuf,
    /// 신뢰 뿌리 | The trusted root
    #[arg(long, value_name = "trusted_root.json")]
    pub(crate) trusted_root: PathBuf,
    /// 증거가 말하는 자료 | The artifact the evidence speaks of
    #[arg(long, value_name = "FILE")]
    pub(crate) artifact: PathBuf,
    /// 자료가 말하는 표에 한 줄이 들어 있다는 증명 | A proof that one line is in a table that the artifact states
    #[arg(long, value_name = "FILE")]
    pub(crate) inclusion: Option<PathBuf>,
    /// 기대하는 서명자 URI | The signer that is expected
    #[arg(long, value_name = "URI")]
    pub(crate) identity: Option<String>,
    /// 기대하는 보증인 URI | Who is expected to vouch for the signer
    #[arg(long, value_name = "URI")]
    pub(crate) issuer: Option<String>,
    /// 믿는 증인의 열쇠(파일 또는 vkey), 여러 번 | A witness key you trust (vkey text or its file); repeat for more
    #[arg(long = "witness", value_name = "VKEY")]
    pub(crate) witnesses: Vec<String>,
    /// 보관하던 이전 체크포인트 | A checkpoint of the same log that you kept (needs --log)
    #[arg(long, value_name = "FILE", requires = "log")]
    pub(crate) earlier: Option<PathBuf>,
    /// 로그의 정적 파일 폴더 | The log's folder of static files, to prove that it continues --earlier
    #[arg(long, value_name = "DIR")]
    pub(crate) log: Option<PathBuf>,
    /// 필요한 증인 수(기본: 적은 증인 모두) | How many of them must have cosigned (default: all that you name)
    #[arg(long, value_name = "N")]
    pub(crate) quorum: Option<usize>,
}

/// `modu evidence export`
#[derive(Debug, Args)]
pub(crate) struct EvidenceExport {
    /// 로그 안의 번호 | Its index in the log
    pub(crate) index: u64,
    /// 둘 폴더 | Folder to write into
    #[arg(long, value_name = "DIR")]
    pub(crate) into: PathBuf,
    /// 증인의 서명과 함께 | With the witnesses' signatures; readers must then name their keys
    #[arg(long)]
    pub(crate) with_witnesses: bool,
}

/// `modu evidence replay`
#[derive(Debug, Args)]
pub(crate) struct EvidenceReplay {
    /// 로그 안의 번호(기본: 모든 실행) | Its index in the log (default: every run)
    pub(crate) index: Option<u64>,
    /// 솔루션을 가둘 벽 | Walls that must stand around a solution
    #[arg(long, value_enum, default_value_t, value_name = "WALLS")]
    pub(crate) sandbox: Sandbox,
}

/// `modu evidence withdraw`
#[derive(Debug, Args)]
pub(crate) struct EvidenceWithdraw {
    /// 로그 안의 번호 | Its index in the log
    pub(crate) index: u64,
    /// 까닭 | The reason
    #[arg(long)]
    pub(crate) reason: String,
    /// 대신하는 항목 | The entry that supersedes it
    #[arg(long, value_name = "INDEX")]
    pub(crate) superseded_by: Option<u64>,
}

/// `modu evidence witness ...`
#[derive(Debug, Subcommand)]
pub(crate) enum EvidenceWitness {
    /// 증인의 열쇠와 기억을 만듭니다 | Make a witness: its key and its memory
    Init(WitnessInit),
    /// 체크포인트를 확인하고 함께 서명합니다 | Check a checkpoint against the last one seen and cosign it
    Cosign(WitnessCosign),
    /// 증인의 서명을 우리 증거에 보관합니다 | Keep a witness's signature with our own evidence
    Keep(WitnessKeep),
}

/// `modu evidence witness init`
#[derive(Debug, Args)]
pub(crate) struct WitnessInit {
    /// 증인의 새 폴더 | The witness's fresh folder
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// 증인의 이름(스키마 없는 URL) | Its name, a schema-less URL such as witness.agency.example
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
}

/// `modu evidence witness cosign`
#[derive(Debug, Args)]
pub(crate) struct WitnessCosign {
    /// 증인의 폴더 | The witness's folder
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// 지켜볼 로그의 폴더(정적 파일) | The log's folder of static files: checkpoint and tiles
    #[arg(long, value_name = "DIR")]
    pub(crate) log: PathBuf,
    /// 그 로그의 신뢰 뿌리 | The log owner's trusted root
    #[arg(long, value_name = "trusted_root.json")]
    pub(crate) trusted_root: PathBuf,
    /// 함께 서명한 체크포인트를 쓸 곳 | Where to write the cosigned checkpoint
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

/// `modu evidence witness keep`
#[derive(Debug, Args)]
pub(crate) struct WitnessKeep {
    /// 증인이 함께 서명한 체크포인트 | The checkpoint that the witness cosigned
    #[arg(value_name = "FILE")]
    pub(crate) checkpoint: PathBuf,
    /// 증인의 열쇠(vkey 또는 파일), 여러 번 | The witness's key (vkey text or its file); repeat for more
    #[arg(long = "witness", value_name = "VKEY", required = true)]
    pub(crate) witnesses: Vec<String>,
}
