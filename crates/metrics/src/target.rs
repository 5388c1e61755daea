//! 指标目标: what a measure should be in a year, of the hospital, a department or a doctor, and how far a value is from it.

use crate::{Answer, Dimension, Direction, Measure, Period, Row, Value};
use rust_decimal::Decimal;
use std::sync::Arc;

/// Bounds of a measure for a year, in its unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// Id of the measure.
    pub measure: String,
    /// Key of the department; empty for the hospital or a doctor.
    pub department: String,
    /// Key of the doctor; empty for the hospital or a department.
    pub doctor: String,
    /// 目标下限
    pub low: Option<Decimal>,
    /// 目标上限
    pub high: Option<Decimal>,
}

/// Targets of a year as they hold for days of it.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    all: Vec<Target>,
    /// What part of the year the days are, as a fraction, for what adds up over the year.
    part: (Decimal, Decimal),
}

/// 目标 of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goal {
    /// 目标下限
    pub low: Option<Decimal>,
    /// 目标上限
    pub high: Option<Decimal>,
    direction: Direction,
}

/// 达标情况
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// 达标
    Good,
    /// 低于目标
    TooLow,
    /// 超出目标
    TooHigh,
    /// There is no value.
    Unknown,
}

impl Targets {
    /// Targets of the year that `period` begins in. Of a measure that adds up (人次, 费用) whole months are as many twelfths
    /// of the year's target, other days their share of its days; ratios and means have the same target all year.
    pub fn new(all: Vec<Target>, period: Period) -> Targets {
        let year = period.from().year();
        let months = (1..=12).filter_map(|month| Period::month(year, month));
        let inside = months.filter(|month| month.from() >= period.from() && month.to() <= period.to());
        let (count, days) = inside.fold((0, 0), |(count, days), month| (count + 1, days + month.days()));
        let part = match days == period.days() {
            true => (count, 12),
            false => (period.days(), Period::year(year).map_or(365, Period::days)),
        };
        let part = (Decimal::from(part.0), Decimal::from(part.1));
        Targets { all, part }
    }

    /// The target of a measure for a department, for a doctor, or with both empty for the hospital.
    pub fn of(&self, measure: &Measure, department: &str, doctor: &str) -> Option<Goal> {
        // A doctor has one target, whichever departments he works in.
        let department = if doctor.is_empty() { department } else { "" };
        let target = self.all.iter().find(|target| {
            target.measure == measure.id && target.doctor == doctor && target.department == department
        })?;
        let held = |bound: Option<Decimal>| match measure.is_additive() {
            true => bound?.checked_mul(self.part.0)?.checked_div(self.part.1),
            false => bound,
        };
        let goal = Goal { low: held(target.low), high: held(target.high), direction: measure.direction };
        (goal.low.is_some() || goal.high.is_some()).then_some(goal)
    }

    /// Targets beside the values of a row of an answer by department, doctor, both, or neither; `chosen` are the department
    /// and the doctor that the answer was narrowed to. Rows of anything else have none.
    pub fn beside(&self, answer: &Answer, row: &Row, chosen: (&str, &str)) -> Vec<Option<Goal>> {
        let of = |measure: &Arc<Measure>| self.of_row(measure, &answer.dimensions, &row.keys, chosen);
        answer.measures.iter().map(of).collect()
    }

    /// The same of one measure and one row's values of these dimensions.
    pub fn of_row(
        &self,
        measure: &Measure,
        by: &[Arc<Dimension>],
        keys: &[Value],
        chosen: (&str, &str),
    ) -> Option<Goal> {
        let (department, doctor) = place(by, keys, chosen)?;
        self.of(measure, &department, &doctor)
    }
}

/// Whose row it is; `None` when it is divided by something that has no targets, or is nobody's.
fn place(by: &[Arc<Dimension>], keys: &[Value], chosen: (&str, &str)) -> Option<(String, String)> {
    let (mut department, mut doctor) = (chosen.0.to_owned(), chosen.1.to_owned());
    for (dimension, key) in by.iter().zip(keys) {
        let place = match dimension.id.as_str() {
            "department" => &mut department,
            "attending" => &mut doctor,
            _ => return None,
        };
        *place = if *key == Value::Null { return None } else { key.to_string() };
    }
    Some((department, doctor))
}

impl Goal {
    /// 目标值: the bound that the value should keep to; where more is better the lower one, else the upper one.
    pub fn value(&self) -> Option<Decimal> {
        match self.direction {
            Direction::Up => self.low.or(self.high),
            Direction::Down | Direction::None => self.high.or(self.low),
        }
    }

    /// 与目标差: the value less the target.
    pub fn gap(&self, value: Option<Decimal>) -> Option<Decimal> {
        value?.checked_sub(self.value()?)
    }

    /// Whether the value lies between the bounds.
    pub fn standing(&self, value: Option<Decimal>) -> Standing {
        match value {
            None => Standing::Unknown,
            Some(value) if self.low.is_some_and(|low| value < low) => Standing::TooLow,
            Some(value) if self.high.is_some_and(|high| value > high) => Standing::TooHigh,
            Some(_) => Standing::Good,
        }
    }
}

impl Standing {
    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        match self {
            Standing::Good => "达标",
            Standing::TooLow => "低于目标",
            Standing::TooHigh => "超出目标",
            Standing::Unknown => "无数据",
        }
    }
}
