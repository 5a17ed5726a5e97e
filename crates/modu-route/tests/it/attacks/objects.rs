//! Single objects that lie: they alone are lost.

use bytes::Bytes;
use modu_route::validate::{Kind, ObjectOutcome, ValidatedTree, report_of};
use modu_route::{Asn, Prefix, RouterTable, Vrp};
use modu_route_world::spoil::{Body, Der, SignedObject, extension};
use modu_route_world::{ObjectKind, Provider, ResourceSet, RouteOrigin, World, WorldError, spoil};

use super::{
    ATTACKER, VICTIM, before, first_roa, object, object_is_rejected, refusal, rejection, stage,
    validate, vrps,
};

/// The stage with the attacker's first ROA replaced by these bytes, which its
/// manifest lists as they are.
fn with_roa(bytes: Bytes) -> (World, String) {
    let mut world = stage();
    let (name, _) = first_roa(&world, ATTACKER);
    world.authorities[ATTACKER]
        .laid_in
        .insert(name.clone(), bytes);
    world.time += 1;
    world.publish(ATTACKER).unwrap();
    (world, name)
}

/// The attacker's first ROA, bent and signed again.
fn bent(change: impl FnOnce(&mut SignedObject, &World) -> Result<(), WorldError>) -> Bytes {
    let world = stage();
    let mut roa = SignedObject::parse(&first_roa(&world, ATTACKER).1).unwrap();
    change(&mut roa, &world).unwrap();
    roa.sign(world.keys()).unwrap();
    roa.to_bytes()
}

/// The attacker's first ROA with its certificate bent and signed again.
fn bent_certificate(change: impl FnOnce(&mut Der) -> Result<(), WorldError>) -> Bytes {
    let key = stage().authorities[ATTACKER].key;
    bent(|roa, world| roa.certificate(world.keys(), key, change))
}

fn is_rejected(bytes: Bytes, code: &str) {
    let (world, name) = with_roa(bytes);
    object_is_rejected(&world, &name, code);
}

#[test]
fn bytes_that_are_no_object_are_rejected_alone() {
    let (_, honest) = first_roa(&stage(), ATTACKER);
    for bytes in [
        Bytes::new(),
        Bytes::from_static(b"\x30\x80"),
        Bytes::from_static(&[0xff; 100]),
        honest.slice(..honest.len() / 2),
        // Nested without end.
        [0x30, 0x80].repeat(50_000).into(),
    ] {
        is_rejected(bytes, "object.malformed");
    }
}

#[test]
fn signed_attributes_in_ber_or_empty_are_rejected_alone() {
    is_rejected(
        bent(|roa, _| {
            let attributes = roa.attributes()?;
            let Body::Values(values) = attributes.body.clone() else {
                panic!()
            };
            attributes.body = Body::Indefinite(values);
            Ok(())
        }),
        "object.malformed",
    );
    is_rejected(
        bent(|roa, _| {
            let attributes = roa.attributes()?;
            let inside: Vec<u8> = attributes
                .children()?
                .iter()
                .flat_map(Der::to_bytes)
                .collect();
            attributes.body = Body::LongLength(inside);
            Ok(())
        }),
        "object.malformed",
    );
    is_rejected(
        bent(|roa, _| {
            roa.attributes()?.body = Body::Values(Vec::new());
            Ok(())
        }),
        "object.malformed",
    );
}

#[test]
fn a_null_or_missing_content_is_rejected_alone() {
    is_rejected(
        bent(|roa, _| {
            roa.encapsulated()?.children()?.truncate(1);
            Ok(())
        }),
        "object.malformed",
    );
    is_rejected(
        bent(|roa, _| {
            *roa.encapsulated()?.at(&[1, 0])? = Der::bytes(0x05, []);
            Ok(())
        }),
        "object.malformed",
    );
    is_rejected(bent(|roa, _| roa.set_content(&[])), "roa.malformed");
    is_rejected(
        bent(|roa, _| roa.set_content(&[0x05, 0x00])),
        "roa.malformed",
    );
}

#[test]
fn a_certificate_without_an_issuers_key_identifier_is_rejected_alone() {
    let bytes = bent_certificate(|it| spoil::remove_extension(it, extension::AUTHORITY_KEY));
    is_rejected(bytes, "certificate.issuer");
}

