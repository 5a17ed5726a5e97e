//! A strict walk over Thrift's compact protocol, in which Parquet writes its
//! footer and page headers.
//!
//! The Parquet crate decodes the same bytes, and takes memory, time and stack
//! as they ask for it: a list of 2^31 elements, types nested a million deep.
//! So the bytes are walked before: no field out of order, none of another type
//! than [`parquet.thrift`] gives it, no list longer than its bytes or
//! [`LONGEST_LIST`], nothing deeper than [`DEEPEST`]. Sets, maps and lists of
//! booleans, which no footer or page header holds, are refused, because
//! readers differ in how they skip them. What passes reads the same to both.
//!
//! [`parquet.thrift`]: https://github.com/apache/parquet-format

/// Elements of one list.
pub(crate) const LONGEST_LIST: u64 = 1 << 16;
/// Structures and lists within one another.
pub(crate) const DEEPEST: usize = 12;

/// Bytes are not what their place in the file asks for; with what is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

/// The type of a field.
#[derive(Debug)]
pub(crate) enum Kind {
    Bool,
    I8,
    I16,
    I32,
    I64,
    Double,
    Binary,
    List(&'static Kind),
    Struct(&'static Shape),
}

impl Kind {
    /// Whether a value with this type nibble may stand here.
    const fn is_written_as(&self, nibble: u8) -> bool {
        match self {
            Self::Bool => nibble == nibble::TRUE || nibble == nibble::FALSE,
            Self::I8 => nibble == nibble::I8,
            Self::I16 => nibble == nibble::I16,
            Self::I32 => nibble == nibble::I32,
            Self::I64 => nibble == nibble::I64,
            Self::Double => nibble == nibble::DOUBLE,
            Self::Binary => nibble == nibble::BINARY,
            Self::List(_) => nibble == nibble::LIST,
            Self::Struct(_) => nibble == nibble::STRUCT,
        }
    }
}

/// The type nibbles of the compact protocol.
mod nibble {
    pub(super) const STOP: u8 = 0;
    pub(super) const TRUE: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const I8: u8 = 3;
    pub(super) const I16: u8 = 4;
    pub(super) const I32: u8 = 5;
    pub(super) const I64: u8 = 6;
    pub(super) const DOUBLE: u8 = 7;
    pub(super) const BINARY: u8 = 8;
    pub(super) const LIST: u8 = 9;
    pub(super) const STRUCT: u8 = 12;
}

/// A structure's known fields, by ascending number.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [Known],
}

/// Number, name and type of a field.
pub(crate) type Known = (i16, &'static str, Kind);

/// What a walk passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// A whole number or a boolean in a known field.
    Number {
        /// The structure's name.
        within: &'static str,
        /// The field's name.
        field: &'static str,
        value: i64,
    },
    /// The end of a known structure.
    End(&'static str),
}

/// A place in bytes.
struct Walk<'a, 'n> {
    bytes: &'a [u8],
    at: usize,
    note: &'n mut dyn FnMut(Event),
}

/// Walks over one structure at the start of the bytes and tells what it
/// passes. Gives the structure's length in bytes.
///
/// # Errors
/// [`Malformed`] at the first byte that does not fit.
pub(crate) fn walk(
    bytes: &[u8],
    shape: &'static Shape,
    note: &mut dyn FnMut(Event),
) -> Result<usize, Malformed> {
    let mut walk = Walk { bytes, at: 0, note };
    walk.structure(Some(shape), DEEPEST)?;
    Ok(walk.at)
}

impl Walk<'_, '_> {
    fn left(&self) -> u64 {
        self.bytes.len().saturating_sub(self.at) as u64
    }

    fn byte(&mut self) -> Result<u8, Malformed> {
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte.ok_or(Malformed("it ends too early"))
    }

    fn skip(&mut self, count: u64) -> Result<(), Malformed> {
        if count > self.left() {
            return Err(Malformed("it ends too early"));
        }
        self.at += usize::try_from(count).unwrap_or(usize::MAX);
        Ok(())
    }

    /// An unsigned number in groups of seven bits.
    fn unsigned(&mut self) -> Result<u64, Malformed> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed("a number is longer than 64 bits"))
    }

