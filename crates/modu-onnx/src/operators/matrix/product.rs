//! The product of two matrices, the same bits on every processor.
//!
//! Every product is rounded, and so is every sum, in a fixed order; no
//! multiplication is contracted with an addition. So what makes it quick may
//! not reorder: sums that do not depend on each other are kept side by side in
//! wide registers, and what is zero anyway is left out. Processors with AVX2
//! run the same code compiled for it.

use crate::budget::{Budget, Fault};
use crate::operators::number::Float;

use super::transposed;

/// The most columns that are each summed by themselves.
const NARROW: usize = 8;
/// Sums that one narrow element is made of; numbers that are looked at together
/// for zeros.
const LANES: usize = 8;
/// Columns of a wide result that are summed side by side.
const TILE: usize = 16;
/// Rows of a wide result that are summed side by side: with [`TILE`] single
/// precision sums each, they fill half of AVX2's registers.
const ROWS: usize = 4;
/// A row with at most one in so many that is not zero is summed by itself.
const SPARSE: usize = 3;

/// `a` `[rows, depth]` times `b` `[depth, columns]`, appended to `out`: a
/// [`Factor`] that is used once.
pub(crate) fn multiply<A, B>(a: &[A], b: &[B], depth: usize, columns: usize, out: &mut Vec<B>)
where
    A: Float + Into<B>,
    B: Float,
{
    Factor::of(b, depth, columns).multiply(a, out);
}

/// The right-hand matrix of products, laid out for them.
#[derive(Debug)]
pub(crate) struct Factor<B> {
    depth: usize,
    columns: usize,
    layout: Layout<B>,
}

#[derive(Debug)]
enum Layout<B> {
    /// Column after column, each filled up with zeros to whole lanes.
    Narrow(Vec<B>),
    Wide {
        /// The columns in tiles, one tile after another; the last is filled up
        /// with zeros.
        tiles: Vec<[B; TILE]>,
        /// All of it is finite.
        skip_zeros: bool,
    },
}

impl<B: Float> Factor<B> {
    /// From `[depth, columns]`.
    pub(crate) fn of(b: &[B], depth: usize, columns: usize) -> Self {
        Self {
            depth,
            columns,
            layout: match columns {
                0..=NARROW => Layout::Narrow(filled_columns(b, depth, columns)),
                _ => Layout::Wide {
                    tiles: tiles(b, depth, columns),
                    skip_zeros: b.iter().fold(true, |all, value| all & value.finite()),
                },
            },
        }
    }

    /// Rows that it can be multiplied with are so long.
    pub(crate) const fn depth(&self) -> usize {
        self.depth
    }

    /// Rows of a product are so long.
    pub(crate) const fn columns(&self) -> usize {
        self.columns
    }

