//! How a child is started and how much it may take.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use modu_onnx::Limits;
use modu_proof::predict::Wall;

/// Which walls must stand before a model is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Strictness {
    /// Every wall.
    #[default]
    Strict,
    /// All but Landlock, for kernels without it. No path can be opened all the
    /// same: seccomp and the limit of no descriptors each forbid it.
    WithoutLandlock,
    /// All but the namespaces: for machines, such as containers, that forbid
    /// them. Seccomp alone leaves the child no socket.
    WithoutNamespaces,
    /// Seccomp and resource limits: for containers on kernels without Landlock.
    /// One wall then stands between the child and every path.
    SeccompOnly,
    /// Whatever there is: only for models that one has made oneself.
    Lenient,
}

impl Strictness {
    /// Whether it demands a wall.
    #[must_use]
    pub const fn demands(self, wall: Wall) -> bool {
        match self {
            Self::Strict => true,
            Self::WithoutLandlock => !matches!(wall, Wall::Landlock),
            Self::WithoutNamespaces => !matches!(wall, Wall::Namespaces | Wall::ProcessNamespace),
            Self::SeccompOnly => matches!(wall, Wall::Seccomp | Wall::ResourceLimits),
            Self::Lenient => false,
        }
    }
}

/// Whether a model's own words about a failure are passed on while it scores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reasons {
    /// Only the kind of failure: a model can put the data that it was given
    /// into its words, and owners pass errors on to suppliers.
    #[default]
    Withheld,
    /// In full: for rows that are made up.
    Shown,
}

/// How to start a child and how much it may take.
#[derive(Debug, Clone)]
pub struct Options {
    /// The program that calls [`crate::child_main`]; usually
    /// `std::env::current_exe()`.
    pub executable: PathBuf,
    /// The arguments that make it do so.
    pub arguments: Vec<OsString>,
    /// Limits of the model and of each batch.
    pub limits: Limits,
    /// Bytes of address space, the program's own included.
    pub memory_bytes: u64,
    /// Processor time of the whole life of the child; rounded up to seconds.
    pub processor_time: Duration,
    /// Wall time to start, and to read the model.
    pub start_time: Duration,
    /// Wall time of each batch.
    pub batch_time: Duration,
    /// Wall time of the whole life of the child.
    pub life_time: Duration,
    /// Bytes of all its answers together.
    pub output_bytes: u64,
    /// Which walls must stand.
    pub strictness: Strictness,
    /// Whether its words about a failure are passed on while it scores.
    pub reasons: Reasons,
}

impl Options {
    /// The program `executable` with the argument `__proof-child`, 4 GiB of
    /// address space, ten minutes of processor time, half a minute to start, a
    /// minute for each batch, half an hour altogether, and 4 GiB of answers:
    /// twice the largest predictions, which are in part asked for twice.
    #[must_use]
    pub fn new(executable: impl Into<PathBuf>) -> Self {
        Self {
            executable: executable.into(),
            arguments: vec!["__proof-child".into()],
            limits: Limits::default(),
            memory_bytes: 4 << 30,
            processor_time: Duration::from_mins(10),
            start_time: Duration::from_secs(30),
            batch_time: Duration::from_mins(1),
            life_time: Duration::from_mins(30),
            output_bytes: 4 << 30,
            strictness: Strictness::default(),
            reasons: Reasons::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Strictness, Wall};

    #[test]
    fn each_leniency_gives_up_what_it_names_and_nothing_else() {
        let walls = [
            Wall::Namespaces,
            Wall::ProcessNamespace,
            Wall::Landlock,
            Wall::ResourceLimits,
            Wall::Seccomp,
        ];
        let given_up = |strictness: Strictness| {
            let walls = walls.into_iter();
            walls
                .filter(|wall| !strictness.demands(*wall))
                .collect::<Vec<_>>()
        };
        assert_eq!(given_up(Strictness::Strict), []);
        assert_eq!(given_up(Strictness::WithoutLandlock), [Wall::Landlock]);
        let namespaces = [Wall::Namespaces, Wall::ProcessNamespace];
        assert_eq!(given_up(Strictness::WithoutNamespaces), namespaces);
        let both = [namespaces.as_slice(), &[Wall::Landlock]].concat();
        assert_eq!(given_up(Strictness::SeccompOnly), both);
        assert_eq!(given_up(Strictness::Lenient), walls);
    }
}
