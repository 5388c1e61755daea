//! What a check found: where, what, and what to do about it.

use std::fmt;

/// Whether a problem stops the landing of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    Error,
    Warning,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) severity: Severity,
    pub(crate) path: String,
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) what: String,
    pub(crate) remedy: String,
}

impl Problem {
    pub(crate) fn error(
        path: &str,
        line: usize,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Problem {
        Problem {
            severity: Severity::Error,
            path: path.to_owned(),
            line,
            what: what.into(),
            remedy: remedy.into(),
        }
    }

    pub(crate) fn warning(
        path: &str,
        line: usize,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Problem {
        Problem { severity: Severity::Warning, ..Problem::error(path, line, what, remedy) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{}:{}: {severity}: {}\n    {}", self.path, self.line, self.what, self.remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_place_and_remedy() {
        let problem = Problem::error("a/b.rs", 7, "too long", "split it");
        assert_eq!(problem.to_string(), "a/b.rs:7: error: too long\n    split it");
        assert!(Problem::warning("a", 1, "x", "y").to_string().contains("warning"));
    }
}
