//! `proof`: demonstrations. What was released is for everybody; the owner's
//! own report stays with the owner.

use super::{EnginePage, Open, Words};

pub(super) const PAGE: EnginePage = EnginePage {
    name: "proof",
    title: Words("공공AX 실증", "Demonstrations"),
    about: Words(
        "AI 솔루션을 기관의 데이터로 재고, 미리 정한 기준으로 판정합니다.",
        "Measures AI solutions on an agency's own data, and judges by criteria fixed beforehand.",
    ),
    runs: &[
        ("predict", Words("예측", "Predictions")),
        ("score", Words("측정과 판정", "Measures and verdict")),
        ("watch", Words("도입 뒤 살핌", "Watch after adoption")),
    ],
    facts: &[],
    facts_open: Open::Never,
    open,
};

fn open(name: &str) -> Open {
    match name {
        "released.ko.html" | "released.en.html" | "released.json" => Open::ToAll,
        _ => Open::Never,
    }
}
