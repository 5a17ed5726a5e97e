//! Sums over stretches of event times, for rows that enter late.
//!
//! Who is at risk at an event time is everybody whose stretch from entry to end
//! holds it. A difference of two running sums would be quick, but where one row
//! weighs e^40 times another it leaves nothing of the lighter one. So stretches
//! are put together of parts that halve (a segment tree): each takes twice the
//! logarithm of the number of event times, and nothing is ever taken off.

/// A number for each event time.
#[derive(Debug, Default)]
pub(super) struct Spans {
    leaves: usize,
    parts: Vec<f64>,
}

impl Spans {
    /// Zero at so many event times.
    pub(super) fn clear(&mut self, times: usize) {
        self.leaves = times.next_power_of_two();
        self.parts.clear();
        self.parts.resize(2 * self.leaves, 0.0);
    }

    /// Adds a value at the event times from one (from 0) to before another.
    pub(super) fn cover(&mut self, from: u32, to: u32, value: f64) {
        each_part(self.leaves, from, to, |part| self.parts[part] += value);
    }

    /// The sum of the values that cover an event time.
    pub(super) fn at(&self, time: usize) -> f64 {
        let mut part = self.leaves + time;
        let mut sum = 0.0;
        while part > 0 {
            sum += self.parts[part];
            part /= 2;
        }
        sum
    }

    /// Sets one value for each event time, to be summed by [`Self::sum`].
    pub(super) fn set(&mut self, values: impl Iterator<Item = f64>) {
        self.parts.fill(0.0);
        for (part, value) in self.parts[self.leaves..].iter_mut().zip(values) {
            *part = value;
        }
        for part in (1..self.leaves).rev() {
            self.parts[part] = self.parts[2 * part] + self.parts[2 * part + 1];
        }
    }

    /// The sum over the event times from one to before another.
    pub(super) fn sum(&self, from: u32, to: u32) -> f64 {
        let mut sum = 0.0;
        each_part(self.leaves, from, to, |part| sum += self.parts[part]);
        sum
    }
}

/// The parts that make up a stretch.
fn each_part(leaves: usize, from: u32, to: u32, mut visit: impl FnMut(usize)) {
    let (mut from, mut to) = (leaves + from as usize, leaves + to as usize);
    while from < to {
        if from % 2 == 1 {
            visit(from);
            from += 1;
        }
        if to % 2 == 1 {
            to -= 1;
            visit(to);
        }
        (from, to) = (from / 2, to / 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_of_any_length_sum_what_covers_them() {
        for times in [1, 2, 5, 8, 13] {
            let mut spans = Spans::default();
            spans.clear(times);
            let mut covered = vec![0.0; times];
            for from in 0..times {
                for to in from..=times {
                    let value = (3 * from + to) as f64;
                    spans.cover(from as u32, to as u32, value);
                    covered[from..to].iter_mut().for_each(|it| *it += value);
                }
            }
            let found: Vec<f64> = (0..times).map(|time| spans.at(time)).collect();
            assert_eq!(found, covered);
            spans.set(covered.iter().copied());
            for from in 0..times {
                for to in from..=times {
                    let expected: f64 = covered[from..to].iter().sum();
                    assert_eq!(spans.sum(from as u32, to as u32), expected);
                }
            }
        }
    }
}
