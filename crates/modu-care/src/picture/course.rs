//! Pictures of what happens as days pass: mean numbers of events, and shares
//! in states.

use maud::{Markup, html};
use modu_kernel::{Label, Language};
use modu_statistics::Interval;

use super::frame::Frame;

/// Colours of lines, in their order.
const COLOURS: [&str; 4] = ["c0", "c1", "c2", "c3"];

/// A value on a day, with where it may lie.
pub(crate) struct Point {
    pub(crate) day: f64,
    pub(crate) value: f64,
    pub(crate) interval: Option<Interval>,
}

fn band(points: &[Point]) -> Vec<(f64, f64, f64)> {
    let limits = points.iter().filter_map(|point| {
        let interval = point.interval?;
        Some((point.day, interval.lower.get(), interval.upper.get()))
    });
    limits.collect()
}

fn line(points: &[Point]) -> impl Iterator<Item = (f64, f64)> + '_ {
    points.iter().map(|point| (point.day, point.value))
}

fn last_day(points: &[Point]) -> f64 {
    points.iter().map(|point| point.day).fold(1.0, f64::max)
}

/// Events that a person has had, on average.
pub(crate) fn mean_number(points: &[Point], language: Language) -> Markup {
    let tops = points.iter().map(|point| {
        let upper = point.interval.map_or(point.value, |it| it.upper.get());
        upper.max(point.value)
    });
    let frame = Frame {
        x: [0.0, last_day(points)],
        y: [0.0, tops.fold(0.1, f64::max) * 1.05],
    };
    let body = html! {
        path.band.c0 d=(frame.band(&band(points))) {}
        path.line.c0 d=(frame.line(line(points))) {}
    };
    let name = language.pick("평균 사건 수", "Mean number of events");
    frame.picture(name, language.pick("일", "Days"), name, &body)
}

/// The share in each state, by its name.
pub(crate) fn shares(states: &[(&Label, Vec<Point>)], language: Language) -> Markup {
    let right = states.iter().map(|(_, points)| last_day(points));
    let frame = Frame {
        x: [0.0, right.fold(1.0, f64::max)],
        y: [0.0, 1.0],
    };
    let colours = || COLOURS.iter().cycle();
    let body = html! {
        @for ((_, points), colour) in states.iter().zip(colours()) {
            path class=(format!("band {colour}")) d=(frame.band(&band(points))) {}
            path class=(format!("line {colour}")) d=(frame.line(line(points))) {}
        }
    };
    let name = language.pick("상태별 비율", "Share in each state");
    html! {
        (frame.picture(name, language.pick("일", "Days"), name, &body))
        p.plot-key {
            @for ((label, _), colour) in states.iter().zip(colours()) {
                span class=(format!("key {colour}")) { (label.get(language)) } " "
            }
        }
    }
}
