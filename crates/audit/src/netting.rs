//! 退费: charges less what was taken back, at the time of the charge.

use crate::stay::Line;
use compact_str::CompactString;
use rustc_hash::FxHashMap;

/// A charge that stands after refunds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charge {
    /// Position in the stay's lines.
    pub(crate) line: u32,
    pub(crate) time: i64,
    /// What was not taken back, more than nothing.
    pub(crate) quantity: i64,
    pub(crate) price: i64,
}

/// The charges that stand, by time, and the refunds that found nothing to take back: those give no one room for more.
///
/// A refund takes back the line it names. One that names none takes back the latest charges before it of the same item and
/// price. So a charge with its refund is as if neither had been written.
pub(crate) fn net(lines: &[Line]) -> (Vec<Charge>, Vec<u32>) {
    let mut left: Vec<i64> = lines.iter().map(|line| line.quantity.max(0)).collect();
    let mut order: Vec<u32> = (0..lines.len() as u32).collect();
    order.sort_unstable_by_key(|at| (lines[*at as usize].time, lines[*at as usize].order, *at));
    let mut unmatched = Vec::new();
    if lines.iter().any(|line| line.quantity < 0) {
        for at in order.iter().copied() {
            let line = &lines[at as usize];
            let Some(of) = line.refund_of.filter(|_| line.quantity < 0) else { continue };
            let Some(charge) = left.get_mut(of as usize) else {
                unmatched.push(at);
                continue;
            };
            let back = (-line.quantity).min(*charge);
            *charge -= back;
            if back < -line.quantity {
                unmatched.push(at);
            }
        }
        let mut open: FxHashMap<(&CompactString, i64), Vec<u32>> = FxHashMap::default();
        for at in order.iter().copied() {
            let line = &lines[at as usize];
            let same = open.entry((&line.item, line.price)).or_default();
            if line.quantity > 0 {
                same.push(at);
            } else if line.quantity < 0 && line.refund_of.is_none() {
                let mut back = -line.quantity;
                while back > 0 {
                    let Some(last) = same.last().copied() else { break };
                    let taken = back.min(left[last as usize]);
                    left[last as usize] -= taken;
                    back -= taken;
                    if left[last as usize] == 0 {
                        same.pop();
                    }
                }
                if back > 0 {
                    unmatched.push(at);
                }
            }
        }
    }
    let charges = order.into_iter().filter(|at| left[*at as usize] > 0).map(|at| {
        let line = &lines[at as usize];
        Charge { line: at, time: line.time, quantity: left[at as usize], price: line.price }
    });
    (charges.collect(), unmatched)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UNIT;

    fn line(time: i64, quantity: i64, price: i64, refund_of: Option<u32>) -> Line {
        Line { item: "A".into(), time, quantity: quantity * UNIT, price, refund_of, ..Line::default() }
    }

    fn standing(lines: &[Line]) -> Vec<(u32, i64)> {
        net(lines).0.iter().map(|charge| (charge.line, charge.quantity / UNIT)).collect()
    }

    #[test]
    fn a_named_line_is_taken_back_at_its_own_time() {
        let lines = [line(0, 2, 100, None), line(10, 2, 100, None), line(20, -1, 100, Some(0))];
        assert_eq!(standing(&lines), [(0, 1), (1, 2)]);
    }

    #[test]
    fn without_a_name_the_latest_of_the_same_price_goes_first() {
        let lines =
            [line(0, 2, 100, None), line(10, 2, 100, None), line(11, 9, 50, None), line(20, -3, 100, None)];
        assert_eq!(standing(&lines), [(0, 1), (2, 9)]);
    }

    #[test]
    fn a_refund_without_its_charge_is_reported_and_gives_no_room() {
        let lines = [
            line(5, -1, 100, None),
            line(10, 1, 100, None),
            line(20, -3, 100, Some(1)),
            line(30, -1, 1, Some(9)),
        ];
        let (charges, unmatched) = net(&lines);
        assert!(charges.is_empty());
        assert_eq!(unmatched, [2, 3, 0]);
    }
}
