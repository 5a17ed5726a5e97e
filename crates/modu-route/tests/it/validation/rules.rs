//! The rules, one by one.

use super::{Fetched, authority, code, rejected, world};
use modu_route_world::Shape;

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
