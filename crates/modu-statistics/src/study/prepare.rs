//! stub
use crate::{Measure, Quantity, StatisticsError, Study, Undefined};
pub(super) struct Prepared(usize);
impl Prepared {
    pub(super) fn new(_study: &Study, q: &[Quantity]) -> Result<Self, StatisticsError> {
        Ok(Self(q.len()))
    }
    pub(super) fn estimates(&self) -> Vec<Measure> {
        vec![Measure::Undefined(Undefined::Empty); self.0]
    }
}
