//! What a database holds at one moment, copied into another of either kind.
//!
//! Which tables and columns there are is asked of neither of the two, for what
//! one restores may have been tampered with, but of a third that was made just
//! now: names that are not ours get into no statement, and triggers of others
//! into no copy.

use std::sync::MutexGuard;

use super::{Database, DatabaseError, Engine, Transaction, Value};

/// A database as it is at one moment, while others go on writing.
pub struct Snapshot<'d> {
    engine: MutexGuard<'d, Engine>,
}

/// A table by its name, with its columns.
struct Table {
    name: String,
    columns: Vec<String>,
    /// Those of its primary key, by which it is read in one order.
    key: Vec<String>,
    /// Whether rows get a number by themselves, which is never given twice.
    is_numbered: bool,
}

impl Database {
    /// Begins to read it as it is now. Other questions to this connection wait
    /// for its end.
    ///
    /// # Errors
    /// What the database says.
    pub fn snapshot(&self) -> Result<Snapshot<'_>, DatabaseError> {
        let mut engine = self.engine();
        engine.begin_reading()?;
        Ok(Snapshot { engine })
    }

    /// The tables of a SQLite database that was made just now.
    fn tables(&self) -> Result<Vec<Table>, DatabaseError> {
        // In the order in which they were made: what others refer to is first.
        let named = "SELECT name, sql LIKE '%AUTOINCREMENT%' FROM sqlite_schema
             WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@' ORDER BY rowid";
        let mut tables = Vec::new();
        for row in self.query(named, ())? {
            let name: String = row.get(0)?;
            let is_numbered = row.get(1)?;
            let (mut columns, mut key) = (Vec::new(), Vec::new());
            let described = "SELECT name, pk > 0 FROM pragma_table_info(?1) ORDER BY cid";
            for row in self.query(described, [&name])? {
                columns.push(row.get::<String>(0)?);
                if row.get(1)? {
                    key.push(row.get(0)?);
                }
            }
            tables.push(Table {
                name,
                columns,
                key,
                is_numbered,
            });
        }
        Ok(tables)
    }
}

impl Snapshot<'_> {
    /// Copies the tables of a part of the program, as a SQLite database `like`
    /// has them that was made just now; gives how many rows that were. Both
    /// must have its schema, and the other be empty.
    ///
    /// # Errors
    /// [`DatabaseError::OtherSchema`], [`DatabaseError::NotEmpty`], and what
    /// either says.
    pub fn copy(
        &mut self,
        part: &str,
        like: &Database,
        into: &mut Transaction<'_>,
    ) -> Result<u64, DatabaseError> {
        let known = like.engine().known_version(part)?;
        for engine in [&mut *self.engine, &mut *into.engine] {
            let found = engine.known_version(part)?;
            if found != known {
                return Err(DatabaseError::OtherSchema { found, known });
            }
        }
        let mut rows = 0;
        for table in like.tables()? {
            rows += self.copy_table(&table, into)?;
        }
        Ok(rows)
    }

    /// Whether anything of a part was ever kept in it.
    ///
    /// # Errors
    /// What the database says.
    pub fn has(&mut self, part: &str, like: &Database) -> Result<bool, DatabaseError> {
        if self.engine.known_version(part)? > 0 {
            return Ok(true);
        }
        // Early programs kept no version of some parts.
        for table in like.tables()? {
            if self.engine.has_table(&table)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn copy_table(
        &mut self,
        table: &Table,
        into: &mut Transaction<'_>,
    ) -> Result<u64, DatabaseError> {
        let there = format!("SELECT COUNT(*) FROM {}", quoted(&table.name));
        if into.query_row(&there, (), |row| row.get::<u64>(0))? > 0 {
            let table = table.name.clone();
            return Err(DatabaseError::NotEmpty { table });
        }
        let add = into.engine.addition(table);
        let mut rows = 0;
        self.engine.each(&selection(table), &mut |row| {
            rows += 1;
            into.execute(&add, row.0).map(drop)
        })?;
        if table.is_numbered {
            let last = self.engine.last_number(table)?;
            into.engine.set_last_number(table, last)?;
        }
        Ok(rows)
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        // Nothing was written; a connection that is lost ends it by itself.
        let _ended = self.engine.end("ROLLBACK");
    }
}

/// A name as both databases take it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn list(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| quoted(name)).collect();
    names.join(", ")
}

