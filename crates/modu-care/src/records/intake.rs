//! The door through which records come in: they are read one by one, and at
//! the end each is brought to its person or set apart.

use std::collections::{BTreeMap, HashMap};

use modu_kernel::Digest;

use super::document::{Fact, Person, RECORDS_SCHEMA, Records, RecordsHeader};
use super::draft::{Death, Draft, DraftFact, Key, MedicationDraft, PatientDraft, last_versions};
use super::fate::Fate;
use super::reduce::{Reduced, Reducer, is_too_deep};
use super::value::ValueProblem;
use super::{MAX_RESOURCE_BYTES, MAX_RESOURCES};
use crate::CareError;
use crate::cohort::Plan;
use crate::cohort::concept::ConceptNumber;
use crate::cohort::definition::{Kind, Unresolved};
use crate::privacy::PseudonymKey;

/// How often a patient's record may lead on to another.
const REPLACEMENTS: usize = 8;

/// Takes records in, in any order.
pub struct Intake<'a> {
    plan: &'a Plan,
    reducer: Reducer<'a>,
    fates: BTreeMap<Fate, u64>,
    patients: Vec<PatientDraft>,
    drafts: Vec<Draft>,
    medications: Vec<MedicationDraft>,
}

impl<'a> Intake<'a> {
    /// An intake of what a definition asks for.
    #[must_use]
    pub fn new(plan: &'a Plan) -> Self {
        Self {
            plan,
            reducer: Reducer::new(plan),
            fates: BTreeMap::new(),
            patients: Vec::new(),
            drafts: Vec::new(),
            medications: Vec::new(),
        }
    }

    /// Takes one resource, as JSON, and the `fullUrl` that its bundle gives
    /// it. Says what is wrong with it as far as that can be seen already.
    ///
    /// # Errors
    /// More than [`MAX_RESOURCES`].
    pub fn take(
        &mut self,
        resource: &[u8],
        full_url: Option<&str>,
    ) -> Result<Option<Fate>, CareError> {
        if resource.len() > MAX_RESOURCE_BYTES || is_too_deep(resource) {
            return Ok(Some(self.refuse(Fate::TooLarge)));
        }
        let kept = self.patients.len() + self.drafts.len() + self.medications.len();
        if kept >= MAX_RESOURCES {
            return Err(CareError::TooMany {
                what: "records",
                limit: MAX_RESOURCES as u64,
            });
        }
        match self.reducer.read(resource, full_url) {
            Reduced::Patient(patient) => self.patients.push(patient),
            Reduced::Clinical(draft) => self.drafts.push(draft),
            Reduced::Medication(medication) => self.medications.push(medication),
            Reduced::Not(fate) => return Ok(Some(self.refuse(fate))),
        }
        Ok(None)
    }

    /// Counts a record of which not even the bytes could be had, such as a
    /// line that is too long.
    pub fn refuse(&mut self, fate: Fate) -> Fate {
        *self.fates.entry(fate).or_default() += 1;
        fate
    }

    /// Brings every record to its person, and people to their pseudonyms.
    #[must_use]
    pub fn finish(self, key: &PseudonymKey, definition: Digest) -> Records {
        let Self {
            plan,
            mut fates,
            patients,
            drafts,
            medications,
            ..
        } = self;
        let mut count = |fate: Fate| *fates.entry(fate).or_default() += 1;
        let patients = last_versions(patients, &mut count);
        let mut people = People::of(patients, plan);
        let mut drafts = last_versions(drafts, &mut count);
        let medications = last_versions(medications, &mut count);
        tell_medications(&mut drafts, &medications, &mut count);
        let mut drafts = people.placed(drafts, plan);
        hand_on_diagnoses(&mut drafts);
        let mut used = Used::default();
        for placed in drafts {
            count(placed.fate);
            if let Some(person) = placed.person {
                people.take(person, placed, plan, &mut used);
            }
        }
        let (people, namesakes) = people.finish(key, &mut count);
        let header = RecordsHeader {
            schema: RECORDS_SCHEMA.to_owned(),
            definition,
            key: key.identity(),
            fates,
            amended: used.amended,
            values: used.values(plan),
            namesakes,
            people: people.len() as u64,
        };
        Records { header, people }
    }
}

/// What is counted of the records that are used.
#[derive(Default)]
struct Used {
    amended: u64,
    problems: BTreeMap<(ConceptNumber, ValueProblem), u64>,
}

impl Used {
    fn values(self, plan: &Plan) -> BTreeMap<String, BTreeMap<ValueProblem, u64>> {
        let mut values: BTreeMap<String, BTreeMap<ValueProblem, u64>> = BTreeMap::new();
        for ((concept, problem), count) in self.problems {
            let concept = name(plan, concept);
            values.entry(concept).or_default().insert(problem, count);
        }
        values
    }
}

