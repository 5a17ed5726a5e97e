//! What keeping and restoring runs costs, in time and bytes.
//!
//!     cargo run --release -p modu-route-net --example runs_bench -- [AUTHORITIES] [ROAS] [VRPS_OF_A_ROA] [RUNS]
//!
//! Makes trees as a validator would decide them, without signing anything: a
//! trust anchor, authorities under it, and ROAs. From run to run the share of
//! authorities that renews its manifest in ten minutes (once a day each) does
//! so, and one of a hundred of these adds a ROA. Keeps the runs, then restores
//! tables at times spread over them.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints and may stop"
)]

use std::time::Instant;

use modu_kernel::Digest;
use modu_route::repository::Source;
use modu_route::validate::{
    Anchor, Authority, Decision, Manifest, Object, ObjectOutcome, ValidatedTree, Validity,
};
use modu_route::{Asn, Vrp};
use modu_route_net::runs::{RunName, Runs};

const ALWAYS: Validity = Validity {
    not_before: 0,
    not_after: 4_000_000_000,
};
/// Runs of ten minutes in a day.
const RUNS_A_DAY: usize = 144;

struct Shape {
    authorities: usize,
    roas: usize,
    vrps: usize,
}

fn digest(parts: [usize; 3]) -> Digest {
    Digest::of(format!("{parts:?}").as_bytes())
}

fn roa(authority: usize, number: usize, shape: &Shape) -> Object {
    let vrps = (0..shape.vrps).map(|place| {
        let address = u32::try_from((authority * 4_096 + number * shape.vrps + place) & 0xff_ffff);
        Vrp {
            prefix: format!("{}/24", std::net::Ipv4Addr::from(address.unwrap() << 8))
                .parse()
                .unwrap(),
            max_length: 24,
            origin: Asn::from_u32(64_496 + authority as u32),
        }
    });
    let mut vrps: Vec<_> = vrps.collect();
    vrps.sort_unstable();
    Object {
        name: format!("{}.roa", &digest([authority, number, 0]).to_hex()[..27]),
        digest: digest([authority, number, 1]),
        trailing: false,
        outcome: ObjectOutcome::Roa(ALWAYS, vrps),
    }
}

fn renew(authority: &mut Authority, number: usize, run: usize) {
    let made = digest([number, run, 2]);
    authority.decision = Decision::Current(Manifest {
        source: Source::Rrdp("https://rrdp.example.net/notification.xml".into()),
        pack: digest([number, run, 3]),
        digest: made,
        number: (run as u64 + 1)
            .to_be_bytes()
            .into_iter()
            .skip_while(|byte| *byte == 0)
            .collect(),
        this_update: run as i64 * 600,
        next_update: run as i64 * 600 + 86_400,
    });
    if let Some(list) = std::sync::Arc::make_mut(&mut authority.objects)
        .iter_mut()
        .find(|it| it.name.ends_with(".crl"))
    {
        list.digest = digest([number, run, 4]);
    }
}

fn authority(number: usize, shape: &Shape) -> Authority {
    let folder = format!("rsync://rpki.example.net/repository/{number:06}/0/");
    let share = shape.roas.div_ceil(shape.authorities);
    let mut objects: Vec<_> = (0..share)
        .map(|roa_number| roa(number, roa_number, shape))
        .collect();
    objects.push(Object {
        name: format!("{}.crl", digest([number, 0, 5]).to_hex().split_at(40).0),
        digest: digest([number, 0, 4]),
        trailing: false,
        outcome: ObjectOutcome::RevocationList(ALWAYS),
    });
    objects.sort_by(|one, other| one.name.cmp(&other.name));
    let mut made = Authority {
        parent: (number > 0).then_some(0),
        anchor: 0,
        certificate: format!("rsync://rpki.example.net/repository/ta/{number:06}.cer").into(),
        certificate_digest: digest([number, 0, 6]),
        validity: ALWAYS,
        subject_key: [0; 20],
        notify: Some("https://rrdp.example.net/notification.xml".into()),
        manifest_uri: format!(
            "{folder}{}.mft",
            digest([number, 0, 7]).to_hex().split_at(40).0
        )
        .into(),
        folder: folder.into(),
        key: digest([number, 0, 8]),
        stable: ALWAYS,
        decision: Decision::Refused(modu_route::validate::Reason {
            code: String::new(),
            detail: String::new(),
        }),
        objects: objects.into(),
    };
    renew(&mut made, number, 0);
    made
}

