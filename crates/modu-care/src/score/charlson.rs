//! Charlson's index of comorbidity: what else a person has, weighed by how it
//! told of death within a year.
//!
//! Source of the weights: Charlson ME, Pompei P, Ales KL, MacKenzie CR, "A new
//! method of classifying prognostic comorbidity in longitudinal studies",
//! J Chronic Dis 1987; 40: 373-383, table 3. Points for age: the same, and
//! Charlson M and others, J Clin Epidemiol 1994; 47: 1245-1251: one for each
//! decade from 50 on. Codes: Quan H and others, Med Care 2005; 43: 1130-1139,
//! table 1 (ICD-10). That table has one group for all malignant disease, and
//! so codes give [`Condition::Tumour`] where the paper of 1987 knows leukaemia
//! and lymphoma besides; these two come from a chart only.
//!
//! Of two grades of one disease (liver disease, diabetes with and without
//! damage, a tumour and its metastases) the heavier one counts alone.

use std::collections::BTreeSet;

use modu_kernel::Label;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::icd10;

/// A condition that the index weighs.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "each is its own name; the labels are in `label`"
)]
pub enum Condition {
    MyocardialInfarction,
    HeartFailure,
    PeripheralVascularDisease,
    CerebrovascularDisease,
    Dementia,
    ChronicPulmonaryDisease,
    ConnectiveTissueDisease,
    UlcerDisease,
    MildLiverDisease,
    Diabetes,
    Hemiplegia,
    RenalDisease,
    DiabetesWithDamage,
    Tumour,
    Leukaemia,
    Lymphoma,
    SevereLiverDisease,
    MetastaticTumour,
    Aids,
}

impl Condition {
    /// All, in the order of the paper's table.
    pub const ALL: [Self; 19] = [
        Self::MyocardialInfarction,
        Self::HeartFailure,
        Self::PeripheralVascularDisease,
        Self::CerebrovascularDisease,
        Self::Dementia,
        Self::ChronicPulmonaryDisease,
        Self::ConnectiveTissueDisease,
        Self::UlcerDisease,
        Self::MildLiverDisease,
        Self::Diabetes,
        Self::Hemiplegia,
        Self::RenalDisease,
        Self::DiabetesWithDamage,
        Self::Tumour,
        Self::Leukaemia,
        Self::Lymphoma,
        Self::SevereLiverDisease,
        Self::MetastaticTumour,
        Self::Aids,
    ];

    /// Its weight of 1987.
    #[must_use]
    pub const fn weight(self) -> u8 {
        match self {
            Self::MyocardialInfarction
            | Self::HeartFailure
            | Self::PeripheralVascularDisease
            | Self::CerebrovascularDisease
            | Self::Dementia
            | Self::ChronicPulmonaryDisease
            | Self::ConnectiveTissueDisease
            | Self::UlcerDisease
            | Self::MildLiverDisease
            | Self::Diabetes => 1,
            Self::Hemiplegia
            | Self::RenalDisease
            | Self::DiabetesWithDamage
            | Self::Tumour
            | Self::Leukaemia
            | Self::Lymphoma => 2,
            Self::SevereLiverDisease => 3,
            Self::MetastaticTumour | Self::Aids => 6,
        }
    }

    /// The heavier grade of the same disease.
    const fn heavier(self) -> Option<Self> {
        match self {
            Self::MildLiverDisease => Some(Self::SevereLiverDisease),
            Self::Diabetes => Some(Self::DiabetesWithDamage),
            Self::Tumour => Some(Self::MetastaticTumour),
            _ => None,
        }
    }

    /// The conditions that an ICD-10 code stands for, with or without its
    /// point (`I25.2`, `I252`); KCD codes of the same chapters read the same.
    /// None for a code of something else.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        icd10::condition(code)
    }

    /// Its name for people.
    #[must_use]
    pub fn label(self) -> Label {
        let (ko, en) = match self {
            Self::MyocardialInfarction => ("심근경색", "myocardial infarction"),
            Self::HeartFailure => ("심부전", "heart failure"),
            Self::PeripheralVascularDisease => ("말초혈관 질환", "peripheral vascular disease"),
            Self::CerebrovascularDisease => ("뇌혈관 질환", "cerebrovascular disease"),
            Self::Dementia => ("치매", "dementia"),
            Self::ChronicPulmonaryDisease => ("만성 폐 질환", "chronic pulmonary disease"),
            Self::ConnectiveTissueDisease => ("결합조직 질환", "connective tissue disease"),
            Self::UlcerDisease => ("소화성 궤양", "peptic ulcer disease"),
            Self::MildLiverDisease => ("가벼운 간 질환", "mild liver disease"),
            Self::Diabetes => ("당뇨병", "diabetes"),
            Self::Hemiplegia => ("편마비", "hemiplegia"),
            Self::RenalDisease => ("중등도 이상 신장 질환", "moderate or severe renal disease"),
            Self::DiabetesWithDamage => ("장기 손상을 동반한 당뇨병", "diabetes with organ damage"),
            Self::Tumour => ("악성 종양", "malignant tumour"),
            Self::Leukaemia => ("백혈병", "leukaemia"),
            Self::Lymphoma => ("림프종", "lymphoma"),
            Self::SevereLiverDisease => ("중등도 이상 간 질환", "moderate or severe liver disease"),
            Self::MetastaticTumour => ("전이된 종양", "metastatic tumour"),
            Self::Aids => ("에이즈", "AIDS"),
        };
        Label::new(ko, en)
    }
}

/// The index of a set of conditions, 0 to 33.
#[must_use]
pub fn index(conditions: &BTreeSet<Condition>) -> u8 {
    let counts = |it: &&Condition| {
        it.heavier()
            .is_none_or(|heavier| !conditions.contains(&heavier))
    };
    conditions.iter().filter(counts).map(|it| it.weight()).sum()
}

/// The points that age adds, from whole years: one from 50, two from 60, and so
/// on.
#[must_use]
pub const fn age_points(years: u8) -> u8 {
    match years {
        0..50 => 0,
        _ => (years - 40) / 10,
    }
}
