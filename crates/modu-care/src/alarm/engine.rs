//! `care.alarm` itself.

use std::collections::BTreeSet;

use modu_kernel::{
    Digest, Engine, EngineError, Finding, Inputs, Label, Output, Progress, Severity, TypedEngine,
    canonical, read_input,
};
use modu_statistics::{Finite, Measure, Replicates, Undefined};

use super::bootstrap::resamples;
use super::counting::{Step, steps, threshold};
use super::detection::{Detection, Tally, Timing, quantile};
use super::input;
use super::picture;
use super::report::{
    AlarmReport, AlarmRequest, Compared, CurvePoint, Estimate, LeadTime, Performance,
};
use super::rule::{AlarmRule, RULE_SCHEMA};
use super::scoring::{AskedModel, Noted, Scoring};
use super::watched::{OBSERVATION_LIMIT, Watched};
use crate::delimited::Delimited;
use crate::limits;
use crate::model::ModelDocument;
use crate::privacy::{Count, SMALLEST_CELL};

/// The engine as plain data.
pub const ALARM: Engine = Engine::of::<Alarm>();

const SCHEMA: &str = "modu.care.alarm/1";
/// What the number of alarms is told for.
const PATIENTS: f64 = 1_000.0;
/// How far the alarms may lie from the budget.
const TENTH: f64 = 0.1;
/// Points of the curve, and how many budgets it reaches.
const CURVE: u32 = 40;
const CURVE_BUDGETS: f64 = 3.0;
/// NEWS2 asks for an urgent answer from 5, for an emergency answer from 7.
const NEWS2_TRIGGERS: [u8; 2] = [5, 7];

/// The engine's type.
pub struct Alarm;

impl TypedEngine for Alarm {
    type Request = AlarmRequest;
    type Report = AlarmReport;
    const NAME: &'static str = "care.alarm";
    const VERSION: &'static str = "2";

    fn run(
        request: AlarmRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(AlarmReport, Vec<Finding>, Vec<Output>), EngineError> {
        let timing = check(&request)?;
        let told = Told::read(inputs)?;
        let (watched, noted) = read(&request, inputs, told.model.as_ref(), progress)?;
        let work = Work {
            steps: steps(&watched, timing.refractory),
            days: days(&watched),
            watched: &watched,
            timing,
            request: &request,
            told: &told,
        };
        let report = work.report(progress)?;
        let rule = AlarmRule {
            schema: RULE_SCHEMA.to_owned(),
            threshold: report.chosen.threshold,
            refractory_days: request.refractory_days,
            horizon_days: request.horizon_days,
            budget: request.budget,
            model: report.model,
            risk_horizon_days: told.risk_horizon(&request)?,
        };
        let mut outputs = Vec::from(picture::pages(&report));
        if told.rule.is_none() {
            let written = Output {
                name: "rule.json".to_owned(),
                media_type: "application/json".to_owned(),
                bytes: canonical::to_vec(&rule)?,
            };
            outputs.insert(0, written);
        } else if told
            .rule
            .as_ref()
            .is_some_and(|(_, tried)| !tried.is_of(&rule))
        {
            return Err(EngineError::input(
                input::RULE,
                "its budget, times and model",
                "they are not those that are asked for: try the rule as it was made",
            ));
        }
        let findings = findings(&report, &noted);
        Ok((report, findings, outputs))
    }
}

/// The documents among the inputs.
struct Told {
    model: Option<(Digest, ModelDocument)>,
    rule: Option<(Digest, AlarmRule)>,
}

impl Told {
    fn read(inputs: &dyn Inputs) -> Result<Self, EngineError> {
        let document = |name: &str| {
            let given = inputs.list().iter().any(|input| input.name == name);
            given
                .then(|| read_input(inputs, name, limits::DOCUMENT_BYTES))
                .transpose()
        };
        let model = document(input::MODEL)?.map(|bytes| {
            let model = ModelDocument::parse(&bytes).map_err(|it| it.of_input(input::MODEL))?;
            Ok::<_, EngineError>((Digest::of(&bytes), model))
        });
        let rule = document(input::RULE)?.map(|bytes| {
            let rule = AlarmRule::parse(&bytes).map_err(|it| it.of_input(input::RULE))?;
            Ok::<_, EngineError>((Digest::of(&bytes), rule))
        });
        Ok(Self {
            model: model.transpose()?,
            rule: rule.transpose()?,
        })
    }

