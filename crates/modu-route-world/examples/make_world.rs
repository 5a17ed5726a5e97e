//! Writes a world into a folder: `make_world OUT KEYS name=value...`.
//!
//! The values are those of a `Shape`: `authorities=3000 roas=7 prefixes=2
//! aspas=30 fan_out=60 ipv6_percent=30 hosts=4 rrdp=0 seed=1 shared_keys=0`,
//! and `time` in seconds since 1970 (UTC).
//!
//! In OUT lie `rsync/AUTHORITY/MODULE/...` and `tals/NAME.tal`; where
//! `rrdp=1`, also `rrdp/AUTHORITY/...`; `vrps.csv`, what a validator must find;
//! and `signatures`, how many it must verify. With `rounds=N` a hundredth of
//! the authorities is changed N times over, a second apart: `churn/K` then
//! holds the changed folders of round K, and `churn/K.csv` what must be found.
//! KEYS is the folder that keeps the RSA keys.
#![allow(
    clippy::print_stderr,
    reason = "a program for chores, told to the person who started it"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};
use modu_kernel::Progress;
use modu_route_world::{Host, Keys, Shape, World};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [out, keys, values @ ..] = arguments.as_slice() else {
        return Err("usage: make_world OUT KEYS name=value...".into());
    };
    let mut given = BTreeMap::new();
    for value in values {
        let (name, value) = value.split_once('=').ok_or("values are name=value")?;
        given.insert(name, value.parse::<i64>()?);
    }
    let rounds = given.remove("rounds").unwrap_or(0);
    let shape = shape(&mut given)?;
    if let Some(name) = given.keys().next() {
        return Err(format!("a shape has no `{name}`").into());
    }
    let bar = Bar::default();
    let wanted = match shape.shared_keys {
        0 => shape.anchors + shape.authorities,
        shared => shared,
    };
    let keys = Keys::in_folder(Path::new(keys), wanted, &bar)?;
    let mut world = World::with_progress(&shape, keys, &bar)?;
    let out = Path::new(out);
    write(&world, out)?;
    for round in 1..=rounds {
        world.time += 1;
        let changed = world.churn(1.0, round.unsigned_abs())?;
        let folder = out.join(format!("churn/{round}"));
        for number in &changed {
            world.write_point(*number, &folder)?;
        }
        let table = table(&world)?;
        std::fs::write(out.join(format!("churn/{round}.csv")), table)?;
    }
    Ok(())
}

fn shape(given: &mut BTreeMap<&str, i64>) -> Result<Shape, Failure> {
    let mut take = |name: &str, default: i64| given.remove(name).unwrap_or(default);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let rrdp = take("rrdp", 0) != 0;
    let hosts = 0..usize::try_from(take("hosts", 4))?;
    Ok(Shape {
        seed: take("seed", 1).unsigned_abs(),
        time: take("time", i64::try_from(now.as_secs())?),
        anchors: take("anchors", 1).try_into()?,
        authorities: take("authorities", 100).try_into()?,
        fan_out: take("fan_out", 60).try_into()?,
        roas: take("roas", 7).try_into()?,
        prefixes: take("prefixes", 2).try_into()?,
        aspas: take("aspas", 0).try_into()?,
        ipv6_percent: take("ipv6_percent", 30).try_into()?,
        hosts: hosts.map(|it| Host::example(it, rrdp)).collect(),
        due_after: take("due_after", 7 * 86_400),
        shared_keys: take("shared_keys", 0).try_into()?,
    })
}

fn write(world: &World, out: &Path) -> Result<(), Failure> {
    world.write_rsync(&out.join("rsync"))?;
    world.write_locators(&out.join("tals"))?;
    let files = world.rrdp_files(&mut BTreeMap::new());
    World::write_rrdp(&files, &out.join("rrdp"))?;
    let table = table(world)?;
    let vrps = table.lines().count() - 1;
    std::fs::write(out.join("vrps.csv"), table)?;
    let files = world.files();
    // A signed object has two, its own and its certificate's.
    let signatures = files.keys().map(|uri| match uri.rsplit_once('.') {
        Some((_, "cer" | "crl")) => 1,
        _ => 2,
    });
    let signatures: u64 = signatures.sum();
    std::fs::write(out.join("signatures"), format!("{signatures}\n"))?;
    let (authorities, files) = (world.authorities.len(), files.len());
    let aspas = world.aspas().len();
    let summary = format!("{authorities} authorities, {files} files, {vrps} VRPs, {aspas} ASPAs");
    std::fs::write(out.join("summary"), format!("{summary}\n"))?;
    eprintln!("{summary}");
    Ok(())
}

/// What a validator must find, as validators print it.
fn table(world: &World) -> Result<String, std::fmt::Error> {
    let mut text = String::from("ASN,IP Prefix,Max Length,Trust Anchor\n");
    for vrp in world.vrps() {
        let origin = vrp.origin.into_u32();
        writeln!(text, "AS{origin},{},{},world", vrp.prefix, vrp.max_length)?;
    }
    Ok(text)
}

/// A bar for each stage.
#[derive(Default)]
struct Bar(Mutex<Option<(String, ProgressBar)>>);

impl Progress for Bar {
    fn report(&self, stage: &str, done: u64, total: u64) {
        let mut state = (self.0.lock()).unwrap_or_else(std::sync::PoisonError::into_inner);
        if state.as_ref().is_none_or(|(name, _)| name != stage) {
            let bar = ProgressBar::new(total);
            let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}");
            if let Ok(style) = style {
                bar.set_style(style);
            }
            bar.set_message(stage.to_owned());
            *state = Some((stage.to_owned(), bar));
        }
        if let Some((_, bar)) = state.as_ref() {
            bar.set_position(done);
            if done == total {
                bar.finish();
            }
        }
    }
}
