//! 时长 as packs and configurations write it: `30s`, `10m`, `2h`, `3d`.

use serde::Deserialize;
use serde::de::Error;

/// A length of time in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(
    /// Seconds.
    pub i64,
);

impl Period {
    /// Reads `10m`; `None` when malformed, negative or longer than ten years.
    pub fn parse(text: &str) -> Option<Period> {
        let text = text.trim();
        let unit = match text.chars().last()? {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return None,
        };
        let number: u32 = text.get(..text.len() - 1)?.trim().parse().ok()?;
        let seconds = i64::from(number) * unit;
        (seconds <= 3660 * 86_400).then_some(Period(seconds))
    }

    /// For timers.
    pub fn duration(self) -> std::time::Duration {
        std::time::Duration::from_secs(self.0.unsigned_abs())
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Period, D::Error> {
        let text = String::deserialize(deserializer)?;
        Period::parse(&text)
            .ok_or_else(|| D::Error::custom(format!("“{text}”不是时长：写成 30s、10m、2h 或 3d")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_have_a_unit() {
        for (text, seconds) in [("30s", 30), ("10m", 600), ("2h", 7200), ("3d", 259_200), ("0s", 0)] {
            assert_eq!(Period::parse(text), Some(Period(seconds)), "{text}");
        }
        for text in ["", "10", "m", "-3d", "1.5h", "3 days", "9999999d", "3天"] {
            assert_eq!(Period::parse(text), None, "{text}");
        }
    }
}
