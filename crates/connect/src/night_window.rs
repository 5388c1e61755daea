//! 夜间窗口: the hours in which a source may be read faster and history may be loaded.

use serde::Deserialize;
use serde::de::Error;

/// From one time of day to another, over midnight where the end is the earlier; `22:00-06:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NightWindow {
    from: i64,
    to: i64,
}

const DAY: i64 = 86_400;

impl NightWindow {
    /// Reads `22:00-06:00`.
    pub fn parse(text: &str) -> Option<NightWindow> {
        let (from, to) = text.split_once(['-', '–', '~'])?;
        let (from, to) = (time_of_day(from)?, time_of_day(to)?);
        (from != to).then_some(NightWindow { from, to })
    }

    /// Whether a wall-clock time (seconds since 1970-01-01) lies in it; the start belongs to it, the end does not.
    pub fn contains(self, wall_clock: i64) -> bool {
        let at = wall_clock.rem_euclid(DAY);
        if self.from < self.to { (self.from..self.to).contains(&at) } else { at >= self.from || at < self.to }
    }
}

fn time_of_day(text: &str) -> Option<i64> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute): (u8, u8) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(i64::from(hour) * 3600 + i64::from(minute) * 60)
}

impl<'de> Deserialize<'de> for NightWindow {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<NightWindow, D::Error> {
        let text = String::deserialize(deserializer)?;
        NightWindow::parse(&text)
            .ok_or_else(|| D::Error::custom(format!("“{text}”不是时段：写成 22:00-06:00")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_may_pass_midnight() {
        let night = NightWindow::parse("22:00-06:00").unwrap();
        for (at, inside) in
            [(22 * 3600, true), (0, true), (6 * 3600 - 1, true), (6 * 3600, false), (43_200, false)]
        {
            assert_eq!(night.contains(20_000 * DAY + at), inside, "{at}");
        }
        let noon = NightWindow::parse("12:00-13:30").unwrap();
        assert!(noon.contains(12 * 3600) && !noon.contains(14 * 3600) && !noon.contains(0));
        for text in ["", "22-6", "24:00-06:00", "22:00", "08:00-08:00"] {
            assert_eq!(NightWindow::parse(text), None, "{text}");
        }
    }
}
