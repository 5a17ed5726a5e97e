//! A probability as people count: so many of a hundred, or of a thousand where
//! it is rare. Percentages and odds are misread more often than counts of
//! people are (Gigerenzer and others 2007, Psychol Sci Public Interest 8:
//! 53-96), and the interval has the same number of people as the risk.

use modu_kernel::{Label, grouped};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::risk::RiskEstimate;

/// So many of so many people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Frequency {
    /// People whom it happens to.
    pub count: u32,
    /// Of so many: 100 or 1,000.
    pub of: u32,
    /// At least and at most so many, where it is known.
    pub between: Option<(u32, u32)>,
}

impl Frequency {
    /// Of a risk with its interval.
    #[must_use]
    pub fn of(risk: &RiskEstimate) -> Self {
        let of = if risk.risk.get() < 0.01 { 1_000 } else { 100 };
        let people = |share: f64| libm::round(share * f64::from(of)) as u32;
        let count = people(risk.risk.get());
        let between = risk
            .interval
            .map(|it| (people(it.lower.get()), people(it.upper.get())));
        Self { count, of, between }
    }

    /// The headline: `100명 중 12명`, `12 of 100 people`.
    #[must_use]
    pub fn words(self) -> Label {
        let (count, of) = (self.count, self.of);
        let thousand = |count| {
            if of == 100 {
                format!("{count}")
            } else {
                grouped(u64::from(count))
            }
        };
        let all = thousand(of);
        match count {
            0 => Label::new(
                format!("{all}명 중 1명보다 적음"),
                format!("fewer than 1 of {all} people"),
            ),
            _ if count == of => Label::new(
                format!("{all}명 중 거의 모두"),
                format!("almost all of {all} people"),
            ),
            _ => Label::new(
                format!("{all}명 중 {count}명"),
                format!("{count} of {all} people"),
            ),
        }
    }

    /// The sentence.
    #[must_use]
    pub fn sentence(self, within: &Label) -> Label {
        let (count, of, rest) = (
            self.count,
            grouped(u64::from(self.of)),
            self.of - self.count,
        );
        let rest = grouped(u64::from(rest));
        Label::new(
            format!(
                "나와 상태가 비슷한 사람 {of}명 가운데 약 {count}명은 앞으로 {} 안에 이 일을 겪고, {rest}명은 겪지 않습니다.",
                within.ko
            ),
            format!(
                "Of {of} people in a state like yours about {count} go through this within {}, and {rest} do not.",
                within.en
            ),
        )
    }

    /// How sure it is.
    #[must_use]
    pub fn certainty(self) -> Label {
        let of = grouped(u64::from(self.of));
        match self.between {
            Some((least, most)) => Label::new(
                format!(
                    "정확히 알 수는 없습니다. {of}명 중 {least}명에서 {most}명 사이일 수 있습니다."
                ),
                format!("Nobody knows exactly: it may be from {least} to {most} of {of} people."),
            ),
            None => Label::new(
                "이 숫자가 얼마나 정확한지는 아직 알지 못합니다.",
                "How exact this number is, is not known yet.",
            ),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use modu_statistics::Finite;

    use super::*;
    use crate::risk::RiskInterval;

    fn frequency(risk: f64, interval: Option<(f64, f64)>) -> Frequency {
        let finite = |value| Finite::new(value).unwrap();
        Frequency::of(&RiskEstimate {
            person: "p".to_owned(),
            at: "2026-03-01T00:00:00Z".parse().unwrap(),
            horizon_days: finite(30.0),
            risk: finite(risk),
            interval: interval.map(|(lower, upper)| RiskInterval {
                lower: finite(lower),
                upper: finite(upper),
            }),
            score: None,
            contributions: Vec::new(),
        })
    }

    #[test]
    fn a_risk_is_told_as_people_of_a_hundred_and_of_a_thousand_where_it_is_rare() {
        for (risk, words) in [
            (0.12, "100명 중 12명"),
            (0.01, "100명 중 1명"),
            (0.0099, "1,000명 중 10명"),
            (0.0004, "1,000명 중 1명보다 적음"),
            (0.997, "100명 중 거의 모두"),
        ] {
            assert_eq!(frequency(risk, None).words().ko, words);
        }
    }

    #[test]
    fn the_interval_counts_the_same_people_as_the_risk() {
        let told = frequency(0.12, Some((0.081, 0.169)));
        assert_eq!((told.count, told.between), (12, Some((8, 17))));
        assert!(told.certainty().ko.contains("100명 중 8명에서 17명"));
        let rare = frequency(0.004, Some((0.001, 0.02)));
        assert_eq!(
            rare.certainty().en,
            "Nobody knows exactly: it may be from 1 to 20 of 1,000 people."
        );
    }
}
