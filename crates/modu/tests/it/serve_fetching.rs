//! `modu route serve` that fetches by itself: over failing servers, local
//! exceptions, restarts and kills.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, SystemTime};

use modu_route::{Vrp, VrpTable};
use modu_route_world::{Keys, Shape, World};
use serde_json::Value;

use crate::program::{Office, text};
use crate::serve::Service;

/// A world whose servers are asked by a script that stands for `rsync`.
pub(crate) struct Stage {
    pub(crate) office: Office,
    pub(crate) world: World,
    published: u32,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let shape = Shape {
            time: i64::try_from(now.unwrap().as_secs()).unwrap() - 3_600,
            ..Shape::default()
        };
        let stage = Self {
            office: Office::with_kit(),
            world: World::new(&shape, Keys::shared()).unwrap(),
            published: 0,
        };
        let script = stage.office.path("rsync");
        let tree = stage.office.path("tree");
        let lines = format!(
            "#!/bin/sh\nfor it; do from=\"$to\"; to=\"$it\"; done\n\
             from=\"{}/${{from#rsync://}}\"\n\
             [ -e \"$from\" ] || {{ echo 'no such module' >&2; exit 5; }}\n\
             if [ -d \"$from\" ]; then rm -rf \"$to\"; cp -rp \"$from\" \"$to\"; else cp -p \"$from\" \"$to\"; fi\n",
            text(&tree)
        );
        fs::write(&script, lines).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
        stage
            .world
            .write_locators(&stage.office.path("tals"))
            .unwrap();
        let mut stage = stage;
        stage.publish();
        stage
    }

    /// Puts what the world is now onto its servers, all at once.
    fn publish(&mut self) {
        self.published += 1;
        let fresh = self.office.path(&format!("tree-{}", self.published));
        self.world.write_rsync(&fresh).unwrap();
        let link = self.office.path("tree.new");
        std::os::unix::fs::symlink(&fresh, &link).unwrap();
        fs::rename(&link, self.office.path("tree")).unwrap();
    }

    /// The servers are gone.
    fn unpublish(&self) {
        fs::remove_file(self.office.path("tree")).unwrap();
    }

    /// A minute later, with some authorities changed.
    fn change(&mut self) {
        self.world.time += 60;
        let round = u64::from(self.published);
        assert!(!self.world.churn(50.0, round).unwrap().is_empty());
        self.publish();
    }

    fn serve(&self, more: &str) -> Service {
        let fetching =
            "--state home/route --tal tals/anchor0.tal --no-rrdp --rsync ./rsync --interval 1";
        Service::start_with(&self.office, 512, &format!("{fetching} {more}"))
    }
}

fn vrps(service: &Service) -> Option<BTreeSet<Vrp>> {
    let (code, csv) = service.page("/csv");
    let table = (code == 200).then(|| VrpTable::parse(csv.as_bytes()).unwrap());
    Some(table?.as_slice().iter().copied().collect())
}

#[track_caller]
fn wait(service: &Service, what: &str, seen: impl Fn() -> bool) {
    for _ in 0..2_400 {
        if seen() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{what}: {:?}", service.page("/status"));
}

#[track_caller]
fn wait_for(service: &Service, expected: &BTreeSet<Vrp>) {
    wait(service, "no such table", || {
        vrps(service).as_ref() == Some(expected)
    });
}

fn status(service: &Service) -> Value {
    serde_json::from_str(&service.page("/status").1).unwrap()
}

fn with(world: &World, more: &str) -> BTreeSet<Vrp> {
    let added = VrpTable::parse(format!("ASN,IP Prefix,Max Length\n{more}\n").as_bytes());
    let added = added.unwrap();
    world
        .vrps()
        .into_iter()
        .chain(added.as_slice().iter().copied())
        .collect()
}

fn exceptions(stage: &Stage, asn: u32) {
    let text = format!(
        r#"{{"slurmVersion": 1,
            "validationOutputFilters": {{"prefixFilters": [], "bgpsecFilters": []}},
            "locallyAddedAssertions": {{"bgpsecAssertions": [],
                "prefixAssertions": [{{"prefix": "192.0.2.0/24", "asn": {asn}}}]}}}}"#
    );
    fs::write(stage.office.path("local.json"), text).unwrap();
}

