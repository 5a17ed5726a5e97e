//! Tables that anybody can make again: a linear congruential generator.

use modu_survival::{EventCode, Outcomes};

/// Knuth's generator modulo 2^64; a number is its upper 53 bits.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        let state = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = state.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Times, event codes and risks.
pub(super) struct Table {
    pub(super) time: Vec<f64>,
    pub(super) event: Vec<u16>,
    pub(super) risk: Vec<f64>,
}

/// Of four numbers `a`, `b`, `c`, `d` a row: risk `4a - 2`; the earliest of
/// event 1 at `(1 - b)(3 - 2a)`, event 2 at `6(1 - d)` and censoring at
/// `0.2 + 4c`. With ties, times are rounded up to `1/16` and risks down to
/// `1/8`.
pub(super) fn table(seed: u64, rows: usize, tied: bool) -> Table {
    let mut numbers = Numbers(seed);
    let mut table = Table {
        time: vec![],
        event: vec![],
        risk: vec![],
    };
    for _ in 0..rows {
        let [a, b, c, d] = [(); 4].map(|()| numbers.next());
        let risk = a * 4.0 - 2.0;
        let (first, second) = ((1.0 - b) * (3.0 - 2.0 * a), (1.0 - d) * 6.0);
        let time = first.min(0.2 + c * 4.0).min(second);
        let code = match time {
            time if time == first => 1,
            time if time == second => 2,
            _ => 0,
        };
        table.event.push(code);
        table.time.push(if tied {
            (time * 16.0).ceil() / 16.0
        } else {
            time
        });
        table.risk.push(if tied {
            (risk * 8.0).floor() / 8.0
        } else {
            risk
        });
    }
    table
}

impl Table {
    /// With event 2 as what it is.
    pub(super) fn competing(&self) -> Outcomes {
        let events = self.event.iter().map(|code| EventCode(*code)).collect();
        Outcomes::new(self.time.clone(), events).unwrap()
    }

    /// With event 2 as censoring.
    pub(super) fn single(&self) -> Outcomes {
        let events: Vec<bool> = self.event.iter().map(|code| *code == 1).collect();
        Outcomes::single(self.time.clone(), &events).unwrap()
    }

    /// Risks by a time at which the baseline's cumulative hazard is `hazard`.
    pub(super) fn risk_at(&self, hazard: f64) -> Vec<f64> {
        let risk = |x: &f64| -libm::expm1(-hazard * libm::exp(0.5 * x));
        self.risk.iter().map(risk).collect()
    }
}
