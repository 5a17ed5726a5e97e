//! VRPs by trust anchor over time, as a picture (SVG).
//!
//! A line for each trust anchor, named at its end in its own colour and dash,
//! so that it can be told apart without colour, too. A triangle marks a run in
//! which VRPs were lost that nobody took back; a cross, a run in which the
//! trust anchor itself could not be used. What is lost and held back from being
//! withdrawn is hatched. Words stand in Korean and English.

mod held;

use std::fmt::Write as _;

pub use self::held::HeldBack;
use modu_kernel::grouped;

use super::Tally;

/// A run in numbers, and its time (seconds since 1970, UTC).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The run's time.
    pub time: i64,
    /// The run.
    pub tally: Tally,
}

const WIDTH: f64 = 1_120.0;
const HEIGHT: f64 = 560.0;
const LEFT: f64 = 90.0;
const RIGHT: f64 = 930.0;
const TOP: f64 = 84.0;
const BOTTOM: f64 = 480.0;
/// Fewer losses than this share of the trust anchor's VRPs are no mark.
const MARKED_SHARE: f64 = 0.01;
/// Places of a line across the picture; a run between two is drawn where it
/// is the lowest of its place.
const PLACES: f64 = 840.0;
/// Colours that keep apart for most colour-blind readers (Okabe and Ito).
const COLOURS: [&str; 7] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000",
];
const DASHES: [&str; 4] = ["none", "7 3", "2 3", "9 3 2 3"];

/// Draws the runs, which ascend by time, and the holds that stand or stood.
/// One set of both gives one picture.
#[must_use]
pub fn picture(runs: &[Snapshot], holds: &[HeldBack]) -> String {
    let span = Scale::of(runs, &[]);
    let holds: Vec<&HeldBack> = holds.iter().filter(|it| it.is_within(&span)).collect();
    let scale = Scale::of(runs, &holds);
    let mut svg = String::new();
    // Writing to a string cannot fail; so what it gives is left alone here.
    let _ = write!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" font-family="'Noto Sans KR','Noto Sans CJK KR','Apple SD Gothic Neo','Malgun Gothic',sans-serif" role="img"><title>신뢰 앵커별 VRP 수 · VRPs by trust anchor</title><rect width="100%" height="100%" fill="#fff"/><text x="{LEFT}" y="34" font-size="20" font-weight="bold">신뢰 앵커별 VRP 수 · VRPs by trust anchor</text>"##
    );
    legend(&mut svg);
    if !holds.is_empty() {
        held::legend(&mut svg);
    }
    scale.axes(&mut svg);
    let mut ends = Vec::new();
    for (number, name) in names(runs).into_iter().enumerate() {
        let line = Line {
            colour: COLOURS[number % COLOURS.len()],
            dash: DASHES[number % DASHES.len()],
            holds: (holds.iter().copied())
                .filter(|it| it.anchor == name)
                .collect(),
            name,
        };
        ends.extend(line.draw(&mut svg, runs, &scale));
    }
    labels(&mut svg, ends);
    svg.push_str("</svg>\n");
    svg
}

impl Snapshot {
    /// The run's time and a trust anchor's VRPs in it.
    fn vrps_of(&self, anchor: &str) -> Option<(i64, u64)> {
        let anchor = self.tally.anchors.iter().find(|it| it.name == anchor)?;
        Some((self.time, anchor.vrps))
    }
}

/// The VRPs that a trust anchor's last run before a hold's end had; `own` are
/// its runs, ascending by time.
fn below(held: &HeldBack, own: impl Iterator<Item = (i64, u64)>) -> u64 {
    let before = own.take_while(|(time, _)| held.until.is_none_or(|until| *time < until));
    before.last().map_or(0, |(_, vrps)| vrps)
}

fn names(runs: &[Snapshot]) -> Vec<&str> {
    let anchors = runs.iter().flat_map(|run| &run.tally.anchors);
    let names: std::collections::BTreeSet<_> = anchors.map(|it| it.name.as_str()).collect();
    names.into_iter().collect()
}

