//! The smallest set of (prefix, maxLength) that authorises exactly some
//! prefixes.

use std::collections::HashMap;

use rpki::resources::addr::Prefix;

use crate::vrp::{bits_of, order_of, prefix_of};

/// The fewest pairs of prefix and maxLength that together authorise each of
/// the prefixes and no other, ascending by prefix.
///
/// A pair authorises a whole subtree down to its maxLength, so it may be used
/// only where all of that is announced. The longest prefix that is not reached
/// yet is reached only by pairs at itself or above. Of those the widest
/// reaches, of all that is left, whatever another of them reaches: what is left
/// is no longer than this prefix. So taking the widest each time is optimal.
/// Cost: a sort, and for each prefix a look-up of what is above it.
#[must_use]
pub fn smallest(announced: &[Prefix]) -> Vec<(Prefix, u8)> {
    let mut prefixes = announced.to_vec();
    prefixes.sort_unstable_by_key(|prefix| order_of(*prefix));
    prefixes.dedup();
    let depths = depths(&prefixes);
    prefixes.sort_by_key(|prefix| std::cmp::Reverse(prefix.len()));
    let mut chosen: HashMap<Prefix, u8> = HashMap::new();
    for prefix in prefixes {
        let reached = |above: &Prefix| {
            let max_length = chosen.get(above);
            max_length.is_some_and(|max_length| prefix.len() <= *max_length)
        };
        if at_and_above(prefix).any(|above| reached(&above)) {
            continue;
        }
        let pairs = at_and_above(prefix).filter_map(|above| {
            let max_length = above.len() + depths.get(&above)?;
            (prefix.len() <= max_length).then_some((above, max_length))
        });
        // From the prefix upwards, so the last is the widest.
        chosen.extend(pairs.last());
    }
    let mut chosen: Vec<_> = chosen.into_iter().collect();
    chosen.sort_unstable_by_key(|(prefix, _)| order_of(*prefix));
    chosen
}

/// A prefix and all that cover it, the longest first.
fn at_and_above(prefix: Prefix) -> impl Iterator<Item = Prefix> {
    let bits = bits_of(prefix);
    (0..=prefix.len()).rev().filter_map(move |length| {
        let kept = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
        prefix_of(prefix.is_v4(), bits & kept, length)
    })
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