    /// A signed number within so many bits.
    fn signed(&mut self, bits: u32) -> Result<i64, Malformed> {
        let zigzag = self.unsigned()?;
        if bits < 64 && zigzag >> bits != 0 {
            return Err(Malformed("a number is too large for its field"));
        }
        Ok((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    fn structure(&mut self, shape: Option<&'static Shape>, depth: usize) -> Result<(), Malformed> {
        let depth = depth.checked_sub(1).ok_or(TOO_DEEP)?;
        let mut last = 0;
        loop {
            let header = self.byte()?;
            let kind = header & 0x0f;
            if kind == nibble::STOP {
                break;
            }
            let number = match i64::from(header >> 4) {
                0 => self.signed(16)?,
                step => last + step,
            };
            if number <= last || number > i64::from(i16::MAX) {
                return Err(Malformed("its fields are out of order"));
            }
            last = number;
            let known = shape.and_then(|shape| {
                let field = shape
                    .fields
                    .iter()
                    .find(|known| i64::from(known.0) == number)?;
                Some((shape.name, field))
            });
            match known {
                Some((within, (_, field, expected))) => {
                    if !expected.is_written_as(kind) {
                        return Err(Malformed("a field is of another type than it should be"));
                    }
                    if let Some(value) = self.value(kind, Some(expected), depth)? {
                        (self.note)(Event::Number {
                            within,
                            field,
                            value,
                        });
                    }
                }
                None => {
                    self.value(kind, None, depth)?;
                }
            }
        }
        if let Some(shape) = shape {
            (self.note)(Event::End(shape.name));
        }
        Ok(())
    }

    /// Walks over a value; gives it where it is a whole number or boolean.
    fn value(
        &mut self,
        kind: u8,
        expected: Option<&'static Kind>,
        depth: usize,
    ) -> Result<Option<i64>, Malformed> {
        match kind {
            nibble::TRUE => return Ok(Some(1)),
            nibble::FALSE => return Ok(Some(0)),
            nibble::I8 => return Ok(Some(i64::from(self.byte()? as i8))),
            nibble::I16 => return self.signed(16).map(Some),
            nibble::I32 => return self.signed(32).map(Some),
            nibble::I64 => return self.signed(64).map(Some),
            nibble::DOUBLE => self.skip(8)?,
            nibble::BINARY => {
                let length = self.unsigned()?;
                self.skip(length)?;
            }
            nibble::LIST => {
                let elements = match expected {
                    Some(Kind::List(elements)) => Some(*elements),
                    _ => None,
                };
                self.list(elements, depth)?;
            }
            nibble::STRUCT => {
                let shape = match expected {
                    Some(Kind::Struct(shape)) => Some(*shape),
                    _ => None,
                };
                self.structure(shape, depth)?;
            }
            _ => return Err(Malformed("a field is of a type that is not used here")),
        }
        Ok(None)
    }

    fn list(&mut self, elements: Option<&'static Kind>, depth: usize) -> Result<(), Malformed> {
        let depth = depth.checked_sub(1).ok_or(TOO_DEEP)?;
        let header = self.byte()?;
        let kind = header & 0x0f;
        let count = match u64::from(header >> 4) {
            15 => self.unsigned()?,
            short => short,
        };
        // Some writers give an empty list no type.
        if count == 0 && (kind == 0 || elements.is_none()) {
            return Ok(());
        }
        if count > self.left() {
            return Err(Malformed("a list is longer than the bytes that follow"));
        }
        if count > LONGEST_LIST {
            return Err(Malformed("a list has more than 65536 elements"));
        }
        if elements.is_some_and(|elements| !elements.is_written_as(kind)) {
            return Err(Malformed("a list is of another type than it should be"));
        }
        if kind == nibble::TRUE || kind == nibble::FALSE {
            return Err(Malformed("a field is of a type that is not used here"));
        }
        for _ in 0..count {
            self.value(kind, elements, depth)?;
        }
        Ok(())
    }
}

const TOO_DEEP: Malformed = Malformed("it is nested too deep");
