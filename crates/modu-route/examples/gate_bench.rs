//! How fast the gate answers: origin validation by lookup, and a whole
//! `route.whatif` from the bytes of its files. Prints lines of JSON.
//!
//! `gate_bench [VRPS] [ROUTES]`, by default 788,000 and 1,000,000: the size of
//! the RPKI at the end of 2025, and of a full table. The world is drawn from a
//! fixed seed: of the routes a half is covered by a VRP of its origin, a
//! twentieth by one of another network, and lengths are spread as in real
//! tables, mostly /24 and /48.
#![allow(clippy::print_stdout, reason = "a program for the command line")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use modu_kernel::{InputsInMemory, NoProgress, TypedEngine as _};
use modu_route::whatif::{WhatIf, WhatIfRequest};
use modu_route::{Announcement, Asn, OriginIndex, Prefix, RouteTable, Validity, VrpTable};

/// SplitMix64 (Steele and others, 2014).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut state = self.0;
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^ (state >> 31)
    }
}

/// A prefix as text and its length.
fn prefix(draw: &mut Draw) -> (String, u8) {
    let bits = draw.next();
    let kind = draw.next() % 100;
    match kind {
        0..75 => {
            let length = [24, 24, 24, 22, 20, 16][(kind % 6) as usize];
            let address = (0x0100_0000 + (bits as u32 % 0xdf00_0000)) & (u32::MAX << (32 - length));
            let address = std::net::Ipv4Addr::from(address);
            (format!("{address}/{length}"), length as u8)
        }
        _ => {
            let length = [48, 48, 44, 32][(kind % 4) as usize];
            let address =
                (0x2_u128 << 124 | u128::from(bits) << 60) & (u128::MAX << (128 - length));
            let address = std::net::Ipv6Addr::from(address);
            (format!("{address}/{length}"), length as u8)
        }
    }
}

/// The two tables as files: VRPs and routes.
fn world(vrps: usize, routes: usize) -> Result<(String, String), std::fmt::Error> {
    let mut draw = Draw(7);
    let mut table = String::from("ASN,IP Prefix,Max Length,Trust Anchor\n");
    let mut held = Vec::with_capacity(vrps);
    for _ in 0..vrps {
        let (prefix, length) = prefix(&mut draw);
        let origin = 1 + draw.next() % 80_000;
        let longest = length + if draw.next().is_multiple_of(4) { 2 } else { 0 };
        writeln!(table, "AS{origin},{prefix},{longest},bench")?;
        held.push((prefix, origin));
    }
    let mut dump = String::from("prefix,origin\n");
    for _ in 0..routes {
        let (known, origin) = &held[(draw.next() % held.len() as u64) as usize];
        match draw.next() % 20 {
            0..10 => writeln!(dump, "{known},{origin}")?,
            10 => writeln!(dump, "{known},{}", origin + 1)?,
            _ => writeln!(dump, "{},{origin}", prefix(&mut draw).0)?,
        }
    }
    Ok((table, dump))
}

/// How many of some routes are valid, and nanoseconds a route.
fn timed(routes: usize, valid: impl FnOnce() -> usize) -> (usize, f64) {
    let start = Instant::now();
    let valid = valid();
    (valid, start.elapsed().as_secs_f64() * 1e9 / routes as f64)
}

/// Each looked up by itself.
fn lookups(routes: &[Announcement], validity: impl Fn(&Announcement) -> Validity) -> (usize, f64) {
    timed(routes.len(), || {
        let said = routes.iter().map(|it| black_box(validity(it)));
        said.filter(|said| *said == Validity::Valid).count()
    })
}

/// Looked up in lists of a length.
fn listed(routes: &[(Prefix, Option<Asn>)], length: usize, index: &OriginIndex) -> (usize, f64) {
    timed(routes.len(), || {
        let lists = routes.chunks(length);
        lists
            .map(|list| black_box(index.validities(list)))
            .map(|said| said.iter().filter(|it| **it == Validity::Valid).count())
            .sum()
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| arguments.next().map_or(Ok(default), |text| text.parse());
    let (vrps, routes): (usize, usize) = (number(788_000)?, number(1_000_000)?);
    let (table, dump) = world(vrps, routes)?;

    let parsed = VrpTable::parse(table.as_bytes())?;
    let announced = RouteTable::read(dump.as_bytes())?;
    let start = Instant::now();
    let index = OriginIndex::new(&parsed);
    let build = start.elapsed().as_secs_f64();
    // In an order that no cache foresees.
    let mut order: Vec<_> = announced.as_slice().to_vec();
    let mut draw = Draw(11);
    for place in (1..order.len()).rev() {
        order.swap(place, (draw.next() % (place as u64 + 1)) as usize);
    }
    let (valid, sorted) = lookups(announced.as_slice(), |it| {
        index.validity(it.prefix, it.origin)
    });
    let (again, shuffled) = lookups(&order, |it| index.validity(it.prefix, it.origin));
    let pairs: Vec<_> = order.iter().map(|it| (it.prefix, it.origin)).collect();
    let (in_lists, short) = listed(&pairs, 64, &index);
    let (at_once, whole) = listed(&pairs, pairs.len(), &index);
    if [again, in_lists, at_once] != [valid; 3] {
        return Err("the order of lookups changed their answers".into());
    }
    let share = valid as f64 / order.len() as f64;
    println!(
        "{{\"what\":\"origin validation, {} VRPs, {} announcements, {:.0} % valid\",\"index s\":{build},\"ns a lookup, in table order\":{sorted},\"ns a lookup, shuffled\":{shuffled},\"ns, in lists of 64\":{short},\"ns, in one list\":{whole}}}",
        parsed.len(),
        order.len(),
        share * 100.0
    );

    let first = parsed.as_slice().get(parsed.len() / 2).ok_or("no VRP")?;
    let wrong = Asn::from_u32(first.origin.into_u32() + 1);
    let proposal = format!("R: {first}\nA: {} => {}\n", first.prefix, wrong.into_u32());
    let inputs = InputsInMemory::new()
        .with("vrps", table)
        .with("proposal", proposal)
        .with("routes", dump);
    let start = Instant::now();
    let (_, _, outputs) = WhatIf::run(WhatIfRequest { allowed: 0 }, &inputs, &NoProgress)?;
    let whole = start.elapsed().as_secs_f64();
    black_box(outputs);
    println!("{{\"what\":\"route.whatif from the bytes of all three files\",\"wall s\":{whole}}}");
    Ok(())
}
