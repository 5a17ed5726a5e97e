//! Normalising layers of neural networks, as they are at inference.

use crate::budget::{Budget, Fault};
use crate::operators::call::{axis, made, optional, required, unfit};
use crate::operators::{Built, Definition, Operator};
use crate::tensor::{Tensor, TensorData};

#[derive(Debug)]
struct BatchNormalization {
    epsilon: f64,
}

/// `BatchNormalization` with the stored mean and variance:
/// `(x - mean) / sqrt(variance + epsilon) * scale + bias` per channel,
/// computed in double precision and rounded once.
pub(crate) fn build_batch(definition: &Definition<'_>) -> Result<Built, Fault> {
    let attributes = definition.attributes;
    attributes.pass_over("momentum");
    if attributes.flag("training_mode")?.unwrap_or(false)
        || definition.wanted.iter().skip(1).any(|&wanted| wanted)
    {
        return Err(Fault::unsupported(
            "BatchNormalization in training",
            "export the model for inference",
        ));
    }
    if attributes
        .int("spatial")?
        .is_some_and(|spatial| spatial != 1)
    {
        return Err(Fault::unsupported(
            "`spatial` of 0",
            "export with a later operator set",
        ));
    }
    let epsilon = f64::from(attributes.float("epsilon")?.unwrap_or(1e-5));
    Ok(Built::Operator(Box::new(BatchNormalization { epsilon })))
}

fn floats(tensor: &Tensor) -> Result<&[f32], Fault> {
    match tensor.data() {
        TensorData::Float32(values) => Ok(values),
        _ => Err(unfit(tensor, "float32")),
    }
}

impl Operator for BatchNormalization {
    #[allow(clippy::cast_possible_truncation, reason = "rounding is what is meant")]
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let tensor = required(inputs, 0)?;
        let shape = tensor.shape();
        budget.tensor(shape)?;
        let channels = match shape {
            [] => return Err(Fault::malformed("a single number has no channels")),
            [_] => 1,
            [_, channels, ..] => *channels,
        };
        let mut parameters = [&[][..]; 4];
        for (position, parameter) in parameters.iter_mut().enumerate() {
            *parameter = floats(required(inputs, position + 1)?)?;
            if parameter.len() != channels {
                return Err(Fault::malformed(format!(
                    "its input {} has {} elements for {channels} channels",
                    position + 1,
                    parameter.len()
                )));
            }
        }
        let [scale, bias, mean, variance] = parameters;
        let inner: usize = shape.iter().skip(2).product();
        let values = floats(tensor)?;
        let mut out = Vec::with_capacity(values.len());
        for (index, run) in values.chunks_exact(inner.max(1)).enumerate() {
            let channel = index % channels.max(1);
            let factor =
                f64::from(scale[channel]) / (f64::from(variance[channel]) + self.epsilon).sqrt();
            let (mean, bias) = (f64::from(mean[channel]), f64::from(bias[channel]));
            out.extend(
                run.iter()
                    .map(|&x| ((f64::from(x) - mean) * factor + bias) as f32),
            );
        }
        Ok(vec![made(shape.to_vec(), TensorData::Float32(out))?])
    }
}

#[derive(Debug)]
struct LayerNormalization {
    /// Whether somebody wants the mean and the inverse of the deviation.
    moments: bool,
    axis: i64,
    epsilon: f64,
}

/// `LayerNormalization` over the axes from one on, computed in double
/// precision and rounded once. Its further outputs, of length 1 along those
/// axes, are the mean and one over the deviation.
pub(crate) fn build_layer(definition: &Definition<'_>) -> Result<Built, Fault> {
    let attributes = definition.attributes;
    attributes.pass_over("stash_type");
    Ok(Built::Operator(Box::new(LayerNormalization {
        moments: definition.wants(1) || definition.wants(2),
        axis: attributes.int("axis")?.unwrap_or(-1),
        epsilon: f64::from(attributes.float("epsilon")?.unwrap_or(1e-5)),
    })))
}

impl Operator for LayerNormalization {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "rounding is what is meant"
    )]
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let tensor = required(inputs, 0)?;
        let count = budget.tensor(tensor.shape())?;
        budget.work(3 * count as u64)?;
        let axis = axis(self.axis, tensor.shape().len())?;
        let length: usize = tensor.shape()[axis..].iter().product();
        let values = floats(tensor)?;
        let scale = floats(required(inputs, 1)?)?;
        let bias = optional(inputs, 2).map(floats).transpose()?;
        if scale.len() != length || bias.is_some_and(|bias| bias.len() != length) {
            return Err(Fault::malformed(format!(
                "the scale or bias does not have the {length} elements of a layer"
            )));
        }
        let mut shape = tensor.shape().to_vec();
        shape[axis..].fill(1);
        if self.moments {
            budget.tensor(&shape)?;
            budget.tensor(&shape)?;
        }
        let mut out = Vec::with_capacity(values.len());
        let (mut means, mut inverses) = (Vec::new(), Vec::new());
        for layer in values.chunks_exact(length.max(1)) {
            let mean = layer.iter().map(|&x| f64::from(x)).sum::<f64>() / length as f64;
            let squares: f64 = layer
                .iter()
                .map(|&x| (f64::from(x) - mean) * (f64::from(x) - mean))
                .sum();
            let deviation = (squares / length as f64 + self.epsilon).sqrt();
            out.extend(layer.iter().enumerate().map(|(index, &x)| {
                let bias = bias.map_or(0.0, |bias| f64::from(bias[index]));
                ((f64::from(x) - mean) / deviation * f64::from(scale[index]) + bias) as f32
            }));
            if self.moments {
                means.push(mean as f32);
                inverses.push((1.0 / deviation) as f32);
            }
        }
        let mut outputs = vec![made(tensor.shape().to_vec(), TensorData::Float32(out))?];
        if self.moments {
            outputs.push(made(shape.clone(), TensorData::Float32(means))?);
            outputs.push(made(shape, TensorData::Float32(inverses))?);
        }
        Ok(outputs)
    }
}
