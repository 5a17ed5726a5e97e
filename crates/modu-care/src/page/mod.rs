//! Pages as single HTML files: nothing is fetched, nothing runs, and they can
//! be read aloud and printed.
//!
//! `care.page` makes two of one person: the patient's own, in plain words and
//! counts of people, and the clinician's. Neither names the person; titles and
//! addresses never do. What a hospital writes on the sheet that it hands over
//! is put there by [`address`], outside of any run.

mod clinician;
pub(crate) mod draw;
mod engine;
pub(crate) mod frame;
mod frequency;
mod icons;
mod patient;

pub use engine::{PAGE, Page, PageReport, PageRequest};
pub use frequency::Frequency;
pub use patient::address;
