//! What demonstrations are made of: an agency's data, and the models that
//! belong to the solutions that suppliers handed in.

use std::sync::Arc;

use jiff::Timestamp;
use modu_kernel::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::JobError;
use crate::database::{Database, Optional as _, Row, Step};
use crate::error::Refusal;
use crate::identity::OrganisationId;
use crate::text::Title;

pub(crate) const GONE_SCHEMA: Step = Step::Both(
    "-- Since when the node no longer has it; seconds since 1970.
     ALTER TABLE dataset ADD COLUMN gone INTEGER;",
);

/// Data sets of one organisation.
pub const MAX_DATASETS: usize = 1_000;

/// The number of a data set, from 1.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct DatasetId(pub u64);

impl std::str::FromStr for DatasetId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// The number of a node, from 1.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct NodeId(pub u64);

/// An agency's data, and where they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dataset {
    /// Its number.
    pub id: DatasetId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// What the organisation calls it.
    pub name: Title,
    /// Its bytes in the server's store; `None` where they lie at a node, of
    /// which the server does not even know the digest.
    pub digest: Option<Digest>,
    /// What the node that has them published for their digest: salted, so
    /// that a guess of the data cannot be checked against it.
    #[serde(default)]
    pub commitment: Option<Digest>,
    /// Bytes.
    pub size: u64,
    /// Whether anybody may know which data these are.
    pub is_public: bool,
    /// The node that has them; `None` is the server itself.
    pub node: Option<NodeId>,
    /// Since when they are no longer there, as their node told; what has left
    /// them before is still known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub gone: Option<Timestamp>,
}

/// Data sets and handed-in models, in the database.
#[derive(Debug)]
pub struct Materials {
    database: Arc<Database>,
}

const DATASET: &str = "SELECT id, organisation, name, digest, size, is_public, node, commitment, gone FROM dataset WHERE";

impl Materials {
    /// In a database, whose schema is brought to the newest.
    ///
    /// # Errors
    /// [`JobError::Database`].
    pub fn over(database: Arc<Database>) -> Result<Self, JobError> {
        crate::store::database::migrate(&database)?;
        Ok(Self { database })
    }

    /// Remembers data of an organisation; under a name that it has there
    /// already, these take the place of those.
    ///
    /// # Errors
    /// [`JobError::Refused`] where there are too many.
    pub fn keep_dataset(
        &self,
        organisation: OrganisationId,
        name: &Title,
        (digest, size): (Option<Digest>, u64),
        is_public: bool,
        node: Option<NodeId>,
    ) -> Result<DatasetId, JobError> {
        let node = node.map_or(0, |node| node.0);
        let mut transaction = self.database.transaction()?;
        let count: usize = transaction.query_row(
            "SELECT COUNT(*) FROM dataset WHERE organisation = ?1",
            [organisation.0.0],
            |row| Ok(row.get::<u64>(0)? as usize),
        )?;
        if count >= MAX_DATASETS {
            return Err(Refusal::NotNow("the organisation has as many data as it may").into());
        }
        let next = "SELECT COALESCE(MAX(id), 0) + 1 FROM dataset";
        let next: u64 = transaction.query_row(next, (), |row| row.get(0))?;
        transaction.execute(
            "INSERT INTO dataset (id, organisation, node, name, digest, size, is_public)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (organisation, node, name)
             DO UPDATE SET digest = ?5, size = ?6, is_public = ?7",
            (
                next,
                organisation.0.0,
                node,
                name.as_str(),
                digest.map(|digest| digest.to_string()),
                size,
                is_public,
            ),
        )?;
        let id = transaction.query_row(
            "SELECT id FROM dataset WHERE organisation = ?1 AND node = ?2 AND name = ?3",
            (organisation.0.0, node, name.as_str()),
            |row| row.get(0),
        )?;
        transaction.commit()?;
        Ok(DatasetId(id))
    }

    /// Remembers data that a node has, of which nothing is known but what the
    /// node published for their digest. Data that were gone are back.
    ///
    /// # Errors
    /// As [`Self::keep_dataset`].
    pub fn declare(
        &self,
        organisation: OrganisationId,
        node: NodeId,
        name: &Title,
        commitment: Digest,
    ) -> Result<DatasetId, JobError> {
        let id = self.keep_dataset(organisation, name, (None, 0), false, Some(node))?;
        self.database.execute(
            "UPDATE dataset SET commitment = ?2, gone = NULL WHERE id = ?1",
            (id.0, commitment.to_string()),
        )?;
        Ok(id)
    }