#[test]
fn a_long_key_usage_is_rejected_alone() {
    for usage in [
        vec![0x03, 0x02, 0x00, 0x80],
        [&[0x03, 0x81, 0xfb, 0x00][..], &[0xff; 250]].concat(),
    ] {
        let bytes = bent_certificate(|it| {
            spoil::extension_value(it, extension::KEY_USAGE)?.body = Body::Bytes(usage.clone());
            Ok(())
        });
        is_rejected(bytes, "object.malformed");
    }
}

#[test]
fn a_bad_public_key_is_rejected_alone() {
    // The place of the key in what is signed of a certificate.
    const KEY: usize = 6;
    type Bend = fn(&mut Der) -> Result<(), WorldError>;
    let bends: [Bend; 3] = [
        |it| {
            let key = it.at(&[KEY, 1])?;
            if let Body::Bytes(bytes) = &mut key.body {
                bytes.truncate(20);
            }
            Ok(())
        },
        |it| {
            it.at(&[KEY, 1])?.body = Body::Bytes(vec![0]);
            Ok(())
        },
        |it| {
            it.at(&[KEY, 0, 0])?.body = Body::Bytes(vec![42, 3]);
            Ok(())
        },
    ];
    for bend in bends {
        let (world, name) = with_roa(bent_certificate(bend));
        let tree = validate(&world, Some(&before()));
        let code = rejection(&tree, &world, ATTACKER, &name);
        // Another algorithm is not read; a key of other bits is another key
        // than its identifier says.
        let codes = ["object.malformed", "certificate.profile"];
        assert!(codes.contains(&&*code), "{code}");
        assert_eq!(vrps(&tree), super::all_but_first_roa(ATTACKER));
    }
}

#[test]
fn a_signature_that_does_not_fit_is_rejected_alone() {
    let world = stage();
    let mut roa = SignedObject::parse(&first_roa(&world, ATTACKER).1).unwrap();
    let mut content = roa.content().unwrap();
    content.at(&[0]).unwrap().body = Body::Bytes(vec![7]);
    roa.set_content(&content.to_bytes()).unwrap();
    is_rejected(roa.to_bytes(), "object.signature");
    let victims = stage().authorities[VICTIM].key;
    let foreign = bent(|roa, world| roa.certificate(world.keys(), victims, |_| Ok(())));
    is_rejected(foreign, "certificate.signature");
}

#[test]
fn a_forged_issuers_key_identifier_harms_nobody_else() {
    let victim = stage()
        .keys()
        .public(stage().authorities[VICTIM].key)
        .unwrap();
    let bytes = bent_certificate(|it| {
        spoil::set_key_identifier(it, extension::AUTHORITY_KEY, victim.key_identifier())
    });
    is_rejected(bytes, "certificate.issuer");
}

#[test]
fn a_forged_subjects_key_identifier_is_rejected_alone() {
    let victim = stage()
        .keys()
        .public(stage().authorities[VICTIM].key)
        .unwrap();
    let bytes = bent_certificate(|it| {
        spoil::set_key_identifier(it, extension::SUBJECT_KEY, victim.key_identifier())
    });
    let (world, name) = with_roa(bytes);
    let tree = validate(&world, Some(&before()));
    let code = rejection(&tree, &world, ATTACKER, &name);
    assert!(
        [
            "certificate.profile",
            "object.malformed",
            "object.signature"
        ]
        .contains(&&*code),
        "{code}"
    );
    assert_eq!(vrps(&tree), super::all_but_first_roa(ATTACKER));
}

#[test]
fn a_revoked_or_expired_object_that_is_still_listed_is_rejected_alone() {
    let mut world = stage();
    let serial = world.authorities[ATTACKER].roas[0].serial;
    world.authorities[ATTACKER].revoked.push(serial);
    world.time += 1;
    world.publish(ATTACKER).unwrap();
    let (name, _) = first_roa(&world, ATTACKER);
    object_is_rejected(&world, &name, "certificate.revoked");

    for (not_after, shift, code) in [
        (stage().time - 10, 0, "certificate.expired"),
        (stage().time + 90_000, 7_200, "certificate.early"),
    ] {
        let mut signer = stage();
        signer.authorities[ATTACKER].not_after = not_after;
        signer.time += shift;
        let roa = signer.authorities[ATTACKER].roas[0].clone();
        is_rejected(signer.sign_roa(ATTACKER, &roa).unwrap(), code);
    }
}

