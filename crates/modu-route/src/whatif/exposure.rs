//! What a VRP authorises beyond what is announced (RFC 9319, section 5).

use std::collections::{BTreeMap, BTreeSet};

use rpki::resources::addr::Prefix;

use super::Exposure;
use crate::announcement::RouteTable;
use crate::limits;
use crate::vrp::{Vrp, bits_of, prefix_of};

/// The exposures of some VRPs, at most [`limits::LISTED`], the widest first.
pub(super) fn of(vrps: &BTreeSet<Vrp>, routes: &RouteTable) -> Vec<Exposure> {
    let mut found: Vec<(u128, Exposure)> = vrps
        .iter()
        .filter_map(|vrp| exposure(vrp, routes))
        .collect();
    found.sort_by_key(|(open, _)| std::cmp::Reverse(*open));
    found.truncate(limits::LISTED);
    found.into_iter().map(|(_, exposure)| exposure).collect()
}

fn exposure(vrp: &Vrp, routes: &RouteTable) -> Option<(u128, Exposure)> {
    // AS 0 authorises nobody.
    if vrp.origin.into_u32() == 0 {
        return None;
    }
    let announced: BTreeSet<(u8, u128)> = routes
        .within(vrp.prefix)
        .iter()
        .filter(|it| it.origin == Some(vrp.origin) && it.prefix.len() <= vrp.max_length)
        .map(|it| (it.prefix.len(), bits_of(it.prefix)))
        .collect();
    let mut by_length: BTreeMap<u8, u128> = BTreeMap::new();
    for (length, _) in &announced {
        *by_length.entry(*length).or_default() += 1;
    }
    let mut open = 0_u128;
    let mut example = None;
    for length in vrp.prefix.len()..=vrp.max_length {
        let authorised = 1_u128
            .checked_shl(u32::from(length - vrp.prefix.len()))
            .unwrap_or(u128::MAX);
        let here = authorised - by_length.get(&length).copied().unwrap_or(0);
        open = open.saturating_add(here);
        if here > 0 && example.is_none() {
            example = first_open(vrp.prefix, length, &announced);
        }
    }
    let exposure = Exposure {
        vrp: vrp.to_string(),
        announced: announced.len() as u64,
        open: open.to_string(),
        example: example?.to_string(),
    };
    Some((open, exposure))
}

/// The first prefix of a length inside a prefix that is not announced; it is
/// among the first of them, one more than are announced.
fn first_open(within: Prefix, length: u8, announced: &BTreeSet<(u8, u128)>) -> Option<Prefix> {
    let step = 1_u128.checked_shl(128 - u32::from(length)).unwrap_or(0);
    let first = bits_of(within);
    (0..=announced.len() as u128)
        .map(|index| first.wrapping_add(step.wrapping_mul(index)))
        .find(|bits| !announced.contains(&(length, *bits)))
        .and_then(|bits| prefix_of(within.is_v4(), bits, length))
}
