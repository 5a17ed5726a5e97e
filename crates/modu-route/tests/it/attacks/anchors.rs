//! Trust anchors' certificates that are not what they were.

use modu_route_world::World;

use super::{before, stage, validate_kept, vrps};

fn kept(tree: &modu_route::validate::ValidatedTree) -> Option<&str> {
    tree.anchors[0]
        .kept
        .as_ref()
        .map(|reason| reason.code.as_str())
}

fn refused(tree: &modu_route::validate::ValidatedTree) -> &str {
    match &tree.anchors[0].authority {
        Ok(_) => "believed",
        Err(reason) => &reason.code,
    }
}

#[test]
fn an_older_certificate_than_the_one_believed_is_a_replay() {
    let old = stage();
    let mut new = stage();
    new.time += 3_600;
    new.reissue(0).unwrap();
    let good = validate_kept(&new, &[&old], Some(&before()));
    assert_eq!(kept(&good), None);
    let mut replayed = new.clone();
    replayed.anchors = old.anchors.clone();
    let tree = validate_kept(&replayed, &[&old, &new], Some(&good));
    assert_eq!(kept(&tree), Some("anchor.older"));
    let digest =
        |tree: &modu_route::validate::ValidatedTree| tree.authorities[0].certificate_digest;
    assert_eq!(digest(&tree), digest(&good));
    assert_eq!(vrps(&tree), stage().vrps());
}

/// A changed certificate is refused where it is the first, and where one was
/// believed before that one stands.
fn certificate_is_refused(world: &World, code: &str) {
    let fresh = validate_kept(world, &[], None);
    assert_eq!(refused(&fresh), code);
    assert!(vrps(&fresh).is_empty());
    let stage = stage();
    let tree = validate_kept(world, &[&stage], Some(&before()));
    assert_eq!(kept(&tree), Some(code));
    assert_eq!(vrps(&tree), stage.vrps());
}

#[test]
fn a_certificate_that_cannot_be_used_does_not_replace_one_that_can() {
    let with = |bytes: &[u8]| {
        let mut world = stage();
        world
            .anchors
            .insert(0, bytes::Bytes::copy_from_slice(bytes));
        world
    };
    certificate_is_refused(&with(b""), "certificate.malformed");
    certificate_is_refused(&with(&[0x30; 5_000]), "certificate.malformed");
    let child = stage().points[0][&format!("{}.cer", stage().authorities[1].name)].clone();
    certificate_is_refused(&with(&child), "anchor.key");
    let mut expired = stage();
    expired.authorities[0].not_after = expired.time - 3_600;
    expired.reissue(0).unwrap();
    certificate_is_refused(&expired, "certificate.expired");
    let mut early = stage();
    early.time += 2 * 86_400;
    early.reissue(0).unwrap();
    early.time = stage().time;
    certificate_is_refused(&early, "certificate.early");
}

#[test]
fn a_huge_certificate_is_refused_before_it_is_read() {
    let mut world = stage();
    world.anchors.insert(0, vec![0x30; 5 << 20].into());
    certificate_is_refused(&world, "limit.certificate");
}