    /// Appends `a` `[rows, depth]` times this; nothing where the product is
    /// empty or has no terms.
    ///
    /// Up to [`NARROW`] columns, an element is eight sums from +0, the first of
    /// the products at the depths 0, 8, 16 and so on, which are then added in
    /// pairs ([`together`]): so a row streams through the processor at the
    /// speed of memory. With more columns, an element is one sum from +0 in
    /// ascending order of depth. Rows that are mostly zero, as one-hot columns
    /// make them, are quick then: where `b` is finite, a product with zero is
    /// left out, which changes no bit, because a sum that starts at +0 never
    /// becomes -0.
    pub(crate) fn multiply<A: Float + Into<B>>(&self, a: &[A], out: &mut Vec<B>) {
        if self.depth == 0 || self.columns == 0 {
            return;
        }
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2, the only thing that the function
            // asks for beyond what everything here is compiled for.
            unsafe { by_avx2(self, a, out) };
            return;
        }
        anywhere(self, a, out);
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn by_avx2<A, B>(factor: &Factor<B>, a: &[A], out: &mut Vec<B>)
where
    A: Float + Into<B>,
    B: Float,
{
    anywhere(factor, a, out);
}

#[inline(always)]
fn anywhere<A, B>(factor: &Factor<B>, a: &[A], out: &mut Vec<B>)
where
    A: Float + Into<B>,
    B: Float,
{
    let (depth, columns) = (factor.depth, factor.columns);
    match &factor.layout {
        Layout::Narrow(turned) => narrow(a, turned, depth, columns, out),
        Layout::Wide { tiles, skip_zeros } => wide(a, tiles, *skip_zeros, (depth, columns), out),
    }
}

/// The columns of `b` one after another, each filled up with zeros to whole
/// lanes.
fn filled_columns<B: Float>(b: &[B], depth: usize, columns: usize) -> Vec<B> {
    let filled = depth.next_multiple_of(LANES);
    let mut turned = vec![B::ZERO; filled * columns];
    if depth > 0 {
        let columns = transposed(b, depth, columns);
        for (column, values) in turned
            .chunks_exact_mut(filled)
            .zip(columns.chunks_exact(depth))
        {
            column[..depth].copy_from_slice(values);
        }
    }
    turned
}

/// For a few columns: every row with every column, two columns at once. What
/// follows a row in its last lanes counts as zero.
#[inline(always)]
fn narrow<A, B>(a: &[A], turned: &[B], depth: usize, columns: usize, out: &mut Vec<B>)
where
    A: Float + Into<B>,
    B: Float,
{
    let filled = depth.next_multiple_of(LANES);
    let rows = a.len() / depth;
    out.reserve(rows * columns);
    // The last rows may have nothing behind them to read.
    let mut copied = vec![A::ZERO; filled];
    let pairs = turned.chunks_exact(2 * filled);
    let single = pairs.remainder();
    for row in 0..rows {
        let values = match a.get(row * depth..row * depth + filled) {
            Some(values) => values,
            None => {
                copied[..depth].copy_from_slice(&a[row * depth..(row + 1) * depth]);
                &copied
            }
        };
        for pair in pairs.clone() {
            let (first, second) = pair.split_at(filled);
            // One by one: an array of both makes the compiler keep the two
            // columns' sums side by side, and sort them at every step.
            let (first, second) = two_elements(values, first, second, depth % LANES);
            out.push(first);
            out.push(second);
        }
        if !single.is_empty() {
            out.push(one_element(values, single, depth % LANES));
        }
    }
}

/// A row's elements in two columns; `last` is how many of the last lanes
/// count, 0 for all.
#[inline(always)]
fn two_elements<A, B>(values: &[A], first: &[B], second: &[B], last: usize) -> (B, B)
where
    A: Float + Into<B>,
    B: Float,
{
    let (mut sums, mut other_sums) = ([B::ZERO; LANES], [B::ZERO; LANES]);
    let (values, _) = values.as_chunks::<LANES>();
    let (first, second) = (first.as_chunks::<LANES>().0, second.as_chunks::<LANES>().0);
    let whole = values.len() - usize::from(last > 0);
    let factors = first.iter().zip(second);
    for (values, (first, second)) in values[..whole].iter().zip(factors) {
        let values: [B; LANES] = values.map(Into::into);
        add(&mut sums, &values, first);
        add(&mut other_sums, &values, second);
    }
    if let (Some(values), Some(first), Some(second)) =
        (values.get(whole), first.get(whole), second.get(whole))
    {
        let values: [B; LANES] = counted(values, last).map(Into::into);
        add(&mut sums, &values, first);
        add(&mut other_sums, &values, second);
    }
    (together(sums), together(other_sums))
}

/// As [`two_elements`], of one column.
#[inline(always)]
fn one_element<A, B>(values: &[A], factors: &[B], last: usize) -> B
where
    A: Float + Into<B>,
    B: Float,
{
    let mut sums = [B::ZERO; LANES];
    let (values, _) = values.as_chunks::<LANES>();
    let (factors, _) = factors.as_chunks::<LANES>();
    let whole = values.len() - usize::from(last > 0);
    for (values, factors) in values[..whole].iter().zip(factors) {
        add(&mut sums, values, factors);
    }
    if let (Some(values), Some(factors)) = (values.get(whole), factors.get(whole)) {
        add(&mut sums, &counted(values, last), factors);
    }
    together(sums)
}

/// The first `count` values, then zeros.
#[inline(always)]
fn counted<A: Float>(values: &[A; LANES], count: usize) -> [A; LANES] {
    std::array::from_fn(|lane| match lane < count {
        true => values[lane],
        false => A::ZERO,
    })
}

/// Adds to each sum the product of a value and a factor.
#[inline(always)]
fn add<A, B, const N: usize>(sums: &mut [B; N], values: &[A; N], factors: &[B; N])
where
    A: Float + Into<B>,
    B: Float,
{
    for lane in 0..N {
        let value: B = values[lane].into();
        sums[lane] = sums[lane].plus(value.times(factors[lane]));
    }
}

/// The sums of an element, added in pairs.
#[inline(always)]
fn together<B: Float>(sums: [B; LANES]) -> B {
    let [a, b, c, d, e, f, g, h] = sums;
    let even = a.plus(e).plus(c.plus(g));
    let odd = b.plus(f).plus(d.plus(h));
    even.plus(odd)
}

/// For many columns, in tiles.
#[inline(always)]
fn wide<A, B>(
    a: &[A],
    tiles: &[[B; TILE]],
    skip_zeros: bool,
    (depth, columns): (usize, usize),
    out: &mut Vec<B>,
) where
    A: Float + Into<B>,
    B: Float,
{
    let start = out.len();
    out.resize(start + a.len() / depth * columns, B::ZERO);
    let results = out[start..].chunks_mut(ROWS * columns);
    let mut terms = Terms::of(depth, skip_zeros);
    for (rows, results) in a.chunks(ROWS * depth).zip(results) {
        let whole = rows.len() == ROWS * depth;
        if whole && !(skip_zeros && zeros_prevail(rows)) {
            let rows = std::array::from_fn(|row| &rows[row * depth..(row + 1) * depth]);
            for (place, tile) in tiles.chunks_exact(depth).enumerate() {
                let sums = dense_sums(rows, tile);
                for (result, sums) in results.chunks_exact_mut(columns).zip(&sums) {
                    put(result, place, sums);
                }
            }
            continue;
        }
        let rows = rows.chunks_exact(depth);
        for (row, result) in rows.zip(results.chunks_exact_mut(columns)) {
            terms.find(row);
            for (place, tile) in tiles.chunks_exact(depth).enumerate() {
                put(result, place, &sparse_sums(&terms.found, tile));
            }
        }
    }
}

/// See [`Layout::Wide`].
fn tiles<B: Float>(b: &[B], depth: usize, columns: usize) -> Vec<[B; TILE]> {
    let mut tiles = Vec::with_capacity(depth * columns.div_ceil(TILE));
    for start in (0..columns).step_by(TILE) {
        for row in b.chunks_exact(columns) {
            let part = &row[start..(start + TILE).min(columns)];
            let mut tile = [B::ZERO; TILE];
            tile[..part.len()].copy_from_slice(part);
            tiles.push(tile);
        }
    }
    tiles
}

/// Whether it is quicker to look for what is not zero. The count may wrap:
/// it only chooses between two ways to the same bits.
#[inline(always)]
fn zeros_prevail<A: Float>(values: &[A]) -> bool {
    let others = values.iter().fold(0_u32, |others, value| {
        others.wrapping_add(u32::from(*value != A::ZERO))
    });
    (others as usize).saturating_mul(SPARSE) <= values.len()
}

/// The factors of one row after another that are not zero.
struct Terms<B> {
    skip_zeros: bool,
    /// One byte for each factor, filled up to whole words.
    flags: Vec<u8>,
    /// Depths and factors.
    found: Vec<(usize, B)>,
}

impl<B: Float> Terms<B> {
    #[inline(always)]
    fn of(depth: usize, skip_zeros: bool) -> Self {
        Self {
            skip_zeros,
            flags: vec![0; depth.next_multiple_of(LANES)],
            found: Vec::with_capacity(depth),
        }
    }

