//! Manifests and revocation lists that lie: the whole point is at stake.

use modu_route::repository::PointPack;
use modu_route::validate::{ValidateRequest, run};
use modu_route_world::spoil::{self, Body, SignedObject, extension};
use modu_route_world::{ManifestList, World};

use super::{
    ATTACKER, VICTIM, before, first_roa, locators, point_is_refused, point_is_refused_at, refusal,
    stage, validate, validate_at, validate_kept, vrps,
};

fn manifest_name(world: &World, number: usize) -> String {
    format!("{}.mft", world.authorities[number].name)
}

fn list_name(world: &World) -> String {
    format!("{}.crl", world.authorities[ATTACKER].name)
}

/// The stage with the attacker's point changed by hand.
fn with_point(change: impl FnOnce(&mut World)) -> World {
    let mut world = stage();
    change(&mut world);
    world
}

/// The stage with the attacker's manifest saying something else.
fn with_list(change: impl FnOnce(&mut ManifestList)) -> World {
    with_point(|world| {
        let mut list = world.manifest_list(ATTACKER);
        list.number += 1;
        list.this_update += 1;
        change(&mut list);
        world.time += 1;
        world.put_manifest(ATTACKER, &list).unwrap();
    })
}

/// The stage with the attacker's manifest bent.
fn with_manifest(change: impl FnOnce(&mut SignedObject)) -> World {
    with_point(|world| {
        let name = manifest_name(world, ATTACKER);
        let mut manifest = SignedObject::parse(&world.points[ATTACKER][&name]).unwrap();
        change(&mut manifest);
        manifest.sign(world.keys()).unwrap();
        world.points[ATTACKER].insert(name, manifest.to_bytes());
    })
}

#[test]
fn a_withheld_object_refuses_its_point() {
    let world = with_point(|world| {
        let (name, _) = first_roa(world, ATTACKER);
        world.points[ATTACKER].remove(&name);
    });
    point_is_refused(&world, "object.missing");
}

#[test]
fn a_swapped_or_truncated_object_refuses_its_point() {
    let swapped = with_point(|world| {
        let (name, _) = first_roa(world, ATTACKER);
        let (_, other) = first_roa(world, VICTIM);
        world.points[ATTACKER].insert(name, other);
    });
    point_is_refused(&swapped, "object.hash");
    let truncated = with_point(|world| {
        let (name, bytes) = first_roa(world, ATTACKER);
        world.points[ATTACKER].insert(name, bytes.slice(..bytes.len() - 1));
    });
    point_is_refused(&truncated, "object.hash");
}

#[test]
fn a_missing_truncated_or_swapped_manifest_refuses_its_point() {
    let missing = with_point(|world| {
        let name = manifest_name(world, ATTACKER);
        world.points[ATTACKER].remove(&name);
    });
    point_is_refused(&missing, "manifest.missing");
    let truncated = with_point(|world| {
        let name = manifest_name(world, ATTACKER);
        let bytes = world.points[ATTACKER][&name].clone();
        world.points[ATTACKER].insert(name, bytes.slice(..bytes.len() / 2));
    });
    point_is_refused(&truncated, "manifest.malformed");
    let swapped = with_point(|world| {
        let other = world.points[VICTIM][&manifest_name(world, VICTIM)].clone();
        let name = manifest_name(world, ATTACKER);
        world.points[ATTACKER].insert(name, other);
    });
    point_is_refused(&swapped, "manifest.signature");
}

#[test]
fn a_point_that_was_not_fetched_is_missing_and_the_last_good_one_stands() {
    let world = stage();
    let locators = locators(&world);
    let (mut index, packs) = world.repository().unwrap();
    index
        .points
        .retain(|key, _| key.folder != world.folder(ATTACKER));
    let request = ValidateRequest::at(world.time);
    let judge = |prior| {
        let progress = &modu_kernel::NoProgress;
        run(&request, &locators, &index, &packs, prior, progress).unwrap()
    };
    let fresh = judge(None);
    assert_eq!(
        refusal(&fresh, &world, ATTACKER),
        ("point.missing".into(), false)
    );
    assert_eq!(vrps(&fresh), world.vrps_without(ATTACKER));
    let kept = judge(Some(&before()));
    assert_eq!(
        refusal(&kept, &world, ATTACKER),
        ("point.missing".into(), true)
    );
    assert_eq!(vrps(&kept), world.vrps());
}

#[test]
fn a_revocation_list_that_is_missing_unlisted_or_doubled_refuses_its_point() {
    let missing = with_point(|world| {
        let name = list_name(world);
        world.points[ATTACKER].remove(&name);
    });
    point_is_refused(&missing, "object.missing");
    let unlisted = with_list(|list| list.entries.retain(|(name, _)| !name.ends_with(b".crl")));
    point_is_refused(&unlisted, "crl.missing");
    let doubled = with_point(|world| {
        let list = world.points[ATTACKER][&list_name(world)].clone();
        let laid_in = &mut world.authorities[ATTACKER].laid_in;
        laid_in.insert("second.crl".into(), list);
        world.time += 1;
        world.publish(ATTACKER).unwrap();
    });
    point_is_refused(&doubled, "crl.several");
}

