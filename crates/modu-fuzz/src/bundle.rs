//! Bundles: what verifies was signed, to the last byte.

use modu_evidence::bundle::Bundle;
use modu_evidence::dsse::Envelope;
use modu_evidence::note::{Note, SignatureLine};
use modu_evidence::statement::Statement;
use modu_evidence::trust::TrustedRoot;
use modu_evidence::verify::verify;
use modu_kernel::Digest;

use crate::Target;
use crate::random::Random;
use crate::world::{ENTRIES, World, subject, world};

/// Sigstore bundles, statements and trusted roots.
pub const TARGET: Target = Target {
    name: "bundle",
    law,
    seeds,
    mutate: Some(mutate),
};

/// - Refusals tell a reason.
/// - A bundle, a statement or a trusted root that is read is written again as
///   the same bytes, or, where the form is free, as the same thing.
/// - A bundle that verifies is one that was signed, byte by byte but for the
///   lines of witnesses, which anybody may add to a checkpoint.
pub fn law(bytes: &[u8]) {
    match Bundle::parse(bytes) {
        Ok(bundle) => assert_eq!(bundle.to_bytes().expect("a bundle that was read"), bytes),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    match Statement::parse(bytes) {
        Ok(statement) => {
            assert_eq!(
                statement.to_bytes().expect("a statement that was read"),
                bytes
            );
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok(root) = TrustedRoot::parse(bytes) {
        let written = root.to_json().expect("a root that was read");
        let again = TrustedRoot::parse(&written).expect("a root that was written");
        assert_eq!(again, root);
    }
    let world = world();
    let made = without_witnesses(bytes);
    let mut bundles = world.bundles.iter();
    let signed = made.is_some() && bundles.any(|bundle| without_witnesses(bundle) == made);
    for expectations in &world.expectations {
        for artifact in (0..ENTRIES).map(subject) {
            let verified = verify(bytes, &world.root, &artifact, expectations).is_ok();
            assert!(signed || !verified, "a bundle that nobody signed verifies");
        }
    }
}

/// The bundle with the log's own lines alone under its checkpoint.
fn without_witnesses(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut bundle = Bundle::parse(bytes).ok()?;
    let log = bundle.checkpoint.text().lines().next()?.to_owned();
    let lines = bundle.checkpoint.signatures().iter();
    let of_log = lines.filter(|line| line.name().to_string() == log);
    bundle.checkpoint = Note::new(bundle.checkpoint.text(), of_log.cloned().collect()).ok()?;
    bundle.to_bytes().ok()
}

/// Every bundle that was signed, a statement, and the trusted root.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let world = world();
    let bundle = Bundle::parse(&world.bundles[0]).expect("our own bundle");
    let mut seeds = world.bundles.clone();
    seeds.push(bundle.envelope.payload().to_vec());
    seeds.push(world.root.to_json().expect("our own root"));
    seeds
}

/// Changes the parts of a bundle that say something of their own, or takes them
/// from another, and writes what follows from them anew.
fn mutate(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    if let Ok(mut bundle) = Bundle::parse(bytes) {
        for _ in 0..=random.below(2) {
            change(&mut bundle, world(), &mut random);
        }
        if let Ok(bytes) = bundle.to_bytes() {
            return bytes;
        }
    }
    let mut bytes = bytes.to_vec();
    random.touch(&mut bytes);
    bytes
}

fn change(bundle: &mut Bundle, world: &World, random: &mut Random) {
    let other = &world.bundles[random.below(world.bundles.len())];
    let other = Bundle::parse(other).expect("our own bundle");
    let (mut payload, mut signature) = (
        bundle.envelope.payload().to_vec(),
        bundle.envelope.signature().to_vec(),
    );
    match random.below(14) {
        0 => bundle.envelope = other.envelope,
        1 => bundle.certificate = other.certificate,
        2 => bundle.promise = other.promise,
        3 => bundle.proof = other.proof,
        4 => bundle.checkpoint = other.checkpoint,
        5 => bundle.integrated_time = other.integrated_time.wrapping_add(random.next() % 3),
        6 => {
            random.touch(&mut payload);
            bundle.envelope = Envelope::from_parts(payload, signature);
        }
        7 => {
            random.touch(&mut signature);
            bundle.envelope = Envelope::from_parts(payload, signature);
        }
        8 => random.touch(&mut bundle.certificate),
        9 => random.touch(&mut bundle.promise),
        10 => bundle.log_id = Digest::of(&random.next().to_le_bytes()),
        11 => bundle.proof.index = random.next() % 6,
        12 => {
            bundle.proof = other.proof;
            bundle.checkpoint = other.checkpoint;
        }
        _ => {
            if let Some(checkpoint) = other_lines(&bundle.checkpoint, &other.checkpoint, random) {
                bundle.checkpoint = checkpoint;
            }
        }
    }
}

/// The note with its signature lines in another order, one left out, changed,
/// or taken from another note.
fn other_lines(note: &Note, other: &Note, random: &mut Random) -> Option<Note> {
    let mut lines = note.signatures().to_vec();
    let (place, second) = (random.below(lines.len()), random.below(lines.len()));
    match random.below(4) {
        0 => lines.swap(place, second),
        1 => {
            lines.remove(place);
        }
        2 => lines.push(other.signatures()[random.below(other.signatures().len())].clone()),
        _ => {
            let line = &lines[place];
            let mut signature = line.signature().to_vec();
            random.touch(&mut signature);
            lines[place] = SignatureLine::new(line.name().clone(), line.id(), signature).ok()?;
        }
    }
    Note::new(note.text(), lines).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signed_bundles_verify_and_the_witness_counts() {
        let world = world();
        let verified = |bundle: &[u8], witnessed: usize| {
            (0..ENTRIES).any(|entry| {
                let expected = &world.expectations[witnessed];
                verify(bundle, &world.root, &subject(entry), expected).is_ok()
            })
        };
        let (cosigned, plain) = world.bundles.split_last().unwrap();
        assert!(
            plain
                .iter()
                .all(|bundle| verified(bundle, 0) && !verified(bundle, 1))
        );
        assert!(verified(cosigned, 1));
    }

    #[test]
    fn many_changed_bundles_keep_their_form() {
        let seed = &seeds()[2];
        let changed = (0..200).map(|turn| mutate(seed, turn));
        let parsed = changed.filter(|bytes| Bundle::parse(bytes).is_ok()).count();
        assert!(parsed > 100, "{parsed}");
    }
}
