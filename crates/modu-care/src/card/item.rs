//! The items, in the order of the statement, in our own words, and what of the
//! runs' reports answers each.

use modu_kernel::Label;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::input::{ALARM, COHORT, FIT, VALIDATE};

/// A part of the card.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is its own name")]
pub enum Section {
    Title,
    Abstract,
    Introduction,
    Methods,
    OpenScience,
    Involvement,
    Results,
    Discussion,
}

impl Section {
    /// Its name for people.
    #[must_use]
    pub fn label(self) -> Label {
        let (ko, en) = match self {
            Self::Title => ("제목", "Title"),
            Self::Abstract => ("요약", "Abstract"),
            Self::Introduction => ("배경", "Introduction"),
            Self::Methods => ("방법", "Methods"),
            Self::OpenScience => ("공개", "Open science"),
            Self::Involvement => ("환자와 시민의 참여", "Patients and the public"),
            Self::Results => ("결과", "Results"),
            Self::Discussion => ("논의", "Discussion"),
        };
        Label::new(ko, en)
    }
}

/// Where in a run's report something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The input.
    pub input: &'static str,
    /// JSON pointer (RFC 6901).
    pub pointer: &'static str,
}

/// An item of the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// The statement's number.
    pub number: &'static str,
    /// The part that it belongs to.
    pub section: Section,
    /// What it asks, in Korean.
    pub ko: &'static str,
    /// What it asks, in English.
    pub en: &'static str,
    /// Whether runs alone cannot answer it.
    pub needs_person: bool,
    /// What of the reports answers it.
    pub places: &'static [Place],
}

const fn at(input: &'static str, pointer: &'static str) -> Place {
    Place { input, pointer }
}

const fn run(
    number: &'static str,
    section: Section,
    (ko, en): (&'static str, &'static str),
    places: &'static [Place],
) -> Item {
    Item {
        number,
        section,
        ko,
        en,
        needs_person: false,
        places,
    }
}

const fn person(
    number: &'static str,
    section: Section,
    (ko, en): (&'static str, &'static str),
    places: &'static [Place],
) -> Item {
    Item {
        number,
        section,
        ko,
        en,
        needs_person: true,
        places,
    }
}

