//! A world, its servers, and a cache that is brought up to date from them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use modu_kernel::NoProgress;
use modu_route::repository::Source;
use modu_route::validate::{Locator, ValidatedTree};
use modu_route_net::cache::Cache;
use modu_route_net::fetch::{SourceReport, UpdateSettings, Updated, update};
use modu_route_net::{Budgets, Failure, RsyncSettings};
use modu_route_world::{Host, Keys, RrdpServer, Shape, World};

use crate::server::Server;

/// Budgets that a test has the patience for.
pub(crate) fn budgets() -> Budgets {
    Budgets {
        source_time: Duration::from_secs(60),
        run_time: Duration::from_secs(180),
        patience: Duration::from_millis(300),
        file_bytes: 8 << 20,
        source_bytes: 16 << 20,
        notification_bytes: 1 << 20,
        ..Budgets::default()
    }
}

/// A shape whose hosts speak RRDP.
pub(crate) fn rrdp_shape(hosts: usize) -> Shape {
    Shape {
        hosts: (0..hosts)
            .map(|number| Host::example(number, true))
            .collect(),
        ..Shape::default()
    }
}

/// All that a test of fetching needs.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) server: Server,
    pub(crate) servers: BTreeMap<usize, RrdpServer>,
    pub(crate) state: tempfile::TempDir,
    pub(crate) budgets: Budgets,
    pub(crate) rsync: Option<RsyncSettings>,
    pub(crate) prior: Option<Arc<ValidatedTree>>,
}

impl Scene {
    /// A world of this shape, published by RRDP where its hosts speak it.
    pub(crate) fn new(shape: &Shape) -> Self {
        let world = World::new(shape, Keys::shared()).unwrap();
        let names: Vec<String> = (0..shape.hosts.len())
            .map(|number| format!("host{number}.modu.example"))
            .collect();
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.push("elsewhere.modu.example");
        let mut scene = Self {
            world,
            server: Server::start(&names),
            servers: BTreeMap::new(),
            state: tempfile::tempdir().unwrap(),
            budgets: budgets(),
            rsync: None,
            prior: None,
        };
        scene.publish();
        scene
    }

    /// Puts what the world is now onto the servers, as the next serial.
    pub(crate) fn publish(&mut self) {
        self.server.put(self.world.rrdp_files(&mut self.servers));
    }

    /// A minute later, with some authorities changed and published.
    pub(crate) fn change(&mut self, round: u64) {
        self.world.time += 60;
        let changed = self.world.churn(50.0, round).unwrap();
        assert!(!changed.is_empty());
        self.publish();
    }

    /// The notification URI of a host.
    pub(crate) fn notify(&self, host: usize) -> String {
        self.world.shape.hosts[host].notify.clone().unwrap()
    }

    pub(crate) fn locators(&self) -> Vec<Locator> {
        locators(&self.world)
    }

    pub(crate) fn settings(&self) -> UpdateSettings {
        UpdateSettings {
            rrdp: Some(self.server.settings()),
            rsync: self.rsync.clone(),
            budgets: self.budgets.clone(),
        }
    }

    /// Updates at the world's time, and remembers the tree.
    pub(crate) fn update(&mut self) -> Updated {
        let cache = Cache::open(self.state.path()).unwrap();
        self.update_in(&cache)
    }

    pub(crate) fn update_in(&mut self, cache: &Cache) -> Updated {
        let time = self.world.time;
        let updated = update(
            cache,
            &self.settings(),
            &self.locators(),
            self.prior.as_deref(),
            &|| time,
            &NoProgress,
        )
        .unwrap();
        self.prior = Some(updated.tree.clone());
        updated
    }

    /// Whether an update found exactly the world's VRPs.
    #[track_caller]
    pub(crate) fn assert_all(&self, updated: &Updated) {
        assert_eq!(vrps(updated), self.world.vrps(), "{:#?}", updated.report);
    }
}

/// The locators of a world's trust anchors.
pub(crate) fn locators(world: &World) -> Vec<Locator> {
    let locators = world.locators().unwrap().into_iter();
    locators
        .map(|(name, text)| Locator::parse(&name, text.as_bytes()).unwrap())
        .collect()
}

/// The VRPs that an update found.
pub(crate) fn vrps(updated: &Updated) -> BTreeSet<modu_route::Vrp> {
    updated
        .tree
        .payloads()
        .vrps
        .as_slice()
        .iter()
        .copied()
        .collect()
}

/// How a source went.
#[track_caller]
pub(crate) fn report<'a>(updated: &'a Updated, source: &Source) -> &'a SourceReport {
    let mut found = updated.report.sources.iter();
    let found = found.find(|report| report.source == *source);
    found.unwrap_or_else(|| panic!("{source:?} was not asked: {:#?}", updated.report))
}

/// Why a notification URI's source failed.
#[track_caller]
pub(crate) fn failure<'a>(updated: &'a Updated, notify: &str) -> &'a Failure {
    let report = report(updated, &Source::Rrdp(notify.to_owned()));
    report.outcome.as_ref().unwrap_err()
}

/// A program that stands for `rsync`: a shell script that is given the source
/// and the target as `$from` (without `rsync://`) and `$to`.
pub(crate) fn rsync_script(folder: &Path, script: &str) -> RsyncSettings {
    use std::os::unix::fs::PermissionsExt as _;
    let program = folder.join("rsync-script");
    let text = format!(
        "#!/bin/sh\nfor it; do from=\"$to\"; to=\"$it\"; done\nfrom=\"${{from#rsync://}}\"\n{script}\n"
    );
    fs::write(&program, text).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    RsyncSettings {
        program,
        local_hosts: false,
    }
}

/// A program that copies from a folder in rsync's layout.
pub(crate) fn rsync_from(folder: &Path, tree: &Path) -> RsyncSettings {
    let tree = tree.display();
    rsync_script(
        folder,
        &format!(
            "[ -e \"{tree}/$from\" ] || {{ echo 'no such module' >&2; exit 5; }}\n\
             if [ -d \"{tree}/$from\" ]; then rm -rf \"$to\"; cp -rp \"{tree}/$from\" \"$to\"; else cp -p \"{tree}/$from\" \"$to\"; fi"
        ),
    )
}