fn legend(svg: &mut String) {
    let loss = triangle(LEFT + 8.0, 57.0, "#b00020");
    let failure = cross(LEFT + 478.0, 53.0, "#b00020");
    let _ = write!(
        svg,
        r##"{loss}<text x="{}" y="58" font-size="14">거두지 않았는데 사라짐 · lost though nobody took them back</text>{failure}<text x="{}" y="58" font-size="14">신뢰 앵커를 쓸 수 없음 · trust anchor could not be used</text>"##,
        LEFT + 22.0,
        LEFT + 492.0
    );
}

fn triangle(x: f64, y: f64, colour: &str) -> String {
    let (left, right, top) = (x - 7.0, x + 7.0, y - 11.0);
    format!(
        r##"<path d="M{left:.1} {top:.1}H{right:.1}L{x:.1} {y:.1}Z" fill="{colour}" stroke="#fff"/>"##
    )
}

fn cross(x: f64, y: f64, colour: &str) -> String {
    let (left, right, top, bottom) = (x - 5.0, x + 5.0, y - 5.0, y + 5.0);
    format!(
        r##"<path d="M{left:.1} {top:.1}L{right:.1} {bottom:.1}M{right:.1} {top:.1}L{left:.1} {bottom:.1}" stroke="{colour}" stroke-width="2.5"/>"##
    )
}

/// From runs to places in the picture.
struct Scale {
    first: i64,
    last: i64,
    most: u64,
}

impl Scale {
    fn of(runs: &[Snapshot], holds: &[&HeldBack]) -> Self {
        let anchors = runs.iter().flat_map(|run| &run.tally.anchors);
        let most = anchors.map(|anchor| anchor.vrps).max().unwrap_or(0);
        let routers_have = holds.iter().map(|held| {
            let own = runs.iter().filter_map(|run| run.vrps_of(&held.anchor));
            held.vrps.saturating_add(below(held, own))
        });
        let most = routers_have.fold(most, u64::max);
        let first = runs.iter().map(|run| run.time).min().unwrap_or(0);
        let last = runs.iter().map(|run| run.time).max().unwrap_or(0);
        Self {
            first,
            last: last.max(first.saturating_add(1)),
            most: most.max(1),
        }
    }

    fn x(&self, time: i64) -> f64 {
        let span = (self.last as f64) - (self.first as f64);
        LEFT + (RIGHT - LEFT) * ((time as f64) - (self.first as f64)) / span
    }

    fn y(&self, vrps: u64) -> f64 {
        BOTTOM - (BOTTOM - TOP) * (vrps as f64) / (self.top() as f64)
    }

    /// The distance of two lines of the grid: 1, 2 or 5 times a power of ten.
    fn step(&self) -> u64 {
        let mut power = 1_u64;
        loop {
            for times in [1, 2, 5] {
                let step = power.saturating_mul(times);
                if step.saturating_mul(5) >= self.most {
                    return step;
                }
            }
            power = power.saturating_mul(10);
        }
    }

    fn top(&self) -> u64 {
        self.most.div_ceil(self.step()) * self.step()
    }

    fn axes(&self, svg: &mut String) {
        for vrps in (0..=self.top()).step_by(usize::try_from(self.step()).unwrap_or(usize::MAX)) {
            let y = self.y(vrps);
            let _ = write!(
                svg,
                r##"<path d="M{LEFT} {y:.1}H{RIGHT}" stroke="#ddd"/><text x="{}" y="{:.1}" font-size="13" text-anchor="end">{}</text>"##,
                LEFT - 8.0,
                y + 4.5,
                grouped(vrps)
            );
        }
        for place in 0..=4 {
            let time = self
                .first
                .saturating_add((self.last - self.first) / 4 * place);
            let x = self.x(time);
            let (date, clock) = written(time);
            let _ = write!(
                svg,
                r##"<path d="M{x:.1} {BOTTOM}v6" stroke="#666"/><text x="{x:.1}" y="{}" font-size="13" text-anchor="middle">{date}</text><text x="{x:.1}" y="{}" font-size="12" text-anchor="middle" fill="#555">{clock} UTC</text>"##,
                BOTTOM + 22.0,
                BOTTOM + 38.0
            );
        }
        let _ = write!(
            svg,
            r##"<path d="M{LEFT} {BOTTOM}H{RIGHT}" stroke="#666"/>"##
        );
    }
}

