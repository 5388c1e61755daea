//! What the engine says of a stay.

/// A line that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Position of the rule in the engine's list.
    pub rule: u32,
    /// Position of the line in the stay.
    pub line: u32,
    /// 超出数量 in [`crate::UNIT`]; 0 where only the price is too high.
    pub excess_quantity: i64,
    /// 违规金额, 分.
    pub excess: i64,
    /// 涉及明细: the lines that used up what is allowed or exclude this one, by time.
    pub because_of: Vec<u32>,
}

/// Something that could not be judged; never a violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alert {
    /// 退费行找不到可冲销的收费行: position of the refund.
    UnmatchedRefund(u32),
    /// A rule needs something that is not known of the stay: position of the rule, and what is missing.
    Missing(u32, &'static str),
}

/// All of a stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// By rule, then by time of the line.
    pub findings: Vec<Finding>,
    /// What could not be judged.
    pub alerts: Vec<Alert>,
}
