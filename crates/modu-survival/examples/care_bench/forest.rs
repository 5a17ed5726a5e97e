//! `forest`: options TREES COLUMNS_PER_SPLIT LEAST_ROWS bootstrap|everyone. The
//! answer is the risk of each row.

use modu_survival::forest::{Drawing, Forest, ForestPlan};

use crate::{Answer, Outcome, Table, timed};

pub(crate) fn run(table: &Table, options: &[&str]) -> Outcome<Answer> {
    let [trees, columns_per_split, least_rows, drawing] = options else {
        return Err("forest takes TREES COLUMNS_PER_SPLIT LEAST_ROWS bootstrap|everyone".into());
    };
    let plan = ForestPlan {
        trees: trees.parse()?,
        columns_per_split: columns_per_split.parse()?,
        least_rows: least_rows.parse()?,
        depth: None,
        drawing: match *drawing {
            "everyone" => Drawing::Everyone,
            _ => Drawing::Bootstrap,
        },
        seed: 1,
    };
    let (forest, seconds) = timed(|| Forest::fit(&table.outcomes, &table.covariates, &plan));
    Ok(Answer {
        values: forest?.risk(&table.covariates)?,
        seconds,
    })
}
