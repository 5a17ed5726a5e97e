//! Reading a CSV, column by column, by the roles its columns have.

use std::collections::HashMap;

use csv::{ByteRecord, Reader, ReaderBuilder};
use modu_kernel::{Digest, Label};
use modu_survival::{EventCode, MAX_ROWS};

use super::plain::nameless_events;
use super::{
    AnalysisTable, Categories, ColumnKind, EventMeaning, Predictor, TableDescription, TableParts,
    Values,
};
use crate::privacy::{self, Pseudonym};
use crate::{CareError, limits};

/// What a column is for.
pub(super) enum Role {
    Time,
    Event,
    Entry,
    Person,
    /// With its levels, where they are known beforehand.
    Cluster(Option<Vec<String>>),
    Predictor(String, Label, Option<String>, Kind),
}

/// What a predictor's cells are.
#[derive(Clone)]
pub(super) enum Kind {
    /// To be seen from the cells.
    Unknown,
    Numeric,
    /// Whatever levels the cells have.
    Levels,
    /// These levels only.
    Of(Vec<String>),
}

/// The names of the columns.
pub(super) struct Header {
    names: Vec<String>,
}

impl Header {
    pub(super) fn of(csv: &[u8]) -> Result<Self, CareError> {
        let mut reader = reader(csv);
        let record = reader.headers().map_err(|error| CareError::csv(&error))?;
        if record.len() > limits::TABLE_COLUMNS + 5 {
            return Err(CareError::TooMany {
                what: "columns",
                limit: limits::TABLE_COLUMNS as u64,
            });
        }
        let names: Vec<_> = record.iter().map(|name| name.trim().to_owned()).collect();
        for (place, name) in names.iter().enumerate() {
            let place = format!("the header, column {}", place + 1);
            privacy::refuse_identifiers(&place, name)?;
        }
        Ok(Self { names })
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Where a column stands.
    pub(super) fn place(&self, name: &str) -> Result<usize, CareError> {
        let mut places = (self.names.iter().enumerate()).filter(|(_, it)| *it == name);
        match (places.next(), places.next()) {
            (Some((place, _)), None) => Ok(place),
            (None, _) => Err(CareError::at(
                "the header",
                format!("there is no column `{name}`: check its name"),
            )),
            (Some(_), Some(_)) => Err(CareError::at(
                "the header",
                format!("there are two columns `{name}`: call them differently"),
            )),
        }
    }
}

impl AnalysisTable {
    /// Reads `table.csv` as its description says.
    ///
    /// # Errors
    /// Another table than the one described, and whatever
    /// [`AnalysisTable::new`] refuses.
    pub fn read(csv: &[u8], description: &TableDescription) -> Result<Self, CareError> {
        if Digest::of(csv) != description.table {
            return Err(CareError::at(
                "its digest",
                "the description is of another table: give the two that came out together",
            ));
        }
        let header = Header::of(csv)?;
        let place = |name: &str| header.place(name);
        let mut roles = vec![
            (Role::Person, place("person")?),
            (Role::Time, place("time")?),
            (Role::Event, place("event")?),
        ];
        if description.entry {
            roles.push((Role::Entry, place("entry")?));
        }
        if let Some(levels) = &description.clusters {
            roles.push((Role::Cluster(Some(levels.clone())), place("cluster")?));
        }
        for column in &description.predictors {
            let kind = match &column.kind {
                ColumnKind::Numeric => Kind::Numeric,
                ColumnKind::Categorical(levels) => Kind::Of(levels.clone()),
            };
            let (name, label) = (column.name.clone(), column.label.clone());
            let role = Role::Predictor(name, label, column.unit.clone(), kind);
            roles.push((role, place(&column.name)?));
        }
        table(csv, roles, Some(description.events.clone()))
    }
}

/// Reads the columns that have a role; without events, codes are nameless.
pub(super) fn table(
    csv: &[u8],
    mut roles: Vec<(Role, usize)>,
    events: Option<Vec<EventMeaning>>,
) -> Result<AnalysisTable, CareError> {
    refuse_identifiers(csv)?;
    settle_kinds(csv, &mut roles)?;
    let mut columns: Vec<_> = (roles.into_iter())
        .map(|(role, place)| (Column::of(role), place))
        .collect();
    each_row(csv, |line, record| {
        columns.iter_mut().try_for_each(|(column, place)| {
            let cell = record.get(*place).unwrap_or_default();
            column.push(line, cell)
        })
    })?;
    put_together(columns.into_iter().map(|(column, _)| column), events)
}

/// Refuses what identifies somebody, in columns that nobody reads as well.
fn refuse_identifiers(csv: &[u8]) -> Result<(), CareError> {
    each_row(csv, |line, record| {
        let cells = record.iter().enumerate();
        let found =
            cells.filter_map(|(place, cell)| Some((place, privacy::identifier_in_cell(cell)?)));
        match found.min() {
            None => Ok(()),
            Some((place, what)) => Err(CareError::Identifier {
                place: format!("line {line}, column {}", place + 1),
                what,
            }),
        }
    })
}

/// Finds which predictors are numbers.
fn settle_kinds(csv: &[u8], roles: &mut [(Role, usize)]) -> Result<(), CareError> {
    let mut open: Vec<(&mut Kind, usize, bool)> = (roles.iter_mut())
        .filter_map(|(role, place)| match role {
            Role::Predictor(.., kind @ Kind::Unknown) => Some((kind, *place, true)),
            _ => None,
        })
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    each_row(csv, |_, record| {
        for (_, place, numeric) in open.iter_mut().filter(|(.., numeric)| *numeric) {
            let cell = record.get(*place).unwrap_or_default();
            *numeric = is_missing(cell) || number(cell).is_some();
        }
        Ok(())
    })?;
    for (kind, _, numeric) in open {
        *kind = match numeric {
            true => Kind::Numeric,
            false => Kind::Levels,
        };
    }
    Ok(())
}

fn reader(csv: &[u8]) -> Reader<&[u8]> {
    let csv = csv.strip_prefix(b"\xef\xbb\xbf").unwrap_or(csv);
    ReaderBuilder::new().from_reader(csv)
}

fn each_row(
    csv: &[u8],
    mut take: impl FnMut(u64, &ByteRecord) -> Result<(), CareError>,
) -> Result<(), CareError> {
    let mut reader = reader(csv);
    let mut record = ByteRecord::new();
    let mut rows = 0;
    while (reader.read_byte_record(&mut record)).map_err(|error| CareError::csv(&error))? {
        rows += 1;
        if rows > MAX_ROWS {
            return Err(CareError::TooMany {
                what: "rows",
                limit: MAX_ROWS as u64,
            });
        }
        let line = record.position().map_or(0, csv::Position::line);
        take(line, &record)?;
    }
    Ok(())
}

fn is_missing(cell: &[u8]) -> bool {
    let cell = cell.trim_ascii();
    cell.is_empty() || cell == b"NA" || cell == b"NaN" || cell == b"nan"
}

fn number(cell: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(cell.trim_ascii()).ok()?;
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// A column while it is read.
struct Column {
    name: String,
    holds: Holds,
}

enum Holds {
    Time(Vec<f64>),
    Entry(Vec<f64>),
    Event(Vec<EventCode>),
    Person(People),
    Cluster(Levels),
    Numeric(Label, Option<String>, Vec<Option<f64>>),
    Categorical(Label, Levels),
}

impl Column {
    fn of(role: Role) -> Self {
        let (name, holds) = match role {
            Role::Time => ("time".to_owned(), Holds::Time(Vec::new())),
            Role::Entry => ("entry".to_owned(), Holds::Entry(Vec::new())),
            Role::Event => ("event".to_owned(), Holds::Event(Vec::new())),
            Role::Person => ("person".to_owned(), Holds::Person(People::default())),
            Role::Cluster(levels) => ("cluster".to_owned(), Holds::Cluster(Levels::of(levels))),
            Role::Predictor(name, label, unit, kind) => {
                let holds = match kind {
                    Kind::Numeric => Holds::Numeric(label, unit, Vec::new()),
                    Kind::Unknown | Kind::Levels => Holds::Categorical(label, Levels::of(None)),
                    Kind::Of(levels) => Holds::Categorical(label, Levels::of(Some(levels))),
                };
                (name, holds)
            }
        };
        Self { name, holds }
    }

    fn push(&mut self, line: u64, cell: &[u8]) -> Result<(), CareError> {
        let place = || format!("line {line}, column `{}`", self.name);
        let not_a_number = || CareError::at(place(), "it is not a finite number");
        let absent = || CareError::at(place(), "it is empty: fill it in, or leave the row out");
        match &mut self.holds {
            Holds::Time(values) | Holds::Entry(values) => match is_missing(cell) {
                true => return Err(absent()),
                false => values.push(number(cell).ok_or_else(not_a_number)?),
            },
            Holds::Event(values) => match is_missing(cell) {
                true => return Err(absent()),
                false => values.push(event(cell).ok_or_else(|| {
                    CareError::at(place(), "it is not an event code: write 0, 1, 2, ...")
                })?),
            },
            Holds::Person(people) => match is_missing(cell) {
                true => return Err(absent()),
                false => people.push(cell),
            },
            Holds::Cluster(levels) | Holds::Categorical(_, levels) => {
                levels.push(cell).map_err(|problem| match problem {
                    Unfit::Error(error) => error,
                    Unfit::Problem(problem) => CareError::at(place(), problem),
                    Unfit::Identifier(what) => CareError::Identifier {
                        place: place(),
                        what,
                    },
                })?;
            }
            Holds::Numeric(.., values) => match is_missing(cell) {
                true => values.push(None),
                false => {
                    let value = number(cell).ok_or_else(not_a_number)?;
                    if let Some(what) = privacy::identifier_in_number(value) {
                        let place = place();
                        return Err(CareError::Identifier { place, what });
                    }
                    values.push(Some(value));
                }
            },
        }
        Ok(())
    }
}

/// An event code: a whole number, or R's TRUE and FALSE.
pub(crate) fn event(cell: &[u8]) -> Option<EventCode> {
    match cell.trim_ascii() {
        b"TRUE" | b"True" | b"true" => Some(EventCode::EVENT),
        b"FALSE" | b"False" | b"false" => Some(EventCode::CENSORED),
        cell => {
            let code = number(cell)?;
            let whole = code.fract() == 0.0 && (0.0..=f64::from(u16::MAX)).contains(&code);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked to be whole and in range"
            )]
            whole.then_some(EventCode(code as u16))
        }
    }
}

