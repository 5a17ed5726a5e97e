//! The project's own chores, as `cargo xtask <chore>`: everything that a
//! person or a build server does with this repository besides `cargo run`.
//!
//! - `test`: every test there is; installs what the machine lacks;
//! - `interop`: runs clients and peers that others wrote against ours;
//! - `bench`: measures, and writes `bench/<engine>.md`;
//! - `world`: writes a signed RPKI of a stated size, to validate;
//! - `fuzz`: looks for bytes that break a law of a reader;
//! - `generate`: writes again the files of the repository that a program made.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore talks to the person who started it"
)]

mod bench;
mod command;
mod debian;
mod fuzz;
mod generate;
mod interop;
mod peers;
mod python;
mod test;
mod workspace;
mod world;

use clap::{Parser, Subcommand, ValueEnum};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own chores")]
struct CommandLine {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Run every test (unit, integration, documentation) of the workspace.
    Test(test::Options),
    /// Measure, and write bench/<ENGINE>.md.
    Bench(bench::Options),
    /// Write an RPKI world of a stated size into a folder.
    World(world::Options),
    /// Look for bytes that break a law of a reader, by libFuzzer.
    Fuzz(fuzz::Options),
    /// Write again the files that a program made, and show whether they changed.
    Generate {
        /// Which files.
        what: generate::What,
    },
    /// Run clients and peers that others wrote against ours.
    Interop {
        /// Which part of Modu.
        name: InteropName,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum InteropName {
    /// Sigstore and transparency-log clients against our bundles.
    Evidence,
    /// schemathesis against our interface for programs.
    Api,
    /// Chromium and axe-core on our console.
    Console,
    /// FRR, which tells `modu route watch` over BMP what its neighbours announce.
    Bmp,
    /// R's survival statistics and ours on the same tables.
    Care,
    /// Krill as the authority: our plan published, fetched by us and Routinator.
    Krill,
    /// Webhooks and letters before receivers of other makers.
    Notices,
    /// The ONNX project's tests of operators against our kernels.
    Onnx,
    /// Signing in by an identity provider of another maker.
    Openid,
    /// Validators of other makers on the same worlds, honest and spoilt.
    Route,
    /// RTR clients of other makers, fed by `modu route serve`.
    Rtr,
    /// nginx before `modu serve`, with people, a node and commands before it.
    Tls,
}

fn main() -> anyhow::Result<()> {
    match CommandLine::parse().chore {
        Chore::Test(options) => test::run(&options),
        Chore::Bench(options) => bench::run(&options),
        Chore::World(options) => world::run(&options),
        Chore::Fuzz(options) => fuzz::run(&options),
        Chore::Generate { what } => generate::run(what),
        Chore::Interop { name } => match name {
            InteropName::Evidence => interop::evidence(),
            InteropName::Api => interop::api(),
            InteropName::Console => interop::console(),
            InteropName::Bmp => interop::bmp(),
            InteropName::Care => interop::care(),
            InteropName::Krill => interop::krill(),
            InteropName::Notices => interop::notices(),
            InteropName::Onnx => interop::onnx(),
            InteropName::Openid => interop::openid(),
            InteropName::Route => interop::route().and_then(|()| interop::krill()),
            InteropName::Rtr => interop::rtr(),
            InteropName::Tls => interop::tls(),
        },
    }
}
