//! Who is ahead, and who cannot be told apart: a table for each metric that
//! criteria name, with a column for each letter.

use maud::{Markup, html};
use modu_kernel::{Label, Language};

use super::number::{self, count, digits};
use super::page;
use crate::need::Metric;
use crate::report::{Measurement, PairTestKind, ReleasedStanding, Standing};

/// More letters than this stand in one column.
const COLUMNS: usize = 8;

/// What both reports show of a standing.
struct Shown<'a> {
    name: &'a Label,
    test: PairTestKind,
    sentence: &'a Label,
    /// Name, and value where it is told.
    places: Vec<(&'a Label, Option<String>)>,
    groups: &'a [Vec<u32>],
    letters: &'a [String],
    pairs: u64,
}

/// The owner's standings, with values.
pub(super) fn section(standings: &[Standing], language: Language) -> Markup {
    let shown = standings.iter().map(|standing| Shown {
        name: &standing.name,
        test: standing.test,
        sentence: &standing.sentence,
        places: standing
            .places
            .iter()
            .map(|place| {
                (
                    &place.name,
                    Some(value(&place.measurement, standing.metric)),
                )
            })
            .collect(),
        groups: &standing.groups,
        letters: &standing.letters,
        pairs: standing.pairs,
    });
    all(shown, language)
}

/// The released ones, the order and the letters alone.
pub(super) fn released(standings: &[ReleasedStanding], language: Language) -> Markup {
    let shown = standings.iter().map(|standing| Shown {
        name: &standing.name,
        test: standing.test,
        sentence: &standing.sentence,
        places: standing
            .places
            .iter()
            .map(|place| (&place.name, None))
            .collect(),
        groups: &standing.groups,
        letters: &standing.letters,
        pairs: pairs(standing.places.len() as u64),
    });
    all(shown, language)
}

const fn pairs(places: u64) -> u64 {
    places * places.saturating_sub(1) / 2
}

fn all<'a>(standings: impl Iterator<Item = Shown<'a>>, language: Language) -> Markup {
    html! {
        p class="note" { (language.pick(
            "순서가 있다고 차이가 있는 것은 아닙니다. 같은 글자를 나눈 것들은 이 자료로 서로 가릴 수 없습니다. 같다는 증명은 아닙니다. 결정은 기준이 합니다.",
            "An order is not yet a difference. Those that share a letter cannot be told apart by these data; that is no proof that they are alike. The criteria decide, not the order.",
        )) }
        @for standing in standings {
            h3 { (standing.name.get(language)) }
            p { (standing.sentence.get(language)) }
            (table(&standing, language))
        }
    }
}

fn table(standing: &Shown<'_>, language: Language) -> Markup {
    let caption = match language {
        Language::Ko => format!(
            "{}의 순서. {}, 짝 {}개를 홀름 절차로 함께 보았습니다.",
            standing.name.get(language),
            test_name(standing.test, language),
            count(standing.pairs)
        ),
        Language::En => format!(
            "{} in order. {}, {} pairs read together by Holm's procedure.",
            standing.name.get(language),
            test_name(standing.test, language),
            count(standing.pairs)
        ),
    };
    let valued = standing.places.iter().any(|(_, value)| value.is_some());
    page::table(
        &caption,
        &html! {
            thead { tr {
                th scope="col" { (language.pick("솔루션", "Solution")) }
                @if valued { th scope="col" class="number" { (language.pick("값", "Value")) } }
                th scope="col" colspan=(columns(standing)) { (language.pick("같은 글자끼리는 가릴 수 없음", "Not told apart within a letter")) }
            } }
            tbody { @for (place, (name, value)) in (0_u32..).zip(&standing.places) { tr {
                th scope="row" { (name.get(language)) }
                @if let Some(value) = value { td class="number" { (value) } }
                (letters(standing, place))
            } } }
        },
    )
}

fn columns(standing: &Shown<'_>) -> usize {
    match standing.groups.len() {
        many if many > COLUMNS => 1,
        few => few.max(1),
    }
}

fn letters(standing: &Shown<'_>, place: u32) -> Markup {
    let named = || standing.groups.iter().zip(standing.letters);
    html! {
        @if standing.groups.len() > COLUMNS {
            @let own: Vec<&str> = named()
                .filter(|(group, _)| group.contains(&place))
                .map(|(_, letter)| letter.as_str())
                .collect();
            td { (own.join(" ")) }
        } @else {
            @for (group, letter) in named() {
                @if group.contains(&place) { td class="letter in" { (letter) } } @else { td class="letter" {} }
            }
        }
    }
}

const fn test_name(test: PairTestKind, language: Language) -> &'static str {
    match (test, language) {
        (PairTestKind::Delong, Language::Ko) => "같은 행에서 들롱 검정",
        (PairTestKind::Delong, Language::En) => "DeLong's test on the same rows",
        (PairTestKind::Mcnemar, Language::Ko) => "같은 행에서 맥니마 검정",
        (PairTestKind::Mcnemar, Language::En) => "McNemar's test on the same rows",
        (PairTestKind::Bootstrap, Language::Ko) => "짝지은 부트스트랩 검정",
        (PairTestKind::Bootstrap, Language::En) => "Paired bootstrap test",
    }
}

fn value(measurement: &Measurement, metric: Metric) -> String {
    measurement.value().map_or_else(
        || number::ABSENT.to_owned(),
        |value| number::decimal(value.get(), digits(metric)),
    )
}
