//! Memory of what was validated: it spares work and changes nothing.

use modu_kernel::NoProgress;
use modu_route::repository::PointPack;
use modu_route::validate::{ValidateRequest, ValidatedTree};
use modu_route_world::{Shape, World};
use proptest::prelude::*;

use super::{Fetched, world};

/// What happens between two runs.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Nothing but time, in seconds.
    Later(i64),
    /// Everything is signed anew, later.
    Resign(i64),
    /// An authority publishes again.
    Publish(usize),
    /// A ROA is replaced by another.
    Churn(u64),
    /// An authority is certified anew.
    Reissue(usize),
    /// An authority loses most of its resources, and those below it with it.
    Shrink(usize),
    /// An authority gets its resources back.
    Restore(usize),
    /// One object is missing from what was fetched.
    Withhold(usize, prop::sample::Index),
    /// One object is damaged.
    Damage(usize, prop::sample::Index),
    /// A point was not fetched at all.
    Lose(usize),
    /// An earlier state of a point is served again.
    Replay(usize),
    /// Another authority's point is served under this one's folder.
    Swap(usize, usize),
}

const AUTHORITIES: usize = 5;

fn any_step() -> impl Strategy<Value = Step> {
    let number = || 0..=AUTHORITIES;
    prop_oneof![
        (0_i64..100_000).prop_map(Step::Later),
        (1_i64..50_000).prop_map(Step::Resign),
        number().prop_map(Step::Publish),
        any::<u64>().prop_map(Step::Churn),
        number().prop_map(Step::Reissue),
        (1..=AUTHORITIES).prop_map(Step::Shrink),
        (1..=AUTHORITIES).prop_map(Step::Restore),
        (number(), any::<prop::sample::Index>()).prop_map(|(at, which)| Step::Withhold(at, which)),
        (number(), any::<prop::sample::Index>()).prop_map(|(at, which)| Step::Damage(at, which)),
        number().prop_map(Step::Lose),
        number().prop_map(Step::Replay),
        (number(), number()).prop_map(|(at, from)| Step::Swap(at, from)),
    ]
}

/// A world whose fetches may go wrong; what was fetched once stays in the
/// packs, as in a cache.
struct Story {
    honest: World,
    world: World,
    fetched: Fetched,
    first: Fetched,
    time: i64,
}

impl Story {
    fn new() -> Self {
        let world = world(&Shape {
            authorities: AUTHORITIES,
            ..Shape::default()
        });
        Self {
            honest: world.clone(),
            fetched: Fetched::of(&world),
            first: Fetched::of(&world),
            time: world.time,
            world,
        }
    }

    fn take(&mut self, step: Step) {
        let world = &mut self.world;
        self.time += 1;
        world.time = self.time;
        match step {
            Step::Later(seconds) => self.time += seconds,
            Step::Resign(seconds) => {
                self.time += seconds;
                world.resign_at(self.time, &NoProgress).unwrap();
            }
            Step::Publish(number) => world.publish(number).unwrap(),
            Step::Churn(round) => drop(world.churn(40.0, round).unwrap()),
            Step::Reissue(number) => world.reissue(number).unwrap(),
            Step::Shrink(number) => {
                let few = self.honest.authorities[AUTHORITIES].resources.clone();
                world.shrink(number, few).unwrap();
            }
            Step::Restore(number) => {
                let resources = self.honest.authorities[number].resources.clone();
                world.shrink(number, resources).unwrap();
            }
            _ => {}
        }
        let fresh = Fetched::of(world);
        self.fetched.index = fresh.index;
        self.fetched.packs.0.extend(fresh.packs.0);
        match step {
            Step::Withhold(number, which) => self.edit(number, |names, objects| {
                objects.remove(which.get(names));
            }),
            Step::Damage(number, which) => self.edit(number, |names, objects| {
                let mut bytes = objects[which.get(names)].to_vec();
                let place = which.index(bytes.len());
                bytes[place] ^= 0x10;
                objects.insert(which.get(names).clone(), bytes.into());
            }),
            Step::Lose(number) => {
                let folder = self.world.folder(number);
                self.fetched
                    .index
                    .points
                    .retain(|key, _| key.folder != folder);
            }
            Step::Replay(number) => {
                let folder = self.world.folder(number);
                for (key, pack) in &self.first.index.points {
                    if key.folder == folder {
                        self.fetched.index.points.insert(key.clone(), *pack);
                    }
                }
            }
            Step::Swap(number, from) => {
                let points = &self.fetched.index.points;
                let folders = (self.world.folder(number), self.world.folder(from));
                let of = |folder: &str| points.iter().find(|(key, _)| key.folder == folder);
                if let (Some((key, _)), Some((_, pack))) = (of(&folders.0), of(&folders.1)) {
                    let (key, pack) = (key.clone(), *pack);
                    self.fetched.index.points.insert(key, pack);
                }
            }
            _ => {}
        }
    }

