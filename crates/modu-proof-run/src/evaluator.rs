//! The parent's side: starts a child, hands it a model and batches, and ends
//! it.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use modu_onnx::ElementType;
use modu_proof::evaluate::{
    Evaluate, EvaluateError, FeatureBatch, ModelInterface, Scores, score_width,
};

use crate::back_end::BackEnd;
use crate::channel::{Broken, Channel};
use crate::confinement::{Confinement, Layer};
use crate::message::{
    self, Answer, Batch, Begin, Hello, LONGEST, Open, Ready, Refusal, Unreadable,
};
use crate::options::{Options, Reasons, Strictness};
use crate::{MissingWall, RunError};

/// A model in a child process. Dropping it ends the child.
///
/// The system ends the child too when the *thread* that started it ends, so
/// that thread must outlive the evaluator.
#[derive(Debug)]
pub struct SandboxedEvaluator {
    child: Process,
    confinement: Confinement,
    back_end: BackEnd,
    interface: ModelInterface,
    batch_time: Duration,
    reasons: Reasons,
}

impl SandboxedEvaluator {
    /// Starts a child, waits until it has shut itself in, and has it read a
    /// model.
    ///
    /// # Errors
    /// [`RunError::Start`] where no child comes up, [`RunError::Unconfined`]
    /// where a demanded wall does not stand (the model is then not sent),
    /// [`RunError::Refused`] with the reader's reason, [`RunError::Mismatch`]
    /// where the model asks for other inputs than `solution.toml` declares,
    /// and the errors of a child that fails.
    pub fn start(
        options: &Options,
        model: &[u8],
        interface: &ModelInterface,
    ) -> Result<Self, RunError> {
        let (mut child, confinement) = confined(options)?;
        let open = Open {
            limits: options.limits.clone(),
            output: &interface.output,
            model,
        };
        let frame = open.write().ok_or(RunError::Batch {
            found: model.len() as u64,
            limit: LONGEST,
        })?;
        let clock = Clock::of(options.start_time, "reading the model");
        let answer = child.ask(&frame, Ready::LONGEST, clock)?;
        drop(frame);
        let Ready { back_end, inputs } = child.read(&answer, Ready::read)?;
        for input in &inputs {
            let declared = interface
                .inputs
                .iter()
                .find(|declared| declared.name == input.name);
            let fits = |integer| {
                let expected = if integer {
                    ElementType::Int64
                } else {
                    ElementType::Float32
                };
                input.element_type == Some(expected)
            };
            if !declared.is_some_and(|declared| fits(declared.integer)) {
                return Err(RunError::Mismatch(format!(
                    "the model asks for the input {}, which solution.toml does not declare so; \
                     correct its [[inputs]]",
                    input.shown.escape_debug()
                )));
            }
        }
        for declared in &interface.inputs {
            if !inputs.iter().any(|input| input.name == declared.name) {
                return Err(RunError::Mismatch(format!(
                    "the output `{}` needs no input `{}`; remove it from solution.toml",
                    interface.output, declared.name
                )));
            }
        }
        Ok(Self {
            child,
            confinement,
            back_end,
            interface: interface.clone(),
            batch_time: options.batch_time,
            reasons: options.reasons,
        })
    }

    /// Which layers are in force.
    #[must_use]
    pub const fn confinement(&self) -> &Confinement {
        &self.confinement
    }

    /// What evaluates the model, by the child's word.
    #[must_use]
    pub const fn back_end(&self) -> BackEnd {
        self.back_end
    }

    /// Scores one batch.
    ///
    /// # Errors
    /// [`RunError::Refused`] where the evaluation refuses the batch, after
    /// which the child is still there; any other error ends the child.
    pub fn score(&mut self, batch: &FeatureBatch) -> Result<Scores, RunError> {
        let found = Batch::size(batch);
        let too_large = RunError::Batch {
            found,
            limit: LONGEST,
        };
        if found > LONGEST {
            return Err(too_large);
        }
        let frame = Batch::write(batch).ok_or(too_large)?;
        let longest = Answer::longest(batch.rows, self.interface.classes);
        let clock = Clock::of(self.batch_time, "scoring a batch");
        let answer = self.child.ask(&frame, longest, clock)?;
        let answer = self.child.read(&answer, Answer::read)?;
        let width = score_width(&answer.shape, batch.rows, &self.interface)
            .map_err(|error| RunError::Mismatch(error.to_string()))?;
        Ok(Scores {
            rows: batch.rows,
            width,
            values: answer.scores,
        })
    }
}

