//! 医院时钟: the wall clock that the store's times are written in.

use jiff::Timestamp;
use jiff::civil::Date;
use store::Moment;

/// Now, seconds of the wall clock `offset` seconds east of UTC.
pub(crate) fn now(offset: i64) -> Moment {
    Timestamp::now().as_second() + offset
}

/// Today by the same clock.
pub(crate) fn today(now: Moment) -> Date {
    model::canonical::moment_of(now).map_or(Date::ZERO, jiff::civil::DateTime::date)
}

/// A moment as people write it; `—` for none.
pub(crate) fn show(moment: Option<Moment>) -> String {
    moment
        .and_then(model::canonical::moment_of)
        .map_or("—".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}
