#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is a failed test"
)]

use std::collections::HashSet;

use super::*;
use crate::predict::{Wall, Walls};

mod fixture;
mod markup;

use fixture::{HOSTILE, owner, released};
use markup::{Tag, tags, text_of};

const LANGUAGES: [Language; 2] = [Language::Ko, Language::En];

/// Both reports in both languages.
fn pages() -> Vec<(Language, String)> {
    let (owner, released) = (owner("Gangnam"), released("Gangnam"));
    let both = |language| {
        [
            (language, owner_html(&owner, language)),
            (language, released_html(&released, language)),
        ]
    };
    LANGUAGES.into_iter().flat_map(both).collect()
}

#[test]
fn every_page_is_well_formed_and_says_its_language() {
    for (language, page) in pages() {
        let tags = tags(&page).unwrap_or_else(|problem| panic!("{problem}"));
        assert_eq!(tags[0].name, "html");
        assert_eq!(tags[0].attribute("lang"), Some(language.tag()));
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    assert_eq!(pages(), pages());
}

#[test]
fn nothing_runs_and_nothing_is_loaded() {
    for (_, page) in pages() {
        let style = page
            .split("<style>")
            .nth(1)
            .and_then(|rest| rest.split("</style>").next());
        let style = style.expect("the page carries its style");
        for loading in ["url(", "@import", "http"] {
            assert!(!style.contains(loading), "the style loads by {loading}");
        }
        for tag in tags(&page).unwrap() {
            assert!(
                ![
                    "script", "link", "img", "iframe", "object", "base", "form", "image", "use"
                ]
                .contains(&tag.name.as_str()),
                "<{}>",
                tag.name
            );
            for (name, value) in &tag.attributes {
                assert!(
                    !name.starts_with("on") && name != "src" && name != "style",
                    "{name}={value}"
                );
                assert!(name != "href" || value.starts_with('#'), "href={value}");
            }
        }
        assert!(page.contains("default-src 'none'"));
    }
}

#[test]
fn a_hostile_name_stays_text_everywhere() {
    for language in LANGUAGES {
        let (owner, released) = (owner(HOSTILE), released(HOSTILE));
        for page in [
            owner_html(&owner, language),
            released_html(&released, language),
        ] {
            assert!(!page.to_lowercase().contains("<script"));
            assert!(!page.contains("<b>"));
            let tags = tags(&page).unwrap_or_else(|problem| panic!("{problem}"));
            assert!(tags.iter().all(|tag| tag.attribute("onload").is_none()));
            assert!(
                text_of(&page).contains(HOSTILE),
                "the name itself is still shown"
            );
        }
    }
}

#[test]
fn every_figure_has_a_title_and_a_description_or_is_decoration() {
    for (_, page) in pages() {
        let tags = tags(&page).unwrap();
        let mut figures = 0;
        for (index, tag) in tags.iter().enumerate().filter(|(_, tag)| tag.name == "svg") {
            if tag.attribute("aria-hidden") == Some("true") {
                continue;
            }
            figures += 1;
            assert_eq!(tag.attribute("role"), Some("img"));
            let (title, description) = (&tags[index + 1], &tags[index + 2]);
            assert_eq!(
                (title.name.as_str(), description.name.as_str()),
                ("title", "desc")
            );
            let ids = format!(
                "{} {}",
                title.attribute("id").unwrap(),
                description.attribute("id").unwrap()
            );
            assert_eq!(tag.attribute("aria-labelledby"), Some(ids.as_str()));
            assert!(
                !title.text.is_empty() && description.text.len() > 10,
                "{}",
                title.text
            );
        }
        assert!(figures > 0 || page.contains("공개용") || page.contains("(released)"));
    }
}

#[test]
fn identifiers_are_unique_and_every_reference_leads_somewhere() {
    for (_, page) in pages() {
        let tags = tags(&page).unwrap();
        let ids: Vec<&str> = tags.iter().filter_map(|tag| tag.attribute("id")).collect();
        let known: HashSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), known.len());
        for tag in &tags {
            let anchor = tag
                .attribute("href")
                .and_then(|href| href.strip_prefix('#'));
            let labels = tag.attribute("aria-labelledby").unwrap_or_default();
            for id in anchor.into_iter().chain(labels.split_whitespace()) {
                assert!(known.contains(id), "#{id}");
            }
        }
    }
}

#[test]
fn headings_never_skip_a_level_and_header_cells_have_a_scope() {
    for (_, page) in pages() {
        let tags = tags(&page).unwrap();
        let mut level = 0;
        for tag in &tags {
            if let Some(next) = heading_level(tag) {
                assert!(next <= level + 1, "h{next} after h{level}");
                level = next;
            }
            assert!(
                tag.name != "th" || tag.attribute("scope").is_some(),
                "{}",
                tag.text
            );
        }
        assert_eq!(tags.iter().filter(|tag| tag.name == "h1").count(), 1);
    }
}

fn heading_level(tag: &Tag) -> Option<u32> {
    tag.name.strip_prefix('h')?.parse().ok()
}

#[test]
fn the_answer_stands_before_the_first_section_with_shape_and_word() {
    let page = owner_html(&owner("Gangnam"), Language::En);
    let head = page.split("<main>").next().unwrap();
    for (word, names) in [("Adopt", "Trees"), ("Refuse", "Gangnam")] {
        let place = head.find(&format!("</svg> {word}")).expect(word);
        assert!(head[place..].contains(names), "{names}");
    }
}

#[test]
fn the_owners_page_shows_each_number_of_a_criterion() {
    let text = text_of(&owner_html(&owner("Gangnam"), Language::En));
    for number in [
        "0.645",
        "[0.633, 0.657]",
        "0.632",
        "≥ 0.70",
        "\u{2212}0.130",
        "0.712",
    ] {
        assert!(text.contains(number), "{number}");
    }
}

#[test]
fn the_owners_page_names_walls_that_were_missing_before_those_that_stood() {
    let mut report = owner("Gangnam");
    let page = |report: &OwnerReport| text_of(&owner_html(report, Language::En));
    assert!(!page(&report).contains("shut in by itself"));
    let of = |standing: &[Wall], missing: &[Wall]| Walls {
        standing: standing.to_vec(),
        missing: missing.to_vec(),
    };
    report.walls = Some(of(&[Wall::Landlock, Wall::Seccomp], &[]));
    assert!(page(&report).contains("every wall stood: Landlock, seccomp."));
    report.walls = Some(of(&[Wall::Seccomp], &[Wall::Namespaces, Wall::Landlock]));
    let text = page(&report);
    let missing = text.find("missing on this machine: namespaces, Landlock.");
    let standing = text.find("stood around the models: seccomp.");
    assert!(missing.is_some() && missing < standing, "{text}");
}

#[test]
fn the_released_page_shows_only_what_its_report_holds() {
    let text = text_of(&released_html(&released("Gangnam"), Language::En));
    assert!(text.contains("About 100,000 rows"));
    for owners in ["99,762", "[0.633", "Confusion", "repeated", "0.645"] {
        assert!(!text.contains(owners), "{owners}");
    }
}

#[test]
fn groups_so_small_that_intervals_hold_less_often_than_stated_are_said_to_be() {
    let mut report = owner("Gangnam");
    let page = |report: &OwnerReport| text_of(&owner_html(report, Language::En));
    let caution = "may hold the truth less often than stated";
    assert!(!page(&report).contains(caution));
    report.need.statistics.minimum_group = 49;
    assert!(page(&report).contains(caution));
    report.need.statistics.minimum_group = 50;
    assert!(!page(&report).contains(caution));
}
