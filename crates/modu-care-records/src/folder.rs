//! Which files of a folder hold records, and what they may be called.

use std::fs;
use std::path::{Path, PathBuf};

use crate::RecordsError;

/// Folders within folders.
const MAX_DEPTH: usize = 8;
/// Files of one folder.
const MAX_FILES: usize = 200_000;

/// How a file's records stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A resource on each line (FHIR Bulk Data Access).
    Lines,
    /// A bundle.
    Bundle,
}

/// A file of records.
#[derive(Debug)]
pub(crate) struct RecordFile {
    pub(crate) path: PathBuf,
    pub(crate) form: Form,
    pub(crate) bytes: u64,
    /// What it is called in messages.
    pub(crate) name: String,
}

/// The files of records in a folder and below, by name; and how many others
/// there are. Links are not followed. Where plain tables are named, they may
/// be all there is.
pub(crate) fn list(path: &Path, tables: bool) -> Result<(Vec<RecordFile>, u64), RecordsError> {
    let wrong = |source| RecordsError::read(path, source);
    let mut found = Vec::new();
    let mut others = 0;
    if fs::metadata(path).map_err(wrong)?.is_file() {
        match form(path) {
            Some(form) => found.push((path.to_owned(), form)),
            None => others += 1,
        }
    } else {
        walk(path, 0, &mut found, &mut others).map_err(wrong)?;
    }
    if found.len() > MAX_FILES {
        let problem = format!("it holds more than {MAX_FILES} files of records: open a part of it");
        return Err(RecordsError::folder(path, problem));
    }
    if found.is_empty() && !tables {
        return Err(RecordsError::folder(
            path,
            "there are no records in it: give a folder of .ndjson files, or a bundle (.json)",
        ));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let files = (1..).zip(found).map(|(place, (path, form))| {
        Ok(RecordFile {
            bytes: fs::metadata(&path).map_err(wrong)?.len(),
            name: harmless_name(&path).unwrap_or_else(|| format!("file {place} (by name)")),
            path,
            form,
        })
    });
    Ok((files.collect::<Result<_, RecordsError>>()?, others))
}

fn walk(
    folder: &Path,
    depth: usize,
    found: &mut Vec<(PathBuf, Form)>,
    others: &mut u64,
) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let path = entry.path();
        match form(&path) {
            _ if kind.is_dir() && depth < MAX_DEPTH => walk(&path, depth + 1, found, others)?,
            Some(form) if kind.is_file() && found.len() <= MAX_FILES => found.push((path, form)),
            _ => *others += 1,
        }
    }
    Ok(())
}

fn form(path: &Path) -> Option<Form> {
    match path.extension()?.to_str()? {
        "ndjson" | "jsonl" => Some(Form::Lines),
        "json" => Some(Form::Bundle),
        _ => None,
    }
}

/// The names of types that export servers call their files by.
const TYPES: [&str; 12] = [
    "AllergyIntolerance",
    "Bundle",
    "Condition",
    "DiagnosticReport",
    "Encounter",
    "Immunization",
    "MedicationAdministration",
    "MedicationRequest",
    "Observation",
    "Organization",
    "Patient",
    "Procedure",
];

/// The file's own name where it is a type's and a number, such as
/// `Observation.003.ndjson`; any other may be somebody's.
fn harmless_name(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let (stem, _) = name.rsplit_once('.')?;
    let number = TYPES.iter().find_map(|kind| stem.strip_prefix(kind))?;
    let small = number.len() <= 7
        && number
            .chars()
            .all(|it| it.is_ascii_digit() || "._-".contains(it));
    small.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_types_are_repeated() {
        for name in [
            "Patient.ndjson",
            "Observation.003.ndjson",
            "Condition_1.json",
        ] {
            assert_eq!(harmless_name(Path::new(name)).as_deref(), Some(name));
        }
        for name in [
            "Hong_Gildong.json",
            "Patient_hong.ndjson",
            "Patient-9001011234567.ndjson",
        ] {
            assert_eq!(harmless_name(Path::new(name)), None, "{name}");
        }
    }
}
