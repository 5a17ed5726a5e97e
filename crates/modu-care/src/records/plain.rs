//! Plain tables of patients and of events, as a data warehouse writes them.
//!
//! A row says what a FHIR resource would: who, what by which code, when, how
//! much. So each row becomes the resource that it stands for and takes the same
//! way through the [`Intake`](super::Intake): the same limits, units, references
//! and findings, and the same cohort digest as the resources themselves.

use csv::ByteRecord;
use serde_json::{Map, Value, json};

use super::reduce::type_name;
use crate::CareError;
use crate::cohort::SYSTEMS;
use crate::cohort::definition::{EventTable, Kind, PatientTable};

/// Columns of one table.
const MAX_COLUMNS: usize = 1_000;
/// The system of UCUM (R4, section 4.3.14).
const UCUM: &str = "http://unitsofmeasure.org";

/// A table whose columns have been found.
pub struct PlainTable<'a> {
    rows: Rows<'a>,
    places: Vec<(&'static str, usize)>,
}

enum Rows<'a> {
    Patients(&'a PatientTable),
    Events(&'a EventTable),
}

impl<'a> PlainTable<'a> {
    /// The table of patients.
    ///
    /// # Errors
    /// A column that is not there or stands there twice, and too many.
    pub fn patients(table: &'a PatientTable, header: &ByteRecord) -> Result<Self, CareError> {
        let columns = [
            ("id", Some(&table.id)),
            ("birth", table.birth.as_ref()),
            ("sex", table.sex.as_ref()),
            ("death", table.death.as_ref()),
        ];
        Ok(Self {
            rows: Rows::Patients(table),
            places: places(&table.file, &columns, header)?,
        })
    }

    /// A table of events.
    ///
    /// # Errors
    /// As [`Self::patients`].
    pub fn events(table: &'a EventTable, header: &ByteRecord) -> Result<Self, CareError> {
        let columns = [
            ("id", table.id.as_ref()),
            ("patient", Some(&table.patient)),
            ("encounter", table.encounter.as_ref()),
            ("status", table.status.as_ref()),
            ("start", Some(&table.start)),
            ("end", table.end.as_ref()),
            ("known", table.known.as_ref()),
            ("code", table.code.as_ref()),
            ("value", table.value.as_ref()),
            ("unit", table.unit.as_ref()),
            ("class", table.class.as_ref()),
            ("hospital", table.hospital.as_ref()),
        ];
        Ok(Self {
            rows: Rows::Events(table),
            places: places(&table.file, &columns, header)?,
        })
    }

    /// The resource that a row stands for, as JSON; none where a cell is no
    /// UTF-8 or the row has too few cells.
    #[must_use]
    pub fn resource(&self, row: &ByteRecord) -> Option<Vec<u8>> {
        let mut cells = Cells(Vec::with_capacity(self.places.len()));
        for (name, place) in &self.places {
            let text = std::str::from_utf8(row.get(*place)?).ok()?.trim();
            cells.0.push((name, text));
        }
        let resource = match self.rows {
            Rows::Patients(table) => patient(table, &cells),
            Rows::Events(table) => event(table, &cells),
        };
        serde_json::to_vec(&resource).ok()
    }
}

fn places(
    file: &str,
    columns: &[(&'static str, Option<&String>)],
    header: &ByteRecord,
) -> Result<Vec<(&'static str, usize)>, CareError> {
    if header.len() > MAX_COLUMNS {
        return Err(CareError::TooMany {
            what: "columns in a plain table",
            limit: MAX_COLUMNS as u64,
        });
    }
    let mut places = Vec::new();
    for (name, column) in columns {
        let Some(column) = column else { continue };
        let named = |(_, cell): &(usize, &[u8])| {
            let cell = cell.strip_prefix(b"\xef\xbb\xbf").unwrap_or(cell);
            cell.trim_ascii() == column.as_bytes()
        };
        let mut found = header.iter().enumerate().filter(named);
        match (found.next(), found.next()) {
            (Some((place, _)), None) => places.push((*name, place)),
            (None, _) => {
                let problem = format!("there is no column `{column}`: name one that is there");
                return Err(CareError::at(format!("the table `{file}`"), problem));
            }
            (Some(_), Some(_)) => {
                let problem = format!("two columns are named `{column}`: rename one");
                return Err(CareError::at(format!("the table `{file}`"), problem));
            }
        }
    }
    Ok(places)
}

/// A row's cells by what they are.
struct Cells<'r>(Vec<(&'static str, &'r str)>);

impl<'r> Cells<'r> {
    /// What a cell holds; none where it is empty or there is no such column.
    fn get(&self, name: &str) -> Option<&'r str> {
        let mut cells = self.0.iter();
        let (_, text) = cells.find(|(own, _)| *own == name)?;
        (!text.is_empty()).then_some(*text)
    }

    fn reference(&self, name: &str, kind: &str) -> Option<Value> {
        let id = self.get(name)?;
        Some(json!({ "reference": format!("{kind}/{}", plain_id(id)) }))
    }

    fn time(&self, name: &str) -> Option<Value> {
        self.get(name).map(|text| Value::String(time(text)))
    }
}

/// An id without what means something else in a reference.
fn plain_id(id: &str) -> String {
    let mut plain = String::with_capacity(id.len());
    for letter in id.chars() {
        match letter {
            '%' | '/' | '#' | '?' | '|' => plain.push_str(&format!("%{:02X}", u32::from(letter))),
            _ => plain.push(letter),
        }
    }
    plain
}

/// A time as FHIR writes it: databases part date and time by a space, and may
/// leave out the seconds.
fn time(text: &str) -> String {
    let mut text = text.replacen(' ', "T", 1);
    if let Some((_, clock)) = text.split_once('T')
        && clock.len() == "09:00".len()
    {
        text.push_str(":00");
    }
    text
}

fn set(resource: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        resource.insert(name.to_owned(), value);
    }
}

fn patient(table: &PatientTable, cells: &Cells<'_>) -> Value {
    let mut resource = Map::new();
    set(&mut resource, "resourceType", Some(json!("Patient")));
    set(
        &mut resource,
        "id",
        cells.get("id").map(|id| json!(plain_id(id))),
    );
    set(&mut resource, "birthDate", cells.time("birth"));
    let sex = cells.get("sex").map(|text| {
        let is = |words: &[String]| words.iter().any(|word| word == text);
        match () {
            () if is(&table.female) => "female",
            () if is(&table.male) => "male",
            () => "unknown",
        }
    });
    set(&mut resource, "gender", sex.map(|sex| json!(sex)));
    set(&mut resource, "deceasedDateTime", cells.time("death"));
    Value::Object(resource)
}

fn event(table: &EventTable, cells: &Cells<'_>) -> Value {
    let mut resource = Map::new();
    let kind = table.kind;
    let mut put = |name: &str, value: Option<Value>| set(&mut resource, name, value);
    put("resourceType", Some(json!(type_name(kind))));
    put("id", cells.get("id").map(|id| json!(plain_id(id))));
    put("subject", cells.reference("patient", "Patient"));
    put("encounter", cells.reference("encounter", "Encounter"));
    let period = || {
        let end = cells.time("end");
        cells.time("start").map(|start| match end {
            None => json!({ "start": start }),
            Some(end) => json!({ "start": start, "end": end }),
        })
    };
    let status = cells.get("status");
    let system = system(&table.system);
    let coding = |code: &str| json!({ "coding": [{ "system": system, "code": code }] });
    let code = cells.get("code").map(coding);
    match kind {
        Kind::Encounter => {
            put("status", Some(json!(status.unwrap_or("finished"))));
            put("period", period());
            put(
                "class",
                cells.get("class").map(|class| json!({ "code": class })),
            );
            put(
                "serviceProvider",
                cells.reference("hospital", "Organization"),
            );
            put("reasonCode", code.map(|code| json!([code])));
        }
        Kind::Condition => {
            let status = status.map(|it| json!({ "coding": [{ "code": it }] }));
            put("verificationStatus", status);
            put("onsetDateTime", cells.time("start"));
            put("recordedDate", cells.time("known"));
            put("code", code);
        }
        Kind::Procedure => {
            put("status", Some(json!(status.unwrap_or("completed"))));
            put("performedPeriod", period());
            put("code", code);
        }
        Kind::MedicationRequest => {
            put("status", Some(json!(status.unwrap_or("completed"))));
            put("authoredOn", cells.time("start"));
            put("medicationCodeableConcept", code);
        }
        Kind::MedicationAdministration => {
            put("status", Some(json!(status.unwrap_or("completed"))));
            put("effectivePeriod", period());
            put("medicationCodeableConcept", code);
        }
        // A definition has no tables of the others.
        Kind::Observation | Kind::QuestionnaireResponse | Kind::Death => {
            put("status", Some(json!(status.unwrap_or("final"))));
            put("effectiveDateTime", cells.time("start"));
            put("issued", cells.time("known"));
            put("code", code);
            if let Some((name, value)) = value(table, cells, coding) {
                put(name, Some(value));
            }
            // Codes may be of digits: the concept says which of both is meant.
            let code = table.value_system.as_deref().zip(cells.get("value"));
            put(
                "valueCodeableConcept",
                code.map(|(it, text)| coded(it, text)),
            );
        }
    }
    Value::Object(resource)
}

/// What was observed: a number with its unit, perhaps below or above it; yes or
/// no; or a code.
fn value(
    table: &EventTable,
    cells: &Cells<'_>,
    coding: impl Fn(&str) -> Value,
) -> Option<(&'static str, Value)> {
    let text = cells.get("value")?;
    if let Some(answer) = match text {
        "true" | "TRUE" => Some(true),
        "false" | "FALSE" => Some(false),
        _ => None,
    } {
        return Some(("valueBoolean", json!(answer)));
    }
    let bound = ["<=", ">=", "<", ">"];
    let bound = bound.into_iter().find(|bound| text.starts_with(bound));
    let digits = text[bound.map_or(0, str::len)..].trim();
    let number = digits.parse::<f64>().ok().filter(|it| it.is_finite());
    let Some(number) = number else {
        let code = match &table.value_system {
            Some(it) => coded(it, text),
            None => coding(text),
        };
        return Some(("valueCodeableConcept", code));
    };
    let mut quantity = Map::new();
    set(&mut quantity, "value", Some(json!(number)));
    set(&mut quantity, "comparator", bound.map(|it| json!(it)));
    if let Some(unit) = cells.get("unit").or(table.unit_is.as_deref()) {
        set(&mut quantity, "system", Some(json!(UCUM)));
        set(&mut quantity, "code", Some(json!(unit)));
    }
    Some(("valueQuantity", Value::Object(quantity)))
}

/// A code of a system.
fn coded(name: &str, code: &str) -> Value {
    json!({ "coding": [{ "system": system(name), "code": code }] })
}

/// A system's URI, where it is told by a short name.
fn system(name: &str) -> &str {
    let mut systems = SYSTEMS.iter();
    let known = systems.find(|(short, _)| *short == name);
    known.map_or(name, |(_, uri)| *uri)
}
