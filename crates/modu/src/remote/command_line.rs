//! `modu programme ...`, `modu jobs ...` and `modu runs ...`: what is asked of
//! a server.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use modu_client::wire::value::{DigestName, Line, Moment, Number, Prose};
use modu_client::wire::{KindName, NodeKeyName, Points, RoleName, UrgencyName};

/// A number as an address carries it.
fn number(text: &str) -> Result<Number, String> {
    let wrong = |()| format!("`{text}` is not a whole number from 0 on");
    text.parse().map_err(wrong)
}

fn line(text: &str) -> Result<Line, String> {
    Line::try_from(text.to_owned()).map_err(str::to_owned)
}

fn prose(text: &str) -> Result<Prose, String> {
    Prose::try_from(text.to_owned()).map_err(str::to_owned)
}

fn digest(text: &str) -> Result<DigestName, String> {
    let wrong = |error: modu_kernel::DigestError| error.to_string();
    text.parse().map(DigestName).map_err(wrong)
}

fn moment(text: &str) -> Result<Moment, String> {
    let wrong = |_| format!("`{text}` is not a moment such as 2026-12-01T00:00:00Z");
    text.parse().map(Moment).map_err(wrong)
}

/// `40,30,15,15`.
fn points(text: &str) -> Result<Points, String> {
    let wrong = || format!("`{text}` is not four points such as 32,24,12,12");
    let given: Vec<u16> = (text.split(',').map(|part| part.trim().parse()))
        .collect::<Result<_, _>>()
        .map_err(|_| wrong())?;
    match given[..] {
        [fit, technique, safety, delivery] => Ok(Points {
            fit,
            technique,
            safety,
            delivery,
        }),
        _ => Err(wrong()),
    }
}

/// `auc=0.93`.
fn metric(text: &str) -> Result<(Line, f64), String> {
    let (name, value) = named(text)?;
    let value: f64 = (value.parse().ok())
        .filter(|value: &f64| value.is_finite())
        .ok_or_else(|| format!("`{value}` is no finite number"))?;
    Ok((name, value))
}

/// `depth=6`.
fn parameter(text: &str) -> Result<(Line, Line), String> {
    let (name, value) = named(text)?;
    Ok((name, line(value)?))
}

fn named(text: &str) -> Result<(Line, &str), String> {
    let parts = text.split_once('=');
    let (name, value) = parts.ok_or_else(|| format!("`{text}` is not a name, `=` and a value"))?;
    Ok((line(name)?, value))
}

/// `modu programme ...`
#[derive(Debug, Subcommand)]
pub(crate) enum Programme {
    /// 내 열쇠가 누구의 것인지 | Who one is there
    Me,
    /// 모든 사업 | All projects
    Projects,
    /// 사업 하나 | One project
    Project(Numbered),
    /// 볼 수 있는 제안 | The proposals of a project that one may see
    Proposals(Numbered),
    /// 수요를 공개합니다(수요기관) | Publish a need (demand agency)
    Publish(Publish),
    /// 사업의 다음 단계 | A step of a project
    Step(TakeStep),
    /// 모든 기관 | All organisations
    Organisations,
    /// 기관을 등록합니다(전담기관) | Register an organisation (operator)
    Register(Register),
    /// 모든 사람 | All people
    People,
    /// 사람을 등록합니다(전담기관) | Enrol a person (operator)
    Enrol(Enrol),
    /// 사람의 활동을 멈춥니다(전담기관) | Suspend a person (operator)
    Suspend(Numbered),
    /// 멈춘 사람을 다시 들입니다(전담기관) | Reinstate a person (operator)
    Reinstate(Numbered),
    /// 이력 | The history
    History(After),
    /// 볼 수 있는 데이터와 그 자리 | The data that one may know of, and where they lie
    Data,
    /// 데이터 옆의 노드 | Nodes beside the data
    Nodes,
    /// 노드를 들입니다(전담기관) | Let a node in (operator)
    AdmitNode(AdmitNode),
    /// 노드를 내보냅니다(전담기관) | Shut a node out (operator)
    ShutNodeOut(Numbered),
    /// 내 열쇠 목록 | One's own keys
    Keys,
    /// 내 열쇠 하나를 끝냅니다 | End a key of one's own
    EndKey(Numbered),
}

