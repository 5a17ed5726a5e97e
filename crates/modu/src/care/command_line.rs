//! The commands of `modu care ...` and their options.

use clap::Subcommand;

use super::alarm::CareAlarm;
use super::alert::CareAlert;
use super::card::CareCard;
use super::cohort::CareCohort;
use super::fit::CareFit;
use super::key::CareKey;
use super::link::CareLink;
use super::page::CarePage;
use super::plan::CarePlan;
use super::predict::CarePredict;
use super::score::CareScore;
use super::states::CareStates;
use super::validate::CareValidate;

/// `modu care ...`
#[derive(Debug, Subcommand)]
pub(crate) enum Care {
    /// 감당할 경보 수에서 문턱값을 정합니다 | From how many alarms the staff can answer to a threshold
    Alarm(CareAlarm),
    /// 경보 대기열: 올리고, 맡고, 넘기고, 끝냅니다 | The queue of alerts: raise, take on, send on, close
    #[command(subcommand)]
    Alert(CareAlert),
    /// TRIPOD+AI 순서의 모형 카드 | The model card in the order of TRIPOD+AI
    Card(CareCard),
    /// 진료기록과 정의에서 분석표를 만듭니다 | Make an analysis table from records and a definition
    Cohort(CareCohort),
    /// 가명을 만들 비밀 열쇠를 만듭니다(병원 안에 둘 것) | Make the secret key of pseudonyms; it stays at the hospital
    Key(CareKey),
    /// 환자 안내문이나 병동 대기열을 보는 링크를 만듭니다 | A link to a patient's page, or a ward's queue
    Link(CareLink),
    /// 환자 안내문과 의료진용 요약을 만듭니다 | The patient's own page, and the clinician's
    Page(CarePage),
    /// 위험에 따라 누구에게 언제 무엇을 할지 | What is done for whom until when, by their risk
    Plan(CarePlan),
    /// 모형으로 오늘의 환자마다 위험을 셈합니다 | The risk of each patient today, by a model, and what moved it
    Predict(CarePredict),
    /// NEWS2, MEWS, qSOFA를 매깁니다 | Score by NEWS2, MEWS and qSOFA
    Score(CareScore),
    /// 건강·병·사망 같은 상태의 비율과 옮겨 가는 빠르기 | Shares in states such as well, ill and dead, and how often people move
    States(CareStates),
    /// 분석표로 예후 모형을 만듭니다 | Make a prognostic model of an analysis table
    Fit(CareFit),
    /// 다른 병원의 표로 모형을 검증하고 다시 보정합니다 | Try a model at another hospital and recalibrate it
    Validate(CareValidate),
}
