//! Each score against its published table: every value that it can be given,
//! and so each side of every boundary.

mod comorbidity;
mod table;

use modu_care::score::mews::Mews;
use modu_care::score::news2::{News2, SaturationScale, Urgency, urgency};
use modu_care::score::qsofa::{Mentation, Qsofa};
use modu_care::score::vital::{
    Breathing, Consciousness, Glasgow, OxygenSaturation, Pulse, RespiratoryRate, SystolicPressure,
    Temperature,
};
use modu_care::score::{Item, Scored, Total};

/// The last value of each band of a published table and its points; the bands
/// follow one another.
type Bands = &'static [(u16, u8)];

fn by_bands(bands: Bands, value: u16) -> u8 {
    let band = bands.iter().find(|(last, _)| value <= *last).unwrap();
    band.1
}

fn points(scored: &Scored, item: Item) -> Option<u8> {
    let found = scored.items().iter().find(|(it, _)| *it == item).unwrap();
    found.1
}

/// Holds every value of a vital sign against a table, the rest of the score
/// as it is given.
macro_rules! held_against {
    ($kind:ident in $score:expr, $field:ident: $vital:ident, $item:ident, $bands:expr) => {
        for value in $vital::LEAST..=$vital::MOST {
            let rest = $score;
            let score = $kind {
                $field: $vital::from_steps(value),
                ..rest
            };
            assert_eq!(
                points(&score.score(), Item::$item),
                Some(by_bands($bands, value)),
                "{} {value}",
                stringify!($field)
            );
        }
    };
}

fn on_scale_two(breathing: Breathing) -> News2 {
    News2 {
        scale: SaturationScale::Hypercapnic,
        breathing: Some(breathing),
        ..Default::default()
    }
}

/// Royal College of Physicians, NEWS2, 2017, chart 1.
#[test]
fn every_value_has_the_points_of_the_published_table_of_news2() {
    held_against!(News2 in News2::default(), respiratory_rate: RespiratoryRate, RespiratoryRate,
        &[(8, 3), (11, 1), (20, 0), (24, 2), (999, 3)]
    );
    held_against!(News2 in News2::default(), oxygen_saturation: OxygenSaturation, OxygenSaturation,
        &[(91, 3), (93, 2), (95, 1), (100, 0)]
    );
    held_against!(News2 in on_scale_two(Breathing::Air), oxygen_saturation: OxygenSaturation, OxygenSaturation,
        &[(83, 3), (85, 2), (87, 1), (100, 0)]);
    held_against!(News2 in on_scale_two(Breathing::Oxygen), oxygen_saturation: OxygenSaturation, OxygenSaturation,
        &[(83, 3), (85, 2), (87, 1), (92, 0), (94, 1), (96, 2), (100, 3)]);
    held_against!(News2 in News2::default(), systolic_pressure: SystolicPressure, SystolicPressure,
        &[(90, 3), (100, 2), (110, 1), (219, 0), (999, 3)]
    );
    held_against!(News2 in News2::default(), pulse: Pulse, Pulse,
        &[(40, 3), (50, 1), (90, 0), (110, 1), (130, 2), (999, 3)]
    );
    held_against!(News2 in News2::default(), temperature: Temperature, Temperature,
        &[(350, 3), (360, 1), (380, 0), (390, 1), (999, 2)]
    );
    for (breathing, expected) in [(Breathing::Air, 0), (Breathing::Oxygen, 2)] {
        let score = News2 {
            breathing: Some(breathing),
            ..Default::default()
        }
        .score();
        assert_eq!(points(&score, Item::Breathing), Some(expected));
    }
    for state in Consciousness::ALL {
        let score = News2 {
            consciousness: Some(state),
            ..Default::default()
        }
        .score();
        let expected = if state == Consciousness::Alert { 0 } else { 3 };
        assert_eq!(
            points(&score, Item::Consciousness),
            Some(expected),
            "{state:?}"
        );
    }
}

/// Subbe and others, QJM 2001, table 1.
#[test]
fn every_value_has_the_points_of_the_published_table_of_mews() {
    held_against!(Mews in Mews::default(), systolic_pressure: SystolicPressure, SystolicPressure,
        &[(70, 3), (80, 2), (100, 1), (199, 0), (999, 2)]
    );
    held_against!(Mews in Mews::default(), pulse: Pulse, Pulse,
        &[(40, 2), (50, 1), (100, 0), (110, 1), (129, 2), (999, 3)]
    );
    held_against!(Mews in Mews::default(), respiratory_rate: RespiratoryRate, RespiratoryRate,
        &[(8, 2), (14, 0), (20, 1), (29, 2), (999, 3)]
    );
    held_against!(Mews in Mews::default(), temperature: Temperature, Temperature,
        &[(349, 2), (384, 0), (999, 2)]
    );
    for (state, expected) in Consciousness::ALL.into_iter().zip([0, 0, 1, 2, 3]) {
        let score = Mews {
            consciousness: Some(state),
            ..Default::default()
        }
        .score();
        assert_eq!(
            points(&score, Item::Consciousness),
            Some(expected),
            "{state:?}"
        );
    }
}

