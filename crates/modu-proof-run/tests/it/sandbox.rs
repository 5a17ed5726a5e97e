//! A child gives the same scores as the parent would, and nothing that a model
//! may try brings the parent down or leaves a process behind.

use std::convert::Infallible;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use modu_onnx::{Limits, Model, Tensor};
use modu_proof::evaluate::{
    Evaluate as _, EvaluateError, ExpectedInput, FeatureBatch, FeatureTensor, FeatureValues,
    ModelInterface,
};
use modu_proof::predict::Wall;
use modu_proof_run::{Layer, Options, RunError, SandboxedEvaluator, Strictness};

use crate::models;

pub(crate) type Outcome = Result<(), Failed>;
pub(crate) type Test = (&'static str, fn() -> Outcome);

/// Every test, by the sentence that it proves.
pub(crate) fn tests() -> Vec<Trial> {
    let tests: [Test; 20] = [
        (
            "a_good_model_gives_byte_equal_scores_to_the_same_process",
            good_model,
        ),
        ("the_layers_that_are_in_force_are_reported", layers),
        (
            "a_wall_that_is_demanded_but_missing_refuses_the_model",
            missing_wall,
        ),
        (
            "a_refused_model_gives_the_readers_own_reason",
            refused_model,
        ),
        ("an_interface_that_does_not_fit_is_a_mismatch", mismatch),
        (
            "a_batch_that_is_refused_leaves_the_child_alive",
            refused_batch,
        ),
        (
            "what_a_taken_over_child_asks_of_the_system_ends_it",
            forbidden_calls,
        ),
        ("each_layer_holds_by_itself", each_layer),
        ("a_child_does_not_outlive_its_parent", orphan),
        (
            "a_child_sees_no_environment_and_no_descriptor_of_its_parent",
            empty_world,
        ),
        (
            "a_model_that_takes_too_long_is_ended_with_a_reason",
            too_long,
        ),
        (
            "a_model_that_uses_up_its_processor_time_is_ended_with_a_reason",
            processor_time,
        ),
        (
            "a_model_that_takes_too_much_memory_is_ended_with_a_reason",
            memory,
        ),
        (
            "a_child_that_dies_or_talks_nonsense_is_an_error_and_no_hang",
            dying,
        ),
        (
            "a_child_that_is_killed_between_batches_is_an_error_and_no_hang",
            killed,
        ),
        ("a_program_that_cannot_be_started_is_an_error", no_program),
        ("no_zombie_is_left", no_zombie),
        (
            "a_child_that_lives_too_long_is_ended_however_quick_its_answers_are",
            whole_life,
        ),
        (
            "answers_that_are_too_long_together_end_the_child",
            whole_output,
        ),
        (
            "what_stands_here_is_told_without_a_model_and_in_the_words_of_a_request",
            told_beforehand,
        ),
    ];
    tests
        .into_iter()
        .map(|(name, test)| Trial::test(name, test))
        .collect()
}

/// Whether this machine offers namespaces; containers often do not.
fn strictness() -> Strictness {
    let mut lenient = options(&[]);
    lenient.strictness = Strictness::SeccompOnly;
    let evaluator = SandboxedEvaluator::start(&lenient, &models::good(), &interface()).unwrap();
    if evaluator.confinement().namespaces.is_applied() {
        Strictness::Strict
    } else {
        Strictness::SeccompOnly
    }
}

/// This binary as the child, with further arguments.
pub(crate) fn options(arguments: &[&str]) -> Options {
    let mut options = Options::new(std::env::current_exe().unwrap());
    options.arguments.extend(arguments.iter().map(Into::into));
    options.strictness = Strictness::SeccompOnly;
    options
}

pub(crate) fn interface() -> ModelInterface {
    ModelInterface {
        inputs: vec![ExpectedInput {
            name: "features".into(),
            width: 3,
            integer: false,
        }],
        output: "probabilities".into(),
        classes: 2,
    }
}

pub(crate) fn batch(rows: usize) -> FeatureBatch {
    let values = (0..rows * 3)
        .map(|index| (index as f32 * 0.37).sin() * 3.0)
        .collect();
    FeatureBatch {
        rows,
        tensors: vec![FeatureTensor {
            name: "features".into(),
            width: 3,
            values: FeatureValues::Float32(values),
        }],
    }
}

/// The error of a child that attempts something.
fn attempt(what: &str) -> RunError {
    SandboxedEvaluator::start(&options(&[what]), &models::good(), &interface())
        .expect_err("the child should not come up")
}

fn good_model() -> Outcome {
    let mut options = options(&[]);
    options.strictness = strictness();
    let mut evaluator = SandboxedEvaluator::start(&options, &models::good(), &interface())?;
    let model = Model::read(&models::good(), &["probabilities"], &Limits::default())?;
    // More than a pipe holds, one row, and none.
    for rows in [100_000, 1, 0] {
        let batch = batch(rows);
        let FeatureValues::Float32(values) = &batch.tensors[0].values else {
            unreachable!()
        };
        let tensor = Tensor::float32(vec![rows, 3], values.clone())?;
        let expected = model.run(&[("features", &tensor)])?;
        let expected: Vec<u32> = expected[0]
            .1
            .as_float32()?
            .iter()
            .map(|score| score.to_bits())
            .collect();
        let scores = evaluator.evaluate(&batch)?;
        let bits: Vec<u32> = scores.values.iter().map(|score| score.to_bits()).collect();
        assert_eq!((scores.rows, scores.width), (rows, 2));
        assert_eq!(bits, expected);
    }
    Ok(())
}

fn layers() -> Outcome {
    let evaluator = SandboxedEvaluator::start(&options(&[]), &models::good(), &interface())?;
    let confinement = evaluator.confinement();
    assert_eq!(confinement.seccomp, Layer::Applied);
    assert_eq!(confinement.resource_limits, Layer::Applied);
    assert!(confinement.bars_network());
    let text = confinement.to_string();
    assert!(text.contains("seccomp: applied"), "{text}");
    Ok(())
}

fn missing_wall() -> Outcome {
    // A process with two threads cannot have a user namespace.
    let mut options = options(&["with-a-thread"]);
    options.strictness = Strictness::Strict;
    let error = SandboxedEvaluator::start(&options, &models::good(), &interface())
        .expect_err("no namespaces");
    let RunError::Unconfined { missing } = &error else {
        panic!("{error}");
    };
    let named: Vec<Wall> = missing.iter().map(|it| it.wall).collect();
    assert!(
        named.starts_with(&[Wall::Namespaces, Wall::ProcessNamespace]),
        "{error}"
    );
    assert!(error.to_string().contains("process namespace"), "{error}");
    let without_landlock = named.contains(&Wall::Landlock);
    assert!(matches!(
        EvaluateError::from(error),
        EvaluateError::Machine(_)
    ));
    options.strictness = match without_landlock {
        false => Strictness::WithoutNamespaces,
        true => Strictness::SeccompOnly,
    };
    let evaluator = SandboxedEvaluator::start(&options, &models::good(), &interface())?;
    assert!(matches!(
        evaluator.confinement().namespaces,
        Layer::Unavailable(_)
    ));
    Ok(())
}

fn refused_model() -> Outcome {
    let model = models::external();
    let reason = Model::read(&model, &["probabilities"], &Limits::default())
        .unwrap_err()
        .to_string();
    let error = SandboxedEvaluator::start(&options(&[]), &model, &interface()).unwrap_err();
    assert_eq!(error.to_string(), reason);
    assert!(matches!(
        EvaluateError::from(error),
        EvaluateError::Refused(_)
    ));
    let error = SandboxedEvaluator::start(&options(&[]), b"not a model", &interface()).unwrap_err();
    assert!(matches!(
        EvaluateError::from(error),
        EvaluateError::Refused(_)
    ));
    Ok(())
}

fn mismatch() -> Outcome {
    let mut other = interface();
    other.inputs[0].name = "merkmale".into();
    let mut integers = interface();
    integers.inputs[0].integer = true;
    let mut surplus = interface();
    surplus.inputs.push(ExpectedInput {
        name: "more".into(),
        width: 1,
        integer: false,
    });
    let mut output = interface();
    output.output = "scores".into();
    for (interface, part) in [
        (other, "`features`"),
        (integers, "`features`"),
        (surplus, "`more`"),
        (output, "`scores`"),
    ] {
        let error =
            SandboxedEvaluator::start(&options(&[]), &models::good(), &interface).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
        assert!(matches!(
            EvaluateError::from(error),
            EvaluateError::Mismatch(_)
        ));
    }
    Ok(())
}

fn refused_batch() -> Outcome {
    let mut evaluator = SandboxedEvaluator::start(&options(&[]), &models::good(), &interface())?;
    let mut wide = batch(2);
    wide.tensors[0].width = 6;
    wide.rows = 1;
    let error = evaluator.score(&wide).unwrap_err();
    assert!(matches!(error, RunError::Refused { .. }), "{error}");
    assert_eq!(evaluator.score(&batch(2))?.values.len(), 4);
    Ok(())
}

fn forbidden_calls() -> Outcome {
    let attempts = [
        "open",
        "create",
        "list",
        "connect",
        "datagram",
        "unix-socket",
        "execute",
        "thread",
        "fork",
        "trace",
        "kill-parent",
        "abort-parent",
        "executable-memory",
        "another-descriptor",
    ];
    for what in attempts {
        match attempt(what) {
            RunError::Ended { how, .. } => {
                assert!(
                    how.contains("asked the system for what it may not have"),
                    "{what}: {how}"
                );
            }
            other => panic!("{what}: {other}"),
        }
    }
    assert!(!std::path::Path::new("/tmp/modu-proof-run-was-here").exists());
    Ok(())
}

fn each_layer() -> Outcome {
    use std::os::unix::process::CommandExt as _;
    // Somebody listens, so that only the layer can be why nobody connects.
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port().to_string();
    let attempt = |layer: &str, what: &str| {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.args(["__one-layer", layer, what, &port]);
        // SAFETY: dup2 may be called between fork and exec.
        unsafe {
            command.pre_exec(|| {
                libc::dup2(0, 9);
                Ok(())
            })
        };
        command.status().unwrap().code()
    };
    for (layer, what) in [
        ("descriptors", "inherited-descriptor"),
        ("namespaces", "connect"),
        ("process namespace", "see-others"),
        ("landlock", "open"),
        ("landlock", "create"),
        ("landlock", "list"),
        ("landlock", "connect"),
        ("resource limits", "open"),
        ("resource limits", "connect"),
        ("resource limits", "memory"),
    ] {
        let status = attempt(layer, what);
        // 2: a container may forbid namespaces, a kernel lack Landlock.
        let may_lack = matches!(layer, "namespaces" | "process namespace" | "landlock");
        assert!(
            status == Some(0) || (may_lack && status == Some(2)),
            "{layer}, {what}: {status:?}"
        );
    }
    assert_eq!(
        attempt("seccomp", "connect"),
        None,
        "seccomp ends the process by a signal"
    );
    assert_eq!(attempt("no such layer", "connect"), Some(2));
    // And without a layer, everything that was attempted works here.
    assert!(std::fs::File::open("/etc/passwd").is_ok());
    assert!(std::net::TcpStream::connect(listener.local_addr()?).is_ok());
    Ok(())
}

/// What the middle process of the next test does.
pub(crate) fn start_a_child_and_die() {
    let evaluator =
        SandboxedEvaluator::start(&options(&[]), &models::good(), &interface()).unwrap();
    let &[(child, _)] = children().as_slice() else {
        panic!("{:?}", children())
    };
    use std::io::Write as _;
    std::io::stdout()
        .write_all(format!("{child} {}\n", within(child)).as_bytes())
        .unwrap();
    std::mem::forget(evaluator);
    // SAFETY: ends this process without any cleaning up.
    unsafe { libc::_exit(0) };
}

/// The process in the child's process namespace, where it has one.
fn within(child: libc::pid_t) -> String {
    std::fs::read_to_string(format!("/proc/{child}/task/{child}/children")).unwrap_or_default()
}

fn orphan() -> Outcome {
    let output = std::process::Command::new(std::env::current_exe()?)
        .arg("__dying-parent")
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let mut left: Vec<&str> = text.split_whitespace().collect();
    assert!(!left.is_empty());
    for _ in 0..6_000 {
        left.retain(|child| {
            let status = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
            // Nobody may be there to take note of its end.
            !status.is_empty() && !status.contains(") Z ")
        });
        if left.is_empty() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err(format!("{left:?} outlived their parent").into())
}

fn empty_world() -> Outcome {
    let error = attempt("environment");
    assert!(error.to_string().contains("status 43"), "{error}");
    Ok(())
}

fn too_long() -> Outcome {
    for what in ["loop", "deaf", "say-nothing"] {
        let mut options = options(&[what]);
        options.start_time = Duration::from_millis(700);
        let error = SandboxedEvaluator::start(&options, &models::good(), &interface()).unwrap_err();
        assert!(matches!(error, RunError::Late { .. }), "{what}: {error}");
        assert!(error.to_string().contains("longer than 0.7 s"), "{error}");
    }
    // A model that means well but is slow: some 10^10 operations.
    let mut options = options(&[]);
    options.batch_time = Duration::from_millis(300);
    options.limits.operations = u64::MAX;
    let mut evaluator =
        SandboxedEvaluator::start(&options, &models::greedy(20, 500), &interface())?;
    let error = evaluator.score(&batch(8)).unwrap_err();
    assert!(matches!(error, RunError::Late { .. }), "{error}");
    assert!(matches!(evaluator.score(&batch(8)), Err(RunError::Gone)));
    Ok(())
}

fn processor_time() -> Outcome {
    let mut options = options(&["loop"]);
    options.processor_time = Duration::from_secs(1);
    // Which a busy machine gives it over a long time.
    options.start_time = Duration::from_secs(300);
    let error = SandboxedEvaluator::start(&options, &models::good(), &interface()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("it used up its 1 s of processor time"),
        "{error}"
    );
    Ok(())
}

fn memory() -> Outcome {
    let mut options = options(&["memory"]);
    options.memory_bytes = 256 << 20;
    let error = SandboxedEvaluator::start(&options, &models::good(), &interface()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("more than its 256 MiB of memory"),
        "{error}"
    );
    // A model that needs more than the child has, with the evaluation's own
    // limits lifted; and then with them in force.
    options.arguments.pop();
    options.limits.tensor_elements = u64::MAX;
    options.limits.live_elements = u64::MAX;
    let mut evaluator = SandboxedEvaluator::start(&options, &models::greedy(26, 0), &interface())?;
    let error = evaluator.score(&batch(1)).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("more than its 256 MiB of memory"),
        "{error}"
    );
    options.limits = Limits {
        live_elements: 1 << 20,
        ..Limits::default()
    };
    let mut evaluator = SandboxedEvaluator::start(&options, &models::greedy(26, 0), &interface())?;
    let error = evaluator.score(&batch(1)).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("elements in memory during the run"),
        "{error}"
    );
    Ok(())
}

