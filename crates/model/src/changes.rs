//! 比对: what an import would change in a table, before anything changes.

use std::collections::BTreeMap;

/// A row that cannot be taken, with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongRow {
    /// 行号 in the source file, the header being line 1.
    pub line: usize,
    /// 列名; empty when the whole row is meant.
    pub column: String,
    /// What is wrong and the remedy, in Chinese.
    pub message: String,
}

impl std::fmt::Display for WrongRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.column.is_empty() {
            write!(f, "第 {} 行：{}", self.line, self.message)
        } else {
            write!(f, "第 {} 行“{}”：{}", self.line, self.column, self.message)
        }
    }
}

/// One row that both tables hold with different contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change<R> {
    /// The row as it stands.
    pub before: R,
    /// The row as it would become.
    pub after: R,
}

/// 新增 / 修改 / 删除 / 不变 / 出错 of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes<R> {
    /// 新增
    pub added: Vec<R>,
    /// 修改
    pub changed: Vec<Change<R>>,
    /// 删除: in the old table only.
    pub removed: Vec<R>,
    /// 不变
    pub unchanged: usize,
    /// 出错: rows of the file that were refused.
    pub wrong: Vec<WrongRow>,
}

impl<R> Default for Changes<R> {
    fn default() -> Self {
        Changes {
            added: Vec::new(),
            changed: Vec::new(),
            removed: Vec::new(),
            unchanged: 0,
            wrong: Vec::new(),
        }
    }
}

impl<R> Changes<R> {
    /// Whether applying it would change nothing.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }

    /// One line: `新增 3，修改 1，删除 0，不变 120，出错 2`.
    pub fn summary(&self) -> String {
        format!(
            "新增 {}，修改 {}，删除 {}，不变 {}，出错 {}",
            self.added.len(),
            self.changed.len(),
            self.removed.len(),
            self.unchanged,
            self.wrong.len()
        )
    }
}

/// Compares two tables by key; equal rows count as unchanged. Keys must be unique within each table.
/// Output order: added and changed as in `new`, removed by key.
pub fn compare<R, K>(
    old: impl IntoIterator<Item = R>,
    new: impl IntoIterator<Item = R>,
    key: impl Fn(&R) -> K,
) -> Changes<R>
where
    R: PartialEq,
    K: Ord,
{
    let mut left: BTreeMap<K, R> = old.into_iter().map(|row| (key(&row), row)).collect();
    let mut changes = Changes::default();
    for after in new {
        match left.remove(&key(&after)) {
            None => changes.added.push(after),
            Some(before) if before == after => changes.unchanged += 1,
            Some(before) => changes.changed.push(Change { before, after }),
        }
    }
    changes.removed = left.into_values().collect();
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_fall_into_exactly_one_kind() {
        let changes = compare([(1, "a"), (2, "b"), (3, "c")], [(2, "b"), (3, "C"), (4, "d")], |row| row.0);
        assert_eq!(changes.added, [(4, "d")]);
        assert_eq!(changes.changed, [Change { before: (3, "c"), after: (3, "C") }]);
        assert_eq!(changes.removed, [(1, "a")]);
        assert_eq!(changes.summary(), "新增 1，修改 1，删除 1，不变 1，出错 0");
    }
}