    /// Within how many days the risks are, where a model tells them.
    fn risk_horizon(&self, request: &AlarmRequest) -> Result<Option<Finite>, EngineError> {
        let Some((_, model)) = &self.model else {
            return Ok(None);
        };
        let place = (model.horizon_of(request.risk_horizon_days)).map_err(EngineError::Request)?;
        Ok(model.horizons.get(place).copied().and_then(Finite::new))
    }
}

/// Who was watched, and what was observed of them.
fn read(
    request: &AlarmRequest,
    inputs: &dyn Inputs,
    model: Option<&(Digest, ModelDocument)>,
    progress: &dyn Progress,
) -> Result<(Watched, Noted), EngineError> {
    let asked = model.map(|(_, document)| {
        let horizon = document.horizon_of(request.risk_horizon_days);
        horizon.map(|horizon| AskedModel { document, horizon })
    });
    let asked = asked.transpose().map_err(EngineError::Request)?;
    let mut table = Delimited::open(inputs, input::OBSERVATIONS, OBSERVATION_LIMIT)?;
    let mut scoring = Scoring::open(&table, asked)?;
    let watched = match &request.visits {
        None => Watched::of_stays(inputs, &mut table, &mut scoring, progress)?,
        Some(columns) => Watched::of_visits(&mut table, columns, &mut scoring, progress)?,
    };
    Ok((watched, scoring.noted()))
}

fn check(request: &AlarmRequest) -> Result<Timing, EngineError> {
    let timing = Timing {
        refractory: request.refractory_days.get(),
        horizon: request.horizon_days.get(),
        least_lead: request.least_lead_days.get(),
    };
    let wrong = |problem: &str| Err(EngineError::Request(problem.to_owned()));
    if request.budget.get() <= 0.0 {
        return wrong("`budget` must be above 0: alarms a day for 1,000 patients");
    }
    if timing.refractory < 0.0 {
        return wrong("`refractory_days` must be at least 0");
    }
    if timing.horizon <= 0.0 || !(0.0..timing.horizon).contains(&timing.least_lead) {
        return wrong("`least_lead_days` must be at least 0 and below `horizon_days`");
    }
    match request.replicates {
        100..=100_000 => Ok(timing),
        _ => wrong("`replicates` must be 100 to 100,000"),
    }
}

/// Days of each person.
fn days(watched: &Watched) -> Vec<f64> {
    let mut days = vec![0.0; watched.people];
    for stay in &watched.stays {
        if let Some(sum) = days.get_mut(stay.person as usize) {
            *sum += stay.end - stay.start;
        }
    }
    days
}

/// What every part of the report needs.
struct Work<'a> {
    watched: &'a Watched,
    steps: Vec<Step>,
    days: Vec<f64>,
    timing: Timing,
    request: &'a AlarmRequest,
    told: &'a Told,
}

/// A way of ringing and what it came to.
struct Way {
    threshold: f64,
    detection: Detection,
}