/// The next run's tree.
fn step(tree: &mut ValidatedTree, run: usize, shape: &Shape) {
    tree.time += 600;
    let renewed = (tree.authorities.len() / RUNS_A_DAY).max(1);
    for place in 0..renewed {
        let number = (run * renewed + place) % tree.authorities.len();
        let here = &mut tree.authorities[number];
        if place % 100 == 0 {
            let mut objects = here.objects.to_vec();
            objects.push(roa(number, 1_000 + run, shape));
            objects.sort_by(|one, other| one.name.cmp(&other.name));
            here.objects = objects.into();
        }
        renew(here, number, run);
    }
}

fn main() {
    let asked: Vec<usize> = std::env::args()
        .skip(1)
        .map(|it| it.parse().unwrap())
        .collect();
    let number = |place: usize, default| asked.get(place).copied().unwrap_or(default);
    let shape = Shape {
        authorities: number(0, 3_000),
        roas: number(1, 24_000),
        vrps: number(2, 2),
    };
    let count = number(3, 64);
    let folder = tempfile::tempdir().unwrap();
    let runs = Runs::in_folder(folder.path());
    let mut tree = ValidatedTree {
        time: 1_800_000_000,
        anchors: vec![Anchor {
            name: "bench".into(),
            authority: Ok(0),
            kept: None,
        }],
        authorities: (0..shape.authorities)
            .map(|it| authority(it, &shape))
            .collect(),
    };
    println!("VRPs: {}", tree.payloads().vrps.len());
    println!("tree: {:.1} MB", tree.to_bytes().len() as f64 / 1e6);
    let (mut stored, mut whole, mut slowest) = (0, 0, 0.0_f64);
    let begin = Instant::now();
    for run in 0..count {
        let start = Instant::now();
        let kept = runs.keep(&tree).unwrap();
        slowest = slowest.max(start.elapsed().as_secs_f64());
        match run {
            0 => whole = kept.stored,
            _ => stored += kept.stored,
        }
        step(&mut tree, run + 1, &shape);
    }
    let mean = stored as f64 / (count.max(2) - 1) as f64;
    println!(
        "kept whole: {:.1} MB; otherwise {:.3} MB a run in the mean of {}",
        whole as f64 / 1e6,
        mean / 1e6,
        count - 1
    );
    println!(
        "ten thousand runs so: {:.2} GB",
        (mean * 10_000.0 + whole as f64 * 10_000.0 / 256.0) / 1e9
    );
    println!(
        "keeping: {:.2} s a run, {slowest:.2} s at most",
        begin.elapsed().as_secs_f64() / count as f64
    );
    let names = runs.names().unwrap();
    let restored = |what: &str, restore: &dyn Fn(RunName) -> usize| {
        let (mut total, mut most) = (0.0, 0.0_f64);
        let asked = 16.min(names.len());
        for place in 0..asked {
            let run = names[(place + 1) * names.len() / asked - 1];
            let start = Instant::now();
            let found = runs.at(run.time).unwrap().unwrap();
            assert!(restore(found) > 0);
            let took = start.elapsed().as_secs_f64();
            total += took;
            most = most.max(took);
        }
        println!(
            "restoring a {what}: {:.3} s in the mean of {asked}, {most:.3} s at most",
            total / asked as f64
        );
    };
    restored("table", &|run| runs.table(run).unwrap().csv().len());
    restored("tree", &|run| runs.tree(run).unwrap().authorities.len());
}
