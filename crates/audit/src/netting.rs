//! 退费: charges less what was taken back, at the time of the charge.

use crate::stay::cost;
use rustc_hash::FxHashMap;

/// [`Work::refund_of`] of a line that names none.
pub(crate) const NO_REFUND: u32 = u32::MAX;

/// A line under judgement; lines stand by (time, order).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) time: i64,
    /// Number of its item.
    pub(crate) item: u32,
    pub(crate) quantity: i64,
    /// 单价, 分.
    pub(crate) price: i64,
    /// What the whole line cost, 分, when that is not quantity × price.
    pub(crate) amount: Option<i64>,
    /// Place of the line that this one takes back; [`NO_REFUND`]; any other: a line that is not there.
    pub(crate) refund_of: u32,
}

/// A charge that stands after refunds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charge {
    /// Place among the lines by (time, order).
    pub(crate) line: u32,
    pub(crate) item: u32,
    pub(crate) time: i64,
    /// What was not taken back, more than nothing.
    pub(crate) quantity: i64,
    pub(crate) price: i64,
    /// The whole line's quantity and cost, when that is not quantity × price.
    pub(crate) whole: Option<(i64, i64)>,
}

impl Charge {
    /// What so many units of it cost, 分, half a 分 up.
    pub(crate) fn cost(&self, units: i64) -> i64 {
        match self.whole {
            None => cost(units, self.price),
            Some((quantity, amount)) => {
                let exact = i128::from(units) * i128::from(amount);
                let share = (2 * exact + i128::from(quantity)).div_euclid(2 * i128::from(quantity));
                i64::try_from(share).unwrap_or(i64::MAX)
            }
        }
    }
}

/// Writes the charges that stand, by time, and the refunds that found nothing to take back: those give no one room for more.
///
/// A refund takes back the line it names. One that names none takes back the latest charges before it of the same item and
/// price. So a charge with its refund is as if neither had been written.
pub(crate) fn net(lines: &[Work], charges: &mut Vec<Charge>, unmatched: &mut Vec<u32>) {
    charges.clear();
    let standing = |at: usize, quantity: i64| {
        let line = &lines[at];
        let whole = line.amount.map(|amount| (line.quantity, amount));
        Charge { line: at as u32, item: line.item, time: line.time, quantity, price: line.price, whole }
    };
    if lines.iter().all(|line| line.quantity >= 0) {
        let all = lines.iter().enumerate().filter(|(_, line)| line.quantity > 0);
        charges.extend(all.map(|(at, line)| standing(at, line.quantity)));
        return;
    }
    let mut left: Vec<i64> = lines.iter().map(|line| line.quantity.max(0)).collect();
    let mut unnamed = false;
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.quantity < 0) {
        if line.refund_of == NO_REFUND {
            unnamed = true;
            continue;
        }
        let back = left.get_mut(line.refund_of as usize).map_or(0, |left| {
            let back = (-line.quantity).min(*left);
            *left -= back;
            back
        });
        if back < -line.quantity {
            unmatched.push(at as u32);
        }
    }
    if unnamed {
        take_back_latest(lines, &mut left, unmatched);
    }
    charges.extend((0..lines.len()).filter(|at| left[*at] > 0).map(|at| standing(at, left[at])));
}

fn take_back_latest(lines: &[Work], left: &mut [i64], unmatched: &mut Vec<u32>) {
    let mut open: FxHashMap<(u32, i64), Vec<usize>> = FxHashMap::default();
    for (at, line) in lines.iter().enumerate() {
        let same = open.entry((line.item, line.price)).or_default();
        if line.quantity > 0 {
            same.push(at);
        } else if line.quantity < 0 && line.refund_of == NO_REFUND {
            let mut back = -line.quantity;
            while back > 0 {
                let Some(last) = same.last().copied() else { break };
                let taken = back.min(left[last]);
                left[last] -= taken;
                back -= taken;
                if left[last] == 0 {
                    same.pop();
                }
            }
            if back > 0 {
                unmatched.push(at as u32);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UNIT;

    fn line(time: i64, quantity: i64, price: i64, refund_of: Option<u32>) -> Work {
        let refund_of = refund_of.unwrap_or(NO_REFUND);
        Work { time, item: 0, quantity: quantity * UNIT, price, amount: None, refund_of }
    }

    fn standing(lines: &[Work]) -> (Vec<(u32, i64)>, Vec<u32>) {
        let (mut charges, mut unmatched) = (Vec::new(), Vec::new());
        net(lines, &mut charges, &mut unmatched);
        (charges.iter().map(|charge| (charge.line, charge.quantity / UNIT)).collect(), unmatched)
    }

    #[test]
    fn a_named_line_is_taken_back_at_its_own_time() {
        let lines = [line(0, 2, 100, None), line(10, 2, 100, None), line(20, -1, 100, Some(0))];
        assert_eq!(standing(&lines).0, [(0, 1), (1, 2)]);
    }

    #[test]
    fn without_a_name_the_latest_of_the_same_price_goes_first() {
        let lines =
            [line(0, 2, 100, None), line(10, 2, 100, None), line(11, 9, 50, None), line(20, -3, 100, None)];
        assert_eq!(standing(&lines).0, [(0, 1), (2, 9)]);
    }

    #[test]
    fn a_refund_without_its_charge_is_reported_and_gives_no_room() {
        let lines = [
            line(5, -1, 100, None),
            line(10, 1, 100, None),
            line(20, -3, 100, Some(1)),
            line(30, -1, 1, Some(9)),
        ];
        assert_eq!(standing(&lines), (Vec::new(), vec![2, 3, 0]));
    }

    #[test]
    fn a_share_of_a_line_costs_its_share_of_the_amount() {
        let charge =
            Charge { line: 0, item: 0, time: 0, quantity: 30_000, price: 33, whole: Some((30_000, 100)) };
        assert_eq!([charge.cost(30_000), charge.cost(20_000), charge.cost(10_000)], [100, 67, 33]);
    }
}
