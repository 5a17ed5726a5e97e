//! A sample drawn from the declaration, never from the data.

use crate::need::{Column, ColumnRole, ColumnType, Need, limits};

/// One cell in so many is left empty where the need has a substitute.
const EMPTY_ONE_IN: u64 = 20;
/// Where a column has no range.
const DEFAULT_RANGE: (f64, f64) = (0.0, 100.0);

/// A CSV file that fits the need: `rows` rows of values drawn uniformly from
/// what each column may hold.
#[must_use]
pub fn sample_csv(need: &Need, rows: usize, seed: u64) -> String {
    let mut random = SplitMix(seed);
    let mut text = String::new();
    push_row(
        &mut text,
        need.columns.iter().map(|column| column.name.clone()),
    );
    for _ in 0..rows {
        let cells: Vec<String> = need
            .columns
            .iter()
            .map(|column| cell(need, column, &mut random))
            .collect();
        push_row(&mut text, cells.into_iter());
    }
    text
}

fn cell(need: &Need, column: &Column, random: &mut SplitMix) -> String {
    let classes = &need.label.classes;
    let of_classes = matches!(column.role, ColumnRole::Label | ColumnRole::Incumbent);
    if of_classes && !classes.is_empty() {
        let index = random.below(classes.len() as u64);
        let class = usize::try_from(index)
            .ok()
            .and_then(|index| classes.get(index));
        return class.map_or_else(String::new, |class| class.code.to_string());
    }
    if column.missing.is_some() && random.below(EMPTY_ONE_IN) == 0 {
        return String::new();
    }
    match column.column_type {
        ColumnType::Code => random
            .below(u64::from(column.codes.unwrap_or(1)))
            .to_string(),
        ColumnType::Integer => whole(column, random).to_string(),
        ColumnType::Number => number(column, random),
        ColumnType::Text => text(random),
    }
}

/// The declared range; an open side reaches as far as the default range is wide.
fn range(column: &Column) -> (f64, f64) {
    let width = DEFAULT_RANGE.1 - DEFAULT_RANGE.0;
    match (column.minimum, column.maximum) {
        (Some(minimum), Some(maximum)) => (minimum, maximum),
        (Some(minimum), None) => (minimum, minimum + width),
        (None, Some(maximum)) => (maximum - width, maximum),
        (None, None) => DEFAULT_RANGE,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is cut to whole numbers within 2^53"
)]
fn whole(column: &Column, random: &mut SplitMix) -> i64 {
    let (minimum, maximum) = range(column);
    let bound = limits::INTEGER as f64;
    let lowest = minimum.ceil().clamp(-bound, bound) as i64;
    let highest = maximum.floor().clamp(-bound, bound) as i64;
    let span = highest.saturating_sub(lowest).max(0) as u64;
    lowest + i64::try_from(random.below(span + 1)).unwrap_or(0)
}

fn number(column: &Column, random: &mut SplitMix) -> String {
    let (minimum, maximum) = range(column);
    let share = random.below(1001) as f64 / 1000.0;
    // Weighted ends do not overflow where their distance would.
    let value = minimum * (1.0 - share) + maximum * share;
    value.clamp(minimum, maximum).to_string()
}

/// A few words of Korean syllables and Latin letters, with the commas and
/// quotation marks that a reader must cope with.
fn text(random: &mut SplitMix) -> String {
    let mut text = String::new();
    for _ in 0..=random.below(12) {
        let code = match random.below(8) {
            0 => u32::from(' '),
            1 => u32::from(','),
            2 => u32::from('"'),
            3 => u32::from('a') + u32::try_from(random.below(26)).unwrap_or(0),
            _ => 0xac00 + u32::try_from(random.below(11_172)).unwrap_or(0),
        };
        text.extend(char::from_u32(code));
    }
    text
}

/// RFC 4180.
fn push_row(text: &mut String, cells: impl Iterator<Item = String>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            text.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&cell);
        }
    }
    text.push('\n');
}

/// `SplitMix64` (Steele, Lea and Flood 2014): enough for a sample.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound` (0 for 0); the bias is below `bound / 2^64`.
    fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.next()) * u128::from(bound);
        u64::try_from(product >> 64).unwrap_or(0)
    }
}
