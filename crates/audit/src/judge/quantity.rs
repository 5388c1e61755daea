//! 频次、总量、疗程、总额: so much within a window, the later units are too much. One pass; the window's front moves along.

use super::{Case, Hit};
use crate::UNIT;
use crate::finding::{Finding, Verdict};
use crate::rule::Cap;
use crate::stay::cost;
use crate::window::{Window, day};
use std::collections::VecDeque;

pub(super) fn most(
    times: bool,
    max: Cap,
    window: Window,
    hits: &[Hit],
    case: &Case<'_>,
    verdict: &mut Verdict,
) {
    let max = match max {
        Cap::Fixed(max) => max,
        Cap::StayDays { each, plus } => match case.stay.days() {
            Some(days) => (days.saturating_mul(each).saturating_add(plus)).max(0),
            None => return verdict.missing(hits[0].rule, "入院时间"),
        },
    };
    let measure = |hit: &Hit| if times { UNIT } else { case.charge(hit).quantity };
    over(max, window, hits, case, measure, |hit, excess, because_of| {
        // A charge refused as one time is refused whole.
        let units = if times { case.charge(hit).quantity } else { excess };
        verdict.units(hit, case, units, because_of);
    });
}

pub(super) fn amount(max: i64, window: Window, hits: &[Hit], case: &Case<'_>, verdict: &mut Verdict) {
    let measure = |hit: &Hit| cost(case.charge(hit).quantity, case.charge(hit).price);
    over(max, window, hits, case, measure, |hit, excess, because_of| {
        let charge = case.charge(hit);
        // The money is exact; the quantity is what it would buy, to four digits.
        let units =
            (i128::from(excess) * i128::from(UNIT) + i128::from(charge.price) / 2) / i128::from(charge.price);
        let excess_quantity = i64::try_from(units).unwrap_or(i64::MAX).min(charge.quantity);
        verdict.findings.push(Finding {
            rule: hit.rule,
            line: charge.line,
            excess_quantity,
            excess,
            because_of,
        });
    });
}

/// Lets pass what fits, in order of time, and gives the rest to `found` with the lines that used up the room.
fn over(
    max: i64,
    window: Window,
    hits: &[Hit],
    case: &Case<'_>,
    measure: impl Fn(&Hit) -> i64,
    mut found: impl FnMut(&Hit, i64, Vec<u32>),
) {
    let mut passed: VecDeque<(Hit, i64)> = VecDeque::new();
    let mut sum = 0_i64;
    for hit in hits {
        let now = case.time(hit);
        while let Some((first, units)) = passed.front()
            && !window.joins(case.time(first), now)
        {
            sum -= units;
            passed.pop_front();
        }
        let units = measure(hit);
        let fits = units.min(max - sum).max(0);
        if fits < units {
            found(hit, units - fits, case.lines(passed.iter().map(|(hit, _)| hit)));
        }
        if fits > 0 {
            passed.push_back((*hit, fits));
            sum += fits;
        }
    }
}

pub(super) fn course_days(max: i64, hits: &[Hit], case: &Case<'_>, verdict: &mut Verdict) {
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
            verdict.whole(hit, case, case.lines(&first_of_day));
        }
    }
}
