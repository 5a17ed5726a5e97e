//! DER as a tree that can be bent.

use crate::WorldError;

/// Deeper nesting than any RPKI object has.
const DEPTH: usize = 32;

/// A value with its one-byte tag. What it is made of may be anything, also
/// what DER forbids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Der {
    /// The tag's byte.
    pub tag: u8,
    /// What stands behind the tag.
    pub body: Body,
}

/// What stands behind a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Bytes.
    Bytes(Vec<u8>),
    /// Further values.
    Values(Vec<Der>),
    /// Further values in BER's indefinite form, ended by two zero bytes.
    Indefinite(Vec<Der>),
    /// Bytes under a length in more bytes than it needs, as BER allows.
    LongLength(Vec<u8>),
}

impl Der {
    /// A value of bytes.
    #[must_use]
    pub fn bytes(tag: u8, bytes: impl Into<Vec<u8>>) -> Self {
        let body = Body::Bytes(bytes.into());
        Self { tag, body }
    }

    /// A value of values.
    #[must_use]
    pub const fn values(tag: u8, values: Vec<Self>) -> Self {
        let body = Body::Values(values);
        Self { tag, body }
    }

    /// Reads DER; what is constructed becomes values.
    ///
    /// # Errors
    /// [`WorldError`] where it is not one whole value.
    pub fn parse(bytes: &[u8]) -> Result<Self, WorldError> {
        let (value, rest) = Self::take(bytes, 0)?;
        match rest.is_empty() {
            true => Ok(value),
            false => Err(WorldError::Spoil("bytes stand behind the value".into())),
        }
    }

    fn take(bytes: &[u8], depth: usize) -> Result<(Self, &[u8]), WorldError> {
        let short = || WorldError::Spoil("the DER ends early or nests too deeply".into());
        let (&tag, rest) = bytes.split_first().ok_or_else(short)?;
        let (&first, mut rest) = rest.split_first().ok_or_else(short)?;
        let mut length = usize::from(first);
        if first & 0x80 != 0 {
            length = 0;
            let octets = usize::from(first & 0x7f);
            let (head, tail) = rest.split_at_checked(octets).ok_or_else(short)?;
            for octet in head {
                length = length.checked_mul(256).ok_or_else(short)? + usize::from(*octet);
            }
            rest = tail;
        }
        let (content, rest) = rest.split_at_checked(length).ok_or_else(short)?;
        if tag & 0x20 == 0 {
            return Ok((Self::bytes(tag, content), rest));
        }
        if depth == DEPTH {
            return Err(short());
        }
        let mut values = Vec::new();
        let mut left = content;
        while !left.is_empty() {
            let (value, behind) = Self::take(left, depth + 1)?;
            values.push(value);
            left = behind;
        }
        Ok((Self::values(tag, values), rest))
    }

    /// The encoding, bent where the tree is.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![self.tag];
        let inside = |values: &[Self]| values.iter().flat_map(Self::to_bytes).collect::<Vec<_>>();
        match &self.body {
            Body::Bytes(bytes) => append(&mut out, bytes),
            Body::Values(values) => append(&mut out, &inside(values)),
            Body::Indefinite(values) => {
                out.push(0x80);
                out.extend(inside(values));
                out.extend([0, 0]);
            }
            Body::LongLength(bytes) => {
                out.push(0x88);
                out.extend((bytes.len() as u64).to_be_bytes());
                out.extend(bytes);
            }
        }
        out
    }

    /// Its values.
    ///
    /// # Errors
    /// [`WorldError`] where it has none.
    pub fn children(&mut self) -> Result<&mut Vec<Self>, WorldError> {
        match &mut self.body {
            Body::Values(values) | Body::Indefinite(values) => Ok(values),
            Body::Bytes(_) | Body::LongLength(_) => {
                let problem = format!("a value of tag {:#04x} holds no values", self.tag);
                Err(WorldError::Spoil(problem))
            }
        }
    }

    /// The value at these places, from the outside in.
    ///
    /// # Errors
    /// [`WorldError`] where there is none.
    pub fn at(&mut self, places: &[usize]) -> Result<&mut Self, WorldError> {
        let Some((first, rest)) = places.split_first() else {
            return Ok(self);
        };
        let missing = || WorldError::Spoil(format!("there is no value at place {first}"));
        let child = self.children()?.get_mut(*first).ok_or_else(missing)?;
        child.at(rest)
    }
}

fn append(out: &mut Vec<u8>, content: &[u8]) {
    let length = content.len();
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let octets = length.to_be_bytes();
        let zeros = octets.iter().take_while(|octet| **octet == 0).count();
        out.push(0x80 | (octets.len() - zeros) as u8);
        out.extend(&octets[zeros..]);
    }
    out.extend(content);
}
