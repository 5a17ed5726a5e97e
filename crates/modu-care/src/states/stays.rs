//! From the rows of a table, in any of the forms, to stays in states.

use modu_kernel::{Finding, Label, Severity};
use modu_survival::estimator::MAX_STATES;
use modu_survival::{EventCode, Outcomes};

use super::report::{StateForm, StatesRequest};
use crate::CareError;
use crate::privacy::Count;
use crate::table::{AnalysisTable, Values};

/// An illness on the day of the death counts so many days before it, at most.
const BEFORE: f64 = 0.5;

/// Stays in states, one below the other.
pub(super) struct Stays {
    /// From the entry into a state to the move, with the person as cluster.
    pub(super) outcomes: Outcomes,
    /// The state of each, from 1 on.
    pub(super) from: Vec<EventCode>,
    /// Names of the states, from state 1 on.
    pub(super) states: Vec<Label>,
    pub(super) findings: Vec<Finding>,
}

/// Stays in the making.
#[derive(Default)]
struct Columns {
    person: Vec<u32>,
    entry: Vec<f64>,
    time: Vec<f64>,
    from: Vec<EventCode>,
    to: Vec<EventCode>,
}

impl Columns {
    fn push(&mut self, person: u32, [entry, time]: [f64; 2], from: u16, to: u16) {
        self.person.push(person);
        self.entry.push(entry);
        self.time.push(time);
        self.from.push(EventCode(from));
        self.to.push(EventCode(to));
    }
}

impl Stays {
    /// Reads a table in the form that is asked for.
    ///
    /// # Errors
    /// A column that is not there or holds something else, a person who is in
    /// two states at once or leaves one that is not the next row's, and more
    /// states than names.
    pub(super) fn new(table: &AnalysisTable, request: &StatesRequest) -> Result<Self, CareError> {
        let (columns, findings) = match &request.form {
            StateForm::FirstEvent {} => (first_events(table), Vec::new()),
            StateForm::Stays { state } => (stays(table, state)?, Vec::new()),
            StateForm::IllnessDeath { time, event } => illness_death(table, time, event)?,
        };
        refuse_two_at_once(&columns)?;
        let highest = columns.from.iter().chain(&columns.to).map(|it| it.0).max();
        let highest = usize::from(highest.unwrap_or(1));
        if highest > MAX_STATES {
            return Err(CareError::TooMany {
                what: "states",
                limit: MAX_STATES as u64,
            });
        }
        let states = named(table, request, highest)?;
        let outcomes = Outcomes::new(columns.time, columns.to)?
            .with_entry(columns.entry)?
            .with_clusters(columns.person)?;
        Ok(Self {
            outcomes,
            from: columns.from,
            states,
            findings,
        })
    }
}

fn entry(table: &AnalysisTable, row: usize) -> f64 {
    table.entry().map_or(0.0, |entry| entry[row])
}

fn first_events(table: &AnalysisTable) -> Columns {
    let mut columns = Columns::default();
    for (row, (time, event)) in table.time().iter().zip(table.event()).enumerate() {
        let to = match event.0 {
            0 => 0,
            code => code.saturating_add(1),
        };
        columns.push(table.person()[row], [entry(table, row), *time], 1, to);
    }
    columns
}

fn stays(table: &AnalysisTable, state: &str) -> Result<Columns, CareError> {
    let mut columns = Columns::default();
    let states = numbers(table, state)?;
    for (row, (time, event)) in table.time().iter().zip(table.event()).enumerate() {
        let from =
            states[row].filter(|it| it.fract() == 0.0 && (1.0..=MAX_STATES as f64).contains(it));
        let Some(from) = from else {
            let problem = format!("it holds no state: write a number from 1 to {MAX_STATES}");
            return Err(CareError::at(place(row, state), problem));
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be whole and in range"
        )]
        let from = from as u16;
        if from == event.0 {
            let problem = "the row ends in the state that it is in: write 0, or the next state";
            return Err(CareError::at(place(row, state), problem));
        }
        columns.push(
            table.person()[row],
            [entry(table, row), *time],
            from,
            event.0,
        );
    }
    Ok(columns)
}

