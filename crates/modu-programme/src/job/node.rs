//! Nodes: programs that stand beside an agency's data and do its jobs there.
//!
//! The operator lets a node in for one organisation, under the public key that
//! the node shows on its own machine, and hands over a token once. Both are
//! needed for every request: a token that is stolen opens nothing without the
//! key, and the key is nobody's without the token. Each request is good once:
//! what it carries as its nonce is remembered for as long as its time is near
//! enough to be believed.

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use modu_kernel::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{JobError, NodeId};
use crate::account::Token;
use crate::database::{Database, DatabaseError, Row, Step, Transaction};
use crate::error::Refusal;
use crate::event::{Entry, Event};
use crate::identity::{OrganisationId, Sequence};
use crate::text::Title;

/// Nodes of one organisation, ended ones included.
pub const MAX_NODES: usize = 100;
/// How far a node's clock may be from the server's.
pub const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(60);
/// Characters of a nonce.
pub const MAX_NONCE_CHARS: usize = 64;

pub(crate) const SCHEMA: Step = Step::Both(
    "ALTER TABLE dataset ADD COLUMN commitment TEXT;
     CREATE TABLE node (
         id INTEGER PRIMARY KEY, organisation INTEGER NOT NULL, name TEXT NOT NULL,
         -- Its public key, and a digest of its token.
         public_key BLOB NOT NULL UNIQUE, token BLOB NOT NULL UNIQUE,
         -- Seconds since 1970.
         made INTEGER NOT NULL, seen INTEGER, ended INTEGER,
         -- The digest of its trusted root.
         root TEXT
     ) STRICT;
     CREATE TABLE node_request (
         node INTEGER NOT NULL, nonce TEXT NOT NULL, at INTEGER NOT NULL,
         PRIMARY KEY (node, nonce)
     ) STRICT;",
);

/// A node's public key: Ed25519 (RFC 8032), written as 64 hexadecimal digits
/// behind `ed25519:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String")]
pub struct NodeKey(pub [u8; 32]);

impl From<NodeKey> for String {
    fn from(key: NodeKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for NodeKey {
    type Error = Refusal;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ed25519:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::str::FromStr for NodeKey {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.trim().strip_prefix("ed25519:");
        // 32 bytes in hexadecimal are read as a digest is.
        let bytes = digits.and_then(|digits| Digest::from_hex(digits).ok());
        let wrong = || {
            Refusal::wrong(
                "the key",
                "expected `ed25519:` and 64 digits, as `modu node --show-key` prints them",
            )
        };
        bytes.map(|it| Self(*it.as_bytes())).ok_or_else(wrong)
    }
}

/// A node that was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its number.
    pub id: NodeId,
    /// Whose data it stands beside.
    pub organisation: OrganisationId,
    /// What it is called.
    pub name: Title,
    /// The key that signs its requests.
    pub key: NodeKey,
    /// When it was let in.
    pub made: Timestamp,
    /// When it was last heard of.
    pub seen: Option<Timestamp>,
    /// When it was shut out.
    pub ended: Option<Timestamp>,
    /// The trusted root, an artifact, by which its evidence is verified.
    pub root: Option<Digest>,
}

/// The nodes, in the database.
#[derive(Debug)]
pub struct Nodes {
    database: Arc<Database>,
}

const NODE: &str =
    "SELECT id, organisation, name, public_key, made, seen, ended, root FROM node WHERE";

impl Nodes {
    /// In a database, whose schema is brought to the newest.
    ///
    /// # Errors
    /// [`JobError::Database`].
    pub fn over(database: Arc<Database>) -> Result<Self, JobError> {
        crate::store::database::migrate(&database)?;
        Ok(Self { database })
    }

    /// One node, also one that was shut out.
    ///
    /// # Errors
    /// [`JobError::Database`], [`JobError::Unreadable`].
    pub fn get(&self, id: NodeId) -> Result<Option<Node>, JobError> {
        let rows = self.database.query(&format!("{NODE} id = ?1"), [id.0])?;
        rows.first().map(read).transpose()
    }

    /// All nodes, or those of an organisation.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn list(&self, of: Option<OrganisationId>) -> Result<Vec<Node>, JobError> {
        let rows = match of {
            None => self
                .database
                .query(&format!("{NODE} id > 0 ORDER BY id"), ())?,
            Some(organisation) => self.database.query(
                &format!("{NODE} organisation = ?1 ORDER BY id"),
                [organisation.0.0],
            )?,
        };
        rows.iter().map(read).collect()
    }

