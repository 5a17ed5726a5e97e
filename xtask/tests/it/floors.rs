//! Dependencies point one way, downwards, and two engines never know each
//! other (ARCHITECTURE.md, "Rooms").
//!
//! Every crate of the workspace stands on a floor. It may use crates of lower
//! floors only, and an engine only the floors made for engines. What touches
//! the clock, the network or a database is closed to the pure floors, also
//! through other people's crates. Development dependencies are not looked at:
//! a test may use what its crate must not.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, PackageId};

/// The floors, from the ground up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Floor {
    /// The few types that all share.
    Kernel,
    /// Pure crafts that engines share.
    Craft,
    /// Pure methods of one field, built on the crafts.
    Method,
    /// Where artifacts and evidence are kept. Beside the crafts, not above:
    /// neither knows the other, and engines know only the crafts.
    Keeping,
    /// Engines.
    Engine,
    /// Somebody else's runtime behind a craft's interface: a heavy build, so
    /// only behind a feature, and used by effects alone.
    Adapter,
    /// The effects of an engine's field: sandboxes, sockets.
    Effects,
    /// Organisations, people and projects. All SQL of servers lives here, and
    /// no engine: what an engine found comes as evidence.
    Programme,
    /// What programs and the programme say to one another, as types; and what
    /// providers of identity say to it.
    Wire,
    /// What people and programs see of the programme.
    Door,
    /// The program.
    Program,
    /// Chores; nobody depends on them.
    Chores,
}

/// Where every crate stands. A new crate is added here, deliberately.
const HOUSE: [(&str, Floor); 32] = [
    ("modu-kernel", Floor::Kernel),
    ("modu-statistics", Floor::Craft),
    ("modu-onnx", Floor::Craft),
    ("modu-parquet", Floor::Craft),
    ("modu-survival", Floor::Method),
    ("modu-store", Floor::Keeping),
    ("modu-evidence", Floor::Keeping),
    ("modu-care", Floor::Engine),
    ("modu-proof", Floor::Engine),
    ("modu-route", Floor::Engine),
    ("modu-vuln", Floor::Engine),
    ("modu-onnx-runtime", Floor::Adapter),
    ("modu-onnx-tract", Floor::Adapter),
    ("modu-care-records", Floor::Effects),
    ("modu-proof-run", Floor::Effects),
    ("modu-vuln-host", Floor::Effects),
    ("modu-vuln-store", Floor::Effects),
    ("modu-proof-datafusion", Floor::Effects),
    ("modu-route-net", Floor::Effects),
    ("modu-route-world", Floor::Effects),
    ("modu-programme", Floor::Programme),
    ("modu-programme-net", Floor::Door),
    ("modu-openid", Floor::Wire),
    ("modu-wire", Floor::Wire),
    ("modu-api", Floor::Door),
    ("modu-client", Floor::Door),
    ("modu-console", Floor::Door),
    ("modu-node", Floor::Door),
    ("modu", Floor::Program),
    ("modu-cluster", Floor::Chores),
    ("modu-fuzz", Floor::Chores),
    ("xtask", Floor::Chores),
];

/// Closed to the pure floors, however far down the tree they stand.
const CLOSED_AT_ANY_DEPTH: [&str; 14] = [
    "axum",
    "diesel",
    "hyper",
    "libsqlite3-sys",
    "mio",
    "object_store",
    "postgres",
    "reqwest",
    "rusqlite",
    "socket2",
    "sqlx",
    "tokio",
    "tokio-postgres",
    "ureq",
];

/// Closed to the pure floors as their own dependency. Arrow brings some of
/// these along for types that we do not use, so the depth is not searched.
const CLOSED_DIRECTLY: [&str; 8] = [
    "chrono",
    "fastrand",
    "getrandom",
    "jiff",
    "rand",
    "rustix",
    "tempfile",
    "time",
];

/// Allowed all the same: these count days and months on the calendar, and
/// `purity` sees that they ask no clock and no time zone of the machine.
const CALENDAR: [(&str, &str); 2] = [("modu-care", "jiff"), ("modu-vuln", "jiff")];

