//! What is held back from being withdrawn, in the picture.
//!
//! Above a trust anchor's line stands a hatched field from the begin of the
//! hold to now, as high as the VRPs that routers keep although the runs lost
//! them.

use std::fmt::Write as _;

use super::{LEFT, RIGHT, Scale};

/// A hold that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBack {
    /// The trust anchor.
    pub anchor: String,
    /// Since when, in seconds since 1970 (UTC).
    pub since: i64,
    /// VRPs that routers keep.
    pub vrps: u64,
}

/// A hold that began after the last run is still this wide.
const NARROWEST: f64 = 14.0;

impl HeldBack {
    /// Draws it over a line that ends at so many VRPs.
    pub(super) fn draw(&self, svg: &mut String, scale: &Scale, last: u64, colour: &str) {
        let left = scale.x(self.since).clamp(LEFT, RIGHT - NARROWEST);
        let (top, bottom) = (scale.y(last.saturating_add(self.vrps)), scale.y(last));
        let (width, height) = (RIGHT - left, (bottom - top).max(2.0));
        let _ = write!(
            svg,
            r##"<rect x="{left:.1}" y="{top:.1}" width="{width:.1}" height="{height:.1}" fill="url(#held)"/><path d="M{left:.1} {top:.1}H{RIGHT}" stroke="{colour}" stroke-width="1.6" stroke-dasharray="1 3"/>"##
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
