//! The frame that both reports share: head, contents, sections, tables.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use modu_kernel::Language;

/// Nothing may be loaded from anywhere, and no script may run, even if a name
/// in the data tried to.
const SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const STYLE: &str = include_str!("style.css");

/// A section of a page.
pub(super) struct Section {
    /// Its anchor, unique in the page.
    pub(super) id: &'static str,
    /// Its heading.
    pub(super) title: &'static str,
    /// What stands under the heading.
    pub(super) body: Markup,
}

/// The words around a page's sections.
pub(super) struct Head<'a> {
    /// What kind of report this is.
    pub(super) kind: &'static str,
    /// The question, the page's heading.
    pub(super) question: &'a str,
    /// What stands right under the heading.
    pub(super) lead: Markup,
    /// Last line of the page.
    pub(super) footer: &'static str,
}

/// A whole document.
pub(super) fn document(language: Language, head: &Head<'_>, sections: &[Section]) -> String {
    html! {
        (DOCTYPE)
        html lang=(language) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(SECURITY_POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (head.question) " · " (head.kind) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    p class="kind" { (language.pick("모두", "Modu")) " · " (head.kind) }
                    h1 { (head.question) }
                    (head.lead)
                }
                nav aria-label=(language.pick("차례", "Contents")) {
                    ol { @for section in sections {
                        li { a href=(format_args!("#{}", section.id)) { (section.title) } }
                    } }
                }
                main { @for section in sections {
                    section id=(section.id) aria-labelledby=(format_args!("{}-title", section.id)) {
                        h2 id=(format_args!("{}-title", section.id)) { (section.title) }
                        (section.body)
                    }
                } }
                footer { p { (head.footer) } }
            }
        }
    }
    .into_string()
}

/// A table that scrolls sideways within itself where the page is narrow.
pub(super) fn table(caption: &str, content: &Markup) -> Markup {
    html! {
        div class="scroll" role="region" tabindex="0" aria-label=(caption) {
            table { caption { (caption) } (content) }
        }
    }
}

/// A table whose caption would only repeat the heading above it: kept for
/// those who hear the page.
pub(super) fn table_under_heading(caption: &str, content: &Markup) -> Markup {
    html! {
        div class="scroll" role="region" tabindex="0" aria-label=(caption) {
            table { caption class="heard" { (caption) } (content) }
        }
    }
}

/// A table behind a line that opens it: the numbers of a figure.
pub(super) fn folded_table(summary: &str, caption: &str, content: &Markup) -> Markup {
    html! { details { summary { (summary) } (table_under_heading(caption, content)) } }
}

/// A list of terms and what they are.
pub(super) fn terms(entries: &[(&str, Markup)]) -> Markup {
    html! {
        dl { @for (term, value) in entries { div { dt { (term) } dd { (value) } } } }
    }
}
