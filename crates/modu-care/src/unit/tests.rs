#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;

fn convert(value: f64, from: &str, to: &str) -> Result<f64, UnitError> {
    convert_of(value, from, to, Substance::default())
}

fn convert_of(value: f64, from: &str, to: &str, of: Substance) -> Result<f64, UnitError> {
    let (from, to) = (Unit::parse(from)?, Unit::parse(to)?);
    Ok(Conversion::between(&from, &to, of)?.apply(value))
}

#[test]
fn a_change_of_prefix_is_exact() {
    for (value, from, to, expected) in [
        (1.2, "mg/dL", "mg/dL", 1.2),
        (1.2, "mg/dL", "g/L", 0.012),
        (0.3, "g/dL", "mg/L", 3000.0),
        (7.0, "10*3/uL", "10*9/L", 7.0),
        (7200.0, "/uL", "10*3/uL", 7.2),
        (70.0, "kg", "g", 70_000.0),
        (1.0, "ug/mL", "mg/L", 1.0),
        (1.0, "ng/mL", "ug/L", 1.0),
        (90.0, "mL/min/{1.73_m2}", "L/min", 0.09),
        (24.0, "kg/m2", "kg.m-2", 24.0),
        (1.0, "h", "min", 60.0),
        (1.0, "[IU]/L", "m[IU]/mL", 1.0),
        (12.0, "%", "1", 0.12),
        (1.0, "{INR}", "1", 1.0),
        (1.0, "10*6/L", "/uL", 1.0),
    ] {
        assert_eq!(convert(value, from, to), Ok(expected), "{from} {to}");
    }
}

/// Values computed with Python 3.11 from UCUM's definitions.
#[test]
fn other_units_come_within_one_part_in_ten_to_the_fourteen() {
    for (value, from, to, expected) in [
        (120.0, "mm[Hg]", "kPa", 15.998_686_489_8),
        (37.0, "Cel", "K", 310.15),
        (98.6, "[degF]", "Cel", 37.0),
        (150.0, "[lb_av]", "kg", 68.038_855_5),
        (70.0, "[in_i]", "cm", 177.8),
        (60.0, "U/L", "ukat/L", 1.0),
        (10.0, "cm[H2O]", "mm[Hg]", 7.355_591_352_766_805),
    ] {
        let found = convert(value, from, to).unwrap();
        assert!(
            (found - expected).abs() < 1e-13 * expected.abs(),
            "{found} {expected}"
        );
    }
}

#[test]
fn mass_becomes_amount_only_with_a_molar_mass() {
    assert_eq!(convert(1.0, "mg/dL", "umol/L"), Err(UnitError::MolarMass));
    let creatinine = Substance {
        molar_mass: Some(113.12),
        valence: None,
    };
    let found = convert_of(1.0, "mg/dL", "umol/L", creatinine).unwrap();
    assert!((found - 88.401_697_312_588_4).abs() < 1e-12, "{found}");
    let back = convert_of(found, "umol/L", "mg/dL", creatinine).unwrap();
    assert!((back - 1.0).abs() < 1e-14, "{back}");
}

#[test]
fn equivalents_become_amount_only_with_a_valence() {
    assert_eq!(convert(5.0, "meq/L", "mmol/L"), Err(UnitError::Valence));
    let calcium = Substance {
        molar_mass: Some(40.078),
        valence: Some(2.0),
    };
    assert_eq!(convert_of(5.0, "meq/L", "mmol/L", calcium), Ok(2.5));
    let mass = convert_of(5.0, "meq/L", "mg/dL", calcium).unwrap();
    assert!((mass - 10.0195).abs() < 1e-12, "{mass}");
}

#[test]
fn what_measures_something_else_is_refused() {
    for (from, to) in [
        ("mg/dL", "mg"),
        ("mmol/L", "U/L"),
        ("[IU]/L", "U/L"),
        ("[pH]", "1"),
        ("mm[Hg]", "mm"),
        ("Cel", "1"),
        ("g2", "mol2"),
    ] {
        assert_eq!(convert(1.0, from, to), Err(UnitError::Dimension), "{from}");
    }
}

#[test]
fn what_is_not_ucum_is_refused() {
    for text in [
        "",
        "mmHg",
        "MG/DL",
        "mg/dl/",
        "mg//dL",
        "mg dL",
        "K/uL%",
        "cells/uL",
        "mcg",
        "bpm",
        "{open",
        "m{a{b}",
        "(m",
        "m)",
        "mCel",
        "Cel2",
        "10**3",
        "10*99",
        "m99",
        "[nothing]",
        "mmin",
        "0/L",
        "홍길동",
        "9999999999",
        &"(".repeat(60),
        &"m.".repeat(40),
    ] {
        assert_eq!(Unit::parse(text), Err(UnitError::Unknown), "{text}");
    }
}

#[test]
fn litres_minutes_and_parentheses_are_read() {
    let flow = Unit::parse("mL/(min.kg)").unwrap();
    assert_eq!(flow, Unit::parse("mL/min/kg").unwrap());
    assert_eq!(Unit::parse("mg/dl"), Unit::parse("mg/dL"));
    assert_eq!(Unit::parse("mg{홍}"), Unit::parse("mg"));
    assert!(Unit::parse("/(s.(m/(g)))").is_ok());
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_fail(text in "[a-zA-Z0-9/.*^%{}()\\[\\]+-]{0,30}") {
        if let Ok(unit) = Unit::parse(&text) {
            let same = Conversion::between(&unit, &unit, Substance::default()).unwrap();
            prop_assert_eq!(same.apply(1.5), 1.5);
        }
    }

    #[test]
    fn there_and_back_is_the_same(value in 1e-6..1e6f64, a in 0usize..5, b in 0usize..5) {
        let units = ["mg/dL", "g/L", "ug/mL", "kg/m3", "mmol/L"];
        let of = Substance { molar_mass: Some(180.156), valence: None };
        let there = convert_of(value, units[a], units[b], of).unwrap();
        let back = convert_of(there, units[b], units[a], of).unwrap();
        prop_assert!((back - value).abs() <= 1e-14 * value, "{} {}", value, back);
    }
}
