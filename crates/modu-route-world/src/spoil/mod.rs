//! What attackers do: DER that no honest signer makes, signed again.
//!
//! The library that signs refuses to make most bad objects. Here an honest
//! one is read into a tree ([`Der`]), bent, and signed again with the key that
//! signed it, so that what a validator trips over is the bend and not the
//! signature.
//!
//! - [`certificate`] bends a certificate; with it revocation lists, which have
//!   the same outer form;
//! - [`SignedObject`] bends ROAs, manifests and ASPAs: their content, their
//!   signed attributes, their certificate.

mod der;

use bytes::Bytes;
use modu_kernel::Digest;
use rpki::crypto::KeyIdentifier;

use crate::{Keys, WorldError};

pub use der::{Body, Der};

/// Object identifiers of extensions (RFC 5280, RFC 3779), encoded.
pub mod extension {
    /// Subject key identifier.
    pub const SUBJECT_KEY: &[u8] = &[85, 29, 14];
    /// Key usage.
    pub const KEY_USAGE: &[u8] = &[85, 29, 15];
    /// Basic constraints.
    pub const BASIC_CONSTRAINTS: &[u8] = &[85, 29, 19];
    /// Authority key identifier.
    pub const AUTHORITY_KEY: &[u8] = &[85, 29, 35];
    /// Where publication point, manifest and notification file are.
    pub const SUBJECT_ACCESS: &[u8] = &[43, 6, 1, 5, 5, 7, 1, 11];
    /// IP addresses.
    pub const ADDRESSES: &[u8] = &[43, 6, 1, 5, 5, 7, 1, 7];
}

/// Bends what is signed of a certificate or revocation list, then signs it
/// with the issuer's key.
///
/// # Errors
/// [`WorldError`] where it is not of that form, or the edit says no.
pub fn certificate(
    bytes: &[u8],
    keys: &Keys,
    issuer_key: usize,
    edit: impl FnOnce(&mut Der) -> Result<(), WorldError>,
) -> Result<Bytes, WorldError> {
    let mut root = Der::parse(bytes)?;
    bend(&mut root, keys, issuer_key, edit)?;
    Ok(root.to_bytes().into())
}

fn bend(
    root: &mut Der,
    keys: &Keys,
    issuer_key: usize,
    edit: impl FnOnce(&mut Der) -> Result<(), WorldError>,
) -> Result<(), WorldError> {
    edit(root.at(&[0])?)?;
    let signature = keys.sign_bytes(issuer_key, &root.at(&[0])?.to_bytes())?;
    *root.at(&[2])? = Der::bytes(0x03, [&[0], signature.as_slice()].concat());
    Ok(())
}

/// The extensions of what is signed of a certificate.
///
/// # Errors
/// [`WorldError`] where it has none.
pub fn extensions(signed: &mut Der) -> Result<&mut Vec<Der>, WorldError> {
    let last = signed.children()?.last_mut();
    let last = last.filter(|last| matches!(last.tag, 0xa0 | 0xa3));
    let none = || WorldError::Spoil("it has no extensions".into());
    last.ok_or_else(none)?.at(&[0])?.children()
}

fn is_extension(value: &mut Der, identifier: &[u8]) -> bool {
    let named = value.at(&[0]);
    named.is_ok_and(|it| it.body == Body::Bytes(identifier.to_vec()))
}

/// The value of an extension: an octet string that holds DER.
///
/// # Errors
/// [`WorldError`] where there is no such extension.
pub fn extension_value<'a>(
    signed: &'a mut Der,
    identifier: &[u8],
) -> Result<&'a mut Der, WorldError> {
    let none = || WorldError::Spoil("it has no such extension".into());
    let mut all = extensions(signed)?.iter_mut();
    let found = all.find_map(|it| is_extension(it, identifier).then_some(it));
    let found = found.ok_or_else(none)?.children()?;
    found.last_mut().ok_or_else(none)
}

/// Takes an extension away.
///
/// # Errors
/// [`WorldError`] where there are no extensions.
pub fn remove_extension(signed: &mut Der, identifier: &[u8]) -> Result<(), WorldError> {
    extensions(signed)?.retain_mut(|value| !is_extension(value, identifier));
    Ok(())
}

/// Puts a text in the place of another of the same extension, as a URI in the
/// subject's access information.
///
/// # Errors
/// [`WorldError`] where the text is not there.
pub fn replace_text(
    signed: &mut Der,
    identifier: &[u8],
    old: &str,
    new: &str,
) -> Result<(), WorldError> {
    let value = extension_value(signed, identifier)?;
    let Body::Bytes(inside) = &value.body else {
        return Err(WorldError::Spoil("it is not an octet string".into()));
    };
    let mut inside = Der::parse(inside)?;
    match replace_bytes(&mut inside, old.as_bytes(), new.as_bytes()) {
        0 => Err(WorldError::Spoil(format!("`{old}` is not in it"))),
        _ => {
            value.body = Body::Bytes(inside.to_bytes());
            Ok(())
        }
    }
}

