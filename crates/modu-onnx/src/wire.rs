//! Counts what decoding a file would cost, before anything is decoded.
//!
//! The decoder (`prost`) is safe against claimed lengths: it never allocates
//! more for a string than the buffer holds, and it stops at 100 nested
//! messages. What it does not bound is how much larger a decoded message is
//! than its encoding: an empty node is two bytes in the file and some two
//! hundred in memory. So this module walks the encoding once, without
//! allocating, through the messages that [`crate::proto`] declares, and adds up
//! what each will take. It also refuses what no exporter of ONNX writes: groups,
//! field number 0, overlong integers, and a second graph, which decoders would
//! merge differently.
//!
//! Source: the encoding page of the Protocol Buffers documentation.

use std::mem::size_of;

use crate::error::OnnxError;
use crate::limits::Limits;
use crate::place::Place;
use crate::proto;

/// A message of [`crate::proto`].
#[derive(Clone, Copy)]
enum Message {
    Model,
    OperatorSet,
    Graph,
    Node,
    Attribute,
    Tensor,
    ValueInfo,
    Type,
    TensorType,
    Shape,
    Dimension,
}

/// What a length-delimited field holds.
enum Content {
    Message(Message, usize),
    /// Text, bytes, packed fixed-width numbers, or a field that is skipped.
    Bytes,
    /// Packed integers, which take eight bytes each however short in the file.
    Integers,
}

impl Message {
    /// The declared fields that hold messages or packed integers.
    fn content(self, field: u64) -> Content {
        use Content::{Bytes, Integers};
        match (self, field) {
            (Self::Model, 7) => Content::Message(Self::Graph, size_of::<proto::GraphMessage>()),
            (Self::Model, 8) => {
                Content::Message(Self::OperatorSet, size_of::<proto::OperatorSet>())
            }
            (Self::Graph, 1) => Content::Message(Self::Node, size_of::<proto::NodeMessage>()),
            (Self::Graph, 5) | (Self::Attribute, 5) => {
                Content::Message(Self::Tensor, size_of::<proto::TensorMessage>())
            }
            (Self::Graph, 11 | 12) => {
                Content::Message(Self::ValueInfo, size_of::<proto::ValueInfo>())
            }
            (Self::Node, 5) => {
                Content::Message(Self::Attribute, size_of::<proto::AttributeMessage>())
            }
            (Self::ValueInfo, 2) => Content::Message(Self::Type, size_of::<proto::TypeMessage>()),
            (Self::Type, 1) => Content::Message(Self::TensorType, size_of::<proto::TensorType>()),
            (Self::TensorType, 2) => {
                Content::Message(Self::Shape, size_of::<proto::ShapeMessage>())
            }
            (Self::Shape, 1) => {
                Content::Message(Self::Dimension, size_of::<proto::DimensionMessage>())
            }
            (Self::Attribute, 8) | (Self::Tensor, 1 | 5 | 7) => Integers,
            _ => Bytes,
        }
    }
}

/// Walks a file once and refuses it where its decoded form would pass
/// [`Limits::decoded_bytes`] or its encoding is not one that exporters write.
pub(crate) fn check(bytes: &[u8], limits: &Limits) -> Result<(), OnnxError> {
    let found = bytes.len() as u64;
    if found > limits.file_bytes {
        return Err(OnnxError::Limit {
            place: Place::File,
            what: "bytes of the file",
            found,
            limit: limits.file_bytes,
            remedy: "hand in a smaller model",
        });
    }
    let mut walk = Walk {
        bytes,
        cost: 0,
        limit: limits.decoded_bytes,
        graphs: 0,
    };
    walk.message(Message::Model, 0, bytes.len())
}

struct Walk<'a> {
    bytes: &'a [u8],
    cost: u64,
    limit: u64,
    graphs: u32,
}

