//! The footer's bytes, held against limits before the Parquet crate sees them.

use crate::VetError;
use crate::shapes::{FILE, SCHEMA_ELEMENT};
use crate::thrift::{Event, LONGEST_LIST, walk};

/// Bytes of the footer: some 100,000 column chunks.
const LONGEST: u64 = 16 << 20;
/// Columns within columns. A column that is read has no columns within.
const DEEPEST: usize = 32;
/// The footer's length and the magic number behind it.
const TAIL_BYTES: usize = 8;

/// Refuses a footer that is longer, deeper or otherwise built than one of a
/// table within the limits.
///
/// # Errors
/// A footer that is cut off, over 16 MiB, of another structure than the
/// format's, or whose columns are no tree at most 32 deep.
pub fn check_footer(file: &[u8]) -> Result<(), VetError> {
    let footer = footer_of(file)?;
    let mut children = Vec::new();
    let mut count = 0;
    let mut note = |event| match event {
        Event::Number {
            within,
            field: "num_children",
            value,
        } if within == SCHEMA_ELEMENT.name => count = value,
        Event::End(name) if name == SCHEMA_ELEMENT.name => {
            children.push(count);
            count = 0;
        }
        _ => {}
    };
    walk(footer, &FILE, &mut note).map_err(|problem| VetError::unsound("the footer", problem))?;
    if is_tree(&children) {
        Ok(())
    } else {
        Err(VetError::broken("the footer's list of columns"))
    }
}

fn footer_of(file: &[u8]) -> Result<&[u8], VetError> {
    let damaged = || VetError::broken("the footer");
    let (body, tail) = file.split_last_chunk::<TAIL_BYTES>().ok_or_else(damaged)?;
    let [a, b, c, d, magic @ ..] = *tail;
    if &magic != b"PAR1" {
        return Err(damaged());
    }
    let length = u32::from_le_bytes([a, b, c, d]);
    if u64::from(length) > LONGEST {
        return Err(VetError::Limit {
            what: "the size of the footer in bytes".to_owned(),
            found: u64::from(length),
            limit: LONGEST,
            remedy: "write larger row groups, or fewer columns",
        });
    }
    let start = body.len().checked_sub(length as usize);
    start
        .and_then(|start| body.get(start..))
        .ok_or_else(damaged)
}

/// Whether columns listed from the root downwards, each with the number of its
/// children, are one tree that is not too deep.
fn is_tree(children: &[i64]) -> bool {
    let mut open: Vec<i64> = vec![1];
    for count in children {
        let Some(last) = open.last_mut() else {
            return false;
        };
        *last -= 1;
        if *count < 0 || *count > LONGEST_LIST as i64 || open.len() > DEEPEST {
            return false;
        }
        open.push(*count);
        while open.last() == Some(&0) {
            open.pop();
        }
    }
    open.is_empty()
}
