//! What a hostile authority may publish, through the public door: only its own
//! subtree changes, the run goes on, every refusal has a reason, and the last
//! good state stands where one is known.
//!
//! The stage of nearly all tests, with the attacker in the middle:
//!
//! ```text
//! 0 anchor
//! ├─ 1 attacker ── 2, 3
//! └─ 4 ── 5
//! ```

mod anchors;
mod chains;
mod objects;
mod points;
mod shared;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use bytes::Bytes;
use modu_kernel::NoProgress;
use modu_route::Vrp;
use modu_route::validate::{
    Authority, Decision, Locator, Object, ObjectOutcome, ValidateRequest, ValidatedTree, run,
};
use modu_route_world::{Keys, Shape, World};

/// The authority that turns hostile.
pub(crate) const ATTACKER: usize = 1;
/// One that it would like to harm.
pub(crate) const VICTIM: usize = 4;

/// The honest world and what is believed of it; signed once.
pub(crate) fn stage() -> World {
    static STAGE: LazyLock<World> = LazyLock::new(|| {
        let shape = Shape {
            authorities: 5,
            aspas: 5,
            ..Shape::default()
        };
        World::new(&shape, Keys::shared()).unwrap()
    });
    STAGE.clone()
}

/// What is believed of the honest world.
pub(crate) fn before() -> ValidatedTree {
    static BEFORE: LazyLock<ValidatedTree> = LazyLock::new(|| validate(&stage(), None));
    BEFORE.clone()
}

/// Validates a world at its time, with memory and without: the law that both
/// give the same holds in every attack.
pub(crate) fn validate(world: &World, prior: Option<&ValidatedTree>) -> ValidatedTree {
    validate_at(world, world.time, prior)
}

pub(crate) fn validate_at(
    world: &World,
    time: i64,
    prior: Option<&ValidatedTree>,
) -> ValidatedTree {
    judged(world, &[&stage()], time, prior)
}

/// The same where the packs of earlier worlds are still kept: whoever fetches
/// keeps what a tree names.
pub(crate) fn validate_kept(
    world: &World,
    kept: &[&World],
    prior: Option<&ValidatedTree>,
) -> ValidatedTree {
    judged(world, kept, world.time, prior)
}

fn judged(
    world: &World,
    kept: &[&World],
    time: i64,
    prior: Option<&ValidatedTree>,
) -> ValidatedTree {
    let (index, mut packs) = world.repository().unwrap();
    for earlier in kept {
        packs.0.extend(earlier.repository().unwrap().1.0);
    }
    let locators = locators(world);
    let judge = |memory: bool| {
        let mut request = ValidateRequest::at(time);
        request.memory = memory;
        run(&request, &locators, &index, &packs, prior, &NoProgress).unwrap()
    };
    let tree = judge(true);
    assert_eq!(tree, judge(false), "memory changed what was decided");
    tree
}

pub(crate) fn locators(world: &World) -> Vec<Locator> {
    let locators = world.locators().unwrap();
    let parse = |(name, text): &(String, String)| Locator::parse(name, text.as_bytes());
    locators.iter().map(|it| parse(it).unwrap()).collect()
}

/// The VRPs of a tree.
pub(crate) fn vrps(tree: &ValidatedTree) -> BTreeSet<Vrp> {
    tree.payloads().vrps.as_slice().iter().copied().collect()
}

/// An authority of the tree, by its certificate.
pub(crate) fn authority<'a>(
    tree: &'a ValidatedTree,
    world: &World,
    number: usize,
) -> &'a Authority {
    let uri = world.certificate_uri(number);
    let mut found = tree.authorities.iter().filter(|it| *it.certificate == *uri);
    found.next().expect("it is in the tree")
}

/// Why what was fetched of a point is not believed; whether it was kept.
pub(crate) fn refusal(tree: &ValidatedTree, world: &World, number: usize) -> (String, bool) {
    match &authority(tree, world, number).decision {
        Decision::Current(_) => ("current".into(), true),
        Decision::Kept(fallback) => (fallback.reason.code.clone(), true),
        Decision::Refused(reason) => (reason.code.clone(), false),
    }
}

/// An object of an authority.
pub(crate) fn object<'a>(
    tree: &'a ValidatedTree,
    world: &World,
    number: usize,
    name: &str,
) -> &'a Object {
    let objects = &authority(tree, world, number).objects;
    let mut found = objects.iter().filter(|it| it.name == name);
    found.next().expect("it is listed")
}

/// Why an object is not believed.
pub(crate) fn rejection(tree: &ValidatedTree, world: &World, number: usize, name: &str) -> String {
    match &object(tree, world, number, name).outcome {
        ObjectOutcome::Rejected(reason) => reason.code.clone(),
        other => format!("{other:?}"),
    }
}

/// The first ROA of an authority: its file name and bytes.
pub(crate) fn first_roa(world: &World, number: usize) -> (String, Bytes) {
    let name = world.authorities[number].roas[0].name();
    let bytes = world.points[number][&name].clone();
    (name, bytes)
}

/// The VRPs of the honest world without those of an authority's first ROA.
pub(crate) fn all_but_first_roa(number: usize) -> BTreeSet<Vrp> {
    let world = stage();
    let lost: BTreeSet<_> = world.authorities[number].roas[0].vrps().collect();
    world.vrps().difference(&lost).copied().collect()
}

/// A point that cannot be used: without an earlier state the attacker and
/// those below it are lost, with one it stands; nobody else is touched.
pub(crate) fn point_is_refused(world: &World, code: &str) {
    point_is_refused_at(world, world.time, code);
}

pub(crate) fn point_is_refused_at(world: &World, time: i64, code: &str) {
    let honest = stage();
    let fresh = validate_at(world, time, None);
    assert_eq!(refusal(&fresh, world, ATTACKER), (code.to_owned(), false));
    assert_eq!(vrps(&fresh), honest.vrps_without(ATTACKER));

    let kept = validate_at(world, time, Some(&before()));
    assert_eq!(refusal(&kept, world, ATTACKER), (code.to_owned(), true));
    assert_eq!(vrps(&kept), honest.vrps());
}

/// One object that cannot be used: the rest of its point stands.
pub(crate) fn object_is_rejected(world: &World, name: &str, code: &str) {
    for prior in [None, Some(before())] {
        let tree = validate(world, prior.as_ref());
        assert_eq!(refusal(&tree, world, ATTACKER).0, "current");
        assert_eq!(rejection(&tree, world, ATTACKER, name), code, "{name}");
        assert_eq!(vrps(&tree), all_but_first_roa(ATTACKER));
    }
}
