//! Letting nodes in and shutting them out.
//!
//! Each is an entry of the history, and what nodes are asked by, the row with
//! the digest of a node's token, is kept in the same transaction: a node that
//! the history does not tell of opens nothing, and one that was shut out there
//! is shut out at once. The token itself is in neither.

use jiff::Timestamp;
use modu_kernel::Digest;

use super::{Node, NodeId, NodeKey, Nodes};
use crate::account::Token;
use crate::error::HistoryError;
use crate::event::{Actor, Entry, Event};
use crate::identity::OrganisationId;
use crate::job::JobError;
use crate::step::StepError;
use crate::store::{Beside, History, Kept};
use crate::text::Title;

/// A node that was let in, as the history tells it; its token is shown to
/// nobody again.
#[derive(Debug)]
pub struct NewNode {
    /// The entry.
    pub entry: Entry,
    /// The node's number.
    pub id: NodeId,
    /// Its token.
    pub token: Token,
}

/// Lets a node in for a demand agency, under its key.
///
/// # Errors
/// [`StepError::History`] where the actor may not, the organisation is no
/// demand agency or has as many nodes as it may, the key is another node's, or
/// keeping it fails; [`StepError::Account`] where the machine gives no random
/// bytes.
pub fn admit<H: History>(
    kept: &mut Kept<H>,
    by: Actor,
    (organisation, name): (OrganisationId, &Title),
    key: NodeKey,
    now: Timestamp,
) -> Result<NewNode, StepError> {
    let token = Token::new()?;
    kept.catch_up()?;
    let id = kept.programme().nodes().next();
    let event = Event::NodeAdmitted {
        node: id,
        organisation,
        name: name.clone(),
        key,
        since: None,
    };
    let digest = token.digest();
    let mut entries = kept.act_all(by, vec![event], now, Some(Beside::NodeToken(&digest)))?;
    let entry = entries.pop().ok_or(HistoryError::Nothing)?;
    Ok(NewNode { entry, id, token })
}

/// Shuts a node out, whose token and key then open nothing more.
///
/// # Errors
/// [`HistoryError::Refused`] where the actor may not, or there is none that
/// stands; what keeping it fails with.
pub fn shut_out<H: History>(
    kept: &mut Kept<H>,
    by: Actor,
    node: NodeId,
    now: Timestamp,
) -> Result<Entry, HistoryError> {
    kept.act(by, Event::NodeShutOut { node, since: None }, now)
}

/// Remembers by which trusted root a node's evidence is verified from here on.
/// The one that it has already is no news.
///
/// # Errors
/// [`HistoryError::Refused`] where there is no such node, or it has changed its
/// root as often as it may; what keeping it fails with.
pub fn bind_root<H: History>(
    kept: &mut Kept<H>,
    node: NodeId,
    root: Digest,
    now: Timestamp,
) -> Result<(), HistoryError> {
    kept.catch_up()?;
    let known = kept.programme().nodes().get(node);
    if known.is_some_and(|known| known.root == Some(root)) {
        return Ok(());
    }
    let event = Event::NodeRootBound { node, root };
    kept.act(Actor::System, event, now).map(drop)
}

/// Tells the history of nodes that were let in before it told of any; says how
/// many. They go on working as they did, under the tokens that they have.
///
/// # Errors
/// What reading the nodes or keeping the entries fails with.
pub fn bring_in<H: History>(
    kept: &mut Kept<H>,
    nodes: &Nodes,
    now: Timestamp,
) -> Result<usize, BringInError> {
    let mut told = 0;
    for node in nodes.list(None)? {
        if kept.programme().nodes().get(node.id).is_some() {
            continue;
        }
        match kept.act_all(Actor::System, story(&node), now, None) {
            Ok(_) => told += 1,
            // Another server that starts now was faster.
            Err(HistoryError::Refused(_)) if kept.programme().nodes().get(node.id).is_some() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(told)
}

/// What had happened to a node.
fn story(node: &Node) -> Vec<Event> {
    let admitted = Event::NodeAdmitted {
        node: node.id,
        organisation: node.organisation,
        name: node.name.clone(),
        key: node.key,
        since: Some(node.made),
    };
    let root = node.root.map(|root| Event::NodeRootBound {
        node: node.id,
        root,
    });
    let ended = node.ended.map(|ended| Event::NodeShutOut {
        node: node.id,
        since: Some(ended),
    });
    std::iter::once(admitted).chain(root).chain(ended).collect()
}

/// Why the history could not be told of earlier nodes.
#[derive(Debug, thiserror::Error)]
pub enum BringInError {
    /// They cannot be read.
    #[error(transparent)]
    Nodes(#[from] JobError),
    /// The history cannot be added to.
    #[error(transparent)]
    History(#[from] HistoryError),
}
