//! SQLite's side.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use super::{DatabaseError, Row, Value};

/// How long one waits for another process that writes.
const BUSY: Duration = Duration::from_secs(10);

pub(super) fn prepare(connection: &Connection) -> Result<(), DatabaseError> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Of what is deleted, a password's hash say, nothing is left in the file.
    connection.pragma_update(None, "secure_delete", true)?;
    // A kept statement is not planned anew for each value that is filled in,
    // which took more time than most statements themselves.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

pub(super) fn execute(
    connection: &Connection,
    sql: &str,
    values: &[Value],
) -> Result<usize, DatabaseError> {
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.execute(params_from_iter(values))?)
}

pub(super) fn query(
    connection: &Connection,
    sql: &str,
    values: &[Value],
) -> Result<Vec<Row>, DatabaseError> {
    let mut found = Vec::new();
    each(connection, sql, values, &mut |row| {
        found.push(row);
        Ok(())
    })?;
    Ok(found)
}

/// Gives the rows of an answer one by one.
pub(super) fn each(
    connection: &Connection,
    sql: &str,
    values: &[Value],
    take: &mut dyn FnMut(Row) -> Result<(), DatabaseError>,
) -> Result<(), DatabaseError> {
    let mut statement = connection.prepare_cached(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query(params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        let mut values = Vec::with_capacity(columns);
        for column in 0..columns {
            values.push(owned(row.get_ref(column)?, column)?);
        }
        take(Row(values))?;
    }
    Ok(())
}

fn owned(value: ValueRef<'_>, column: usize) -> Result<Value, DatabaseError> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        ValueRef::Text(bytes) => {
            let text = String::from_utf8(bytes.to_vec());
            Value::Text(text.map_err(|_| DatabaseError::Unexpected { column })?)
        }
        ValueRef::Real(_) => return Err(DatabaseError::Unexpected { column }),
    })
}

/// `VACUUM INTO` reads at one moment and writes a file without what was
/// deleted; the file must not be there.
pub(super) fn copy(connection: &Connection, path: &Path) -> Result<(), DatabaseError> {
    let path = path.to_string_lossy().into_owned();
    connection.execute("VACUUM INTO ?1", [path])?;
    Ok(())
}