/// Who is the same, in order of appearance.
#[derive(Default)]
struct People {
    numbers: HashMap<Vec<u8>, u32>,
    pseudonyms: Vec<Option<Pseudonym>>,
    person: Vec<u32>,
}

impl People {
    fn push(&mut self, cell: &[u8]) {
        let cell = cell.trim_ascii();
        let next = self.numbers.len() as u32;
        let number = match self.numbers.get(cell) {
            Some(number) => *number,
            None => {
                self.numbers.insert(cell.to_vec(), next);
                let text = std::str::from_utf8(cell).ok();
                self.pseudonyms.push(text.and_then(Pseudonym::parse));
                next
            }
        };
        self.person.push(number);
    }

    /// The people's numbers, and their pseudonyms if all are such.
    fn finish(self) -> (Vec<u32>, Vec<Pseudonym>) {
        let all: Option<Vec<_>> = self.pseudonyms.into_iter().collect();
        (self.person, all.unwrap_or_default())
    }
}

/// Levels while they are found, or known ones.
struct Levels {
    places: HashMap<String, u32>,
    names: Vec<String>,
    fixed: bool,
    codes: Vec<Option<u32>>,
}

/// Why a cell cannot be a level.
enum Unfit {
    Problem(&'static str),
    Identifier(&'static str),
    Error(CareError),
}

impl Levels {
    fn of(levels: Option<Vec<String>>) -> Self {
        let fixed = levels.is_some();
        let names = levels.unwrap_or_default();
        let places = (0..).zip(&names).map(|(place, name)| (name.clone(), place));
        Self {
            places: places.collect(),
            names,
            fixed,
            codes: Vec::new(),
        }
    }

    fn push(&mut self, cell: &[u8]) -> Result<(), Unfit> {
        if is_missing(cell) {
            self.codes.push(None);
            return Ok(());
        }
        let text = std::str::from_utf8(cell.trim_ascii())
            .map_err(|_| Unfit::Problem("it is not UTF-8: save the table as UTF-8"))?;
        let code = match self.places.get(text) {
            Some(code) => *code,
            None => self.add(text)?,
        };
        self.codes.push(Some(code));
        Ok(())
    }

    fn add(&mut self, text: &str) -> Result<u32, Unfit> {
        if self.fixed {
            return Err(Unfit::Problem("the description has no such level"));
        }
        if text.len() > limits::CELL_BYTES {
            return Err(Unfit::Problem(
                "the cell is longer than the limit of 4096 bytes",
            ));
        }
        if self.names.len() >= limits::LEVELS {
            return Err(Unfit::Error(CareError::TooMany {
                what: "levels of one column",
                limit: limits::LEVELS as u64,
            }));
        }
        if let Some(what) = privacy::identifier_in(text) {
            return Err(Unfit::Identifier(what));
        }
        let code = self.names.len() as u32;
        self.places.insert(text.to_owned(), code);
        self.names.push(text.to_owned());
        Ok(code)
    }

    /// Found levels get their order as text, whatever row they came from.
    fn finish(self) -> Result<Categories, CareError> {
        if self.fixed {
            return Categories::new(self.names, self.codes);
        }
        let mut order: Vec<u32> = (0..).zip(&self.names).map(|(place, _)| place).collect();
        order.sort_by_key(|place| &self.names[*place as usize]);
        let mut place_of = vec![0; order.len()];
        for (place, code) in (0..).zip(&order) {
            place_of[*code as usize] = place;
        }
        let codes = self.codes.into_iter();
        let codes = codes.map(|code| code.map(|code| place_of[code as usize]));
        let codes = codes.collect();
        let mut names = self.names;
        names.sort_unstable();
        Categories::new(names, codes)
    }
}

fn put_together(
    columns: impl Iterator<Item = Column>,
    events: Option<Vec<EventMeaning>>,
) -> Result<AnalysisTable, CareError> {
    let mut parts = TableParts {
        events: Vec::new(),
        pseudonyms: Vec::new(),
        person: Vec::new(),
        cluster: None,
        entry: None,
        time: Vec::new(),
        event: Vec::new(),
        predictors: Vec::new(),
    };
    let mut people = None;
    for column in columns {
        let name = column.name;
        match column.holds {
            Holds::Time(values) => parts.time = values,
            Holds::Entry(values) => parts.entry = Some(values),
            Holds::Event(values) => parts.event = values,
            Holds::Person(them) => people = Some(them.finish()),
            Holds::Cluster(levels) => parts.cluster = Some(levels.finish()?),
            Holds::Numeric(label, unit, values) => parts.predictors.push(Predictor {
                name,
                label,
                unit,
                values: Values::Numeric(values),
            }),
            Holds::Categorical(label, levels) => parts.predictors.push(Predictor {
                name,
                label,
                unit: None,
                values: Values::Categorical(levels.finish()?),
            }),
        }
    }
    (parts.person, parts.pseudonyms) = people.unwrap_or_else(|| {
        let rows = u32::try_from(parts.time.len()).unwrap_or(u32::MAX);
        ((0..rows).collect(), Vec::new())
    });
    let last = parts.event.iter().map(|code| code.0).max().unwrap_or(0);
    parts.events = events.unwrap_or_else(|| nameless_events(last.max(1)));
    AnalysisTable::new(parts)
}