impl Walk<'_> {
    /// The fields of a message that lies between two offsets. Recurses only
    /// along [`Message::content`], which has no cycle.
    fn message(&mut self, message: Message, start: usize, end: usize) -> Result<(), OnnxError> {
        let mut offset = start;
        while offset < end {
            let at = offset;
            let key = self.varint(&mut offset, end)?;
            let (field, wire_type) = (key >> 3, key & 7);
            if field == 0 || field > MAX_FIELD {
                return Err(OnnxError::encoding(
                    at,
                    format!("the field number {field} does not exist"),
                ));
            }
            match wire_type {
                0 => {
                    self.varint(&mut offset, end)?;
                    self.spend(16)?;
                }
                1 => self.skip(&mut offset, 8, end)?,
                5 => self.skip(&mut offset, 4, end)?,
                2 => self.delimited(message, field, &mut offset, end)?,
                other => {
                    return Err(OnnxError::encoding(
                        at,
                        format!("the wire type {other} does not occur in ONNX"),
                    ));
                }
            }
        }
        Ok(())
    }

    fn delimited(
        &mut self,
        message: Message,
        field: u64,
        offset: &mut usize,
        end: usize,
    ) -> Result<(), OnnxError> {
        let at = *offset;
        let length = self.varint(offset, end)?;
        let body = *offset;
        let after = usize::try_from(length)
            .ok()
            .and_then(|length| body.checked_add(length))
            .filter(|after| *after <= end)
            .ok_or_else(|| {
                OnnxError::encoding(
                    at,
                    format!("a field claims {length} bytes, but {} are left", end - body),
                )
            })?;
        *offset = after;
        match message.content(field) {
            Content::Message(child, size) => {
                if matches!(child, Message::Graph) {
                    self.graphs += 1;
                    if self.graphs > 1 {
                        return Err(OnnxError::encoding(
                            at,
                            "the file holds more than one graph",
                        ));
                    }
                }
                // Twice, for a vector that has just doubled.
                self.spend(2 * size as u64)?;
                self.message(child, body, after)
            }
            Content::Bytes => self.spend(48 + length),
            Content::Integers => self.spend(48 + 16 * length),
        }
    }

    fn skip(&mut self, offset: &mut usize, length: usize, end: usize) -> Result<(), OnnxError> {
        if end - *offset < length {
            return Err(OnnxError::encoding(
                *offset,
                "the file ends inside a number",
            ));
        }
        *offset += length;
        self.spend(16)
    }

    fn varint(&self, offset: &mut usize, end: usize) -> Result<u64, OnnxError> {
        let start = *offset;
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let Some(&byte) = self.bytes.get(*offset).filter(|_| *offset < end) else {
                return Err(OnnxError::encoding(start, "the file ends inside a number"));
            };
            *offset += 1;
            if shift == 63 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(OnnxError::encoding(
            start,
            "a number is longer than 64 bits",
        ))
    }

    fn spend(&mut self, bytes: u64) -> Result<(), OnnxError> {
        self.cost = self.cost.saturating_add(bytes);
        if self.cost > self.limit {
            return Err(OnnxError::Limit {
                place: Place::File,
                what: "bytes of memory to decode the file",
                found: self.cost,
                limit: self.limit,
                remedy: "hand in a smaller model; weights belong in raw_data",
            });
        }
        Ok(())
    }
}

/// The largest field number of Protocol Buffers, 2^29 - 1.
const MAX_FIELD: u64 = (1 << 29) - 1;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panic")]
    use prost::Message as _;

    use super::*;
    use crate::error::RefusalKind;

    #[test]
    fn a_file_of_two_million_empty_nodes_is_refused_before_it_is_decoded() {
        let graph: Vec<u8> = [0x0a, 0x00].repeat(2_000_000);
        let mut file = vec![0x3a];
        prost::encoding::encode_varint(graph.len() as u64, &mut file);
        file.extend(graph);
        let error = check(&file, &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), RefusalKind::Limit, "{error}");
    }

    #[test]
    fn what_the_walk_accepts_decodes_and_what_is_cut_is_refused() {
        let file = proto::ModelFile {
            ir_version: 8,
            producer_name: "한글".into(),
            graph: Some(proto::GraphMessage {
                node: vec![proto::NodeMessage {
                    op_type: "Add".into(),
                    ..Default::default()
                }],
                ..Default::default()
            }),
            ..Default::default()
        };
        let bytes = file.encode_to_vec();
        assert_eq!(proto::decode(&bytes, &Limits::default()).unwrap(), file);
        for length in 0..bytes.len() {
            if let Ok(shorter) = proto::decode(&bytes[..length], &Limits::default()) {
                assert!(shorter.graph.is_none(), "cut at {length}");
            }
        }
    }

    #[test]
    fn groups_field_zero_and_overlong_numbers_are_refused() {
        for bytes in [
            &[0x0b, 0x0c][..],
            &[0x00, 0x00],
            &[0xff; 11],
            &[
                0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02,
            ],
        ] {
            let error = check(bytes, &Limits::default()).unwrap_err();
            assert_eq!(error.kind(), RefusalKind::Encoding, "{error}");
        }
    }
}
