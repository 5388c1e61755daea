//! 审核规则: the documents and what they mean.

mod about;
mod error;
mod read;

use crate::window::Window;
use compact_str::CompactString;
use jiff::civil::Date;
use rust_decimal::Decimal;

pub use about::{Evidence, Level, Nature, Scene, Stage, UNCONFIRMED};
pub use error::RuleError;
pub(crate) use read::{decimal, level, sex, units};
pub use read::{read_rules, read_rules_of};

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Unique in its list.
    pub id: String,
    /// 规则名称; may be empty.
    pub name: String,
    /// What it asks.
    pub kind: Kind,
    /// Items by part of the rule: [`Kind`] says which part is which.
    pub parts: Vec<Vec<Pattern>>,
    /// First day of charges it applies to.
    pub valid_from: Option<Date>,
    /// First day it no longer applies to.
    pub valid_to: Option<Date>,
    /// 级别
    pub level: Level,
    /// 违规 or 可疑.
    pub nature: Nature,
    /// 环节 in which it is asked; all when the document names none.
    pub stages: Vec<Stage>,
    /// 场景 it is for; empty: every one.
    pub scenes: Vec<Scene>,
    /// 依据
    pub evidence: Evidence,
}

/// An item of a rule: a whole code, or with `*` at its end everything that begins so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// The code without the star.
    pub code: CompactString,
    /// Whether longer codes match too.
    pub prefix: bool,
}

/// What a rule asks. Unless said otherwise its parts are one list of items.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// 限定性别、险种、科室 …: the attribute must be among `allow`; every line of the items is too much otherwise.
    Allow {
        /// What is asked.
        of: Attribute,
        /// What may stand there; of diagnoses and operations the beginning of a code.
        allow: Vec<CompactString>,
    },
    /// 限定医院级别, both ends included; at least one is there.
    Level {
        /// Lowest level, 1 to 3.
        min: Option<u8>,
        /// Highest level, 1 to 3: 限基层.
        max: Option<u8>,
    },
    /// 限定年龄, both ends included, years.
    Age {
        /// Least age.
        min: Option<Decimal>,
        /// Greatest age: 14 lets pass everybody who is not yet 15.
        max: Option<Decimal>,
    },
    /// 频次与总量: all items together at most `max` in the window; the later units are too much, and what was refused does not
    /// use up room again.
    Quantity {
        /// Lines count one each, whatever their quantity.
        times: bool,
        /// The most.
        max: Cap,
        /// Counted within.
        window: Window,
    },
    /// 疗程: on at most so many days; lines of further days are too much.
    CourseDays {
        /// The most days.
        max: i64,
    },
    /// 限定总额: all items together at most so much money in the window.
    Amount {
        /// The most, 分.
        max: i64,
        /// Counted within.
        window: Window,
    },
    /// 重复收费（主项含从项）: parts main, sub, exceptions. A sub with a main in the window is too much, unless an exception stands
    /// there too. Where two items contain each other the later line is too much.
    Contains {
        /// Looked at within.
        window: Window,
    },
    /// 重复收费（多合集）: each part a set; lines of one set only may stand together.
    Mutual {
        /// Looked at within.
        window: Window,
        /// Which set stays.
        keep: Keep,
    },
    /// 对应收费: parts: the charge, then what it needs. `all`: one of each further part, else one of the second part.
    Requires {
        /// Looked at within.
        window: Window,
    },
    /// 多方对应: each part a set; where one is charged all must be.
    Together {
        /// Looked at within.
        window: Window,
    },
    /// 比例对应: parts a, b: of a at most `k` for each one of b.
    Ratio {
        /// How many of a for one of b, in [`crate::UNIT`].
        k: i64,
        /// Looked at within.
        window: Window,
    },
    /// 第二及以后手术折价: in the window all but the dearest cost at most `ratio` of their full price.
    Discount {
        /// Share of the full price, in [`crate::UNIT`].
        ratio: i64,
        /// Looked at within.
        window: Window,
    },
    /// 分解住院: admitted again for the same disease so soon after the last discharge. This and the kinds that follow are 疑点 of
    /// the stay: no line of it is too much ([`Kind::of_stay`]). It has no parts.
    Readmission {
        /// At most so many days between discharge and admission, by date.
        days: i64,
        /// Characters of the principal diagnoses' codes, from the first, that agree; 0: any disease.
        same: usize,
        /// Whether a readmission that was planned at the last discharge counts too.
        planned: bool,
    },
    /// 超长住院. It has no parts.
    LongStay {
        /// More days than these.
        days: i64,
    },
    /// 低标入院: a short stay without operation that the items, 检查检验, make nearly all the cost of.
    LowAdmission {
        /// At most so many days.
        days: i64,
        /// At least this share of the cost, in [`crate::UNIT`].
        share: i64,
        /// At most so much cost in all, 分.
        cost: Option<i64>,
    },
    /// 挂床住院: days on which nothing was charged but the items, bed and nursing.
    IdleBed {
        /// At least so many days of the stay; that of discharge, in house that of the audit, is none.
        days: i64,
    },
}

impl Kind {
    /// Whether it asks what the stay as a whole looks like; a finding has no line then and is always 可疑.
    pub fn of_stay(&self) -> bool {
        use Kind::{IdleBed, LongStay, LowAdmission, Readmission};
        matches!(self, Readmission { .. } | LongStay { .. } | LowAdmission { .. } | IdleBed { .. })
    }
}

/// What an [`Kind::Allow`] rule asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// 性别
    Sex,
    /// 险种
    Insurance,
    /// 医疗类别
    MedicalType,
    /// 就医方式
    Visit,
    /// 科室 of the line, else of the stay.
    Department,
    /// 诊断, any of the stay.
    Diagnosis,
    /// 手术操作, any of the stay.
    Operation,
}

/// The most that a rule allows, in [`crate::UNIT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cap {
    /// A number.
    Fixed(i64),
    /// 住院天数 × `each` + `plus`.
    StayDays {
        /// For each day.
        each: i64,
        /// On top.
        plus: i64,
    },
}

/// Which of several sets stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Keep {
    /// The one that costs most.
    #[default]
    Dearest,
    /// The one that was charged first.
    Earliest,
    /// The one that was charged last.
    Latest,
}
