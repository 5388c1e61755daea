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

/// A stay that looks as a rule describes it ([`crate::Kind::of_stay`]): to be looked at; no line of it is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suspicion {
    /// Position of the rule in the engine's list.
    pub rule: u32,
    /// What was seen.
    pub grounds: Grounds,
}

/// 疑点依据, of the kind of its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grounds {
    /// 分解住院: days since the last discharge, by date.
    Readmitted(i64),
    /// 超长住院: days of the stay.
    Stayed(i64),
    /// 低标入院
    Examined {
        /// Days of the stay.
        days: i64,
        /// 检查检验 cost, 分.
        cost: i64,
        /// Cost of all, 分.
        total: i64,
    },
    /// 挂床: days on which nothing else was charged.
    Idle {
        /// So many.
        idle: i64,
        /// Of so many days looked at.
        days: i64,
    },
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
    /// 疑点 of the stay as a whole, by rule.
    pub suspicions: Vec<Suspicion>,
    /// What could not be judged.
    pub alerts: Vec<Alert>,
}
