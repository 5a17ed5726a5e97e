//! What evaluates a model inside the child.
//!
//! Our own kernels do whenever every operator on the way to the scores has
//! one: they give the same bits on every processor. What has to be refused for
//! want of an operator is handed to tract, where it is built in, after the same
//! vetting. Trees never are: tract is hundreds of times slower at them.

use std::fmt;

use modu_onnx_tract::BACK_END as TRACT;

/// What evaluates a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackEnd {
    /// Our own kernels, those of `modu-onnx`.
    Kernels,
    /// tract, by `modu-onnx-tract`.
    Tract,
}

impl BackEnd {
    /// The name and version of a runtime that is not our own.
    #[must_use]
    pub const fn foreign(self) -> Option<&'static str> {
        match self {
            Self::Kernels => None,
            Self::Tract => Some(TRACT),
        }
    }
}

impl fmt::Display for BackEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.foreign().unwrap_or("modu-onnx"))
    }
}

#[cfg(target_os = "linux")]
pub(crate) use loaded::{Loaded, prepare};

#[cfg(target_os = "linux")]
mod loaded {
    use modu_onnx::{Limits, Model, OnnxError, Port, RefusalKind, Tensor, VettedModel, vet};
    #[cfg(feature = "tract")]
    use modu_onnx_tract::{TractError, TractModel};

    use super::BackEnd;
    use crate::message::Refusal;

    /// Has a back end look at the machine while it may.
    pub(crate) fn prepare() {
        #[cfg(feature = "tract")]
        modu_onnx_tract::prepare();
    }

    /// A model, ready to score.
    pub(crate) enum Loaded {
        Kernels(Box<Model>),
        #[cfg(feature = "tract")]
        Tract(Box<TractModel>),
    }

    impl Loaded {
        /// Reads a model by our own kernels, or where they lack an operator by
        /// tract.
        pub(crate) fn open(bytes: &[u8], output: &str, limits: &Limits) -> Result<Self, Refusal> {
            let error = match Model::read(bytes, &[output], limits) {
                Ok(model) => return Ok(Self::Kernels(Box::new(model))),
                Err(error) => error,
            };
            if error.kind() == RefusalKind::Unsupported {
                let vetted = vet(bytes, &[output], limits).map_err(|error| refusal(&error))?;
                if !vetted.lacking().is_empty() {
                    return by_tract(&vetted, &error, limits);
                }
            }
            Err(refusal(&error))
        }

        pub(crate) const fn back_end(&self) -> BackEnd {
            match self {
                Self::Kernels(_) => BackEnd::Kernels,
                #[cfg(feature = "tract")]
                Self::Tract(_) => BackEnd::Tract,
            }
        }

        pub(crate) fn inputs(&self) -> &[Port] {
            match self {
                Self::Kernels(model) => model.inputs(),
                #[cfg(feature = "tract")]
                Self::Tract(model) => model.inputs(),
            }
        }

        /// The one wanted output.
        pub(crate) fn run(&self, given: &[(&str, &Tensor)]) -> Result<Tensor, Refusal> {
            match self {
                Self::Kernels(model) => {
                    let mut outputs = model.run(given).map_err(|error| refusal(&error))?;
                    outputs.pop().map(|(_, tensor)| tensor).ok_or(Refusal {
                        kind: RefusalKind::Request,
                        reason: "the model gave no output".to_owned(),
                    })
                }
                #[cfg(feature = "tract")]
                Self::Tract(model) => model.run(given).map_err(|error| of_tract(&error)),
            }
        }
    }

    #[cfg(feature = "tract")]
    fn by_tract(vetted: &VettedModel, _: &OnnxError, limits: &Limits) -> Result<Loaded, Refusal> {
        match TractModel::read(vetted, limits) {
            Ok(model) => Ok(Loaded::Tract(Box::new(model))),
            Err(error) => Err(of_tract(&error)),
        }
    }

    #[cfg(not(feature = "tract"))]
    fn by_tract(_: &VettedModel, error: &OnnxError, _: &Limits) -> Result<Loaded, Refusal> {
        let mut refusal = refusal(error);
        refusal
            .reason
            .push_str("; a build with `--features tract` may evaluate it");
        Err(refusal)
    }

    fn refusal(error: &OnnxError) -> Refusal {
        Refusal {
            kind: error.kind(),
            reason: error.to_string(),
        }
    }

    #[cfg(feature = "tract")]
    fn of_tract(error: &TractError) -> Refusal {
        Refusal {
            kind: error.kind(),
            reason: error.to_string(),
        }
    }
}
