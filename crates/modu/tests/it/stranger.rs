//! A solution's folder comes from a stranger: what it points to outside of
//! itself is never read.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::{Office, demo, text};

/// What a link might be after.
const SECRET: &str = "the owner's labels: 1,0,0,1,1,0";

/// A copy of a solution of the demonstration, and a secret file beside it.
fn submission(office: &Office, name: &str) -> (PathBuf, PathBuf) {
    let folder = office.path(name);
    fs::create_dir(&folder).unwrap();
    for file in ["solution.toml", "linear.onnx"] {
        fs::copy(demo("solutions/linear").join(file), folder.join(file)).unwrap();
    }
    let secret = office.path(&format!("{name}-secret"));
    fs::write(&secret, SECRET).unwrap();
    (folder, secret)
}

/// Runs and checks a submission; both must refuse it, saying why, and nothing
/// of the secret may stay anywhere in the home.
fn refused(office: &Office, folder: &Path, why: &str) {
    let need = office.path("kit/need.toml");
    let data = office.path("kit/sample.csv");
    let out = office.path("out");
    let run = [
        "proof",
        "run",
        text(&need),
        "--data",
        text(&data),
        "--solution",
        text(folder),
        "--out",
        text(&out),
    ];
    let check = ["proof", "check", text(folder), "--need", text(&need)];
    for arguments in [&run[..], &check[..]] {
        let said = office.modu(arguments).expect_code(2);
        assert!(said.err.contains(why), "{}", said.err);
        assert!(!said.err.contains(SECRET) && !said.out.contains(SECRET));
    }
    assert!(!out.exists());
    assert!(!holds_secret(&office.path("home")));
}

fn holds_secret(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.into_iter().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return holds_secret(&path);
        }
        let bytes = fs::read(&path).unwrap();
        bytes
            .windows(SECRET.len())
            .any(|window| window == SECRET.as_bytes())
    })
}

#[test]
fn links_in_a_solutions_folder_are_never_followed() {
    let office = Office::with_kit();
    let need = office.path("kit/need.toml");
    office
        .modu(&["proof", "register", text(&need)])
        .expect_code(0);

    for file in ["linear.onnx", "solution.toml"] {
        let (folder, secret) = submission(&office, &format!("symlink-{file}"));
        fs::remove_file(folder.join(file)).unwrap();
        symlink(&secret, folder.join(file)).unwrap();
        refused(&office, &folder, "is a symbolic link");

        let (folder, secret) = submission(&office, &format!("hardlink-{file}"));
        fs::remove_file(folder.join(file)).unwrap();
        fs::hard_link(&secret, folder.join(file)).unwrap();
        refused(&office, &folder, "hard link");

        let (folder, _) = submission(&office, &format!("device-{file}"));
        fs::remove_file(folder.join(file)).unwrap();
        symlink("/dev/zero", folder.join(file)).unwrap();
        refused(&office, &folder, "is a symbolic link");
    }
}

#[test]
fn a_pipe_in_a_models_place_is_refused_without_waiting_for_it() {
    let office = Office::with_kit();
    let need = office.path("kit/need.toml");
    office
        .modu(&["proof", "register", text(&need)])
        .expect_code(0);
    let (folder, _) = submission(&office, "pipe");
    let model = folder.join("linear.onnx");
    fs::remove_file(&model).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(&model)
            .status()
            .unwrap()
            .success()
    );
    refused(&office, &folder, "is no plain file");
}

#[test]
fn a_models_name_that_leads_out_of_the_folder_is_refused() {
    let office = Office::with_kit();
    let need = office.path("kit/need.toml");
    office
        .modu(&["proof", "register", text(&need)])
        .expect_code(0);
    for (index, name) in ["../way-0-secret", "/etc/passwd", "..", "a/linear.onnx"]
        .into_iter()
        .enumerate()
    {
        let (folder, _) = submission(&office, &format!("way-{index}"));
        let path = folder.join("solution.toml");
        let document = fs::read_to_string(&path).unwrap();
        let turned = document.replace("\"linear.onnx\"", &format!("{name:?}"));
        assert_ne!(document, turned);
        fs::write(&path, turned).unwrap();
        refused(&office, &folder, "key `model`");
    }
}
