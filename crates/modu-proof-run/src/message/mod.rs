//! What parent and child say to each other.
//!
//! A message is a frame: its length in bytes (32 bits, little-endian), one
//! byte that says what it is, and its fields. Numbers are little-endian; texts
//! and lists begin with their length. Whoever reads states beforehand how long
//! a frame may be, and refuses a longer one before taking in a byte of it; a
//! frame with bytes left over is refused too.
//!
//! | from | message | fields |
//! |---|---|---|
//! | parent | [`Begin`] | memory and processor limits |
//! | child | [`Hello`] | the walls that stand |
//! | parent | [`Open`] | model limits, wanted output, model |
//! | child | [`Ready`] or [`Refusal`] | the back end, the inputs that the model needs |
//! | parent | [`Batch`] | named tensors |
//! | child | [`Answer`] or [`Refusal`] | shape and scores |

mod frame;

use modu_onnx::{ElementType, Limits, RefusalKind, Tensor, TensorData};
use modu_proof::evaluate::{FeatureBatch, FeatureValues};

use crate::back_end::BackEnd;
use crate::confinement::{Confinement, Layer};
pub(crate) use frame::{LENGTH_BYTES, LONGEST, Unreadable};
use frame::{LONGEST_TEXT, Reader, Writer};

/// More inputs than any solution declares.
const MOST_INPUTS: usize = 4096;

/// The kind of a frame.
pub(crate) fn kind(frame: &[u8]) -> Option<u8> {
    frame.first().copied()
}

/// The resource limits that the child gives itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Begin {
    pub(crate) memory_bytes: u64,
    pub(crate) processor_seconds: u64,
}

impl Begin {
    const KIND: u8 = 1;
    /// The length of its frame.
    pub(crate) const LENGTH: u64 = 17;

    pub(crate) fn write(self) -> Option<Vec<u8>> {
        Writer::new(Self::KIND)
            .u64(self.memory_bytes)
            .u64(self.processor_seconds)
            .finish()
    }

    pub(crate) fn read(frame: &[u8]) -> Result<Self, Unreadable> {
        let mut reader = Reader::open(frame, Self::KIND)?;
        let begin = Self {
            memory_bytes: reader.u64()?,
            processor_seconds: reader.u64()?,
        };
        reader.finish()?;
        Ok(begin)
    }
}

/// The walls that stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hello(pub(crate) Confinement);

impl Hello {
    const KIND: u8 = 2;
    /// The longest frame of a child before it sees the model.
    pub(crate) const LONGEST: u64 = 5 * (LONGEST_TEXT as u64 + 9) + 1;

    pub(crate) fn write(&self) -> Option<Vec<u8>> {
        let layers = [
            &self.0.namespaces,
            &self.0.process_namespace,
            &self.0.landlock,
            &self.0.seccomp,
            &self.0.resource_limits,
        ];
        layers
            .into_iter()
            .fold(Writer::new(Self::KIND), |writer, layer| match layer {
                Layer::Applied => writer.byte(1),
                Layer::Unavailable(reason) => writer.byte(0).bytes(cut(reason).as_bytes()),
            })
            .finish()
    }

    pub(crate) fn read(frame: &[u8]) -> Result<Self, Unreadable> {
        let mut reader = Reader::open(frame, Self::KIND)?;
        let mut layer = || match reader.byte()? {
            1 => Ok(Layer::Applied),
            0 => Ok(Layer::Unavailable(reader.text()?.to_owned())),
            _ => Err(Unreadable("a layer is neither applied nor unavailable")),
        };
        let confinement = Confinement {
            namespaces: layer()?,
            process_namespace: layer()?,
            landlock: layer()?,
            seccomp: layer()?,
            resource_limits: layer()?,
        };
        reader.finish()?;
        Ok(Self(confinement))
    }
}

/// At most [`LONGEST_TEXT`] bytes of a text.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_TEXT)]
}

/// The model, the limits that it is read with, and the output that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Open<'a> {
    pub(crate) limits: Limits,
    pub(crate) output: &'a str,
    pub(crate) model: &'a [u8],
}

impl<'a> Open<'a> {
    const KIND: u8 = 3;

    pub(crate) fn write(&self) -> Option<Vec<u8>> {
        let mut limits = self.limits.clone();
        numbers_of(&mut limits)
            .into_iter()
            .fold(Writer::new(Self::KIND), |writer, number| {
                writer.u64(*number)
            })
            .bytes(self.output.as_bytes())
            .bytes(self.model)
            .finish()
    }

