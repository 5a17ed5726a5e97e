//! Which ICD-10 codes stand for which condition of Charlson's index: figures
//! of Quan and others, Med Care 2005; 43: 1130-1139, table 1.

use super::charlson::Condition;

/// The first and the last of a run of codes, without points and of one length;
/// a code belongs to it where its beginning of that length lies between.
type Run = (&'static str, &'static str);

const CODES: [(Condition, &[Run]); 17] = [
    (
        Condition::MyocardialInfarction,
        &[("I21", "I22"), ("I252", "I252")],
    ),
    (
        Condition::HeartFailure,
        &[
            ("I099", "I099"),
            ("I110", "I110"),
            ("I130", "I130"),
            ("I132", "I132"),
            ("I255", "I255"),
            ("I420", "I420"),
            ("I425", "I429"),
            ("I43", "I43"),
            ("I50", "I50"),
            ("P290", "P290"),
        ],
    ),
    (
        Condition::PeripheralVascularDisease,
        &[
            ("I70", "I71"),
            ("I731", "I731"),
            ("I738", "I739"),
            ("I771", "I771"),
            ("I790", "I790"),
            ("I792", "I792"),
            ("K551", "K551"),
            ("K558", "K559"),
            ("Z958", "Z959"),
        ],
    ),
    (
        Condition::CerebrovascularDisease,
        &[("G45", "G46"), ("H340", "H340"), ("I60", "I69")],
    ),
    (
        Condition::Dementia,
        &[
            ("F00", "F03"),
            ("F051", "F051"),
            ("G30", "G30"),
            ("G311", "G311"),
        ],
    ),
    (
        Condition::ChronicPulmonaryDisease,
        &[
            ("I278", "I279"),
            ("J40", "J47"),
            ("J60", "J67"),
            ("J684", "J684"),
            ("J701", "J701"),
            ("J703", "J703"),
        ],
    ),
    (
        Condition::ConnectiveTissueDisease,
        &[
            ("M05", "M06"),
            ("M315", "M315"),
            ("M32", "M34"),
            ("M351", "M351"),
            ("M353", "M353"),
            ("M360", "M360"),
        ],
    ),
    (Condition::UlcerDisease, &[("K25", "K28")]),
    (
        Condition::MildLiverDisease,
        &[
            ("B18", "B18"),
            ("K700", "K703"),
            ("K709", "K709"),
            ("K713", "K715"),
            ("K717", "K717"),
            ("K73", "K74"),
            ("K760", "K760"),
            ("K762", "K764"),
            ("K768", "K769"),
            ("Z944", "Z944"),
        ],
    ),
    (
        Condition::Diabetes,
        &[
            ("E100", "E101"),
            ("E106", "E106"),
            ("E108", "E109"),
            ("E110", "E111"),
            ("E116", "E116"),
            ("E118", "E119"),
            ("E120", "E121"),
            ("E126", "E126"),
            ("E128", "E129"),
            ("E130", "E131"),
            ("E136", "E136"),
            ("E138", "E139"),
            ("E140", "E141"),
            ("E146", "E146"),
            ("E148", "E149"),
        ],
    ),
    (
        Condition::DiabetesWithDamage,
        &[
            ("E102", "E105"),
            ("E107", "E107"),
            ("E112", "E115"),
            ("E117", "E117"),
            ("E122", "E125"),
            ("E127", "E127"),
            ("E132", "E135"),
            ("E137", "E137"),
            ("E142", "E145"),
            ("E147", "E147"),
        ],
    ),
    (
        Condition::Hemiplegia,
        &[
            ("G041", "G041"),
            ("G114", "G114"),
            ("G801", "G802"),
            ("G81", "G82"),
            ("G830", "G834"),
            ("G839", "G839"),
        ],
    ),
    (
        Condition::RenalDisease,
        &[
            ("I120", "I120"),
            ("I131", "I131"),
            ("N032", "N037"),
            ("N052", "N057"),
            ("N18", "N19"),
            ("N250", "N250"),
            ("Z490", "Z492"),
            ("Z940", "Z940"),
            ("Z992", "Z992"),
        ],
    ),
    (
        Condition::Tumour,
        &[
            ("C00", "C26"),
            ("C30", "C34"),
            ("C37", "C41"),
            ("C43", "C43"),
            ("C45", "C58"),
            ("C60", "C76"),
            ("C81", "C85"),
            ("C88", "C88"),
            ("C90", "C97"),
        ],
    ),
    (
        Condition::SevereLiverDisease,
        &[
            ("I850", "I850"),
            ("I859", "I859"),
            ("I864", "I864"),
            ("I982", "I982"),
            ("K704", "K704"),
            ("K711", "K711"),
            ("K721", "K721"),
            ("K729", "K729"),
            ("K765", "K767"),
        ],
    ),
    (Condition::MetastaticTumour, &[("C77", "C80")]),
    (Condition::Aids, &[("B20", "B22"), ("B24", "B24")]),
];

/// Letters and digits of the longest code that is looked up.
const LONGEST: usize = 8;

/// The condition of a code, with or without its point.
pub(super) fn condition(code: &str) -> Option<Condition> {
    let letters = code.bytes().filter(|byte| *byte != b'.');
    let plain: Vec<u8> = letters
        .take(LONGEST)
        .map(|it| it.to_ascii_uppercase())
        .collect();
    let within = |(first, last): &Run| {
        plain
            .get(..first.len())
            .is_some_and(|start| (first.as_bytes()..=last.as_bytes()).contains(&start))
    };
    CODES
        .iter()
        .find(|(_, runs)| runs.iter().any(within))
        .map(|(condition, _)| *condition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_codes_ends_where_its_last_code_ends() {
        for (code, expected) in [
            ("I21.9", Some(Condition::MyocardialInfarction)),
            ("i252", Some(Condition::MyocardialInfarction)),
            ("I25.1", None),
            ("I25", None),
            ("I42.4", None),
            ("I42.5", Some(Condition::HeartFailure)),
            ("E11.2", Some(Condition::DiabetesWithDamage)),
            ("E11.9", Some(Condition::Diabetes)),
            ("E11", None),
            ("C80", Some(Condition::MetastaticTumour)),
            ("C81.9", Some(Condition::Tumour)),
            ("C44.9", None),
            ("C97", Some(Condition::Tumour)),
            ("B23.0", None),
            ("K76.7", Some(Condition::SevereLiverDisease)),
            ("K76.8", Some(Condition::MildLiverDisease)),
            ("", None),
            ("..", None),
            ("가나다", None),
        ] {
            assert_eq!(condition(code), expected, "{code}");
        }
    }

    #[test]
    fn the_runs_of_the_table_are_in_order_and_no_code_stands_for_two_conditions() {
        let all = || {
            CODES
                .iter()
                .flat_map(|(of, runs)| runs.iter().map(move |run| (of, run)))
        };
        for (one, (first, last)) in all() {
            assert!(first <= last && first.len() == last.len(), "{first} {last}");
            for (other, (begin, end)) in all().filter(|(other, _)| *other != one) {
                let apart = *last < &begin[..begin.len().min(last.len())]
                    || *end < &first[..first.len().min(end.len())];
                assert!(apart, "{one:?} {first}-{last} and {other:?} {begin}-{end}");
            }
        }
    }
}
