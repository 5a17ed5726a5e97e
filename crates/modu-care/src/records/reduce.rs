//! From a resource's bytes to what a cohort needs of it.

use super::draft::{
    Death, Draft, DraftFact, Key, MedicationDraft, PatientDraft, key, name_of_reference,
    version_time,
};
use super::fate::Fate;
use super::moment::Moment;
use super::resource::{
    Answer, Clinical, CodeableConcept, Item, Medication, Observed, Patient, Period, Quantity,
    Reference, Typed,
};
use super::value::{ValueProblem, ValueReader};
use crate::cohort::Plan;
use crate::cohort::concept::ConceptNumber;
use crate::cohort::definition::{Kind, Sex};

/// A resource as it is read.
pub(super) enum Reduced {
    Patient(PatientDraft),
    Clinical(Draft),
    Medication(MedicationDraft),
    /// Nothing can be made of it.
    Not(Fate),
}

/// The system of how stays end (R4, section 8.11, dischargeDisposition).
const DISPOSITION: &str = "http://terminology.hl7.org/CodeSystem/discharge-disposition";
/// Its code of those who died.
const EXPIRED: &str = "exp";

/// Reads resources.
pub(super) struct Reducer<'a> {
    plan: &'a Plan,
    values: ValueReader,
}

impl<'a> Reducer<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        Self {
            plan,
            values: ValueReader::default(),
        }
    }

    /// Reads one resource, and the name that a bundle gives it.
    pub(super) fn read(&mut self, bytes: &[u8], full_url: Option<&str>) -> Reduced {
        let Ok(typed) = serde_json::from_slice::<Typed<'_>>(bytes) else {
            return Reduced::Not(unreadable(bytes));
        };
        let alias = full_url.filter(|url| url.starts_with("urn:")).map(key);
        let kind = match &*typed.resource_type {
            "Patient" => return self.patient(bytes, alias),
            "Encounter" => Kind::Encounter,
            "Condition" => Kind::Condition,
            "Observation" => Kind::Observation,
            "Procedure" => Kind::Procedure,
            "MedicationRequest" => Kind::MedicationRequest,
            "MedicationAdministration" => Kind::MedicationAdministration,
            "QuestionnaireResponse" => Kind::QuestionnaireResponse,
            "Medication" => return self.medication(bytes, alias),
            _ => return Reduced::Not(Fate::OtherType),
        };
        match serde_json::from_slice::<Clinical>(bytes) {
            Ok(resource) => Reduced::Clinical(self.clinical(kind, &resource, alias)),
            Err(error) if error.is_data() => Reduced::Not(Fate::Misshapen),
            Err(_) => Reduced::Not(unreadable(bytes)),
        }
    }

    fn moment(&self, text: Option<&str>) -> Option<Moment> {
        Moment::parse(text?, self.plan.offset)
    }

    fn patient(&self, bytes: &[u8], alias: Option<Key>) -> Reduced {
        let patient: Patient = match serde_json::from_slice(bytes) {
            Ok(patient) => patient,
            Err(error) if error.is_data() => return Reduced::Not(Fate::Misshapen),
            Err(_) => return Reduced::Not(unreadable(bytes)),
        };
        // A patient whom nothing can refer to is nobody.
        let Some(id) = patient.id.clone().filter(|id| !id.is_empty()) else {
            return Reduced::Not(Fate::Misshapen);
        };
        let deceased = patient.deceased_date_time.as_deref();
        let death = self.moment(deceased);
        let sex = match patient.gender.as_deref() {
            Some("female") => Some(Sex::Female),
            Some("male") => Some(Sex::Male),
            Some("other") => Some(Sex::Other),
            _ => None,
        };
        let identifiers = patient.identifier.iter().filter_map(|it| {
            let (system, value) = (it.system.as_deref()?, it.value.as_deref()?.trim());
            (!value.is_empty()).then(|| key(&format!("{system}|{value}")))
        });
        Reduced::Patient(PatientDraft {
            key: Some(key(&format!("Patient/{id}"))),
            alias,
            updated: version_time(patient.meta.last_updated.as_deref()),
            birth: self.moment(patient.birth_date.as_deref()),
            sex,
            death,
            death_undated: death.is_none()
                && (deceased.is_some() || patient.deceased_boolean == Some(true)),
            identifiers: identifiers.collect(),
            namesake: namesake(&patient),
            replaced_by: replaced_by(&patient),
            id,
        })
    }

    fn medication(&self, bytes: &[u8], alias: Option<Key>) -> Reduced {
        let medication: Medication = match serde_json::from_slice(bytes) {
            Ok(medication) => medication,
            Err(error) if error.is_data() => return Reduced::Not(Fate::Misshapen),
            Err(_) => return Reduced::Not(unreadable(bytes)),
        };
        let id = medication.id.as_deref().filter(|id| !id.is_empty());
        let in_error = medication.status.as_deref() == Some("entered-in-error");
        Reduced::Medication(MedicationDraft {
            key: id.map(|id| key(&format!("Medication/{id}"))),
            alias,
            updated: version_time(medication.meta.last_updated.as_deref()),
            concepts: self.concepts([&medication.code].into_iter()),
            fault: in_error.then_some(Fate::EnteredInError),
        })
    }

    fn clinical(&mut self, kind: Kind, resource: &Clinical, alias: Option<Key>) -> Draft {
        let Facts {
            facts,
            problems,
            fault,
            medication,
        } = self.facts(kind, resource);
        let resource_type = type_name(kind);
        let id = resource.id.as_deref().filter(|id| !id.is_empty());
        let named = |reference: &Option<Reference>| {
            let reference = reference.as_ref()?.reference.as_deref()?;
            // What cannot be looked up is a name that nothing has.
            Some(key(name_of_reference(reference).as_deref().unwrap_or("")))
        };
        let moments = self.span(kind, resource);
        let last = moments.map(|(start, end)| end.map_or(start, |end| end.max(start)).latest);
        Draft {
            kind,
            key: id.map(|id| key(&format!("{resource_type}/{id}"))),
            alias,
            updated: version_time(resource.meta.last_updated.as_deref()),
            fault: standing(kind, resource).or(fault),
            subject: named(&resource.subject),
            encounter: named(&resource.encounter).or_else(|| named(&resource.context)),
            last,
            amended: matches!(resource.status.as_deref(), Some("amended" | "corrected")),
            facts,
            problems,
            medication,
            died: self.died(kind, resource),
        }
    }

    /// What a stay says of a death: its discharge was one.
    fn died(&self, kind: Kind, resource: &Clinical) -> Option<Death> {
        let stay = resource.hospitalization.as_ref();
        let disposition = stay.filter(|_| kind == Kind::Encounter)?;
        let mut codings = disposition.discharge_disposition.as_ref()?.coding.iter();
        let died = codings.any(|it| {
            it.system.as_deref() == Some(DISPOSITION) && it.code.as_deref() == Some(EXPIRED)
        });
        let end = resource.period.as_ref().and_then(|it| it.end.as_deref());
        died.then(|| self.moment(end).map_or(Death::Undated, Death::At))
    }

    /// When it began and ended.
    fn span(&self, kind: Kind, resource: &Clinical) -> Option<(Moment, Option<Moment>)> {
        let of_period = |period: &Option<Period>| {
            let period = period.as_ref()?;
            let start = self.moment(period.start.as_deref())?;
            Some((start, self.moment(period.end.as_deref())))
        };
        let of_time = |text: &Option<String>| Some((self.moment(text.as_deref())?, None));
        match kind {
            Kind::Encounter => of_period(&resource.period),
            Kind::Condition => of_time(&resource.onset_date_time)
                .or_else(|| of_period(&resource.onset_period).map(|(start, _)| (start, None)))
                .or_else(|| of_time(&resource.recorded_date)),
            Kind::Procedure => of_time(&resource.performed_date_time)
                .or_else(|| of_period(&resource.performed_period)),
            Kind::MedicationRequest => of_time(&resource.authored_on),
            Kind::QuestionnaireResponse => of_time(&resource.authored),
            Kind::Observation | Kind::MedicationAdministration => {
                of_time(&resource.effective_date_time)
                    .or_else(|| of_period(&resource.effective_period))
                    .or_else(|| of_time(&resource.effective_instant))
            }
            Kind::Death => None,
        }
    }

    /// The second from which it was known, where that is not its time.
    fn known(&self, kind: Kind, resource: &Clinical) -> Option<i64> {
        let text = match kind {
            Kind::Observation => resource.issued.as_deref(),
            Kind::Condition => resource.recorded_date.as_deref(),
            _ => None,
        };
        Some(self.moment(text)?.latest)
    }

    fn facts(&mut self, kind: Kind, resource: &Clinical) -> Facts {
        let Some((start, end)) = self.span(kind, resource) else {
            return Facts::fault(Fate::WithoutTime);
        };
        if end.is_some_and(|end| end.latest < start.earliest) {
            return Facts::fault(Fate::Backwards);
        }
        let last = end.map_or(start.latest, |end| match kind {
            Kind::Observation => end.latest.max(start.latest),
            _ => start.latest,
        });
        let known = self
            .known(kind, resource)
            .map_or(last, |known| known.max(last));
        let base = DraftFact {
            concepts: Vec::new(),
            start,
            end,
            known: (known > start.latest).then_some(known),
            value: None,
            class: None,
            hospital: None,
        };
        match kind {
            Kind::Encounter => Facts::of(vec![self.encounter(base, resource)]),
            Kind::Observation => self.observations(&base, resource),
            Kind::QuestionnaireResponse => self.answers(&base, resource),
            _ => self.coded(base, resource),
        }
    }

    /// What a diagnosis, a procedure or a medication is by its codes. The codes
    /// of a medication may stand in a resource within, or in one of its own.
    fn coded(&self, base: DraftFact, resource: &Clinical) -> Facts {
        let reference = resource.medication_reference.as_ref();
        let reference = reference.and_then(|it| it.reference.as_deref());
        let within = reference
            .and_then(|it| it.strip_prefix('#'))
            .and_then(|id| {
                let mut contained = resource.contained.iter();
                contained.find(|it| {
                    it.resource_type.as_deref() == Some("Medication")
                        && it.id.as_deref() == Some(id)
                })
            });
        let codes = [&resource.code, &resource.medication_codeable_concept];
        let codes = codes.into_iter().flatten().chain(within.map(|it| &it.code));
        let facts = self.concepts(codes).into_iter().map(|concept| DraftFact {
            concepts: vec![concept],
            ..base.clone()
        });
        let elsewhere = reference.filter(|_| within.is_none());
        Facts {
            medication: elsewhere.map(|reference| {
                let name = name_of_reference(reference).unwrap_or_default();
                (key(&name), base.clone())
            }),
            ..Facts::of(facts.collect())
        }
    }

    /// The answers of a questionnaire: each question is a code of the
    /// questionnaire's own system.
    fn answers(&mut self, base: &DraftFact, resource: &Clinical) -> Facts {
        let mut found = Facts::of(Vec::new());
        let questionnaire = resource.questionnaire.as_deref().unwrap_or_default();
        let system = questionnaire.split('|').next().unwrap_or_default();
        // Questions below others wait their turn; records have a limit of depth.
        let mut waiting: Vec<&Item> = resource.item.iter().rev().collect();
        while let Some(item) = waiting.pop() {
            let below = item.answer.iter().flat_map(|answer| &answer.item);
            waiting.extend(below.chain(&item.item));
            let mut concepts = Vec::new();
            let question = item.link_id.as_deref().unwrap_or_default();
            self.plan.concepts.find(system, question, &mut concepts);
            for (concept, answer) in concepts
                .iter()
                .flat_map(|concept| item.answer.iter().map(move |answer| (*concept, answer)))
            {
                self.note(&mut found, base, concept, answered(answer));
            }
        }
        found
    }

    /// Adds a fact with its value, or what is wrong with that.
    fn note(
        &mut self,
        found: &mut Facts,
        base: &DraftFact,
        concept: ConceptNumber,
        observed: Given,
    ) {
        let value = self.value(concept, observed.observed());
        found
            .problems
            .extend(value.as_ref().err().map(|problem| (concept, *problem)));
        found.facts.push(DraftFact {
            concepts: vec![concept],
            value: value.ok(),
            ..base.clone()
        });
    }

    fn encounter(&self, base: DraftFact, resource: &Clinical) -> DraftFact {
        let code = resource.class.as_ref().and_then(|class| class.code.clone());
        DraftFact {
            concepts: self.concepts(resource.types.iter().chain(&resource.reason_code)),
            class: code.filter(|code| self.plan.classes.contains(code)),
            hospital: self.hospital(resource),
            ..base
        }
    }

    /// The hospital by a name that is made of its own: whoever has the list of
    /// hospitals can find it, and nobody reads it.
    fn hospital(&self, resource: &Clinical) -> Option<String> {
        let provider = resource.service_provider.as_ref();
        let reference = provider.filter(|_| self.plan.definition.hospitals)?;
        let name = name_of_reference(reference.reference.as_deref()?)?;
        let digits = key(&name).into_iter().take(4);
        let digits: String = digits.map(|byte| format!("{byte:02x}")).collect();
        Some(format!("h{digits}"))
    }

    fn observations(&mut self, base: &DraftFact, resource: &Clinical) -> Facts {
        let whole = resource.code.as_ref();
        let whole = whole.map(|code| (code, resource.observed()));
        let parts = resource.component.iter();
        let parts = parts.map(|part| (&part.code, part.observed()));
        let mut facts = Vec::new();
        let mut problems = Vec::new();
        for (code, observed) in whole.into_iter().chain(parts) {
            for concept in self.concepts([code].into_iter()) {
                let value = self.value(concept, observed);
                problems.extend(value.as_ref().err().map(|problem| (concept, *problem)));
                facts.push(DraftFact {
                    concepts: vec![concept],
                    value: value.ok(),
                    ..base.clone()
                });
            }
        }
        Facts {
            problems,
            ..Facts::of(facts)
        }
    }

    fn value(
        &mut self,
        number: ConceptNumber,
        observed: Observed<'_>,
    ) -> Result<super::FactValue, ValueProblem> {
        match self.plan.concepts.concepts.get(usize::from(number)) {
            Some(concept) => self.values.read(number, concept, observed),
            None => Err(ValueProblem::NoValue),
        }
    }

    fn concepts<'r>(&self, codes: impl Iterator<Item = &'r CodeableConcept>) -> Vec<ConceptNumber> {
        let mut found = Vec::new();
        for coding in codes.flat_map(|code| &code.coding) {
            if let (Some(system), Some(code)) = (&coding.system, &coding.code) {
                self.plan.concepts.find(system, code, &mut found);
            }
        }
        found.sort_unstable();
        found
    }
}