    pub(crate) fn read(frame: &'a [u8]) -> Result<Self, Unreadable> {
        let mut reader = Reader::open(frame, Self::KIND)?;
        let mut limits = Limits::default();
        for number in numbers_of(&mut limits) {
            *number = reader.u64()?;
        }
        let open = Self {
            limits,
            output: reader.text()?,
            model: reader.bytes()?,
        };
        reader.finish()?;
        Ok(open)
    }
}

/// Every number of the limits, in a fixed order.
fn numbers_of(limits: &mut Limits) -> [&mut u64; 13] {
    let Limits {
        file_bytes,
        decoded_bytes,
        nodes,
        tensors,
        constant_elements,
        rank,
        name_bytes,
        tree_nodes,
        tree_depth,
        classes,
        tensor_elements,
        live_elements,
        operations,
    } = limits;
    [
        file_bytes,
        decoded_bytes,
        nodes,
        tensors,
        constant_elements,
        rank,
        name_bytes,
        tree_nodes,
        tree_depth,
        classes,
        tensor_elements,
        live_elements,
        operations,
    ]
}

/// An input that the model needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NeededInput {
    pub(crate) name: String,
    /// As the file declares it, for people.
    pub(crate) shown: String,
    pub(crate) element_type: Option<ElementType>,
}

/// The model has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ready {
    pub(crate) back_end: BackEnd,
    pub(crate) inputs: Vec<NeededInput>,
}

impl Ready {
    const KIND: u8 = 4;
    /// The longest first answer to a model.
    pub(crate) const LONGEST: u64 = 1 << 20;

    pub(crate) fn write(&self) -> Option<Vec<u8>> {
        let writer = Writer::new(Self::KIND)
            .byte(match self.back_end {
                BackEnd::Kernels => 0,
                BackEnd::Tract => 1,
            })
            .u64(self.inputs.len() as u64);
        self.inputs
            .iter()
            .fold(writer, |writer, input| {
                let code = match input.element_type {
                    Some(ElementType::Float32) => 1,
                    Some(ElementType::Int64) => 2,
                    _ => 0,
                };
                writer
                    .bytes(cut(&input.name).as_bytes())
                    .bytes(cut(&input.shown).as_bytes())
                    .byte(code)
            })
            .finish()
    }

    pub(crate) fn read(frame: &[u8]) -> Result<Self, Unreadable> {
        let mut reader = Reader::open(frame, Self::KIND)?;
        let back_end = match reader.byte()? {
            0 => BackEnd::Kernels,
            1 => BackEnd::Tract,
            _ => return Err(Unreadable("a back end is none that is known")),
        };
        let count = reader.length()?;
        if count > MOST_INPUTS {
            return Err(Unreadable("a model has too many inputs"));
        }
        let mut inputs = Vec::with_capacity(count);
        for _ in 0..count {
            inputs.push(NeededInput {
                name: reader.text()?.to_owned(),
                shown: reader.text()?.to_owned(),
                element_type: match reader.byte()? {
                    1 => Some(ElementType::Float32),
                    2 => Some(ElementType::Int64),
                    _ => None,
                },
            });
        }
        reader.finish()?;
        Ok(Self { back_end, inputs })
    }
}

/// The model is refused, or failed on a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) kind: RefusalKind,
    pub(crate) reason: String,
}

impl Refusal {
    pub(crate) const KIND: u8 = 5;
    /// The longest frame of a refusal.
    pub(crate) const LONGEST: u64 = LONGEST_TEXT as u64 + 10;

    const KINDS: [RefusalKind; 6] = [
        RefusalKind::Encoding,
        RefusalKind::Forbidden,
        RefusalKind::Unsupported,
        RefusalKind::Malformed,
        RefusalKind::Limit,
        RefusalKind::Request,
    ];

    pub(crate) fn write(&self) -> Option<Vec<u8>> {
        let code = Self::KINDS
            .iter()
            .position(|kind| *kind == self.kind)
            .unwrap_or(0);
        Writer::new(Self::KIND)
            .byte(u8::try_from(code).unwrap_or(0))
            .bytes(cut(&self.reason).as_bytes())
            .finish()
    }