impl Work<'_> {
    fn report(&self, progress: &dyn Progress) -> Result<AlarmReport, EngineError> {
        let chosen = match &self.told.rule {
            Some((_, rule)) => Some(rule.threshold.get()),
            None => self.threshold_for(self.request.budget.get()),
        };
        let chosen = chosen.ok_or_else(|| {
            EngineError::Request(
                "even the highest score rings more often than `budget` allows: raise the budget, \
                 or give a finer score"
                    .to_owned(),
            )
        })?;
        let chosen = self.by_score(chosen);
        let ways = self.against_news2();
        let resampled = self.resample(&chosen, &ways, progress)?;
        let events = self.watched.stays.iter().filter(|stay| stay.event).count() as u64;
        let performance = self.performance(&chosen, &resampled.chosen);
        let reach = reach(&performance.alarms_a_day, self.request.budget.get());
        let off = self.rate(&chosen) / self.request.budget.get() - 1.0;
        let holds = match self.told.rule {
            Some(_) => off.abs() <= TENTH,
            None => reach.value().is_some_and(|reach| reach <= TENTH),
        };
        let comparison = ways
            .iter()
            .zip(&resampled.pairs)
            .map(|((news2, score), pair)| Compared {
                news2: self.performance(news2, &pair.0),
                score: self.performance(score, &pair.1),
                difference: self.told(events, || {
                    self.estimate(&pair.1.sensitivity.difference(&pair.0.sensitivity))
                }),
            });
        Ok(AlarmReport {
            schema: SCHEMA.to_owned(),
            request: self.request.clone(),
            model: self.told.model.as_ref().map(|(digest, _)| *digest),
            tried: self.told.rule.as_ref().map(|(digest, _)| *digest),
            people: Count::new(self.watched.people as u64),
            stays: self.watched.stays.len() as u64,
            patient_days: finite(self.watched.days())?,
            observations: self.watched.observations.len() as u64,
            left_out: self.watched.left_out,
            events: Count::new(events),
            threshold: self.estimate(&resampled.threshold),
            holds_within_a_tenth: holds,
            reach,
            chosen: performance,
            comparison: comparison.collect(),
            curve: self.told(events, || self.curve()).unwrap_or_default(),
        })
    }

    /// The lowest threshold within so many alarms a day for 1,000 patients.
    fn threshold_for(&self, alarms_a_day: f64) -> Option<f64> {
        let allowed = alarms_a_day * self.watched.days() / PATIENTS;
        threshold(&self.steps, allowed, |_| 1.0)
    }

    fn by_score(&self, threshold: f64) -> Way {
        Way {
            threshold,
            detection: Detection::of(self.watched, self.timing, |it| it.score >= threshold),
        }
    }

    fn by_news2(&self, points: u8) -> Way {
        let rings = |it: &super::watched::Observation| it.news2.is_some_and(|it| it >= points);
        Way {
            threshold: f64::from(points),
            detection: Detection::of(self.watched, self.timing, rings),
        }
    }

    /// NEWS2 at its own triggers and at the lowest threshold within the budget,
    /// each with the score at as many alarms.
    fn against_news2(&self) -> Vec<(Way, Way)> {
        if self
            .watched
            .observations
            .iter()
            .all(|it| it.news2.is_none())
        {
            return Vec::new();
        }
        let budget = self.request.budget.get();
        let within = (0..=20).find(|points| self.rate(&self.by_news2(*points)) <= budget);
        let thresholds: BTreeSet<u8> = NEWS2_TRIGGERS.into_iter().chain(within).collect();
        let both = |points| {
            let news2 = self.by_news2(points);
            let score = self.threshold_for(self.rate(&news2))?;
            Some((news2, self.by_score(score)))
        };
        thresholds.into_iter().filter_map(both).collect()
    }

    /// Alarms a day for 1,000 patients on the data.
    fn rate(&self, way: &Way) -> f64 {
        way.detection.sum(|_| 1.0, |it| it.alarms) / self.watched.days() * PATIENTS
    }

    fn curve(&self) -> Vec<CurvePoint> {
        let budget = self.request.budget.get() * CURVE_BUDGETS;
        let mut points = Vec::new();
        let mut last = None;
        for part in 1..=CURVE {
            let threshold = self.threshold_for(budget * f64::from(part) / f64::from(CURVE));
            let Some(threshold) = threshold.filter(|it| last != Some(*it)) else {
                continue;
            };
            last = Some(threshold);
            let way = self.by_score(threshold);
            let sensitivity = way.detection.sum(|_| 1.0, |it| it.found)
                / way.detection.sum(|_| 1.0, |it| it.events);
            let point = (Finite::new(self.rate(&way)), Finite::new(sensitivity));
            if let (Some(alarms_a_day), Some(sensitivity)) = point {
                points.push(CurvePoint {
                    alarms_a_day,
                    sensitivity,
                });
            }
        }
        points
    }

    /// Nothing of fewer than five events is told.
    fn told<T>(&self, events: u64, what: impl FnOnce() -> T) -> Option<T> {
        (events >= SMALLEST_CELL).then(what)
    }

    fn estimate(&self, replicates: &Replicates) -> Estimate {
        Estimate {
            value: replicates.estimate(),
            interval: (replicates.varies())
                .then(|| replicates.interval(self.request.confidence).ok())
                .flatten(),
        }
    }

    fn performance(&self, way: &Way, resampled: &Resampled) -> Performance {
        let detection = &way.detection;
        let events = detection.sum(|_| 1.0, |it| it.events) as u64;
        let lead = |share| quantile(&detection.leads, share).and_then(Finite::new);
        let lead = self.told(detection.leads.len() as u64, || {
            Some(LeadTime {
                lower_quartile: lead(0.25)?,
                median: lead(0.5)?,
                upper_quartile: lead(0.75)?,
            })
        });
        Performance {
            threshold: Finite::new(way.threshold).unwrap_or(Finite::ZERO),
            alarms_a_day: self.estimate(&resampled.rate),
            sensitivity: self.told(events, || self.estimate(&resampled.sensitivity)),
            precision: self.told(events, || self.estimate(&resampled.precision)),
            lead: lead.flatten(),
        }
    }

    fn resample(
        &self,
        chosen: &Way,
        pairs: &[(Way, Way)],
        progress: &dyn Progress,
    ) -> Result<AllResampled, EngineError> {
        let mut thresholds = Vec::new();
        let both = pairs.iter().flat_map(|(news2, score)| [news2, score]);
        let ways: Vec<&Way> = std::iter::once(chosen).chain(both).collect();
        let mut values = vec![[Vec::new(), Vec::new(), Vec::new()]; ways.len()];
        let drawn = resamples(
            self.watched.people,
            self.request.replicates,
            self.request.seed.into(),
        );
        for (number, counts) in (0_u64..).zip(drawn) {
            progress.report("resamples", number, self.request.replicates.into());
            if progress.cancelled() {
                return Err(EngineError::Cancelled);
            }
            let weight = |person: usize| counts.get(person).map_or(0.0, |count| f64::from(*count));
            let days = self.days.iter().enumerate();
            let days: f64 = days.map(|(person, days)| weight(person) * days).sum();
            let allowed = self.request.budget.get() * days / PATIENTS;
            let found = threshold(&self.steps, allowed, |person| weight(person as usize));
            thresholds.push(found.and_then(Finite::new));
            for (way, values) in ways.iter().zip(&mut values) {
                for (value, kept) in measures(&way.detection, days, weight)
                    .into_iter()
                    .zip(values)
                {
                    kept.push(value.value().and_then(Finite::new));
                }
            }
        }
        let whole = self.watched.days();
        let mut resampled = ways
            .iter()
            .zip(values)
            .map(|(way, [rate, sensitivity, precision])| {
                let [on_data, found, followed] = measures(&way.detection, whole, |_| 1.0);
                Resampled {
                    rate: Replicates::new(on_data, rate),
                    sensitivity: Replicates::new(found, sensitivity),
                    precision: Replicates::new(followed, precision),
                }
            });
        let first = resampled.next();
        let first = first.ok_or_else(|| EngineError::Internal("no way of ringing".to_owned()))?;
        let mut both = Vec::new();
        while let (Some(news2), Some(score)) = (resampled.next(), resampled.next()) {
            both.push((news2, score));
        }
        let on_data = Measure::from(Ok::<_, Undefined>(chosen.threshold));
        Ok(AllResampled {
            threshold: Replicates::new(on_data, thresholds),
            chosen: first,
            pairs: both,
        })
    }
}

