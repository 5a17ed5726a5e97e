//! RRDP: snapshots, deltas, and what is asked for.

use modu_route::repository::Source;
use modu_route_net::How;
use modu_route_net::cache::Cache;

use crate::scene::{Scene, report, rrdp_shape};
use crate::server::Reply;

fn how(updated: &modu_route_net::fetch::Updated, notify: &str) -> How {
    let report = report(updated, &Source::Rrdp(notify.to_owned()));
    report.outcome.clone().unwrap()
}

#[test]
fn a_world_over_three_servers_is_fetched_and_validated_to_the_last_vrp() {
    let mut scene = Scene::new(&rrdp_shape(3));
    let updated = scene.update();
    scene.assert_all(&updated);
    assert_eq!(updated.report.failures().count(), 0);
    for host in 0..3 {
        let how = how(&updated, &scene.notify(host));
        assert_eq!(how, How::Snapshot { because: None });
    }
}

#[test]
fn what_is_unchanged_is_not_fetched_again_also_after_a_restart() {
    let mut scene = Scene::new(&rrdp_shape(1));
    scene.update();
    scene.server.asked();
    let updated = scene.update();
    scene.assert_all(&updated);
    assert_eq!(how(&updated, &scene.notify(0)), How::Unchanged);
    let notification = format!("{} unchanged", scene.notify(0));
    let asked = scene.server.asked();
    assert!(asked.contains(&notification), "{asked:?}");
    assert!(
        !asked.iter().any(|uri| uri.contains("snapshot")),
        "{asked:?}"
    );
}

#[test]
fn changes_come_by_deltas_and_give_what_a_snapshot_gives() {
    let mut scene = Scene::new(&rrdp_shape(1));
    scene.update();
    for round in 0..3 {
        scene.change(round);
    }
    scene.server.asked();
    let updated = scene.update();
    scene.assert_all(&updated);
    assert_eq!(how(&updated, &scene.notify(0)), How::Deltas { count: 3 });
    let asked = scene.server.asked();
    assert!(
        !asked.iter().any(|uri| uri.contains("snapshot")),
        "{asked:?}"
    );
    let fresh = tempfile::tempdir().unwrap();
    let by_snapshot = scene.update_in(&Cache::open(fresh.path()).unwrap());
    assert_eq!(by_snapshot.index.points, updated.index.points);
}

#[test]
fn a_gap_in_the_deltas_leads_to_the_snapshot() {
    let mut scene = Scene::new(&rrdp_shape(1));
    scene.update();
    scene.servers.get_mut(&0).unwrap().keep = 1;
    for round in 0..3 {
        scene.change(round);
    }
    let updated = scene.update();
    scene.assert_all(&updated);
    let How::Snapshot { because: Some(why) } = how(&updated, &scene.notify(0)) else {
        panic!("{:?}", updated.report);
    };
    assert_eq!(why.code, "rrdp.gap");
}

#[test]
fn more_deltas_than_the_limit_lead_to_the_snapshot() {
    let mut scene = Scene::new(&rrdp_shape(1));
    scene.budgets.deltas = 2;
    scene.update();
    for round in 0..3 {
        scene.change(round);
    }
    let updated = scene.update();
    scene.assert_all(&updated);
    let How::Snapshot { because: Some(why) } = how(&updated, &scene.notify(0)) else {
        panic!("{:?}", updated.report);
    };
    assert_eq!(why.code, "rrdp.deltas");
}

#[test]
fn a_delta_that_is_another_than_its_hash_says_leads_to_the_snapshot() {
    let mut scene = Scene::new(&rrdp_shape(1));
    scene.update();
    scene.change(0);
    let server = &scene.servers[&0];
    let (session, serial) = (&server.session, server.serial);
    let delta = format!("https://host0.modu.example/rrdp/{session}/{serial}/delta.xml");
    scene.server.reply(delta, Reply::File("<delta/>".into()));
    let updated = scene.update();
    scene.assert_all(&updated);
    let How::Snapshot { because: Some(why) } = how(&updated, &scene.notify(0)) else {
        panic!("{:?}", updated.report);
    };
    assert_eq!(why.code, "rrdp.hash");
}

#[test]
fn a_new_session_leads_to_the_snapshot() {
    let mut scene = Scene::new(&rrdp_shape(1));
    scene.update();
    let server = scene.servers.get_mut(&0).unwrap();
    server.session = "9df4b597-af9e-4dca-bdda-719cce2c4e28".into();
    scene.change(0);
    let updated = scene.update();
    scene.assert_all(&updated);
    let How::Snapshot { because: Some(why) } = how(&updated, &scene.notify(0)) else {
        panic!("{:?}", updated.report);
    };
    assert_eq!(why.code, "rrdp.session");
}

#[test]
fn packed_files_are_unpacked() {
    let mut scene = Scene::new(&rrdp_shape(1));
    let files = scene.world.rrdp_files(&mut scene.servers);
    for (uri, bytes) in files {
        scene
            .server
            .reply(uri, Reply::Gzip(crate::server::gzipped(&bytes)));
    }
    let updated = scene.update();
    scene.assert_all(&updated);
}

#[test]
fn a_redirect_within_the_origin_is_followed() {
    let mut scene = Scene::new(&rrdp_shape(1));
    let files = scene.world.rrdp_files(&mut scene.servers);
    let (uri, snapshot) = files
        .iter()
        .find(|(uri, _)| uri.ends_with("snapshot.xml"))
        .unwrap();
    let moved = "https://host0.modu.example/moved.xml";
    scene.server.put([(moved.to_owned(), snapshot.clone())]);
    let uri = uri.clone();
    scene.server.put(files);
    scene.server.reply(uri, Reply::Redirect(moved.into()));
    let updated = scene.update();
    scene.assert_all(&updated);
}

#[test]
fn a_pack_that_broke_on_our_disk_is_fetched_again() {
    let mut scene = Scene::new(&rrdp_shape(1));
    let updated = scene.update();
    let point = updated.index.points.values().next().unwrap();
    let name = point.digest.to_hex();
    let path = scene
        .state
        .path()
        .join("packs")
        .join(&name[..2])
        .join(&name);
    std::fs::write(&path, "broken").unwrap();
    // Without memory every pack is read.
    scene.prior = None;
    let updated = scene.update();
    scene.assert_all(&updated);
    assert_eq!(std::fs::metadata(&path).unwrap().len(), point.size);
    assert!(
        updated
            .report
            .notes
            .iter()
            .any(|note| note.contains("broken"))
    );
}

#[test]
fn a_lost_or_broken_index_is_fetched_again() {
    let mut scene = Scene::new(&rrdp_shape(1));
    scene.update();
    std::fs::write(scene.state.path().join("index.json"), "{").unwrap();
    let updated = scene.update();
    scene.assert_all(&updated);
    assert!(
        updated.report.notes[0].contains("index.json"),
        "{:?}",
        updated.report.notes
    );
}
