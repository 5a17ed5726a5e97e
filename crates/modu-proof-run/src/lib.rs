//! Runs a stranger's model where it can do no harm: in a child process.
//!
//! `modu-onnx` refuses what a model may not contain and counts what it may
//! cost. This crate assumes that this failed: that some file makes the reader
//! do what its supplier wants. So the model is read and evaluated in a child
//! process that has nothing to reach for. It gets the model and prepared
//! features over one pipe and gives scores over another; it has no label, no
//! file, no network, no environment, and a bounded share of memory and time.
//!
//! The child shuts itself in before the first byte of the model arrives, in
//! layers that do not rest on one another ([`Confinement`] says which are in
//! force):
//!
//! 1. all file descriptors but the two pipes are closed, and the environment
//!    is empty; it can gain no privileges and dies with its parent;
//! 2. *namespaces* (user, network, mount, IPC, host name, cgroup): there is no
//!    network device in its world. A container may forbid this;
//! 3. a *process namespace*: no other process in its world;
//! 4. *Landlock*: no path of the file system may be opened, no TCP port bound
//!    or connected to;
//! 5. *resource limits*: address space, processor seconds, no file written, no
//!    file opened, no process started, no core dump;
//! 6. *seccomp*: of some 400 system calls about 20 remain. Reading its input,
//!    writing its answer, memory, and ending. Opening, connecting, executing,
//!    tracing or cloning ends the process on the spot.
//!
//! That there is no network rests on the network namespace and on seccomp,
//! each of which is enough; Landlock is not counted for it.
//!
//! The parent ([`SandboxedEvaluator`]) keeps the wall clock of every answer and
//! of the child's whole life, bounds each answer before it takes it in and all
//! answers together, and turns a child that dies into an error
//! that says how. A program offers the child's side by calling [`child_main`]
//! at the very start of a hidden subcommand, before it starts any thread:
//!
//! ```no_run
//! use modu_proof_run::{Options, SandboxedEvaluator, child_main};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! if std::env::args().nth(1).as_deref() == Some("__proof-child") {
//!     std::process::exit(child_main().into());
//! }
//! # let interface = modu_proof::evaluate::ModelInterface { inputs: vec![], output: String::new(), classes: 2 };
//! let options = Options::new(std::env::current_exe()?);
//! let model = std::fs::read("linear.onnx")?;
//! let evaluator = SandboxedEvaluator::start(&options, &model, &interface)?;
//! println!("{}", evaluator.confinement());
//! # Ok(())
//! # }
//! ```
//!
//! Networks whose operators `modu-onnx` has no kernel for are evaluated by
//! tract in the same child, where the cargo feature `tract` is on ([`BackEnd`]);
//! the walls are the same, and it looks at the machine before they stand.
//!
//! Linux on x86-64 and 64-bit ARM. Elsewhere [`SandboxedEvaluator::start`]
//! refuses.

mod back_end;
#[cfg(target_os = "linux")]
mod channel;
#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod confine;
mod confinement;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
mod error;
#[cfg(target_os = "linux")]
mod evaluator;
mod message;
mod options;
#[cfg(target_os = "linux")]
mod process_namespace;

pub use back_end::BackEnd;
#[cfg(target_os = "linux")]
pub use child::{child_main, child_main_with};
#[cfg(target_os = "linux")]
#[doc(hidden)]
pub use confine::confine_by;
pub use confinement::{Confinement, Layer};
#[cfg(not(target_os = "linux"))]
pub use elsewhere::{SandboxedEvaluator, child_main, child_main_with, probe};
pub use error::{MissingWall, RunError};
#[cfg(target_os = "linux")]
pub use evaluator::{SandboxedEvaluator, probe};
pub use options::{Options, Reasons, Strictness};