/// What a record tells.
struct Facts {
    facts: Vec<DraftFact>,
    problems: Vec<(ConceptNumber, ValueProblem)>,
    fault: Option<Fate>,
    medication: Option<(Key, DraftFact)>,
}

impl Facts {
    const fn of(facts: Vec<DraftFact>) -> Self {
        Self {
            facts,
            problems: Vec::new(),
            fault: None,
            medication: None,
        }
    }

    fn fault(fate: Fate) -> Self {
        Self {
            fault: Some(fate),
            ..Self::of(Vec::new())
        }
    }
}

/// An answer as something observed.
struct Given {
    quantity: Option<Quantity>,
    integer: Option<i64>,
    boolean: Option<bool>,
    concept: Option<CodeableConcept>,
}

impl Given {
    const fn observed(&self) -> Observed<'_> {
        Observed {
            quantity: self.quantity.as_ref(),
            integer: self.integer,
            boolean: self.boolean,
            concept: self.concept.as_ref(),
        }
    }
}

fn answered(answer: &Answer) -> Given {
    Given {
        quantity: answer.quantity(),
        integer: answer.value_integer,
        boolean: answer.value_boolean,
        concept: answer.value_coding.clone().map(|coding| CodeableConcept {
            coding: vec![coding],
        }),
    }
}

