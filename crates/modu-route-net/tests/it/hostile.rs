//! Servers that do what no server should: only what they hold is lost, and
//! what was held of them stands.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use modu_kernel::Digest;
use modu_route::repository::Source;
use modu_route_net::How;

use crate::scene::{Scene, failure, report, rrdp_shape, rsync_from, vrps};
use crate::server::{Reply, gzipped};

/// A scene whose hosts 0 and 1 were fetched once, and changed since.
fn changed() -> Scene {
    let mut scene = Scene::new(&rrdp_shape(2));
    let updated = scene.update();
    scene.assert_all(&updated);
    scene
}

/// The notification of host 1 and why it failed, where nothing that was held
/// may be lost by it.
#[track_caller]
fn fails_and_keeps(scene: &mut Scene, code: &str) {
    let notify = scene.notify(1);
    let updated = scene.update();
    assert_eq!(
        failure(&updated, &notify).code,
        code,
        "{:#?}",
        updated.report
    );
    scene.assert_all(&updated);
    let host = report(&updated, &Source::Rrdp(notify));
    assert!(host.points > 0 && host.last_success.is_some());
    let other = report(&updated, &Source::Rrdp(scene.notify(0)));
    assert!(other.outcome.is_ok());
}

/// A notification for a snapshot of these bytes at a URI.
fn notification(snapshot: &str, bytes: &[u8], deltas: &str) -> Bytes {
    format!(
        "<notification xmlns=\"http://www.ripe.net/rpki/rrdp\" version=\"1\" session_id=\"9df4b597-af9e-4dca-bdda-719cce2c4e28\" serial=\"3\">\n<snapshot uri=\"{snapshot}\" hash=\"{}\"/>\n{deltas}</notification>",
        Digest::of(bytes).to_hex()
    )
    .into()
}

/// Host 1 serves this as its snapshot, properly announced.
fn serve_snapshot(scene: &Scene, snapshot: impl Into<Bytes>) {
    let (uri, snapshot) = ("https://host1.modu.example/s.xml", snapshot.into());
    scene.server.put([
        (scene.notify(1), notification(uri, &snapshot, "")),
        (uri.into(), snapshot),
    ]);
}

fn snapshot(elements: &str) -> String {
    format!(
        "<snapshot xmlns=\"http://www.ripe.net/rpki/rrdp\" version=\"1\" session_id=\"9df4b597-af9e-4dca-bdda-719cce2c4e28\" serial=\"3\">{elements}</snapshot>"
    )
}

#[test]
fn a_server_that_is_gone_keeps_what_is_held_of_it() {
    let mut scene = changed();
    scene.server.reply(scene.notify(1), Reply::Status(500));
    fails_and_keeps(&mut scene, "fetch.status");
}

#[test]
fn dripped_bytes_end_at_the_deadline_of_the_whole_transfer() {
    let mut scene = changed();
    // Enough for the honest host, even on a slow machine.
    scene.budgets.source_time = Duration::from_secs(5);
    let drip = Reply::Drip(vec![b' '; 10_000].into(), Duration::from_millis(50));
    scene.server.reply(scene.notify(1), drip);
    fails_and_keeps(&mut scene, "fetch.timeout");
}

#[test]
fn a_bomb_of_gzip_ends_at_the_limit_of_what_it_unpacks_to() {
    let mut scene = changed();
    scene.server.reply(scene.notify(1), Reply::Bomb(1 << 30));
    fails_and_keeps(&mut scene, "fetch.too-large");
}

#[test]
fn what_is_said_to_be_gzip_and_is_not_is_refused() {
    let mut scene = changed();
    scene.server.reply(
        scene.notify(1),
        Reply::Gzip("no gzip at all, not even near".into()),
    );
    fails_and_keeps(&mut scene, "fetch.coding");
    let cut = gzipped(&[7; 100_000]);
    let cut = cut.slice(..cut.len() / 2);
    scene.server.reply(scene.notify(1), Reply::Gzip(cut));
    fails_and_keeps(&mut scene, "fetch.coding");
    let mut more = gzipped(&[7; 100_000]).to_vec();
    more.extend_from_slice(b"and more behind it");
    scene
        .server
        .reply(scene.notify(1), Reply::Gzip(more.into()));
    fails_and_keeps(&mut scene, "fetch.coding");
}

#[test]
fn entities_are_never_expanded() {
    let mut scene = changed();
    let mut bomb = String::from("<!DOCTYPE lolz [<!ENTITY lol \"lol\">");
    for level in 1..10 {
        let below = if level == 1 {
            "lol".into()
        } else {
            format!("lol{}", level - 1)
        };
        let _ = write!(
            bomb,
            "<!ENTITY lol{level} \"{}\">",
            format!("&{below};").repeat(10)
        );
    }
    bomb.push_str("]>");
    let inside = "<!DOCTYPE foo [<!ENTITY xxe SYSTEM \"file:///etc/passwd\">]>";
    let publish = |name: &str| {
        snapshot(&format!(
            "<publish uri=\"rsync://host1.modu.example/repo/x/x.cer\">&{name};</publish>"
        ))
    };
    for text in [
        format!("{bomb}{}", publish("lol9")),
        format!("{inside}{}", publish("xxe")),
    ] {
        serve_snapshot(&scene, text.clone());
        fails_and_keeps(&mut scene, "rrdp.malformed");
        scene.server.put([(scene.notify(1), Bytes::from(text))]);
        fails_and_keeps(&mut scene, "rrdp.notification");
    }
}

