//! Which walls stand around a child.

use std::fmt;

use modu_proof::predict::{Wall, Walls};

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
    /// A world in which it is the only process.
    pub process_namespace: Layer,
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
    pub const fn layers(&self) -> [(Wall, &Layer); 5] {
        [
            (Wall::Namespaces, &self.namespaces),
            (Wall::ProcessNamespace, &self.process_namespace),
            (Wall::Landlock, &self.landlock),
            (Wall::ResourceLimits, &self.resource_limits),
            (Wall::Seccomp, &self.seccomp),
        ]
    }

    /// Which walls stand and which are missing, as a run's request records it.
    #[must_use]
    pub fn walls(&self) -> Walls {
        let of = |applied| {
            let layers = self.layers().into_iter();
            layers
                .filter(|(_, layer)| layer.is_applied() == applied)
                .map(|(wall, _)| wall)
                .collect()
        };
        Walls {
            standing: of(true),
            missing: of(false),
        }
    }
}

impl fmt::Display for Confinement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (wall, layer)) in self.layers().into_iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{}: {layer}", wall.name())?;
        }
        Ok(())
    }
}