    /// The reason comes from a process that a stranger's file may have taken
    /// over, so control characters in it are made harmless.
    pub(crate) fn read(frame: &[u8]) -> Result<Self, Unreadable> {
        let mut reader = Reader::open(frame, Self::KIND)?;
        let kind = *Self::KINDS
            .get(usize::from(reader.byte()?))
            .ok_or(Unreadable("a refusal is of no known kind"))?;
        let reason = reader
            .text()?
            .chars()
            .map(|character| {
                if character.is_control() {
                    '\u{fffd}'
                } else {
                    character
                }
            })
            .collect();
        reader.finish()?;
        Ok(Self { kind, reason })
    }
}

/// The named tensors of a batch.
pub(crate) struct Batch;

impl Batch {
    const KIND: u8 = 6;

    /// The size of a batch's frame, before it is made.
    pub(crate) fn size(batch: &FeatureBatch) -> u64 {
        batch.tensors.iter().fold(1024, |size, tensor| {
            let bytes = match &tensor.values {
                FeatureValues::Float32(values) => 4 * values.len() as u64,
                FeatureValues::Int64(values) => 8 * values.len() as u64,
            };
            size.saturating_add(bytes)
                .saturating_add(tensor.name.len() as u64 + 64)
        })
    }

    pub(crate) fn write(batch: &FeatureBatch) -> Option<Vec<u8>> {
        let mut writer = Writer::new(Self::KIND)
            .reserve(Self::size(batch))
            .u64(batch.rows as u64)
            .u64(batch.tensors.len() as u64);
        for tensor in &batch.tensors {
            writer = writer
                .bytes(tensor.name.as_bytes())
                .u64(tensor.width as u64);
            match &tensor.values {
                FeatureValues::Float32(values) => {
                    writer = writer.byte(1).u64(values.len() as u64);
                    writer = writer.numbers(values, |value| value.to_le_bytes());
                }
                FeatureValues::Int64(values) => {
                    writer = writer.byte(2).u64(values.len() as u64);
                    writer = writer.numbers(values, |value| value.to_le_bytes());
                }
            }
        }
        writer.finish()
    }

    pub(crate) fn read(frame: &[u8]) -> Result<Vec<(String, Tensor)>, Unreadable> {
        let mut reader = Reader::open(frame, Self::KIND)?;
        let rows = reader.length()?;
        let count = reader.length()?;
        let mut tensors = Vec::new();
        for _ in 0..count {
            let name = reader.text()?.to_owned();
            let width = reader.length()?;
            let code = reader.byte()?;
            let length = reader.length()?;
            let data = match code {
                1 => TensorData::Float32(reader.numbers(length, f32::from_le_bytes)?),
                2 => TensorData::Int64(reader.numbers(length, i64::from_le_bytes)?),
                _ => return Err(Unreadable("a tensor is of no known type")),
            };
            let tensor = Tensor::new(vec![rows, width], data)
                .map_err(|_| Unreadable("a tensor's values do not fill its shape"))?;
            tensors.push((name, tensor));
        }
        reader.finish()?;
        Ok(tensors)
    }
}

/// The scores of a batch.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) shape: Vec<usize>,
    pub(crate) scores: Vec<f32>,
}

impl Answer {
    pub(crate) const KIND: u8 = 7;

    /// The longest frame that answers so many rows of so many classes, and a
    /// refusal fits in too.
    pub(crate) const fn longest(rows: usize, classes: usize) -> u64 {
        let scores = (rows as u64)
            .saturating_mul(classes as u64)
            .saturating_mul(4);
        let answer = scores.saturating_add(64);
        if answer > Refusal::LONGEST {
            answer
        } else {
            Refusal::LONGEST
        }
    }

    pub(crate) fn write(&self) -> Option<Vec<u8>> {
        let writer = self.shape.iter().fold(
            Writer::new(Self::KIND).u64(self.shape.len() as u64),
            |writer, length| writer.u64(*length as u64),
        );
        writer
            .numbers(&self.scores, |score| score.to_le_bytes())
            .finish()
    }

    pub(crate) fn read(frame: &[u8]) -> Result<Self, Unreadable> {
        let mut reader = Reader::open(frame, Self::KIND)?;
        let rank = reader.length()?;
        if rank > 4 {
            return Err(Unreadable("the scores have too many dimensions"));
        }
        let shape = (0..rank)
            .map(|_| reader.length())
            .collect::<Result<Vec<_>, _>>()?;
        let count = shape
            .iter()
            .try_fold(1_usize, |product, &length| product.checked_mul(length))
            .ok_or(Unreadable("the scores' shape is too large"))?;
        let scores = reader.numbers(count, f32::from_le_bytes)?;
        reader.finish()?;
        Ok(Self { shape, scores })
    }
}

#[cfg(test)]
mod tests;