#[test]
fn a_roa_over_the_victims_addresses_is_rejected_alone() {
    let world = stage();
    let stolen = RouteOrigin {
        origin: Asn::from_u32(64_666),
        ..world.authorities[VICTIM].roas[0].clone()
    };
    is_rejected(
        world.sign_roa(ATTACKER, &stolen).unwrap(),
        "certificate.overclaim",
    );
}

#[test]
fn a_roa_whose_certificate_does_not_hold_its_prefixes_is_rejected_alone() {
    let world = stage();
    // The content of the second ROA under the certificate of the first.
    let second = world.authorities[ATTACKER].roas[1].name();
    let mut second = SignedObject::parse(&world.points[ATTACKER][&second]).unwrap();
    let content = second.content().unwrap().to_bytes();
    is_rejected(bent(|roa, _| roa.set_content(&content)), "roa.overclaim");
}

#[test]
fn a_roa_of_a_hundred_thousand_prefixes_is_read_and_one_more_is_rejected_alone() {
    let mut world = stage();
    let (honest, held) = (world.vrps(), &world.authorities[ATTACKER].resources);
    let first = held.ipv6().iter().next().unwrap().min().to_bits();
    let prefix = |number: u128| {
        let address = std::net::Ipv6Addr::from(first + (number << 64));
        (Prefix::new(address.into(), 64).unwrap(), None)
    };
    let prefixes: Vec<_> = (0..100_000).map(prefix).collect();
    let name = |roa: usize, world: &World| world.authorities[ATTACKER].roas[roa].name();
    let roa = world.authorities[ATTACKER].add_roa(Asn::from_u32(64_500), prefixes.clone());
    world.time += 1;
    world.publish(ATTACKER).unwrap();
    let tree = super::validate(&world, None);
    assert_eq!(vrps(&tree).len(), honest.len() + 100_000);
    assert!(vrps(&tree).contains(&Vrp {
        prefix: prefixes[99_999].0,
        max_length: 64,
        origin: Asn::from_u32(64_500)
    }));

    world.authorities[ATTACKER].revoke_roa(roa);
    let more = (0..100_001).map(prefix).collect();
    let roa = world.authorities[ATTACKER].add_roa(Asn::from_u32(64_500), more);
    world.time += 1;
    world.publish(ATTACKER).unwrap();
    let tree = super::validate(&world, None);
    let code = rejection(&tree, &world, ATTACKER, &name(roa, &world));
    assert!(["limit.roa", "roa.malformed"].contains(&&*code), "{code}");
    assert_eq!(vrps(&tree), honest);
}

#[test]
fn an_aspa_of_the_most_providers_is_read_and_one_more_is_rejected_alone() {
    for (count, fine) in [(16_380_u32, true), (16_381, false)] {
        let mut world = stage();
        let authority = &mut world.authorities[ATTACKER];
        let serial = authority.serial();
        let mut aspa = authority.aspas[0].aspa.clone();
        aspa.providers = (1..=count).map(Asn::from_u32).collect();
        authority.aspas = vec![Provider {
            serial,
            aspa: aspa.clone(),
        }];
        world.time += 1;
        world.publish(ATTACKER).unwrap();
        let tree = validate(&world, Some(&before()));
        assert_eq!(vrps(&tree), world.vrps());
        let believed = tree.payloads().aspas;
        assert_eq!(believed.contains(&aspa), fine);
        assert_eq!(believed.len(), if fine { 5 } else { 4 });
        if !fine {
            let name = world.authorities[ATTACKER].aspas[0].name();
            assert_eq!(rejection(&tree, &world, ATTACKER, &name), "limit.aspa");
        }
    }
}