fn dying() -> Outcome {
    for (what, part) in [
        ("die-at-once", "status 7"),
        ("exit", "status 5"),
        ("abort", "crashed"),
        ("overflow", "crashed"),
        ("flood", "longer than any score"),
        ("nonsense", "another message was expected"),
    ] {
        let error = attempt(what);
        assert!(error.to_string().contains(part), "{what}: {error}");
    }
    // A panic unwinds out of the child's main and ends it; its text is lost.
    let error = attempt("panic");
    assert!(matches!(error, RunError::Ended { .. }), "{error}");
    assert!(!error.to_string().contains("taken over"), "{error}");
    Ok(())
}

/// The processes whose parent is this one, with their states.
fn children() -> Vec<(libc::pid_t, char)> {
    let own = std::process::id().to_string();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(text) = std::fs::read_to_string(entry.path().join("stat")) else {
            continue;
        };
        // The command's name, in parentheses, may hold anything.
        let Some((before, after)) = text.rsplit_once(')') else {
            continue;
        };
        let mut fields = after.split_whitespace();
        let (state, parent) = (fields.next().unwrap_or(""), fields.next().unwrap_or(""));
        if parent == own {
            let number = before.split(' ').next().unwrap().parse().unwrap();
            found.push((number, state.chars().next().unwrap_or('?')));
        }
    }
    found
}

