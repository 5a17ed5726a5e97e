//! Which walls stood around a model, as a fact that the program that ran it
//! tells. The engine cannot see them; it keeps what it is told, so that the
//! evidence of the run says it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One way of shutting a process in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Wall {
    /// User, network, mount and further namespaces of its own.
    Namespaces,
    /// A world in which it is the only process.
    ProcessNamespace,
    /// No path and no TCP port.
    Landlock,
    /// Bounded memory, time and files.
    ResourceLimits,
    /// Few system calls.
    Seccomp,
}

impl Wall {
    /// Its name for a reader.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::ProcessNamespace => "process namespace",
            Self::Landlock => "Landlock",
            Self::ResourceLimits => "resource limits",
            Self::Seccomp => "seccomp",
        }
    }
}

/// The walls around a model's process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Walls {
    /// They stood before the model was sent.
    pub standing: Vec<Wall>,
    /// The machine does not offer them, and the caller allowed to go on.
    pub missing: Vec<Wall>,
}
