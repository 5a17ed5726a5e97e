//! `care.fit` and `care.validate`.

mod bad_input;
mod fitted;
pub(crate) mod hospital;
pub(crate) mod methods;
mod validated;