fn name(plan: &Plan, concept: ConceptNumber) -> String {
    let concept = plan.concepts.concepts.get(usize::from(concept));
    concept
        .map(|concept| concept.name.clone())
        .unwrap_or_default()
}

/// A draft with the person that it is about.
struct Placed {
    draft: Draft,
    person: Option<usize>,
    /// The place of its encounter among the drafts.
    encounter: Option<usize>,
    fate: Fate,
}

/// The people, while records are brought to them.
struct People {
    patients: Vec<PatientDraft>,
    by_key: HashMap<Key, usize>,
    facts: Vec<Vec<Fact>>,
    last: Vec<Option<i64>>,
    /// What stays say of the person's death.
    deaths: Vec<Option<Death>>,
}

impl People {
    fn of(patients: Vec<PatientDraft>, _plan: &Plan) -> Self {
        let mut by_key = HashMap::new();
        for (place, patient) in patients.iter().enumerate() {
            for key in patient.key.iter().chain(&patient.alias) {
                by_key.insert(*key, place);
            }
        }
        Self {
            facts: vec![Vec::new(); patients.len()],
            last: vec![None; patients.len()],
            deaths: vec![None; patients.len()],
            patients,
            by_key,
        }
    }

    /// The person of a name, led on where another record has replaced it.
    fn find(&self, key: &Key) -> Option<usize> {
        let mut place = *self.by_key.get(key)?;
        for _ in 0..REPLACEMENTS {
            match self.patients[place].replaced_by {
                None => return Some(place),
                Some(next) => place = *self.by_key.get(&next)?,
            }
        }
        None
    }

    /// Says of each draft whose it is, and what becomes of it.
    fn placed(&self, drafts: Vec<Draft>, plan: &Plan) -> Vec<Placed> {
        let mut encounters: HashMap<Key, usize> = HashMap::new();
        for (place, draft) in drafts.iter().enumerate() {
            if draft.kind == Kind::Encounter {
                for key in draft.key.iter().chain(&draft.alias) {
                    encounters.insert(*key, place);
                }
            }
        }
        let subject = |draft: &Draft| draft.subject.and_then(|key| self.find(&key));
        let subjects: Vec<Option<usize>> = drafts.iter().map(subject).collect();
        let place = |(draft, person): (Draft, Option<usize>)| {
            let encounter = draft.encounter.filter(|_| draft.kind != Kind::Encounter);
            let found = encounter.and_then(|key| encounters.get(&key).copied());
            let other = found.is_some_and(|place| subjects[place] != person);
            let keeps = plan.definition.unresolved_encounters == Unresolved::Keep;
            let fate = match draft.fault {
                Some(fault) => fault,
                None if person.is_none() => Fate::SubjectUnresolved,
                None if other => Fate::CrossPatient,
                None if encounter.is_some() && found.is_none() && !keeps => {
                    Fate::EncounterUnresolved
                }
                None if draft.facts.is_empty() => Fate::NotAskedFor,
                None => Fate::Used,
            };
            Placed {
                person: person.filter(|_| matches!(fate, Fate::Used | Fate::NotAskedFor)),
                encounter: found,
                draft,
                fate,
            }
        };
        drafts
            .into_iter()
            .zip(subjects.clone())
            .map(place)
            .collect()
    }

    /// A death that a stay tells of; the patient's own record is believed first,
    /// and of several stays the earliest.
    fn note_death(&mut self, person: usize, told: Option<Death>) {
        let deaths = &mut self.deaths[person];
        *deaths = match (*deaths, told) {
            (Some(Death::At(one)), Some(Death::At(other))) => {
                let earlier = (other.earliest, other.latest) < (one.earliest, one.latest);
                Some(Death::At(if earlier { other } else { one }))
            }
            (Some(Death::At(one)), _) => Some(Death::At(one)),
            (known, told) => told.or(known),
        };
    }

    fn take(&mut self, person: usize, placed: Placed, plan: &Plan, used: &mut Used) {
        let draft = placed.draft;
        self.note_death(person, draft.died);
        self.last[person] = self.last[person].max(draft.last);
        used.amended += u64::from(draft.amended && placed.fate == Fate::Used);
        for problem in draft.problems {
            *used.problems.entry(problem).or_default() += 1;
        }
        let named = |fact: super::draft::DraftFact| fact.named(draft.kind, |it| name(plan, it));
        self.facts[person].extend(draft.facts.into_iter().map(named));
    }

