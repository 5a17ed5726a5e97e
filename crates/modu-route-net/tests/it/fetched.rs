//! What is kept of a fetch: content in the index, time beside it.

use std::time::Duration;

use modu_kernel::Digest;
use modu_route::repository::Source;
use modu_route_net::cache::Cache;
use modu_route_net::fetch::Updated;
use modu_route_net::local::{fill, read_folder};
use modu_route_world::{Keys, Shape, World};

use crate::scene::{Scene, failure, rrdp_shape};
use crate::server::Reply;

fn digest(updated: &Updated) -> Digest {
    Digest::of(&updated.index.to_bytes().unwrap())
}

#[test]
fn two_fetches_of_unchanged_repositories_give_one_index_and_times_stand_beside_it() {
    let mut scene = Scene::new(&rrdp_shape(2));
    let first = scene.update();
    let source = Source::Rrdp(scene.notify(0));
    let worked = |scene: &Scene| {
        let sources = Cache::open(scene.state.path()).unwrap().sources();
        sources[&source].last_success.unwrap()
    };
    let before = worked(&scene);
    scene.world.time += 60;
    let second = scene.update();
    assert_eq!(digest(&first), digest(&second));
    assert_eq!(worked(&scene), before + 60);

    // A server that fails, and fails again, is one state too, and another one.
    scene.server.reply(scene.notify(1), Reply::Status(503));
    let failed = scene.update();
    scene.world.time += 60;
    let again = scene.update();
    assert_ne!(digest(&failed), digest(&second));
    assert_eq!(digest(&failed), digest(&again));
    scene.assert_all(&again);
}

#[test]
fn a_folder_that_is_read_into_memory_or_into_a_cache_gives_one_index() {
    let (state, tree) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let world = World::new(&Shape::default(), Keys::shared()).unwrap();
    world.write_rsync(tree.path()).unwrap();
    let locators = crate::scene::locators(&world);
    let (held, _) = read_folder(tree.path(), &locators).unwrap();
    let cache = Cache::open(state.path()).unwrap();
    let filled = fill(&cache, tree.path(), &locators).unwrap();
    let (held, filled) = (held.into_index().0, filled.into_index().0);
    assert_eq!(held, filled);
    let (made, _) = world.repository().unwrap();
    assert_eq!(held.anchors, made.anchors);
    for (key, pack) in &made.points {
        assert_eq!(held.points.get(key), Some(pack), "{key:?}");
    }
}

#[test]
fn a_server_that_fails_again_and_again_is_left_alone_for_longer_and_its_points_stand() {
    let mut scene = Scene::new(&rrdp_shape(2));
    scene.budgets.back_off = Duration::from_secs(60);
    scene.update();
    let broken = scene.notify(1);
    scene.server.reply(&broken, Reply::Status(503));
    // Seconds later, and whether the server is asked.
    for (later, asked) in [
        (600, true),
        (30, false),
        (31, true),
        (100, false),
        (21, true),
        (200, false),
    ] {
        scene.world.time += later;
        scene.server.asked();
        let updated = scene.update();
        scene.assert_all(&updated);
        assert_eq!(scene.server.asked().contains(&broken), asked, "{later}");
        let code = &failure(&updated, &broken).code;
        assert_eq!(code, if asked { "fetch.status" } else { "fetch.rests" });
    }
    scene.world.time += 41;
    scene.change(7);
    let updated = scene.update();
    scene.assert_all(&updated);
    assert_eq!(updated.report.failures().count(), 0);
}

#[test]
fn where_no_server_works_none_is_left_alone() {
    let mut scene = Scene::new(&rrdp_shape(2));
    scene.budgets.back_off = Duration::from_secs(60);
    scene.update();
    for host in 0..2 {
        scene.server.reply(scene.notify(host), Reply::Status(503));
    }
    for _ in 0..2 {
        scene.world.time += 1;
        let updated = scene.update();
        assert_eq!(failure(&updated, &scene.notify(0)).code, "fetch.status");
    }
}
