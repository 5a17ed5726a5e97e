//! The kit's texts.

use std::fmt::Write as _;

use modu_kernel::Language;

use super::SAMPLE_ROWS;
use crate::need::{Column, ColumnRole, ColumnType, FEWEST_AS_STATED, Need, Task, percent};

/// The criteria as a document.
pub(super) fn criteria(need: &Need, language: Language) -> String {
    let mut text = format!(
        "# {}\n\n{}\n\n",
        language.pick("판정 기준", "Criteria"),
        need.question.get(language)
    );
    let confidence = percent(need.statistics.confidence);
    let _ = match language {
        Language::Ko => writeln!(
            text,
            "모든 기준을 충족한 솔루션만 도입합니다. 추정값이 아니라 불리한 쪽 {confidence}% 신뢰한계를 기준과 견줍니다. \
             {} 못 미치는 집단은 '자료 부족'으로 답합니다. \
             여러 솔루션이 겨루면 홀름 절차로 신뢰수준을 높입니다.",
            fewest(need, language)
        ),
        Language::En => writeln!(
            text,
            "A solution is adopted only if it meets every criterion. The {confidence}% confidence limit on the \
             unfavourable side, not the estimate, is held against the criterion. A group of fewer than {} \
             answers \"not enough data\". Where several solutions compete, the confidence is \
             raised by Holm's procedure.",
            fewest(need, language)
        ),
    };
    if need.statistics.minimum_group < FEWEST_AS_STATED {
        let _ = match language {
            Language::Ko => writeln!(
                text,
                "\n{FEWEST_AS_STATED}개에 못 미치는 집단의 구간은 적힌 신뢰수준보다 드물게 참값을 담을 수 있습니다."
            ),
            Language::En => writeln!(
                text,
                "\nIntervals of groups of fewer than {FEWEST_AS_STATED} may hold the truth less often than stated."
            ),
        };
    }
    for criterion in &need.criteria {
        let _ = write!(
            text,
            "\n## {}\n\n{}\n\n> {}\n",
            criterion.id,
            need.sentence(criterion).get(language),
            criterion.why.get(language)
        );
    }
    text
}

/// How many rows, units, positives and negatives a group must have.
fn fewest(need: &Need, language: Language) -> String {
    let (group, positives) = (
        need.statistics.minimum_group,
        need.statistics.minimum_positives,
    );
    let classes = !need.label.classes.is_empty();
    match (language, need.cluster.is_some()) {
        (Language::Ko, together) => {
            let unit = if together { "단위" } else { "행이" };
            if classes {
                format!("{unit} {group}개, 양성이나 음성이 {positives}개에")
            } else {
                format!("{unit} {group}개에")
            }
        }
        (Language::En, together) => {
            let unit = if together { "units" } else { "rows" };
            if classes {
                format!("{group} {unit}, or {positives} positives or negatives,")
            } else {
                format!("{group} {unit}")
            }
        }
    }
}

/// The kit's README: Korean, then English.
pub(super) fn readme(need: &Need) -> String {
    let mut text = String::new();
    for language in [Language::Ko, Language::En] {
        let _ = write!(
            text,
            "# {}\n\n{}\n\n{}\n\n## {}\n\n{}\n",
            need.question.get(language),
            introduction(need, language),
            steps(language),
            language.pick("솔루션이 쓸 수 있는 열", "Columns that a solution may use"),
            columns(need, language),
        );
        if language == Language::Ko {
            text.push_str("\n---\n\n");
        }
    }
    text
}

fn introduction(need: &Need, language: Language) -> String {
    let unit = need.unit.get(language);
    let answer = answer(need, language);
    match language {
        Language::Ko => format!(
            "한 행은 '{unit}'입니다. {answer} \
             이 꾸러미에는 자료만 빼고 모두 들어 있습니다. `sample.csv`의 {SAMPLE_ROWS}행은 열 선언에서 고르게 뽑은 것으로, \
             실제 자료에서 오지 않았습니다."
        ),
        Language::En => format!(
            "One row is {unit}. {answer} \
             This kit holds everything but the data. The {SAMPLE_ROWS} rows of `sample.csv` are drawn evenly from the \
             declared columns; nothing in them comes from the real data."
        ),
    }
}