fn illness_death(
    table: &AnalysisTable,
    time: &str,
    event: &str,
) -> Result<(Columns, Vec<Finding>), CareError> {
    let (times, events) = (numbers(table, time)?, numbers(table, event)?);
    let mut columns = Columns::default();
    let mut same_day = 0;
    for row in 0..table.len() {
        let (person, start, end) = (table.person()[row], entry(table, row), table.time()[row]);
        let dead = if table.event()[row].is_censored() {
            0
        } else {
            3
        };
        let fell_ill = match events[row] {
            Some(0.0) => false,
            Some(1.0) => true,
            _ => {
                return Err(CareError::at(
                    place(row, event),
                    "write 1 for the illness, else 0",
                ));
            }
        };
        if !fell_ill {
            columns.push(person, [start, end], 1, dead);
            continue;
        }
        let ill = times[row].filter(|ill| *ill > start && *ill <= end);
        let Some(mut ill) = ill else {
            let problem = "the illness must lie after the entry and by the end: correct it";
            return Err(CareError::at(place(row, time), problem));
        };
        if ill == end && dead > 0 {
            ill -= BEFORE.min((end - start) / 2.0);
            same_day += 1;
        }
        columns.push(person, [start, ill], 1, 2);
        if ill < end {
            columns.push(person, [ill, end], 2, dead);
        }
    }
    Ok((columns, same_day_finding(same_day).into_iter().collect()))
}

fn same_day_finding(rows: u64) -> Option<Finding> {
    let told = |language| Count::new(rows).text(language);
    let [ko, en] = [modu_kernel::Language::Ko, modu_kernel::Language::En].map(told);
    (rows > 0).then(|| Finding {
        severity: Severity::Warning,
        code: "states.same_day".to_owned(),
        place: "table".to_owned(),
        message: Label::new(
            format!("병과 사망이 같은 날인 사람({ko})은 병이 반나절 앞선 것으로 보았습니다."),
            format!("Of people whose illness and death fall on one day ({en}) the illness counts half a day before."),
        ),
    })
}

fn place(row: usize, column: &str) -> String {
    format!("row {}, column `{column}`", row + 1)
}

fn numbers<'a>(table: &'a AnalysisTable, column: &str) -> Result<&'a [Option<f64>], CareError> {
    match table.predictor(column).map(|it| &it.values) {
        Some(Values::Numeric(values)) => Ok(values),
        Some(Values::Categorical(_)) => Err(CareError::at(
            format!("the column `{column}`"),
            "it holds words: write numbers",
        )),
        None => Err(CareError::at(
            format!("the column `{column}`"),
            "the table has no such column: check its name",
        )),
    }
}

/// A person is in one state at a time, and enters the one moved to.
fn refuse_two_at_once(columns: &Columns) -> Result<(), CareError> {
    let mut order: Vec<usize> = (0..columns.time.len()).collect();
    let key = |row: usize| (columns.person[row], columns.entry[row]);
    order.sort_by(|a, b| {
        let ((one, from), (other, after)) = (key(*a), key(*b));
        one.cmp(&other).then(from.total_cmp(&after))
    });
    for pair in order.windows(2) {
        let [before, after] = [pair[0], pair[1]];
        if columns.person[before] != columns.person[after] {
            continue;
        }
        let at = format!(
            "rows {} and {}",
            before.min(after) + 1,
            before.max(after) + 1
        );
        if columns.entry[after] < columns.time[before] {
            let problem = "they are of one person at one time: a person is in one state at a time";
            return Err(CareError::at(at, problem));
        }
        let goes_on = columns.entry[after] == columns.time[before];
        let expected = match columns.to[before] {
            EventCode::CENSORED => columns.from[before],
            moved => moved,
        };
        if goes_on && expected != columns.from[after] {
            let problem = "a person is in another state than the one moved to: correct one of them";
            return Err(CareError::at(at, problem));
        }
    }
    Ok(())
}

fn named(
    table: &AnalysisTable,
    request: &StatesRequest,
    highest: usize,
) -> Result<Vec<Label>, CareError> {
    if !request.names.is_empty() {
        if request.names.len() < highest {
            let problem = format!("the table has states up to {highest}: name them all");
            return Err(CareError::at("the names of states", problem));
        }
        let names = request.names.iter();
        return Ok(names.map(|name| Label::new(name, name)).collect());
    }
    let usual = |state: usize| Label::new(format!("상태 {state}"), format!("state {state}"));
    Ok(match &request.form {
        StateForm::FirstEvent {} => {
            let start = Label::new("사건 전", "no event yet");
            let events = table.events().iter().map(|it| it.label.clone());
            std::iter::once(start).chain(events).collect()
        }
        StateForm::Stays { .. } => (1..=highest).map(usual).collect(),
        StateForm::IllnessDeath { .. } => vec![
            Label::new("건강", "well"),
            Label::new("병", "ill"),
            Label::new("사망", "dead"),
        ],
    })
}
