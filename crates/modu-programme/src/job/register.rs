//! The nodes as the history tells of them: who stands beside whose data, under
//! which key, and whether they still do.

use std::collections::BTreeMap;

use modu_kernel::Digest;

use super::{MAX_NODES, NodeId, NodeKey};
use crate::error::Refusal;
use crate::event::Event;
use crate::identity::OrganisationId;
use crate::text::Title;

/// How often a node may bind a trusted root: each time is an entry of the
/// history, which a node must not fill.
pub const MAX_ROOTS: u32 = 100;

/// A node that was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// Whose data it stands beside.
    pub organisation: OrganisationId,
    /// What it is called.
    pub name: Title,
    /// The key that its requests are signed with.
    pub key: NodeKey,
    /// The trusted root by which its evidence is verified.
    pub root: Option<Digest>,
    /// How often it has bound one.
    pub roots: u32,
    /// Whether it was shut out.
    pub ended: bool,
}

/// All nodes that were ever let in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Register(BTreeMap<NodeId, Admitted>);

impl Register {
    /// A node.
    #[must_use]
    pub fn get(&self, id: NodeId) -> Option<&Admitted> {
        self.0.get(&id)
    }

    /// The number of the node that is let in next.
    #[must_use]
    pub fn next(&self) -> NodeId {
        let last = self.0.last_key_value();
        NodeId(last.map_or(0, |(id, _)| id.0) + 1)
    }

    /// Whether an event about nodes follows on where they stand.
    pub(crate) fn check(&self, event: &Event) -> Result<(), Refusal> {
        match event {
            Event::NodeAdmitted {
                node,
                organisation,
                key,
                ..
            } => self.may_admit(*node, *organisation, *key),
            Event::NodeRootBound { node, root } => {
                let known = self.standing(*node)?;
                match () {
                    () if known.root == Some(*root) => {
                        Err(Refusal::NotNow("the node has this trusted root already"))
                    }
                    () if known.roots >= MAX_ROOTS => Err(Refusal::NotNow(
                        "the node has changed its trusted root as often as it may: shut it out, \
                         and let it in under another key",
                    )),
                    () => Ok(()),
                }
            }
            Event::NodeShutOut { node, .. } => self.standing(*node).map(drop),
            _ => Ok(()),
        }
    }

    fn may_admit(
        &self,
        node: NodeId,
        organisation: OrganisationId,
        key: NodeKey,
    ) -> Result<(), Refusal> {
        let of_organisation = self.0.values().filter(|it| it.organisation == organisation);
        match () {
            () if self.0.contains_key(&node) => Err(Refusal::NotNow(
                "another node was let in at the same time: try again",
            )),
            () if self.0.values().any(|it| it.key == key) => {
                Err(Refusal::NotNow("a node has this key already: make another"))
            }
            () if of_organisation.count() >= MAX_NODES => Err(Refusal::NotNow(
                "the organisation has as many nodes as it may",
            )),
            () => Ok(()),
        }
    }

    /// A node that was not shut out.
    fn standing(&self, id: NodeId) -> Result<&Admitted, Refusal> {
        let found = self.0.get(&id).filter(|node| !node.ended);
        found.ok_or(Refusal::Missing("such node"))
    }

    pub(crate) fn apply(&mut self, event: &Event) {
        match event {
            Event::NodeAdmitted {
                node,
                organisation,
                name,
                key,
                ..
            } => {
                let admitted = Admitted {
                    organisation: *organisation,
                    name: name.clone(),
                    key: *key,
                    root: None,
                    roots: 0,
                    ended: false,
                };
                self.0.insert(*node, admitted);
            }
            Event::NodeRootBound { node, root } => {
                if let Some(known) = self.0.get_mut(node) {
                    known.root = Some(*root);
                    known.roots += 1;
                }
            }
            Event::NodeShutOut { node, .. } => {
                if let Some(known) = self.0.get_mut(node) {
                    known.ended = true;
                }
            }
            _ => {}
        }
    }
}