/// A way of ringing over all resamples.
struct Resampled {
    rate: Replicates,
    sensitivity: Replicates,
    precision: Replicates,
}

struct AllResampled {
    threshold: Replicates,
    chosen: Resampled,
    /// NEWS2 and the score.
    pairs: Vec<(Resampled, Resampled)>,
}

/// Alarms a day, sensitivity and precision, each person counted `weight` times.
fn measures(detection: &Detection, days: f64, weight: impl Fn(usize) -> f64) -> [Measure; 3] {
    let sum = |what: fn(&Tally) -> u32| detection.sum(&weight, what);
    let share = |part: f64, whole: f64, none: Undefined| match whole > 0.0 {
        true => Measure::from(Ok(part / whole)),
        false => Measure::Undefined(none),
    };
    let alarms = sum(|it| it.alarms);
    [
        share(alarms * PATIENTS, days, Undefined::Empty),
        share(
            sum(|it| it.found),
            sum(|it| it.events),
            Undefined::NoPositives,
        ),
        share(sum(|it| it.followed), alarms, Undefined::NothingSelected),
    ]
}

/// How far an interval reaches from the budget, as a share of it.
fn reach(rate: &Estimate, budget: f64) -> Measure {
    match rate.interval {
        None => Measure::Undefined(Undefined::NoSpread),
        Some(interval) => {
            let below = (budget - interval.lower.get()).abs();
            let above = (interval.upper.get() - budget).abs();
            Measure::from(Ok::<_, Undefined>(below.max(above) / budget))
        }
    }
}

