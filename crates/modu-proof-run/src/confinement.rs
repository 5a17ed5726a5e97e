//! Which walls stand around a child.

use std::fmt;

/// One way of shutting a process in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer {
    /// It is in force.
    Applied,
    /// This machine does not offer it; with what the system said.
    Unavailable(String),
}

impl Layer {
    /// Whether it is in force.
    #[must_use]
    pub const fn is_applied(&self) -> bool {
        matches!(self, Self::Applied)
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applied => f.write_str("applied"),
            Self::Unavailable(reason) => write!(f, "unavailable ({reason})"),
        }
    }
}

/// Which layers are in force, by the child's own report before it saw the
/// model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confinement {
    /// Namespaces of its own, the network's among them.
    pub namespaces: Layer,
    /// No path and no TCP port.
    pub landlock: Layer,
    /// Few system calls.
    pub seccomp: Layer,
    /// Bounded memory, time and files.
    pub resource_limits: Layer,
}

impl Confinement {
    /// Whether the child can reach no network: by its namespace or because
    /// seccomp leaves it no socket.
    #[must_use]
    pub const fn bars_network(&self) -> bool {
        self.namespaces.is_applied() || self.seccomp.is_applied()
    }

    /// The layers with their names, in the order in which they are applied.
    #[must_use]
    pub const fn layers(&self) -> [(&'static str, &Layer); 4] {
        [
            ("namespaces", &self.namespaces),
            ("landlock", &self.landlock),
            ("resource limits", &self.resource_limits),
            ("seccomp", &self.seccomp),
        ]
    }
}

impl fmt::Display for Confinement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, layer)) in self.layers().into_iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{name}: {layer}")?;
        }
        Ok(())
    }
}
