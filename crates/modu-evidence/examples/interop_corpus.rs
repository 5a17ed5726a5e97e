//! Good bundles, attacked bundles, and what their readers are given: the cases
//! on which `cargo xtask interop evidence` tries the clients of others.
//!
//! ```text
//! interop_corpus write FOLDER     writes FOLDER/<case>/... and FOLDER/cases
//! interop_corpus verify CASE      our own verifier: exits 0, or 1 where it refuses
//! ```
//!
//! A case is a folder with `bundle.sigstore.json`, `artifact`,
//! `trusted_root.json`, `trust.json`, the log's `vkey`, the reader's `earlier`
//! checkpoint, the path of the log's `tiles`, and maybe a `witness` vkey.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the command line"
)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::{SignedDuration, Timestamp};
use modu_evidence::EvidenceError;
use modu_evidence::archive::{Cosignatures, Identity, Recorder};
use modu_evidence::bundle::{Bundle, promise_message};
use modu_evidence::dsse::Envelope;
use modu_evidence::keys::{Ed25519Key, Keys, LogSigner, Random, SystemRandom, WitnessKey};
use modu_evidence::log::{Hash, LogReader, Origin};
use modu_evidence::note::{KeyName, Note, SignatureLine, UnixTime, cosign};
use modu_evidence::statement::{
    Predicate, SimpleVerificationResult, Statement, Subject, VerifierName,
};
use modu_evidence::trust::TrustedRoot;
use modu_evidence::verify::{Earlier, Expectations, verify};
use modu_evidence::witness::WitnessPolicy;
use modu_kernel::Digest;
use sha2::{Digest as _, Sha256};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The bundle's entry is neither in the log's first tile nor its last.
const INDEX: u64 = 270;
const EARLIER_SIZE: usize = 300;
const SIZE: usize = 600;
/// Where the forked log departs from the one that the reader knows.
const FORK: usize = 250;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["write", folder] => write_corpus(Path::new(folder)),
        ["verify", case] => verify_case(Path::new(case)),
        _ => {
            eprintln!("interop_corpus write FOLDER | verify CASE");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("refused: {error}");
            ExitCode::from(1)
        }
    }
}

fn identity() -> Identity {
    Identity {
        organisation: "모두 demand ministry".into(),
        uri: "https://modu.example/agency/demand-ministry".into(),
        issuer: "https://modu.example/oidc".into(),
        origin: "log.modu.example/demand-ministry".into(),
    }
}

/// Two logs with the same keys need the same random numbers.
struct Stretched {
    seed: [u8; 32],
    count: u64,
}

impl Random for Stretched {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EvidenceError> {
        for chunk in bytes.chunks_mut(32) {
            self.count += 1;
            let hash = Sha256::new()
                .chain_update(self.seed)
                .chain_update(self.count.to_be_bytes());
            chunk.copy_from_slice(&hash.finalize()[..chunk.len()]);
        }
        Ok(())
    }
}

fn artifact(number: usize) -> Vec<u8> {
    format!("artifact {number}").into_bytes()
}

fn statement(number: usize, time: Timestamp) -> Statement {
    Statement {
        subject: vec![Subject::new("artifact", Digest::of(&artifact(number)))],
        predicate: Predicate::SimpleVerificationResult(SimpleVerificationResult {
            verifier: VerifierName {
                id: "https://modu.example/gate/v1".into(),
            },
            time_created: time,
            properties: vec!["MODU_GATE_PASSED".into()],
        }),
    }
}

/// What all cases are made from.
struct Corpus {
    folder: PathBuf,
    recorder: Recorder,
    earlier: Note,
    keys: Keys,
    start: Timestamp,
}

fn write_corpus(folder: &Path) -> Outcome<()> {
    let mut seed = [0; 32];
    SystemRandom.fill(&mut seed)?;
    // Clients compare with their own clock: all times lie in the past.
    let hours = SignedDuration::from_hours(3);
    let start = Timestamp::from_second((Timestamp::now() - hours).as_second())?;
    let (place, place_of_fork) = (folder.join("archive"), folder.join("forked"));
    let random = || Stretched { seed, count: 0 };
    let mut recorder = Recorder::init(&place, identity(), &mut random(), start)?;
    fill(&mut recorder, 0..EARLIER_SIZE, start)?;
    let earlier = recorder.log().note().clone();
    fill(&mut recorder, EARLIER_SIZE..SIZE, start)?;
    let keys = Keys::load(&place.join("keys/0001"))?;

    let mut forked = Recorder::init(&place_of_fork, identity(), &mut random(), start)?;
    fill(&mut forked, 0..FORK, start)?;
    forked.record(&statement(usize::MAX, start), start)?;
    fill(&mut forked, FORK + 1..SIZE, start)?;

    let mut corpus = Corpus {
        folder: folder.to_owned(),
        recorder,
        earlier,
        keys,
        start,
    };
    corpus.write_attacks(&forked)?;
    corpus.write_cosigned()?;
    let mut random = random();
    let rotated = Recorder::init(folder.join("rotated"), identity(), &mut random, start)?;
    corpus.write_rotated(rotated, &mut random)
}

