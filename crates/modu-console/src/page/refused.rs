//! Why a step is refused or a field is wrong, in Korean.
//!
//! The programme says it in English, in texts that never change while it runs;
//! here each has its Korean. A text that has none is shown in English, and a
//! test finds it.

/// What the programme or a field's reader says, and the same in Korean.
const TEXTS: [(&str, &str); 83] = [
    // Where things stand.
    (
        "the data are no longer at their node",
        "데이터가 그 노드에 더는 없습니다.",
    ),
    (
        "a call is opened once, on a published need",
        "공모는 공개된 수요에 한 번만 엽니다.",
    ),
    (
        "a proposal is taken back while the call is open",
        "제안은 공모가 열려 있는 동안에만 거둘 수 있습니다.",
    ),
    (
        "the sheet is sealed already: a conflict is declared before judging",
        "이미 평가표를 봉인했습니다. 제척은 평가하기 전에 알립니다.",
    ),
    (
        "who declared a conflict does not judge",
        "제척을 알린 제안은 평가하지 않습니다.",
    ),
    (
        "evaluators are appointed and released while proposals are judged",
        "평가위원은 평가하는 동안에만 위촉하고 해촉합니다.",
    ),
    (
        "the evaluator judges here already",
        "이미 이 사업의 평가위원입니다.",
    ),
    (
        "the project has as many evaluators as it may",
        "이 사업의 평가위원 수가 찼습니다.",
    ),
    (
        "nobody else would judge a proposal: appoint another evaluator first",
        "평가할 위원이 남지 않는 제안이 있습니다. 먼저 다른 위원을 위촉하십시오.",
    ),
    (
        "nobody judges a proposal: appoint another evaluator first",
        "아무도 평가하지 않은 제안이 있습니다. 먼저 다른 위원을 위촉하십시오.",
    ),
    ("say why they are released", "해촉하는 까닭을 적으십시오."),
    (
        "no sheet of this evaluator is waited for",
        "이 평가위원에게서 기다리는 평가표가 없습니다.",
    ),
    (
        "this is the last evaluator: appoint another one first",
        "마지막 평가위원입니다. 먼저 다른 위원을 위촉하십시오.",
    ),
    (
        "a sealed sheet is not changed",
        "봉인한 평가표는 고칠 수 없습니다.",
    ),
    ("only the selected demonstrate", "선정된 제안만 실증합니다."),
    (
        "what nobody uses is not watched",
        "쓰는 기관이 없는 것은 지켜보지 않습니다.",
    ),
    (
        "the agency does not use it",
        "그 기관은 이것을 쓰고 있지 않습니다.",
    ),
    ("the project is closed already", "이미 끝난 사업입니다."),
    (
        "what is in use is retired first",
        "쓰고 있는 것부터 사용을 끝내십시오.",
    ),
    ("the proposal was not selected", "선정되지 않은 제안입니다."),
    ("no call is open", "열린 공모가 없습니다."),
    ("the call is over", "공모가 끝났습니다."),
    (
        "the project has as many proposals as it may",
        "이 사업이 받을 수 있는 제안의 수가 찼습니다.",
    ),
    (
        "the supplier has a proposal here: take it back first",
        "이 사업에 낸 제안이 있습니다. 먼저 거두십시오.",
    ),
    (
        "the call is open until its end: who proposes late must not be cut off",
        "공모는 정한 때까지 열려 있습니다. 늦게 내는 기업을 막을 수 없습니다.",
    ),
    (
        "proposals are judged after the call",
        "평가는 공모가 끝난 뒤에 합니다.",
    ),
    (
        "scores are opened after judging",
        "평가표는 평가가 끝난 뒤에 엽니다.",
    ),
    (
        "sheets are still to come: all are opened together",
        "아직 들어오지 않은 평가표가 있습니다. 모두 함께 엽니다.",
    ),
    (
        "selection follows on the opened scores",
        "선정은 평가표를 연 뒤에 합니다.",
    ),
    (
        "what nobody scored cannot be selected",
        "평가받지 않은 제안은 선정할 수 없습니다.",
    ),
    (
        "adoption follows on a demonstration",
        "도입은 실증한 뒤에 합니다.",
    ),
    (
        "the agency uses it already",
        "이 기관은 이미 쓰고 있습니다.",
    ),
    (
        "others take over what the project's own agency uses",
        "다른 기관은 수요를 낸 기관이 쓰는 것을 이어받습니다.",
    ),
    (
        "the gate's last word was not to adopt",
        "마지막 판정이 도입이 아니었습니다.",
    ),
    ("nothing was demonstrated yet", "아직 실증한 것이 없습니다."),
    ("the person was not suspended", "멈춘 적이 없는 사람입니다."),
    (
        "the person is suspended: reinstate them first",
        "멈춘 사람입니다. 먼저 되살리십시오.",
    ),
    ("the person is suspended already", "이미 멈춘 사람입니다."),
    (
        "this is the last operator",
        "마지막 운영자는 멈출 수 없습니다.",
    ),
    (
        "it is required of these already",
        "이미 그렇게 정해져 있습니다.",
    ),
    (
        "the organisation has as many nodes as it may",
        "이 기관의 노드 수가 찼습니다.",
    ),
    (
        "a node has this key already: make another",
        "이미 다른 노드의 열쇠입니다. 새 열쇠를 만드십시오.",
    ),
    (
        "the organisation has as many data as it may",
        "이 기관의 데이터 수가 찼습니다.",
    ),
    (
        "this very solution.toml was handed in with another model: give it a new version",
        "같은 solution.toml이 다른 모델과 함께 들어와 있습니다. 판을 올리십시오.",
    ),
    (
        "the need has no criteria that the gate could read",
        "이 수요에는 판정할 기준이 없습니다.",
    ),
    (
        "a proposal has no solution yet",
        "솔루션이 없는 제안이 있습니다.",
    ),
    (
        "a solution's model was not handed in yet",
        "솔루션의 모델이 아직 들어오지 않았습니다.",
    ),
    (
        "a letter was sent a moment ago: wait a minute",
        "조금 전에 메일을 보냈습니다. 1분 뒤에 다시 하십시오.",
    ),
    (
        "this server sends no mail",
        "이 서버는 메일을 보내지 않습니다.",
    ),
    (
        "10 webhooks are the most: end one first",
        "웹훅은 열 개까지입니다. 먼저 하나를 끝내십시오.",
    ),
    (
        "the webhook is stopped: start it first",
        "멈춘 웹훅입니다. 먼저 다시 시작하십시오.",
    ),
    // What a step says.
    ("choose 1 to 50", "1개에서 50개까지 고르십시오."),
    ("it must lie ahead", "앞으로 올 때여야 합니다."),
    (
        "name 1 to 50, each once",
        "1명에서 50명까지, 한 번씩 고르십시오.",
    ),
    (
        "each sealed sheet is opened, once",
        "봉인한 평가표를 한 번씩 모두 엽니다.",
    ),
    (
        "one is not the sheet that was sealed",
        "봉인한 것과 다른 평가표가 있습니다.",
    ),
    (
        "name at least one; or close the project",
        "하나 이상 고르거나 사업을 끝내십시오.",
    ),
    ("name each proposal once", "제안을 한 번씩만 고르십시오."),
    ("name each once", "한 번씩만 고르십시오."),
    (
        "an organisation has it already",
        "같은 이름의 기관이 있습니다.",
    ),
    (
        "the public does not sign in",
        "국민은 들어올 필요가 없습니다.",
    ),
    // What a field says.
    ("it must not be empty", "비어 있습니다."),
    ("it is longer than 200 characters", "200자보다 깁니다."),
    (
        "it must be one line without control characters",
        "보이지 않는 글자 없이 한 줄로 쓰십시오.",
    ),
    (
        "it is longer than 20,000 bytes",
        "20,000바이트(한글 약 6,600자)보다 깁니다.",
    ),
    (
        "it must not hold control characters",
        "보이지 않는 글자가 들어 있습니다.",
    ),
    ("it is longer than 2,000 bytes", "2,000바이트보다 깁니다."),
    (
        "it has characters that nobody sees",
        "보이지 않는 글자가 들어 있습니다.",
    ),
    (
        "it is no address: write https://...",
        "주소가 아닙니다. https://로 시작하는 주소를 쓰십시오.",
    ),
    ("it must be https", "https로 시작해야 합니다."),
    ("it names no machine", "주소에 서버의 이름이 없습니다."),
    (
        "it must not carry a name or a password",
        "주소에 이름이나 비밀번호를 넣지 마십시오.",
    ),
    (
        "it must not have a part after #",
        "주소에 # 뒤의 부분을 넣지 마십시오.",
    ),
    ("it is longer than 254 bytes", "254바이트보다 깁니다."),
    ("it has no @", "@이 없습니다."),
    (
        "what stands before the @ is no name of a mailbox",
        "@ 앞이 메일 이름이 아닙니다.",
    ),
    (
        "what stands after the @ is no machine",
        "@ 뒤가 메일 서버의 이름이 아닙니다.",
    ),
    ("expected a number", "번호를 고르십시오."),
    ("expected numbers", "번호를 고르십시오."),
    ("expected whole numbers", "정수를 쓰십시오."),
    ("expected a date and a time", "날짜와 시각을 쓰십시오."),
    (
        "expected sha256: and 64 digits",
        "sha256: 뒤에 16진수 64자리를 쓰십시오.",
    ),
    ("choose one", "하나를 고르십시오."),
];