/// The stage with another revocation list, listed with its true hash.
fn with_revocations(make: impl FnOnce(&World) -> bytes::Bytes) -> World {
    with_point(|world| {
        let list = make(world);
        let name = list_name(world);
        world.authorities[ATTACKER].laid_in.insert(name, list);
        world.time += 1;
        world.publish(ATTACKER).unwrap();
    })
}

#[test]
fn a_revocation_list_of_another_time_or_signer_refuses_its_point() {
    let now = stage().time;
    let of = |this, next| {
        with_revocations(|world| world.sign_revocations(ATTACKER, &[], this, next).unwrap())
    };
    point_is_refused(&of(now + 3_600, now + 7_200), "crl.early");
    point_is_refused(&of(now - 7_200, now - 3_600), "crl.stale");
    let foreign = with_revocations(|world| {
        world
            .sign_revocations(VICTIM, &[], now, now + 3_600)
            .unwrap()
    });
    point_is_refused(&foreign, "crl.issuer");
    let forged = with_revocations(|world| {
        let list = world
            .sign_revocations(ATTACKER, &[], now, now + 3_600)
            .unwrap();
        let key = world.authorities[VICTIM].key;
        spoil::certificate(&list, world.keys(), key, |_| Ok(())).unwrap()
    });
    point_is_refused(&forged, "crl.signature");
    let nameless = with_revocations(|world| {
        let list = world
            .sign_revocations(ATTACKER, &[], now, now + 3_600)
            .unwrap();
        let key = world.authorities[ATTACKER].key;
        spoil::certificate(&list, world.keys(), key, |signed| {
            spoil::remove_extension(signed, extension::AUTHORITY_KEY)
        })
        .unwrap()
    });
    point_is_refused(&nameless, "crl.malformed");
}

#[test]
fn a_huge_revocation_list_is_read_and_counts() {
    let now = stage().time;
    let revoked: Vec<u64> = (1_000_000..1_100_000).collect();
    let world = with_revocations(|world| {
        world
            .sign_revocations(ATTACKER, &revoked, now, now + 3_600)
            .unwrap()
    });
    assert_eq!(vrps(&validate(&world, None)), world.vrps());
    let serial = world.authorities[ATTACKER].roas[0].serial;
    let revoked: Vec<u64> = revoked.into_iter().chain([serial]).collect();
    let world = with_revocations(|world| {
        world
            .sign_revocations(ATTACKER, &revoked, now, now + 3_600)
            .unwrap()
    });
    let (name, _) = first_roa(&world, ATTACKER);
    super::object_is_rejected(&world, &name, "certificate.revoked");
}

#[test]
fn a_manifest_whose_own_certificate_is_revoked_refuses_its_point() {
    let world = with_point(|world| {
        let authority = &mut world.authorities[ATTACKER];
        authority.revoked.push(authority.next_serial + 1);
        world.time += 1;
        world.publish(ATTACKER).unwrap();
    });
    point_is_refused(&world, "manifest.revoked");
}

#[test]
fn names_that_no_manifest_may_hold_refuse_its_point() {
    let names: [&[u8]; 8] = [
        b"\xed\x95\x9c.roa",
        b"../../etc/passwd.roa",
        b"a/b.roa",
        b"..",
        b"",
        b"a\0b.roa",
        b"no-extension",
        b"new\r\nline.roa",
    ];
    for name in names {
        let world = with_list(|list| list.entries.push((name.to_vec(), [7; 32])));
        point_is_refused(&world, "manifest.malformed");
    }
    let long = [&b"a".repeat(5_000)[..], b".roa"].concat();
    let world = with_list(|list| list.entries.push((long, [7; 32])));
    point_is_refused(&world, "object.missing");
}

#[test]
fn a_file_that_is_listed_twice_refuses_its_point() {
    let world = with_list(|list| list.entries.push(list.entries[0].clone()));
    point_is_refused(&world, "manifest.malformed");
}

#[test]
fn an_empty_list_of_files_refuses_its_point() {
    let world = with_list(|list| list.entries.clear());
    point_is_refused(&world, "crl.missing");
}

#[test]
fn a_file_that_is_not_listed_is_not_looked_at() {
    let world = with_point(|world| {
        let (_, bytes) = first_roa(world, ATTACKER);
        world.points[ATTACKER].insert("unlisted.roa".into(), bytes.slice(..10));
    });
    let tree = validate(&world, None);
    assert_eq!(refusal(&tree, &world, ATTACKER).0, "current");
    assert_eq!(vrps(&tree), world.vrps());
}

