//! The predictions artifact.

use modu_kernel::Digest;
use modu_proof::predictions::{PREDICTIONS_SCHEMA, Predictions, PredictionsHeader};
use proptest::prelude::*;

fn predictions(scores: Vec<f32>, width: u32) -> Predictions {
    Predictions {
        header: PredictionsHeader {
            back_end: None,
            blind: None,
            schema: PREDICTIONS_SCHEMA.to_owned(),
            dataset: Digest::of(b"dataset"),
            model: Digest::of(b"model"),
            need: Digest::of(b"need"),
            rows: scores.len() as u64 / u64::from(width),
            solution: "first".to_owned(),
            solution_toml: Digest::of(b"solution"),
            width,
        },
        scores,
    }
}

#[test]
fn the_bytes_are_a_canonical_line_and_little_endian_singles() {
    let bytes = predictions(vec![0.5, 1.0], 1).to_bytes().unwrap();
    let line = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    let header = std::str::from_utf8(&bytes[..line]).unwrap();
    assert!(header.starts_with("{\"dataset\":\"sha256:"), "{header}");
    assert!(header.ends_with(",\"width\":1}"), "{header}");
    assert_eq!(bytes[line + 1..], [0, 0, 0, 0x3f, 0, 0, 0x80, 0x3f]);
}

#[test]
fn every_nan_is_written_alike() {
    let odd = f32::from_bits(0xffc0_1234);
    let written = predictions(vec![odd], 1).to_bytes().unwrap();
    assert_eq!(written, predictions(vec![f32::NAN], 1).to_bytes().unwrap());
    assert!(written.ends_with(&[0, 0, 0xc0, 0x7f]));
}

#[test]
fn broken_predictions_are_told() {
    let good = predictions(vec![0.5, 0.25], 2).to_bytes().unwrap();
    let text = |from: &str, to: &str| {
        let line = good.iter().position(|byte| *byte == b'\n').unwrap();
        let header = String::from_utf8(good[..line].to_vec()).unwrap();
        assert!(header.contains(from));
        [header.replacen(from, to, 1).as_bytes(), &good[line..]].concat()
    };
    for (bytes, expected) in [
        (Vec::new(), "no header line ends within 4096 bytes"),
        (vec![b'x'; 5000], "no header line ends within 4096 bytes"),
        (text("predictions/1", "predictions/9"), "the schema is not"),
        (
            text("\"rows\":1", "\"rows\":2"),
            "not the header's rows times its width",
        ),
        (
            text("\"rows\":1", "\"rows\":4611686018427387904"),
            "it is not canonical JSON",
        ),
        (
            text("\"rows\":1", "\"rows\": 1"),
            "it is not canonical JSON",
        ),
        (
            text("\"width\":2", "\"width\":0"),
            "not the header's rows times its width",
        ),
        (
            text("\"rows\":1", "\"rows\":1,\"more\":2"),
            "unknown field `more`",
        ),
        (
            good[..good.len() - 1].to_vec(),
            "not the header's rows times its width",
        ),
        (
            [good.as_slice(), &[0]].concat(),
            "not the header's rows times its width",
        ),
    ] {
        let found = Predictions::parse(&bytes).unwrap_err().to_string();
        assert!(found.contains(expected), "{found}");
        assert!(found.contains("run the prediction again"), "{found}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(bits in proptest::collection::vec(any::<u32>(), 1..60), width in 1..4_u32) {
        let mut scores: Vec<f32> = bits.into_iter().map(f32::from_bits).collect();
        scores.truncate(scores.len() / width as usize * width as usize);
        prop_assume!(!scores.is_empty());
        let written = predictions(scores, width).to_bytes().unwrap();
        let again = Predictions::parse(&written).unwrap();
        prop_assert_eq!(again.to_bytes().unwrap(), written);
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes: Vec<u8>) {
        prop_assert!(Predictions::parse(&bytes).is_err());
    }
}
