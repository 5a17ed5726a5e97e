//! The objects of one publication point as one artifact.
//!
//! Layout: the line `modu point 1`, then for each object, ascending by name:
//! the length of the name (u16), the name, the length of the object (u32), the
//! object; numbers are big-endian. One set of objects has one encoding.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::{RouteError, limits};

const MAGIC: &[u8] = b"modu point 1\n";

/// The objects of a publication point by their file names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PointPack(BTreeMap<String, Bytes>);

impl PointPack {
    /// A pack of these objects.
    ///
    /// # Errors
    /// [`RouteError`] where there are more objects, or longer ones or names,
    /// than the limits allow.
    pub fn new(objects: BTreeMap<String, Bytes>) -> Result<Self, RouteError> {
        if objects.len() > limits::POINT_OBJECTS {
            return Err(RouteError::TooMany {
                what: "objects in one publication point",
                limit: limits::POINT_OBJECTS as u64,
            });
        }
        for (name, object) in &objects {
            Self::check(name, object.len())?;
        }
        Ok(Self(objects))
    }

    fn check(name: &str, length: usize) -> Result<(), RouteError> {
        if name.is_empty() || name.len() > limits::OBJECT_NAME_BYTES || name.contains('/') {
            return Err(RouteError::Malformed {
                place: "the name of an object".into(),
                problem: format!(
                    "it must have 1 to {} bytes and no `/`",
                    limits::OBJECT_NAME_BYTES
                ),
            });
        }
        match length as u64 <= limits::OBJECT_BYTES {
            true => Ok(()),
            false => Err(RouteError::TooMany {
                what: "bytes in one object",
                limit: limits::OBJECT_BYTES,
            }),
        }
    }

    /// The object of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Bytes> {
        self.0.get(name)
    }

    /// All objects, ascending by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Bytes)> {
        self.0.iter().map(|(name, object)| (name.as_str(), object))
    }

    /// The one encoding.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let length = |(name, object): (&String, &Bytes)| 6 + name.len() + object.len();
        let mut bytes = Vec::with_capacity(MAGIC.len() + self.0.iter().map(length).sum::<usize>());
        bytes.extend_from_slice(MAGIC);
        for (name, object) in &self.0 {
            // The limits keep both lengths far below what the numbers hold.
            bytes.extend_from_slice(&(name.len() as u16).to_be_bytes());
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(&(object.len() as u32).to_be_bytes());
            bytes.extend_from_slice(object);
        }
        bytes
    }

    /// Reads an encoding; the objects share its memory.
    ///
    /// # Errors
    /// [`RouteError`] where it is not the one encoding of a pack.
    pub fn parse(bytes: &Bytes) -> Result<Self, RouteError> {
        let mut reader = Reader { bytes, at: 0 };
        if reader.take(MAGIC.len())? != MAGIC {
            return Err(reader.malformed("it does not begin with `modu point 1`"));
        }
        let mut objects = BTreeMap::<String, Bytes>::new();
        while reader.at < bytes.len() {
            let length = usize::from(u16::from_be_bytes(reader.array()?));
            let name = std::str::from_utf8(reader.take(length)?)
                .map_err(|_| reader.malformed("a name is not UTF-8"))?;
            let length = u32::from_be_bytes(reader.array()?) as usize;
            Self::check(name, length)?;
            let object = bytes.slice_ref(reader.take(length)?);
            let ascending = (objects.last_key_value()).is_none_or(|(last, _)| last.as_str() < name);
            if !ascending {
                return Err(reader.malformed("the names do not ascend"));
            }
            objects.insert(name.to_owned(), object);
        }
        Self::new(objects)
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn malformed(&self, problem: &str) -> RouteError {
        RouteError::Malformed {
            place: format!("byte {} of a publication point's pack", self.at),
            problem: problem.to_owned(),
        }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], RouteError> {
        let taken = self.at.checked_add(length);
        let taken = taken.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or_else(|| self.malformed("it ends early"))?;
        self.at += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RouteError> {
        let taken = self.take(N)?;
        taken
            .try_into()
            .map_err(|_| self.malformed("it ends early"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use proptest::prelude::*;

    use super::*;

    fn pack(objects: &BTreeMap<String, Vec<u8>>) -> PointPack {
        let objects = objects.iter();
        PointPack::new(
            objects
                .map(|(name, object)| (name.clone(), Bytes::from(object.clone())))
                .collect(),
        )
        .unwrap()
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            objects in prop::collection::btree_map("[a-zA-Z0-9_.-]{1,20}", prop::collection::vec(any::<u8>(), 0..50), 0..6),
        ) {
            let pack = pack(&objects);
            prop_assert_eq!(PointPack::parse(&pack.to_bytes().into()).unwrap(), pack);
        }

        #[test]
        fn what_is_read_is_the_one_encoding(
            objects in prop::collection::btree_map("[ab]{1,2}", prop::collection::vec(any::<u8>(), 0..4), 0..4),
            place in any::<prop::sample::Index>(),
            byte in any::<u8>(),
            kept in any::<prop::sample::Index>(),
        ) {
            let mut bytes = pack(&objects).to_bytes();
            let place = place.index(bytes.len());
            bytes[place] = byte;
            bytes.truncate(kept.index(bytes.len()) + 1);
            if let Ok(read) = PointPack::parse(&bytes.clone().into()) {
                prop_assert_eq!(read.to_bytes(), bytes);
            }
        }
    }
}
