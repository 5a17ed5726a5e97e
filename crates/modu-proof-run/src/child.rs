//! The child's side: shut in, then read a model, then answer batches.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use modu_onnx::{RefusalKind, Tensor};

use crate::back_end::{self, Loaded};
use crate::confine::{confine, leave_everything_behind};
use crate::message::{
    Answer, Batch, Begin, Hello, LENGTH_BYTES, LONGEST, NeededInput, Open, Ready, Refusal,
    Unreadable,
};

/// Exit status of a child whose parent went away in good order.
const DONE: u8 = 0;
/// Exit status of a child that could not go on.
const FAILED: u8 = 3;

/// What the hidden subcommand of a program does: speaks with the parent over
/// standard input and output until the parent closes them. To be called before
/// the program starts a thread, opens a file or reads its configuration. Gives
/// the exit status.
#[must_use]
pub fn child_main() -> u8 {
    child_main_with(|| {})
}

/// As [`child_main`], and does something else in the walled process first,
/// after the model has arrived and before it is read. This is how tests play a
/// model that has taken its reader over.
#[doc(hidden)]
#[must_use]
pub fn child_main_with(takeover: fn()) -> u8 {
    // A reader that was taken over could make a panic's message say anything.
    std::panic::set_hook(Box::new(|_| {}));
    match converse(takeover) {
        Some(()) => DONE,
        None => FAILED,
    }
}

/// The pipes to the parent, used without the buffers and locks of the standard
/// streams.
struct Pipes {
    input: ManuallyDrop<File>,
    output: ManuallyDrop<File>,
}

impl Pipes {
    fn standard() -> Self {
        // SAFETY: descriptors 0 and 1 are open for the whole life of the
        // process, nothing else in it uses them, and ManuallyDrop keeps them
        // from being closed.
        unsafe {
            Self {
                input: ManuallyDrop::new(File::from_raw_fd(0)),
                output: ManuallyDrop::new(File::from_raw_fd(1)),
            }
        }
    }

    /// The next frame; none where the parent has closed the pipe or sends
    /// nonsense.
    fn receive(&mut self, longest: u64) -> Option<Vec<u8>> {
        let mut length = [0; LENGTH_BYTES];
        self.input.read_exact(&mut length).ok()?;
        let length = u32::from_le_bytes(length);
        if u64::from(length) > longest {
            return None;
        }
        let mut frame = vec![0; length as usize];
        self.input.read_exact(&mut frame).ok()?;
        Some(frame)
    }

    fn send(&mut self, frame: Option<Vec<u8>>) -> Option<()> {
        self.output.write_all(&frame?).ok()
    }
}

fn converse(takeover: fn()) -> Option<()> {
    let mut pipes = Pipes::standard();
    leave_everything_behind().ok()?;
    back_end::prepare();
    let begin = Begin::read(&pipes.receive(Begin::LENGTH)?).ok()?;
    let confinement = confine(begin);
    pipes.send(Hello(confinement).write())?;

    let frame = pipes.receive(LONGEST)?;
    takeover();
    let opened = guarded(|| open(&frame));
    drop(frame);
    let model = match opened {
        Ok(model) => model,
        Err(refusal) => return pipes.send(refusal.write()),
    };
    let ready = Ready {
        back_end: model.back_end(),
        inputs: needed_inputs(&model),
    };
    pipes.send(ready.write())?;
    while let Some(frame) = pipes.receive(LONGEST) {
        let answer = guarded(|| evaluate(&model, frame));
        pipes.send(match answer {
            Ok(answer) => answer.write(),
            Err(refusal) => refusal.write(),
        })?;
    }
    Some(())
}

/// Turns a panic, which would be a fault of the evaluation, into a refusal.
fn guarded<T>(work: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Refusal {
            kind: RefusalKind::Malformed,
            reason: "the evaluation failed inside: please report the model to Modu's makers".into(),
        })
    })
}

fn unreadable(problem: Unreadable) -> Refusal {
    Refusal {
        kind: RefusalKind::Request,
        reason: problem.0.into(),
    }
}

fn open(frame: &[u8]) -> Result<Loaded, Refusal> {
    let open = Open::read(frame).map_err(unreadable)?;
    Loaded::open(open.model, open.output, &open.limits)
}

fn needed_inputs(model: &Loaded) -> Vec<NeededInput> {
    model
        .inputs()
        .iter()
        .map(|port| NeededInput {
            name: port.name.clone(),
            shown: port.to_string(),
            element_type: port.element_type,
        })
        .collect()
}

fn evaluate(model: &Loaded, frame: Vec<u8>) -> Result<Answer, Refusal> {
    let tensors = Batch::read(&frame).map_err(unreadable)?;
    drop(frame);
    let given: Vec<(&str, &Tensor)> = tensors
        .iter()
        .map(|(name, tensor)| (name.as_str(), tensor))
        .collect();
    let tensor = model.run(&given)?;
    let scores = tensor.as_float32().map_err(|error| Refusal {
        kind: error.kind(),
        reason: error.to_string(),
    })?;
    Ok(Answer {
        shape: tensor.shape().to_vec(),
        scores: scores.to_vec(),
    })
}