    /// What is not zero in a row, or all of it.
    #[inline(always)]
    fn find<A: Float + Into<B>>(&mut self, row: &[A]) {
        self.found.clear();
        // NaN is not equal to zero and stays.
        for (flag, value) in self.flags.iter_mut().zip(row) {
            *flag = u8::from(*value != A::ZERO) | u8::from(!self.skip_zeros);
        }
        let (words, _) = self.flags.as_chunks::<LANES>();
        for (place, flags) in words.iter().enumerate() {
            let mut flags = u64::from_le_bytes(*flags);
            while flags != 0 {
                let depth = place * LANES + flags.trailing_zeros() as usize / 8;
                self.found.push((depth, row[depth].into()));
                flags &= flags - 1;
            }
        }
    }
}

/// A tile of the sums of some rows, every depth in its turn.
#[inline(always)]
fn dense_sums<A, B>(rows: [&[A]; ROWS], tile: &[[B; TILE]]) -> [[B; TILE]; ROWS]
where
    A: Float + Into<B>,
    B: Float,
{
    let mut sums = [[B::ZERO; TILE]; ROWS];
    let rows = rows.map(|row| &row[..tile.len()]);
    for (depth, factors) in tile.iter().enumerate() {
        for (sums, row) in sums.iter_mut().zip(rows) {
            add(sums, &[row[depth]; TILE], factors);
        }
    }
    sums
}

/// A tile of a row's sums, of its terms only.
#[inline(always)]
fn sparse_sums<B: Float>(terms: &[(usize, B)], tile: &[[B; TILE]]) -> [B; TILE] {
    let mut sums = [B::ZERO; TILE];
    for &(depth, value) in terms {
        add(&mut sums, &[value; TILE], &tile[depth]);
    }
    sums
}

/// Puts a tile of sums in its place in a row of the result.
#[inline(always)]
fn put<B: Float>(result: &mut [B], place: usize, sums: &[B; TILE]) {
    let rest = &mut result[place * TILE..];
    match rest.first_chunk_mut() {
        Some(whole) => *whole = *sums,
        None => rest.copy_from_slice(&sums[..rest.len()]),
    }
}

/// Asks for the memory that [`multiply`] needs beside its arguments: copies of
/// `b`, filled up, and a row's terms.
pub(crate) fn reserve(depth: usize, columns: usize, budget: &mut Budget<'_>) -> Result<(), Fault> {
    let filled = (depth as u64).saturating_add(LANES as u64);
    let across = (columns as u64).saturating_add(TILE as u64);
    let copied = filled.saturating_mul(across).saturating_mul(2);
    budget.memory(copied.saturating_add(4 * depth as u64))
}

#[cfg(test)]
mod tests {
    use super::{Factor, NARROW, multiply};

