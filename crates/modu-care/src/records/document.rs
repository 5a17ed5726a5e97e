//! The records of a cohort as an input of its run: what its definition asks
//! for, by pseudonym, and nothing else.
//!
//! One JSON line for the header, then one for each person in the order of the
//! pseudonyms. There are no ids, names, texts or codes in it: a fact says which
//! of the definition's concepts it means. So the same records give the same
//! bytes, whatever files and order they came in.

use std::collections::BTreeMap;

use modu_kernel::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fate::Fate;
use super::moment::Moment;
use super::value::ValueProblem;
use crate::cohort::definition::{Kind, Sex};
use crate::privacy::{KeyIdentity, Pseudonym};
use crate::{CareError, limits};

/// The schema's name.
pub const RECORDS_SCHEMA: &str = "modu.care.records/1";

/// The first line: where the records came from, as far as that is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordsHeader {
    /// [`RECORDS_SCHEMA`].
    pub schema: String,
    /// The definition that they were opened for.
    pub definition: Digest,
    /// What tells the key of the pseudonyms from others.
    pub key: KeyIdentity,
    /// Records by what became of them; they add up to all that were read.
    pub fates: BTreeMap<Fate, u64>,
    /// Used records whose status says that they were amended or corrected.
    pub amended: u64,
    /// Values that could not be used, by concept.
    pub values: BTreeMap<String, BTreeMap<ValueProblem, u64>>,
    /// People who have name, birth date and sex in common with another.
    pub namesakes: u64,
    /// People, one line each.
    pub people: u64,
}

impl RecordsHeader {
    /// All records that were read.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.fates.values().sum()
    }
}

/// A person with all that is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Who.
    pub person: Pseudonym,
    /// When born.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth: Option<Moment>,
    /// Administrative sex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// When died.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub death: Option<Moment>,
    /// Dead, and nobody says since when.
    #[serde(default, skip_serializing_if = "is_false")]
    pub death_undated: bool,
    /// Another patient's record has the same identifier.
    #[serde(default, skip_serializing_if = "is_false")]
    pub duplicate: bool,
    /// The second of the last record, asked for or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<i64>,
    /// In one order for one set of facts.
    pub facts: Vec<Fact>,
}

/// Something that happened or was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// What kind of record says so.
    pub kind: Kind,
    /// Which of the definition's concepts it means, in the order of names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub concepts: Vec<String>,
    /// When it began.
    pub start: Moment,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Moment>,
    /// The second from which it was known, where that is later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<i64>,
    /// What was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<FactValue>,
    /// The class of an encounter, where the definition asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The hospital of an encounter, where the definition asks for it: a name
    /// made of its own by a hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hospital: Option<String>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FactValue {
    /// A finite number in the concept's unit.
    Number(f64),
    /// One of the concept's levels.
    Level(String),
}

fn is_false(value: &bool) -> bool {
    !value
}

/// The records of a cohort.
#[derive(Debug, Clone, PartialEq)]
pub struct Records {
    /// The first line.
    pub header: RecordsHeader,
    /// In the order of their pseudonyms.
    pub people: Vec<Person>,
}

impl Records {
    /// The artifact.
    ///
    /// # Errors
    /// None: everything in it has a JSON form.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CareError> {
        let mut bytes = Vec::new();
        line(&self.header, &mut bytes)?;
        for person in &self.people {
            line(person, &mut bytes)?;
        }
        Ok(bytes)
    }

    /// Reads the artifact.
    ///
    /// # Errors
    /// The line that is not what it should be; people out of order, and fewer
    /// or more than the header says.
    pub fn parse(bytes: &[u8]) -> Result<Self, CareError> {
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let header: RecordsHeader = read_line(1, lines.next().unwrap_or_default())?;
        if header.schema != RECORDS_SCHEMA {
            let problem = format!("it is not `{RECORDS_SCHEMA}`");
            return Err(CareError::at("schema", problem));
        }
        let mut people: Vec<Person> = Vec::new();
        for (number, line) in (2..).zip(lines) {
            if line.is_empty() {
                continue;
            }
            let person: Person = read_line(number, line)?;
            if people
                .last()
                .is_some_and(|last| last.person >= person.person)
            {
                let place = format!("line {number}");
                return Err(CareError::at(
                    place,
                    "people are not in order: open the records again",
                ));
            }
            people.push(person);
        }
        match people.len() as u64 == header.people {
            true => Ok(Self { header, people }),
            false => Err(CareError::at(
                "its end",
                "there are fewer or more people than the header says: copy it whole",
            )),
        }
    }
}

fn line(what: &impl Serialize, bytes: &mut Vec<u8>) -> Result<(), CareError> {
    serde_json::to_writer(&mut *bytes, what).map_err(|error| CareError::json(&error))?;
    bytes.push(b'\n');
    Ok(())
}

fn read_line<T: serde::de::DeserializeOwned>(number: usize, line: &[u8]) -> Result<T, CareError> {
    if line.len() as u64 > limits::DOCUMENT_BYTES {
        return Err(CareError::TooMany {
            what: "bytes in a line",
            limit: limits::DOCUMENT_BYTES,
        });
    }
    serde_json::from_slice(line).map_err(|error| match CareError::json(&error) {
        CareError::Malformed { problem, .. } => {
            CareError::at(format!("line {number}, column {}", error.column()), problem)
        }
        other => other,
    })
}
