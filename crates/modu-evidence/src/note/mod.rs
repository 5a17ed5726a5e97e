//! Notes: text with signatures under it, readable by people and machines.
//!
//! A note is a few lines of text, an empty line, and one line per signature:
//! an em dash, the signer's name, and base64 of a 4-byte key id and the
//! signature. Anybody may append a line, so a reader counts only lines of keys
//! that it was told to trust; it keeps the others and makes nothing of them.
//!
//! The format is C2SP signed-note (<https://c2sp.org/signed-note>), read
//! strictly: one spelling of each note is accepted and written. Go's
//! `golang.org/x/mod/sumdb/note` reads the same.

mod cosignature;
mod key;
mod signer;

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

pub use cosignature::{Cosigner, UnixTime, cosign};
pub use key::{Algorithm, VerifierKey};
pub use signer::{EcdsaP256Signer, Ed25519Cosigner, Ed25519Signer};

use crate::EvidenceError;

/// The largest note that is read or written, in bytes.
pub const MAX_NOTE_BYTES: usize = 256 * 1024;
/// The most signature lines of a note.
pub const MAX_SIGNATURES: usize = 64;
/// The longest key name, in bytes of UTF-8.
pub const MAX_NAME_BYTES: usize = 255;
/// The longest signature behind a key id, in bytes: room for the post-quantum
/// lines that others may add.
pub const MAX_SIGNATURE_BYTES: usize = 16 * 1024;

const DASH: &str = "\u{2014} ";

/// The name of a signing key: not empty, at most [`MAX_NAME_BYTES`], without
/// white space, control characters or `+`. By custom a URL without its scheme.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

impl KeyName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] where it breaks the rules above.
    pub fn new(name: impl Into<String>) -> Result<Self, EvidenceError> {
        let name = name.into();
        let problem = if name.is_empty() {
            "a key name must not be empty"
        } else if name.len() > MAX_NAME_BYTES {
            "a key name has at most 255 bytes"
        } else if name
            .chars()
            .any(|c| c == '+' || c.is_whitespace() || c.is_control())
        {
            "a key name must not hold white space, control characters or `+`"
        } else {
            return Ok(Self(name));
        };
        Err(EvidenceError::malformed(
            "key name",
            excerpt(&name),
            problem,
        ))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The four bytes that tell which of a signer's keys signed. Not a safe hash:
/// the key that the reader trusts decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 4]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

/// One signature under a note.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SignatureLine {
    name: KeyName,
    id: KeyId,
    signature: Vec<u8>,
}

impl SignatureLine {
    /// A line of its parts; `signature` is what follows the key id.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] for an empty signature or one over
    /// [`MAX_SIGNATURE_BYTES`].
    pub fn new(
        name: KeyName,
        id: KeyId,
        signature: impl Into<Vec<u8>>,
    ) -> Result<Self, EvidenceError> {
        let signature = signature.into();
        if signature.is_empty() || signature.len() > MAX_SIGNATURE_BYTES {
            return Err(EvidenceError::malformed(
                "signature line",
                name.as_str(),
                format!(
                    "a signature has 1 to {MAX_SIGNATURE_BYTES} bytes, this one {}",
                    signature.len()
                ),
            ));
        }
        Ok(Self {
            name,
            id,
            signature,
        })
    }

    /// Reads one line, with or without its final newline.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`].
    pub fn parse(line: &str) -> Result<Self, EvidenceError> {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let wrong =
            |problem: &str| EvidenceError::malformed("signature line", excerpt(line), problem);
        let (name, encoded) = line
            .strip_prefix(DASH)
            .and_then(|rest| rest.split_once(' '))
            .ok_or_else(|| {
                wrong("expected an em dash, a space, a name, a space and a base64 signature")
            })?;
        let name = KeyName::new(name)?;
        if encoded.len() > (MAX_SIGNATURE_BYTES + 4).div_ceil(3) * 4 {
            return Err(wrong("the signature is over the limit of 16 KiB"));
        }
        let bytes = BASE64_STANDARD
            .decode(encoded)
            .map_err(|error| wrong(&format!("the signature is not base64: {error}")))?;
        let (id, signature) = bytes
            .split_first_chunk::<4>()
            .ok_or_else(|| wrong("the signature is shorter than a key id"))?;
        Self::new(name, KeyId(*id), signature)
    }

    /// The signer's name.
    #[must_use]
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// Which of the signer's keys.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The signature without the key id.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }
}

/// The line with its final newline.
impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.id.0.to_vec();
        bytes.extend_from_slice(&self.signature);
        let encoded = BASE64_STANDARD.encode(bytes);
        writeln!(f, "{DASH}{} {encoded}", self.name)
    }
}

/// Signs note text: what a log is given to sign its checkpoints. See
/// [`Ed25519Signer`] and [`EcdsaP256Signer`]; a pair of signers is one too.
pub trait NoteSigner {
    /// One line per key, in the order in which they are to be written.
    ///
    /// # Errors
    /// Whatever keeps the keys from signing.
    fn sign(&self, text: &str) -> Result<Vec<SignatureLine>, EvidenceError>;
}

/// Text and the signatures under it, not yet verified.
///
/// ```
/// # fn main() -> Result<(), modu_evidence::EvidenceError> {
/// use modu_evidence::note::{Note, SignatureLine, KeyId, KeyName};
/// let line = SignatureLine::new(KeyName::new("modu.example")?, KeyId([1, 2, 3, 4]), [5; 64])?;
/// let note = Note::new("the signed text\n", vec![line])?;
/// assert!(note.to_string().starts_with("the signed text\n\n\u{2014} modu.example AQIDBAUF"));
/// assert_eq!(Note::parse(note.to_string())?, note);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Note {
    text: String,
    signatures: Vec<SignatureLine>,
}

