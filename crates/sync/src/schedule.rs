//! 定时采集: when a source is due, by the hospital's wall clock.

use croner::Cron;
use croner::parser::{CronParser, Seconds};
use model::canonical::{moment_of, seconds_of};
use store::Moment;

/// Reads `分 时 日 月 周`, or with seconds before.
pub fn parse(text: &str) -> Result<Cron, String> {
    CronParser::builder()
        .seconds(Seconds::Optional)
        .build()
        .parse(text)
        .map_err(|error| format!("定时“{text}”无法识别（{error}）；应为“分 时 日 月 周”，如 */15 * * * *"))
}

/// The next moment after `after` at which `schedule` is due.
pub fn next_due(schedule: &str, after: Moment) -> Result<Moment, String> {
    use chrono::{Datelike, NaiveDate, TimeZone, Timelike, Utc};
    let cron = parse(schedule)?;
    let wrong = || format!("定时“{schedule}”没有下一次");
    // The wall clock has no zone; UTC stands in for it on both sides.
    let at = moment_of(after).ok_or_else(wrong)?;
    let date = NaiveDate::from_ymd_opt(i32::from(at.year()), at.month() as u32, at.day() as u32);
    let time = date.and_then(|d| d.and_hms_opt(at.hour() as u32, at.minute() as u32, at.second() as u32));
    let from = Utc.from_utc_datetime(&time.ok_or_else(wrong)?);
    let due = cron.find_next_occurrence(&from, false).map_err(|_| wrong())?;
    let small = |n: u32| i8::try_from(n).unwrap_or_default();
    let date = jiff::civil::Date::new(
        i16::try_from(due.year()).map_err(|_| wrong())?,
        small(due.month()),
        small(due.day()),
    )
    .map_err(|_| wrong())?;
    Ok(seconds_of(date.at(small(due.hour()), small(due.minute()), small(due.second()), 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: SYS-1.03
    #[test]
    fn the_next_quarter_hour_and_the_next_night() {
        let at = |text: &str| seconds_of(model::parse_moment(text).unwrap());
        for (schedule, after, due) in [
            ("*/15 * * * *", "2025-03-01 08:00:00", "2025-03-01 08:15:00"),
            ("*/15 * * * *", "2025-12-31 23:50:01", "2026-01-01 00:00:00"),
            ("30 2 * * *", "2025-02-28 03:00:00", "2025-03-01 02:30:00"),
            ("0 0 1 * *", "2024-01-31 12:00:00", "2024-02-01 00:00:00"),
            ("*/20 * * * * *", "2024-01-31 12:00:00", "2024-01-31 12:00:20"),
        ] {
            assert_eq!(next_due(schedule, at(after)), Ok(at(due)), "{schedule} {after}");
        }
        assert!(next_due("often", 0).is_err());
    }
}
