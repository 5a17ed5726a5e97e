//! Pages as single HTML files: nothing is fetched, nothing runs, and they can
//! be read aloud and printed.

pub(crate) mod draw;
pub(crate) mod frame;