#[test]
fn an_aspa_for_the_victims_network_is_rejected_alone() {
    let mut world = stage();
    let stolen = world.authorities[VICTIM].aspas[0].aspa.clone();
    let authority = &mut world.authorities[ATTACKER];
    let serial = authority.serial();
    let provider = Provider {
        serial,
        aspa: stolen,
    };
    let name = provider.name();
    let bytes = world.sign_aspa(ATTACKER, &provider).unwrap();
    world.authorities[ATTACKER]
        .laid_in
        .insert(name.clone(), bytes);
    world.time += 1;
    world.publish(ATTACKER).unwrap();
    let tree = validate(&world, Some(&before()));
    assert_eq!(
        rejection(&tree, &world, ATTACKER, &name),
        "certificate.overclaim"
    );
    assert_eq!(
        (vrps(&tree), tree.payloads().aspas),
        (world.vrps(), stage().aspas())
    );
}

#[test]
fn files_of_unknown_types_and_of_other_types_than_their_names_say_are_passed_over_or_rejected() {
    let mut world = stage();
    let (_, roa) = first_roa(&world, ATTACKER);
    let ghostbusters = world
        .sign_object(
            ATTACKER,
            "card.gbr",
            900,
            (ObjectKind::Ghostbusters, Bytes::from_static(b"BEGIN:VCARD")),
            &ResourceSet::empty(),
        )
        .unwrap();
    let child = world.points[0]
        .iter()
        .find(|(name, _)| name.ends_with(".cer"))
        .unwrap()
        .1
        .clone();
    let laid_in = &mut world.authorities[ATTACKER].laid_in;
    for (name, bytes) in [
        ("card.gbr", &ghostbusters),
        ("list.spl", &roa),
        ("check.sig", &roa),
        ("key.tak", &roa),
        ("what.xyz", &roa),
        ("roa.cer", &roa),
        ("roa.asa", &roa),
        ("cer.roa", &child),
    ] {
        laid_in.insert(name.into(), bytes.clone());
    }
    world.time += 1;
    world.publish(ATTACKER).unwrap();
    let tree = validate(&world, Some(&before()));
    assert_eq!(refusal(&tree, &world, ATTACKER).0, "current");
    assert_eq!(vrps(&tree), world.vrps());
    let passed_over = |name| match object(&tree, &world, ATTACKER, name).outcome {
        ObjectOutcome::PassedOver(kind) => Some(kind),
        _ => None,
    };
    for (name, kind) in [
        ("card.gbr", Kind::Ghostbusters),
        ("list.spl", Kind::PrefixList),
        ("check.sig", Kind::Checklist),
        ("key.tak", Kind::AnchorKey),
        ("what.xyz", Kind::Unknown),
    ] {
        assert_eq!(passed_over(name), Some(kind), "{name}");
    }
    for (name, code) in [
        ("roa.cer", "certificate.malformed"),
        ("roa.asa", "object.type"),
        ("cer.roa", "object.malformed"),
    ] {
        assert_eq!(rejection(&tree, &world, ATTACKER, name), code, "{name}");
    }
}

/// Reference: Routinator 0.16.0-rc1 and rpki-client 8.2 believe such a ROA
/// (`vrps` and `-n` over a copy of this world: all twelve VRPs).
#[test]
fn bytes_behind_an_objects_end_are_told_and_change_nothing() {
    let (_, honest) = first_roa(&stage(), ATTACKER);
    let (world, name) = with_roa([&honest[..], b"\0behind"].concat().into());
    for prior in [None, Some(before())] {
        let tree = validate(&world, prior.as_ref());
        assert_eq!(vrps(&tree), world.vrps());
        assert!(object(&tree, &world, ATTACKER, &name).trailing);
        let read = ValidatedTree::parse(&tree.to_bytes()).unwrap();
        assert_eq!(read, tree);
        let (report, findings) = report_of(&tree, &RouterTable::of_tree(&tree), None);
        assert_eq!(report.objects.trailing, 1);
        let told: Vec<_> = (findings.iter())
            .filter(|finding| finding.code == "object.trailing")
            .collect();
        assert!(
            told.len() == 1 && told[0].message.en.contains(&name),
            "{told:?}"
        );
    }
    let tree = validate(&stage(), None);
    let (report, _) = report_of(&tree, &RouterTable::of_tree(&tree), None);
    assert_eq!(report.objects.trailing, 0);
}
