//! The pictures of a report, shown on our own pages.
//!
//! Reports of engines are documents of their own, with their styles inside and
//! their pictures drawn in place (SVG). A page of ours allows no style in place
//! and takes nothing into itself that it did not write; so each picture is a
//! file with an address of its own, with the report's styles put into it, and
//! the page shows it as a browser shows any picture: nothing in it can run, be
//! followed, or reach the page. What a picture is called and what it shows
//! are read from it, and told to whoever does not see it.

use maud::{Markup, html};

/// Pictures of one report that are shown.
const MAX_PICTURES: usize = 60;
/// Lines of a legend.
const MAX_LEGEND: usize = 20;
/// The fonts of the page, which a picture of its own does not inherit.
const FONTS: &str = "svg{font-family:\"Pretendard GOV\",Pretendard,\"Noto Sans KR\",\"Noto Sans CJK KR\",system-ui,sans-serif}";

/// One picture of a report.
#[derive(Debug, PartialEq, Eq)]
struct Picture {
    /// Its place among all drawings of the report.
    place: usize,
    title: String,
    /// What is to be seen in it.
    description: String,
}

/// What is drawn in a report.
#[derive(Debug)]
pub(super) struct Drawn<'r> {
    style: &'r str,
    /// All drawings, signs and keys too.
    drawings: Vec<&'r str>,
    pictures: Vec<Picture>,
    /// What the signs of the pictures stand for: a drawing's place, a name.
    legend: Vec<(usize, String)>,
}

impl<'r> Drawn<'r> {
    /// Reads a report as our engines write it.
    pub(super) fn read(report: &'r str) -> Self {
        let style = between(report, "<style>", "</style>").unwrap_or_default();
        let mut drawn = Self {
            style,
            drawings: Vec::new(),
            pictures: Vec::new(),
            legend: Vec::new(),
        };
        let legend = between(report, "<ul class=\"legend\">", "</ul>").unwrap_or_default();
        let legend = span(report, legend);
        let mut rest = report;
        while let Some(from) = rest.find("<svg") {
            let Some(end) = rest[from..].find("</svg>") else {
                break;
            };
            let until = from + end + "</svg>".len();
            let svg = &rest[from..until];
            rest = &rest[until..];
            let place = drawn.drawings.len();
            drawn.drawings.push(svg);
            if legend.contains(&span(report, svg).start) && drawn.legend.len() < MAX_LEGEND {
                let name = rest.split("</li>").next().unwrap_or_default();
                drawn.legend.push((place, plain(name)));
            }
            if let Some(picture) = picture(place, svg)
                && drawn.pictures.len() < MAX_PICTURES
            {
                drawn.pictures.push(picture);
            }
        }
        drawn
    }

    /// How many there are to be looked at.
    pub(super) fn count(&self) -> usize {
        self.pictures.len()
    }

    /// A drawing as a file of its own.
    pub(super) fn file(&self, place: usize) -> Option<String> {
        let svg = self.drawings.get(place)?;
        let (head, body) = svg.split_once('>')?;
        let style = self.style.replace("]]>", "");
        Some(format!(
            "{head} xmlns=\"http://www.w3.org/2000/svg\"><style><![CDATA[{FONTS}{style}]]></style>{body}"
        ))
    }

    /// All pictures; `at` is where the files lie.
    pub(super) fn show(&self, at: &str) -> Markup {
        html! {
            @if !self.legend.is_empty() { ul .legend { @for (place, name) in &self.legend {
                li { img .key src=(format!("{at}/{place}")) alt=""; " " (name) }
            } } }
            div .drawings { @for picture in &self.pictures { figure {
                figcaption { (picture.title) }
                img .drawn src=(format!("{at}/{}", picture.place)) loading="lazy"
                    alt=(match picture.description.as_str() { "" => &picture.title, told => told });
            } } }
        }
    }
}