/// A trust anchor's line.
struct Line<'r> {
    colour: &'static str,
    dash: &'static str,
    name: &'r str,
    holds: Vec<&'r HeldBack>,
}

/// Where a line ends, and its name.
struct End {
    y: f64,
    colour: &'static str,
    words: String,
}

impl Line<'_> {
    fn draw(&self, svg: &mut String, runs: &[Snapshot], scale: &Scale) -> Option<End> {
        let own = runs.iter().filter_map(|run| {
            let anchor = run.tally.anchors.iter().find(|it| it.name == self.name)?;
            Some((run.time, anchor))
        });
        let own: Vec<_> = own.collect();
        let mut path = String::new();
        let mut marks = String::new();
        let mut drawn: Option<(f64, u64)> = None;
        for (place, (time, anchor)) in own.iter().enumerate() {
            let x = scale.x(*time);
            let near = (RIGHT - LEFT) / PLACES;
            let is_last = place + 1 == own.len();
            let skipped = drawn.is_some_and(|(at, vrps)| x - at < near && anchor.vrps >= vrps);
            if !skipped || is_last {
                let letter = if path.is_empty() { 'M' } else { 'L' };
                let _ = write!(path, "{letter}{x:.1} {:.1}", scale.y(anchor.vrps));
                drawn = Some((x, anchor.vrps));
            }
            let before = anchor.vrps + anchor.vanished - anchor.appeared.min(anchor.vrps);
            let y = scale.y(anchor.vrps);
            if anchor.failure.is_some() {
                marks.push_str(&cross(x, y, self.colour));
            } else if anchor.unexplained as f64 > MARKED_SHARE * before as f64 {
                marks.push_str(&triangle(x, y - 3.0, self.colour));
            }
        }
        let (_, last) = own.last()?;
        let (colour, dash) = (self.colour, self.dash);
        for held in &self.holds {
            let vrps = own.iter().map(|(time, anchor)| (*time, anchor.vrps));
            held.draw(svg, scale, below(held, vrps), colour);
        }
        let _ = write!(
            svg,
            r##"<path d="{path}" fill="none" stroke="{colour}" stroke-width="2.2" stroke-dasharray="{dash}" stroke-linejoin="round"/>{marks}"##
        );
        Some(End {
            y: scale.y(last.vrps),
            colour,
            words: format!("{} {}", escaped(self.name), grouped(last.vrps)),
        })
    }
}

/// Names at the lines' ends, pushed apart where they would overlap.
fn labels(svg: &mut String, mut ends: Vec<End>) {
    ends.sort_by(|one, other| one.y.total_cmp(&other.y));
    let apart = 19.0;
    let mut free = TOP;
    let mut left = ends.len() as f64;
    for end in ends {
        let lowest = BOTTOM - (left - 1.0) * apart;
        let y = end.y.min(lowest).max(free);
        free = y + apart;
        left -= 1.0;
        let (colour, words, from) = (end.colour, end.words, end.y);
        let _ = write!(
            svg,
            r##"<path d="M{RIGHT} {from:.1}L{:.1} {y:.1}" stroke="{colour}" stroke-width="1"/><text x="{:.1}" y="{:.1}" font-size="15" fill="{colour}">{words}</text>"##,
            RIGHT + 16.0,
            RIGHT + 20.0,
            y + 5.0
        );
    }
}

/// A trust anchor's name is a stranger's text.
fn escaped(name: &str) -> String {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(20).collect();
    let shown = shown.replace('&', "&amp;").replace('<', "&lt;");
    shown.replace('>', "&gt;")
}

