//! The members of FHIR R4 resources that a cohort is made of. All others are
//! passed over and go nowhere: names and addresses among them, but for one
//! comparison ([`Patient::name`]) that ends in memory.

use std::borrow::Cow;

use serde::Deserialize;

/// What kind of resource it is (R4, section 2.26).
#[derive(Deserialize)]
pub(super) struct Typed<'a> {
    #[serde(rename = "resourceType", borrow)]
    pub(super) resource_type: Cow<'a, str>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meta {
    pub(super) last_updated: Option<String>,
}

/// Patient (R4, section 8.1).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Patient {
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) meta: Meta,
    #[serde(default)]
    pub(super) identifier: Vec<Identifier>,
    #[serde(default)]
    pub(super) name: Vec<HumanName>,
    pub(super) gender: Option<String>,
    pub(super) birth_date: Option<String>,
    pub(super) deceased_boolean: Option<bool>,
    pub(super) deceased_date_time: Option<String>,
    #[serde(default)]
    pub(super) link: Vec<Link>,
}

#[derive(Deserialize)]
pub(super) struct Identifier {
    pub(super) system: Option<String>,
    pub(super) value: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct HumanName {
    pub(super) text: Option<String>,
    pub(super) family: Option<String>,
    #[serde(default)]
    pub(super) given: Vec<Option<String>>,
}

#[derive(Deserialize)]
pub(super) struct Link {
    pub(super) other: Option<Reference>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Reference {
    pub(super) reference: Option<String>,
}

#[derive(Clone, Deserialize)]
pub(super) struct Coding {
    pub(super) system: Option<String>,
    pub(super) code: Option<String>,
}

#[derive(Deserialize, Default)]
pub(super) struct CodeableConcept {
    #[serde(default)]
    pub(super) coding: Vec<Coding>,
}

#[derive(Deserialize)]
pub(super) struct Period {
    pub(super) start: Option<String>,
    pub(super) end: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
pub(super) struct Quantity {
    pub(super) value: Option<f64>,
    pub(super) comparator: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) system: Option<String>,
    pub(super) code: Option<String>,
}

/// What the clinical resources have of what is used. They agree on the form of
/// members that they share.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Clinical {
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) meta: Meta,
    pub(super) status: Option<String>,
    pub(super) subject: Option<Reference>,
    pub(super) encounter: Option<Reference>,
    /// MedicationAdministration's encounter.
    pub(super) context: Option<Reference>,
    pub(super) code: Option<CodeableConcept>,
    pub(super) medication_codeable_concept: Option<CodeableConcept>,
    pub(super) medication_reference: Option<Reference>,
    #[serde(default)]
    pub(super) contained: Vec<Contained>,
    // Encounter
    pub(super) class: Option<Coding>,
    #[serde(default, rename = "type")]
    pub(super) types: Vec<CodeableConcept>,
    #[serde(default)]
    pub(super) reason_code: Vec<CodeableConcept>,
    pub(super) period: Option<Period>,
    pub(super) hospitalization: Option<Hospitalization>,
    pub(super) service_provider: Option<Reference>,
    // Condition
    pub(super) verification_status: Option<CodeableConcept>,
    pub(super) onset_date_time: Option<String>,
    pub(super) onset_period: Option<Period>,
    pub(super) recorded_date: Option<String>,
    // Observation
    pub(super) effective_date_time: Option<String>,
    pub(super) effective_period: Option<Period>,
    pub(super) effective_instant: Option<String>,
    pub(super) issued: Option<String>,
    pub(super) value_quantity: Option<Quantity>,
    pub(super) value_integer: Option<i64>,
    pub(super) value_boolean: Option<bool>,
    pub(super) value_codeable_concept: Option<CodeableConcept>,
    #[serde(default)]
    pub(super) component: Vec<Component>,
    // Procedure
    pub(super) performed_date_time: Option<String>,
    pub(super) performed_period: Option<Period>,
    // MedicationRequest
    pub(super) authored_on: Option<String>,
    pub(super) do_not_perform: Option<bool>,
    // QuestionnaireResponse
    pub(super) questionnaire: Option<String>,
    pub(super) authored: Option<String>,
    #[serde(default)]
    pub(super) item: Vec<Item>,
}

/// How a stay ended (R4, section 8.11).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Hospitalization {
    pub(super) discharge_disposition: Option<CodeableConcept>,
}

/// A resource within another, which may be the medication that it refers to.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Contained {
    pub(super) resource_type: Option<String>,
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) code: CodeableConcept,
}

/// Medication (R4, section 11.4), where it is a resource of its own.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Medication {
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) meta: Meta,
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) code: CodeableConcept,
}

/// A question with its answers, and the questions below it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    pub(super) link_id: Option<String>,
    #[serde(default)]
    pub(super) answer: Vec<Answer>,
    #[serde(default)]
    pub(super) item: Vec<Item>,
}

/// An answer, in the forms that are used.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    pub(super) value_boolean: Option<bool>,
    pub(super) value_integer: Option<i64>,
    pub(super) value_decimal: Option<f64>,
    pub(super) value_quantity: Option<Quantity>,
    pub(super) value_coding: Option<Coding>,
    #[serde(default)]
    pub(super) item: Vec<Item>,
}

impl Answer {
    /// The quantity that it is; a plain number has no unit.
    pub(super) fn quantity(&self) -> Option<Quantity> {
        let plain = |value| Quantity {
            value: Some(value),
            ..Quantity::default()
        };
        self.value_quantity
            .clone()
            .or(self.value_decimal.map(plain))
    }
}

/// What was observed, in the forms that are used.
#[derive(Clone, Copy)]
pub(super) struct Observed<'a> {
    pub(super) quantity: Option<&'a Quantity>,
    pub(super) integer: Option<i64>,
    pub(super) boolean: Option<bool>,
    pub(super) concept: Option<&'a CodeableConcept>,
}

impl Clinical {
    pub(super) const fn observed(&self) -> Observed<'_> {
        Observed {
            quantity: self.value_quantity.as_ref(),
            integer: self.value_integer,
            boolean: self.value_boolean,
            concept: self.value_codeable_concept.as_ref(),
        }
    }
}

impl Component {
    pub(super) const fn observed(&self) -> Observed<'_> {
        Observed {
            quantity: self.value_quantity.as_ref(),
            integer: self.value_integer,
            boolean: self.value_boolean,
            concept: self.value_codeable_concept.as_ref(),
        }
    }
}

/// A part of an observation, such as the systolic pressure.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Component {
    #[serde(default)]
    pub(super) code: CodeableConcept,
    pub(super) value_quantity: Option<Quantity>,
    pub(super) value_integer: Option<i64>,
    pub(super) value_boolean: Option<bool>,
    pub(super) value_codeable_concept: Option<CodeableConcept>,
}