/// What a solution gives for each row.
fn answer(need: &Need, language: Language) -> String {
    let classes = need
        .label
        .classes
        .iter()
        .map(|class| format!("{} ({})", class.name.get(language), class.code))
        .collect::<Vec<_>>()
        .join(", ");
    let quantile = need.statistics.quantile.get();
    let cutoff = need.statistics.cutoff;
    match (need.task, language) {
        (Task::Binary | Task::Multiclass, Language::Ko) => {
            format!("솔루션은 행마다 각 부류의 확률을 냅니다: {classes}.")
        }
        (Task::Binary | Task::Multiclass, Language::En) => {
            format!("For each row a solution gives the probability of each class: {classes}.")
        }
        (Task::Regression, Language::Ko) => {
            format!(
                "솔루션은 행마다 참값과 같은 단위의 수 하나를 냅니다 (핀볼 손실의 분위수 {quantile})."
            )
        }
        (Task::Regression, Language::En) => format!(
            "For each row a solution gives one number in the unit of the truth (the pinball loss is of the quantile {quantile})."
        ),
        (Task::Ranking, Language::Ko) => format!(
            "솔루션은 행마다 점수 하나를 냅니다. 질의마다 점수가 높은 행이 앞에 오며, 앞의 {cutoff}자리를 봅니다."
        ),
        (Task::Ranking, Language::En) => format!(
            "For each row a solution gives one score. Within a query the highest come first, and the first {cutoff} places are looked at."
        ),
    }
}

fn steps(language: Language) -> &'static str {
    language.pick(
        "1. `criteria.ko.md`에서 판정 기준을 읽습니다. 실행보다 먼저 기록되며, 그 뒤에는 바뀌지 않습니다.\n\
         2. 모델을 ONNX로 내보내고 `solution.toml`에 입력 열의 전처리를 적습니다. 실행하는 쪽은 공급기업의 코드를 돌리지 않습니다.\n\
         3. 보내기 전에 `modu proof check`로 확인합니다.",
        "1. Read the criteria in `criteria.en.md`. They are logged before the run and do not change afterwards.\n\
         2. Export the model to ONNX and declare the preparation of its input columns in `solution.toml`. None of your code is run.\n\
         3. Before sending, try the submission with `modu proof check`.",
    )
}

fn columns(need: &Need, language: Language) -> String {
    let mut table = format!(
        "| {} | {} | {} | {} |\n|---|---|---|---|\n",
        language.pick("열", "column"),
        language.pick("뜻", "meaning"),
        language.pick("종류", "type"),
        language.pick("값", "values"),
    );
    let features = need
        .columns
        .iter()
        .filter(|column| column.role == ColumnRole::Feature);
    for column in features {
        let meaning = column
            .label
            .as_ref()
            .map_or("", |label| label.get(language));
        let _ = writeln!(
            table,
            "| `{}` | {} | {} | {} |",
            cell(&column.name),
            cell(meaning),
            type_name(column.column_type),
            values(column, language),
        );
    }
    table
}

/// Text that cannot break a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

const fn type_name(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::Integer => "integer",
        ColumnType::Number => "number",
        ColumnType::Code => "code",
        ColumnType::Text => "text",
    }
}

fn values(column: &Column, language: Language) -> String {
    let mut text = match (column.codes, column.minimum, column.maximum) {
        (Some(codes), _, _) => format!("0 … {}", codes.saturating_sub(1)),
        (_, Some(minimum), Some(maximum)) => format!("{minimum} … {maximum}"),
        (_, Some(minimum), None) => format!("≥ {minimum}"),
        (_, None, Some(maximum)) => format!("≤ {maximum}"),
        _ => String::new(),
    };
    if let Some(substitute) = column.missing {
        let space = if text.is_empty() { "" } else { " " };
        let _ = write!(
            text,
            "{space}({} {substitute})",
            language.pick("빈 칸은", "empty counts as")
        );
    }
    text
}
