//! Running the real binary.
#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops where it cannot start")]

pub(crate) mod small_hospital;
pub(crate) mod terms_folder;

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("workspace root")
}

/// A file of the shared data; `None`, with a word about it, when this machine has none.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let file = root().join("../shared/data").join(path);
    if !file.exists() {
        println!("skipped: shared data {path} is not on this machine");
        return None;
    }
    Some(file)
}

/// Runs `dipper` in the workspace's root.
pub(crate) fn dipper(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dipper"))
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("dipper starts");
    let mut stdin = child.stdin.take().expect("stdin");
    let bytes = input.to_vec();
    // A thread, so that large outputs cannot block the input. A closed pipe is the child's business.
    let feeder = std::thread::spawn(move || {
        let _ = stdin.write_all(&bytes);
    });
    let output = child.wait_with_output().expect("dipper ends");
    feeder.join().expect("input written");
    output
}

/// Standard output as JSON lines; panics with the error text when the command failed.
pub(crate) fn json_lines(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON line")).collect()
}

/// Standard error as text.
pub(crate) fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// An own folder for a test's files, empty.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).expect("scratch folder");
    dir
}
