//! Charlson's index: weights of 1987, and codes as Quan and others read them.

use std::collections::{BTreeMap, BTreeSet};

use modu_care::score::charlson::{Condition, age_points, index};

/// Charlson and others 1987, table 3: so many conditions of each weight.
#[test]
fn the_weights_are_those_of_1987() {
    let mut weights = BTreeMap::new();
    for condition in Condition::ALL {
        *weights.entry(condition.weight()).or_insert(0) += 1;
    }
    assert_eq!(weights, BTreeMap::from([(1, 10), (2, 6), (3, 1), (6, 2)]));
    let set = |conditions: &[Condition]| conditions.iter().copied().collect::<BTreeSet<_>>();
    assert_eq!(index(&set(&[])), 0);
    assert_eq!(
        index(&set(&[
            Condition::Dementia,
            Condition::Hemiplegia,
            Condition::Aids
        ])),
        9
    );
    assert_eq!(index(&set(&Condition::ALL)), 33);
}

#[test]
fn of_two_grades_of_one_disease_the_heavier_counts_alone() {
    for (mild, severe) in [
        (Condition::MildLiverDisease, Condition::SevereLiverDisease),
        (Condition::Diabetes, Condition::DiabetesWithDamage),
        (Condition::Tumour, Condition::MetastaticTumour),
    ] {
        assert_eq!(index(&BTreeSet::from([mild])), mild.weight());
        assert_eq!(index(&BTreeSet::from([mild, severe])), severe.weight());
    }
}

/// How many of the 26,000 codes of a letter and three digits stand for each
/// condition, counted with comorbidipy 0.5.0 (`charlson_icd10_quan`), which
/// gives every one of them to the same condition.
#[test]
fn every_code_of_four_places_stands_for_the_condition_that_quan_gives_it() {
    let mut counts: BTreeMap<Condition, u32> = BTreeMap::new();
    for letter in 'A'..='Z' {
        for number in 0..1_000 {
            let code = format!("{letter}{:02}.{}", number / 10, number % 10);
            if let Some(condition) = Condition::of_code(&code) {
                *counts.entry(condition).or_default() += 1;
            }
        }
    }
    let expected = [
        (Condition::MyocardialInfarction, 21),
        (Condition::HeartFailure, 32),
        (Condition::PeripheralVascularDisease, 31),
        (Condition::CerebrovascularDisease, 121),
        (Condition::Dementia, 52),
        (Condition::ChronicPulmonaryDisease, 165),
        (Condition::ConnectiveTissueDisease, 54),
        (Condition::UlcerDisease, 40),
        (Condition::MildLiverDisease, 46),
        (Condition::Diabetes, 25),
        (Condition::Hemiplegia, 30),
        (Condition::RenalDisease, 40),
        (Condition::DiabetesWithDamage, 25),
        (Condition::Tumour, 830),
        (Condition::SevereLiverDisease, 11),
        (Condition::MetastaticTumour, 40),
        (Condition::Aids, 40),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
}

#[test]
fn age_adds_a_point_for_each_decade_from_fifty() {
    let ages = [
        (0, 0),
        (49, 0),
        (50, 1),
        (59, 1),
        (60, 2),
        (79, 3),
        (80, 4),
        (99, 5),
        (120, 8),
    ];
    for (age, points) in ages {
        assert_eq!(age_points(age), points, "{age}");
    }
}