#[test]
fn the_known_attacks_on_xml_are_refused() {
    let Some(data) = std::env::var_os("MODU_DATA") else {
        eprintln!("skipped: no MODU_DATA");
        return;
    };
    let mut scene = changed();
    let folder = std::path::Path::new(&data).join("rpki/rrdp");
    for name in ["xxe.xml", "billion_lol.xml"] {
        let text = Bytes::from(std::fs::read(folder.join(name)).unwrap());
        scene.server.put([(scene.notify(1), text.clone())]);
        fails_and_keeps(&mut scene, "rrdp.notification");
        serve_snapshot(&scene, text);
        fails_and_keeps(&mut scene, "rrdp.malformed");
    }
}

#[test]
fn base64_that_is_none_is_refused() {
    let mut scene = changed();
    for bad in ["A", "====", "AAA\u{e9}", "AA=A", "A&amp;A"] {
        let publish =
            format!("<publish uri=\"rsync://host1.modu.example/repo/x/x.cer\">{bad}</publish>");
        serve_snapshot(&scene, snapshot(&publish));
        fails_and_keeps(&mut scene, "rrdp.malformed");
    }
}

#[test]
fn paths_that_climb_are_refused() {
    let mut scene = changed();
    for uri in [
        "rsync://host1.modu.example/repo/../../../etc/passwd",
        "rsync://host1.modu.example/../x/y.cer",
        "rsync://../repo/y.cer",
        "rsync://host1.modu.example/repo/./y.cer",
        "rsync://host1.modu.example/repo//y.cer",
        "rsync://host1.modu.example/repo/folder/",
        "rsync://host1.modu.example/repo",
        "https://host1.modu.example/repo/x.cer",
        "/etc/passwd",
    ] {
        serve_snapshot(
            &scene,
            snapshot(&format!("<publish uri=\"{uri}\">AAAA</publish>")),
        );
        fails_and_keeps(&mut scene, "rrdp.malformed");
    }
    assert!(!scene.state.path().join("etc").exists());
}

#[test]
fn one_object_named_twice_is_refused() {
    let mut scene = changed();
    let publish = "<publish uri=\"rsync://host1.modu.example/repo/x/x.cer\">AAAA</publish>";
    serve_snapshot(&scene, snapshot(&publish.repeat(2)));
    fails_and_keeps(&mut scene, "rrdp.twice");
}

#[test]
fn a_file_and_a_folder_of_one_name_live_side_by_side() {
    let mut scene = changed();
    let objects = "<publish uri=\"rsync://host1.modu.example/repo/a\">AAAA</publish>\
        <publish uri=\"rsync://host1.modu.example/repo/a/b.cer\">AAAA</publish>";
    serve_snapshot(&scene, snapshot(objects));
    let updated = scene.update();
    let host = report(&updated, &Source::Rrdp(scene.notify(1)));
    assert_eq!((host.outcome.is_ok(), host.points), (true, 2));
}

#[test]
fn files_of_another_origin_are_refused() {
    let mut scene = changed();
    let text = Bytes::from(snapshot(""));
    let elsewhere = "https://elsewhere.modu.example/s.xml";
    scene.server.put([
        (scene.notify(1), notification(elsewhere, &text, "")),
        (elsewhere.into(), text.clone()),
    ]);
    fails_and_keeps(&mut scene, "rrdp.origin");
    let here = "https://host1.modu.example/s.xml";
    scene
        .server
        .put([(scene.notify(1), notification(here, &text, ""))]);
    scene.server.reply(here, Reply::Redirect(elsewhere.into()));
    fails_and_keeps(&mut scene, "fetch.redirect");
    scene.server.reply(
        here,
        Reply::Redirect("http://host1.modu.example/s.xml".into()),
    );
    fails_and_keeps(&mut scene, "fetch.redirect");
    scene.server.reply(here, Reply::Redirect(here.into()));
    fails_and_keeps(&mut scene, "fetch.redirect");
}

#[test]
fn a_snapshot_of_another_session_or_hash_is_refused() {
    let mut scene = changed();
    let text = snapshot("").replace("9df4b597", "00000000");
    serve_snapshot(&scene, text);
    fails_and_keeps(&mut scene, "rrdp.session");
    let here = "https://host1.modu.example/s.xml";
    scene.server.put([
        (scene.notify(1), notification(here, b"something else", "")),
        (here.into(), snapshot("").into()),
    ]);
    fails_and_keeps(&mut scene, "rrdp.hash");
}

