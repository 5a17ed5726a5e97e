//! Constant tensors of a file, decoded.

use crate::budget::Fault;
use crate::limits::Limits;
use crate::proto::TensorMessage;
use crate::tensor::{ElementType, Tensor, TensorData, extent};

/// `TensorProto.DataType.STRING`.
pub(crate) const TEXT: i64 = 8;

/// Refuses a tensor that lies in another file or in pieces, whoever holds it.
pub(crate) fn forbidden(message: &TensorMessage) -> Option<&'static str> {
    if message.data_location != 0 || !message.external_data.is_empty() {
        return Some("data in another file (external data)");
    }
    message.segment.is_some().then_some("a tensor in segments")
}

/// Adds up the constants of a model against [`Limits::constant_elements`].
#[derive(Debug)]
pub(crate) struct ConstantCount<'a> {
    pub(crate) limits: &'a Limits,
    pub(crate) elements: u64,
}

impl ConstantCount<'_> {
    pub(crate) fn add(&mut self, elements: u64) -> Result<(), Fault> {
        self.elements = self.elements.saturating_add(elements);
        if self.elements > self.limits.constant_elements {
            return Err(Fault::Limit {
                what: "elements of all constants together",
                found: self.elements,
                limit: self.limits.constant_elements,
                remedy: "hand in a smaller model",
            });
        }
        Ok(())
    }
}

/// The shape that a message claims, within the limits.
pub(crate) fn shape(message: &TensorMessage, limits: &Limits) -> Result<Vec<usize>, Fault> {
    let rank = message.dims.len() as u64;
    if rank > limits.rank {
        return Err(Fault::Limit {
            what: "dimensions of a tensor",
            found: rank,
            limit: limits.rank,
            remedy: "hand in a model of flatter tensors",
        });
    }
    let shape = message
        .dims
        .iter()
        .map(|&dimension| {
            usize::try_from(dimension).map_err(|_| {
                Fault::malformed(format!("a dimension of {dimension} is not a length"))
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let found = extent(&shape);
    if found > limits.constant_elements {
        return Err(Fault::Limit {
            what: "elements of a constant",
            found,
            limit: limits.constant_elements,
            remedy: "hand in a smaller model",
        });
    }
    Ok(shape)
}

/// Decodes a constant of a supported type.
pub(crate) fn decode(message: &TensorMessage, limits: &Limits) -> Result<Tensor, Fault> {
    let shape = shape(message, limits)?;
    let Some(element_type) = ElementType::from_number(i64::from(message.data_type)) else {
        return Err(Fault::unsupported(
            format!("a constant of data type number {}", message.data_type),
            "use float32, float64, int64, int32 or bool",
        ));
    };
    let data = match &message.raw_data {
        Some(raw) => from_raw(element_type, raw, message)?,
        None => from_fields(element_type, message),
    };
    let found = data.len();
    Tensor::new(shape, data).map_err(|_| {
        Fault::malformed(format!(
            "a constant of shape {:?} holds {found} elements",
            message.dims
        ))
    })
}

/// `raw_data` holds the elements in little-endian order.
fn from_raw(
    element_type: ElementType,
    raw: &[u8],
    message: &TensorMessage,
) -> Result<TensorData, Fault> {
    if !(message.float_data.is_empty()
        && message.int32_data.is_empty()
        && message.int64_data.is_empty()
        && message.double_data.is_empty())
    {
        return Err(Fault::malformed("a constant holds its data twice"));
    }
    if !raw.len().is_multiple_of(element_type.bytes()) {
        return Err(Fault::malformed(format!(
            "{} bytes of raw data are not whole {element_type} elements",
            raw.len()
        )));
    }
    Ok(match element_type {
        ElementType::Float32 => TensorData::Float32(elements(raw, f32::from_le_bytes)),
        ElementType::Float64 => TensorData::Float64(elements(raw, f64::from_le_bytes)),
        ElementType::Int64 => TensorData::Int64(elements(raw, i64::from_le_bytes)),
        ElementType::Int32 => TensorData::Int32(elements(raw, i32::from_le_bytes)),
        ElementType::Bool => TensorData::Bool(raw.iter().map(|&byte| byte != 0).collect()),
    })
}

fn elements<T, const N: usize>(raw: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    let (whole, _) = raw.as_chunks::<N>();
    whole.iter().map(|bytes| read(*bytes)).collect()
}

fn from_fields(element_type: ElementType, message: &TensorMessage) -> TensorData {
    match element_type {
        ElementType::Float32 => TensorData::Float32(message.float_data.clone()),
        ElementType::Float64 => TensorData::Float64(message.double_data.clone()),
        ElementType::Int64 => TensorData::Int64(message.int64_data.clone()),
        ElementType::Int32 => TensorData::Int32(message.int32_data.clone()),
        ElementType::Bool => {
            TensorData::Bool(message.int32_data.iter().map(|&value| value != 0).collect())
        }
    }
}