/// All items.
pub const ITEMS: &[Item] = &[
    person(
        "1",
        Section::Title,
        (
            "제목: 무엇을 예측하는 어떤 모형인가",
            "title: which model predicts what",
        ),
        &[at(COHORT, "/title")],
    ),
    person("2", Section::Abstract, ("요약", "abstract"), &[]),
    person(
        "3a",
        Section::Introduction,
        (
            "어떤 진료 상황에서 왜 필요한가",
            "which situation of care, and why it needs a prediction",
        ),
        &[],
    ),
    person(
        "3b",
        Section::Introduction,
        (
            "누구를 위한 것이고 누가 쓰는가",
            "for whom it is and who uses it",
        ),
        &[],
    ),
    person(
        "3c",
        Section::Introduction,
        ("이미 알려진 건강 불평등", "known inequalities of health"),
        &[],
    ),
    person(
        "4",
        Section::Introduction,
        (
            "목적: 개발인가 검증인가",
            "aims: development, evaluation or both",
        ),
        &[],
    ),
    person(
        "5a",
        Section::Methods,
        (
            "자료의 출처와 대표성",
            "where the data come from, and whom they stand for",
        ),
        &[
            at(COHORT, "/cohort"),
            at(COHORT, "/records_read"),
            at(COHORT, "/records"),
        ],
    ),
    person(
        "5b",
        Section::Methods,
        ("자료의 기간", "the dates of the data"),
        &[at(COHORT, "/follow_up_days")],
    ),
    person(
        "6a",
        Section::Methods,
        (
            "장소: 몇 기관, 어떤 기관",
            "the setting: how many and which institutions",
        ),
        &[],
    ),
    run(
        "6b",
        Section::Methods,
        ("누가 들어가고 누가 빠지는가", "who was eligible"),
        &[
            at(COHORT, "/definition"),
            at(COHORT, "/index_events_left_out"),
        ],
    ),
    person(
        "6c",
        Section::Methods,
        ("받은 치료", "treatments that were received"),
        &[],
    ),
    run(
        "7",
        Section::Methods,
        (
            "자료의 준비와 품질 점검",
            "how data were prepared and checked",
        ),
        &[at(COHORT, "/records")],
    ),
    person(
        "8a",
        Section::Methods,
        ("결과의 정의와 시점", "the outcome, its horizon and why it"),
        &[at(COHORT, "/events"), at(FIT, "/made_of")],
    ),
    person(
        "8b",
        Section::Methods,
        ("결과 판정자의 자격", "who judged the outcome"),
        &[],
    ),
    person(
        "8c",
        Section::Methods,
        ("결과 판정의 눈가림", "whether the outcome was judged blind"),
        &[],
    ),
    person(
        "9a",
        Section::Methods,
        ("예측 변수를 고른 방법", "how predictors were chosen"),
        &[at(FIT, "/terms")],
    ),
    run(
        "9b",
        Section::Methods,
        (
            "예측 변수의 정의와 시점",
            "the predictors, and when each was measured",
        ),
        &[at(COHORT, "/predictors")],
    ),
    person(
        "9c",
        Section::Methods,
        (
            "예측 변수를 판정한 이",
            "who judged predictors that need judgement",
        ),
        &[],
    ),
    person(
        "10",
        Section::Methods,
        ("표본의 크기와 근거", "sample size, and why it suffices"),
        &[at(COHORT, "/rows"), at(FIT, "/made_of")],
    ),
    run(
        "11",
        Section::Methods,
        ("없는 값을 다룬 방법", "how missing values were handled"),
        &[at(FIT, "/missing"), at(VALIDATE, "/filled")],
    ),
    run(
        "12a",
        Section::Methods,
        ("자료를 나눈 방법", "how data were used and split"),
        &[at(FIT, "/resamples"), at(VALIDATE, "/rows")],
    ),
    run(
        "12b",
        Section::Methods,
        ("예측 변수를 다룬 방법", "how predictors entered the model"),
        &[at(FIT, "/terms")],
    ),
    run(
        "12c",
        Section::Methods,
        (
            "모형의 종류와 만든 단계, 내부 검증",
            "kind of model, steps of making it, internal validation",
        ),
        &[at(FIT, "/method"), at(FIT, "/resamples")],
    ),
    person(
        "12d",
        Section::Methods,
        ("기관 사이의 차이", "differences between institutions"),
        &[at(FIT, "/clusters"), at(VALIDATE, "/clusters")],
    ),
    run(
        "12e",
        Section::Methods,
        ("성능의 척도와 그림", "measures of performance"),
        &[
            at(FIT, "/apparent"),
            at(VALIDATE, "/performance"),
            at(ALARM, "/request"),
        ],
    ),
    run(
        "12f",
        Section::Methods,
        ("모형의 갱신", "updating of the model"),
        &[at(VALIDATE, "/recalibration")],
    ),
    run(
        "12g",
        Section::Methods,
        (
            "검증에서 예측값을 낸 방법",
            "how predictions were computed in the evaluation",
        ),
        &[at(VALIDATE, "/model")],
    ),
    person(
        "13",
        Section::Methods,
        (
            "드문 결과를 다룬 방법",
            "how an imbalance of the outcome was handled",
        ),
        &[],
    ),
    person(
        "14",
        Section::Methods,
        ("공정성을 위해 한 것", "what was done for fairness"),
        &[],
    ),
    run(
        "15",
        Section::Methods,
        (
            "모형이 내놓는 것과 문턱값",
            "what the model puts out, and thresholds",
        ),
        &[
            at(ALARM, "/chosen/threshold"),
            at(ALARM, "/chosen/alarms_a_day"),
        ],
    ),
    run(
        "16",
        Section::Methods,
        (
            "개발 자료와 검증 자료의 차이",
            "how development and evaluation data differ",
        ),
        &[at(VALIDATE, "/drift")],
    ),
    person(
        "17",
        Section::Methods,
        ("윤리 승인과 동의", "ethical approval and consent"),
        &[],
    ),
    person("18a", Section::OpenScience, ("연구비", "funding"), &[]),
    person(
        "18b",
        Section::OpenScience,
        ("이해 충돌", "conflicts of interest"),
        &[],
    ),
    person(
        "18c",
        Section::OpenScience,
        ("연구 계획서", "protocol"),
        &[at(COHORT, "/definition")],
    ),
    person("18d", Section::OpenScience, ("등록", "registration"), &[]),
    person(
        "18e",
        Section::OpenScience,
        ("자료를 볼 수 있는 곳", "where the data can be had"),
        &[],
    ),
    person(
        "18f",
        Section::OpenScience,
        (
            "코드와 모형을 볼 수 있는 곳",
            "where code and model can be had",
        ),
        &[at(FIT, "/model")],
    ),
    person(
        "19",
        Section::Involvement,
        (
            "환자와 시민의 참여",
            "involvement of patients and the public",
        ),
        &[],
    ),
    run(
        "20a",
        Section::Results,
        (
            "사람의 흐름: 들어오고 빠진 수, 결과의 수",
            "flow of people, and outcomes",
        ),
        &[
            at(COHORT, "/people"),
            at(COHORT, "/people_left_out"),
            at(COHORT, "/people_in"),
            at(COHORT, "/events"),
        ],
    ),
    run(
        "20b",
        Section::Results,
        ("사람들의 특성", "characteristics of the people"),
        &[at(COHORT, "/predictors"), at(COHORT, "/follow_up_days")],
    ),
    run(
        "20c",
        Section::Results,
        (
            "검증 자료에서의 특성 비교",
            "characteristics beside those of the development data",
        ),
        &[at(VALIDATE, "/drift/case_mix"), at(VALIDATE, "/outside")],
    ),
    run(
        "21",
        Section::Results,
        (
            "분석마다 사람과 사건의 수",
            "people and events in each analysis",
        ),
        &[
            at(FIT, "/made_of"),
            at(VALIDATE, "/rows"),
            at(VALIDATE, "/events"),
            at(ALARM, "/people"),
            at(ALARM, "/events"),
        ],
    ),
    run(
        "22",
        Section::Results,
        (
            "모형 전체: 계수와 기저 위험",
            "the whole model: coefficients and baseline",
        ),
        &[at(FIT, "/model"), at(FIT, "/terms")],
    ),
    run(
        "23a",
        Section::Results,
        ("성능과 그 구간", "performance with intervals"),
        &[
            at(FIT, "/apparent"),
            at(FIT, "/corrected_harrell"),
            at(VALIDATE, "/performance"),
            at(ALARM, "/chosen"),
        ],
    ),
    person(
        "23b",
        Section::Results,
        (
            "집단과 기관에 따른 성능",
            "performance by group and institution",
        ),
        &[at(VALIDATE, "/judged")],
    ),
    run(
        "24",
        Section::Results,
        ("모형 갱신의 결과", "results of updating"),
        &[
            at(VALIDATE, "/recalibrated"),
            at(VALIDATE, "/judged_recalibrated"),
        ],
    ),
    person(
        "25",
        Section::Discussion,
        ("해석", "interpretation"),
        &[at(VALIDATE, "/verdict")],
    ),
    person("26", Section::Discussion, ("한계", "limitations"), &[]),
    person(
        "27a",
        Section::Discussion,
        (
            "쓸 때 나쁜 자료를 다루는 법",
            "what happens with poor or missing data in use",
        ),
        &[at(VALIDATE, "/filled"), at(VALIDATE, "/outside")],
    ),
    person(
        "27b",
        Section::Discussion,
        (
            "쓰는 이가 할 일과 갖출 전문성",
            "what users do, and what they must know",
        ),
        &[],
    ),
    person(
        "27c",
        Section::Discussion,
        ("다음에 할 연구", "next steps"),
        &[],
    ),
];