/// Runs a test in a process of its own, because the others have children too.
fn alone(name: &str, test: fn() -> Outcome) -> Outcome {
    const MARK: &str = "MODU_PROOF_RUN_ALONE";
    if std::env::var_os(MARK).is_some() {
        return test();
    }
    let status = std::process::Command::new(std::env::current_exe()?)
        .args(["--exact", name, "--test-threads=1"])
        .env(MARK, "1")
        .stdout(std::process::Stdio::null())
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{name} failed alone: {status}").into())
    }
}

fn killed() -> Outcome {
    alone(
        "a_child_that_is_killed_between_batches_is_an_error_and_no_hang",
        || {
            let mut evaluator =
                SandboxedEvaluator::start(&options(&[]), &models::good(), &interface())?;
            evaluator.score(&batch(4))?;
            let &[(child, _)] = children().as_slice() else {
                panic!("{:?}", children())
            };
            // The process that evaluates may be a child of the child.
            let evaluates = within(child).trim().parse().unwrap_or(child);
            // SAFETY: sends a signal to a process that this one has started.
            assert_eq!(unsafe { libc::kill(evaluates, libc::SIGKILL) }, 0);
            let error = evaluator.score(&batch(4)).unwrap_err();
            assert!(matches!(error, RunError::Ended { .. }), "{error}");
            assert!(error.to_string().contains("it was killed"), "{error}");
            assert!(matches!(evaluator.score(&batch(4)), Err(RunError::Gone)));
            assert_eq!(children(), []);
            Ok(())
        },
    )
}

