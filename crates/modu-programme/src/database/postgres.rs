//! PostgreSQL's side.

use std::collections::HashMap;
use std::error::Error;

use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::private::BytesMut;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Statement};

use super::address::Address;
use super::{DatabaseError, Row, Value};

/// The lock that a writing transaction holds until its end; the number says
/// nothing.
const WRITERS: i64 = 0x6d6f_6475;

/// A server that may go and come back.
pub(super) struct Server {
    address: Address,
    client: Option<Client>,
    statements: HashMap<String, Statement>,
    /// A connection is then not made again: what was done on the old one is
    /// undone, and the rest alone must not be kept.
    in_transaction: bool,
}

impl Server {
    pub(super) fn new(url: &str) -> Result<Self, DatabaseError> {
        Ok(Self {
            address: Address::read(url)?,
            client: None,
            statements: HashMap::new(),
            in_transaction: false,
        })
    }

    /// Calls the server, if nobody did so yet.
    pub(super) fn open(&mut self) -> Result<(), DatabaseError> {
        outside(|| self.connect().map(drop))
    }

    /// The connection, made again where it was lost.
    fn connect(&mut self) -> Result<&mut Client, DatabaseError> {
        let client = match self.client.take() {
            Some(client) if !client.is_closed() => client,
            _ if self.in_transaction => return Err(DatabaseError::Lost),
            _ => {
                self.statements.clear();
                let mut client = self.address.connect()?;
                // An entry counts when it is durable, whatever the server's setting.
                client.batch_execute("SET synchronous_commit = on")?;
                client
            }
        };
        Ok(self.client.insert(client))
    }

    fn is_lost(&self) -> bool {
        self.client.as_ref().is_none_or(Client::is_closed)
    }

    /// The connection that a transaction began on.
    fn same(&mut self) -> Result<&mut Client, DatabaseError> {
        let client = self.client.as_mut().filter(|client| !client.is_closed());
        client.ok_or(DatabaseError::Lost)
    }

    pub(super) fn begin(&mut self) -> Result<(), DatabaseError> {
        self.begin_with(&format!("BEGIN; SELECT pg_advisory_xact_lock({WRITERS})"))
    }

    /// What is read from here to the end is as it is at one moment, however
    /// long that takes.
    pub(super) fn begin_reading(&mut self) -> Result<(), DatabaseError> {
        self.begin_with(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0",
        )
    }

    fn begin_with(&mut self, words: &str) -> Result<(), DatabaseError> {
        outside(|| self.begin_within(words))
    }

    fn begin_within(&mut self, words: &str) -> Result<(), DatabaseError> {
        let mut begun = self.connect()?.batch_execute(words);
        if begun.is_err() && self.is_lost() {
            // A connection that broke while nobody asked shows it only now.
            begun = self.connect()?.batch_execute(words);
        }
        let client = self.connect()?;
        if begun.is_err() && !client.is_closed() {
            // It waited too long for its turn, say: nothing is left open.
            client.batch_execute("ROLLBACK")?;
        }
        self.in_transaction = begun.is_ok();
        Ok(begun?)
    }

    pub(super) fn end(&mut self, word: &str) -> Result<(), DatabaseError> {
        self.in_transaction = false;
        let client = self.same()?;
        outside(|| match client.batch_execute(word) {
            Err(_) if client.is_closed() => Err(DatabaseError::Lost),
            done => Ok(done?),
        })
    }

    pub(super) fn batch(&mut self, sql: &str) -> Result<(), DatabaseError> {
        let client = self.same()?;
        Ok(outside(|| client.batch_execute(sql))?)
    }

    pub(super) fn execute(&mut self, sql: &str, values: &[Value]) -> Result<usize, DatabaseError> {
        outside(|| {
            let statement = self.statement(sql)?;
            let changed = self.same()?.execute(&statement, &bound(values))?;
            Ok(usize::try_from(changed).unwrap_or(usize::MAX))
        })
    }

