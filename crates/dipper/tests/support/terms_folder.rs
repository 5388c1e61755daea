//! A folder of code catalogues, and `dipper terms` run in it.

use super::{dipper, errors, scratch};
use std::fs;
use std::path::PathBuf;
use std::process::Output;

pub(crate) const EDITION: [&str; 4] = ["--edition", "2.0", "--from", "2024-01-01"];

/// A test's folder with the catalogues in `terms/`.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Folder {
        Folder(scratch(&format!("terms-{name}")))
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("path").to_owned()
    }

    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> String {
        fs::write(self.0.join(name), contents).expect("written");
        self.path(name)
    }

    /// `dipper terms COMMAND --dir terms …`
    pub(crate) fn run(&self, command: &str, more: &[&str]) -> Output {
        let terms = self.path("terms");
        dipper(&[&["terms", command, "--dir", &terms], more].concat(), b"")
    }

    pub(crate) fn text(&self, command: &str, more: &[&str]) -> String {
        succeeded(&self.run(command, more))
    }

    pub(crate) fn import(&self, kind: &str, file: &str, more: &[&str]) -> Output {
        self.run("import", &[&["--kind", kind, "--in", file], more].concat())
    }

    pub(crate) fn imported(&self, kind: &str, file: &str, more: &[&str]) -> String {
        succeeded(&self.import(kind, file, &[more, &["--apply"]].concat()))
    }

    /// Every file below the folder with its bytes.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.0.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("folder") {
                let path = entry.expect("entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push((path.clone(), fs::read(path).expect("file")));
                }
            }
        }
        files.sort();
        files
    }
}

/// Standard output of a command that ended with 0.
pub(crate) fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), errors(output));
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// The message of a command that ended with 2, and what it printed before.
pub(crate) fn refused(output: &Output) -> (String, String) {
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stdout));
    (errors(output), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Asserts that a text holds all of these.
pub(crate) fn has(text: &str, wanted: &[&str]) {
    for wanted in wanted {
        assert!(text.contains(wanted), "“{wanted}” is not in\n{text}");
    }
}

/// A catalogue of three codes.
pub(crate) fn small(folder: &Folder) -> String {
    folder.write(
        "codes.csv",
        "编码,名称,版本,生效日期,失效日期\nA00.000,霍乱,2.0,2024-01-01,\nA01.000,伤寒,2.0,2024-01-01,\n\
         K35.900,急性阑尾炎,2.0,2024-01-01,\n",
    )
}
