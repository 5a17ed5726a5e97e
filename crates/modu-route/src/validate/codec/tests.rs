#![allow(clippy::unwrap_used, reason = "tests")]

use modu_kernel::Digest;
use proptest::prelude::*;
use rpki::resources::Asn;

use crate::payload::Aspa;
use crate::repository::Source;
use crate::validate::tree::{
    Anchor, Authority, Decision, Fallback, Kind, Manifest, Object, ObjectOutcome, Reason,
    ValidatedTree, Validity,
};
use crate::vrp::Vrp;

prop_compose! {
    fn any_validity()(not_before: i64, not_after: i64) -> Validity {
        Validity { not_before, not_after }
    }
}

prop_compose! {
    fn any_reason()(code in "[a-z]{1,5}", detail in ".{0,5}") -> Reason {
        Reason { code, detail }
    }
}

prop_compose! {
    fn any_vrp()(v6: bool, bits: u128, length in 0_u8..=32, more in 0_u8..=32, origin: u32) -> Vrp {
        let kept = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
        let prefix = crate::vrp::prefix_of(!v6, bits & kept, length).unwrap();
        let max_length = (length + more).min(if v6 { 128 } else { 32 });
        Vrp { prefix, max_length, origin: Asn::from_u32(origin) }
    }
}

prop_compose! {
    fn any_manifest()(
        rrdp: bool, uri in "[a-z]{1,4}", pack: [u8; 32], digest: [u8; 32],
        number in prop::collection::vec(1_u8.., 0..=20), this_update: i64, next_update: i64,
    ) -> Manifest {
        Manifest {
            source: if rrdp { Source::Rrdp(uri) } else { Source::Rsync(uri) },
            pack: Digest::from_bytes(pack),
            digest: Digest::from_bytes(digest),
            number, this_update, next_update,
        }
    }
}

fn any_outcome() -> impl Strategy<Value = ObjectOutcome> {
    let kinds = prop::sample::select(vec![
        Kind::RouterKey,
        Kind::Checklist,
        Kind::AnchorKey,
        Kind::PrefixList,
        Kind::Ghostbusters,
        Kind::Unknown,
    ]);
    let providers = prop::collection::btree_set(any::<u32>(), 1..4);
    prop_oneof![
        (any_validity(), prop::collection::btree_set(any_vrp(), 0..4))
            .prop_map(|(validity, vrps)| ObjectOutcome::Roa(validity, vrps.into_iter().collect())),
        (any_validity(), any::<u32>(), providers).prop_map(|(validity, customer, providers)| {
            let customer = Asn::from_u32(customer);
            let providers = providers.into_iter().map(Asn::from_u32).collect();
            ObjectOutcome::Aspa(
                validity,
                Aspa {
                    customer,
                    providers,
                },
            )
        }),
        any_validity().prop_map(ObjectOutcome::Authority),
        any_validity().prop_map(ObjectOutcome::RevocationList),
        kinds.prop_map(ObjectOutcome::PassedOver),
        any_reason().prop_map(ObjectOutcome::Rejected),
    ]
}

fn any_decision() -> impl Strategy<Value = Decision> {
    prop_oneof![
        any_manifest().prop_map(Decision::Current),
        (any_manifest(), any_reason())
            .prop_map(|(manifest, reason)| Decision::Kept(Fallback { manifest, reason })),
        any_reason().prop_map(Decision::Refused),
    ]
}

prop_compose! {
    fn any_authority()(
        parent in prop::option::of(any::<u32>()),
        certificate in "[a-z:/]{0,9}", certificate_digest: [u8; 32], validity in any_validity(),
        subject_key: [u8; 20], notify in prop::option::of("[a-z]{0,4}"), folder in "[a-z]{0,4}",
        key: [u8; 32], stable in any_validity(), decision in any_decision(),
        objects in prop::collection::btree_map("[a-z]{1,3}", (any::<[u8; 32]>(), any::<bool>(), any_outcome()), 0..5),
    ) -> Authority {
        Authority {
            parent, anchor: 0, certificate: certificate.into(),
            certificate_digest: Digest::from_bytes(certificate_digest),
            validity, subject_key, notify: notify.map(Into::into),
            manifest_uri: format!("{folder}x").into(), folder: folder.into(),
            key: Digest::from_bytes(key), stable, decision,
            objects: objects.into_iter().map(|(name, (digest, trailing, outcome))| Object {
                name, digest: Digest::from_bytes(digest), trailing, outcome,
            }).collect(),
        }
    }
}

prop_compose! {
    fn any_tree()(
        time: i64,
        mut authorities in prop::collection::vec(any_authority(), 1..4),
        refused in any_reason(),
        kept in prop::option::of(any_reason()),
    ) -> ValidatedTree {
        for (place, authority) in (0..).zip(&mut authorities) {
            authority.parent = authority.parent.and_then(|parent| parent.checked_rem(place));
        }
        let anchor = |name: &str, authority, kept| Anchor { name: name.into(), authority, kept };
        let anchors = vec![anchor("a", Ok(0), kept), anchor("b", Err(refused), None)];
        ValidatedTree { time, anchors, authorities }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(tree in any_tree()) {
        prop_assert_eq!(ValidatedTree::parse(&tree.to_bytes()).unwrap(), tree);
    }

    #[test]
    fn what_is_read_is_the_one_encoding(
        tree in any_tree(),
        place in any::<prop::sample::Index>(),
        byte: u8,
        kept in any::<prop::sample::Index>(),
        cut: bool,
    ) {
        let mut bytes = tree.to_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if cut {
            bytes.truncate(kept.index(bytes.len()) + 1);
        }
        if let Ok(read) = ValidatedTree::parse(&bytes) {
            prop_assert_eq!(read.to_bytes(), bytes);
        }
    }
}
