//! 时间窗口: which charges stand together for a rule.

/// Seconds of a day.
const DAY: i64 = 86_400;
const HOUR: i64 = 3_600;

/// A rule's window. Times are civil seconds since 1970-01-01 00:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// 每笔明细: no charge stands with another, nor with itself; for the most of a quantity or an amount only.
    Line,
    /// 住院周期: admission to discharge; a transfer does not split it.
    Encounter,
    /// 自然日
    CalendarDay,
    /// 同一小时, by the clock: 08:59 and 09:00 are two.
    ClockHour,
    /// 自然周, Monday to Sunday; New Year does not split it.
    IsoWeek,
    /// n 小时内: charges exactly n hours apart are outside.
    SlidingHours(i64),
    /// n 天内 by date: charges n days apart are outside.
    SlidingDays(i64),
}

impl Window {
    /// Whether two times stand together.
    pub fn joins(self, a: i64, b: i64) -> bool {
        match self {
            Window::Line => false,
            Window::Encounter => true,
            Window::CalendarDay => day(a) == day(b),
            Window::ClockHour => a.div_euclid(HOUR) == b.div_euclid(HOUR),
            // Day 0 was a Thursday.
            Window::IsoWeek => (day(a) + 3).div_euclid(7) == (day(b) + 3).div_euclid(7),
            Window::SlidingHours(n) => (a - b).abs() < n * HOUR,
            Window::SlidingDays(n) => (day(a) - day(b)).abs() < n,
        }
    }

    /// Those of ascending `times` that stand together with `time`: they follow one another in every window.
    pub(crate) fn around<T>(
        self,
        rows: &[T],
        time_of: impl Fn(&T) -> i64,
        time: i64,
    ) -> std::ops::Range<usize> {
        let from = rows.partition_point(|row| time_of(row) < time && !self.joins(time_of(row), time));
        let to = rows.partition_point(|row| time_of(row) <= time || self.joins(time_of(row), time));
        from..to
    }
}

/// Days since 1970-01-01.
pub(crate) fn day(time: i64) -> i64 {
    time.div_euclid(DAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn at(year: i16, month: i8, day: i8, hour: i8, minute: i8) -> i64 {
        let days = date(1970, 1, 1).until(date(year, month, day)).expect("in range").get_days();
        i64::from(days) * DAY + i64::from(hour) * HOUR + i64::from(minute) * 60
    }

    #[test]
    fn hours_slide_half_open_and_clock_hours_do_not_slide() {
        let (eight, nine) = (at(2025, 3, 1, 8, 30), at(2025, 3, 1, 9, 30));
        assert!(
            !Window::SlidingHours(1).joins(eight, nine) && Window::SlidingHours(1).joins(eight, nine - 60)
        );
        let (before, after) = (at(2025, 3, 1, 8, 59), at(2025, 3, 1, 9, 0));
        assert!(
            !Window::ClockHour.joins(before, after) && Window::ClockHour.joins(after, at(2025, 3, 1, 9, 59))
        );
    }

    #[test]
    fn days_count_by_date() {
        let (late, early) = (at(2025, 3, 1, 23, 59), at(2025, 3, 2, 0, 0));
        assert!(!Window::CalendarDay.joins(late, early));
        assert!(!Window::SlidingDays(1).joins(late, early) && Window::SlidingDays(2).joins(late, early));
        assert!(!Window::SlidingDays(14).joins(at(2025, 3, 1, 23, 0), at(2025, 3, 15, 1, 0)));
    }

    #[test]
    fn weeks_begin_on_monday_and_run_over_new_year() {
        // 2026-12-28 is a Monday, 2027-01-03 a Sunday.
        let (monday, sunday) = (at(2026, 12, 28, 0, 0), at(2027, 1, 3, 23, 59));
        assert!(Window::IsoWeek.joins(monday, sunday));
        assert!(
            !Window::IsoWeek.joins(sunday, at(2027, 1, 4, 0, 0))
                && !Window::IsoWeek.joins(monday, monday - 60)
        );
    }

    #[test]
    fn around_finds_what_joins_finds() {
        let times: Vec<i64> = (0..400).map(|n| n * 1_800).collect();
        let all = [
            Window::Encounter,
            Window::CalendarDay,
            Window::ClockHour,
            Window::IsoWeek,
            Window::SlidingHours(6),
            Window::SlidingDays(2),
        ];
        for window in all {
            for time in [0, 3_599, 7_200, 100_000, 719_999] {
                let range = window.around(&times, |t| *t, time);
                let plain: Vec<usize> = (0..times.len()).filter(|n| window.joins(times[*n], time)).collect();
                assert_eq!(range.collect::<Vec<_>>(), plain, "{window:?} {time}");
            }
        }
    }
}