/// A signature that a trusted key made over the note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified<'k> {
    /// The key.
    pub key: &'k VerifierKey,
    /// When it was made, for a cosignature.
    pub time: Option<UnixTime>,
}

impl Note {
    /// Puts signatures under text.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] where the text does not end in a newline or
    /// holds other control characters, and over the limits of this module.
    pub fn new(
        text: impl Into<String>,
        signatures: Vec<SignatureLine>,
    ) -> Result<Self, EvidenceError> {
        let note = Self {
            text: text.into(),
            signatures,
        };
        check_text(&note.text)?;
        note.check_limits()?;
        Ok(note)
    }

    /// Reads a note from the bytes of its file.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] for anything but the one spelling of a
    /// note within the limits of this module.
    pub fn parse(bytes: impl AsRef<[u8]>) -> Result<Self, EvidenceError> {
        let bytes = bytes.as_ref();
        let wrong = |place: &str, problem: &str| EvidenceError::malformed("note", place, problem);
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(wrong("its length", "it is over the limit of 256 KiB"));
        }
        let whole = std::str::from_utf8(bytes)
            .map_err(|error| wrong(&format!("byte {}", error.valid_up_to()), "it is not UTF-8"))?;
        let split = whole.rfind("\n\n").ok_or_else(|| {
            wrong(
                "its end",
                "there is no empty line between text and signatures",
            )
        })?;
        let (text, below) = (&whole[..=split], &whole[split + 2..]);
        let Some(below) = below.strip_suffix('\n') else {
            return Err(wrong(
                "its end",
                "it must end in a signature line and a newline",
            ));
        };
        if below.split('\n').count() > MAX_SIGNATURES {
            return Err(wrong("its signatures", "there are more than 64"));
        }
        let signatures = below
            .split('\n')
            .map(SignatureLine::parse)
            .collect::<Result<Vec<_>, _>>()?;
        Self::new(text, signatures)
    }

    /// The signed text, with its final newline.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// All signature lines, trusted or not, in their order.
    #[must_use]
    pub fn signatures(&self) -> &[SignatureLine] {
        &self.signatures
    }

    /// Adds a line; one of the same name and key id is replaced, as when a
    /// witness signs the same checkpoint again at a later time.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] over the limits of this module.
    pub fn with_signature(mut self, line: SignatureLine) -> Result<Self, EvidenceError> {
        let same = |other: &&mut SignatureLine| other.name == line.name && other.id == line.id;
        match self.signatures.iter_mut().find(same) {
            Some(old) => *old = line,
            None => self.signatures.push(line),
        }
        self.check_limits()?;
        Ok(self)
    }

    /// Which of `keys` signed the text: the one way to find out whether the
    /// text may be read. Lines of other keys are passed over.
    ///
    /// # Errors
    /// [`EvidenceError::Signature`] where none of the keys signed, where a
    /// line that carries a key's name and id does not verify with it, and
    /// where a key has two lines.
    pub fn verify<'k>(&self, keys: &'k [VerifierKey]) -> Result<Vec<Verified<'k>>, EvidenceError> {
        let mut verified: Vec<Verified<'k>> = Vec::new();
        for line in &self.signatures {
            let Some(key) = keys.iter().find(|key| key.matches(line)) else {
                continue;
            };
            let named = format!("{} {}", line.name, line.id);
            if verified.iter().any(|other| other.key == key) {
                return Err(EvidenceError::Signature(format!(
                    "the key {named} has two lines"
                )));
            }
            let time = key.verify(&self.text, line)?;
            verified.push(Verified { key, time });
        }
        if verified.is_empty() {
            let wanted: Vec<_> = keys
                .iter()
                .map(|key| format!("{} {}", key.name(), key.id()))
                .collect();
            return Err(EvidenceError::Signature(format!(
                "none of the trusted keys signed it: {}",
                wanted.join(", ")
            )));
        }
        Ok(verified)
    }

    fn check_limits(&self) -> Result<(), EvidenceError> {
        let wrong =
            |problem: &str| Err(EvidenceError::malformed("note", "its signatures", problem));
        if self.signatures.is_empty() {
            return wrong("a note has at least one signature");
        }
        if self.signatures.len() > MAX_SIGNATURES {
            return wrong("there are more than 64");
        }
        if self.to_string().len() > MAX_NOTE_BYTES {
            return wrong("the note is over the limit of 256 KiB");
        }
        Ok(())
    }
}

fn check_text(text: &str) -> Result<(), EvidenceError> {
    let wrong =
        |place: String, problem: &str| Err(EvidenceError::malformed("note", place, problem));
    if !text.ends_with('\n') {
        return wrong("its text".into(), "it must end in a newline");
    }
    match text.find(|c: char| c < ' ' && c != '\n') {
        Some(offset) => wrong(
            format!("byte {offset}"),
            "control characters other than newline are not allowed",
        ),
        None => Ok(()),
    }
}

/// The note as its file holds it.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| line.fmt(f))
    }
}

/// The beginning of something that somebody else wrote, fit for a message.
pub(crate) fn excerpt(text: &str) -> String {
    let start: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    format!("`{start}`")
}
