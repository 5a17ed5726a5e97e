//! The span of time within which a decision stays the same.

use rpki::repository::cert::Cert;

use super::tree::Validity;

/// Whether an instant lies before, within or behind a validity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// Not yet.
    Early,
    /// Now.
    Within,
    /// No longer.
    Late,
}

/// Narrows with every boundary that a decision has looked at. A decision at
/// another instant of the window compares alike everywhere, and so is the
/// same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    time: i64,
    stable: Validity,
}

impl Window {
    /// Nothing has been looked at yet.
    pub(super) fn at(time: i64) -> Self {
        Self {
            time,
            stable: Validity {
                not_before: i64::MIN,
                not_after: i64::MAX,
            },
        }
    }

    /// The window.
    pub(super) fn stable(&self) -> Validity {
        self.stable
    }

    /// Compares the instant with a validity.
    pub(super) fn moment(&mut self, validity: Validity) -> Moment {
        let Validity {
            not_before,
            not_after,
        } = validity;
        let (moment, from, to) = if self.time < not_before {
            (Moment::Early, i64::MIN, not_before.saturating_sub(1))
        } else if self.time > not_after {
            (Moment::Late, not_after.saturating_add(1), i64::MAX)
        } else {
            (Moment::Within, not_before, not_after)
        };
        self.narrow(Validity {
            not_before: from,
            not_after: to,
        });
        moment
    }

    /// Takes another decision's window in.
    pub(super) fn narrow(&mut self, other: Validity) {
        let own = &mut self.stable;
        own.not_before = own.not_before.max(other.not_before);
        own.not_after = own.not_after.min(other.not_after);
    }
}

impl Validity {
    /// Whether an instant lies within.
    #[must_use]
    pub fn holds(&self, time: i64) -> bool {
        (self.not_before..=self.not_after).contains(&time)
    }

    /// A certificate's own.
    pub(super) fn of(certificate: &Cert) -> Self {
        let validity = certificate.validity();
        Self {
            not_before: validity.not_before().timestamp(),
            not_after: validity.not_after().timestamp(),
        }
    }
}