impl Floor {
    fn is_pure(self) -> bool {
        matches!(
            self,
            Self::Kernel | Self::Craft | Self::Method | Self::Engine
        )
    }

    fn may_use(self, other: Self) -> bool {
        use Floor::{
            Adapter, Chores, Craft, Door, Effects, Engine, Keeping, Kernel, Method, Program,
            Programme, Wire,
        };
        match self {
            Kernel => false,
            Craft | Keeping => other == Kernel,
            Method => matches!(other, Kernel | Craft),
            Engine | Adapter => matches!(other, Kernel | Craft | Method),
            Effects => matches!(other, Kernel | Craft | Method | Engine | Adapter),
            Programme => matches!(other, Kernel | Keeping),
            Wire => other == Kernel,
            Door => matches!(other, Kernel | Keeping | Programme | Wire),
            Program => other < Program,
            Chores => other < Chores,
        }
    }
}

/// Who depends on whom, by name: our crates, and what they use of others'.
#[derive(Default, Clone)]
struct Graph {
    members: BTreeSet<String>,
    uses: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// The edges of our crates as the manifests say them.
    fn of(metadata: &Metadata) -> Self {
        let name = |id: &PackageId| metadata[id].name.to_string();
        let mut graph = Self {
            members: metadata.workspace_members.iter().map(name).collect(),
            uses: BTreeMap::new(),
        };
        for node in &metadata.resolve.as_ref().expect("resolved").nodes {
            if !graph.members.contains(&name(&node.id)) {
                continue;
            }
            let used = node.deps.iter().filter(|dependency| {
                let mut kinds = dependency.dep_kinds.iter();
                kinds.any(|kind| kind.kind != DependencyKind::Development)
            });
            let used = used.map(|dependency| name(&dependency.pkg));
            graph.uses.entry(name(&node.id)).or_default().extend(used);
        }
        graph
    }

    /// Adds what stands below one crate when it is built alone. The workspace
    /// as a whole joins the features that its crates ask of a library, so that
    /// a library's network part, which one crate uses, would seem to be below
    /// every crate that uses the library.
    fn add_tree(&mut self, name: &str) {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = std::process::Command::new(cargo)
            .current_dir(super::root())
            .args(["tree", "--locked", "--all-features", "--package", name])
            .args(["--edges", "normal,build", "--prefix", "depth"])
            .args(["--target", "x86_64-unknown-linux-gnu", "--format", " {p}"])
            .output()
            .unwrap();
        let tree = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "cargo tree of {name}");
        let mut path: Vec<String> = Vec::new();
        for line in tree.lines() {
            let mut words = line.split_whitespace();
            let depth: usize = words.next().unwrap().parse().unwrap();
            let used = words.next().unwrap();
            path.truncate(depth);
            if let Some(user) = path.last().cloned() {
                self.add(&user, used);
            }
            path.push(used.to_owned());
        }
    }

    fn add(&mut self, user: &str, used: &str) {
        self.uses
            .entry(user.to_owned())
            .or_default()
            .insert(used.to_owned());
    }

    fn used_by(&self, name: &str) -> impl Iterator<Item = &str> {
        self.uses
            .get(name)
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    /// Everything below a crate, with the crate that brings it.
    fn below(&self, name: &str) -> BTreeMap<&str, &str> {
        let mut seen = BTreeMap::new();
        let Some((name, _)) = self.uses.get_key_value(name) else {
            return seen;
        };
        let mut waiting = vec![name.as_str()];
        while let Some(user) = waiting.pop() {
            for used in self.used_by(user) {
                if seen.insert(used, user).is_none() {
                    waiting.push(used);
                }
            }
        }
        seen
    }

    /// Every rule that is broken, in words.
    fn violations(&self) -> Vec<String> {
        let house: BTreeMap<_, _> = HOUSE.into_iter().collect();
        let mut violations = Vec::new();
        for member in &self.members {
            let Some(floor) = house.get(member.as_str()) else {
                violations.push(format!("{member} has no floor: add it to HOUSE"));
                continue;
            };
            for used in self.used_by(member) {
                match house.get(used) {
                    Some(other) if !floor.may_use(*other) => violations.push(format!(
                        "{member} ({floor:?}) must not depend on {used} ({other:?})"
                    )),
                    None if floor.is_pure()
                        && CLOSED_DIRECTLY.contains(&used)
                        && !CALENDAR.contains(&(member.as_str(), used)) =>
                    {
                        violations.push(format!("{member} is pure and must not depend on {used}"));
                    }
                    _ => {}
                }
            }
            if floor.is_pure() {
                violations.extend(
                    self.below(member)
                        .into_iter()
                        .filter(|(used, _)| CLOSED_AT_ANY_DEPTH.contains(used))
                        .map(|(used, by)| {
                            format!("{member} is pure and must not reach {used} (through {by})")
                        }),
                );
            }
        }
        violations
    }
}