    /// [`multiply`] as processors without wide registers do it.
    fn anywhere<A, B>(a: &[A], b: &[B], depth: usize, columns: usize, out: &mut Vec<B>)
    where
        A: crate::operators::number::Float + Into<B>,
        B: crate::operators::number::Float,
    {
        super::anywhere(&Factor::of(b, depth, columns), a, out);
    }

    /// Numbers of many sizes and both signs.
    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        (0..count)
            .map(|_| (next() as f32 - 8_388_608.0) * 2.0_f32.powi(next() as i32 % 40 - 30))
            .collect()
    }

    #[test]
    fn every_processor_gives_the_same_bits_for_narrow_products() {
        for depth in [1, 7, 8, 9, 64, 101] {
            for columns in 1..=NARROW {
                let a = numbers(5 * depth, 1);
                let b = numbers(depth * columns, 2);
                let wide: Vec<f64> = b.iter().map(|&value| f64::from(value)).collect();
                let (mut single, mut single_anywhere) = (Vec::new(), Vec::new());
                multiply(&a, &b, depth, columns, &mut single);
                anywhere(&a, &b, depth, columns, &mut single_anywhere);
                let bits = |values: &[f32]| -> Vec<u32> {
                    values.iter().map(|value| value.to_bits()).collect()
                };
                assert_eq!(bits(&single), bits(&single_anywhere));
                let (mut double, mut double_anywhere) = (Vec::new(), Vec::new());
                multiply(&a, &wide, depth, columns, &mut double);
                anywhere(&a, &wide, depth, columns, &mut double_anywhere);
                let bits = |values: &[f64]| -> Vec<u64> {
                    values.iter().map(|value| value.to_bits()).collect()
                };
                assert_eq!(bits(&double), bits(&double_anywhere));
                // And the order is the one that is stated.
                let lane = |row: usize, column: usize, lane: usize| -> f64 {
                    (lane..depth).step_by(8).fold(0.0, |sum, at| {
                        sum + f64::from(a[row * depth + at]) * wide[at * columns + column]
                    })
                };
                for row in 0..5 {
                    for column in 0..columns {
                        let sums: [f64; 8] = std::array::from_fn(|at| lane(row, column, at));
                        let even = (sums[0] + sums[4]) + (sums[2] + sums[6]);
                        let odd = (sums[1] + sums[5]) + (sums[3] + sums[7]);
                        let found = double[row * columns + column];
                        assert_eq!(found.to_bits(), (even + odd).to_bits());
                    }
                }
            }
        }
    }