fn fill(recorder: &mut Recorder, numbers: std::ops::Range<usize>, time: Timestamp) -> Outcome<()> {
    let statements: Vec<_> = numbers.map(|number| statement(number, time)).collect();
    recorder.record_batch(&statements, time)?;
    Ok(())
}

impl Corpus {
    fn good(&self) -> Outcome<Bundle> {
        Ok(Bundle::parse(&self.recorder.export(INDEX)?)?)
    }

    fn write_attacks(&self, forked: &Recorder) -> Outcome<()> {
        let good = self.good()?;
        self.write("good", &good, &artifact(INDEX as usize), &self.recorder)?;

        // Somebody puts another statement under the same signature. The entry
        // is still the one that was logged.
        let payload = statement(4711, self.start).to_bytes()?;
        let signature = good.envelope.signature().to_vec();
        let envelope = Envelope::from_parts(payload, signature);
        let body = good.entry()?;
        let changed = Bundle {
            envelope,
            ..good.clone()
        };
        let bytes = with_body(&changed.to_bytes()?, &body)?;
        self.write_bytes("changed payload", &bytes, &artifact(4711), &self.recorder)?;

        self.write("another artifact", &good, b"another", &self.recorder)?;

        let mut broken = good.clone();
        let first = broken
            .proof
            .hashes
            .first_mut()
            .ok_or("the proof is empty")?;
        *first = Hash::of_leaf(b"not in the log");
        let real = artifact(INDEX as usize);
        self.write("broken inclusion proof", &broken, &real, &self.recorder)?;

        self.write(
            "wrong log key",
            &self.signed_by_another(&good)?,
            &real,
            &self.recorder,
        )?;

        // The log takes the entry an hour after it was signed.
        let mut late = good.clone();
        late.integrated_time += 3600;
        late.promise = self.promise(&late, |message| self.keys.log_ecdsa.sign(message))?;
        self.write("expired certificate", &late, &real, &self.recorder)?;

        let fork = Bundle::parse(&forked.export(INDEX)?)?;
        self.write("forked checkpoint", &fork, &real, forked)
    }

    /// Another key signs checkpoint and promise in the log's name.
    fn signed_by_another(&self, good: &Bundle) -> Outcome<Bundle> {
        let other = Keys::generate(&mut SystemRandom)?;
        let mut bundle = good.clone();
        bundle.promise = self.promise(good, |message| other.log_ecdsa.sign(message))?;
        let text = good.checkpoint.text();
        let own = LogSigner::new(&self.keys, &self.recorder.origin()?)?.public();
        let [ecdsa, ed25519] = &own;
        let signatures = [
            (ecdsa, other.log_ecdsa.sign(text.as_bytes())),
            (ed25519, sign(&other.log_ed25519, text)),
        ];
        let lines = signatures
            .map(|(key, signature)| SignatureLine::new(key.name().clone(), key.id(), signature));
        let lines = lines.into_iter().collect::<Result<_, _>>()?;
        bundle.checkpoint = Note::new(text, lines)?;
        Ok(bundle)
    }

    fn promise(&self, bundle: &Bundle, sign: impl Fn(&[u8]) -> Vec<u8>) -> Outcome<Vec<u8>> {
        let (time, index) = (bundle.integrated_time, bundle.proof.index);
        let entry = bundle.entry()?;
        Ok(sign(&promise_message(&entry, time, &bundle.log_id, index)?))
    }

