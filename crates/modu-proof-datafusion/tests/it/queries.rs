//! Queries over the demonstration's table, cut in several ways.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, RecordBatch, UInt64Array};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use datafusion::datasource::MemTable;
use datafusion::logical_expr::ScalarUDF;
use datafusion::prelude::{SessionConfig, SessionContext};
use modu_kernel::{InputsInMemory, NoProgress};
use modu_proof::predict::PREDICT;
use modu_proof::predictions::Predictions;
use modu_proof_datafusion::{AdapterError, Answer, Parts, Predict, Sources};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::json;
use tokio::runtime::Runtime;

const ROWS: usize = 99_762;
/// No divisor of the number of rows, so that the last batch is short.
const BATCH_ROWS: usize = 1000;

fn demo(path: &str) -> Vec<u8> {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo");
    std::fs::read(demo.join(path)).unwrap()
}

/// The function `predict` of one of the demonstration's solutions.
fn function(id: &str, answer: Answer) -> Predict {
    let need = demo("need.toml");
    let solution = demo(&format!("solutions/{id}/solution.toml"));
    let model = demo(&format!("solutions/{id}/{id}.onnx"));
    let sources = Sources {
        need: &need,
        solution: &solution,
        model: &model,
    };
    Predict::new("predict", answer, sources).unwrap()
}

/// The demonstration's table in batches, each row with its number.
fn batches() -> Vec<RecordBatch> {
    let bytes = bytes::Bytes::from(demo("census-test.parquet"));
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
    let reader = reader.with_batch_size(BATCH_ROWS).build().unwrap();
    let mut start = 0;
    let numbered = |batch: RecordBatch| {
        let end = start + batch.num_rows() as u64;
        let numbers: ArrayRef = Arc::new(UInt64Array::from_iter_values(start..end));
        start = end;
        let mut fields = batch.schema().fields().to_vec();
        fields.push(Arc::new(Field::new("row", DataType::UInt64, false)));
        let columns = batch.columns().iter().cloned().chain([numbers]);
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.collect()).unwrap()
    };
    reader.map(Result::unwrap).map(numbered).collect()
}

/// A session in which the table `applicants` has so many partitions, the batches
/// dealt to them in turn, and `predict` is known.
fn session(partitions: usize, predict: Predict) -> SessionContext {
    let mut dealt = vec![Vec::new(); partitions];
    for (index, batch) in batches().into_iter().enumerate() {
        dealt[index % partitions].push(batch);
    }
    let schema = dealt[0][0].schema();
    let table = MemTable::try_new(schema, dealt).unwrap();
    let config = SessionConfig::new().with_target_partitions(partitions);
    let context = SessionContext::new_with_config(config);
    context
        .register_table("applicants", Arc::new(table))
        .unwrap();
    context.register_udf(ScalarUDF::from(predict));
    context
}

fn collect(context: &SessionContext, query: &str) -> Vec<RecordBatch> {
    let runtime = Runtime::new().unwrap();
    runtime
        .block_on(async { context.sql(query).await?.collect().await })
        .unwrap()
}

/// The artifact that the engine makes of the same table.
fn engine(id: &str) -> Vec<u8> {
    let inputs = InputsInMemory::new()
        .with("need", demo("need.toml"))
        .with("dataset", demo("census-test.parquet"))
        .with("solution", demo(&format!("solutions/{id}/solution.toml")))
        .with("model", demo(&format!("solutions/{id}/{id}.onnx")));
    let outcome = (PREDICT.run)(&json!({ "solution": id }), &inputs, &NoProgress).unwrap();
    outcome.output("predictions").unwrap().bytes.clone()
}

