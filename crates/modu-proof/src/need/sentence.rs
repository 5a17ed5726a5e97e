//! A criterion as a sentence, for those who must agree to it.

use modu_kernel::Label;

use super::{Criterion, Direction, Metric, Need, Over, metric_label};

impl Need {
    /// The rows a criterion looks at, in words.
    #[must_use]
    pub fn over_name(&self, over: Over) -> Label {
        let name = |index: usize| {
            self.groups
                .get(index)
                .map_or_else(|| Label::new("", ""), |group| group.name.clone())
        };
        match over {
            Over::All => Label::new("모든 행", "all rows"),
            Over::EachClass => Label::new("각 부류", "each class"),
            Over::Each(group) => {
                let name = name(group);
                Label::new(
                    format!("'{}'의 각 집단", name.ko),
                    format!("each member of '{}'", name.en),
                )
            }
            Over::Gap(group) => {
                let name = name(group);
                Label::new(
                    format!("'{}' 집단 사이의 격차", name.ko),
                    format!("the gap between members of '{}'", name.en),
                )
            }
        }
    }

    /// The metric of a criterion, and of which class.
    #[must_use]
    pub fn metric_name_of(&self, criterion: &Criterion) -> Label {
        self.metric_name(criterion.metric, criterion.class)
    }

    /// A metric, and of which class (an index).
    #[must_use]
    pub fn metric_name(&self, metric: Metric, class: Option<usize>) -> Label {
        let metric = metric_label(metric);
        match class.and_then(|class| self.label.classes.get(class)) {
            None => metric,
            Some(class) => Label::new(
                format!("{}: '{}' 부류", metric.ko, class.name.ko),
                format!("{} of the class '{}'", metric.en, class.name.en),
            ),
        }
    }

    /// The whole criterion as one sentence. Percentages of confidence are
    /// printed as the need states them.
    #[must_use]
    pub fn sentence(&self, criterion: &Criterion) -> Label {
        let metric = self.metric_name_of(criterion);
        let over = self.over_name(criterion.over);
        let percent = percent(self.statistics.confidence);
        let (mut ko, mut en) = (Vec::new(), Vec::new());
        if let Some(threshold) = criterion.threshold {
            let (side_ko, bound_ko, side_en, bound_en) = match criterion.direction {
                Direction::AtLeast => ("하한", "이상", "lower", "at least"),
                Direction::AtMost => ("상한", "이하", "upper", "at most"),
            };
            ko.push(format!(
                "{percent}% 신뢰 {side_ko}이 {threshold} {bound_ko}이어야 합니다"
            ));
            en.push(format!(
                "its {side_en} {percent}% confidence limit must be {bound_en} {threshold}"
            ));
        }
        if let Some(margin) = criterion.margin {
            ko.push(format!(
                "현행보다 나은 정도의 {percent}% 신뢰 하한이 {margin} 이상이어야 합니다"
            ));
            en.push(format!(
                "the lower {percent}% confidence limit of its improvement over the incumbent must be at least {margin}"
            ));
        }
        Label::new(
            format!("{} ({}): {}.", metric.ko, over.ko, ko.join("; ")),
            format!("{} ({}): {}.", metric.en, over.en, en.join("; ")),
        )
    }
}

/// `95` of 0.95, `99.9` of 0.999: at most six digits after the point.
pub(crate) fn percent(share: f64) -> String {
    let text = format!("{:.6}", share * 100.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
