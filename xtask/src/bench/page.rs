//! The page that a measurement becomes.

use std::fmt::Write as _;
use std::time::Duration;

use super::figures::{Cell, Row};
use super::machine;
use super::measure::{Contestant, Sample};

/// One table of the page.
pub(crate) struct Table {
    /// What is measured, as a heading; empty where the table goes on with
    /// what the one before it is about.
    pub(crate) title: String,
    /// What the reader should know of it: the work, and versions.
    pub(crate) about: String,
    /// Names of the columns.
    pub(crate) columns: Vec<String>,
    /// The cells, row by row; none where the text says it all.
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// Processes that were run in turns. Where the work has a size, its rate
    /// is shown too.
    pub(crate) fn of_processes(
        title: &str,
        about: &str,
        work: Option<(f64, &str)>,
        contestants: &[Contestant],
        samples: &[Vec<Sample>],
    ) -> Self {
        let mut columns = vec!["", "wall s", "processor s", "peak memory MiB"];
        if let Some((_, unit)) = work {
            columns.push(unit);
        }
        let rows = contestants
            .iter()
            .zip(samples)
            .map(|(contestant, samples)| {
                let spread_of = |value: fn(&Sample) -> f64| spread(samples.iter().map(value));
                let mut row = vec![
                    contestant.name.clone(),
                    spread_of(|sample| sample.wall.as_secs_f64()),
                    spread_of(|sample| sample.processor.as_secs_f64()),
                    spread_of(|sample| sample.memory as f64 / 1024.0),
                ];
                if let Some((size, _)) = work {
                    let rate = |wall: Duration| size / wall.as_secs_f64();
                    row.push(spread(samples.iter().map(|sample| rate(sample.wall))));
                }
                row
            });
        Self {
            title: title.to_owned(),
            about: about.to_owned(),
            columns: columns.into_iter().map(str::to_owned).collect(),
            rows: rows.collect(),
        }
    }

    /// Figures that a program printed of itself: one table for each kind of
    /// row, under one title.
    pub(crate) fn of_figures(title: &str, about: &str, rows: &[Row]) -> Vec<Self> {
        let mut tables = Vec::<Self>::new();
        for Row(cells) in rows {
            let columns: Vec<_> = cells
                .iter()
                .map(|(name, _)| name.replace('_', " "))
                .collect();
            let row = cells.iter().map(|(_, cell)| match cell {
                Cell::Text(text) => text.clone(),
                Cell::Figures(figures) => spread(figures.iter().copied()),
            });
            let row = row.collect();
            match tables.last_mut() {
                Some(table) if table.columns == columns => table.rows.push(row),
                last => {
                    let is_first = last.is_none();
                    let (title, about) = if is_first { (title, about) } else { ("", "") };
                    tables.push(Self {
                        title: title.to_owned(),
                        about: about.to_owned(),
                        columns,
                        rows: vec![row],
                    });
                }
            }
        }
        tables
    }

    /// What a program printed of itself, as it stands.
    pub(crate) fn of_text(title: &str, about: &str, text: &str) -> Self {
        Self {
            title: title.to_owned(),
            about: format!("{about}\n\n```text\n{}\n```", text.trim_end()),
            columns: Vec::new(),
            rows: Vec::new(),
        }
    }

    fn markdown(&self) -> String {
        if self.rows.is_empty() {
            return format!("## {}\n\n{}\n", self.title, self.about);
        }
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule: Vec<_> = self.columns.iter().map(|_| "---".to_owned()).collect();
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        let table = format!("{}{}{rows}", line(&self.columns), line(&rule));
        if self.title.is_empty() {
            table
        } else {
            format!("## {}\n\n{}\n\n{table}", self.title, self.about)
        }
    }
}

/// How what is compared was run.
pub(crate) enum Way {
    /// By turns.
    InTurns {
        /// How many rounds count.
        rounds: u32,
    },
    /// Once each, at the largest size.
    Large,
}

/// The whole page.
pub(crate) fn page(engine: &str, way: &Way, tables: &[Table]) -> anyhow::Result<String> {
    let said = match way {
        Way::InTurns { rounds } => format!(
            "`cargo xtask bench {engine} --rounds {rounds}`: \
             중앙값 [최소 – 최대]. Median of {rounds} rounds [least – greatest]; \
             what is compared runs in turns, after one round that does not count."
        ),
        Way::Large => format!(
            "`cargo xtask bench {engine} --large`: 저마다 한 번. \
             One run of each, one after the other."
        ),
    };
    let mut text = format!("# 측정 / Bench: {engine}\n\n{said}\n\n");
    for (name, value) in machine::description() {
        writeln!(text, "- {name}: {value}")?;
    }
    for table in tables {
        write!(text, "\n{}", table.markdown())?;
    }
    Ok(text)
}

/// `median [least – greatest]` with three significant digits.
pub(crate) fn spread(values: impl Iterator<Item = f64>) -> String {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    let (Some(least), Some(greatest)) = (values.first(), values.last()) else {
        return "not measured".to_owned();
    };
    let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
    let median = f64::midpoint(low, high);
    if least.total_cmp(greatest).is_eq() {
        return digits(median);
    }
    format!(
        "{} [{} – {}]",
        digits(median),
        digits(*least),
        digits(*greatest)
    )
}

/// Three significant digits, and whole numbers with separated thousands.
fn digits(value: f64) -> String {
    let size = value.abs();
    if size >= 100.0 {
        thousands(value.round())
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else if size >= 1.0 {
        format!("{value:.2}")
    } else if size == 0.0 {
        "0".to_owned()
    } else {
        let places = (2.0 - size.log10().floor()).clamp(3.0, 12.0) as usize;
        format!("{value:.places$}")
    }
}

fn thousands(value: f64) -> String {
    let text = format!("{value:.0}");
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or(("", &*text), |rest| ("-", rest));
    let mut out = sign.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_the_median_between_the_least_and_the_greatest() {
        assert_eq!(spread([3.0, 1.0, 2.0].into_iter()), "2.00 [1.00 – 3.00]");
        assert_eq!(spread([4.0, 1.0].into_iter()), "2.50 [1.00 – 4.00]");
        assert_eq!(spread([1024.0, 1024.0].into_iter()), "1,024");
        assert_eq!(spread([].into_iter()), "not measured");
    }

    #[test]
    fn a_figure_has_three_significant_digits_and_thousands_are_separated() {
        assert_eq!(digits(1_234_567.0), "1,234,567");
        assert_eq!(digits(-123.4), "-123");
        assert_eq!(digits(12.34), "12.3");
        assert_eq!(digits(0.012_345), "0.0123");
        assert_eq!(digits(0.0), "0");
    }
}
