//! How long the question takes on a table as large as the world's: 10^6
//! announcements by 5 paths each, 790,000 VRPs, 50,000 ASPAs, all generated.
//!
//!     cargo run --release -p modu-route --example whatif

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "an example that measures"
)]

use std::time::Instant;

use modu_route::aspa::{AsPath, AspaProposal};
use modu_route::whatif::{Question, answer};
use modu_route::{Asn, Aspa, AspaTable, Prefix, Proposal, RouteTable, Vrp, VrpTable};

const ANNOUNCEMENTS: u32 = 1_000_000;
const VRPS: u32 = 790_000;
const NETWORKS: u32 = 80_000;
const ASPAS: u32 = 50_000;
const PATHS: u32 = 5;

/// The `number`-th /24 from 1.0.0.0 on.
fn prefix(number: u32) -> Prefix {
    let address = std::net::Ipv4Addr::from((1 << 24) + (number << 8));
    Prefix::new(address.into(), 24).unwrap()
}

fn origin(number: u32) -> u32 {
    1_000 + number.wrapping_mul(2_654_435_761) % NETWORKS
}

/// A network's two providers: of a hundred networks one is a provider, of a
/// hundred providers one is at the top.
fn provider(network: u32, which: u32) -> u32 {
    1 + (network / 100 + which * 7) % 900
}

fn path(number: u32, peer: u32) -> AsPath {
    let origin = origin(number);
    let provider = provider(origin, peer % 2);
    AsPath::of([900_000 + peer, 800_000 + provider % 9, provider, origin])
}

/// Takes every hundredth VRP back, and authorises another network for 2,048
/// announcements that had no ROA.
fn harmful() -> Proposal {
    let mut text = "A: 14.0.0.0/13 => 64500\n".to_owned();
    for number in (0..VRPS).step_by(100) {
        let (prefix, origin) = (prefix(number), origin(number));
        text.push_str(&format!("R: {prefix}-24 => {origin}\n"));
    }
    Proposal::parse(text.as_bytes()).unwrap()
}

/// Gives every hundredth provider, and those who tell us, an ASPA that names
/// none of those beside them.
fn cutting() -> AspaProposal {
    let tellers = 900_000..900_000 + PATHS;
    let lines = (11..=19)
        .chain(tellers)
        .map(|asn| format!("A: AS{asn} => AS64501\n"));
    AspaProposal::parse(lines.collect::<String>().as_bytes()).unwrap()
}

fn main() {
    let vrps: VrpTable = (0..VRPS)
        .map(|number| Vrp {
            prefix: prefix(number),
            max_length: 24,
            origin: Asn::from_u32(origin(number)),
        })
        .collect();
    let aspas: AspaTable = (1_000..1_000 + ASPAS)
        .map(|customer| Aspa {
            customer: Asn::from_u32(customer),
            providers: [0, 1]
                .map(|which| Asn::from_u32(provider(customer, which)))
                .to_vec(),
        })
        .collect();
    let start = Instant::now();
    let routes: RouteTable = (0..ANNOUNCEMENTS)
        .flat_map(|number| (0..PATHS).map(move |peer| (prefix(number), path(number, peer))))
        .collect();
    let paths = routes.paths().unwrap().table().len();
    println!(
        "{ANNOUNCEMENTS} announcements by {PATHS} of {paths} paths each: made in {:.2} s",
        start.elapsed().as_secs_f64()
    );

    let harmless = Proposal::parse(b"A: 1.0.0.0/8 => 64500\nA: 2.0.0.0/8-24 => 64501\n").unwrap();
    let nothing = Proposal::default();
    let change = AspaProposal::parse(b"A: AS1000 => AS64500\nA: AS5 => AS64501\n").unwrap();
    let (harmful, cutting) = (harmful(), cutting());
    for (name, proposal, aspa_proposal) in [
        ("ROAs that break nothing", &harmless, None),
        ("ROAs that break one in a hundred", &harmful, None),
        ("ASPAs that break nothing", &nothing, Some(&change)),
        (
            "ASPAs that break one in a hundred",
            &nothing,
            Some(&cutting),
        ),
        ("both that break", &harmful, Some(&cutting)),
    ] {
        let start = Instant::now();
        let report = answer(&Question {
            vrps: &vrps,
            proposal,
            aspas: &aspas,
            aspa_proposal,
            routes: &routes,
            allowed: 0,
        });
        let seconds = start.elapsed().as_secs_f64();
        let turned = report.paths.as_ref().map_or(0, |it| it.paths_turn_invalid);
        println!(
            "{name}: {seconds:.3} s; {} announcements broken, {turned} paths turn invalid",
            report.broken
        );
    }
}
