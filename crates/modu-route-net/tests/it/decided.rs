//! Trees as a validator would decide them, small and cheap to vary.

use modu_kernel::Digest;
use modu_route::repository::Source;
use modu_route::validate::{
    Anchor, Authority, Decision, Manifest, Object, ObjectOutcome, ValidatedTree, Validity,
};
use modu_route::{Asn, Vrp};

/// Validity of everything here.
const ALWAYS: Validity = Validity {
    not_before: 0,
    not_after: i64::MAX,
};

/// One trust anchor with a ROA for each number, `10.<number>.0.0/16`.
pub(crate) fn tree(time: i64, numbers: &[u8]) -> ValidatedTree {
    let digest = Digest::of(numbers);
    let folder = "rsync://host/repository/";
    let objects = numbers.iter().map(|number| {
        let vrp = Vrp {
            prefix: format!("10.{number}.0.0/16").parse().unwrap(),
            max_length: 16,
            origin: Asn::from_u32(64_496),
        };
        Object {
            name: format!("{number:03}.roa"),
            digest: Digest::of(&[*number]),
            trailing: false,
            outcome: ObjectOutcome::Roa(ALWAYS, vec![vrp]),
        }
    });
    ValidatedTree {
        time,
        anchors: vec![Anchor {
            name: "test".into(),
            authority: Ok(0),
            kept: None,
        }],
        authorities: vec![Authority {
            parent: None,
            anchor: 0,
            certificate: "rsync://host/ta.cer".into(),
            certificate_digest: Digest::of(b"ta"),
            validity: ALWAYS,
            subject_key: [0; 20],
            notify: None,
            folder: folder.into(),
            manifest_uri: format!("{folder}manifest.mft").into(),
            key: Digest::of(b"key"),
            stable: ALWAYS,
            decision: Decision::Current(Manifest {
                source: Source::Rsync("rsync://host/repository/".into()),
                pack: digest,
                digest,
                number: vec![1],
                this_update: 0,
                next_update: i64::MAX,
            }),
            objects: objects.collect(),
        }],
    }
}
