//! Steps that follow each other and take rows apart, evaluated together.
//!
//! A network of dense layers is such a chain: product, sum, activation, product
//! and so on. Evaluated one by one over a hundred thousand rows, each step
//! writes a tensor that the next one reads back from memory, on pages that the
//! system has to clear first; that takes longer than the arithmetic. Here some
//! rows at a time go through the whole chain, in two small buffers that stay in
//! the cache. Every number is computed as by the steps themselves, so a chain
//! changes no bit; where it does not fit what it is given, the steps are
//! evaluated one by one and say what is wrong.

use std::collections::HashMap;

use crate::budget::{Budget, Fault};
use crate::operators::call::made;
use crate::operators::rows::{RowCall, RowKernel};
use crate::plan::Step;
use crate::tensor::{Tensor, TensorData};
use crate::vet::ValueId;

/// Numbers of a buffer: with a second of its kind it is half of a usual
/// second-level cache at most, and mostly in the first.
const BUFFER: usize = 8192;
/// The fewest rows that go through a chain together, and a multiple of which
/// goes.
const FEWEST_ROWS: usize = 16;
/// The most numbers of a constant that a chain keeps its own copy of. A larger
/// matrix makes its step so slow that nothing is gained.
const LARGEST_CONSTANT: usize = 1 << 20;

/// Some steps of a plan.
#[derive(Debug)]
pub(crate) struct Chain {
    kernels: Vec<Box<dyn RowKernel>>,
    /// Where the rows come from, and what becomes of them.
    pub(crate) input: ValueId,
    pub(crate) output: ValueId,
}

/// The chains of a plan, by the first of their steps. `wanted` are the plan's
/// outputs.
pub(crate) fn chains(
    steps: &[Step],
    constants: &HashMap<ValueId, Tensor>,
    wanted: &[ValueId],
) -> HashMap<usize, Chain> {
    let mut readers: HashMap<ValueId, usize> = HashMap::new();
    let read = steps.iter().flat_map(|step| step.inputs.iter().flatten());
    for value in read.chain(wanted) {
        *readers.entry(*value).or_default() += 1;
    }
    let mut chains: HashMap<usize, Chain> = HashMap::new();
    // The chain that may go on, and where it began.
    let mut open: Option<(usize, Chain)> = None;
    for (index, step) in steps.iter().enumerate() {
        let link = link(step, constants);
        let ends = |chain: &Chain| {
            let goes_on = link.as_ref().is_some_and(|link| link.input == chain.output);
            !goes_on || readers.get(&chain.output) != Some(&1)
        };
        if let Some((start, chain)) = open.take_if(|(_, chain)| ends(chain)) {
            chains.insert(start, chain);
        }
        if let Some(mut link) = link {
            match &mut open {
                Some((_, chain)) => {
                    chain.kernels.append(&mut link.kernels);
                    chain.output = link.output;
                }
                None => open = Some((index, link)),
            }
        }
    }
    chains.extend(open);
    chains
}

/// A chain of one step, if the step takes rows apart.
fn link(step: &Step, constants: &HashMap<ValueId, Tensor>) -> Option<Chain> {
    let given: Vec<Option<&Tensor>> = step
        .inputs
        .iter()
        .map(|value| value.and_then(|value| constants.get(&value)))
        .collect();
    let large = |tensor: &&Tensor| tensor.data().len() > LARGEST_CONSTANT;
    if given.iter().flatten().any(large) {
        return None;
    }
    let mut varying = step.inputs.iter().zip(&given).enumerate();
    let mut varying = varying
        .by_ref()
        .filter_map(|(position, (value, constant))| match constant {
            Some(_) => None,
            None => value.map(|value| (position, value)),
        });
    let (rows_at, input) = varying.next()?;
    let mut outputs = step.outputs.iter().enumerate();
    let mut outputs = outputs
        .by_ref()
        .filter_map(|(position, value)| value.map(|value| (position, value)));
    let (output_at, output) = outputs.next()?;
    if varying.next().is_some() || outputs.next().is_some() {
        return None;
    }
    let kernel = step.operator.by_rows(&RowCall {
        constants: &given,
        rows_at,
        output: output_at,
    })?;
    Some(Chain {
        kernels: vec![kernel],
        input,
        output,
    })
}