    /// The people in the order of their pseudonyms, and how many are
    /// namesakes. Patients whom another record replaced are no people.
    fn finish(self, key: &PseudonymKey, mut count: impl FnMut(Fate)) -> (Vec<Person>, u64) {
        let replaced = |patient: &PatientDraft| {
            let next = patient.replaced_by;
            next.is_some_and(|next| self.find(&next).is_some())
        };
        let replaced: Vec<bool> = self.patients.iter().map(replaced).collect();
        let shared = |keys: &dyn Fn(&PatientDraft) -> Vec<Key>| {
            let mut holders: HashMap<Key, u32> = HashMap::new();
            let present = self.patients.iter().zip(&replaced);
            for (patient, _) in present.filter(|(_, replaced)| !**replaced) {
                let mut keys = keys(patient);
                keys.sort_unstable();
                keys.dedup();
                for key in keys {
                    *holders.entry(key).or_default() += 1;
                }
            }
            holders.retain(|_, count| *count > 1);
            holders
        };
        let identifiers = shared(&|patient| patient.identifiers.clone());
        let names = shared(&|patient| patient.namesake.into_iter().collect());
        let mut namesakes = 0;
        let mut people = Vec::new();
        let rows = self.patients.into_iter().zip(self.facts).zip(self.last);
        for ((((patient, facts), last), told), replaced) in rows.zip(self.deaths).zip(replaced) {
            if replaced {
                count(Fate::Superseded);
                continue;
            }
            count(Fate::Used);
            let is_namesake = patient.namesake.is_some_and(|it| names.contains_key(&it));
            namesakes += u64::from(is_namesake);
            let shares = |it: &Key| identifiers.contains_key(it);
            people.push(Person {
                person: key.pseudonym("Patient", &patient.id),
                birth: patient.birth,
                sex: patient.sex,
                death: patient.death.or(match told {
                    Some(Death::At(moment)) => Some(moment),
                    _ => None,
                }),
                death_undated: patient.death.is_none()
                    && match told {
                        Some(Death::At(_)) => false,
                        Some(Death::Undated) => true,
                        None => patient.death_undated,
                    },
                duplicate: patient.identifiers.iter().any(shares),
                last,
                facts: in_order(facts),
            });
        }
        people.sort_by_key(|person| person.person);
        (people, namesakes)
    }
}

/// Gives prescriptions the codes of the medications that they refer to, and
/// counts those.
fn tell_medications(
    drafts: &mut [Draft],
    medications: &[MedicationDraft],
    mut count: impl FnMut(Fate),
) {
    let mut by_key: HashMap<Key, usize> = HashMap::new();
    for (place, medication) in medications.iter().enumerate() {
        for key in medication.key.iter().chain(&medication.alias) {
            by_key.insert(*key, place);
        }
    }
    let mut used = vec![false; medications.len()];
    for draft in drafts {
        let Some((key, fact)) = draft.medication.take() else {
            continue;
        };
        let place = by_key.get(&key).copied();
        let found = place.filter(|place| medications[*place].fault.is_none());
        let Some(place) = found else {
            draft.fault = draft.fault.or(Some(Fate::MedicationUnresolved));
            continue;
        };
        let concepts = &medications[place].concepts;
        used[place] |= draft.fault.is_none() && !concepts.is_empty();
        draft.facts.extend(concepts.iter().map(|concept| DraftFact {
            concepts: vec![*concept],
            ..fact.clone()
        }));
    }
    for (medication, used) in medications.iter().zip(used) {
        count(match (medication.fault, used) {
            (Some(fault), _) => fault,
            (None, true) => Fate::Used,
            (None, false) => Fate::NotAskedFor,
        });
    }
}

/// An encounter is for what was diagnosed in it.
fn hand_on_diagnoses(drafts: &mut [Placed]) {
    let diagnosed: Vec<(usize, Vec<ConceptNumber>)> = (drafts.iter())
        .filter(|placed| placed.draft.kind == Kind::Condition && placed.fate == Fate::Used)
        .filter_map(|placed| {
            let facts = placed.draft.facts.iter();
            Some((
                placed.encounter?,
                facts.flat_map(|it| it.concepts.clone()).collect(),
            ))
        })
        .collect();
    for (place, concepts) in diagnosed {
        if let Some(fact) = drafts[place].draft.facts.first_mut() {
            fact.concepts.extend(concepts);
            fact.concepts.sort_unstable();
            fact.concepts.dedup();
        }
    }
}

/// Facts in one order for one set, whatever order they came in.
fn in_order(facts: Vec<Fact>) -> Vec<Fact> {
    let mut keyed: Vec<(String, Fact)> = (facts.into_iter())
        .map(|fact| (serde_json::to_string(&fact).unwrap_or_default(), fact))
        .collect();
    keyed.sort_by(|a, b| (a.1.start, &a.0).cmp(&(b.1.start, &b.0)));
    keyed.into_iter().map(|(_, fact)| fact).collect()
}
