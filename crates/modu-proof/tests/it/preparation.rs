//! Feature preparation.

use std::io::Cursor;

use modu_proof::dataset::{Dataset, Limits};
use modu_proof::evaluate::FeatureValues;
use modu_proof::preparation::{Features, bucket};
use modu_proof::solution::Solution;
use proptest::prelude::*;

use crate::world;

fn dataset(csv: &str) -> Dataset {
    let mut reader = Cursor::new(csv.as_bytes().to_vec());
    Dataset::read(&mut reader, &world::need(), &Limits::default()).unwrap()
}

fn features() -> Features {
    let solution = Solution::parse(world::SOLUTION.as_bytes()).unwrap();
    Features::bind(&solution, &world::need()).unwrap()
}

#[test]
fn each_preparation_makes_the_declared_numbers() {
    let csv = "age,income,region,note,sex,today,truth,memo\n\
               30,0.1,1,가나다라,0,0,1,x\n\
               60,,3,a,1,1,0,x\n";
    let batch = features().batch(&dataset(csv), 0, 10);
    assert_eq!(batch.rows, 2);
    assert_eq!(
        batch.tensors[0].values,
        FeatureValues::Float32(vec![
            -0.5, 0.1, 0.0, 1.0, 0.0, //
            1.0, 0.0, 0.0, 0.0, 0.0,
        ])
    );
    let hashed = |text: &str| {
        let mut row = [0; 5];
        row[bucket(text, 5)] = 1;
        row
    };
    let expected = [
        &[0xac00, 0xb098, 0xb2e4][..],
        &hashed("1"),
        &[i64::from(b'a'), 0, 0],
        &hashed("3"),
    ]
    .concat();
    assert_eq!(batch.tensors[1].values, FeatureValues::Int64(expected));
}

#[test]
fn buckets_are_those_of_sha_256() {
    // Python: int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") % buckets
    for (text, buckets, expected) in BUCKETS {
        assert_eq!(bucket(text, buckets), expected, "{text}");
    }
}

const BUCKETS: [(&str, u32, usize); 4] = [
    ("", 64, 35),
    ("1", 64, 43),
    ("서울특별시", 1000, 119),
    ("seoul", 1000, 814),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_row_has_the_same_numbers_in_any_batch(size in 1..50_usize) {
        let dataset = dataset(&world::data_csv());
        let features = features();
        let whole = features.batch(&dataset, 0, dataset.rows());
        for tensor in 0..whole.tensors.len() {
            let mut floats = Vec::new();
            let mut integers = Vec::new();
            let mut start = 0;
            while start < dataset.rows() {
                let batch = features.batch(&dataset, start, size);
                match &batch.tensors[tensor].values {
                    FeatureValues::Float32(values) => floats.extend_from_slice(values),
                    FeatureValues::Int64(values) => integers.extend_from_slice(values),
                }
                start += batch.rows;
            }
            match &whole.tensors[tensor].values {
                FeatureValues::Float32(values) => prop_assert_eq!(values, &floats),
                FeatureValues::Int64(values) => prop_assert_eq!(values, &integers),
            }
        }
    }
}
