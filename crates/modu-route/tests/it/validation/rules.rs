//! The rules that hold between one run and the next. What attackers do within
//! one stands in `attacks`.

use modu_route::validate::Decision;
use modu_route_world::Shape;

use super::{Fetched, authority, code, rejected, world};

#[test]
fn a_stale_manifest_is_refused_and_its_subtree_with_it() {
    let world = world(&Shape::default());
    let fetched = Fetched::of(&world);
    let late = world.time + world.shape.due_after + 1;
    let tree = fetched.run(late, None);
    assert_eq!(code(authority(&tree, &world, 0)), "manifest.stale");
    assert_eq!(tree.authorities.len(), 1);
    assert!(tree.payloads().vrps.is_empty());
    assert_eq!(rejected(&tree), []);
}

#[test]
fn the_last_good_state_stands_in_for_what_cannot_be_used_until_it_is_stale() {
    let mut world = world(&Shape::default());
    let before = Fetched::of(&world);
    let good = before.run(world.time, None);
    world.publish(1).unwrap();
    let mut after = Fetched::of(&world);
    after.packs.0.extend(before.packs.0);
    let folder = world.folder(1);
    after.index.points.retain(|key, _| key.folder != folder);
    let kept = after.run(world.time, Some(&good));
    assert_eq!(kept.payloads(), good.payloads());
    let decision = &authority(&kept, &world, 1).decision;
    assert!(matches!(decision, Decision::Kept(_)), "{decision:?}");
    assert_eq!(code(authority(&kept, &world, 1)), "point.missing");
    // The earlier manifest runs out, and the others have been made anew.
    world
        .resign_at(world.time + world.shape.due_after, &modu_kernel::NoProgress)
        .unwrap();
    let mut later = Fetched::of(&world);
    later.packs.0.extend(after.packs.0);
    later.index.points.retain(|key, _| key.folder != folder);
    let still = later.run(world.time, Some(&kept));
    assert!(matches!(
        authority(&still, &world, 1).decision,
        Decision::Kept(_)
    ));
    let lost = later.run(world.time + 1, Some(&still));
    assert!(matches!(
        authority(&lost, &world, 1).decision,
        Decision::Refused(_)
    ));
}

#[test]
fn an_older_manifest_is_a_replay_and_the_one_before_it_stands() {
    let mut world = world(&Shape::default());
    let old = Fetched::of(&world);
    world.time += 60;
    world.publish(1).unwrap();
    let mut new = Fetched::of(&world);
    let good = new.run(world.time, None);
    let folder = world.folder(1);
    for (key, pack) in old
        .index
        .points
        .iter()
        .filter(|(key, _)| key.folder == folder)
    {
        new.index.points.insert(key.clone(), *pack);
    }
    new.packs.0.extend(old.packs.0);
    let tree = new.run(world.time, Some(&good));
    assert_eq!(code(authority(&tree, &world, 1)), "manifest.replayed");
    assert_eq!(tree.payloads(), good.payloads());
    // Whoever has seen nothing yet cannot know.
    assert_eq!(code(authority(&new.run(world.time, None), &world, 1)), "");
}

#[test]
fn what_a_grandparent_loses_its_grandchildren_lose_also_with_memory() {
    let mut world = world(&Shape {
        authorities: 4,
        fan_out: 1,
        ..Shape::default()
    });
    let good = Fetched::of(&world).run(world.time, None);
    assert_eq!(good.authorities.len(), 5);
    world.time += 60;
    let few = world.authorities[4].resources.clone();
    world.shrink(1, few).unwrap();
    let tree = Fetched::of(&world).run(world.time, Some(&good));
    // What is left to it still stands in its own ROAs, if any.
    assert!(tree.payloads().vrps.len() <= world.shape.vrps_each());
    let refused = rejected(&tree);
    assert!(
        refused
            .iter()
            .any(|(_, code)| *code == "certificate.overclaim"),
        "{refused:?}"
    );
}
