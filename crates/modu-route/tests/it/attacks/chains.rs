//! Authorities below authorities: chains without end, loops, and claims to
//! what is another's.

use modu_route::validate::{Kind, ObjectOutcome};
use modu_route_world::spoil::{self, Body, Der, extension};
use modu_route_world::{Keys, ResourceSet, Shape, World};

use super::{ATTACKER, VICTIM, before, object, refusal, rejection, stage, validate, vrps};

fn certificate_name(world: &World, number: usize) -> String {
    format!("{}.cer", world.authorities[number].name)
}

/// The stage with the certificate of the attacker's first child bent: the
/// attacker signs it, so it may say anything.
fn with_child(change: impl FnOnce(&World, bytes::Bytes) -> bytes::Bytes) -> World {
    let mut world = stage();
    let name = certificate_name(&world, 2);
    let bytes = change(&world, world.points[ATTACKER][&name].clone());
    world.authorities[ATTACKER].laid_in.insert(name, bytes);
    world.time += 1;
    world.publish(ATTACKER).unwrap();
    world
}

/// Only the attacker's first child is lost, and this is why.
fn child_is_rejected(world: &World, code: &str) {
    for prior in [None, Some(before())] {
        let tree = validate(world, prior.as_ref());
        assert_eq!(
            rejection(&tree, world, ATTACKER, &certificate_name(world, 2)),
            code
        );
        assert_eq!(vrps(&tree), stage().vrps_without(2));
    }
}

#[test]
fn a_chain_without_end_ends_at_the_limit() {
    let shape = Shape {
        authorities: 33,
        fan_out: 1,
        roas: 1,
        prefixes: 1,
        aspas: 0,
        ..Shape::default()
    };
    let world = World::new(&shape, Keys::shared()).unwrap();
    let tree = validate(&world, None);
    assert_eq!(tree.authorities.len(), 32, "the anchor and 31 below it");
    let last = certificate_name(&world, 32);
    assert_eq!(rejection(&tree, &world, 31, &last), "chain.depth");
    assert_eq!(vrps(&tree), world.vrps_without(32));
}

#[test]
fn a_loop_is_seen_by_its_key() {
    for above in [0, ATTACKER] {
        let mut world = stage();
        // The child has its ancestor's key and publishes where that does.
        world.authorities[2].key = world.authorities[above].key;
        world.reissue(2).unwrap();
        let folder = (world.folder(2), world.folder(above));
        let manifest = (world.manifest_uri(2), world.manifest_uri(above));
        let name = certificate_name(&world, 2);
        let key = world.authorities[ATTACKER].key;
        let bytes = world.points[ATTACKER][&name].clone();
        let bytes = spoil::certificate(&bytes, world.keys(), key, |signed| {
            spoil::replace_text(signed, extension::SUBJECT_ACCESS, &folder.0, &folder.1)?;
            spoil::replace_text(signed, extension::SUBJECT_ACCESS, &manifest.0, &manifest.1)
        });
        world.authorities[ATTACKER]
            .laid_in
            .insert(name, bytes.unwrap());
        world.time += 1;
        world.publish(ATTACKER).unwrap();
        child_is_rejected(&world, "chain.loop");
    }
}

#[test]
fn a_child_that_claims_the_victims_addresses_is_rejected_alone() {
    let mut world = stage();
    let stolen = world.authorities[VICTIM].resources.clone();
    world.authorities[2].resources = stolen;
    world.time += 1;
    world.reissue(2).unwrap();
    child_is_rejected(&world, "certificate.overclaim");
}