/// One thing by its number.
#[derive(Debug, Args)]
pub(crate) struct Numbered {
    /// 번호 | Its number
    #[arg(value_parser = number)]
    pub(crate) number: Number,
}

/// Where a list begins.
#[derive(Debug, Args)]
pub(crate) struct After {
    /// 이 번호 다음부터 | Begin after this number
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    pub(crate) after: Option<Number>,
}

/// `modu programme publish`
#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// 사업의 이름 | What the project is called
    #[arg(value_parser = line)]
    pub(crate) title: Line,
    /// 무엇이 필요한지 | What is needed
    #[arg(long, value_name = "TEXT", value_parser = prose, default_value = "")]
    pub(crate) description: Prose,
    /// `modu proof register`가 알려 준 다이제스트 | The need's digest as `modu proof register` told it
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    pub(crate) need: Option<DigestName>,
}

/// `modu programme step`
#[derive(Debug, Args)]
pub(crate) struct TakeStep {
    /// 사업의 번호 | The project's number
    #[arg(value_parser = number)]
    pub(crate) project: Number,
    #[command(subcommand)]
    pub(crate) step: Step,
}

/// A step of a project.
#[derive(Debug, Subcommand)]
pub(crate) enum Step {
    /// 공모를 엽니다(전담기관) | Ask for proposals (operator)
    OpenCall {
        /// 마감 | Until when, as 2026-12-01T00:00:00Z
        #[arg(long, value_name = "TIME", value_parser = moment)]
        closes: Moment,
    },
    /// 제안합니다(공급기업) | Propose (supplier)
    Propose {
        /// 제안의 이름 | What it is called
        #[arg(value_parser = line)]
        title: Line,
        /// 내용 | What is proposed
        #[arg(long, value_name = "TEXT", value_parser = prose, default_value = "")]
        summary: Prose,
        /// 낸 솔루션의 다이제스트 | The solution, where it is submitted already
        #[arg(long, value_name = "DIGEST", value_parser = digest)]
        solution: Option<DigestName>,
    },
    /// 제안을 거둡니다(공급기업) | Take a proposal back (supplier)
    Withdraw(Numbered),
    /// 공모를 닫고 평가위원을 정합니다(전담기관) | End the call and say who judges (operator)
    CloseCall {
        /// 평가위원, 여러 번 | An evaluator; repeat for more
        #[arg(long = "evaluator", value_name = "NUMBER", value_parser = number)]
        evaluators: Vec<Number>,
    },
    /// 평가위원을 더 정합니다(전담기관) | Have one more evaluator judge (operator)
    AppointEvaluator {
        /// 평가위원 | Who
        #[arg(value_parser = number)]
        evaluator: Number,
    },
    /// 평가위원의 평가표를 더 기다리지 않습니다(전담기관) | Wait no longer for an evaluator's sheets (operator)
    ReleaseEvaluator {
        /// 평가위원 | For whom
        #[arg(value_parser = number)]
        evaluator: Number,
        /// 까닭 | Why
        #[arg(long, value_name = "TEXT", value_parser = prose)]
        reason: Prose,
    },
    /// 제안의 평가에서 물러납니다(평가위원) | Step back from judging a proposal (evaluator)
    Recuse {
        /// 제안 | Which
        #[arg(value_parser = number)]
        proposal: Number,
        /// 까닭 | Why
        #[arg(long, value_name = "TEXT", value_parser = prose)]
        reason: Prose,
    },
    /// 평가표를 봉인합니다(평가위원) | Seal one's sheet on a proposal (evaluator)
    Score {
        /// 제안 | Which
        #[arg(value_parser = number)]
        proposal: Number,
        /// 점수: 수요 부합성(40), 기술성(30), 안전·책임성(15), 수행 역량(15) | The points: fit, technique, safety, delivery
        #[arg(long, value_name = "N,N,N,N", value_parser = points)]
        points: Points,
        /// 의견 | The reasons
        #[arg(long, value_name = "TEXT", value_parser = prose, default_value = "")]
        comment: Prose,
    },
    /// 평가표를 모두 엽니다(전담기관) | Open all sheets together (operator)
    OpenScores,
    /// 실증할 제안을 고릅니다(전담기관) | Say who may demonstrate (operator)
    Select {
        /// 제안, 여러 번 | A proposal; repeat for more
        #[arg(long = "proposal", value_name = "NUMBER", value_parser = number)]
        proposals: Vec<Number>,
        /// 까닭 | Why these
        #[arg(long, value_name = "TEXT", value_parser = prose)]
        reason: Prose,
    },
    /// 도입합니다(수요기관) | Take into use (demand agency)
    Adopt(Numbered),
    /// 사용을 끝냅니다(수요기관) | End the use (demand agency)
    Retire {
        /// 제안 | Of what
        #[arg(value_parser = number)]
        proposal: Number,
        /// 까닭 | Why
        #[arg(long, value_name = "TEXT", value_parser = prose)]
        reason: Prose,
    },
    /// 사업을 끝냅니다(전담기관) | End the project (operator)
    Close {
        /// 까닭 | Why
        #[arg(long, value_name = "TEXT", value_parser = prose)]
        reason: Prose,
    },
}

