//! 频次、总量、疗程、总额: so much within a window, the later units are too much. One pass; the window's front moves along.

use super::{Case, Hit};
use crate::UNIT;
use crate::ledger::Ledger;
use crate::rule::Cap;
use crate::window::{Window, day};

pub(super) fn most(
    times: bool,
    max: Cap,
    window: Window,
    hits: &[Hit],
    case: &Case<'_>,
    ledger: &mut Ledger,
) {
    let max = match max {
        Cap::Fixed(max) => max,
        Cap::StayDays { each, plus } => match case.days() {
            Some(days) => (days.saturating_mul(each).saturating_add(plus)).max(0),
            None => return ledger.lacks(hits[0].rule, "入院时间"),
        },
    };
    let measure = |hit: &Hit| if times { UNIT } else { case.charge(hit).quantity };
    over(max, window, hits, case, measure, ledger, |hit, excess| {
        // A charge refused as one time is refused whole.
        let units = if times { case.charge(hit).quantity } else { excess };
        (units, case.charge(hit).cost(units))
    });
}

pub(super) fn amount(max: i64, window: Window, hits: &[Hit], case: &Case<'_>, ledger: &mut Ledger) {
    let cost = |hit: &Hit| case.charge(hit).cost(case.charge(hit).quantity);
    over(max, window, hits, case, cost, ledger, |hit, excess| {
        let (quantity, cost) = (case.charge(hit).quantity, cost(hit));
        // The money is exact; the quantity is what it would buy, to four digits.
        let units = (i128::from(excess) * i128::from(quantity) + i128::from(cost) / 2) / i128::from(cost);
        (i64::try_from(units).unwrap_or(i64::MAX).min(quantity), excess)
    });
}

/// Lets pass what fits, in order of time, and adds the rest with the lines that used up the room; `excess` gives quantity and
/// money of what is too much.
fn over(
    max: i64,
    window: Window,
    hits: &[Hit],
    case: &Case<'_>,
    measure: impl Fn(&Hit) -> i64,
    ledger: &mut Ledger,
    excess: impl Fn(&Hit, i64) -> (i64, i64),
) {
    let mut passed = std::mem::take(&mut ledger.passed);
    passed.clear();
    // Those before it are out of the window.
    let (mut front, mut sum) = (0, 0_i64);
    for hit in hits {
        let now = case.time(hit);
        while let Some((first, units)) = passed.get(front)
            && !window.joins(case.time(first), now)
        {
            sum -= units;
            front += 1;
        }
        let units = measure(hit);
        let fits = units.min(max - sum).max(0);
        if fits < units {
            let (quantity, money) = excess(hit, units - fits);
            let because_of = case.lines(passed[front..].iter().map(|(hit, _)| hit));
            ledger.add(hit.rule, case.charge(hit).line, quantity, money, because_of);
        }
        if fits > 0 {
            passed.push((*hit, fits));
            sum += fits;
        }
    }
    ledger.passed = passed;
}

pub(super) fn course_days(max: i64, hits: &[Hit], case: &Case<'_>, ledger: &mut Ledger) {
    let (mut days, mut last) = (0, None);
    let mut first_of_day: Vec<Hit> = Vec::new();
    for hit in hits {
        let today = day(case.time(hit));
        if last != Some(today) {
            last = Some(today);
            days += 1;
            if days <= max {
                first_of_day.push(*hit);
            }
        }
        if days > max {
            ledger.whole(hit, case, case.lines(&first_of_day));
        }
    }
}