#[test]
fn thousands_of_deltas_are_not_followed() {
    let mut scene = changed();
    let mut deltas = String::new();
    for serial in 0..5_000 {
        let hash = "0".repeat(64);
        let _ = writeln!(
            deltas,
            "<delta serial=\"{serial}\" uri=\"https://host1.modu.example/{serial}.xml\" hash=\"{hash}\"/>"
        );
    }
    let text = Bytes::from(snapshot(""));
    let here = "https://host1.modu.example/s.xml";
    scene.server.put([
        (scene.notify(1), notification(here, &text, &deltas)),
        (here.into(), text),
    ]);
    scene.server.asked();
    let updated = scene.update();
    let host = report(&updated, &Source::Rrdp(scene.notify(1)));
    assert!(matches!(host.outcome, Ok(How::Snapshot { .. })));
    let asked = scene.server.asked();
    assert!(
        asked.iter().all(|uri| !uri.contains("/4999.xml")),
        "{asked:?}"
    );
}

#[test]
fn a_server_that_rewrites_its_past_is_not_followed_by_deltas() {
    let mut scene = changed();
    scene.change(1);
    scene.update();
    // The same serials, with other deltas.
    for server in scene.servers.values_mut() {
        server.serial -= 1;
    }
    scene.change(2);
    let updated = scene.update();
    scene.assert_all(&updated);
    let host = report(&updated, &Source::Rrdp(scene.notify(1)));
    match &host.outcome {
        Ok(How::Snapshot { because: Some(why) }) => assert_eq!(why.code, "rrdp.rewritten"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn servers_inside_our_own_network_are_not_asked() {
    let mut scene = Scene::new(&rrdp_shape(1));
    let mut settings = scene.settings();
    let rrdp = settings.rrdp.as_mut().unwrap();
    assert!(!rrdp.local_hosts);
    // A world that names its server by an address.
    let mut shape = rrdp_shape(1);
    let port = scene.server.address.port();
    shape.hosts[0].notify = Some(format!("https://127.0.0.1:{port}/rrdp/notification.xml"));
    scene.world = modu_route_world::World::new(&shape, modu_route_world::Keys::shared()).unwrap();
    scene.server.asked();
    let updated = scene.update();
    assert_eq!(scene.server.asked(), Vec::<String>::new());
    let codes = updated.report.anchors[0]
        .failures
        .iter()
        .map(|it| it.code.as_str());
    assert_eq!(codes.collect::<Vec<_>>(), ["fetch.uri", "fetch.off"]);
}

#[test]
fn rsync_is_asked_where_rrdp_never_worked_and_not_where_it_just_did() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    let mut scene = Scene::new(&rrdp_shape(2));
    scene.world.write_rsync(&tree).unwrap();
    scene.rsync = Some(rsync_from(folder.path(), &tree));
    scene.server.reply(scene.notify(1), Reply::Status(500));
    let updated = scene.update();
    scene.assert_all(&updated);
    let module = Source::Rsync("rsync://host1.modu.example/repo/".into());
    assert!(report(&updated, &module).outcome.is_ok());
    let other = Source::Rsync("rsync://host0.modu.example/repo/".into());
    assert!(!updated.report.sources.iter().any(|it| it.source == other));
    // Host 0 fails now, and worked a moment ago.
    scene.server.reply(scene.notify(0), Reply::Status(500));
    let updated = scene.update();
    scene.assert_all(&updated);
    assert!(!updated.report.sources.iter().any(|it| it.source == other));
    // Two hours later it is asked by rsync.
    scene.world.time += 7200;
    let updated = scene.update();
    scene.assert_all(&updated);
    assert!(report(&updated, &other).outcome.is_ok());
}

#[test]
fn slow_children_of_one_authority_keep_nobody_else_from_being_fetched() {
    // Each authority has a server of its own; those of the first one's
    // children drip. One after the other in both places, they would use up
    // all of the time.
    let mut shape = rrdp_shape(21);
    shape.authorities = 20;
    shape.fan_out = 4;
    let mut scene = Scene::new(&shape);
    let hostile = scene.world.below_anchors()[0];
    let slow = scene.world.authorities[hostile].children.clone();
    assert_eq!(slow.len(), 4);
    scene.budgets.parallel = 2;
    scene.budgets.source_time = Duration::from_secs(6);
    scene.budgets.run_time = Duration::from_secs(12);
    for child in &slow {
        let drip = Reply::Drip(vec![b' '; 10_000].into(), Duration::from_millis(50));
        let host = scene.world.authorities[*child].host;
        scene.server.reply(scene.notify(host), drip);
    }
    let updated = scene.update();
    let others = (0..scene.world.authorities.len()).filter(|it| !slow.contains(it));
    let expected = scene.world.vrps_of(others);
    assert_eq!(vrps(&updated), expected, "{:#?}", updated.report);
    assert_eq!(updated.report.failures().count(), 4);
}
