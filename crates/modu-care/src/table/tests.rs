#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;

fn columns() -> TableColumns {
    TableColumns {
        time: "dtime".into(),
        event: "death".into(),
        entry: None,
        person: None,
        cluster: None,
        predictors: Vec::new(),
        categorical: Vec::new(),
    }
}

fn refusal(csv: &str) -> String {
    let read = AnalysisTable::read_plain(csv.as_bytes(), &columns());
    read.unwrap_err().to_string()
}

#[test]
fn a_plain_table_is_read_by_the_names_of_its_columns() {
    let csv = "age,grade,dtime,death\n74,high,1799,0\n,low,2828,1\nNA,high,3.5,TRUE\n";
    let table = AnalysisTable::read_plain(csv.as_bytes(), &columns()).unwrap();
    assert_eq!(table.len(), 3);
    assert_eq!(table.time(), [1799.0, 2828.0, 3.5]);
    assert_eq!(table.event(), [EventCode(0), EventCode(1), EventCode(1)]);
    assert_eq!(table.person(), [0, 1, 2]);
    let age = Values::Numeric(vec![Some(74.0), None, None]);
    assert_eq!(table.predictor("age").unwrap().values, age);
    let Values::Categorical(grade) = &table.predictor("grade").unwrap().values else {
        unreachable!("grades are words");
    };
    assert_eq!(grade.levels(), ["high", "low"]);
    assert_eq!(grade.codes(), [Some(0), Some(1), Some(0)]);
}

#[test]
fn numbers_that_are_codes_become_levels_where_that_is_said() {
    let columns = TableColumns {
        predictors: vec!["stage".into()],
        categorical: vec!["stage".into()],
        ..columns()
    };
    let csv = b"dtime,death,stage\n1,0,2\n2,1,1\n";
    let table = AnalysisTable::read_plain(csv, &columns).unwrap();
    assert!(matches!(
        &table.predictors()[0].values,
        Values::Categorical(it) if it.levels() == ["1", "2"]
    ));
}

#[test]
fn a_wrong_cell_is_named_by_line_and_column_and_not_quoted() {
    for (csv, place) in [
        ("dtime,death\n1,0\nsoon,1\n", "line 3, column `time`"),
        ("dtime,death\n1,0\n,1\n", "line 3, column `time`"),
        ("dtime,death\n1,maybe\n", "line 2, column `event`"),
        ("dtime,death\n1,-1\n", "line 2, column `event`"),
        ("dtime,death\n1,0\n1\n", "line 3"),
        ("dtime,died\n1,0\n", "the header"),
        ("dtime,dtime,death\n1,1,0\n", "the header"),
    ] {
        let said = refusal(csv);
        assert!(said.starts_with(place), "{said}");
        assert!(!said.contains("soon") && !said.contains("maybe"), "{said}");
    }
}

#[test]
fn a_table_without_rows_or_with_a_negative_time_is_refused() {
    assert_eq!(refusal("dtime,death\n"), "there are no rows");
    assert!(refusal("dtime,death\n-1,0\n").contains("the times, row 0"));
    assert!(refusal("dtime,death\nNaN,0\n").contains("it is empty"));
    assert!(refusal("dtime,death\ninf,0\n").contains("not a finite number"));
}

#[test]
fn a_registration_number_in_a_cell_or_the_header_is_refused_and_not_repeated() {
    for csv in [
        "dtime,death,memo\n1,0,ok\n1,0,900101-1234568\n",
        "dtime,death,memo\n1,0,9001011234568\n",
        "dtime,death,900101-1234568\n1,0,x\n",
    ] {
        let said = refusal(csv);
        assert!(said.contains("registration number"), "{said}");
        assert!(!said.contains("1234568"), "{said}");
    }
}

