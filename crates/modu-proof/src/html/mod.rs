//! The two reports as self-contained pages: SVG, no script, Korean or English.

use modu_kernel::Language;

use crate::report::{OwnerReport, ReleasedReport};

/// The owner's report as one HTML document.
#[must_use]
pub fn owner_html(report: &OwnerReport, language: Language) -> String {
    maud::html! {
        (maud::DOCTYPE)
        html lang=(language) { body { h1 { (report.need.question.get(language)) } } }
    }
    .into_string()
}

/// The released report as one HTML document.
#[must_use]
pub fn released_html(report: &ReleasedReport, language: Language) -> String {
    maud::html! {
        (maud::DOCTYPE)
        html lang=(language) { body { h1 { (report.need.question.get(language)) } } }
    }
    .into_string()
}