impl Evaluate for SandboxedEvaluator {
    fn evaluate(&mut self, batch: &FeatureBatch) -> Result<Scores, EvaluateError> {
        self.score(batch)
            .map_err(|error| match (error, self.reasons) {
                (RunError::Refused { kind, .. }, Reasons::Withheld) => {
                    EvaluateError::Failed(format!(
                        "it failed while it scored rows ({}); its words are withheld, because \
                         they may hold data: `modu proof check` tells more, on made-up rows",
                        kind.name()
                    ))
                }
                (error, _) => error.into(),
            })
    }

    fn back_end(&self) -> Option<String> {
        self.back_end.foreign().map(str::to_owned)
    }
}

/// Starts a child without a model, to learn which walls stand here.
///
/// # Errors
/// As [`SandboxedEvaluator::start`], before the model is sent.
pub fn probe(options: &Options) -> Result<Confinement, RunError> {
    confined(options).map(|(_, confinement)| confinement)
}

/// A child that has shut itself in.
fn confined(options: &Options) -> Result<(Process, Confinement), RunError> {
    if !cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) {
        return Err(RunError::System);
    }
    let mut child = Process::start(options)?;
    let confinement = child.greet(options)?;
    demand(&confinement, options.strictness)?;
    Ok((child, confinement))
}

/// Refuses to go on where a demanded wall does not stand, and names all that
/// do not.
fn demand(confinement: &Confinement, strictness: Strictness) -> Result<(), RunError> {
    let layers = confinement.layers().into_iter();
    let missing: Vec<MissingWall> = layers
        .filter(|(wall, _)| strictness.demands(*wall))
        .filter_map(|(wall, layer)| match layer {
            Layer::Applied => None,
            Layer::Unavailable(reason) => Some(MissingWall {
                wall,
                reason: reason.clone(),
            }),
        })
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(RunError::Unconfined { missing })
    }
}

/// How long something may take.
#[derive(Debug, Clone, Copy)]
struct Clock {
    limit: Duration,
    deadline: Instant,
    doing: &'static str,
}

impl Clock {
    fn of(limit: Duration, doing: &'static str) -> Self {
        let now = Instant::now();
        // A limit beyond what the clock can tell is a year.
        let deadline = now
            .checked_add(limit)
            .unwrap_or(now + Duration::from_hours(24 * 365));
        Self {
            limit,
            deadline,
            doing,
        }
    }

    /// Of two clocks the one that runs out first.
    fn earlier(self, other: Self) -> Self {
        if other.deadline < self.deadline {
            other
        } else {
            self
        }
    }
}

/// The child process; none after it was ended.
#[derive(Debug)]
struct Process {
    running: Option<(Child, Channel)>,
    memory_bytes: u64,
    processor_time: Duration,
    /// When its life is over at the latest.
    life: Clock,
    /// Bytes that its answers may still take.
    output_left: u64,
    output_bytes: u64,
}

