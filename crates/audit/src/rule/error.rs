//! 规则文件的错误, as a person reads it.

/// A rule that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}{place}{}：{field}：{problem}", blank(.file), of_rule(.rule))]
pub struct RuleError {
    /// Name of the file, when the rules came from one.
    pub file: String,
    /// Where it stands: `第 3 行`, in a list `第 3 条`.
    pub place: String,
    /// Its id; empty when it has none.
    pub rule: String,
    /// The member that is wrong.
    pub field: String,
    /// What is wrong and what should stand there.
    pub problem: String,
}

fn blank(file: &str) -> &str {
    if file.is_empty() { "" } else { " " }
}

fn of_rule(rule: &str) -> String {
    if rule.is_empty() { String::new() } else { format!("，规则 {rule}") }
}