fn no_zombie() -> Outcome {
    alone("no_zombie_is_left", || {
        assert_eq!(children(), []);
        for what in ["exit", "open", "die-at-once", "flood"] {
            attempt(what);
            assert_eq!(children(), [], "{what}");
        }
        let evaluator = SandboxedEvaluator::start(&options(&[]), &models::good(), &interface())?;
        assert_eq!(children().len(), 1);
        let &[(child, _)] = children().as_slice() else {
            panic!("{:?}", children())
        };
        let within = within(child);
        drop(evaluator);
        assert_eq!(children(), []);
        for process in within.split_whitespace() {
            assert!(!std::path::Path::new("/proc").join(process).exists());
        }
        let refused = SandboxedEvaluator::start(&options(&[]), b"no", &interface());
        assert!(refused.is_err());
        assert_eq!(children(), []);
        Ok(())
    })
}

fn no_program() -> Outcome {
    let mut missing = options(&[]);
    missing.executable = "/nowhere/modu".into();
    let error = SandboxedEvaluator::start(&missing, &models::good(), &interface()).unwrap_err();
    assert!(matches!(error, RunError::Start { .. }), "{error}");
    // A program that knows nothing of this.
    missing.executable = "/bin/true".into();
    missing.strictness = Strictness::Lenient;
    let error = SandboxedEvaluator::start(&missing, &models::good(), &interface()).unwrap_err();
    assert!(matches!(error, RunError::Ended { .. }), "{error}");
    Ok(())
}