    fn write_cosigned(&mut self) -> Outcome<()> {
        let name = KeyName::new("witness.example/audit-office")?;
        let witness = WitnessKey::generate(name, &mut SystemRandom)?;
        let note = self.recorder.log().note().clone();
        let seconds = u64::try_from(self.start.as_second())?;
        let time = UnixTime::new(seconds).ok_or("the time is out of range")?;
        let note = note
            .clone()
            .with_signature(cosign(note.text(), time, &witness)?)?;
        let keys = [witness.public().clone()];
        self.recorder.keep_cosignatures(&note, &keys)?;
        let bundle = self.recorder.export_as(INDEX, Cosignatures::With)?;
        let case = "good, cosigned by a witness";
        self.write_bytes(case, &bundle, &artifact(INDEX as usize), &self.recorder)?;
        let vkey = witness.public().to_string();
        std::fs::write(self.folder.join(folder_of(case)).join("witness"), vkey)?;
        Ok(())
    }

    /// An old entry, exported after the keys were changed.
    fn write_rotated(&self, mut recorder: Recorder, random: &mut dyn Random) -> Outcome<()> {
        fill(&mut recorder, 0..SIZE, self.start)?;
        let later = self.start + SignedDuration::from_mins(30);
        let recorder = recorder.rotate(random, later)?;
        let case = "good, after a change of keys";
        let bundle = recorder.export(INDEX)?;
        self.write_bytes(case, &bundle, &artifact(INDEX as usize), &recorder)?;
        let root = recorder.trusted_root();
        let folder = self.folder.join(folder_of(case));
        std::fs::write(folder.join("trusted_root.json"), root.to_json()?)?;
        let trust = root.to_trust_config_json(&identity().issuer)?;
        std::fs::write(folder.join("trust.json"), trust)?;
        Ok(())
    }

    fn write(&self, case: &str, it: &Bundle, artifact: &[u8], log: &Recorder) -> Outcome<()> {
        self.write_bytes(case, &it.to_bytes()?, artifact, log)
    }

    fn write_bytes(&self, case: &str, it: &[u8], artifact: &[u8], log: &Recorder) -> Outcome<()> {
        let folder = self.folder.join(folder_of(case));
        std::fs::create_dir_all(&folder)?;
        let root = self.recorder.trusted_root();
        // The key of the time in which the bundle's checkpoint was signed.
        let origin = Origin::new(identity().origin)?;
        let [_, vkey] = LogSigner::new(&self.keys, &origin)?.public();
        let tiles = log.log().folder().display().to_string();
        let trust = root.to_trust_config_json(&identity().issuer)?;
        let files = [
            ("bundle.sigstore.json", it.to_vec()),
            ("artifact", artifact.to_vec()),
            ("trusted_root.json", root.to_json()?),
            ("trust.json", trust),
            ("vkey", vkey.to_string().into_bytes()),
            ("earlier", self.earlier.to_string().into_bytes()),
            ("tiles", tiles.into_bytes()),
        ];
        for (name, bytes) in files {
            std::fs::write(folder.join(name), bytes)?;
        }
        println!("{case}");
        Ok(())
    }
}

fn sign(key: &Ed25519Key, text: &str) -> Vec<u8> {
    key.sign(text.as_bytes()).to_vec()
}

fn folder_of(case: &str) -> String {
    case.replace([' ', ','], "-")
}

/// The bundle with the log entry of another one.
fn with_body(bundle: &[u8], body: &[u8]) -> Outcome<Vec<u8>> {
    use base64::Engine as _;
    let mut json: serde_json::Value = serde_json::from_slice(bundle)?;
    let encoded = base64::prelude::BASE64_STANDARD.encode(body);
    json["verificationMaterial"]["tlogEntries"][0]["canonicalizedBody"] = encoded.into();
    Ok(serde_json::to_vec(&json)?)
}

fn verify_case(case: &Path) -> Outcome<()> {
    let read = |name: &str| std::fs::read(case.join(name));
    let text = |name: &str| std::fs::read_to_string(case.join(name));
    let root = TrustedRoot::parse(&read("trusted_root.json")?)?;
    let bundle = read("bundle.sigstore.json")?;
    let earlier = Note::parse(read("earlier")?)?;
    let log_keys = root.keys_of(&Origin::new(identity().origin)?)?;
    let log = LogReader::open(text("tiles")?, &log_keys)?;
    let witnesses = match text("witness") {
        Ok(vkey) => Some(WitnessPolicy::new(vec![vkey.parse()?], 1)?),
        Err(_) => None,
    };
    let expectations = Expectations {
        identity: Some(identity().uri),
        issuer: Some(identity().issuer),
        witnesses,
        earlier: Some(Earlier::prove(earlier, &log, &bundle)?),
    };
    let digest = Digest::of(&read("artifact")?);
    let verified = verify(&bundle, &root, &digest, &expectations)?;
    println!("{}", verified.assurance().label().en);
    Ok(())
}