/// Why bytes are no resource.
fn unreadable(bytes: &[u8]) -> Fate {
    match serde_json::from_slice::<serde::de::IgnoredAny>(bytes) {
        Ok(_) => Fate::Misshapen,
        Err(_) => Fate::Unreadable,
    }
}

/// Whether lists and objects stand within one another deeper than the limit.
pub(super) fn is_too_deep(bytes: &[u8]) -> bool {
    let mut depth = 0_u32;
    let mut quoted = false;
    let mut escaped = false;
    for byte in bytes {
        match (quoted, escaped, byte) {
            (true, true, _) => escaped = false,
            (true, false, b'\\') => escaped = true,
            (_, _, b'"') => quoted = !quoted,
            (false, _, b'{' | b'[') => depth += 1,
            (false, _, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth >= super::MAX_DEPTH {
            return true;
        }
    }
    false
}

pub(super) const fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Encounter => "Encounter",
        Kind::Condition => "Condition",
        Kind::Observation => "Observation",
        Kind::Procedure => "Procedure",
        Kind::MedicationRequest => "MedicationRequest",
        Kind::MedicationAdministration => "MedicationAdministration",
        Kind::QuestionnaireResponse => "QuestionnaireResponse",
        Kind::Death => "Patient",
    }
}

/// What a resource's status is against it (R4: EncounterStatus,
/// ConditionVerificationStatus, ObservationStatus, EventStatus,
/// MedicationRequestStatus, MedicationAdministrationStatus).
fn standing(kind: Kind, resource: &Clinical) -> Option<Fate> {
    if resource.do_not_perform == Some(true) {
        return Some(Fate::NotDone);
    }
    let status = match kind {
        // A condition without verification counts as made.
        Kind::Condition => match verification(resource) {
            None => return None,
            status => status,
        },
        _ => resource.status.as_deref(),
    };
    let fault = match (kind, status) {
        (_, Some("entered-in-error")) => Fate::EnteredInError,
        (_, None | Some("unknown")) => Fate::StatusUnknown,
        (Kind::Observation, Some("final" | "amended" | "corrected"))
        | (Kind::Encounter, Some("finished" | "in-progress" | "onleave" | "triaged" | "arrived"))
        | (Kind::Condition, Some("confirmed"))
        | (Kind::Procedure, Some("completed" | "in-progress" | "stopped" | "on-hold"))
        | (Kind::MedicationRequest, Some("active" | "completed" | "stopped" | "on-hold"))
        | (
            Kind::MedicationAdministration,
            Some("completed" | "in-progress" | "stopped" | "on-hold"),
        )
        | (Kind::QuestionnaireResponse, Some("completed" | "amended")) => return None,
        (Kind::QuestionnaireResponse, Some("in-progress"))
        | (_, Some("registered" | "preliminary" | "planned" | "preparation" | "draft"))
        | (Kind::Condition, Some("unconfirmed" | "provisional" | "differential")) => {
            Fate::Preliminary
        }
        (_, Some("cancelled" | "not-done" | "refuted")) => Fate::NotDone,
        _ => Fate::StatusUnknown,
    };
    Some(fault)
}

fn verification(resource: &Clinical) -> Option<&str> {
    let status = resource.verification_status.as_ref()?;
    status.coding.iter().find_map(|it| it.code.as_deref())
}

/// Name, birth date and sex, where all are told.
fn namesake(patient: &Patient) -> Option<Key> {
    let name = patient.name.first()?;
    let given = name.given.iter().flatten();
    let parts: Vec<&str> = match (&name.family, &name.text) {
        (Some(family), _) => std::iter::once(family)
            .chain(given)
            .map(String::as_str)
            .collect(),
        (None, Some(text)) => vec![text],
        (None, None) => return None,
    };
    let (birth, sex) = (patient.birth_date.as_deref()?, patient.gender.as_deref()?);
    let name = parts.join(" ").to_lowercase();
    Some(key(&format!("{}|{birth}|{sex}", name.trim())))
}

fn replaced_by(patient: &Patient) -> Option<Key> {
    let mut links = patient.link.iter();
    let link = links.find(|link| link.kind.as_deref() == Some("replaced-by"))?;
    let reference = link.other.as_ref()?.reference.as_deref()?;
    Some(key(&name_of_reference(reference)?))
}
