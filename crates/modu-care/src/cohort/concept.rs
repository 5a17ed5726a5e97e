//! Codes of records, and which of a definition's concepts they mean.

use std::collections::HashMap;

use super::definition::{Concept, Definition};
use crate::CareError;
use crate::unit::{Substance, Unit};

/// Short names for systems of codes.
pub const SYSTEMS: [(&str, &str); 6] = [
    ("atc", "http://www.whocc.no/atc"),
    ("icd-10", "http://hl7.org/fhir/sid/icd-10"),
    ("icd-10-cm", "http://hl7.org/fhir/sid/icd-10-cm"),
    ("loinc", "http://loinc.org"),
    ("rxnorm", "http://www.nlm.nih.gov/research/umls/rxnorm"),
    ("snomed", "http://snomed.info/sct"),
];

/// The place of a concept among a definition's, in the order of their names.
pub(crate) type ConceptNumber = u16;

/// Concepts by code.
pub(crate) struct ConceptIndex {
    by_system: HashMap<String, Codes>,
    pub(crate) concepts: Vec<Measured>,
}

/// What is needed of a concept when its values are read.
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) unit: Unit,
    pub(crate) has_unit: bool,
    pub(crate) substance: Substance,
    pub(crate) range: Option<[f64; 2]>,
    pub(crate) levels: Vec<(String, CodeSet)>,
}

#[derive(Default)]
struct Codes {
    exact: HashMap<String, Vec<ConceptNumber>>,
    beginning: Vec<(String, ConceptNumber)>,
}

/// Codes without concepts: those of one level.
#[derive(Default)]
pub(crate) struct CodeSet(Vec<(String, String, bool)>);

impl ConceptIndex {
    /// The concepts of a definition.
    ///
    /// # Errors
    /// A code without system, a unit that is not known, a range or molar mass
    /// that makes no sense.
    pub(crate) fn of(definition: &Definition) -> Result<Self, CareError> {
        let mut index = Self {
            by_system: HashMap::new(),
            concepts: Vec::new(),
        };
        for (number, (name, concept)) in (0..).zip(&definition.concepts) {
            let place = format!("concepts.{name}");
            if concept.codes.is_empty() {
                return Err(CareError::at(place, "it has no codes: give at least one"));
            }
            for code in &concept.codes {
                let (system, code, beginning) = pattern(&place, code)?;
                let codes = index.by_system.entry(system).or_default();
                match beginning {
                    true => codes.beginning.push((code, number)),
                    false => codes.exact.entry(code).or_default().push(number),
                }
            }
            index.concepts.push(Measured::of(name, &place, concept)?);
        }
        Ok(index)
    }

    /// Adds the concepts that a code means.
    pub(crate) fn find(&self, system: &str, code: &str, into: &mut Vec<ConceptNumber>) {
        let Some(codes) = self.by_system.get(system) else {
            return;
        };
        let exact = codes.exact.get(code).into_iter().flatten().copied();
        let beginning = codes.beginning.iter();
        let beginning = beginning.filter(|(begin, _)| code.starts_with(begin.as_str()));
        for number in exact.chain(beginning.map(|(_, number)| *number)) {
            if !into.contains(&number) {
                into.push(number);
            }
        }
    }
}

impl Measured {
    fn of(name: &str, place: &str, concept: &Concept) -> Result<Self, CareError> {
        let text = concept.unit.as_deref().unwrap_or("1");
        let unit = Unit::parse(text)
            .map_err(|error| CareError::at(format!("{place}.unit"), error.to_string()))?;
        let positive = [concept.molar_mass, concept.valence];
        let wrong = |value: &f64| !(value.is_finite() && *value > 0.0);
        if positive.iter().flatten().any(wrong) {
            let problem = "molar mass and valence are numbers above 0";
            return Err(CareError::at(place, problem));
        }
        if let Some([least, most]) = concept.range
            && !(least.is_finite() && most.is_finite() && least <= most)
        {
            let place = format!("{place}.range");
            return Err(CareError::at(
                place,
                "the first number must not exceed the second",
            ));
        }
        let mut levels = Vec::new();
        for (level, codes) in &concept.levels {
            let place = format!("{place}.levels.{level}");
            let patterns = codes.iter().map(|code| pattern(&place, code));
            levels.push((level.clone(), CodeSet(patterns.collect::<Result<_, _>>()?)));
        }
        Ok(Self {
            name: name.to_owned(),
            unit,
            has_unit: concept.unit.is_some(),
            substance: Substance {
                molar_mass: concept.molar_mass,
                valence: concept.valence,
            },
            range: concept.range,
            levels,
        })
    }
}

impl CodeSet {
    /// Whether a code is one of them.
    pub(crate) fn holds(&self, system: &str, code: &str) -> bool {
        self.0.iter().any(|(its, pattern, beginning)| {
            its == system
                && match beginning {
                    true => code.starts_with(pattern.as_str()),
                    false => code == pattern,
                }
        })
    }
}

/// `system|code`, and whether it means all codes that begin so.
fn pattern(place: &str, text: &str) -> Result<(String, String, bool), CareError> {
    let wrong = || {
        let problem = "codes are written `system|code`, such as `loinc|2160-0` or `icd-10|I50*`";
        CareError::at(place, problem)
    };
    let (system, code) = text.rsplit_once('|').ok_or_else(wrong)?;
    let known = SYSTEMS.iter().find(|(name, _)| *name == system);
    let system = match known {
        Some((_, uri)) => (*uri).to_owned(),
        None if system.contains(':') => system.to_owned(),
        None => return Err(wrong()),
    };
    let (code, beginning) = match code.strip_suffix('*') {
        Some(begin) => (begin, true),
        None => (code, false),
    };
    match code.is_empty() {
        true => Err(wrong()),
        false => Ok((system, code.to_owned(), beginning)),
    }
}