/// The graph as Cargo resolves it for all features on Linux.
fn ours() -> Graph {
    static OURS: std::sync::LazyLock<Graph> = std::sync::LazyLock::new(resolved);
    OURS.clone()
}

fn resolved() -> Graph {
    let manifest = super::root().join("Cargo.toml");
    let platform = "--filter-platform=x86_64-unknown-linux-gnu".to_owned();
    let metadata = MetadataCommand::new()
        .manifest_path(manifest)
        .features(CargoOpt::AllFeatures)
        .other_options([platform])
        .exec()
        .unwrap();
    let mut graph = Graph::of(&metadata);
    for (name, floor) in HOUSE {
        if floor.is_pure() {
            graph.add_tree(name);
        }
    }
    graph
}

#[test]
fn no_crate_depends_on_what_its_floor_forbids() {
    assert_eq!(ours().violations(), Vec::<String>::new());
}

#[test]
fn the_house_lists_every_crate_and_no_other() {
    let listed: BTreeSet<_> = HOUSE.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(ours().members, listed);
}

#[test]
fn a_made_up_forbidden_edge_is_found() {
    for (user, used) in [
        ("modu-proof", "modu-evidence"),
        ("modu-proof", "modu-store"),
        ("modu-proof", "modu-proof-run"),
        ("modu-proof", "modu-onnx-tract"),
        ("modu-onnx", "modu-onnx-tract"),
        ("modu-onnx-tract", "modu-proof"),
        ("modu-proof", "jiff"),
        ("modu-proof", "tokio"),
        ("modu-programme", "modu-proof"),
        ("modu-programme", "modu-console"),
        ("modu-console", "modu-route"),
        ("modu-route", "rusqlite"),
        ("modu-kernel", "modu-statistics"),
        ("modu-statistics", "modu-survival"),
        ("modu-survival", "modu-care"),
        ("modu-care", "modu-care-records"),
        ("modu-statistics", "modu-onnx"),
        ("modu-store", "modu-evidence"),
        ("modu-evidence", "modu-store"),
        ("modu-onnx", "getrandom"),
        ("modu-proof-run", "modu-evidence"),
        ("modu-route", "modu-route-net"),
        ("modu-route", "tokio"),
        ("modu-evidence", "modu"),
        ("modu", "xtask"),
    ] {
        let mut graph = ours();
        let before = graph.violations();
        graph.add(user, used);
        let added: Vec<_> = graph
            .violations()
            .into_iter()
            .filter(|violation| !before.contains(violation))
            .collect();
        assert!(
            added.iter().any(|v| v.contains(user) && v.contains(used)),
            "{user} -> {used}: {added:?}"
        );
    }
}

#[test]
fn a_forbidden_crate_is_found_behind_others() {
    let mut graph = ours();
    graph.add("modu-proof", "innocent");
    graph.add("innocent", "middle");
    graph.add("middle", "rusqlite");
    let violations = graph.violations();
    let expected = "modu-proof is pure and must not reach rusqlite (through middle)";
    assert!(violations.contains(&expected.to_owned()), "{violations:?}");
}

#[test]
fn an_engine_that_knows_another_engine_is_found() {
    assert!(!Floor::Engine.may_use(Floor::Engine));
}

#[test]
fn a_crate_without_a_floor_is_found() {
    let mut graph = ours();
    graph.members.insert("modu-new".to_owned());
    let violations = graph.violations();
    assert!(
        violations
            .iter()
            .any(|v| v.contains("modu-new has no floor"))
    );
}
