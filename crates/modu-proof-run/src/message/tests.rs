//! Messages go through unharmed, and wrong ones are refused.
#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use modu_proof::evaluate::FeatureTensor;

use super::*;

/// A frame without its length.
fn body(frame: Option<Vec<u8>>) -> Vec<u8> {
    let frame = frame.unwrap();
    let (length, body) = frame.split_at(LENGTH_BYTES);
    assert_eq!(
        u32::from_le_bytes(length.try_into().unwrap()) as usize,
        body.len()
    );
    body.to_vec()
}

fn batch() -> FeatureBatch {
    FeatureBatch {
        rows: 2,
        tensors: vec![
            FeatureTensor {
                name: "수".into(),
                width: 2,
                values: FeatureValues::Float32(vec![1.0, -0.0, f32::NAN, 4.0]),
            },
            FeatureTensor {
                name: "codes".into(),
                width: 1,
                values: FeatureValues::Int64(vec![i64::MIN, 7]),
            },
        ],
    }
}

#[test]
fn every_message_is_read_back_as_it_was_written() {
    let begin = Begin {
        memory_bytes: 1 << 40,
        processor_seconds: 9,
    };
    let frame = body(begin.write());
    assert_eq!(frame.len() as u64, Begin::LENGTH);
    assert_eq!(Begin::read(&frame), Ok(begin));
    let hello = Hello(Confinement {
        namespaces: Layer::Unavailable("허용되지 않음".into()),
        process_namespace: Layer::Unavailable("keiner".into()),
        landlock: Layer::Applied,
        seccomp: Layer::Applied,
        resource_limits: Layer::Unavailable("x".into()),
    });
    assert_eq!(Hello::read(&body(hello.write())), Ok(hello));
    let limits = Limits {
        nodes: 5,
        operations: 77,
        ..Limits::default()
    };
    let open = Open {
        limits,
        output: "probabilities",
        model: &[1, 2, 3],
    };
    assert_eq!(Open::read(&body(open.write())), Ok(open));
    for back_end in [BackEnd::Kernels, BackEnd::Tract] {
        let ready = Ready {
            back_end,
            inputs: vec![NeededInput {
                name: "X".into(),
                shown: "`X`".into(),
                element_type: Some(ElementType::Int64),
            }],
        };
        assert_eq!(Ready::read(&body(ready.write())), Ok(ready));
    }
    for kind in Refusal::KINDS {
        let refusal = Refusal {
            kind,
            reason: "node 3: no".into(),
        };
        assert_eq!(Refusal::read(&body(refusal.write())), Ok(refusal));
    }
    let answer = Answer {
        shape: vec![2, 2],
        scores: vec![0.25, 0.75, 1.0, 0.0],
    };
    assert_eq!(Answer::read(&body(answer.write())), Ok(answer));
    let tensors = Batch::read(&body(Batch::write(&batch()))).unwrap();
    assert_eq!(tensors[0].0, "수");
    assert_eq!(tensors[0].1.shape(), [2, 2]);
    assert_eq!(tensors[1].1.as_int64().unwrap(), [i64::MIN, 7]);
    let bits: Vec<u32> = tensors[0]
        .1
        .as_float32()
        .unwrap()
        .iter()
        .map(|value| value.to_bits())
        .collect();
    assert_eq!(bits, [1.0_f32, -0.0, f32::NAN, 4.0].map(f32::to_bits));
    assert!(Batch::size(&batch()) >= Batch::write(&batch()).unwrap().len() as u64);
}

#[test]
fn a_frame_cut_anywhere_or_with_a_byte_more_is_refused() {
    let answer = Answer {
        shape: vec![3],
        scores: vec![0.5; 3],
    };
    let refusal = Refusal {
        kind: RefusalKind::Limit,
        reason: "no".into(),
    };
    let frames = [
        (
            body(answer.write()),
            (|frame| Answer::read(frame).is_err()) as fn(&[u8]) -> bool,
        ),
        (body(refusal.write()), |frame| Refusal::read(frame).is_err()),
        (body(Batch::write(&batch())), |frame| {
            Batch::read(frame).is_err()
        }),
    ];
    for (frame, is_refused) in frames {
        assert!(!is_refused(&frame));
        for length in 0..frame.len() {
            assert!(is_refused(&frame[..length]), "cut at {length}");
        }
        assert!(is_refused(&[frame.as_slice(), &[0]].concat()));
    }
}

#[test]
fn claimed_sizes_do_not_allocate() {
    let huge = Writer::new(Answer::KIND)
        .u64(2)
        .u64(1 << 40)
        .u64(1 << 40)
        .finish();
    assert!(Answer::read(&body(huge)).is_err());
    let huge = Writer::new(Answer::KIND).u64(1).u64(1 << 60).finish();
    assert!(Answer::read(&body(huge)).is_err());
    let many = Writer::new(Ready::KIND).u64(u64::MAX).finish();
    assert!(Ready::read(&body(many)).is_err());
}

#[test]
fn a_long_reason_is_cut_at_a_character_and_control_characters_are_replaced() {
    let refusal = Refusal {
        kind: RefusalKind::Malformed,
        reason: "가".repeat(10_000),
    };
    let frame = body(refusal.write());
    assert!(frame.len() as u64 <= Refusal::LONGEST);
    assert!(Refusal::read(&frame).unwrap().reason.len() > 16_000);
    let rude = Refusal {
        kind: RefusalKind::Malformed,
        reason: "a\u{1b}[2Jb".into(),
    };
    assert_eq!(
        Refusal::read(&body(rude.write())).unwrap().reason,
        "a\u{fffd}[2Jb"
    );
}
