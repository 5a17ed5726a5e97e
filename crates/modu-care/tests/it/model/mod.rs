//! `care.fit` and `care.validate`.

mod bad_input;
mod fitted;
mod hospital;
mod methods;
mod validated;
