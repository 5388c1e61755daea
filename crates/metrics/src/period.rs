//! 期间: the days that a query is about, the same days a year before, and those before them.

use jiff::civil::Date;
use jiff::{Span, ToSpan};

/// 时间口径: which day of a case decides when it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Basis {
    /// 出院时间
    #[default]
    Discharge,
    /// 结算时间
    Settlement,
    /// 入院时间
    Admission,
}

impl Basis {
    /// All with their names in addresses and on screens.
    pub const ALL: [(Basis, &'static str, &'static str); 3] = [
        (Basis::Discharge, "discharge", "出院时间"),
        (Basis::Settlement, "settlement", "结算时间"),
        (Basis::Admission, "admission", "入院时间"),
    ];

    /// By its name in an address.
    pub fn named(name: &str) -> Option<Basis> {
        Basis::ALL.iter().find(|entry| entry.1 == name).map(|entry| entry.0)
    }

    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        Basis::ALL[self as usize].2
    }
}

/// 比较
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// 同比: the same days of the year before.
    YearBefore,
    /// 环比: as many months, or days, right before.
    PeriodBefore,
}

impl Comparison {
    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        match self {
            Comparison::YearBefore => "同比",
            Comparison::PeriodBefore => "环比",
        }
    }
}

/// How far back a comparison goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shift {
    Months(i32),
    Days(i32),
}

impl Shift {
    fn span(self) -> Span {
        match self {
            Shift::Months(n) => n.months(),
            Shift::Days(n) => n.days(),
        }
    }

    /// The day as far later.
    pub(crate) fn forward(self, day: Date) -> Option<Date> {
        day.checked_add(self.span()).ok()
    }

    fn back(self, day: Date) -> Option<Date> {
        day.checked_sub(self.span()).ok()
    }
}

/// Days from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    from: Date,
    to: Date,
}

impl Period {
    /// `None` when the last day is before the first.
    pub fn new(from: Date, to: Date) -> Option<Period> {
        (from <= to).then_some(Period { from, to })
    }

    /// A calendar year; `None` outside of the calendar.
    pub fn year(year: i16) -> Option<Period> {
        Period::months_from(year, 1, 12)
    }

    /// 季度 1 to 4.
    pub fn quarter(year: i16, quarter: i8) -> Option<Period> {
        (1..=4).contains(&quarter).then(|| Period::months_from(year, quarter * 3 - 2, 3)).flatten()
    }

    /// A month.
    pub fn month(year: i16, month: i8) -> Option<Period> {
        Period::months_from(year, month, 1)
    }

    fn months_from(year: i16, month: i8, months: i32) -> Option<Period> {
        let from = Date::new(year, month, 1).ok()?;
        Period::new(from, from.checked_add((months - 1).months()).ok()?.last_of_month())
    }

    /// First day.
    pub fn from(self) -> Date {
        self.from
    }

    /// Last day.
    pub fn to(self) -> Date {
        self.to
    }

    /// How many days.
    pub fn days(self) -> i32 {
        self.from.duration_until(self.to).as_hours().try_into().map_or(i32::MAX, |hours: i32| hours / 24 + 1)
    }

    /// Whole months, when it is made of them.
    fn months(self) -> Option<i32> {
        let whole = self.from.day() == 1 && self.to == self.to.last_of_month();
        let months = |day: Date| i32::from(day.year()) * 12 + i32::from(day.month());
        whole.then(|| months(self.to) - months(self.from) + 1)
    }

    pub(crate) fn shift(self, comparison: Comparison) -> Shift {
        match (comparison, self.months()) {
            (Comparison::YearBefore, _) => Shift::Months(12),
            (Comparison::PeriodBefore, Some(months)) => Shift::Months(months),
            (Comparison::PeriodBefore, None) => Shift::Days(self.days()),
        }
    }

    /// The period to compare with. Whole months stay whole months, whatever their length.
    pub fn before(self, comparison: Comparison) -> Option<Period> {
        let shift = self.shift(comparison);
        let to = shift.back(self.to)?;
        let to = if self.months().is_some() { to.last_of_month() } else { to };
        Period::new(shift.back(self.from)?, to)
    }

    /// As on a screen: `2025年`, `2025年第1季度`, `2025年3月`, else the days.
    pub fn chinese(self) -> String {
        let (year, month) = (self.from.year(), self.from.month());
        match self.months() {
            Some(12) if month == 1 => format!("{year}年"),
            Some(3) if month % 3 == 1 => format!("{year}年第{}季度", (month + 2) / 3),
            Some(1) => format!("{year}年{month}月"),
            Some(_) => format!("{year}年{month}月至{}年{}月", self.to.year(), self.to.month()),
            None => format!("{}至{}", self.from, self.to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn months_are_compared_with_months_and_days_with_days() {
        let days = |from: Date, to: Date| Period::new(from, to).unwrap();
        for (period, year_before, before) in [
            (
                Period::month(2024, 2).unwrap(),
                days(date(2023, 2, 1), date(2023, 2, 28)),
                days(date(2024, 1, 1), date(2024, 1, 31)),
            ),
            (
                Period::month(2025, 2).unwrap(),
                days(date(2024, 2, 1), date(2024, 2, 29)),
                days(date(2025, 1, 1), date(2025, 1, 31)),
            ),
            (
                Period::quarter(2025, 1).unwrap(),
                Period::quarter(2024, 1).unwrap(),
                Period::quarter(2024, 4).unwrap(),
            ),
            (Period::year(2025).unwrap(), Period::year(2024).unwrap(), Period::year(2024).unwrap()),
            (
                days(date(2025, 3, 5), date(2025, 3, 14)),
                days(date(2024, 3, 5), date(2024, 3, 14)),
                days(date(2025, 2, 23), date(2025, 3, 4)),
            ),
        ] {
            assert_eq!(period.before(Comparison::YearBefore), Some(year_before), "{period:?}");
            assert_eq!(period.before(Comparison::PeriodBefore), Some(before), "{period:?}");
        }
        assert_eq!(Period::new(date(2025, 1, 2), date(2025, 1, 1)), None);
        assert_eq!(days(date(2025, 1, 1), date(2025, 12, 31)).days(), 365);
    }

    #[test]
    fn periods_are_named() {
        let named = |from, to| Period::new(from, to).unwrap().chinese();
        assert_eq!(named(date(2025, 1, 1), date(2025, 12, 31)), "2025年");
        assert_eq!(named(date(2025, 4, 1), date(2025, 6, 30)), "2025年第2季度");
        assert_eq!(named(date(2025, 3, 1), date(2025, 3, 31)), "2025年3月");
        assert_eq!(named(date(2025, 1, 1), date(2025, 5, 31)), "2025年1月至2025年5月");
        assert_eq!(named(date(2025, 1, 5), date(2025, 1, 6)), "2025-01-05至2025-01-06");
    }
}
