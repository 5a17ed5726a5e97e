//! The programme's own words as the interface says them, and back.

use modu_kernel::Digest;
use modu_programme::access::Role;
use modu_programme::project::{Phase, Verdict};
use modu_programme::{
    OrganisationId, OrganisationKind, PersonId, ProjectId, ProposalId, Sequence, Text, Title,
};
use modu_wire::value::{DigestName, Line, Number, Prose};
use modu_wire::{KindName, PhaseName, RoleName, VerdictName};

use crate::problem::Problem;

/// What is named by its place in the history.
pub(crate) trait Numbered {
    /// Its number.
    fn number(self) -> Number;
    /// What has that number.
    fn named(number: Number) -> Self;
}

macro_rules! numbered {
    ($($id:ident),*) => {$(
        impl Numbered for $id {
            fn number(self) -> Number {
                Number(self.0.0)
            }

            fn named(number: Number) -> Self {
                Self(Sequence(number.0))
            }
        }
    )*};
}

numbered!(OrganisationId, PersonId, ProjectId, ProposalId);

/// A title or a name. Whatever the programme keeps is one line.
pub(crate) fn line(title: &Title) -> Line {
    Line::try_from(title.as_str().to_owned()).unwrap_or_else(|_| Line::unknown())
}

pub(crate) fn title(line: &Line) -> Result<Title, Problem> {
    Title::new(line.as_str()).map_err(Problem::not_as_described)
}

pub(crate) fn text(prose: &Prose) -> Result<Text, Problem> {
    Text::new(prose.as_str()).map_err(Problem::not_as_described)
}

pub(crate) fn digest(name: Option<DigestName>) -> Option<Digest> {
    name.map(|name| name.0)
}

pub(crate) fn role_name(role: Role) -> RoleName {
    match role {
        Role::Public => RoleName::Public,
        Role::DemandAgency => RoleName::DemandAgency,
        Role::Supplier => RoleName::Supplier,
        Role::Evaluator => RoleName::Evaluator,
        Role::Operator => RoleName::Operator,
        Role::Auditor => RoleName::Auditor,
    }
}

pub(crate) fn role(name: RoleName) -> Role {
    match name {
        RoleName::Public => Role::Public,
        RoleName::DemandAgency => Role::DemandAgency,
        RoleName::Supplier => Role::Supplier,
        RoleName::Evaluator => Role::Evaluator,
        RoleName::Operator => Role::Operator,
        RoleName::Auditor => Role::Auditor,
    }
}

pub(crate) fn kind_name(kind: OrganisationKind) -> KindName {
    match kind {
        OrganisationKind::DemandAgency => KindName::DemandAgency,
        OrganisationKind::Supplier => KindName::Supplier,
        OrganisationKind::Operator => KindName::Operator,
        OrganisationKind::Auditor => KindName::Auditor,
    }
}

pub(crate) fn kind(name: KindName) -> OrganisationKind {
    match name {
        KindName::DemandAgency => OrganisationKind::DemandAgency,
        KindName::Supplier => OrganisationKind::Supplier,
        KindName::Operator => OrganisationKind::Operator,
        KindName::Auditor => OrganisationKind::Auditor,
    }
}

pub(crate) fn phase(phase: Phase) -> PhaseName {
    match phase {
        Phase::Need => PhaseName::Need,
        Phase::Call => PhaseName::Call,
        Phase::Scoring => PhaseName::Scoring,
        Phase::Selection => PhaseName::Selection,
        Phase::Demonstration => PhaseName::Demonstration,
        Phase::Adopted => PhaseName::Adopted,
        Phase::Closed => PhaseName::Closed,
    }
}

pub(crate) fn verdict(verdict: Verdict) -> VerdictName {
    match verdict {
        Verdict::Adopt => VerdictName::Adopt,
        Verdict::Refuse => VerdictName::Refuse,
        Verdict::NotSeparable => VerdictName::NotSeparable,
        Verdict::NotEnoughData => VerdictName::NotEnoughData,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_interface_takes_as_text_the_programme_takes_too() {
        for text in ["소득 예측", " a ", "\u{3000}가\u{3000}", &"가".repeat(200)] {
            let line = Line::try_from(text.to_owned()).unwrap();
            assert_eq!(title(&line).unwrap().as_str(), text.trim());
        }
        for wrong in [
            "",
            " ",
            "a\nb",
            "a\u{202e}b",
            "\u{7}",
            "\u{feff}a",
            &"가".repeat(201),
        ] {
            assert!(Line::try_from(wrong.to_owned()).is_err(), "{wrong:?}");
        }
        let longest = Prose::try_from("한".repeat(5_000)).unwrap();
        assert!(super::text(&longest).is_ok());
    }
}
