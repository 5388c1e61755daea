//! Text files are UTF-8 without a byte order mark, with LF, no trailing blanks and a final newline.

use crate::problem::Problem;
use crate::repository::{RepoFile, Repository};

/// Files that are not text.
const BINARY: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "ico", "woff", "woff2", "ttf", "pdf", "xls", "xlsx", "docx", "zip", "gz",
    "zst", "dbf", "db", "sqlite", "duckdb", "parquet",
];

/// Folders of files kept as they are: broken on purpose, byte for byte as somebody sent them, or a fuzzer's seeds.
const KEPT_AS_IS: &[&str] = &["/malformed/", "/verbatim/", "fuzz/seeds/"];

/// Here a blank at a line's end may be data.
const BLANKS_ARE_DATA: &[&str] = &["snap", "tsv"];

pub(crate) fn check(repository: &Repository) -> Vec<Problem> {
    let text = repository.files.iter().filter(|file| !BINARY.contains(&file.extension()));
    text.filter(|file| !KEPT_AS_IS.iter().any(|folder| file.path.contains(folder)))
        .flat_map(check_file)
        .collect()
}

fn check_file(file: &RepoFile) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut report = |line: usize, what: &str, remedy: &str| {
        problems.push(Problem::error(&file.path, line, what, remedy));
    };
    let Some(text) = file.text() else {
        let valid = std::str::from_utf8(&file.bytes).err().map_or(0, |error| error.valid_up_to());
        let line = file.bytes[..valid].iter().filter(|byte| **byte == b'\n').count() + 1;
        report(
            line,
            "not UTF-8 text",
            "convert it (`iconv -t utf-8`); test data in another encoding lies in a folder `malformed/` or `verbatim/`; \
             a binary kind of file goes to BINARY in xtask/src/tidy/plain_text.rs",
        );
        return problems;
    };
    if text.starts_with('\u{feff}') {
        report(1, "starts with a byte order mark", "save it as UTF-8 without one");
    }
    if let Some(at) = text.find('\r') {
        report(text[..at].matches('\n').count() + 1, "has a carriage return", "save it with LF line ends");
    }
    if !text.is_empty() && !text.ends_with('\n') {
        report(text.lines().count(), "no newline at the end", "add one");
    }
    if text.ends_with("\n\n") {
        report(text.lines().count(), "blank lines at the end", "take them out");
    }
    if !BLANKS_ARE_DATA.contains(&file.extension()) {
        for (number, line) in file.lines() {
            if line.ends_with([' ', '\t', '\u{3000}']) {
                report(number, "blanks at the end of the line", "take them out");
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, bytes: &[u8]) -> usize {
        let file = RepoFile { path: path.to_owned(), bytes: bytes.to_vec() };
        check(&Repository { files: vec![file] }).len()
    }

    #[test]
    fn bad_text_fails() {
        for bad in ["a\r\n", "\u{feff}a\n", "a \n", "a\t\n", "a", "a\n\n"] {
            assert_eq!(found("docs/a.md", bad.as_bytes()), 1, "{bad:?}");
        }
        assert_eq!(found("docs/a.csv", b"\xb2\xa1\n"), 1);
    }

    #[test]
    fn good_text_binaries_and_malformed_samples_pass() {
        assert_eq!(found("docs/a.md", "病种\n".as_bytes()), 0);
        assert_eq!(found("docs/empty.md", b""), 0);
        assert_eq!(found("web/logo.png", &[0x89, 0, 0xff]), 0);
        assert_eq!(found("fixtures/malformed/gbk.csv", b"\xb2\xa1 \r\n"), 0);
        assert_eq!(found("a.snap", b"x \n"), 0);
    }
}
