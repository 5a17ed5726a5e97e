//! The smallest set of (prefix, maxLength) that authorises exactly some
//! prefixes.

use std::collections::HashMap;

use rpki::resources::addr::Prefix;

use crate::vrp::{bits_of, order_of, prefix_of};

/// The fewest pairs of prefix and maxLength that together authorise each of
/// the prefixes and no other.
///
/// A pair authorises a whole subtree down to its maxLength, so it may be used
/// only where all of that is announced. Taking, at each prefix that no wider
/// pair reaches, the deepest maxLength that holds, is optimal: such a prefix
/// can only be reached by a pair rooted at itself. Cost: a sort, and a look-up
/// of two children for each prefix.
#[must_use]
pub fn smallest(announced: &[Prefix]) -> Vec<(Prefix, u8)> {
    let mut prefixes = announced.to_vec();
    prefixes.sort_unstable_by_key(|prefix| order_of(*prefix));
    prefixes.dedup();
    let depths = depths(&prefixes);
    let mut chosen: Vec<(Prefix, u8)> = Vec::new();
    // The chosen pairs that cover the current place, the widest first.
    let mut open: Vec<(Prefix, u8)> = Vec::new();
    for prefix in prefixes {
        while open.last().is_some_and(|(wider, _)| !wider.covers(prefix)) {
            open.pop();
        }
        if open
            .iter()
            .any(|(_, max_length)| prefix.len() <= *max_length)
        {
            continue;
        }
        let depth = depths.get(&prefix).copied().unwrap_or(0);
        let pair = (prefix, prefix.len() + depth);
        chosen.push(pair);
        open.push(pair);
    }
    chosen
}

/// How many levels below each prefix are announced whole.
fn depths(prefixes: &[Prefix]) -> HashMap<Prefix, u8> {
    let mut depths: HashMap<Prefix, u8> = HashMap::with_capacity(prefixes.len());
    // More-specifics come after what covers them: backwards, children first.
    for prefix in prefixes.iter().rev() {
        let depth = children(*prefix).and_then(|[left, right]| {
            let (left, right) = (depths.get(&left)?, depths.get(&right)?);
            Some(1 + *left.min(right))
        });
        depths.insert(*prefix, depth.unwrap_or(0));
    }
    depths
}

/// The two halves of a prefix; none of a single address.
fn children(prefix: Prefix) -> Option<[Prefix; 2]> {
    let length = prefix.len() + 1;
    let half = 1_u128.checked_shl(128 - u32::from(length))?;
    let bits = bits_of(prefix);
    Some([
        prefix_of(prefix.is_v4(), bits, length)?,
        prefix_of(prefix.is_v4(), bits | half, length)?,
    ])
}
