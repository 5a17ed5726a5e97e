//! The three pictures.

use maud::{Markup, html};
use modu_kernel::Language;
use modu_survival::measure::{DecisionPoint, Estimated};

use super::frame::{Frame, place};
use super::{AtHorizon, Group};
use crate::privacy::SMALLEST_CELL;

/// Observed over predicted risk: the curve with its band, groups with their
/// intervals, and the line on which both are equal.
pub(crate) fn calibration(at: &AtHorizon, language: Language) -> Markup {
    let curve = at.calibration.curve.as_deref().unwrap_or(&[]);
    let groups = at
        .calibration
        .groups
        .iter()
        .filter(|group| group.rows >= SMALLEST_CELL);
    let groups: Vec<_> = groups.collect();
    let ends = curve
        .iter()
        .map(|point| point.predicted.max(point.observed));
    let of_groups = groups
        .iter()
        .filter_map(|group| Some(group.observed.interval()?.upper.get()));
    let most = ends.chain(of_groups).fold(0.1, f64::max).min(1.0);
    let frame = Frame {
        x: [0.0, most],
        y: [0.0, most],
    };
    let limits: Vec<(f64, f64, f64)> = curve
        .iter()
        .filter_map(|point| {
            let interval = point.interval?;
            Some((point.predicted, interval.lower.get(), interval.upper.get()))
        })
        .collect();
    let body = html! {
        path.ideal d=(frame.line([(0.0, 0.0), (most, most)].into_iter())) {}
        path.band.c0 d=(frame.band(&limits)) {}
        path.line.c0 d=(frame.line(curve.iter().map(|point| (point.predicted, point.observed)))) {}
        @for group in groups { (dot(frame, group.predicted, &group.observed)) }
    };
    let name = language.pick("보정 곡선", "Calibration curve");
    let x = language.pick("예측한 위험", "Predicted risk");
    frame.picture(
        name,
        x,
        language.pick("관찰된 위험", "Observed risk"),
        &body,
    )
}

/// An estimate with its interval.
fn dot(frame: Frame, x: f64, estimate: &Estimated) -> Markup {
    let across = place(frame.across(x));
    html! {
        @if let Some(interval) = estimate.interval() {
            line.bar.c1 x1=(across) x2=(across)
                y1=(place(frame.down(interval.lower.get())))
                y2=(place(frame.down(interval.upper.get()))) {}
        }
        @if let Some(value) = estimate.value() {
            circle.c1 cx=(across) cy=(place(frame.down(value))) r="3.2" {}
        }
    }
}

/// Net benefit over thresholds: the model, treating all, treating none.
pub(crate) fn decision(points: &[DecisionPoint], language: Language) -> Markup {
    let of = |pick: fn(&DecisionPoint) -> &Estimated| -> Vec<(f64, f64)> {
        let known = points
            .iter()
            .filter_map(|point| Some((point.threshold, pick(point).value()?)));
        known.collect()
    };
    let (model, all) = (of(|point| &point.model), of(|point| &point.all));
    let most = model
        .iter()
        .chain(&all)
        .map(|point| point.1)
        .fold(0.01, f64::max)
        * 1.08;
    let right = points.last().map_or(1.0, |point| point.threshold);
    let frame = Frame {
        x: [0.0, right],
        y: [-0.12 * most, most],
    };
    let limits: Vec<(f64, f64, f64)> = points
        .iter()
        .filter_map(|point| {
            let interval = point.model.interval()?;
            Some((point.threshold, interval.lower.get(), interval.upper.get()))
        })
        .collect();
    let shown = all.iter().copied().filter(|point| point.1 >= frame.y[0]);
    let names = [
        language.pick("모형", "model"),
        language.pick("모두 치료", "treat all"),
        language.pick("치료하지 않음", "treat none"),
    ];
    let body = html! {
        path.band.c0 d=(frame.band(&limits)) {}
        path.line.c1 d=(frame.line(shown)) {}
        path.ideal d=(frame.line([(0.0, 0.0), (right, 0.0)].into_iter())) {}
        path.line.c0 d=(frame.line(model.into_iter())) {}
        (key(&[("c0", names[0]), ("c1", names[1]), ("", names[2])]))
    };
    let name = language.pick("결정 곡선", "Decision curve");
    let x = language.pick(
        "치료를 시작하는 위험(문턱값)",
        "Threshold of risk for treatment",
    );
    frame.picture(name, x, language.pick("순편익", "Net benefit"), &body)
}

/// What the lines are.
fn key(entries: &[(&str, &str)]) -> Markup {
    html! {
        @for (row, (colour, name)) in entries.iter().enumerate() {
            @let y = 26.0 + 17.0 * row as f64;
            @if colour.is_empty() {
                line.ideal x1="352" x2="378" y1=(y) y2=(y) {}
            } @else {
                line class=(format!("line {colour}")) x1="352" x2="378" y1=(y) y2=(y) {}
            }
            text.key x="384" y=(y + 4.0) { (name) }
        }
    }
}

/// Survival without the event of the three risk groups, as observed, and
/// where the model has it at its horizons.
pub(crate) fn groups(groups: &[Group], language: Language) -> Markup {
    let times = groups.iter().filter_map(|group| group.course.last());
    let right = times.map(|point| point.0).fold(1.0, f64::max);
    let frame = Frame {
        x: [0.0, right],
        y: [0.0, 1.0],
    };
    let colours = ["c3", "c1", "c2"];
    let names = [
        language.pick("낮은 위험", "low risk"),
        language.pick("중간", "middle"),
        language.pick("높은 위험", "high risk"),
    ];
    let keys: Vec<(&str, &str)> = colours.into_iter().zip(names).collect();
    let body = html! {
        @for (group, colour) in groups.iter().zip(colours) { (course(frame, group, colour)) }
        (low_key(&keys))
    };
    let name = language.pick("위험군별 경과", "Course by risk group");
    let x = language.pick("일", "Days");
    let y = language.pick("사건 없이 지내는 비율", "Share without the event");
    frame.picture(name, x, y, &body)
}

fn course(frame: Frame, group: &Group, colour: &str) -> Markup {
    let known = group
        .course
        .iter()
        .filter_map(|(time, risk)| Some((*time, risk.value()?)));
    let line = std::iter::once((0.0, 1.0)).chain(known.map(|(time, risk)| (time, 1.0 - risk)));
    let limits: Vec<(f64, f64, f64)> = (group.course.iter())
        .filter_map(|(time, risk)| {
            let interval = risk.interval()?;
            Some((
                *time,
                1.0 - interval.upper.get(),
                1.0 - interval.lower.get(),
            ))
        })
        .collect();
    html! {
        @if !group.course.is_empty() {
            path class=(format!("band {colour}")) d=(frame.band(&limits)) {}
            path class=(format!("line {colour}")) d=(frame.line(line)) {}
        }
        @for (time, risk) in &group.predicted {
            @let (x, y) = (frame.across(*time), frame.down(1.0 - risk));
            path class=(format!("line {colour}"))
                d=(format!("M{:.1} {:.1}l8 8m0 -8l-8 8", x - 4.0, y - 4.0)) {}
        }
    }
}

/// As [`key`], at the lower left, where curves of survival are not.
fn low_key(entries: &[(&str, &str)]) -> Markup {
    html! {
        @for (row, (colour, name)) in entries.iter().enumerate() {
            @let y = 276.0 + 17.0 * row as f64;
            line class=(format!("line {colour}")) x1="70" x2="96" y1=(y) y2=(y) {}
            text.key x="102" y=(y + 4.0) { (name) }
        }
    }
}