/// A role on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Role {
    /// 수요기관
    DemandAgency,
    /// 공급기업
    Supplier,
    /// 평가위원
    Evaluator,
    /// 전담기관
    Operator,
    /// 감사
    Auditor,
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::DemandAgency => Self::DemandAgency,
            Role::Supplier => Self::Supplier,
            Role::Evaluator => Self::Evaluator,
            Role::Operator => Self::Operator,
            Role::Auditor => Self::Auditor,
        }
    }
}

/// A kind of organisation on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    /// 수요기관
    DemandAgency,
    /// 공급기업
    Supplier,
    /// 전담기관
    Operator,
    /// 감사기관
    Auditor,
}

impl From<Kind> for KindName {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::DemandAgency => Self::DemandAgency,
            Kind::Supplier => Self::Supplier,
            Kind::Operator => Self::Operator,
            Kind::Auditor => Self::Auditor,
        }
    }
}

/// `modu programme register`
#[derive(Debug, Args)]
pub(crate) struct Register {
    /// 기관의 이름 | Its name
    #[arg(value_parser = line)]
    pub(crate) name: Line,
    /// 하는 일 | What it does
    #[arg(long, value_enum)]
    pub(crate) kind: Kind,
}

/// `modu programme enrol`
#[derive(Debug, Args)]
pub(crate) struct Enrol {
    /// 이름 | The person's name
    #[arg(value_parser = line)]
    pub(crate) name: Line,
    /// 기관의 번호 | The organisation
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    pub(crate) organisation: Number,
    /// 역할 | In what capacity
    #[arg(long, value_enum)]
    pub(crate) role: Role,
}

fn node_key(text: &str) -> Result<NodeKeyName, String> {
    NodeKeyName::try_from(text.to_owned()).map_err(str::to_owned)
}

/// `modu programme admit-node`
#[derive(Debug, Args)]
pub(crate) struct AdmitNode {
    /// 노드의 이름 | What the node is called
    #[arg(value_parser = line)]
    pub(crate) name: Line,
    /// 데이터가 있는 기관 | The agency whose data it stands beside
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    pub(crate) organisation: Number,
    /// 노드의 기계에서 `modu node --show-key`가 보여 주는 열쇠 | The key that `modu node --show-key` prints on the node's machine
    #[arg(long, value_name = "KEY", value_parser = node_key)]
    pub(crate) key: NodeKeyName,
    /// 토큰을 둘 새 파일(기본: 화면에 한 번) | A new file for the token (default: shown once)
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
}

/// `modu jobs ...`
#[derive(Debug, Subcommand)]
pub(crate) enum Jobs {
    /// 선정된 제안의 실증을 청합니다(수요기관) | Ask for a demonstration of selected proposals (demand agency)
    Ask(Ask),
    /// 볼 수 있는 작업들 | The jobs that one may look at
    List(ListJobs),
    /// 작업 하나: 어디까지 왔고 어떻게 끝났는지 | One job: how far it is, and how it came out
    Show(ShowJob),
    /// 작업에 있었던 일 | What happened to a job
    Log(Numbered),
    /// 작업을 그만둡니다(수요기관) | Call a job off (demand agency)
    Cancel(Numbered),
}