/// A drawing that says what it is; others are signs beside words.
fn picture(place: usize, svg: &str) -> Option<Picture> {
    let head = svg.split('>').next()?;
    if !head.contains("role=\"img\"") {
        return None;
    }
    let title = within(svg, "title").or_else(|| {
        let label = between(head, "aria-label=\"", "\"")?;
        Some(plain(label))
    })?;
    Some(Picture {
        place,
        title,
        description: within(svg, "desc").unwrap_or_default(),
    })
}

/// The text of an element, whatever its attributes.
fn within(svg: &str, element: &str) -> Option<String> {
    let opened = &svg[svg.find(&format!("<{element}"))?..];
    let (_, text) = opened.split_once('>')?;
    let (text, _) = text.split_once(&format!("</{element}>"))?;
    Some(plain(text))
}

fn between<'t>(text: &'t str, from: &str, to: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(from)?;
    rest.split_once(to).map(|(found, _)| found)
}

/// Where a part of a text lies in it.
fn span(whole: &str, part: &str) -> std::ops::Range<usize> {
    let from = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
    match part.is_empty() {
        true => 0..0,
        false => from..from + part.len(),
    }
}

/// A text without its elements and with its characters as they are read.
fn plain(markup: &str) -> String {
    let mut text = String::new();
    let mut in_element = false;
    for letter in markup.chars() {
        match letter {
            '<' => in_element = true,
            '>' if in_element => in_element = false,
            letter if !in_element => text.push(letter),
            _ => {}
        }
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    let text = text.replace("&quot;", "\"").replace("&amp;", "&");
    text.trim().to_owned()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const REPORT: &str = "<html><head><style>.a > b{fill:red}</style></head><body>\
        <svg class=\"icon\" aria-hidden=\"true\"><path d=\"M0 0\"></path></svg>\
        <ul class=\"legend\"><li><svg class=\"key\" viewBox=\"0 0 30 12\"><path></path></svg> &lt;하나&gt; &amp; 둘</li></ul>\
        <figure><svg class=\"figure\" viewBox=\"0 0 4 4\" role=\"img\"><title id=\"t\">곡선</title>\
        <desc id=\"d\">0.9 &quot;좋다&quot;</desc><path d=\"M0 0\"></path></svg></figure>\
        <svg role=\"img\" aria-label=\"이름\"></svg></body></html>";

    #[test]
    fn pictures_are_known_by_what_they_say_of_themselves() {
        let drawn = Drawn::read(REPORT);
        let told: Vec<_> = drawn
            .pictures
            .iter()
            .map(|it| (it.place, it.title.as_str(), it.description.as_str()))
            .collect();
        assert_eq!(told, [(2, "곡선", "0.9 \"좋다\""), (3, "이름", "")]);
        assert_eq!(drawn.legend, [(1, "<하나> & 둘".to_owned())]);
        let page = drawn
            .show("/evidence/7/released/owner.ko.html")
            .into_string();
        assert!(
            page.contains("src=\"/evidence/7/released/owner.ko.html/2\""),
            "{page}"
        );
        assert!(page.contains("&lt;하나&gt; &amp; 둘"), "{page}");
        assert!(!page.contains("<svg") && !page.contains("style"), "{page}");
    }

    #[test]
    fn a_drawing_is_a_file_of_its_own_with_the_reports_styles() {
        let drawn = Drawn::read(REPORT);
        let file = drawn.file(2).unwrap();
        assert!(
            file.starts_with("<svg class=\"figure\" viewBox=\"0 0 4 4\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\"><style>"),
            "{file}"
        );
        assert!(file.contains(".a > b{fill:red}]]></style><title") && file.ends_with("</svg>"));
        assert_eq!(drawn.file(4), None);
    }

    #[test]
    fn a_text_that_is_no_report_has_no_pictures() {
        for text in [
            "",
            "<svg",
            "<svg role=\"img\"",
            "</svg><svg>",
            "<svg role=\"img\"></svg>",
            "<style>",
        ] {
            let drawn = Drawn::read(text);
            assert_eq!((drawn.count(), drawn.legend.len()), (0, 0), "{text}");
        }
    }
}
