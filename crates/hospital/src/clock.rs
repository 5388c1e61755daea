//! Wall-clock seconds and days since 1970-01-01, as the canonical tables keep them.

use jiff::civil::Date;
use model::canonical::{moment_of, seconds_of};

pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 3600;
pub(crate) const DAY: i64 = 86_400;

/// Days since 1970-01-01.
pub(crate) fn day_number(date: Date) -> i64 {
    seconds_of(date.at(0, 0, 0, 0)).div_euclid(DAY)
}

/// The calendar day of a moment.
pub(crate) fn day_of(moment: i64) -> i64 {
    moment.div_euclid(DAY)
}

/// The date of a day number.
pub(crate) fn date_of(day: i64) -> Date {
    moment_of(day.saturating_mul(DAY)).map_or(Date::ZERO, |at| at.date())
}

/// Full years between two days.
pub(crate) fn years_between(from: i64, to: i64) -> i64 {
    let (from, to) = (date_of(from), date_of(to));
    let had = (to.month(), to.day()) >= (from.month(), from.day());
    i64::from(to.year()) - i64::from(from.year()) - i64::from(!had)
}