    fn edit(
        &mut self,
        number: usize,
        edit: impl Fn(&[String], &mut std::collections::BTreeMap<String, bytes::Bytes>),
    ) {
        let mut objects = self.world.points[number].clone();
        let names: Vec<String> = objects.keys().cloned().collect();
        edit(&names, &mut objects);
        let pack = PointPack::new(objects).unwrap().to_bytes();
        let pack = self.fetched.packs.keep(pack);
        let folder = self.world.folder(number);
        for (key, held) in &mut self.fetched.index.points {
            if key.folder == folder {
                *held = pack;
            }
        }
    }

    fn run(&self, memory: bool, prior: Option<&ValidatedTree>) -> ValidatedTree {
        let request = ValidateRequest {
            memory,
            ..ValidateRequest::at(self.time)
        };
        self.fetched.run_as(&request, prior)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 40, ..ProptestConfig::default() })]
    #[test]
    fn memory_changes_no_byte_whatever_happens(
        steps in prop::collection::vec(any_step(), 1..6),
    ) {
        let mut story = Story::new();
        let mut prior = story.run(true, None);
        for step in steps {
            story.take(step);
            let with = story.run(true, Some(&prior));
            let without = story.run(false, Some(&prior));
            prop_assert_eq!(&with, &without, "{:?}", step);
            prop_assert_eq!(with.to_bytes(), without.to_bytes());
            // The memory of a run that used memory is as good.
            prior = ValidatedTree::parse(&with.to_bytes()).unwrap();
        }
    }

    #[test]
    fn any_number_of_threads_and_any_order_of_locators_give_the_same_bytes(
        steps in prop::collection::vec(any_step(), 0..3),
    ) {
        let mut story = Story::new();
        let prior = story.run(true, None);
        steps.into_iter().for_each(|step| story.take(step));
        let here = story.run(true, Some(&prior)).to_bytes();
        for threads in [1, 2, 5] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            story.fetched.locators.reverse();
            prop_assert_eq!(&pool.install(|| story.run(true, Some(&prior)).to_bytes()), &here);
        }
    }
}

#[test]
fn an_unchanged_world_gives_the_same_tree_and_reads_no_pack() {
    let world = world(&Shape::default());
    let mut fetched = Fetched::of(&world);
    let first = fetched.run(world.time, None);
    fetched.packs.0.clear();
    let second = fetched.run(world.time, Some(&first));
    assert_eq!(second, first);
}

#[test]
fn one_changed_authority_is_read_with_the_points_above_it_and_no_other() {
    let mut world = world(&Shape {
        authorities: 6,
        ..Shape::default()
    });
    let first = Fetched::of(&world).run(world.time, None);
    let changed = 6;
    let (origin, prefixes) = {
        let roa = &world.authorities[changed].roas[0];
        (roa.origin, roa.prefixes.clone())
    };
    world.authorities[changed].add_roa(modu_route::Asn::from_u32(origin.into_u32() + 7), prefixes);
    world.time += 60;
    world.publish(changed).unwrap();
    let mut fetched = Fetched::of(&world);
    let full = fetched.run(world.time, Some(&first));
    let mut needed = vec![world.folder(changed)];
    let mut above = world.authorities[changed].parent;
    while let Some(number) = above {
        needed.push(world.folder(number));
        above = world.authorities[number].parent;
    }
    let points = &fetched.index.points;
    let spared = points
        .iter()
        .filter(|(key, _)| !needed.contains(&key.folder));
    let spared: Vec<_> = spared.map(|(_, pack)| pack.digest).collect();
    assert!(spared.len() >= 2);
    for digest in spared {
        fetched.packs.0.remove(&digest);
    }
    assert_eq!(fetched.run(world.time, Some(&first)), full);
    assert_eq!(full.payloads().vrps, world.vrps().into_iter().collect());
}