impl Chain {
    /// How many steps it stands for.
    pub(crate) const fn steps(&self) -> usize {
        self.kernels.len()
    }

    /// What becomes of a tensor, or none where the steps must be evaluated one
    /// by one: it is not a matrix of single precision that fits, or a result in
    /// between would pass the limits.
    pub(crate) fn run(
        &self,
        tensor: &Tensor,
        budget: &mut Budget<'_>,
    ) -> Result<Option<Tensor>, Fault> {
        let (&[rows, columns], TensorData::Float32(values)) = (tensor.shape(), tensor.data())
        else {
            return Ok(None);
        };
        let Some(widths) = self.widths(rows, columns, budget) else {
            return Ok(None);
        };
        let widest = widths.iter().copied().max().unwrap_or(1);
        let last = widths.last().copied().unwrap_or(columns);
        let together = (BUFFER / widest).max(FEWEST_ROWS) / FEWEST_ROWS * FEWEST_ROWS;
        let count = budget.tensor(&[rows, last])?;
        budget.memory(2 * (together.min(rows) * widest) as u64)?;
        budget.work_product(&[rows, self.work_of_row(columns)])?;
        let mut out = Vec::with_capacity(count);
        let mut buffers = [Vec::new(), Vec::new()];
        for rows in values.chunks(together * columns) {
            self.append(rows, columns, &mut buffers, &mut out);
        }
        made(vec![rows, last], TensorData::Float32(out)).map(Some)
    }

    /// How long the rows of each kernel's result are, if there is something to
    /// do and every result is within the limits.
    fn widths(&self, rows: usize, columns: usize, budget: &Budget<'_>) -> Option<Vec<usize>> {
        let mut given = columns;
        let mut widths = Vec::with_capacity(self.kernels.len());
        for kernel in &self.kernels {
            given = kernel.columns(given)?;
            widths.push(given);
        }
        let most = budget.limits().tensor_elements;
        let fits = |width: &usize| {
            let elements = (rows as u64).checked_mul(*width as u64);
            *width > 0 && elements.is_some_and(|elements| elements <= most)
        };
        (rows > 0 && columns > 0 && widths.iter().all(fits)).then_some(widths)
    }

    /// The work that the steps would ask for, for one row.
    fn work_of_row(&self, columns: usize) -> usize {
        let mut given = columns;
        let mut work = 0_u64;
        for kernel in &self.kernels {
            work = work.saturating_add(kernel.work(given));
            given = kernel.columns(given).unwrap_or(given);
            work = work.saturating_add(given as u64);
        }
        usize::try_from(work).unwrap_or(usize::MAX)
    }

