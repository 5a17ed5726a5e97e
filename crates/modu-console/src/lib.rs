//! The console: the programme in a browser.
//!
//! Each page is made on the server from where the programme stands and from
//! the evidence, works without script, and is in Korean or English. What a
//! page may show and a form may do is asked of `modu-programme`'s one table;
//! nothing is decided here.
//!
//! A request passes, in this order: the limits of connections, bytes and time
//! ([`serve`]), the session and the language (`visit`), the form's key, and
//! then one page's function in `page`.

mod answer;
mod entrance;
mod error;
mod form;
mod meter;
mod page;
mod router;
mod serve;
mod visit;

pub use axum::http::HeaderName;
pub use entrance::Entrance;
pub use error::ConsoleError;
pub use meter::{Meter, Served};
pub use router::{addresses, router};
pub use serve::{Limits, serve};