/// Replaces whole values of bytes, and says how many.
fn replace_bytes(value: &mut Der, old: &[u8], new: &[u8]) -> usize {
    match &mut value.body {
        Body::Bytes(bytes) | Body::LongLength(bytes) => {
            let found = bytes == old;
            if found {
                *bytes = new.to_vec();
            }
            usize::from(found)
        }
        Body::Values(values) | Body::Indefinite(values) => {
            let replaced = values.iter_mut().map(|it| replace_bytes(it, old, new));
            replaced.sum()
        }
    }
}

/// Puts another identifier of the subject's key, or of the issuer's
/// ([`extension::AUTHORITY_KEY`]).
///
/// # Errors
/// [`WorldError`] where there is no such extension.
pub fn set_key_identifier(
    signed: &mut Der,
    identifier: &[u8],
    key: KeyIdentifier,
) -> Result<(), WorldError> {
    let key = key.as_slice();
    let value = match identifier == extension::AUTHORITY_KEY {
        true => Der::values(0x30, vec![Der::bytes(0x80, key)]),
        false => Der::bytes(0x04, key),
    };
    extension_value(signed, identifier)?.body = Body::Bytes(value.to_bytes());
    Ok(())
}

/// A CMS signed object (RFC 6488) as a tree.
#[derive(Debug, Clone)]
pub struct SignedObject(Der);

impl SignedObject {
    /// Reads an honest one.
    ///
    /// # Errors
    /// [`WorldError`] where it is not DER.
    pub fn parse(bytes: &[u8]) -> Result<Self, WorldError> {
        Der::parse(bytes).map(Self)
    }

    /// What is encapsulated: the content's type and, behind it, the content.
    ///
    /// # Errors
    /// [`WorldError`] where it is not where it should be.
    pub fn encapsulated(&mut self) -> Result<&mut Der, WorldError> {
        self.0.at(&[1, 0, 2])
    }

    /// The signer's signed attributes.
    ///
    /// # Errors
    /// [`WorldError`] where they are not where they should be.
    pub fn attributes(&mut self) -> Result<&mut Der, WorldError> {
        self.0.at(&[1, 0, 4, 0, 3])
    }

    /// Puts another content, with its digest among the attributes.
    ///
    /// # Errors
    /// [`WorldError`] where the object is not of the honest form.
    pub fn set_content(&mut self, content: &[u8]) -> Result<(), WorldError> {
        self.encapsulated()?.at(&[1, 0])?.body = Body::Bytes(content.to_vec());
        /// 1.2.840.113549.1.9.4, `id-messageDigest`.
        const MESSAGE_DIGEST: &[u8] = &[42, 134, 72, 134, 247, 13, 1, 9, 4];
        for attribute in self.attributes()?.children()? {
            if is_extension(attribute, MESSAGE_DIGEST) {
                let digest = Digest::of(content);
                attribute.at(&[1, 0])?.body = Body::Bytes(digest.as_bytes().to_vec());
            }
        }
        Ok(())
    }

    /// The content.
    ///
    /// # Errors
    /// [`WorldError`] where there is none.
    pub fn content(&mut self) -> Result<Der, WorldError> {
        match &self.encapsulated()?.at(&[1, 0])?.body {
            Body::Bytes(bytes) => Der::parse(bytes),
            _ => Err(WorldError::Spoil(
                "the content is not an octet string".into(),
            )),
        }
    }

    /// Bends its certificate and signs that with the issuer's key.
    ///
    /// # Errors
    /// [`WorldError`] where it is not where it should be, or the edit says no.
    pub fn certificate(
        &mut self,
        keys: &Keys,
        issuer_key: usize,
        edit: impl FnOnce(&mut Der) -> Result<(), WorldError>,
    ) -> Result<(), WorldError> {
        bend(self.0.at(&[1, 0, 3, 0])?, keys, issuer_key, edit)
    }

    /// Signs the attributes as they are now, with the key of its certificate;
    /// what is signed is their encoding as a set (RFC 5652, section 5.4).
    ///
    /// # Errors
    /// [`WorldError`] where the key is not among these.
    pub fn sign(&mut self, keys: &Keys) -> Result<(), WorldError> {
        let signer = self.0.at(&[1, 0, 4, 0, 1])?;
        let key = match &signer.body {
            Body::Bytes(bytes) => KeyIdentifier::try_from(bytes.as_slice()).ok(),
            _ => None,
        };
        let key = key.and_then(|key| keys.find(key));
        let key = key.ok_or_else(|| WorldError::Spoil("its key is not ours".into()))?;
        let mut attributes = self.attributes()?.clone();
        attributes.tag = 0x31;
        if let Body::Indefinite(values) = attributes.body {
            attributes.body = Body::Values(values);
        }
        let signature = keys.sign_bytes(key, &attributes.to_bytes())?;
        self.0.at(&[1, 0, 4, 0, 5])?.body = Body::Bytes(signature);
        Ok(())
    }

    /// The object, as bent.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        self.0.to_bytes().into()
    }
}