    /// Notes that a node has these data and no others any more: what it had
    /// besides is gone from then on.
    ///
    /// # Errors
    /// [`JobError::Database`], [`JobError::Unreadable`].
    pub fn keep_only(
        &self,
        node: NodeId,
        there: &[DatasetId],
        now: Timestamp,
    ) -> Result<(), JobError> {
        let mut transaction = self.database.transaction()?;
        let known = "SELECT id FROM dataset WHERE node = ?1 AND gone IS NULL";
        for row in transaction.query(known, [node.0])? {
            let id: u64 = row.get(0)?;
            if !there.contains(&DatasetId(id)) {
                let gone = "UPDATE dataset SET gone = ?2 WHERE id = ?1";
                transaction.execute(gone, (id, now.as_second()))?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// One data set.
    ///
    /// # Errors
    /// [`JobError::Database`], [`JobError::Unreadable`].
    pub fn dataset(&self, id: DatasetId) -> Result<Option<Dataset>, JobError> {
        let rows = self.database.query(&format!("{DATASET} id = ?1"), [id.0])?;
        rows.first().map(read).transpose()
    }

    /// The data of an organisation.
    ///
    /// # Errors
    /// As [`Self::dataset`].
    pub fn datasets(&self, organisation: OrganisationId) -> Result<Vec<Dataset>, JobError> {
        let sql = format!("{DATASET} organisation = ?1 ORDER BY id");
        let rows = self.database.query(&sql, [organisation.0.0])?;
        rows.iter().map(read).collect()
    }

    /// Remembers which model a handed-in solution has; the first stays.
    ///
    /// # Errors
    /// [`JobError::Refused`] where it has another.
    pub fn keep_solution(&self, document: Digest, model: Digest) -> Result<(), JobError> {
        self.database.execute(
            "INSERT INTO solution (document, model) VALUES (?1, ?2)
             ON CONFLICT (document) DO NOTHING",
            (document.to_string(), model.to_string()),
        )?;
        match self.model_of(document)? == Some(model) {
            true => Ok(()),
            false => Err(Refusal::NotNow(
                "this very solution.toml was handed in with another model: give it a new version",
            )
            .into()),
        }
    }

    /// All data of all organisations.
    ///
    /// # Errors
    /// As [`Self::dataset`].
    pub fn all_datasets(&self) -> Result<Vec<Dataset>, JobError> {
        let sql = format!("{DATASET} id > 0 ORDER BY organisation, id");
        self.database.query(&sql, ())?.iter().map(read).collect()
    }

    /// The model of a handed-in solution.
    ///
    /// # Errors
    /// As [`Self::dataset`].
    pub fn model_of(&self, document: Digest) -> Result<Option<Digest>, JobError> {
        let sql = "SELECT model FROM solution WHERE document = ?1";
        let found = self
            .database
            .query_row(sql, [document.to_string()], |row| row.get::<String>(0))
            .optional()?;
        found.as_deref().map(digest).transpose()
    }
}

fn read(row: &Row) -> Result<Dataset, JobError> {
    let name: String = row.get(2)?;
    let node: u64 = row.get(6)?;
    let stored: Option<String> = row.get(3)?;
    let committed: Option<String> = row.get(7)?;
    let gone: Option<i64> = row.get(8)?;
    let moment = |second| {
        Timestamp::from_second(second).map_err(|_| JobError::Unreadable("data".to_owned()))
    };
    Ok(Dataset {
        id: DatasetId(row.get(0)?),
        organisation: OrganisationId(crate::identity::Sequence(row.get(1)?)),
        name: Title::new(name).map_err(|_| JobError::Unreadable("data".to_owned()))?,
        digest: stored.as_deref().map(digest).transpose()?,
        commitment: committed.as_deref().map(digest).transpose()?,
        size: row.get(4)?,
        is_public: row.get(5)?,
        node: (node != 0).then_some(NodeId(node)),
        gone: gone.map(moment).transpose()?,
    })
}

fn digest(text: &str) -> Result<Digest, JobError> {
    text.parse()
        .map_err(|_| JobError::Unreadable("a digest".to_owned()))
}
