//! The pages of a ledger as one text: a line of canonical JSON for each. A
//! page names the one before it by digest, so that none can be changed, taken
//! out or put in between without the last one's digest changing.

use modu_kernel::{Digest, EngineError, Inputs, Output, canonical, read_input};

use super::page::{Event, Page};
use super::state::State;
use super::{SCHEMA, UtcOffset};
use crate::{VulnError, limits};

/// The ledger's name among a run's inputs.
pub const INPUT: &str = "ledger";
/// The new page's name among a run's outputs.
pub const PAGE_OUTPUT: &str = "page.json";

/// Reads a ledger and replays it. An empty text is an empty ledger.
///
/// # Errors
/// [`VulnError::Malformed`] with the first page that is not what it must be.
pub fn replay(bytes: &[u8]) -> Result<State, VulnError> {
    let mut state = State::default();
    if bytes.is_empty() {
        return Ok(state);
    }
    let Some(lines) = bytes.strip_suffix(b"\n") else {
        let place = format!("page {}", bytes.split(|byte| *byte == b'\n').count());
        let problem = "it breaks off: restore the ledger from a copy".to_owned();
        return Err(VulnError::Malformed { place, problem });
    };
    for line in lines.split(|byte| *byte == b'\n') {
        follow(&mut state, line)?;
    }
    Ok(state)
}

/// Takes the bytes of the next page in.
///
/// # Errors
/// [`VulnError::Malformed`] where it is no page, or cannot follow.
pub fn follow(state: &mut State, bytes: &[u8]) -> Result<Page, VulnError> {
    let place = || format!("page {}", state.pages + 1);
    let broken = |place: String, problem: String| VulnError::Malformed {
        place,
        problem: format!("{problem}. The ledger was changed or damaged: restore it from a copy"),
    };
    let page: Page = serde_json::from_slice(bytes)
        .map_err(|error| broken(place(), format!("it is no page: {error}")))?;
    let canonical = canonical::to_vec(&page).is_ok_and(|canonical| canonical == bytes);
    if !canonical {
        return Err(broken(place(), "it is not in canonical form".to_owned()));
    }
    let place = place();
    (state.apply(&page, Digest::of(bytes))).map_err(|problem| broken(place, problem))?;
    Ok(page)
}

/// Reads a run's ledger.
pub(crate) fn read(inputs: &dyn Inputs) -> Result<State, EngineError> {
    let bytes = read_input(inputs, INPUT, limits::LEDGER_BYTES)?;
    replay(&bytes).map_err(|error| error.of_input(INPUT))
}

/// What every run that writes has to know.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writing<'a> {
    pub(crate) run: &'a str,
    pub(crate) at: jiff::Timestamp,
    pub(crate) offset: UtcOffset,
}

/// Writes the next page and takes it in; none where nothing happened.
pub(crate) fn write(
    state: &mut State,
    writing: Writing<'_>,
    inputs: &dyn Inputs,
    events: Vec<Event>,
) -> Result<Option<Vec<u8>>, EngineError> {
    if events.is_empty() {
        return Ok(None);
    }
    let read = inputs.list().iter().filter(|input| input.name != INPUT);
    let page = Page {
        schema: SCHEMA.to_owned(),
        number: state.pages + 1,
        previous: state.head,
        at: writing.at,
        day: state.day_of(writing.at, writing.offset),
        utc_offset: writing.offset,
        run: writing.run.to_owned(),
        inputs: read
            .map(|input| (input.name.clone(), input.artifact.digest))
            .collect(),
        events,
    };
    let bytes = canonical::to_vec(&page)?;
    (state.apply(&page, Digest::of(&bytes))).map_err(EngineError::Internal)?;
    Ok(Some(bytes))
}

/// A new page as a run's outputs.
pub(crate) fn page_output(page: Option<Vec<u8>>) -> Vec<Output> {
    let output = page.map(|bytes| Output {
        name: PAGE_OUTPUT.into(),
        media_type: "application/json".into(),
        bytes,
    });
    output.into_iter().collect()
}