#[test]
fn a_manifest_of_an_older_number_or_time_is_a_replay() {
    // The last good state here is a later one than the stage's.
    let mut later = stage();
    later.time += 60;
    later.authorities[ATTACKER].revoke_roa(0);
    later.publish(ATTACKER).unwrap();
    let good = validate(&later, None);
    let expected = vrps(&good);
    assert_eq!(expected, super::all_but_first_roa(ATTACKER));

    let mut replayed = later.clone();
    replayed.points[ATTACKER] = stage().points[ATTACKER].clone();
    let tree = validate_kept(&replayed, &[&later], Some(&good));
    assert_eq!(
        refusal(&tree, &replayed, ATTACKER),
        ("manifest.replayed".into(), true)
    );
    assert_eq!(vrps(&tree), expected, "the revoked ROA came back");

    let mut rolled_back = later.clone();
    let mut list = rolled_back.manifest_list(ATTACKER);
    list.number += 1;
    list.this_update -= 30;
    rolled_back.put_manifest(ATTACKER, &list).unwrap();
    let tree = validate_kept(&rolled_back, &[&later], Some(&good));
    assert_eq!(
        refusal(&tree, &rolled_back, ATTACKER),
        ("manifest.replayed".into(), true)
    );
    assert_eq!(vrps(&tree), expected);
}

#[test]
fn a_clock_before_or_behind_the_manifests_refuses_and_never_stops_the_run() {
    let world = stage();
    let early = validate_at(&world, world.time - 1, None);
    assert_eq!(refusal(&early, &world, 0), ("manifest.early".into(), false));
    let late = validate_at(&world, world.time + world.shape.due_after + 1, None);
    assert_eq!(refusal(&late, &world, 0), ("manifest.stale".into(), false));
    for time in [i64::from(i32::MIN) * 20, 0, 4_102_444_800] {
        assert!(vrps(&validate_at(&world, time, None)).is_empty());
    }
    // One authority that does not re-sign: it alone grows stale, and its last
    // good state is stale as well.
    let mut resigned = stage();
    resigned.time += resigned.shape.due_after + 1;
    let others: Vec<_> = (0..6).filter(|number| *number != ATTACKER).collect();
    resigned
        .publish_all(&others, &modu_kernel::NoProgress)
        .unwrap();
    let before = before();
    for prior in [None, Some(&before)] {
        let tree = validate(&resigned, prior);
        let stale = ("manifest.stale".into(), false);
        assert_eq!(refusal(&tree, &resigned, ATTACKER), stale);
        assert_eq!(vrps(&tree), resigned.vrps_without(ATTACKER));
    }
}

#[test]
fn a_manifest_from_the_future_refuses_its_point() {
    let world = with_list(|list| {
        list.this_update += 3_600;
        list.next_update += 3_600;
    });
    point_is_refused_at(&world, world.time, "manifest.early");
}

#[test]
fn ber_and_bent_forms_of_a_manifest_refuse_its_point() {
    let ber_attributes = with_manifest(|manifest| {
        let attributes = manifest.attributes().unwrap();
        let Body::Values(values) = attributes.body.clone() else {
            panic!()
        };
        attributes.body = Body::Indefinite(values);
    });
    point_is_refused(&ber_attributes, "manifest.malformed");
    let no_attributes = with_manifest(|manifest| {
        manifest.attributes().unwrap().body = Body::Values(Vec::new());
    });
    point_is_refused(&no_attributes, "manifest.malformed");
    let no_content = with_manifest(|manifest| {
        manifest
            .encapsulated()
            .unwrap()
            .children()
            .unwrap()
            .truncate(1);
    });
    point_is_refused(&no_content, "manifest.malformed");
    let garbage = with_manifest(|manifest| manifest.set_content(b"\x30\x03\x02\x01\x07").unwrap());
    point_is_refused(&garbage, "manifest.malformed");
    let other_digest = with_manifest(|manifest| {
        let mut content = manifest.content().unwrap();
        content.at(&[0]).unwrap().body = Body::Bytes(vec![9]);
        manifest.encapsulated().unwrap().at(&[1, 0]).unwrap().body =
            Body::Bytes(content.to_bytes());
    });
    point_is_refused(&other_digest, "manifest.signature");
}

#[test]
fn a_pack_that_is_lost_or_spoilt_in_our_own_store_refuses_one_point() {
    let world = stage();
    let locators = locators(&world);
    let (index, packs) = world.repository().unwrap();
    let key = (index.points.keys())
        .find(|key| key.folder == world.folder(ATTACKER))
        .unwrap();
    let digest = index.points[key].digest;
    let spoilt = packs.0[&digest].slice(..200);
    assert!(PointPack::parse(&spoilt).is_err());
    for (broken, code) in [(Some(spoilt), "pack.corrupt"), (None, "pack.missing")] {
        let mut packs = packs.clone();
        match broken {
            Some(broken) => packs.0.insert(digest, broken),
            None => packs.0.remove(&digest),
        };
        let request = ValidateRequest::at(world.time);
        let progress = &modu_kernel::NoProgress;
        let tree = run(&request, &locators, &index, &packs, None, progress);
        let tree = tree.unwrap();
        assert_eq!(refusal(&tree, &world, ATTACKER), (code.into(), false));
        assert_eq!(vrps(&tree), world.vrps_without(ATTACKER));
    }
}
