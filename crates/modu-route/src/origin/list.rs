//! Many lookups at once, in whatever order the routes come.
//!
//! Far from the processor's own caches a lookup alone waits several times for
//! memory, each time for what the last answer named. So the lookups of a list
//! go side by side, a step of each before the next step of any: then they wait
//! together. A long list is first laid out by where in the table its routes
//! lie, so that what was waited for serves the next route too.

use std::hint::black_box;

use rpki::resources::{Asn, addr::Prefix};

use super::Validity;
use super::family::{Address, Family, Route};

/// How many lookups wait together.
const ROW: usize = 16;

/// From how many routes on a list is laid out.
pub(super) const LONG: usize = 1 << 15;

/// How many routes are laid out together; beyond that, one piece of the list
/// after the other, which bounds the memory that a list takes.
const PIECE: usize = 1 << 20;

/// Into how many parts: of a table of a million VRPs one stays in a
/// processor's own cache.
const PARTS: usize = 1024;

/// Writes what is said of each route to its place.
pub(super) fn answer(
    v4: &Family<u32>,
    v6: &Family<u128>,
    routes: &[(Prefix, Option<Asn>)],
    said: &mut [Validity],
) {
    if routes.len() < LONG {
        return side_by_side(v4, v6, routes, said);
    }
    let (mut v4, mut v6) = (Layout::new(v4), Layout::new(v6));
    let mut cells = Vec::with_capacity(PIECE.min(routes.len()));
    for (routes, said) in routes.chunks(PIECE).zip(said.chunks_mut(PIECE)) {
        cells.clear();
        cells.extend(routes.iter().map(|(prefix, _)| match prefix.is_v4() {
            true => v4.count(*prefix),
            false => v6.count(*prefix),
        }));
        v4.make_room();
        v6.make_room();
        for ((place, route), cell) in (0..).zip(routes).zip(&cells) {
            match route.0.is_v4() {
                true => v4.put(Asked::new(route, *cell, place)),
                false => v6.put(Asked::new(route, *cell, place)),
            }
        }
        v4.answer(said);
        v6.answer(said);
    }
}

fn side_by_side(
    v4: &Family<u32>,
    v6: &Family<u128>,
    routes: &[(Prefix, Option<Asn>)],
    said: &mut [Validity],
) {
    let (mut row4, mut row6) = (Row::new(v4), Row::new(v6));
    for (place, route) in (0..).zip(routes) {
        match route.0.is_v4() {
            true => row4.push(Asked::new(route, v4.cell(route.0), place), said),
            false => row6.push(Asked::new(route, v6.cell(route.0), place), said),
        }
    }
    row4.answer(said);
    row6.answer(said);
}

/// A route, its cell in the table and its place in the list.
#[derive(Debug, Clone, Copy)]
struct Asked<A> {
    bits: A,
    origin: u32,
    cell: u32,
    place: u32,
    length: u8,
}

impl<A: Address> Asked<A> {
    const NONE: Self = Self {
        bits: A::ZERO,
        origin: 0,
        cell: 0,
        place: 0,
        length: 0,
    };

    fn new(route: &(Prefix, Option<Asn>), cell: u32, place: u32) -> Self {
        let Route {
            bits,
            origin,
            length,
        } = Route::new(route.0, route.1);
        Self {
            bits,
            origin,
            cell,
            place,
            length,
        }
    }

    fn route(&self) -> Route<A> {
        Route {
            bits: self.bits,
            origin: self.origin,
            length: self.length,
        }
    }
}

/// Looks routes up side by side.
fn answer_row<A: Address>(family: &Family<A>, row: &[Asked<A>], said: &mut [Validity]) {
    let mut behind = [0; ROW];
    for (behind, asked) in behind.iter_mut().zip(row) {
        *behind = family.behind(asked.cell);
    }
    let touched = behind
        .iter()
        .take(row.len())
        .map(|behind| family.touch(*behind));
    black_box(touched.fold(0, u32::wrapping_add));
    for (behind, asked) in behind.iter().zip(row) {
        said[asked.place as usize] = family.validity(&asked.route(), asked.cell, *behind);
    }
}

/// Routes of one family that wait for others.
struct Row<'a, A> {
    family: &'a Family<A>,
    asked: [Asked<A>; ROW],
    count: usize,
}

impl<'a, A: Address> Row<'a, A> {
    fn new(family: &'a Family<A>) -> Self {
        Self {
            family,
            asked: [Asked::NONE; ROW],
            count: 0,
        }
    }

    fn push(&mut self, asked: Asked<A>, said: &mut [Validity]) {
        self.asked[self.count] = asked;
        self.count += 1;
        if self.count == ROW {
            self.answer(said);
        }
    }

    fn answer(&mut self, said: &mut [Validity]) {
        answer_row(self.family, &self.asked[..self.count], said);
        self.count = 0;
    }
}

/// Routes of one family, brought by counting to where those lie that are near
/// them in the table.
struct Layout<'a, A> {
    family: &'a Family<A>,
    /// By how much a cell is shifted to be the number of its part.
    shift: u32,
    /// How many routes each part has; then where the next of them goes.
    parts: [u32; PARTS],
    laid: Vec<Asked<A>>,
}

impl<'a, A: Address> Layout<'a, A> {
    fn new(family: &'a Family<A>) -> Self {
        let bits = family.cells().ilog2() + 1;
        Self {
            family,
            shift: bits.saturating_sub(PARTS.ilog2()),
            parts: [0; PARTS],
            laid: Vec::new(),
        }
    }

    /// Counts a route, and gives its cell.
    fn count(&mut self, prefix: Prefix) -> u32 {
        let cell = self.family.cell(prefix);
        self.parts[(cell >> self.shift) as usize] += 1;
        cell
    }

    fn make_room(&mut self) {
        let mut all = 0;
        for part in &mut self.parts {
            (*part, all) = (all, all + *part);
        }
        self.laid.resize(all as usize, Asked::NONE);
    }

    fn put(&mut self, asked: Asked<A>) {
        let part = &mut self.parts[(asked.cell >> self.shift) as usize];
        self.laid[*part as usize] = asked;
        *part += 1;
    }

    fn answer(&mut self, said: &mut [Validity]) {
        for row in self.laid.chunks(ROW) {
            answer_row(self.family, row, said);
        }
        self.parts = [0; PARTS];
    }
}
