//! What is around every page.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use modu_kernel::Language;

const STYLE: &str = include_str!("style.css");

/// A whole page. The title names what the page is about, never whom: titles
/// end up in histories of browsers and in print queues. The policy keeps the
/// page from fetching or running anything, and `no-referrer` from telling a
/// site that is linked where the reader came from.
pub(crate) fn page(language: Language, title: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="robots" content="noindex";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    }
    .into_string()
}
