//! What a resource comes to before anything is known of the others.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::document::{Fact, FactValue};
use super::fate::Fate;
use super::moment::Moment;
use super::value::ValueProblem;
use crate::cohort::concept::ConceptNumber;
use crate::cohort::definition::{Kind, Sex};

/// A logical id in memory: none is kept as text.
pub(super) type Key = [u8; 16];

/// A clinical resource.
#[derive(Clone, PartialEq)]
pub(super) struct Draft {
    pub(super) kind: Kind,
    /// None where the resource has no id: then it is no version of another.
    pub(super) key: Option<Key>,
    /// Another name that a bundle gives it.
    pub(super) alias: Option<Key>,
    /// Microseconds since 1970.
    pub(super) updated: Option<i64>,
    /// What is against it already.
    pub(super) fault: Option<Fate>,
    pub(super) subject: Option<Key>,
    pub(super) encounter: Option<Key>,
    /// The last moment that it tells of.
    pub(super) last: Option<i64>,
    /// A later version than the first, by its status.
    pub(super) amended: bool,
    pub(super) facts: Vec<DraftFact>,
    pub(super) problems: Vec<(ConceptNumber, ValueProblem)>,
    /// A medication that is told elsewhere, and the fact that it makes.
    pub(super) medication: Option<(Key, DraftFact)>,
    /// When the person died, if the record says so.
    pub(super) died: Option<Death>,
}

/// What a stay says of a death.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Death {
    At(Moment),
    Undated,
}

/// A medication that others refer to.
#[derive(Clone, PartialEq)]
pub(super) struct MedicationDraft {
    pub(super) key: Option<Key>,
    pub(super) alias: Option<Key>,
    pub(super) updated: Option<i64>,
    pub(super) concepts: Vec<ConceptNumber>,
    pub(super) fault: Option<Fate>,
}

/// A fact whose concepts are numbers still.
#[derive(Clone, PartialEq)]
pub(super) struct DraftFact {
    pub(super) concepts: Vec<ConceptNumber>,
    pub(super) start: Moment,
    pub(super) end: Option<Moment>,
    pub(super) known: Option<i64>,
    pub(super) value: Option<FactValue>,
    pub(super) class: Option<String>,
    pub(super) hospital: Option<String>,
}

impl DraftFact {
    /// The fact with its concepts' names.
    pub(super) fn named(self, kind: Kind, name: impl Fn(ConceptNumber) -> String) -> Fact {
        Fact {
            kind,
            concepts: self.concepts.into_iter().map(name).collect(),
            start: self.start,
            end: self.end,
            known: self.known,
            value: self.value,
            class: self.class,
            hospital: self.hospital,
        }
    }
}

/// A patient.
#[derive(Clone, PartialEq)]
pub(super) struct PatientDraft {
    pub(super) key: Option<Key>,
    pub(super) alias: Option<Key>,
    pub(super) updated: Option<i64>,
    /// The id that the pseudonym is made of.
    pub(super) id: String,
    pub(super) birth: Option<Moment>,
    pub(super) sex: Option<Sex>,
    pub(super) death: Option<Moment>,
    /// Dead, and nobody says since when.
    pub(super) death_undated: bool,
    pub(super) identifiers: Vec<Key>,
    /// Name, birth date and sex together.
    pub(super) namesake: Option<Key>,
    pub(super) replaced_by: Option<Key>,
}

/// Something that has versions.
pub(super) trait Versioned: PartialEq {
    fn key(&self) -> Option<Key>;
    fn updated(&self) -> Option<i64>;
}

impl Versioned for Draft {
    fn key(&self) -> Option<Key> {
        self.key
    }

    fn updated(&self) -> Option<i64> {
        self.updated
    }
}

impl Versioned for MedicationDraft {
    fn key(&self) -> Option<Key> {
        self.key
    }

    fn updated(&self) -> Option<i64> {
        self.updated
    }
}

impl Versioned for PatientDraft {
    fn key(&self) -> Option<Key> {
        self.key
    }

    fn updated(&self) -> Option<i64> {
        self.updated
    }
}

/// Keeps of each resource its last version, whatever order they came in, and
/// says what becomes of the others.
pub(super) fn last_versions<T: Versioned>(drafts: Vec<T>, mut fate: impl FnMut(Fate)) -> Vec<T> {
    let (mut named, mut kept): (Vec<T>, Vec<T>) =
        drafts.into_iter().partition(|draft| draft.key().is_some());
    named.sort_by_key(|draft| (draft.key(), draft.updated()));
    let mut group: Vec<T> = Vec::new();
    for draft in named {
        if group
            .first()
            .is_some_and(|first| first.key() != draft.key())
        {
            kept.extend(last_of(std::mem::take(&mut group), &mut fate));
        }
        group.push(draft);
    }
    kept.extend(last_of(group, &mut fate));
    kept
}

