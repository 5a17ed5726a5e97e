//! Dense arrays of numbers.

use std::fmt;

use crate::error::OnnxError;

/// The element types that a value may have, with their number in
/// `TensorProto.DataType` of onnx.proto.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ElementType {
    /// IEEE 754 single precision (1).
    Float32,
    /// IEEE 754 double precision (11).
    Float64,
    /// 64-bit signed integer (7).
    Int64,
    /// 32-bit signed integer (6).
    Int32,
    /// Truth value (9).
    Bool,
}

impl ElementType {
    /// The type of a `TensorProto.DataType` number, if it is supported.
    pub(crate) const fn from_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Float32),
            11 => Some(Self::Float64),
            7 => Some(Self::Int64),
            6 => Some(Self::Int32),
            9 => Some(Self::Bool),
            _ => None,
        }
    }

    /// Its `TensorProto.DataType` number.
    pub(crate) const fn number(self) -> i32 {
        match self {
            Self::Float32 => 1,
            Self::Float64 => 11,
            Self::Int64 => 7,
            Self::Int32 => 6,
            Self::Bool => 9,
        }
    }

    /// Bytes of an element in a file's raw data.
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Self::Float64 | Self::Int64 => 8,
            Self::Float32 | Self::Int32 => 4,
            Self::Bool => 1,
        }
    }
}

impl fmt::Display for ElementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Int64 => "int64",
            Self::Int32 => "int32",
            Self::Bool => "bool",
        })
    }
}

/// The elements of a [`Tensor`], last dimension fastest.
#[derive(Debug, Clone, PartialEq)]
pub enum TensorData {
    /// Single precision.
    Float32(Vec<f32>),
    /// Double precision.
    Float64(Vec<f64>),
    /// 64-bit integers.
    Int64(Vec<i64>),
    /// 32-bit integers.
    Int32(Vec<i32>),
    /// Truth values.
    Bool(Vec<bool>),
}

impl TensorData {
    /// How many elements there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Float32(values) => values.len(),
            Self::Float64(values) => values.len(),
            Self::Int64(values) => values.len(),
            Self::Int32(values) => values.len(),
            Self::Bool(values) => values.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their type.
    #[must_use]
    pub const fn element_type(&self) -> ElementType {
        match self {
            Self::Float32(_) => ElementType::Float32,
            Self::Float64(_) => ElementType::Float64,
            Self::Int64(_) => ElementType::Int64,
            Self::Int32(_) => ElementType::Int32,
            Self::Bool(_) => ElementType::Bool,
        }
    }
}

/// An array of numbers with a shape; the last dimension varies fastest. The
/// element count always equals the product of the shape, and an empty shape is
/// a single number.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    data: TensorData,
}

impl Tensor {
    /// A tensor of a shape and its elements.
    ///
    /// # Errors
    /// [`OnnxError::Shape`] where the count is not the product of the shape.
    pub fn new(shape: Vec<usize>, data: TensorData) -> Result<Self, OnnxError> {
        if element_count(&shape) == Some(data.len()) {
            Ok(Self { shape, data })
        } else {
            Err(OnnxError::Shape {
                found: data.len(),
                shape,
            })
        }
    }

    /// A tensor of single-precision numbers, for example `[rows, width]`.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn float32(shape: Vec<usize>, values: Vec<f32>) -> Result<Self, OnnxError> {
        Self::new(shape, TensorData::Float32(values))
    }

    /// A tensor of 64-bit integers, for example codes `[rows, width]`.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn int64(shape: Vec<usize>, values: Vec<i64>) -> Result<Self, OnnxError> {
        Self::new(shape, TensorData::Int64(values))
    }

    /// The length of each dimension.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The elements.
    #[must_use]
    pub const fn data(&self) -> &TensorData {
        &self.data
    }

    /// The elements, without a copy.
    #[must_use]
    pub fn into_data(self) -> TensorData {
        self.data
    }

    /// A tensor of the same shape with other elements, as many as here.
    pub(crate) fn with_data(&self, data: TensorData) -> Self {
        debug_assert_eq!(self.data.len(), data.len());
        Self {
            shape: self.shape.clone(),
            data,
        }
    }

    /// The elements, to be changed in place.
    pub(crate) const fn data_mut(&mut self) -> &mut TensorData {
        &mut self.data
    }

    /// The type of the elements.
    #[must_use]
    pub const fn element_type(&self) -> ElementType {
        self.data.element_type()
    }

    /// The elements as single precision.
    ///
    /// # Errors
    /// [`OnnxError::ElementType`] where they are not.
    pub fn as_float32(&self) -> Result<&[f32], OnnxError> {
        match &self.data {
            TensorData::Float32(values) => Ok(values),
            other => Err(OnnxError::ElementType {
                expected: ElementType::Float32,
                found: other.element_type(),
            }),
        }
    }

    /// The elements as 64-bit integers.
    ///
    /// # Errors
    /// [`OnnxError::ElementType`] where they are not.
    pub fn as_int64(&self) -> Result<&[i64], OnnxError> {
        match &self.data {
            TensorData::Int64(values) => Ok(values),
            other => Err(OnnxError::ElementType {
                expected: ElementType::Int64,
                found: other.element_type(),
            }),
        }
    }
}

/// The product of a shape, or none where it passes `usize`. A dimension of
/// zero does not excuse the others: `[0, 2^60, 2^60]` has no count either.
pub(crate) fn element_count(shape: &[usize]) -> Option<usize> {
    let mut count = 1_usize;
    let mut empty = false;
    for &dimension in shape {
        empty |= dimension == 0;
        count = count.checked_mul(dimension.max(1))?;
    }
    Some(if empty { 0 } else { count })
}

/// The element count that a shape would have with its zeros as ones; saturates.
/// Limits are held against this, so that a loop over some of the dimensions is
/// bounded even where there are no elements.
pub(crate) fn extent(shape: &[usize]) -> u64 {
    shape.iter().fold(1_u64, |extent, &length| {
        extent.saturating_mul(length.max(1) as u64)
    })
}