fn finite(value: f64) -> Result<Finite, EngineError> {
    Finite::new(value).ok_or_else(|| {
        EngineError::input(
            input::STAYS,
            "the days",
            "together they are no finite number",
        )
    })
}

fn findings(report: &AlarmReport, noted: &Noted) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut say = |severity, code: &str, place: &str, ko: String, en: String| {
        findings.push(Finding {
            severity,
            code: code.to_owned(),
            place: place.to_owned(),
            message: Label::new(ko, en),
        });
    };
    if !report.holds_within_a_tenth && report.tried.is_some() {
        say(
            Severity::Warning,
            "alarm.beside_budget",
            "alarms_a_day",
            "이 환자들에게서 경보는 예산에서 10% 넘게 벗어납니다. 문턱값을 새로 정하십시오."
                .to_owned(),
            "On these patients the alarms lie more than 10 % from the budget: set the threshold anew."
                .to_owned(),
        );
    } else if !report.holds_within_a_tenth {
        let needed = report
            .reach
            .value()
            .map(|it| libm::ceil((it / TENTH) * (it / TENTH)));
        let more = needed.map_or("?".to_owned(), |times| format!("{times}"));
        say(
            Severity::Warning,
            "alarm.uncertain",
            "alarms_a_day",
            format!(
                "다른 환자들에게서는 경보가 예산에서 10% 넘게 벗어날 수 있습니다. 약 {more}배의 환자·일이 있어야 그 안에 듭니다."
            ),
            format!(
                "With other patients the alarms may lie more than 10 % from the budget: about {more} times the patient-days are needed."
            ),
        );
    }
    if report.events.told().is_none_or(|events| events == 0) {
        say(
            Severity::Warning,
            "alarm.few_events",
            input::STAYS,
            "사건이 5건 미만이어서 민감도와 앞선 시간을 말하지 않습니다.".to_owned(),
            "There are fewer than 5 events, so sensitivity and lead time are not told.".to_owned(),
        );
    }
    let left = report.left_out;
    for (count, code, ko, en) in [
        (
            left.at_event,
            "alarm.at_event",
            "사건과 같거나 늦은 관찰",
            "observations at or after the event",
        ),
        (
            left.outside_stays,
            "alarm.outside",
            "재원 기간 밖의 관찰",
            "observations outside of a stay",
        ),
        (
            left.without_score,
            "alarm.without_score",
            "점수가 없는 관찰",
            "observations without a score",
        ),
        (
            left.same_time,
            "alarm.same_time",
            "같은 시각에 점수가 더 높은 것이 있는 관찰",
            "observations at the time of one with a higher score",
        ),
    ] {
        if count > 0 {
            say(
                Severity::Note,
                code,
                input::OBSERVATIONS,
                format!("{ko} {count}개는 세지 않았습니다."),
                format!("{count} {en} did not count."),
            );
        }
    }
    findings.extend(noted.findings());
    findings
}