impl Process {
    fn start(options: &Options) -> Result<Self, RunError> {
        let failed = |doing| move |source| RunError::Start { doing, source };
        let mut child = Command::new(&options.executable)
            .args(&options.arguments)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed("starting the process that evaluates models"))?;
        let channel = match (child.stdin.take(), child.stdout.take()) {
            (Some(input), Some(output)) => Channel::new(input, output),
            _ => Err(std::io::ErrorKind::BrokenPipe.into()),
        };
        match channel {
            Ok(channel) => Ok(Self {
                running: Some((child, channel)),
                memory_bytes: options.memory_bytes,
                processor_time: options.processor_time,
                life: Clock::of(options.life_time, "in its whole life"),
                output_left: options.output_bytes,
                output_bytes: options.output_bytes,
            }),
            Err(source) => {
                end(&mut child);
                Err(failed(
                    "preparing the pipes to the process that evaluates models",
                )(source))
            }
        }
    }

    fn greet(&mut self, options: &Options) -> Result<Confinement, RunError> {
        let begin = Begin {
            memory_bytes: self.memory_bytes,
            processor_seconds: self.processor_seconds(),
        };
        let clock = Clock::of(options.start_time, "shutting itself in");
        let frame = begin.write().unwrap_or_default();
        let hello = self.ask(&frame, Hello::LONGEST, clock)?;
        Ok(self.read(&hello, Hello::read)?.0)
    }

    fn processor_seconds(&self) -> u64 {
        self.processor_time
            .as_millis()
            .div_ceil(1000)
            .try_into()
            .unwrap_or(u64::MAX)
    }

    /// Sends a frame and waits for the answer. A refusal is an error that
    /// leaves the child alive; everything else that fails ends it.
    fn ask(&mut self, frame: &[u8], longest: u64, clock: Clock) -> Result<Vec<u8>, RunError> {
        let Some((_, channel)) = &mut self.running else {
            return Err(RunError::Gone);
        };
        let clock = clock.earlier(self.life);
        let longest = longest.max(Refusal::LONGEST);
        let exchange = channel
            .send(frame, clock.deadline)
            .and_then(|()| channel.receive(longest.min(self.output_left), clock.deadline));
        let answer = exchange.map_err(|broken| match broken {
            Broken::TooLong if self.output_left < longest => self.too_much(),
            broken => self.broken(broken, clock),
        })?;
        self.output_left -= answer.len() as u64;
        if message::kind(&answer) == Some(Refusal::KIND) {
            let refusal = self.read(&answer, Refusal::read)?;
            return Err(RunError::Refused {
                kind: refusal.kind,
                reason: refusal.reason,
            });
        }
        Ok(answer)
    }

    /// Reads an answer; one that cannot be read ends the child.
    fn read<'a, T>(
        &mut self,
        answer: &'a [u8],
        read: impl FnOnce(&'a [u8]) -> Result<T, Unreadable>,
    ) -> Result<T, RunError> {
        read(answer).map_err(|Unreadable(problem)| {
            self.finish();
            RunError::Answer {
                problem: problem.into(),
            }
        })
    }

    /// Ends a child whose answers together are too long.
    fn too_much(&mut self) -> RunError {
        self.finish();
        RunError::Answer {
            problem: format!(
                "its answers together are longer than the {} MiB that it may send",
                self.output_bytes >> 20
            ),
        }
    }

    /// Ends the child and says what became of the exchange.
    fn broken(&mut self, broken: Broken, clock: Clock) -> RunError {
        // A child that closed its end is ending by itself; how it does tells
        // more than our own signal would.
        let status = match broken {
            Broken::Closed => self.finish_gently(),
            _ => {
                self.finish();
                None
            }
        };
        let doing = clock.doing;
        match broken {
            Broken::Late => RunError::Late {
                doing,
                limit: clock.limit,
            },
            Broken::Closed => RunError::Ended {
                doing,
                how: self.how(status),
            },
            Broken::TooLong => RunError::Answer {
                problem: "it is longer than any score can be".into(),
            },
            Broken::Machine(source) => RunError::Start { doing, source },
        }
    }

    /// Waits a moment for the child's own end, then ends it.
    fn finish_gently(&mut self) -> Option<ExitStatus> {
        let (mut child, channel) = self.running.take()?;
        drop(channel);
        for _ in 0..200 {
            match child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) => std::thread::sleep(Duration::from_millis(5)),
                Err(_) => break,
            }
        }
        end(&mut child);
        None
    }

    fn finish(&mut self) {
        if let Some((mut child, channel)) = self.running.take() {
            drop(channel);
            end(&mut child);
        }
    }

    /// The end of a child in words.
    fn how(&self, status: Option<ExitStatus>) -> String {
        let Some(status) = status else {
            return "it closed its pipe and had to be ended".into();
        };
        match status.signal() {
            Some(libc::SIGSYS) => "it asked the system for what it may not have".into(),
            Some(libc::SIGXCPU) => self.out_of_processor_time(),
            // The system sends this one too when the hard limit is reached.
            Some(libc::SIGKILL) => format!(
                "it was killed, by the system for want of memory, by someone, or because {}",
                self.out_of_processor_time()
            ),
            Some(libc::SIGABRT | libc::SIGSEGV | libc::SIGBUS) => format!(
                "it crashed or needed more than its {} MiB of memory",
                self.memory_bytes >> 20
            ),
            Some(signal) => format!("by signal {signal}"),
            None => format!("with status {}", status.code().unwrap_or(-1)),
        }
    }

    fn out_of_processor_time(&self) -> String {
        format!(
            "it used up its {} s of processor time",
            self.processor_seconds()
        )
    }
}

/// Ends a child and takes note of its end, so that no zombie is left.
///
/// It is asked first: a child that watches over a process namespace then ends
/// the process within and takes note of that one's end itself.
fn end(child: &mut Child) {
    if let Ok(process) = libc::pid_t::try_from(child.id()) {
        // SAFETY: takes numbers and no pointer. Nobody has taken note of the
        // child's end yet, so the number is not another process's.
        unsafe { libc::kill(process, libc::SIGTERM) };
    }
    for _ in 0..100 {
        if matches!(child.try_wait(), Ok(Some(_))) {
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    // It may have ended by itself; both calls then only say so.
    let _ = child.kill();
    let _ = child.wait();
}

impl Drop for Process {
    fn drop(&mut self) {
        self.finish();
    }
}
