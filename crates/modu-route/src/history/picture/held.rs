//! What is held back from being withdrawn, in the picture.
//!
//! Above a trust anchor's line stands a hatched field from the begin of a hold
//! to its end, or to now, as high as the VRPs that routers kept although the
//! runs lost them.

use std::fmt::Write as _;

use super::{LEFT, RIGHT, Scale};

/// A hold that stands, or stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBack {
    /// The trust anchor.
    pub anchor: String,
    /// Since when, in seconds since 1970 (UTC).
    pub since: i64,
    /// Until when; nothing where it stands.
    pub until: Option<i64>,
    /// VRPs that routers keep, or kept last.
    pub vrps: u64,
}

/// A hold that began after the last run, or was short, is still this wide.
const NARROWEST: f64 = 14.0;

impl HeldBack {
    /// Whether it stood at some time of the picture.
    pub(super) fn is_within(&self, scale: &Scale) -> bool {
        self.until
            .is_none_or(|until| until >= scale.first && self.since <= scale.last)
    }

    /// Draws it over a line that is at so many VRPs while it stands.
    pub(super) fn draw(&self, svg: &mut String, scale: &Scale, below: u64, colour: &str) {
        let left = scale.x(self.since).clamp(LEFT, RIGHT - NARROWEST);
        let right = self.until.map_or(RIGHT, |until| scale.x(until));
        let right = right.clamp(left + NARROWEST, RIGHT);
        let (top, bottom) = (scale.y(below.saturating_add(self.vrps)), scale.y(below));
        let (width, height) = (right - left, (bottom - top).max(2.0));
        let _ = write!(
            svg,
            r##"<rect x="{left:.1}" y="{top:.1}" width="{width:.1}" height="{height:.1}" fill="url(#held)"/><path d="M{left:.1} {top:.1}H{right:.1}" stroke="{colour}" stroke-width="1.6" stroke-dasharray="1 3"/>"##
        );
    }
}

/// The hatching, and its words in the legend.
pub(super) fn legend(svg: &mut String) {
    let from = LEFT + 8.0;
    let _ = write!(
        svg,
        r##"<defs><pattern id="held" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="7" height="7" fill="#b00020" fill-opacity="0.08"/><path d="M0 0V7" stroke="#b00020" stroke-width="1.6" stroke-opacity="0.5"/></pattern></defs><rect x="{}" y="65" width="16" height="12" fill="url(#held)"/><text x="{}" y="76" font-size="14">사라졌으나 라우터에는 붙들어 둠 · lost, and held back from being withdrawn</text>"##,
        from - 8.0,
        from + 14.0
    );
}