    pub(super) fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        outside(|| match self.query_once(sql, values) {
            // A question may be asked again.
            Err(_) if !self.in_transaction && self.is_lost() => self.query_once(sql, values),
            found => found,
        })
    }

    fn query_once(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        let statement = self.statement(sql)?;
        let rows = self.same()?.query(&statement, &bound(values))?;
        rows.iter().map(read).collect()
    }

    /// Gives the rows of an answer one by one as they come.
    pub(super) fn each(
        &mut self,
        sql: &str,
        take: &mut dyn FnMut(Row) -> Result<(), DatabaseError>,
    ) -> Result<(), DatabaseError> {
        outside(|| {
            let statement = self.statement(sql)?;
            let none: [&(dyn ToSql + Sync); 0] = [];
            let mut rows = self.same()?.query_raw(&statement, none)?;
            while let Some(row) = rows.next()? {
                take(read(&row)?)?;
            }
            Ok(())
        })
    }

    fn statement(&mut self, sql: &str) -> Result<Statement, DatabaseError> {
        self.connect()?;
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.same()?.prepare(&sql.replace('?', "$"))?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    pub(super) fn version(&mut self, part: &str) -> Result<u32, DatabaseError> {
        self.batch(
            "CREATE TABLE IF NOT EXISTS schema_version (
                 part TEXT PRIMARY KEY, version BIGINT NOT NULL)",
        )?;
        let sql = "SELECT version FROM schema_version WHERE part = ?1";
        let rows = self.query(sql, &[part.into()])?;
        rows.first().map_or(Ok(0), |row| row.get(0))
    }

    pub(super) fn set_version(&mut self, part: &str, version: u32) -> Result<(), DatabaseError> {
        let sql = "INSERT INTO schema_version (part, version) VALUES (?1, ?2)
             ON CONFLICT (part) DO UPDATE SET version = ?2";
        self.execute(sql, &[part.into(), version.into()])?;
        Ok(())
    }
}

/// Calls wait for their answer, which a thread of an asynchronous runtime must
/// not do while others rely on it: they go elsewhere meanwhile.
fn outside<T>(call: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(call),
        _ => call(),
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let client = self.client.take();
        outside(|| drop(client));
    }
}

/// A schema in PostgreSQL's words.
pub(super) fn schema(sqlite: &str) -> String {
    let numbered = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY";
    let words = sqlite.replace("INTEGER PRIMARY KEY AUTOINCREMENT", numbered);
    let words = words.replace("INTEGER", "BIGINT").replace("BLOB", "BYTEA");
    words.replace(") STRICT", ")")
}

fn bound(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|it| it as &(dyn ToSql + Sync)).collect()
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(number) if *kind == Type::INT4 => {
                i32::try_from(*number)?.to_sql(kind, out)
            }
            Self::Integer(number) => number.to_sql(kind, out),
            Self::Text(text) => text.to_sql(kind, out),
            Self::Bytes(bytes) => bytes.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::TEXT, Type::BYTEA].contains(kind)
    }

    to_sql_checked!();
}

fn read(row: &postgres::Row) -> Result<Row, DatabaseError> {
    let columns = row.columns().iter().enumerate();
    let values = columns.map(|(column, described)| {
        let kind = described.type_();
        Ok(match *kind {
            Type::INT8 => (row.try_get::<_, Option<i64>>(column)?).into(),
            Type::INT4 => (row.try_get::<_, Option<i32>>(column)?)
                .map(i64::from)
                .into(),
            Type::BOOL => (row.try_get::<_, Option<bool>>(column)?).into(),
            Type::TEXT => (row.try_get::<_, Option<String>>(column)?).into(),
            Type::BYTEA => (row.try_get::<_, Option<Vec<u8>>>(column)?).into(),
            _ => return Err(DatabaseError::Unexpected { column }),
        })
    });
    values.collect::<Result<_, _>>().map(Row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_told_in_postgresqls_words() {
        let told = schema("CREATE TABLE a (b INTEGER PRIMARY KEY, c BLOB NOT NULL) STRICT;");
        assert_eq!(
            told,
            "CREATE TABLE a (b BIGINT PRIMARY KEY, c BYTEA NOT NULL);"
        );
    }
}