/// Singer and others, JAMA 2016, box 4.
#[test]
fn every_value_has_the_points_of_the_published_criteria_of_qsofa() {
    held_against!(Qsofa in Qsofa::default(), respiratory_rate: RespiratoryRate, RespiratoryRate,
        &[(21, 0), (999, 1)]
    );
    held_against!(Qsofa in Qsofa::default(), systolic_pressure: SystolicPressure, SystolicPressure,
        &[(100, 1), (999, 0)]
    );
    for value in Glasgow::LEAST..=Glasgow::MOST {
        let mentation = Glasgow::from_steps(value).map(Mentation::Glasgow);
        let score = Qsofa {
            mentation,
            ..Default::default()
        }
        .score();
        assert_eq!(
            points(&score, Item::Consciousness),
            Some(u8::from(value < 15)),
            "{value}"
        );
    }
    for state in Consciousness::ALL {
        let mentation = Some(Mentation::Consciousness(state));
        let score = Qsofa {
            mentation,
            ..Default::default()
        }
        .score();
        let expected = u8::from(state != Consciousness::Alert);
        assert_eq!(
            points(&score, Item::Consciousness),
            Some(expected),
            "{state:?}"
        );
    }
}

fn well() -> News2 {
    News2 {
        respiratory_rate: RespiratoryRate::from_steps(16),
        oxygen_saturation: OxygenSaturation::from_steps(97),
        scale: SaturationScale::Usual,
        breathing: Some(Breathing::Air),
        systolic_pressure: SystolicPressure::from_steps(120),
        pulse: Pulse::from_steps(70),
        consciousness: Some(Consciousness::Alert),
        temperature: Temperature::from_steps(368),
    }
}

#[test]
fn the_worst_that_can_be_measured_comes_to_twenty_points_of_news2_and_fourteen_of_mews() {
    assert_eq!(well().score().total(), Total::Complete(0));
    let worst = News2 {
        respiratory_rate: RespiratoryRate::from_steps(30),
        oxygen_saturation: OxygenSaturation::from_steps(80),
        breathing: Some(Breathing::Oxygen),
        systolic_pressure: SystolicPressure::from_steps(60),
        pulse: Pulse::from_steps(150),
        consciousness: Some(Consciousness::Unresponsive),
        temperature: Temperature::from_steps(340),
        ..well()
    };
    assert_eq!(worst.score().total(), Total::Complete(20));
    let mews = Mews {
        systolic_pressure: worst.systolic_pressure,
        pulse: worst.pulse,
        respiratory_rate: worst.respiratory_rate,
        temperature: worst.temperature,
        consciousness: worst.consciousness,
    };
    assert_eq!(mews.score().total(), Total::Complete(14));
}

/// Royal College of Physicians, NEWS2, 2017, chart 2.
#[test]
fn urgency_changes_at_five_and_seven_points_and_for_a_single_three() {
    let pulse = |steps| Pulse::from_steps(steps);
    let two_and = |other: News2| News2 {
        breathing: Some(Breathing::Oxygen),
        ..other
    };
    for (news2, total, expected) in [
        (well(), 0, Urgency::Low),
        (
            two_and(News2 {
                pulse: pulse(115),
                ..well()
            }),
            4,
            Urgency::Low,
        ),
        (
            News2 {
                pulse: pulse(135),
                ..well()
            },
            3,
            Urgency::LowMedium,
        ),
        (
            two_and(News2 {
                pulse: pulse(135),
                ..well()
            }),
            5,
            Urgency::Medium,
        ),
        (
            two_and(News2 {
                pulse: pulse(135),
                temperature: Temperature::from_steps(385),
                ..well()
            }),
            6,
            Urgency::Medium,
        ),
        (
            two_and(News2 {
                pulse: pulse(135),
                temperature: Temperature::from_steps(395),
                ..well()
            }),
            7,
            Urgency::High,
        ),
    ] {
        let score = news2.score();
        assert_eq!(score.total(), Total::Complete(total));
        assert_eq!(urgency(&score), expected, "{total}");
    }
}

#[test]
fn a_score_that_lacks_an_item_has_no_total_but_what_it_is_at_least() {
    let score = News2 {
        pulse: None,
        breathing: Some(Breathing::Oxygen),
        ..well()
    }
    .score();
    assert_eq!(score.total(), Total::AtLeast(2));
    assert_eq!(score.missing().collect::<Vec<_>>(), [Item::Pulse]);
    assert_eq!(News2::default().score().missing().count(), 7);
    assert_eq!(urgency(&News2::default().score()), Urgency::Low);
}

#[test]
fn on_scale_two_a_high_saturation_has_no_points_until_it_is_known_what_is_breathed() {
    let of = |steps| News2 {
        oxygen_saturation: OxygenSaturation::from_steps(steps),
        scale: SaturationScale::Hypercapnic,
        breathing: None,
        ..well()
    };
    assert_eq!(points(&of(92).score(), Item::OxygenSaturation), Some(0));
    assert_eq!(points(&of(93).score(), Item::OxygenSaturation), None);
}