/// A time's date and clock (UTC). Days since 1970 to the proleptic Gregorian
/// calendar, by eras of 400 years that begin in March.
fn written(time: i64) -> (String, String) {
    let (days, seconds) = (time.div_euclid(86_400), time.rem_euclid(86_400));
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = match month < 10 {
        true => (era * 400 + year, month + 3),
        false => (era * 400 + year + 1, month - 9),
    };
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    (
        format!("{year:04}-{month:02}-{day:02}"),
        format!("{hours:02}:{minutes:02}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::AnchorTally;

    fn run(time: i64, vrps: u64, unexplained: u64, failure: Option<&str>) -> Snapshot {
        let anchor = AnchorTally {
            name: "a<b".into(),
            failure: failure.map(str::to_owned),
            vrps,
            appeared: 0,
            vanished: unexplained,
            unexplained,
        };
        Snapshot {
            time,
            tally: Tally {
                anchors: vec![anchor],
                ..Tally::default()
            },
        }
    }

    #[test]
    fn losses_and_failures_are_marked_and_names_are_escaped() {
        let quiet = picture(&[run(0, 100, 0, None), run(600, 99, 1, None)], &[]);
        let loss = picture(&[run(0, 100, 0, None), run(600, 50, 50, None)], &[]);
        let failed = picture(
            &[run(0, 100, 0, None), run(600, 0, 100, Some("fetch.failed"))],
            &[],
        );
        let blue = |svg: &str, mark: &str| svg.matches(mark).count();
        let (filled, stroked) = (
            r##"fill="#0072b2" stroke="#fff""##,
            r##"stroke="#0072b2" stroke-width="2.5""##,
        );
        assert_eq!((blue(&quiet, filled), blue(&quiet, stroked)), (0, 0));
        assert_eq!((blue(&loss, filled), blue(&loss, stroked)), (1, 0));
        assert_eq!((blue(&failed, filled), blue(&failed, stroked)), (0, 1));
        assert!(loss.contains("a&lt;b 50") && !loss.contains("a<b"));
        assert!(!picture(&[], &[]).contains("NaN"));
    }

    #[test]
    fn what_is_held_is_hatched_up_to_what_routers_have_and_in_the_legend() {
        let runs = [run(0, 100, 0, None), run(600, 40, 60, None)];
        let held = |anchor: &str| HeldBack {
            anchor: anchor.into(),
            since: 300,
            until: None,
            vrps: 60,
        };
        let drawn = picture(&runs, &[held("a<b")]);
        let scale = Scale::of(&runs, &[]);
        let field = format!(r#"<rect x="{:.1}" y="{:.1}""#, scale.x(300), scale.y(100));
        assert!(drawn.contains(&field), "{drawn}");
        assert!(drawn.contains("held back from being withdrawn"));
        // Nothing of another's hold, and nothing in the legend without one.
        assert!(!picture(&runs, &[held("b")]).contains("stroke-dasharray=\"1 3\""));
        assert!(!picture(&runs, &[]).contains("held"));
    }

    #[test]
    fn a_hold_that_ended_is_hatched_over_the_runs_in_which_it_stood() {
        let runs = [
            run(0, 100, 0, None),
            run(600, 40, 60, None),
            run(1_200, 100, 0, None),
            run(1_800, 90, 10, None),
        ];
        let past = |since, until| HeldBack {
            anchor: "a<b".into(),
            since,
            until: Some(until),
            vrps: 60,
        };
        let drawn = picture(&runs, &[past(600, 1_200), past(-900, -300)]);
        let scale = Scale::of(&runs, &[]);
        let (left, right) = (scale.x(600), scale.x(1_200));
        let (top, width) = (scale.y(100), right - left);
        let field = format!(r#"<rect x="{left:.1}" y="{top:.1}" width="{width:.1}""#);
        assert!(drawn.contains(&field), "{drawn}");
        // What ended before the first run is not in the picture.
        assert_eq!(drawn.matches("stroke-dasharray=\"1 3\"").count(), 1);
        assert!(!picture(&runs, &[past(-900, -300)]).contains("held"));
    }

    #[test]
    fn times_are_written_as_the_calendar_has_them() {
        // `date -u -d @N +'%F %R'`, GNU coreutils 9.
        for (time, date, clock) in [
            (0, "1970-01-01", "00:00"),
            (951_782_400, "2000-02-29", "00:00"),
            (1_795_348_508, "2026-11-22", "11:55"),
            (4_107_542_399, "2100-02-28", "23:59"),
            (4_107_542_400, "2100-03-01", "00:00"),
        ] {
            assert_eq!(written(time), (date.to_owned(), clock.to_owned()));
        }
    }
}