#[test]
fn a_tables_people_keep_our_pseudonyms_and_lose_any_other_name() {
    let columns = TableColumns {
        person: Some("who".into()),
        ..columns()
    };
    let ours = format!("p{}", "0a".repeat(16));
    let csv = format!("who,dtime,death\n{ours},1,0\n{ours},2,1\n");
    let table = AnalysisTable::read_plain(csv.as_bytes(), &columns).unwrap();
    assert_eq!(table.pseudonym(0).unwrap().to_string(), ours);
    let csv = "who,dtime,death\nhong,1,0\nkim,2,1\nhong,3,0\n";
    let table = AnalysisTable::read_plain(csv.as_bytes(), &columns).unwrap();
    assert_eq!(table.person(), [0, 1, 0]);
    assert_eq!(table.pseudonym(0), None);
    assert!(!String::from_utf8(table.to_csv()).unwrap().contains("hong"));
}

#[test]
fn one_byte_changed_in_the_table_no_longer_fits_its_description() {
    let csv = b"dtime,death,age\n1,0,50\n2,1,60\n";
    let table = AnalysisTable::read_plain(csv, &columns()).unwrap();
    let mut written = table.to_csv();
    let description = table.description(&written);
    assert_eq!(AnalysisTable::read(&written, &description).unwrap(), table);
    let last = written.len() - 2;
    written[last] = b'1';
    assert!(AnalysisTable::read(&written, &description).is_err());
}

fn any_table() -> impl Strategy<Value = AnalysisTable> {
    let row = (
        0u32..4,
        0.0..1e4f64,
        1e-3..1e4f64,
        0u16..3,
        proptest::option::of(-1e6..1e6f64),
        proptest::option::of(0u32..3),
        0u32..2,
    );
    proptest::collection::vec(row, 1..20).prop_map(|rows| {
        let mut seen: Vec<u32> = Vec::new();
        let person = |who: u32, seen: &mut Vec<u32>| match seen.iter().position(|it| *it == who) {
            Some(place) => place as u32,
            None => {
                seen.push(who);
                seen.len() as u32 - 1
            }
        };
        let people: Vec<u32> = rows.iter().map(|it| person(it.0, &mut seen)).collect();
        let levels = ["a,b", "\"c\"", "d\ne"].map(str::to_owned).to_vec();
        let words = rows.iter().map(|it| it.5).collect();
        let hospitals = rows.iter().map(|it| Some(it.6)).collect();
        let meaning = |name: &str| EventMeaning {
            name: name.into(),
            label: Label::new(name, name),
        };
        let column = |name: &str, values| Predictor {
            name: name.into(),
            label: Label::new("나이", name),
            unit: None,
            values,
        };
        AnalysisTable::new(TableParts {
            events: vec![meaning("relapse"), meaning("death")],
            pseudonyms: Vec::new(),
            person: people,
            cluster: Some(Categories::new(vec!["1".into(), "2".into()], hospitals).unwrap()),
            entry: Some(rows.iter().map(|it| it.1).collect()),
            time: rows.iter().map(|it| it.1 + it.2).collect(),
            event: rows.iter().map(|it| EventCode(it.3)).collect(),
            predictors: vec![
                column(
                    "age, years",
                    Values::Numeric(rows.iter().map(|it| it.4).collect()),
                ),
                column(
                    "grade",
                    Values::Categorical(Categories::new(levels, words).unwrap()),
                ),
            ],
        })
        .unwrap()
    })
}

proptest! {
    #[test]
    fn a_table_is_read_back_as_it_was_written(table in any_table()) {
        let csv = table.to_csv();
        let description = table.description(&csv);
        let document = serde_json::to_vec(&description).unwrap();
        let description = TableDescription::parse(&document).unwrap();
        let read = AnalysisTable::read(&csv, &description).unwrap();
        prop_assert_eq!(&read, &table);
        prop_assert_eq!(read.to_csv(), csv);
    }

    #[test]
    fn no_bytes_make_the_reader_fail_otherwise_than_with_an_error(bytes: Vec<u8>) {
        let _ = AnalysisTable::read_plain(&bytes, &columns());
    }
}
