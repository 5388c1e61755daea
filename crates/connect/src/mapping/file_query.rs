//! Which files of a folder a task reads.

/// File name or pattern, with the sheet and the header's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileQuery {
    /// A name; one `*` stands for anything.
    pub pattern: String,
    /// 工作表; the first visible one otherwise.
    pub sheet: Option<String>,
    /// Line of the column names, from 1; the first line that is not blank otherwise.
    pub header_line: Option<usize>,
}

impl FileQuery {
    /// Whether a file's name fits; letter case does not count.
    pub fn fits(&self, name: &str) -> bool {
        let (pattern, name) = (self.pattern.to_lowercase(), name.to_lowercase());
        match pattern.split_once('*') {
            None => pattern == name,
            Some((start, end)) => {
                name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
            }
        }
    }

    /// A name cannot lead out of the folder.
    pub(super) fn check(&self) -> Result<(), String> {
        let pattern = &self.pattern;
        if pattern.is_empty() || pattern.contains(['/', '\\', '\0']) || pattern == ".." {
            return Err(format!("file 的值“{pattern}”应是数据源文件夹中的文件名，不含路径"));
        }
        if pattern.matches('*').count() > 1 {
            return Err(format!("file 的值“{pattern}”最多有一个 *"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_names() {
        let fits = |pattern: &str, name| {
            FileQuery { pattern: pattern.to_owned(), sheet: None, header_line: None }.fits(name)
        };
        assert!(fits("费用_*.csv", "费用_2025.CSV") && fits("a.csv", "A.csv"));
        assert!(!fits("费用_*.csv", "费用_.txt") && !fits("ab*b.csv", "ab.csv"));
    }
}