#[test]
fn a_child_whose_uris_leave_the_tree_is_rejected_alone() {
    let folder = stage().folder(2);
    for uri in [
        "rsync://host0.modu.example/repo/../../etc/",
        "rsync://host0.modu.example/../repo/a/",
        "rsync://../repo/a/",
        "rsync://host0.modu.example/repo/./a/",
        "rsync://host0.modu.example/repo/a b/",
        "rsync://host0.modu.example/",
        "https://host0.modu.example/repo/a/",
        "file:///etc/passwd",
        "",
    ] {
        let world = with_child(|world, bytes| {
            let key = world.authorities[ATTACKER].key;
            spoil::certificate(&bytes, world.keys(), key, |signed| {
                spoil::replace_text(signed, extension::SUBJECT_ACCESS, &folder, uri)
            })
            .unwrap()
        });
        for prior in [None, Some(before())] {
            let tree = validate(&world, prior.as_ref());
            let code = rejection(&tree, &world, ATTACKER, &certificate_name(&world, 2));
            // A URI of another scheme counts as none, a broken one as broken.
            let codes = ["certificate.malformed", "certificate.profile"];
            assert!(codes.contains(&&*code), "{uri}: {code}");
            assert_eq!(vrps(&tree), stage().vrps_without(2), "{uri}");
        }
    }
}

#[test]
fn a_child_without_its_key_identifiers_or_constraints_is_rejected_alone() {
    for (extension, code) in [
        (extension::SUBJECT_KEY, "certificate.malformed"),
        (extension::AUTHORITY_KEY, "certificate.issuer"),
        (extension::KEY_USAGE, "certificate.malformed"),
        (extension::SUBJECT_ACCESS, "certificate.profile"),
        (extension::ADDRESSES, "certificate.signature"),
    ] {
        let world = with_child(|world, bytes| {
            let key = world.authorities[ATTACKER].key;
            spoil::certificate(&bytes, world.keys(), key, |signed| {
                spoil::remove_extension(signed, extension)
            })
            .unwrap()
        });
        let tree = validate(&world, Some(&before()));
        let name = certificate_name(&world, 2);
        if extension == extension::ADDRESSES {
            // Without addresses it is a good certificate; its ROAs overclaim.
            assert_eq!(refusal(&tree, &world, 2).0, "current");
        } else {
            assert_eq!(rejection(&tree, &world, ATTACKER, &name), code);
        }
        assert_eq!(vrps(&tree), stage().vrps_without(2));
    }
}

#[test]
fn a_routers_certificate_is_passed_over_and_one_that_is_nobodys_rejected_alone() {
    // Extended key usage: id-kp-bgpsec-router (RFC 8209, section 3.1.3.2).
    let usage = [0x30, 10, 6, 8, 43, 6, 1, 5, 5, 7, 3, 30];
    let usage = || {
        Der::values(
            0x30,
            vec![
                Der::bytes(0x06, [85, 29, 37]),
                Der::bytes(0x04, usage.to_vec()),
            ],
        )
    };
    for is_router in [true, false] {
        let world = with_child(|world, bytes| {
            let key = world.authorities[ATTACKER].key;
            spoil::certificate(&bytes, world.keys(), key, |signed| {
                for gone in [extension::BASIC_CONSTRAINTS, extension::SUBJECT_ACCESS] {
                    spoil::remove_extension(signed, gone)?;
                }
                // Digital signatures, as of all that are no authorities.
                let signs = Body::Bytes(vec![0x03, 0x02, 0x07, 0x80]);
                spoil::extension_value(signed, extension::KEY_USAGE)?.body = signs;
                if is_router {
                    spoil::extensions(signed)?.push(usage());
                }
                Ok(())
            })
            .unwrap()
        });
        let tree = validate(&world, Some(&before()));
        let name = certificate_name(&world, 2);
        match (is_router, &object(&tree, &world, ATTACKER, &name).outcome) {
            (true, ObjectOutcome::PassedOver(kind)) => assert_eq!(*kind, Kind::RouterKey),
            (false, ObjectOutcome::Rejected(why)) => assert_eq!(why.code, "certificate.profile"),
            (_, other) => panic!("{other:?}"),
        }
        assert_eq!(vrps(&tree), stage().vrps_without(2));
    }
}