/// `modu jobs ask`
#[derive(Debug, Args)]
pub(crate) struct Ask {
    /// 사업의 번호 | The project's number
    #[arg(value_parser = number)]
    pub(crate) project: Number,
    /// 선정된 제안, 여러 번 | A selected proposal; repeat for more
    #[arg(long = "proposal", value_name = "NUMBER", value_parser = number, required = true)]
    pub(crate) proposals: Vec<Number>,
    /// 데이터의 번호(`modu programme data`) | The data's number (`modu programme data`)
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    pub(crate) data: Number,
    /// 기관의 작업 가운데 차례 | Which of the agency's own jobs goes first
    #[arg(long, value_enum, default_value_t)]
    pub(crate) urgency: Urgency,
    /// 끝날 때까지 기다립니다 | Wait until it is over
    #[arg(long)]
    pub(crate) wait: bool,
}

/// `modu jobs list`
#[derive(Debug, Args)]
pub(crate) struct ListJobs {
    /// 이 사업의 작업만 | Of this project only
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    pub(crate) project: Option<Number>,
    /// 이 번호 다음부터 | Begin after this number
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    pub(crate) after: Option<Number>,
}

/// `modu jobs show`
#[derive(Debug, Args)]
pub(crate) struct ShowJob {
    /// 번호 | Its number
    #[arg(value_parser = number)]
    pub(crate) number: Number,
    /// 끝날 때까지 기다립니다 | Wait until it is over
    #[arg(long)]
    pub(crate) wait: bool,
}

/// An urgency on the command line.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum Urgency {
    /// 다른 일이 없을 때 | When nothing else is to be done
    Low,
    /// 온 차례대로 | As it comes
    #[default]
    Normal,
    /// 다른 것보다 먼저 | Before the others
    High,
}

impl From<Urgency> for UrgencyName {
    fn from(urgency: Urgency) -> Self {
        match urgency {
            Urgency::Low => Self::Low,
            Urgency::Normal => Self::Normal,
            Urgency::High => Self::High,
        }
    }
}

/// `modu runs ...`
#[derive(Debug, Subcommand)]
pub(crate) enum Runs {
    /// 다른 곳에서 한 실행을 기록으로 남깁니다 | Put a run that was done elsewhere on record
    Record(Record),
    /// 기록된 실행들 | The runs on record
    List(After),
    /// 실행 하나 | One run on record
    Show(Numbered),
    /// 함께 낸 파일을 받습니다 | A file that was handed in with a run
    File(RunFile),
}

/// `modu runs record`
#[derive(Debug, Args)]
pub(crate) struct Record {
    /// 실행의 이름 | What the run is called
    #[arg(value_parser = line)]
    pub(crate) name: Line,
    /// 잰 것, 여러 번 | A figure, as auc=0.93; repeat for more
    #[arg(long = "metric", value_name = "NAME=NUMBER", value_parser = metric)]
    pub(crate) metrics: Vec<(Line, f64)>,
    /// 설정, 여러 번 | A setting, as depth=6; repeat for more
    #[arg(long = "parameter", value_name = "NAME=TEXT", value_parser = parameter)]
    pub(crate) parameters: Vec<(Line, Line)>,
    /// 함께 낼 파일(모두 2 MiB까지), 여러 번 | A file to hand in (2 MiB in all); repeat for more
    #[arg(long = "file", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// 다이제스트만 적을 파일, 여러 번 | A file that stays here: only its digest is told; repeat for more
    #[arg(long = "named", value_name = "FILE")]
    pub(crate) named: Vec<PathBuf>,
}

/// `modu runs file`
#[derive(Debug, Args)]
pub(crate) struct RunFile {
    /// 실행의 번호 | The run's number
    #[arg(value_parser = number)]
    pub(crate) run: Number,
    /// 목록에서 몇째인지(0부터) | The file's place in its list, from 0
    #[arg(value_parser = number)]
    pub(crate) file: Number,
    /// 저장할 곳 | Where to write it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}