    /// Sends rows through all kernels; the last one appends to `out`.
    fn append(
        &self,
        rows: &[f32],
        columns: usize,
        [from, to]: &mut [Vec<f32>; 2],
        out: &mut Vec<f32>,
    ) {
        let Some((last, earlier)) = self.kernels.split_last() else {
            return;
        };
        let mut given = columns;
        for (place, kernel) in earlier.iter().enumerate() {
            to.clear();
            kernel.append(if place == 0 { rows } else { from }, given, to);
            given = kernel.columns(given).unwrap_or(given);
            std::mem::swap(from, to);
        }
        last.append(if earlier.is_empty() { rows } else { from }, given, out);
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a test fails by panicking, and its bounds are its own"
    )]

    use std::path::Path;

    use crate::limits::Limits;
    use crate::model::Dimension;
    use crate::plan::Plan;
    use crate::{ElementType, Tensor, TensorData, proto, vet};

    /// Rows enough for several turns of a chain: numbers of many sizes, many
    /// zeros, and what is no number.
    fn rows(columns: usize) -> Tensor {
        let rows = 1111;
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        let value = |choice: u32, size: u32| match choice % 1000 {
            0 => f32::NAN,
            1 => f32::INFINITY,
            2 => f32::NEG_INFINITY,
            3..=400 => 0.0,
            401..=450 => -0.0,
            451..=600 => 1.0,
            _ => (size as f32 - 8_388_608.0) / 1_048_576.0,
        };
        let values = (0..rows * columns).map(|_| value(next(), next()));
        Tensor::float32(vec![rows, columns], values.collect()).unwrap()
    }

    fn bits(tensor: &Tensor) -> Vec<u64> {
        match tensor.data() {
            TensorData::Float32(values) => values.iter().map(|v| u64::from(v.to_bits())).collect(),
            TensorData::Float64(values) => values.iter().map(|v| v.to_bits()).collect(),
            TensorData::Int64(values) => values.iter().map(|v| v.cast_unsigned()).collect(),
            other => vec![other.len() as u64],
        }
    }

    /// The plans of all models at hand whose only input is a matrix of single
    /// precision, one for each output, with the name and the matrix's width.
    fn plans() -> Vec<(String, Plan, usize)> {
        let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let reference = crate_folder.join("tests/reference/models");
        let demo = crate_folder.join("../../demo/solutions");
        let mut files: Vec<_> = std::fs::read_dir(reference)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.extend(["linear", "network"].map(|id| demo.join(format!("{id}/{id}.onnx"))));
        let limits = Limits::default();
        let mut plans = Vec::new();
        for file in files {
            let bytes = std::fs::read(&file).unwrap();
            let graph = || vet::check(proto::decode(&bytes, &limits).unwrap(), &limits).unwrap();
            for output in graph().outputs {
                let Ok(plan) = Plan::of(graph(), &[&output.port.name], &limits) else {
                    continue;
                };
                let [port] = plan.inputs() else { continue };
                if let (
                    Some(ElementType::Float32),
                    Some([Dimension::Open(_), Dimension::Fixed(width)]),
                ) = (port.element_type, port.shape.as_deref())
                {
                    let name = format!("{} {}", file.display(), output.port.name);
                    let width = *width;
                    plans.push((name, plan, width));
                }
            }
        }
        plans
    }

    #[test]
    fn steps_together_give_the_bits_of_steps_one_by_one() {
        let limits = Limits::default();
        let (mut longest, mut compared) = (0, 0);
        for (name, mut plan, width) in plans() {
            let rows = rows(width);
            let input = plan.inputs()[0].name.clone();
            longest = plan
                .chains
                .values()
                .fold(longest, |most, chain| most.max(chain.steps()));
            compared += plan.chains.len();
            let together = plan.run(&[(&input, &rows)], &limits);
            plan.chains.clear();
            let apart = plan.run(&[(&input, &rows)], &limits);
            let (together, apart) = match (together, apart) {
                (Ok(together), Ok(apart)) => (together, apart),
                (together, apart) => {
                    assert_eq!(together, apart, "{name}");
                    continue;
                }
            };
            for ((_, together), (_, apart)) in together.iter().zip(&apart) {
                assert_eq!(together.shape(), apart.shape(), "{name}");
                assert!(bits(together) == bits(apart), "{name}");
            }
        }
        assert!(longest >= 6, "the longest chain has {longest} steps");
        assert!(compared >= 20, "only {compared} chains were compared");
    }

    #[test]
    fn a_chain_that_does_not_fit_leaves_the_error_to_its_steps() {
        let (_, plan, width) = plans()
            .into_iter()
            .find(|(name, _, _)| name.ends_with("network.onnx probability"))
            .unwrap();
        let input = plan.inputs()[0].name.clone();
        let limits = Limits {
            tensor_elements: (1111 * width) as u64,
            ..Limits::default()
        };
        let ran = plan.run(&[(&input, &rows(width))], &limits);
        assert!(ran.is_ok(), "{ran:?}");
        let limits = Limits {
            operations: 1_000_000,
            ..Limits::default()
        };
        let error = plan.run(&[(&input, &rows(width))], &limits).unwrap_err();
        assert!(
            error.to_string().contains("operations of the run"),
            "{error}"
        );
    }
}