fn selection(table: &Table) -> String {
    let (columns, name) = (list(&table.columns), quoted(&table.name));
    match table.key.is_empty() {
        true => format!("SELECT {columns} FROM {name}"),
        false => format!("SELECT {columns} FROM {name} ORDER BY {}", list(&table.key)),
    }
}

impl Engine {
    /// A part's schema, where nothing is made for asking.
    fn known_version(&mut self, part: &str) -> Result<u32, DatabaseError> {
        if let Self::Sqlite(_) = self {
            return self.version(part);
        }
        let is_there = "SELECT to_regclass('schema_version') IS NOT NULL";
        let is_there = self.query(is_there, &[])?;
        if !is_there.first().map_or(Ok(false), |row| row.get(0))? {
            return Ok(0);
        }
        let version = "SELECT version FROM schema_version WHERE part = ?1";
        let rows = self.query(version, &[part.into()])?;
        rows.first().map_or(Ok(0), |row| row.get(0))
    }

    fn has_table(&mut self, table: &Table) -> Result<bool, DatabaseError> {
        let asked = match self {
            Self::Sqlite(_) => {
                "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)"
            }
            Self::Postgres(_) => "SELECT to_regclass(?1) IS NOT NULL",
        };
        let name = match self {
            Self::Sqlite(_) => table.name.clone(),
            Self::Postgres(_) => quoted(&table.name),
        };
        let rows = self.query(asked, &[name.into()])?;
        rows.first().map_or(Ok(false), |row| row.get(0))
    }

    fn addition(&self, table: &Table) -> String {
        let places: Vec<_> = (1..=table.columns.len())
            .map(|place| format!("?{place}"))
            .collect();
        // Numbers that PostgreSQL gives by itself are taken as they were.
        let overriding = match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) => " OVERRIDING SYSTEM VALUE",
        };
        format!(
            "INSERT INTO {} ({}){overriding} VALUES ({})",
            quoted(&table.name),
            list(&table.columns),
            places.join(", ")
        )
    }

    /// The last number that a row of a table got, also one that is gone.
    fn last_number(&mut self, table: &Table) -> Result<Option<u64>, DatabaseError> {
        let rows = match self {
            Self::Sqlite(_) => {
                let last = "SELECT seq FROM sqlite_sequence WHERE name = ?1";
                self.query(last, &[(&table.name).into()])?
            }
            Self::Postgres(_) => {
                let last =
                    "SELECT pg_sequence_last_value(pg_get_serial_sequence(?1, ?2)::regclass)";
                self.query(last, &numbered(table))?
            }
        };
        rows.first().map_or(Ok(None), |row| row.get(0))
    }

    fn set_last_number(&mut self, table: &Table, last: Option<u64>) -> Result<(), DatabaseError> {
        let Some(last) = last else {
            return Ok(());
        };
        let name = Value::from(&table.name);
        if let Self::Sqlite(_) = self {
            let forget = "DELETE FROM sqlite_sequence WHERE name = ?1";
            self.execute(forget, std::slice::from_ref(&name))?;
            let note = "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)";
            self.execute(note, &[name, last.into()])?;
        } else {
            let [name, column] = numbered(table);
            let note = "SELECT setval(pg_get_serial_sequence(?1, ?2)::regclass, ?3)";
            self.query(note, &[name, column, last.into()])?;
        }
        Ok(())
    }
}

/// A table and its numbered column, as PostgreSQL is asked for its sequence.
fn numbered(table: &Table) -> [Value; 2] {
    let column = table.key.first().map_or("", String::as_str);
    [quoted(&table.name).into(), column.into()]
}
