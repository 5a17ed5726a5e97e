//! A solution as a scalar function.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, Float32Array, ListArray, new_empty_array};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::error::{DataFusionError, Result as QueryResult};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use modu_kernel::Digest;
use modu_proof::dataset::{Dataset, Limits};
use modu_proof::evaluate::{Evaluate, EvaluateError, ModelInterface, OnnxEvaluator, Scores};
use modu_proof::need::Need;
use modu_proof::predict::RowScorer;
use modu_proof::preparation::Features;
use modu_proof::solution::Solution;

use crate::AdapterError;

/// What the function is made of: the bytes of three artifacts.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// `need.toml`: what the columns are.
    pub need: &'a [u8],
    /// `solution.toml`: which columns the model takes, and how.
    pub solution: &'a [u8],
    /// The ONNX file.
    pub model: &'a [u8],
}

/// What the function gives for a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// All scores, as a list of `Float32`: what the predictions artifact holds.
    AllScores,
    /// The positive class's score, a `Float32`; of binary needs.
    PositiveScore,
}

/// Makes an evaluator that may move between a query's threads.
pub type MakeSendEvaluator =
    dyn Fn(&[u8], &ModelInterface) -> Result<Box<dyn Evaluate + Send>, EvaluateError> + Send + Sync;

/// A solution as a function of a row's columns, to be registered with a
/// session: `context.register_udf(ScalarUDF::from(predict))`. Its arguments are
/// [`Self::columns`], by place; their cells must be what the need declares.
pub struct Predict {
    name: String,
    answer: Answer,
    /// Digest of what it was made of.
    digest: Digest,
    signature: Signature,
    need: Need,
    features: Features,
    columns: Vec<String>,
    interface: ModelInterface,
    model: Vec<u8>,
    make: Arc<MakeSendEvaluator>,
    /// Evaluators that no batch is using: as many as there were batches at once.
    idle: Mutex<Vec<Box<dyn Evaluate + Send>>>,
}

impl Predict {
    /// A function of this name, evaluated in the query engine's process.
    ///
    /// # Errors
    /// [`AdapterError`]: a document is wrong, the solution does not fit the need,
    /// or the model is refused.
    pub fn new(name: &str, answer: Answer, sources: Sources<'_>) -> Result<Self, AdapterError> {
        Self::evaluated_by(
            name,
            answer,
            sources,
            Arc::new(|model, interface| {
                let evaluator = OnnxEvaluator::new(model, interface, &Default::default())?;
                Ok(Box::new(evaluator))
            }),
        )
    }

    /// As [`Self::new`] with another evaluator, which is made as often as there
    /// are batches at work at once.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn evaluated_by(
        name: &str,
        answer: Answer,
        sources: Sources<'_>,
        make: Arc<MakeSendEvaluator>,
    ) -> Result<Self, AdapterError> {
        let wrong = |place| move |source| AdapterError::Input { place, source };
        let need = Need::parse(sources.need).map_err(wrong("need.toml"))?;
        let solution = Solution::parse(sources.solution).map_err(wrong("solution.toml"))?;
        let features = Features::bind(&solution, &need).map_err(wrong("solution.toml"))?;
        if answer == Answer::PositiveScore && need.label.positive.is_none() {
            return Err(AdapterError::NoPositive { need: need.id });
        }
        let columns = solution.columns_used();
        let interface = solution.interface(&need);
        let first = make(sources.model, &interface)?;
        let digests = [sources.need, sources.solution, sources.model].map(Digest::of);
        let digests: Vec<u8> = digests.iter().flat_map(Digest::as_bytes).copied().collect();
        Ok(Self {
            name: name.to_owned(),
            answer,
            digest: Digest::of(&digests),
            signature: Signature::any(columns.len(), Volatility::Immutable),
            need,
            features,
            columns,
            interface,
            model: sources.model.to_vec(),
            make,
            idle: Mutex::new(vec![first]),
        })
    }

    /// The columns that it takes, in this order.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The rows that some arrays hold, checked by the need.
    fn rows_of(&self, arrays: Vec<ArrayRef>) -> Result<Dataset, AdapterError> {
        let names = self.columns.iter().map(String::as_str);
        let named: Vec<_> = names.zip(arrays).collect();
        Dataset::of_arrays(&named, &self.need, &Limits::default()).map_err(|source| {
            AdapterError::Input {
                place: "the columns",
                source,
            }
        })
    }

    fn score(&self, arrays: Vec<ArrayRef>) -> Result<Scores, AdapterError> {
        let rows = self.rows_of(arrays)?;
        let kept = self.idle().pop();
        let mut evaluator = match kept {
            Some(evaluator) => evaluator,
            None => (self.make)(&self.model, &self.interface)?,
        };
        // One that failed is not used again.
        let scores = RowScorer::new(&self.features, evaluator.as_mut()).score(&rows)?;
        self.idle().push(evaluator);
        Ok(scores)
    }

    /// The list is whole whatever happened to a thread that held it.
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Box<dyn Evaluate + Send>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, scores: Scores) -> ArrayRef {
        match self.answer {
            Answer::AllScores => Arc::new(ListArray::new(
                score_field(),
                OffsetBuffer::from_lengths(std::iter::repeat_n(scores.width, scores.rows)),
                Arc::new(Float32Array::from(scores.values)),
                None,
            )),
            Answer::PositiveScore => {
                let positive = self.need.label.positive.filter(|_| scores.width > 1);
                let place = positive.unwrap_or(0);
                let rows = scores.values.chunks_exact(scores.width);
                let values = rows.map(|row| row.get(place).copied().unwrap_or(f32::NAN));
                Arc::new(Float32Array::from_iter_values(values))
            }
        }
    }
}

fn score_field() -> FieldRef {
    Arc::new(Field::new_list_field(DataType::Float32, false))
}

fn of_query(error: AdapterError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

impl ScalarUDFImpl for Predict {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Refuses columns of other types than the need declares while the query is
    /// planned, before a row is read.
    fn return_type(&self, types: &[DataType]) -> QueryResult<DataType> {
        self.rows_of(types.iter().map(new_empty_array).collect())
            .map_err(of_query)?;
        Ok(match self.answer {
            Answer::AllScores => DataType::List(score_field()),
            Answer::PositiveScore => DataType::Float32,
        })
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> QueryResult<ColumnarValue> {
        let arrays = arguments
            .args
            .iter()
            .map(|argument| argument.to_array(arguments.number_rows))
            .collect::<QueryResult<_>>()?;
        let scores = self.score(arrays).map_err(of_query)?;
        Ok(ColumnarValue::Array(self.answer(scores)))
    }
}

impl fmt::Debug for Predict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, digest) = (&self.name, &self.digest);
        write!(f, "Predict({name}, {:?}, {digest})", self.answer)
    }
}

/// Two functions are the same that were made of the same bytes.
impl PartialEq for Predict {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.answer, self.digest) == (&other.name, other.answer, other.digest)
    }
}

impl Eq for Predict {}

impl Hash for Predict {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.answer.hash(state);
        self.digest.as_bytes().hash(state);
    }
}
