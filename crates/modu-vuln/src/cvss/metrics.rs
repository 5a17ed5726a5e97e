//! The metrics of a vector: `AV:N/AC:L/...`.

/// A metric's name and the values that it can have.
pub(super) type Known = (&'static str, &'static [&'static str]);

/// Metrics of a vector with their values, by the place of each in its
/// version's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Metrics {
    known: &'static [Known],
    /// Places of values.
    values: Vec<Option<usize>>,
}

impl Metrics {
    /// Reads metrics; the first `base` of the known ones must be there.
    pub(super) fn parse(text: &str, known: &'static [Known], base: usize) -> Result<Self, String> {
        let mut values = vec![None; known.len()];
        for field in text.split('/') {
            let (name, value) =
                (field.split_once(':')).ok_or_else(|| format!("`{field}` is no `metric:value`"))?;
            let place = (known.iter().position(|(metric, _)| *metric == name))
                .ok_or_else(|| format!("`{name}` is no metric of its version"))?;
            let allowed = known[place].1;
            let value = (allowed.iter().position(|it| *it == value)).ok_or_else(|| {
                format!(
                    "`{value}` is no value of {name}: expected {}",
                    allowed.join(", ")
                )
            })?;
            if values[place].replace(value).is_some() {
                return Err(format!("{name} stands there twice"));
            }
        }
        let missing: Vec<&str> = (known.iter().zip(&values).take(base))
            .filter(|(_, value)| value.is_none())
            .map(|((name, _), _)| *name)
            .collect();
        match missing.is_empty() {
            true => Ok(Self { known, values }),
            false => Err(format!("it lacks {}", missing.join(", "))),
        }
    }

    /// The value of a metric, none where it is not there.
    pub(super) fn get(&self, name: &str) -> Option<&'static str> {
        let place = self.known.iter().position(|(metric, _)| *metric == name)?;
        Some(self.known[place].1[self.values[place]?])
    }

    /// Whether a metric has a value.
    pub(super) fn is(&self, name: &str, value: &str) -> bool {
        self.get(name) == Some(value)
    }

    /// The first metrics alone.
    pub(super) fn first(&self, count: usize) -> Self {
        let values = self.values.iter().enumerate();
        Self {
            known: self.known,
            values: values
                .map(|(place, value)| value.filter(|_| place < count))
                .collect(),
        }
    }

    /// Looks a metric's value up among weights; 1 where it is not there.
    pub(super) fn weight(&self, name: &str, weights: &[(&str, f64)]) -> f64 {
        let value = self.get(name);
        let weight = weights.iter().find(|(known, _)| Some(*known) == value);
        weight.map_or(1.0, |(_, weight)| *weight)
    }
}
