//! A plan's numbers as sentences.

use modu_kernel::{Label, grouped};

use super::Circumstances;
use super::composition::Origin;
use super::outcome::{Asked, Method, Missing, Outlook, Stated};
use crate::need::{Direction, percent};

/// A number with four digits after the point at most.
fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

/// What a comparison comes to.
pub(super) fn sentence(
    of: &Circumstances,
    asked: Asked,
    direction: Direction,
    outlook: &Outlook,
) -> Label {
    let what = match asked {
        Asked::Threshold => Label::new("참값이", "a true value of"),
        Asked::Margin => Label::new("현행보다 나은 정도의 참값이", "a true improvement of"),
    };
    let power = percent(of.power.get());
    match outlook {
        Outlook::Planned {
            carried,
            detectable,
            stated,
            ..
        } => {
            let (carried, sign) = (grouped(*carried), direction.sign());
            let mut label = match detectable {
                Some(value) => {
                    let value = number(value.get());
                    Label::new(
                        format!(
                            "행 {carried}개로는 {} {sign} {value}이어야 {power}% 확률로 증명됩니다.",
                            what.ko
                        ),
                        format!(
                            "With {carried} rows that count, it takes {} {sign} {value} to be proven with a chance of {power}%.",
                            what.en
                        ),
                    )
                }
                None => Label::new(
                    format!("행 {carried}개로는 어떤 값도 {power}% 확률로 증명되지 않습니다."),
                    format!(
                        "With {carried} rows that count, no value is proven with a chance of {power}%."
                    ),
                ),
            };
            if let Some(stated) = stated {
                let more = of_stated(stated, &what, &power);
                label = Label::new(
                    format!("{} {}", label.ko, more.ko),
                    format!("{} {}", label.en, more.en),
                );
            }
            label
        }
        Outlook::TooFewRows {
            rows_needed: Some(rows),
        } => {
            let rows = grouped(*rows);
            Label::new(
                format!("행이 너무 적어 판정하지 않습니다. 적어도 {rows}행이 필요합니다."),
                format!("Too few rows to be judged at all; it takes {rows} rows."),
            )
        }
        Outlook::TooFewRows { rows_needed: None } => Label::new(
            "행이 몇 개라도 판정할 수 없습니다. 집단이나 부류가 비어 있습니다.",
            "No number of rows suffices: a member or class is empty.",
        ),
        Outlook::TooFewReplicates => Label::new(
            "재표집 횟수가 이 신뢰수준의 한계를 받치기에 너무 적습니다. 수요의 replicates를 늘리십시오.",
            "Too few replicates carry a limit at this confidence; raise `replicates` in the need.",
        ),
        Outlook::NotPlanned { missing } => match missing {
            Missing::Prevalence => Label::new(
                "양성의 비율을 알아야 합니다. --prevalence, --data 또는 --pilot을 주십시오.",
                "The share of positives must be known; give --prevalence, --data or --pilot.",
            ),
            Missing::Pilot => Label::new(
                "이 지표에는 식이 없습니다. 앞선 실행의 보고서(--pilot)가 필요합니다.",
                "There is no formula for this measure; bring an earlier run's report (--pilot).",
            ),
            Missing::Nothing => Label::new(
                "모든 솔루션에서 같은 값이라 계획할 것이 없습니다.",
                "It is the same for every solution, so there is nothing to plan.",
            ),
        },
    }
}

fn of_stated(stated: &Stated, what: &Label, power: &str) -> Label {
    let (truth, chance) = (number(stated.truth.get()), percent_of(stated.chance.get()));
    match stated.rows_needed {
        Some(rows) => {
            let rows = grouped(rows);
            Label::new(
                format!(
                    "{} {truth}이면 확률은 {chance}%이고, {power}%에는 모두 {rows}행이 필요합니다.",
                    what.ko
                ),
                format!(
                    "For {} {truth} the chance is {chance}%; for {power}% it takes {rows} rows in all.",
                    what.en
                ),
            )
        }
        None => Label::new(
            format!("{} {truth}이면 행이 몇 개라도 증명되지 않습니다.", what.ko),
            format!("For {} {truth} no number of rows suffices.", what.en),
        ),
    }
}

/// A chance in percent with one digit after the point.
fn percent_of(share: f64) -> String {
    let text = format!("{:.1}", share * 100.0);
    text.trim_end_matches(".0").to_owned()
}

/// What the plan rests on.
pub(super) fn assumptions(
    of: &Circumstances,
    methods: &[Method],
    comparisons: usize,
) -> Vec<Label> {
    let mut list = vec![match of.composition.origin {
        Origin::Assumed => Label::new(
            "부류와 집단의 비율은 가정한 값입니다. 따로 주지 않은 집단은 크기가 같다고 보았습니다.",
            "The shares of classes and members are assumed; members that were not given a share are taken to be equally large.",
        ),
        Origin::Counted => Label::new(
            "부류와 집단의 비율은 데이터에서 센 값입니다. 특징과 점수는 보지 않았습니다.",
            "The shares of classes and members were counted in the data; no feature and no score was looked at.",
        ),
        Origin::Pilot => Label::new(
            "부류와 집단의 비율은 앞선 실행의 것입니다.",
            "The shares of classes and members are those of the pilot.",
        ),
    }];
    if of.contenders > 1 {
        let contenders = of.contenders;
        list.push(Label::new(
            format!("솔루션 {contenders}개가 겨루므로 홀름 절차의 첫 단계, 가장 엄격한 신뢰수준으로 계획했습니다."),
            format!("As {contenders} solutions compete, it is planned at the strictest confidence, that of the first step of Holm's procedure."),
        ));
    }
    if comparisons > 1 {
        list.push(Label::new(
            format!("비교 {comparisons}개가 모두 충족되어야 합니다. 놓칠 확률을 고르게 나누었으므로(본페로니) 서로 어떻게 얽혀 있어도 성립합니다."),
            format!("All {comparisons} comparisons must be met. The chance of missing is shared out equally among them (Bonferroni), which holds however they depend on each other."),
        ));
    }
    if methods.iter().any(|method| *method != Method::Exact) {
        list.push(Label::new(
            "정확하다고 적지 않은 것은 정규 근사이며, 식이 모르는 값은 가장 불리하게 잡았습니다.",
            "What is not called exact is a normal approximation; what a formula does not know is taken at its worst.",
        ));
    }
    if let Some(pilot) = &of.pilot {
        let id = pilot.solution();
        list.push(Label::new(
            format!("앞선 실행의 솔루션 {id}의 값과 표준오차를 썼습니다. 추정값은 참값이 아닙니다."),
            format!("Values and standard errors are those of the pilot's solution {id}; an estimate is not the truth."),
        ));
    }
    list
}
