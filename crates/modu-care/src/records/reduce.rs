//! From a resource's bytes to what a cohort needs of it.

use super::draft::{Draft, DraftFact, Key, PatientDraft, key, name_of_reference, version_time};
use super::fate::Fate;
use super::moment::Moment;
use super::resource::{Clinical, CodeableConcept, Observed, Patient, Period, Reference, Typed};
use super::value::{ValueProblem, ValueReader};
use crate::cohort::Plan;
use crate::cohort::concept::ConceptNumber;
use crate::cohort::definition::{Kind, Sex};

/// A resource as it is read.
pub(super) enum Reduced {
    Patient(PatientDraft),
    Clinical(Draft),
    /// Nothing can be made of it.
    Not(Fate),
}

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

    fn clinical(&mut self, kind: Kind, resource: &Clinical, alias: Option<Key>) -> Draft {
        let (facts, problems, fault) = self.facts(kind, resource);
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
        }
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
            return (Vec::new(), Vec::new(), Some(Fate::WithoutTime));
        };
        if end.is_some_and(|end| end.latest < start.earliest) {
            return (Vec::new(), Vec::new(), Some(Fate::Backwards));
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
        };
        match kind {
            Kind::Encounter => (vec![self.encounter(base, resource)], Vec::new(), None),
            Kind::Observation => self.observations(&base, resource),
            _ => {
                let codes = [&resource.code, &resource.medication_codeable_concept];
                let concepts = self.concepts(codes.into_iter().flatten());
                let facts = concepts.into_iter().map(|concept| DraftFact {
                    concepts: vec![concept],
                    ..base.clone()
                });
                (facts.collect(), Vec::new(), None)
            }
        }
    }

    fn encounter(&self, base: DraftFact, resource: &Clinical) -> DraftFact {
        let code = resource.class.as_ref().and_then(|class| class.code.clone());
        DraftFact {
            concepts: self.concepts(resource.types.iter().chain(&resource.reason_code)),
            class: code.filter(|code| self.plan.classes.contains(code)),
            ..base
        }
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
        (facts, problems, None)
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

type Facts = (
    Vec<DraftFact>,
    Vec<(ConceptNumber, ValueProblem)>,
    Option<Fate>,
);

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
        ) => return None,
        (_, Some("registered" | "preliminary" | "planned" | "preparation" | "draft"))
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
