//! 日期 of the command line. Today is asked for nowhere else in `dipper terms`.

use anyhow::Context;
use jiff::civil::Date;
use jiff::tz::offset;

/// 查询日期: as given, else today in 北京时间, which has had one offset and no summer time since 1992.
pub(super) fn as_of(written: Option<&str>) -> anyhow::Result<Date> {
    match written {
        Some(written) => read("--as-of", written),
        None => Ok(offset(8).to_datetime(jiff::Timestamp::now()).date()),
    }
}

/// A day as users write it; `option` is where it stands.
pub(super) fn read(option: &str, written: &str) -> anyhow::Result<Date> {
    let moment = model::parse_moment(written);
    Ok(moment.with_context(|| format!("{option} “{written}”不是日期：请写成 2025-03-01"))?.date())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_written_and_today_is_a_day() {
        let day = read("--from", "2025/3/1").unwrap();
        assert_eq!(day.to_string(), "2025-03-01");
        assert_eq!(as_of(Some("20250301")).unwrap(), day);
        assert!(as_of(None).unwrap() > day);
        let refused = read("--from", "去年").unwrap_err().to_string();
        assert!(refused.contains("--from “去年”不是日期"), "{refused}");
    }
}
