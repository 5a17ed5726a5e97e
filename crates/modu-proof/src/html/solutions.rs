//! The solutions: who made them, what they were given, what they are.

use maud::{Markup, html};
use modu_kernel::{Digest, Label, Language};

use super::page;
use crate::predict::{Wall, Walls};
use crate::report::{ReleasedSolution, SolutionSection};

/// The solutions as the owner sees them, and what stood around their models.
pub(super) fn section(
    solutions: &[SolutionSection],
    walls: Option<&Walls>,
    language: Language,
) -> Markup {
    html! {
        @if let Some(walls) = walls { (around(walls, language)) }
        (each(solutions, language))
    }
}

/// The walls around the models' processes, those that were missing first.
fn around(walls: &Walls, language: Language) -> Markup {
    let names = |walls: &[Wall]| {
        let names: Vec<&str> = walls.iter().map(|wall| wall.name()).collect();
        names.join(", ")
    };
    html! { p {
        @if walls.missing.is_empty() {
            (language.pick(
                "모델은 네트워크도 파일도 닿지 않는 따로 갇힌 프로세스에서 돌았고, 벽이 모두 섰습니다: ",
                "The models ran in a process shut in by itself, with neither network nor files, and every wall stood: ",
            ))
            (names(&walls.standing)) "."
        } @else {
            strong class="over" {
                (language.pick("이 기계에는 없던 벽: ", "Walls that were missing on this machine: "))
                (names(&walls.missing)) "."
            }
            " "
            (language.pick("모델을 둘러싼 벽: ", "Walls that stood around the models: "))
            @if walls.standing.is_empty() { (language.pick("없음", "none")) }
            (names(&walls.standing)) "."
        }
    } }
}

fn each(solutions: &[SolutionSection], language: Language) -> Markup {
    html! { @for solution in solutions {
        @let mut entries = identity(&solution.supplier, &solution.version, solution.solution_digest, solution.model_digest, language);
        @let () = entries.push((
            language.pick("예측", "Predictions"),
            digest(solution.predictions_digest, language),
        ));
        @if let Some(back_end) = &solution.back_end {
            @let () = entries.push((
                language.pick("점수를 낸 실행기", "Scored by"),
                html! { (back_end) },
            ));
        }
        @let () = entries.push((
            language.pick("받은 열", "Columns given"),
            html! { @for (index, column) in solution.columns_used.iter().enumerate() {
                @if index > 0 { ", " } code { (column) }
            } },
        ));
        h3 { (solution.name.get(language))
            @if solution.incumbent { " " span class="over" { (language.pick("현행", "today's")) } } }
        (page::terms(&entries))
    } }
}

/// The solutions as anyone may see them.
pub(super) fn released(solutions: &[ReleasedSolution], language: Language) -> Markup {
    html! { @for solution in solutions {
        h3 { (solution.name.get(language)) }
        (page::terms(&identity(&solution.supplier, &solution.version, solution.solution_digest, solution.model_digest, language)))
    } }
}

fn identity(
    supplier: &Label,
    version: &str,
    solution: Digest,
    model: Option<Digest>,
    language: Language,
) -> Vec<(&'static str, Markup)> {
    vec![
        (
            language.pick("공급자", "Supplier"),
            html! { (supplier.get(language)) " · " (language.pick("버전", "version")) " " (version) },
        ),
        (
            language.pick("설명서", "Description"),
            digest(Some(solution), language),
        ),
        (language.pick("모델", "Model"), digest(model, language)),
    ]
}

fn digest(digest: Option<Digest>, language: Language) -> Markup {
    html! {
        @if let Some(digest) = digest { code class="digest" { (digest) } }
        @else { (language.pick("없음", "none")) }
    }
}