#[test]
fn a_service_fetches_by_itself_keeps_every_run_and_goes_on_when_servers_fail() {
    let mut stage = Stage::new();
    exceptions(&stage, 64_500);
    let service = stage.serve("--slurm local.json --record");
    wait_for(&service, &with(&stage.world, "64500,192.0.2.0/24,24"));
    let (session, serial) = service.state();
    stage.change();
    wait_for(&service, &with(&stage.world, "64500,192.0.2.0/24,24"));
    assert_eq!(service.state(), (session, serial + 1));
    assert!(service.page("/health").1.contains("last good run: "));

    // A broken file of exceptions keeps the former one, and says so.
    fs::write(stage.office.path("local.json"), "{").unwrap();
    wait(&service, "nothing is said", || {
        status(&service)["exceptions"]["problem"].is_string()
    });
    assert_eq!(
        vrps(&service).unwrap(),
        with(&stage.world, "64500,192.0.2.0/24,24")
    );
    exceptions(&stage, 64_501);
    service.signal("HUP");
    wait_for(&service, &with(&stage.world, "64501,192.0.2.0/24,24"));
    assert!(status(&service)["exceptions"]["problem"].is_null());

    // Servers that fail change nothing that routers are told.
    stage.unpublish();
    wait(&service, "no failure is told", || {
        let metrics = service.page("/metrics").1;
        metrics.contains("modu_route_source_failed{source=\"rsync://host0.modu.example/repo/\",code=\"rsync.failed\"} 1")
            && metrics.contains("modu_route_sources{state=\"failed\"} 1")
    });
    assert_eq!(
        vrps(&service).unwrap(),
        with(&stage.world, "64501,192.0.2.0/24,24")
    );
    // Without a good run for three intervals it is not well.
    wait(&service, "it is well", || service.page("/health").0 == 503);
    stage.change();
    wait_for(&service, &with(&stage.world, "64501,192.0.2.0/24,24"));
    wait(&service, "it is not well", || {
        service.page("/health").0 == 200
    });
    assert_eq!(service.end(), 0);

    let (code, history) =
        stage
            .office
            .ask(&["route", "history", "--state", "home/route", "--check"]);
    assert_eq!(code, 0, "{history}");
    let at = ["route", "at", "last", "--state", "home/route"];
    let last = stage.office.modu(&at).expect_code(0).out;
    let last = VrpTable::parse(last.as_bytes()).unwrap();
    assert_eq!(
        last.len(),
        stage.world.vrps().len(),
        "the history holds what was validated"
    );
    // Every run was recorded, and can be done again.
    stage
        .office
        .modu(&["evidence", "replay", "0"])
        .expect_code(0);
}

#[test]
fn what_is_held_stays_with_routers_over_a_restart_without_cache_and_servers() {
    let stage = Stage::new();
    let service = stage.serve("");
    wait_for(&service, &stage.world.vrps());
    let state = service.state();
    assert_eq!(service.end(), 0);

    // Everything that was fetched is lost, and nobody answers.
    fs::remove_dir_all(stage.office.path("home/route/cache")).unwrap();
    fs::remove_file(stage.office.path("home/route/latest.tree")).unwrap();
    stage.unpublish();
    let holds = ["route", "holds", "--state", "home/route"];
    for _ in 0..2 {
        let service = stage.serve("");
        wait_for(&service, &stage.world.vrps());
        assert_eq!(service.state(), state);
        assert_eq!(stage.office.ask(&holds).0, 1);
        let held = status(&service)["held_back"][0].clone();
        assert_eq!(held["vrps"], stage.world.vrps().len());
        assert_eq!(held["aspas"], stage.world.aspas().len());
        assert_eq!(service.end(), 0);
    }
    let mut stage = stage;
    stage.publish();
    let service = stage.serve("");
    wait_for(&service, &stage.world.vrps());
    wait(&service, "it is still held", || {
        status(&service)["held_back"]
            .as_array()
            .is_some_and(Vec::is_empty)
    });
    assert_eq!(vrps(&service), Some(stage.world.vrps()));
    assert_eq!(service.state(), state);
    assert_eq!(service.end(), 0);
}

#[test]
fn killed_at_any_moment_a_service_loses_nothing() {
    let mut stage = Stage::new();
    let mut known: Option<([u8; 2], u32)> = None;
    let mut runs = 0;
    for round in 0..6 {
        let service = stage.serve("--record");
        wait_for(&service, &stage.world.vrps());
        let (session, serial) = service.state();
        if let Some((before, at)) = known {
            assert_eq!(session, before, "the session goes on");
            assert!(serial >= at, "{serial} after {at}");
        }
        known = Some((session, serial));
        stage.change();
        // Somewhere in the next update.
        std::thread::sleep(Duration::from_millis(700 + 170 * round));
        service.kill();
        let check = ["route", "history", "--state", "home/route", "--check"];
        let (code, history) = stage.office.ask(&check);
        assert_eq!(code, 0, "{history}");
        let kept = fs::read_dir(stage.office.path("home/route/runs")).unwrap();
        let kept = kept
            .flatten()
            .filter(|it| it.path().extension().is_some_and(|it| it == "run"));
        let kept = kept.count();
        assert!(kept > runs, "{kept} after {runs}");
        runs = kept;
    }
    let service = stage.serve("");
    wait_for(&service, &stage.world.vrps());
    assert_eq!(service.end(), 0);
    // What was recorded is a whole log, and can be done again.
    stage.office.modu(&["evidence", "replay"]).expect_code(0);
    let at = ["route", "at", "last", "--state", "home/route"];
    let last = stage.office.modu(&at).expect_code(0).out;
    let last: BTreeSet<Vrp> = VrpTable::parse(last.as_bytes())
        .unwrap()
        .as_slice()
        .iter()
        .copied()
        .collect();
    assert_eq!(last, stage.world.vrps());
}