/// What fields are called.
const FIELDS: [(&str, &str); 18] = [
    ("evaluator", "평가위원"),
    ("title", "제목"),
    ("name", "이름"),
    ("description", "설명"),
    ("summary", "요약"),
    ("reason", "까닭"),
    ("comment", "의견"),
    ("closes", "마감"),
    ("points", "점수"),
    ("proposal", "제안"),
    ("dataset", "데이터"),
    ("organisation", "기관"),
    ("role", "역할"),
    ("kind", "구실"),
    ("digest", "지문"),
    ("choice", "고른 것"),
    ("address", "주소"),
    ("mail", "메일"),
];

fn of(table: &[(&str, &'static str)], text: &str) -> Option<&'static str> {
    let mut rows = table.iter();
    rows.find_map(|(english, korean)| (*english == text).then_some(*korean))
}

/// A text of the programme or of a field's reader in Korean, where it has one.
pub(super) fn korean(text: &str) -> Option<&'static str> {
    of(&TEXTS, text)
}

/// What is wrong with a field, in Korean.
pub(super) fn field(name: &str, problem: &str) -> Option<String> {
    let problem = korean(problem)?;
    Some(match of(&FIELDS, name) {
        Some(name) => format!("{name}: {problem}"),
        None => problem.to_owned(),
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::path::Path;

    use super::*;

    /// What stands between the first two quotation marks after each place
    /// where `begins` stands.
    fn literals<'s>(source: &'s str, begins: &str) -> Vec<&'s str> {
        let after = source.split(begins).skip(1);
        let quoted = after.filter_map(|rest| rest.trim_start().strip_prefix('"'));
        quoted.filter_map(|rest| rest.split('"').next()).collect()
    }

    #[test]
    fn every_refusal_and_every_wrong_text_is_said_in_korean() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../modu-programme/src");
        let mut found = 0;
        for file in [
            "project/check.rs",
            "programme.rs",
            "text.rs",
            "job/node.rs",
            "job/material.rs",
            "job/mod.rs",
            "notice/webhook.rs",
            "notice/mailbox.rs",
        ] {
            let source = std::fs::read_to_string(root.join(file)).unwrap();
            let mut texts = literals(&source, "NotNow(");
            for phase in source.split("self.phase_is").skip(1) {
                let asked = phase.split(')').next().unwrap();
                texts.extend(asked.split('"').nth(1));
            }
            if ["text.rs", "notice/webhook.rs", "notice/mailbox.rs"].contains(&file) {
                texts.extend(literals(&source, "Err("));
            }
            for text in texts {
                assert!(korean(text).is_some(), "{file}: {text}");
                found += 1;
            }
        }
        assert!(found > 30, "{found}");
    }

    #[test]
    fn a_field_is_told_by_its_korean_name() {
        let told = field("title", "it must not be empty").unwrap();
        assert_eq!(told, "제목: 비어 있습니다.");
        assert_eq!(field("title", "something new"), None);
    }
}