fn whole_life() -> Outcome {
    let mut options = options(&[]);
    options.life_time = Duration::from_millis(500);
    let live = || -> Result<Infallible, RunError> {
        let mut evaluator = SandboxedEvaluator::start(&options, &models::good(), &interface())?;
        loop {
            evaluator.score(&batch(8))?;
        }
    };
    let Err(error) = live();
    assert!(matches!(error, RunError::Late { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("longer than 0.5 s in its whole life"),
        "{error}"
    );
    Ok(())
}

fn whole_output() -> Outcome {
    let mut options = options(&[]);
    options.output_bytes = 1 << 20;
    let mut evaluator = SandboxedEvaluator::start(&options, &models::good(), &interface())?;
    // Each answer is some 800,000 bytes long, which alone is allowed.
    evaluator.score(&batch(100_000))?;
    let error = evaluator.score(&batch(100_000)).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("its answers together are longer than the 1 MiB that it may send"),
        "{error}"
    );
    assert!(matches!(evaluator.score(&batch(1)), Err(RunError::Gone)));
    Ok(())
}

fn told_beforehand() -> Outcome {
    let here = modu_proof_run::probe(&options(&[]))?;
    let evaluator = SandboxedEvaluator::start(&options(&[]), &models::good(), &interface())?;
    assert_eq!(&here, evaluator.confinement());
    let walls = here.walls();
    assert_eq!(walls.standing.len() + walls.missing.len(), 5);
    assert!(walls.standing.contains(&Wall::Seccomp));
    let mut bare = options(&["with-a-thread"]);
    let walls = modu_proof_run::probe(&bare)?.walls();
    assert!(
        walls.missing.contains(&Wall::Namespaces)
            && walls.missing.contains(&Wall::ProcessNamespace)
    );
    bare.strictness = Strictness::WithoutLandlock;
    assert!(matches!(
        modu_proof_run::probe(&bare),
        Err(RunError::Unconfined { .. })
    ));
    Ok(())
}