    /// Whose a token is, where the node was not shut out.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn whose(&self, token: &Token) -> Result<Option<Node>, JobError> {
        let sql = format!("{NODE} token = ?1 AND ended IS NULL");
        let rows = self.database.query(&sql, [token.digest().to_vec()])?;
        rows.first().map(read).transpose()
    }

    /// Notes a request of a node, whose signature holds; whether it is heard
    /// for the first time and its time is near enough. What has grown too old
    /// to be believed is forgotten.
    ///
    /// # Errors
    /// [`JobError::Database`].
    pub fn hear(
        &self,
        node: NodeId,
        nonce: &str,
        created: Timestamp,
        now: Timestamp,
    ) -> Result<bool, JobError> {
        let differ = now.duration_since(created).abs();
        if differ > CLOCKS_DIFFER || nonce.is_empty() || nonce.len() > MAX_NONCE_CHARS {
            return Ok(false);
        }
        let mut transaction = self.database.transaction()?;
        // Twice as long as any time is believed, either side of now.
        transaction.execute(
            "DELETE FROM node_request WHERE at < ?1",
            [(now - CLOCKS_DIFFER * 2).as_second()],
        )?;
        let is_new = transaction.execute(
            "INSERT INTO node_request (node, nonce, at) VALUES (?1, ?2, ?3)
             ON CONFLICT (node, nonce) DO NOTHING",
            (node.0, nonce, created.as_second()),
        )? == 1;
        if is_new {
            let seen = "UPDATE node SET seen = ?2 WHERE id = ?1";
            transaction.execute(seen, (node.0, now.as_second()))?;
        }
        transaction.commit()?;
        Ok(is_new)
    }
}

/// Keeps of an entry of the history what nodes are asked by: the row of a node
/// that is let in, with the digest of its token; that it was shut out; its
/// trusted root. A node that was there before the history told of nodes has its
/// row already.
pub(crate) fn keep(
    transaction: &mut Transaction<'_>,
    entry: &Entry,
    token: Option<&[u8; 32]>,
) -> Result<(), DatabaseError> {
    match (&entry.event, token) {
        (
            Event::NodeAdmitted {
                node,
                organisation,
                name,
                key,
                ..
            },
            Some(token),
        ) => {
            transaction.execute(
                "INSERT INTO node (id, organisation, name, public_key, token, made)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (
                    node.0,
                    organisation.0.0,
                    name.as_str(),
                    key.0.to_vec(),
                    token.to_vec(),
                    entry.at.as_second(),
                ),
            )?;
        }
        (Event::NodeRootBound { node, root }, _) => {
            let update = "UPDATE node SET root = ?2 WHERE id = ?1";
            transaction.execute(update, (node.0, root.to_string()))?;
        }
        (Event::NodeShutOut { node, .. }, _) => {
            transaction.execute(
                "UPDATE node SET ended = ?2 WHERE id = ?1 AND ended IS NULL",
                (node.0, entry.at.as_second()),
            )?;
        }
        _ => {}
    }
    Ok(())
}

fn read(row: &Row) -> Result<Node, JobError> {
    let unreadable = || JobError::Unreadable("a node".to_owned());
    let moment = |second: i64| Timestamp::from_second(second).map_err(|_| unreadable());
    let optional = |column: usize| -> Result<Option<Timestamp>, JobError> {
        row.get::<Option<i64>>(column)?.map(moment).transpose()
    };
    let key: Vec<u8> = row.get(3)?;
    let root: Option<String> = row.get(7)?;
    Ok(Node {
        id: NodeId(row.get(0)?),
        organisation: OrganisationId(Sequence(row.get(1)?)),
        name: Title::new(row.get::<String>(2)?).map_err(|_| unreadable())?,
        key: NodeKey(key.try_into().map_err(|_| unreadable())?),
        made: moment(row.get(4)?)?,
        seen: optional(5)?,
        ended: optional(6)?,
        root: root
            .map(|text| text.parse().map_err(|_| unreadable()))
            .transpose()?,
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_is_written_and_in_no_other_spelling() {
        let key = NodeKey([0xa5; 32]);
        assert_eq!(key.to_string().parse::<NodeKey>().unwrap(), key);
        for wrong in ["", "ed25519:", "a5", "ed25519:A5", &"a5".repeat(32)] {
            assert!(wrong.parse::<NodeKey>().is_err(), "{wrong}");
        }
    }
}
