//! The shared library, and a model in it.

use std::fmt::Display;
use std::path::Path;

use modu_onnx::{Tensor, TensorData, VettedModel};
use ort::environment::Environment;
use ort::session::{Session, SessionInputValue};

use crate::RuntimeError;

/// ONNX Runtime, loaded once for the life of the process.
#[derive(Debug)]
pub struct Library(Environment);

impl Library {
    /// Loads the shared library `libonnxruntime.so`. Whatever it does when it
    /// is loaded, it does with this process's rights: name a file that you
    /// trust.
    ///
    /// # Errors
    /// [`RuntimeError::Library`].
    pub fn load(path: &Path) -> Result<Self, RuntimeError> {
        let failed = |error: &dyn Display| RuntimeError::Library {
            path: path.to_owned(),
            problem: error.to_string(),
        };
        let builder = ort::init_from(path).map_err(|error| failed(&error))?;
        Ok(Self(builder.build().map_err(|error| failed(&error))?))
    }
}

/// A model that ONNX Runtime has read, evaluated on one thread.
#[derive(Debug)]
pub struct RuntimeModel {
    session: Session,
    outputs: Vec<String>,
}

fn refused(error: &dyn Display) -> RuntimeError {
    RuntimeError::Runtime(error.to_string())
}

impl RuntimeModel {
    /// Has the runtime read a vetted model.
    ///
    /// # Errors
    /// [`RuntimeError::Runtime`] in the runtime's words.
    pub fn read(library: &Library, vetted: &VettedModel) -> Result<Self, RuntimeError> {
        let session = Session::builder(&library.0)
            .map_err(|error| refused(&error))?
            .with_intra_threads(1)
            .map_err(|error| refused(&error))?
            .commit_from_memory(vetted.bytes())
            .map_err(|error| refused(&error))?;
        let outputs = vetted.outputs().iter().map(|port| port.name.clone());
        Ok(Self {
            session,
            outputs: outputs.collect(),
        })
    }

    /// Evaluates a batch, to the wanted outputs in their order.
    ///
    /// # Errors
    /// [`RuntimeError`], among them outputs that are not compared.
    pub fn run(&mut self, inputs: &[(&str, &Tensor)]) -> Result<Vec<Tensor>, RuntimeError> {
        let given = inputs
            .iter()
            .map(|(name, tensor)| Ok(((*name).to_owned(), value(tensor)?)))
            .collect::<Result<Vec<_>, RuntimeError>>()?;
        let results = self.session.run(given).map_err(|error| refused(&error))?;
        self.outputs
            .iter()
            .map(|name| {
                let result = results
                    .get(name)
                    .ok_or_else(|| RuntimeError::Output(name.clone()))?;
                let (shape, data) = if let Ok((shape, values)) = result.try_extract_tensor::<f32>()
                {
                    (shape, TensorData::Float32(values.to_vec()))
                } else if let Ok((shape, values)) = result.try_extract_tensor::<f64>() {
                    (shape, TensorData::Float64(values.to_vec()))
                } else if let Ok((shape, values)) = result.try_extract_tensor::<i64>() {
                    (shape, TensorData::Int64(values.to_vec()))
                } else {
                    return Err(RuntimeError::Output(name.clone()));
                };
                let shape = shape
                    .iter()
                    .map(|length| usize::try_from(*length))
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(|error| refused(&error))?;
                Ok(Tensor::new(shape, data)?)
            })
            .collect()
    }
}

/// A copy of a tensor for the runtime.
fn value(tensor: &Tensor) -> Result<SessionInputValue<'static>, RuntimeError> {
    use ort::value::Tensor as Value;
    let shape = tensor.shape().to_vec();
    let made = match tensor.data() {
        TensorData::Float32(values) => Value::from_array((shape, values.clone())).map(Into::into),
        TensorData::Float64(values) => Value::from_array((shape, values.clone())).map(Into::into),
        TensorData::Int64(values) => Value::from_array((shape, values.clone())).map(Into::into),
        TensorData::Int32(values) => Value::from_array((shape, values.clone())).map(Into::into),
        TensorData::Bool(values) => Value::from_array((shape, values.clone())).map(Into::into),
    };
    made.map_err(|error| refused(&error))
}
