//! What one run may spend, and why a step of it stops.

use crate::error::OnnxError;
use crate::limits::Limits;
use crate::place::Place;
use crate::tensor::{element_count, extent};

/// Why an operator cannot be built or evaluated, before the place is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    Malformed(String),
    Unsupported {
        what: String,
        remedy: &'static str,
    },
    Limit {
        what: &'static str,
        found: u64,
        limit: u64,
        remedy: &'static str,
    },
}

impl Fault {
    pub(crate) fn malformed(problem: impl Into<String>) -> Self {
        Self::Malformed(problem.into())
    }

    pub(crate) fn unsupported(what: impl Into<String>, remedy: &'static str) -> Self {
        Self::Unsupported {
            what: what.into(),
            remedy,
        }
    }

    /// The error with its place.
    pub(crate) fn at(self, place: &Place) -> OnnxError {
        let place = place.clone();
        match self {
            Self::Malformed(problem) => OnnxError::Malformed { place, problem },
            Self::Unsupported { what, remedy } => OnnxError::Unsupported {
                place,
                what,
                remedy,
            },
            Self::Limit {
                what,
                found,
                limit,
                remedy,
            } => OnnxError::Limit {
                place,
                what,
                found,
                limit,
                remedy,
            },
        }
    }
}

/// The account of one run: each kernel asks here before it takes memory or
/// time.
#[derive(Debug)]
pub(crate) struct Budget<'a> {
    limits: &'a Limits,
    /// Elements that live on from earlier steps.
    live: u64,
    /// Elements that the present step has taken.
    taken: u64,
    /// Operations spent so far.
    spent: u64,
}

const SMALLER_BATCH: &str = "evaluate fewer rows at once, or hand in a smaller model";

impl<'a> Budget<'a> {
    pub(crate) const fn new(limits: &'a Limits) -> Self {
        Self {
            limits,
            live: 0,
            taken: 0,
            spent: 0,
        }
    }

    pub(crate) const fn limits(&self) -> &'a Limits {
        self.limits
    }

    /// Asks for the memory of a tensor of a shape, and for the work of filling
    /// it; gives the element count.
    pub(crate) fn tensor(&mut self, shape: &[usize]) -> Result<usize, Fault> {
        let rank = shape.len() as u64;
        if rank > self.limits.rank {
            return Err(Fault::Limit {
                what: "dimensions of a tensor",
                found: rank,
                limit: self.limits.rank,
                remedy: "hand in a model of flatter tensors",
            });
        }
        let count = element_count(shape);
        let found = extent(shape);
        if found > self.limits.tensor_elements {
            return Err(Fault::Limit {
                what: "elements of a tensor",
                found,
                limit: self.limits.tensor_elements,
                remedy: SMALLER_BATCH,
            });
        }
        self.memory(found)?;
        self.work(found)?;
        Ok(count.unwrap_or(0))
    }

    /// Asks for room for further elements during this step.
    pub(crate) fn memory(&mut self, elements: u64) -> Result<(), Fault> {
        self.taken = self.taken.saturating_add(elements);
        let found = self.live.saturating_add(self.taken);
        if found > self.limits.live_elements {
            return Err(Fault::Limit {
                what: "elements in memory during the run",
                found,
                limit: self.limits.live_elements,
                remedy: SMALLER_BATCH,
            });
        }
        Ok(())
    }

    /// Asks for elementary operations.
    pub(crate) fn work(&mut self, operations: u64) -> Result<(), Fault> {
        self.spent = self.spent.saturating_add(operations);
        if self.spent > self.limits.operations {
            return Err(Fault::Limit {
                what: "operations of the run",
                found: self.spent,
                limit: self.limits.operations,
                remedy: SMALLER_BATCH,
            });
        }
        Ok(())
    }

    /// As [`Self::work`] for a product of counts, which may pass 64 bits.
    pub(crate) fn work_product(&mut self, counts: &[usize]) -> Result<(), Fault> {
        let product = counts
            .iter()
            .try_fold(1_u64, |product, &count| product.checked_mul(count as u64));
        self.work(product.unwrap_or(u64::MAX))
    }

    /// Ends a step: what it took is given back, its results stay, and what no
    /// later step reads is freed.
    pub(crate) const fn end_step(&mut self, kept: u64, freed: u64) {
        self.live = self.live.saturating_add(kept).saturating_sub(freed);
        self.taken = 0;
    }
}