#[test]
fn a_forged_key_identifier_takes_over_nothing() {
    let victim = stage()
        .keys()
        .public(stage().authorities[VICTIM].key)
        .unwrap();
    let world = with_child(|world, bytes| {
        let key = world.authorities[ATTACKER].key;
        spoil::certificate(&bytes, world.keys(), key, |signed| {
            spoil::set_key_identifier(signed, extension::SUBJECT_KEY, victim.key_identifier())
        })
        .unwrap()
    });
    let tree = validate(&world, Some(&before()));
    assert_eq!(vrps(&tree), stage().vrps_without(2));
    assert_eq!(refusal(&tree, &world, VICTIM).0, "current");
}

#[test]
fn a_revoked_authority_is_lost_with_all_below_it_and_nobody_else() {
    let mut world = stage();
    let serial = world.authorities[ATTACKER].certificate_serial;
    world.authorities[0].revoked.push(serial);
    world.time += 1;
    world.publish(0).unwrap();
    for prior in [None, Some(before())] {
        let tree = validate(&world, prior.as_ref());
        let name = certificate_name(&world, ATTACKER);
        assert_eq!(rejection(&tree, &world, 0, &name), "certificate.revoked");
        assert_eq!(vrps(&tree), world.vrps_without(ATTACKER));
    }
}

#[test]
fn a_folder_that_has_the_name_of_a_file_keeps_both() {
    let mut world = stage();
    // The child publishes in a folder of the name of the attacker's ROA.
    let (roa, _) = super::first_roa(&world, ATTACKER);
    let attacker = world.authorities[ATTACKER].name.clone();
    world.authorities[2].name = format!("{attacker}/{roa}");
    let inside = world.authorities[2].clone();
    let clash = |name: &str| name.replace('/', "-");
    let folder = world.folder(2);
    let mut certificate = world.certificate(2).unwrap();
    let uri = |text: String| rpki::uri::Rsync::from_string(text).unwrap();
    certificate.set_ca_repository(Some(uri(folder.clone())));
    certificate.set_rpki_manifest(Some(uri(format!("{folder}{}.mft", clash(&inside.name)))));
    let key = world.authorities[ATTACKER].key;
    let certificate = certificate.into_cert(world.keys(), &key).unwrap();
    let bytes = certificate.to_captured().into_bytes();
    world.authorities[2].name = stage().authorities[2].name.clone();
    let name = certificate_name(&world, 2);
    world.authorities[ATTACKER].laid_in.insert(name, bytes);
    world.time += 1;
    world.publish(ATTACKER).unwrap();
    let tree = validate(&world, None);
    assert_eq!(refusal(&tree, &world, ATTACKER).0, "current");
    assert_eq!(refusal(&tree, &world, 2).0, "point.missing");
    assert_eq!(
        super::authority(&tree, &world, 2).folder,
        folder.as_str().into()
    );
    assert_eq!(vrps(&tree), world.vrps_without(2));
}

#[test]
fn a_grandparent_that_shrinks_takes_its_grandchildrens_addresses() {
    let mut world = stage();
    // The attacker's issuer takes half of its addresses away: those below it
    // that are unchanged overclaim now, whatever memory holds of them.
    let kept = world.authorities[2].resources.clone();
    world.time += 1;
    world.shrink(ATTACKER, kept).unwrap();
    for prior in [None, Some(before())] {
        let tree = validate(&world, prior.as_ref());
        let lost = certificate_name(&world, 3);
        assert_eq!(
            rejection(&tree, &world, ATTACKER, &lost),
            "certificate.overclaim"
        );
        let expected = world.vrps_of([0, 2, 4, 5]);
        assert_eq!(vrps(&tree), expected);
    }
    // And back again.
    let shrunk = validate(&world, Some(&before()));
    let whole = stage().authorities[ATTACKER].resources.clone();
    world.time += 1;
    world.shrink(ATTACKER, whole).unwrap();
    assert_eq!(vrps(&validate(&world, Some(&shrunk))), world.vrps());
    // An anchor that shrinks is the same, two levels up.
    let none = ResourceSet::from_strs("", "192.0.2.0/24", "").unwrap();
    world.time += 1;
    world.shrink(0, none).unwrap();
    assert!(vrps(&validate(&world, Some(&before()))).is_empty());
}