/// The last of one resource's versions, which are in order of time.
fn last_of<T: Versioned>(mut versions: Vec<T>, fate: &mut impl FnMut(Fate)) -> Option<T> {
    let last = versions.pop()?;
    let mut together = versions
        .iter()
        .filter(|version| version.updated() == last.updated());
    if together.any(|version| *version != last) {
        (0..=versions.len()).for_each(|_| fate(Fate::Conflicting));
        return None;
    }
    for version in &versions {
        fate(match *version == last {
            true => Fate::Repeated,
            false => Fate::Superseded,
        });
    }
    Some(last)
}

/// The key of a resource's name, such as `Patient/1` or `urn:uuid:...`.
pub(super) fn key(name: &str) -> Key {
    let mut key = [0; 16];
    key.copy_from_slice(&Sha256::digest(name.as_bytes())[..16]);
    key
}

/// The name in a reference: its last two segments, without version; or an URN.
pub(super) fn name_of_reference(reference: &str) -> Option<String> {
    let reference = match reference.split_once("/_history/") {
        None => reference,
        Some((reference, _)) => reference,
    };
    if reference.starts_with("urn:") {
        return Some(reference.to_owned());
    }
    // Fragments and searches name nothing by which it could be found.
    if reference.contains(['#', '?']) {
        return None;
    }
    let mut segments = reference.rsplit('/');
    let (id, kind) = (segments.next()?, segments.next()?);
    (!id.is_empty() && !kind.is_empty()).then(|| format!("{kind}/{id}"))
}

/// When a version was written, in microseconds since 1970.
pub(super) fn version_time(text: Option<&str>) -> Option<i64> {
    let time: Timestamp = text?.parse().ok()?;
    Some(time.as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    struct Version(Option<Key>, Option<i64>, u8);

    impl Versioned for Version {
        fn key(&self) -> Option<Key> {
            self.0
        }

        fn updated(&self) -> Option<i64> {
            self.1
        }
    }

    fn outcome(mut versions: Vec<Version>) -> (Vec<u8>, Vec<Fate>) {
        let mut results = Vec::new();
        for _ in 0..2 {
            let mut fates = Vec::new();
            let kept = last_versions(versions.clone(), |fate| fates.push(fate));
            let mut kept: Vec<u8> = kept.into_iter().map(|version| version.2).collect();
            kept.sort_unstable();
            fates.sort_unstable();
            results.push((kept, fates));
            versions.reverse();
        }
        assert_eq!(
            results[0], results[1],
            "the order they come in is no matter"
        );
        results.swap_remove(0)
    }

    fn version(name: &str, updated: Option<i64>, content: u8) -> Version {
        Version(Some(key(name)), updated, content)
    }

    #[test]
    fn the_last_version_is_kept_whatever_order_they_come_in() {
        let versions = vec![version("a", Some(2), 2), version("a", Some(1), 1)];
        assert_eq!(outcome(versions), (vec![2], vec![Fate::Superseded]));
    }

    #[test]
    fn the_same_again_is_kept_once() {
        let versions = vec![version("a", Some(1), 1), version("a", Some(1), 1)];
        assert_eq!(outcome(versions), (vec![1], vec![Fate::Repeated]));
        let nameless = vec![Version(None, None, 1), Version(None, None, 1)];
        assert_eq!(outcome(nameless), (vec![1, 1], vec![]));
    }

    #[test]
    fn versions_that_contradict_one_another_are_all_set_apart() {
        for updated in [Some(1), None] {
            let versions = vec![
                version("a", updated, 1),
                version("a", updated, 2),
                version("b", None, 3),
            ];
            let (kept, fates) = outcome(versions);
            assert_eq!((kept, fates), (vec![3], vec![Fate::Conflicting; 2]));
        }
    }

    #[test]
    fn references_are_read_in_every_form_that_names_a_resource() {
        for (reference, name) in [
            ("Patient/1", Some("Patient/1")),
            (
                "http://a.example/fhir/Patient/1/_history/3",
                Some("Patient/1"),
            ),
            ("urn:uuid:0-1", Some("urn:uuid:0-1")),
            ("Patient?identifier=x|y", None),
            ("#p", None),
            ("Patient/", None),
            ("1", None),
            ("", None),
        ] {
            assert_eq!(name_of_reference(reference).as_deref(), name, "{reference}");
        }
    }
}