    /// Sums over ascending depths, products with zero among them.
    fn by_definition(a: &[f32], b: &[f32], depth: usize, columns: usize) -> Vec<u32> {
        let rows = a.chunks_exact(depth);
        rows.flat_map(|row| {
            (0..columns).map(move |column| {
                let products = row.iter().enumerate();
                let products = products.map(|(at, value)| value * b[at * columns + column]);
                products
                    .fold(0.0_f32, |sum, product| sum + product)
                    .to_bits()
            })
        })
        .collect()
    }

    #[test]
    fn wide_products_are_sums_in_the_order_of_depth_however_many_zeros_there_are() {
        for (depth, columns) in [(1, 9), (7, 16), (8, 17), (33, 32), (64, 40)] {
            let b = numbers(depth * columns, 3);
            for rows in [1, 3, 4, 9] {
                for zeros_in in [1, 2, 5, 40] {
                    let mut a = numbers(rows * depth, 4);
                    for (place, value) in a.iter_mut().enumerate() {
                        if place % zeros_in != 0 {
                            *value = if place % 2 == 0 { 0.0 } else { -0.0 };
                        }
                    }
                    let (mut found, mut elsewhere) = (Vec::new(), Vec::new());
                    multiply(&a, &b, depth, columns, &mut found);
                    anywhere(&a, &b, depth, columns, &mut elsewhere);
                    let bits = |values: &[f32]| -> Vec<u32> {
                        values.iter().map(|value| value.to_bits()).collect()
                    };
                    assert_eq!(bits(&found), by_definition(&a, &b, depth, columns));
                    assert_eq!(bits(&elsewhere), bits(&found));
                }
            }
        }
    }

    #[test]
    fn no_zero_is_left_out_where_a_factor_is_not_finite() {
        let mut b = numbers(20 * 12, 5);
        b[7 * 12 + 3] = f32::INFINITY;
        let mut out = Vec::new();
        multiply(&[0.0; 5 * 20], &b, 20, 12, &mut out);
        let undefined = out.iter().enumerate().filter(|(_, value)| value.is_nan());
        assert!(undefined.map(|(at, _)| at).eq([3, 15, 27, 39, 51]));
    }
}
