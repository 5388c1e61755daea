//! One stay: what is known of the patient, and the charge lines.

use crate::window::day;
use compact_str::CompactString;
use rust_decimal::Decimal;

/// What rules ask of a stay. An empty text or `None`: not known; rules that need it say so instead of guessing.
#[derive(Clone, Debug, Default)]
pub struct Encounter {
    /// 性别: 1 男, 2 女.
    pub sex: CompactString,
    /// 年龄, years.
    pub age: Option<Decimal>,
    /// 险种
    pub insurance: CompactString,
    /// 医疗类别
    pub medical_type: CompactString,
    /// 就医方式: 门诊, 住院 …
    pub visit: CompactString,
    /// 医院级别: 1 to 3.
    pub hospital_level: Option<u8>,
    /// 科室, for lines without one.
    pub department: CompactString,
    /// 入院, seconds.
    pub admitted: Option<i64>,
    /// 出院, seconds; `None`: in house.
    pub discharged: Option<i64>,
    /// The moment of the audit, for a patient in house.
    pub as_of: Option<i64>,
    /// 诊断编码
    pub diagnoses: Vec<CompactString>,
    /// 手术操作编码
    pub operations: Vec<CompactString>,
    /// 主要诊断编码
    pub principal_diagnosis: CompactString,
    /// 上次住院 of the patient.
    pub previous: Previous,
}

/// What is known of the patient's stay before this one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Previous {
    /// Nothing.
    #[default]
    NotKnown,
    /// There was none.
    None,
    /// The last before it.
    Stay(PreviousStay),
}

/// 上次住院
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreviousStay {
    /// 出院, seconds.
    pub discharged: i64,
    /// 主要诊断编码; empty: not known.
    pub principal_diagnosis: CompactString,
    /// 再住院计划: that the patient would come again was planned then.
    pub readmission_planned: bool,
}

/// One charge line.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// 项目编码
    pub item: CompactString,
    /// 计费时间, civil seconds since 1970-01-01.
    pub time: i64,
    /// Decides between lines of one time: the smaller came first.
    pub order: u32,
    /// 数量 in [`crate::UNIT`]; negative: a refund.
    pub quantity: i64,
    /// 单价, 分.
    pub price: i64,
    /// 金额 of the whole line, 分, where the price is not a whole 分; a part of the line costs its share.
    pub amount: Option<i64>,
    /// 标准价, 分: the full price, for rules on discounts.
    pub full_price: Option<i64>,
    /// 开单科室
    pub department: CompactString,
    /// 退费对应: position of the line that this one takes back.
    pub refund_of: Option<u32>,
}

/// A stay with its lines in any order.
#[derive(Clone, Debug, Default)]
pub struct Stay {
    /// The patient's side.
    pub encounter: Encounter,
    /// 费用明细
    pub lines: Vec<Line>,
}

impl Stay {
    /// 住院天数: 计入不计出, at least 1; of a patient in house the day of the audit counts. `None` without an admission.
    pub fn days(&self) -> Option<i64> {
        days(&self.encounter, self.lines.iter().map(|line| line.time).max())
    }
}

/// See [`Stay::days`]; `last` is the time of the last line.
pub(crate) fn days(encounter: &Encounter, last: Option<i64>) -> Option<i64> {
    let admitted = day(encounter.admitted?);
    if let Some(discharged) = encounter.discharged {
        return Some((day(discharged) - admitted).max(1));
    }
    let now = encounter.as_of.or(last)?;
    Some((day(now) - admitted + 1).max(1))
}

/// What `quantity` costs at `price`, 分, half a 分 up.
pub(crate) fn cost(quantity: i64, price: i64) -> i64 {
    let exact = i128::from(quantity) * i128::from(price);
    let unit = i128::from(crate::UNIT);
    i64::try_from((exact + unit / 2).div_euclid(unit)).unwrap_or(i64::MAX)
}
