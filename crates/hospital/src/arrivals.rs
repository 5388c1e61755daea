//! 入院: when patients come. Growth over the years, winter and its respiratory season, quiet feasts and weekends.

use crate::clock::{DAY, HOUR, date_of};
use crate::random::Random;

/// Deterministic admission times in rising order.
#[derive(Debug)]
pub(crate) struct Arrivals {
    first_day: i64,
    /// Running sum of the days' weights.
    sums: Vec<u64>,
    count: u64,
}

impl Arrivals {
    /// `count` admissions over the days `first_day..=last_day`.
    pub(crate) fn new(first_day: i64, last_day: i64, count: u64) -> Arrivals {
        let mut sum = 0;
        let sums = (first_day..=last_day.max(first_day)).map(|day| {
            sum += weight(day, day - first_day);
            sum
        });
        Arrivals { first_day, sums: sums.collect(), count }
    }

    /// Time of the admission with this number.
    pub(crate) fn moment(&self, number: u64, seed: u64) -> i64 {
        let total = u128::from(self.sums.last().copied().unwrap_or(1));
        let ticket = u64::try_from(u128::from(number) * total / u128::from(self.count.max(1)));
        let ticket = ticket.unwrap_or_default();
        let at = self.sums.partition_point(|sum| *sum <= ticket).min(self.sums.len().saturating_sub(1));
        let before = at.checked_sub(1).and_then(|at| self.sums.get(at)).copied().unwrap_or_default();
        let weight = self.sums.get(at).map_or(1, |sum| sum - before).max(1);
        let day = self.first_day + i64::try_from(at).unwrap_or_default();
        // Where in its day the admission stands; a little chance keeps the order and breaks the rhythm.
        let step = total as f64 / self.count.max(1) as f64;
        let chance = Random::of(seed, 11, number).unit() * step.min(weight as f64 * 0.02);
        let part = ((ticket - before) as f64 + chance) / weight as f64;
        day * DAY + time_of_day(part.clamp(0.0, 0.9999))
    }
}

/// More patients each year, in winter, on Mondays; few at the Spring Festival and the October feast.
fn weight(day: i64, since: i64) -> u64 {
    let date = date_of(day);
    let growth = 1.0 + 0.07 * since as f64 / 365.0;
    let season = [1.10, 0.86, 1.08, 1.02, 0.99, 0.97, 0.99, 0.98, 0.95, 0.92, 1.03, 1.12];
    let month = season.get(usize::from(date.month().unsigned_abs()) - 1).copied().unwrap_or(1.0);
    let week = [1.28, 1.16, 1.08, 1.04, 0.98, 0.78, 0.68];
    let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
    let feast = if date.month() == 10 && date.day() <= 7 { 0.6 } else { 1.0 };
    (growth * month * week.get(weekday).copied().unwrap_or(1.0) * feast * 10_000.0) as u64
}

/// Share of the day's admissions → time: most in the morning, a second wave after noon, some at night.
fn time_of_day(part: f64) -> i64 {
    const STEPS: [(f64, f64); 8] = [
        (0.0, 0.0),
        (0.06, 7.5),
        (0.2, 8.5),
        (0.58, 11.5),
        (0.66, 14.0),
        (0.88, 17.0),
        (0.95, 20.0),
        (1.0, 24.0),
    ];
    for pair in STEPS.windows(2) {
        if let [(from, lo), (to, hi)] = pair
            && part < *to
        {
            let hours = lo + (hi - lo) * (part - from) / (to - from);
            return ((hours * HOUR as f64) as i64).min(DAY - 1);
        }
    }
    DAY - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admissions_come_in_order_and_fill_the_years() {
        let arrivals = Arrivals::new(19_000, 20_094, 5_000);
        let moments: Vec<_> = (0..5_000).map(|n| arrivals.moment(n, 7)).collect();
        assert!(moments.windows(2).all(|pair| pair[0] <= pair[1]));
        let in_days =
            |from: i64, to: i64| moments.iter().filter(|m| (from..to).contains(&m.div_euclid(DAY))).count();
        assert!(in_days(19_730, 20_095) > in_days(19_000, 19_365) * 110 / 100, "growth");
    }
}
