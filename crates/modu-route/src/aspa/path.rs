//! Paths of networks, as path verification looks at them.

use std::collections::HashMap;

use bgpkit_parser::models::{AsPath as MessagePath, AsPathSegment};
use rpki::resources::Asn;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text;

/// Why a path cannot be one of single networks only; ASPA verification calls
/// each of these invalid.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PathFlaw {
    /// It names no network.
    Empty,
    /// It holds an AS_SET or AS_CONFED_SET (deprecated by RFC 9774).
    Set,
    /// It names AS 0 (RFC 7607).
    Zero,
}

/// A path that somebody else holds: from the network nearest to who sees it to
/// its origin, repetitions of a network folded into one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Path<'p> {
    /// The networks; without the members of sets.
    pub networks: &'p [Asn],
    /// What is wrong with it.
    pub flaw: Option<PathFlaw>,
}

impl Path<'_> {
    /// The network that originates the route: the last, unless that is a set
    /// (RFC 6811, section 2).
    #[must_use]
    pub fn origin(&self) -> Option<Asn> {
        match self.flaw {
            // Sets stand last wherever routes were aggregated.
            Some(PathFlaw::Set | PathFlaw::Empty) => None,
            _ => self.networks.last().copied(),
        }
    }
}

impl std::fmt::Display for Path<'_> {
    /// `64496 64497`, as routers print it; `{}` stands for a set.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, network) in self.networks.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{}", network.into_u32())?;
        }
        match self.flaw {
            Some(PathFlaw::Set) => f.write_str(" {}"),
            _ => Ok(()),
        }
    }
}

/// A path of one's own. See [`Path`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct AsPath {
    networks: Vec<Asn>,
    set: bool,
}

impl AsPath {
    /// A path of these networks, nearest first.
    pub fn of(networks: impl IntoIterator<Item = u32>) -> Self {
        let mut path = Self::default();
        networks.into_iter().for_each(|network| path.push(network));
        path
    }

    /// Reads `64496 64497`; a word in braces is a set.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut path = Self::default();
        for word in text.split_ascii_whitespace() {
            match word.starts_with('{') && word.ends_with('}') {
                true => path.set = true,
                false => path.push(text::asn(word)?.into_u32()),
            }
        }
        Ok(path)
    }

    fn push(&mut self, network: u32) {
        let network = Asn::from_u32(network);
        if self.networks.last() != Some(&network) {
            self.networks.push(network);
        }
    }

    /// The path, lent.
    #[must_use]
    pub fn as_path(&self) -> Path<'_> {
        let zero = || self.networks.contains(&Asn::MIN);
        let flaw = match (self.set, self.networks.is_empty()) {
            (true, _) => Some(PathFlaw::Set),
            (false, true) => Some(PathFlaw::Empty),
            (false, false) => zero().then_some(PathFlaw::Zero),
        };
        Path {
            networks: &self.networks,
            flaw,
        }
    }
}

/// A message's path. Sequences of a confederation are its own affair and not
/// part of the path between networks (RFC 5065, section 5.3).
pub(crate) fn of_message(message: &MessagePath) -> AsPath {
    let mut path = AsPath::default();
    for segment in &message.segments {
        match segment {
            AsPathSegment::AsSequence(sequence) => {
                sequence.iter().for_each(|asn| path.push(asn.to_u32()));
            }
            AsPathSegment::AsSet(_) | AsPathSegment::ConfedSet(_) => path.set = true,
            AsPathSegment::ConfedSequence(_) => {}
        }
    }
    path
}

/// Different paths, each held once: a table dump names the same path for many
/// prefixes. About 4 bytes a network and 8 a path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathTable {
    networks: Vec<Asn>,
    /// Where each path ends in `networks`, and its flaw.
    paths: Vec<(u32, Option<PathFlaw>)>,
}

impl PathTable {
    /// How many different paths there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.paths.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// The path of a number below [`Self::len`]; another number has an empty
    /// path.
    #[must_use]
    pub fn get(&self, number: u32) -> Path<'_> {
        let place = number as usize;
        let first = match place {
            0 => 0,
            _ => self.paths.get(place - 1).map_or(0, |(end, _)| *end),
        };
        match self.paths.get(place) {
            Some((end, flaw)) => Path {
                networks: &self.networks[first as usize..*end as usize],
                flaw: *flaw,
            },
            None => Path {
                networks: &[],
                flaw: Some(PathFlaw::Empty),
            },
        }
    }
}

/// Gives paths their numbers while a table is read.
#[derive(Default)]
pub(crate) struct Interner {
    numbers: HashMap<AsPath, u32>,
    table: PathTable,
}

impl Interner {
    pub(crate) fn number_of(&mut self, path: AsPath) -> u32 {
        let next = self.table.paths.len() as u32;
        let table = &mut self.table;
        *self.numbers.entry(path).or_insert_with_key(|path| {
            let path = path.as_path();
            table.networks.extend_from_slice(path.networks);
            table.paths.push((table.networks.len() as u32, path.flaw));
            next
        })
    }

    pub(crate) fn finish(self) -> PathTable {
        self.table
    }
}
