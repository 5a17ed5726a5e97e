//! Changes of a Protocol Buffers file that keep it one.
//!
//! A changed byte in a nested message nearly always breaks the lengths around
//! it, and the decoder refuses the rest. So the file is taken apart into its
//! fields along the messages of onnx.proto, something is changed in one of
//! them, and the lengths are written anew.

use crate::random::Random;

/// A field's content by its wire type.
#[derive(Debug, Clone, PartialEq)]
enum Content {
    Varint(u64),
    Fixed64([u8; 8]),
    Fixed32([u8; 4]),
    Bytes(Vec<u8>),
    Message(Vec<Field>),
}

#[derive(Debug, Clone, PartialEq)]
struct Field {
    number: u64,
    content: Content,
}

/// The messages of onnx.proto that are gone into, and their fields that are
/// messages themselves.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Value,
    Type,
    TensorType,
    Shape,
    /// Only numbers, texts and bytes below.
    Flat,
}

impl Kind {
    const fn of_field(self, number: u64) -> Option<Self> {
        Some(match (self, number) {
            (Self::Model, 7) => Self::Graph,
            (Self::Model, 8) | (Self::Shape, 1) => Self::Flat,
            (Self::Graph, 1) => Self::Node,
            (Self::Graph, 5) | (Self::Attribute, 5) => Self::Tensor,
            (Self::Graph, 11..=13) => Self::Value,
            (Self::Node, 5) => Self::Attribute,
            (Self::Value, 2) => Self::Type,
            (Self::Type, 1) => Self::TensorType,
            (Self::TensorType, 2) => Self::Shape,
            _ => return None,
        })
    }
}

/// Changes a model file in one to four places; bytes that are none are changed
/// as bytes.
pub(crate) fn mutate(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    let Some(mut fields) = parse(bytes, Kind::Model) else {
        let mut bytes = bytes.to_vec();
        random.touch(&mut bytes);
        return bytes;
    };
    for _ in 0..=random.below(4) {
        change(&mut fields, &mut random);
    }
    write(&fields)
}

/// Goes down to a random message and changes something in it.
fn change(fields: &mut Vec<Field>, random: &mut Random) {
    let place = random.below(fields.len());
    if let Some(Field {
        content: Content::Message(inner),
        ..
    }) = fields.get_mut(place)
        && random.below(8) != 0
    {
        return change(inner, random);
    }
    let other = random.below(fields.len());
    match random.below(6) {
        0 if fields.len() > 1 => {
            fields.remove(place);
        }
        1 if !fields.is_empty() => {
            let copy = fields[place].clone();
            fields.insert(other, copy);
        }
        2 if !fields.is_empty() => fields.swap(place, other),
        3 if !fields.is_empty() => {
            let content = fields[other].content.clone();
            fields[place].content = content;
        }
        _ => {
            if let Some(field) = fields.get_mut(place) {
                change_content(&mut field.content, random);
            }
        }
    }
}

/// Numbers at which readers tend to go wrong.
const EDGES: [u64; 12] = [
    0,
    1,
    2,
    7,
    16,
    255,
    1 << 31,
    (1 << 32) - 1,
    1 << 60,
    u64::MAX >> 1,
    1 << 63,
    u64::MAX,
];

fn change_content(content: &mut Content, random: &mut Random) {
    match content {
        Content::Varint(value) => {
            *value = match random.below(3) {
                0 => EDGES[random.below(EDGES.len())],
                1 => value.wrapping_add(1),
                _ => value.wrapping_sub(1),
            }
        }
        Content::Fixed64(bytes) => *bytes = random.next().to_le_bytes(),
        Content::Fixed32(bytes) => *bytes = (random.next() as u32).to_le_bytes(),
        Content::Bytes(bytes) => random.touch(bytes),
        Content::Message(fields) => change(fields, random),
    }
}

fn parse(mut bytes: &[u8], kind: Kind) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let number = key >> 3;
        let content = match key & 7 {
            0 => Content::Varint(varint(&mut bytes)?),
            1 => Content::Fixed64(*take(&mut bytes, 8)?.as_array()?),
            5 => Content::Fixed32(*take(&mut bytes, 4)?.as_array()?),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let inner = take(&mut bytes, length)?;
                let message = kind.of_field(number).and_then(|kind| parse(inner, kind));
                message.map_or_else(|| Content::Bytes(inner.to_vec()), Content::Message)
            }
            _ => return None,
        };
        fields.push(Field { number, content });
    }
    Some(fields)
}

fn take<'b>(bytes: &mut &'b [u8], length: usize) -> Option<&'b [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn write(fields: &[Field]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in fields {
        let (wire_type, content) = match &field.content {
            Content::Varint(value) => {
                push_varint(&mut bytes, field.number << 3);
                push_varint(&mut bytes, *value);
                continue;
            }
            Content::Fixed64(content) => (1, content.to_vec()),
            Content::Fixed32(content) => (5, content.to_vec()),
            Content::Bytes(content) => (2, content.clone()),
            Content::Message(fields) => (2, write(fields)),
        };
        push_varint(&mut bytes, field.number << 3 | wire_type);
        if wire_type == 2 {
            push_varint(&mut bytes, content.len() as u64);
        }
        bytes.extend(content);
    }
    bytes
}

fn push_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_taken_apart_is_written_again_as_it_was() {
        for seed in crate::onnx::seeds() {
            let fields = parse(&seed, Kind::Model).unwrap();
            assert_eq!(write(&fields), seed);
        }
    }

    #[test]
    fn many_changed_models_are_still_decoded() {
        let limits = modu_onnx::Limits::default();
        let mut decoded = 0;
        for (place, seed) in (0..).zip(crate::onnx::seeds().iter().take(50)) {
            for turn in 0..10 {
                let bytes = mutate(seed, place * 1000 + turn);
                let described = modu_onnx::describe(&bytes, &limits);
                decoded += usize::from(!matches!(
                    described,
                    Err(modu_onnx::OnnxError::Encoding { .. })
                ));
            }
        }
        assert!(decoded > 350, "{decoded} of 500");
    }
}