#[test]
fn any_partition_gives_the_bytes_of_the_engines_predictions() {
    for id in ["linear", "forest", "network"] {
        let expected = engine(id);
        let header = Predictions::parse(&expected).unwrap().header;
        for partitions in [1, 3, 17] {
            let predict = function(id, Answer::AllScores);
            let query = format!(
                "SELECT \"row\", predict({}) FROM applicants",
                predict.columns().join(", ")
            );
            let mut parts = Parts::new(ROWS);
            for batch in collect(&session(partitions, predict), &query) {
                parts.add(&batch).unwrap();
            }
            let scores = parts.finish().unwrap();
            assert_eq!(scores.width, header.width as usize);
            let merged = Predictions {
                header: header.clone(),
                scores: scores.values,
            };
            assert!(
                merged.to_bytes().unwrap() == expected,
                "{id} in {partitions} partitions"
            );
        }
    }
}

#[test]
fn counts_by_score_and_class_do_not_depend_on_the_partitions() {
    let counts = |partitions| {
        let predict = function("forest", Answer::PositiveScore);
        let query = format!(
            "SELECT predict({}) AS score, over_limit, count(*) AS units FROM applicants \
             GROUP BY 1, 2 ORDER BY 1, 2",
            predict.columns().join(", ")
        );
        let batches = collect(&session(partitions, predict), &query);
        concat_batches(&batches[0].schema(), &batches).unwrap()
    };
    let one = counts(1);
    let units: i64 = one
        .column(2)
        .as_primitive::<Int64Type>()
        .values()
        .iter()
        .sum();
    assert_eq!(units, 99_762);
    assert!(one.num_rows() > 10_000);
    assert_eq!(one, counts(3));
    assert_eq!(one, counts(17));
}

#[test]
fn a_column_of_another_type_is_refused_before_a_row_is_read() {
    let predict = function("linear", Answer::AllScores);
    let mut columns = predict.columns().to_vec();
    columns[0] = "'thirty'".to_owned();
    let query = format!("SELECT predict({}) FROM applicants", columns.join(", "));
    let context = session(1, predict);
    let planned = Runtime::new().unwrap().block_on(context.sql(&query));
    let error = planned.unwrap_err().to_string();
    assert!(error.contains("column `age`"), "{error}");
    assert!(error.contains("declared"), "{error}");
}

#[test]
fn a_cell_outside_its_declared_range_ends_the_query_and_is_not_quoted() {
    let predict = function("linear", Answer::PositiveScore);
    let mut columns = predict.columns().to_vec();
    columns[0] = "age + 987654".to_owned();
    let query = format!("SELECT predict({}) FROM applicants", columns.join(", "));
    let context = session(3, predict);
    let failed = Runtime::new()
        .unwrap()
        .block_on(async { context.sql(&query).await?.collect().await });
    let error = failed.unwrap_err().to_string();
    assert!(
        error.contains("above the declared maximum of 90"),
        "{error}"
    );
    assert!(!error.contains("9876"), "{error}");
}

#[test]
fn answers_that_are_missing_or_there_twice_are_refused() {
    let predict = function("linear", Answer::AllScores);
    let query = format!(
        "SELECT \"row\", predict({}) FROM applicants WHERE \"row\" < 2000",
        predict.columns().join(", ")
    );
    let batches = collect(&session(1, predict), &query);
    let mut parts = Parts::new(2000);
    for batch in &batches {
        parts.add(batch).unwrap();
    }
    let again = parts.add(&batches[0]).unwrap_err();
    assert!(matches!(again, AdapterError::Row { .. }), "{again}");
    let mut parts = Parts::new(2001);
    for batch in &batches {
        parts.add(batch).unwrap();
    }
    let short = parts.finish().unwrap_err();
    assert!(
        matches!(short, AdapterError::Missing { missing: 1, .. }),
        "{short}"
    );
    let past = Parts::new(5).add(&batches[0]).unwrap_err();
    assert!(matches!(past, AdapterError::Row { .. }), "{past}");
    let other = batches[0].project(&[1, 0]).unwrap();
    let other = Parts::new(2000).add(&other).unwrap_err();
    assert!(matches!(other, AdapterError::OtherColumns), "{other}");
}
