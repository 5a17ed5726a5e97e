//! Exposure by zone: what is not fixed on the assets of each.

use std::collections::BTreeMap;

use jiff::civil::Date;
use maud::{Markup, html};
use modu_kernel::Language;

use super::bars::{self, Part};
use super::timeline::{self, Band};
use crate::ledger::{Item, State};

/// Zones that have a bar of their own.
const ZONES: usize = 12;

pub(super) fn figure(
    state: &State,
    zones: &BTreeMap<String, String>,
    day: Date,
    language: Language,
) -> Markup {
    let unknown = language.pick("구역 모름", "zone not known");
    let mut by_zone: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
    for item in state.items.values() {
        let zone = zones.get(&item.asset).filter(|zone| !zone.is_empty());
        by_zone
            .entry(zone.map_or(unknown, String::as_str))
            .or_default()
            .push(item);
    }
    let mut bars: Vec<(String, [u64; 4])> = (by_zone.into_iter())
        .map(|(zone, items)| (zone.to_owned(), timeline::count(items.into_iter(), day)))
        .filter(|(_, counts)| counts.iter().sum::<u64>() > 0)
        .collect();
    // What is most pressing comes first.
    bars.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    if bars.is_empty() {
        let nothing = language.pick("열린 항목이 없습니다.", "Nothing is open.");
        return html! { p class="note" { (nothing) } };
    }
    if bars.len() > ZONES + 1 {
        let rest = bars.split_off(ZONES);
        let sum = rest.iter().fold([0; 4], |sum: [u64; 4], (_, counts)| {
            std::array::from_fn(|place| sum[place] + counts[place])
        });
        let others = match language {
            Language::Ko => format!("다른 구역 {}곳", rest.len()),
            Language::En => format!("{} other zones", rest.len()),
        };
        bars.push((others, sum));
    }
    let parts = |counts: [u64; 4]| -> Vec<Part> {
        Band::ALL
            .iter()
            .map(|band| band.class())
            .zip(counts)
            .collect()
    };
    let bars: Vec<(String, Vec<Part>)> = bars
        .into_iter()
        .map(|(zone, counts)| (zone, parts(counts)))
        .collect();
    let description = match language {
        Language::Ko => "구역마다 조치되지 않은 항목의 수, 급한 정도에 따라",
        Language::En => "Items that are not fixed in each zone, by how pressing they are",
    };
    let (height, drawn) = bars::rows(&bars);
    bars::figure("zones", description, height, &drawn)
}
