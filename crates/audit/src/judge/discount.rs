//! 第二及以后手术折价

use super::{Case, Hit};
use crate::ledger::Ledger;
use crate::stay::cost;
use crate::window::Window;

/// Within a run of charges that hang together, all but the one of the highest full price cost at most `ratio` of theirs.
pub(super) fn discount(ratio: i64, window: Window, hits: &[Hit], case: &Case<'_>, ledger: &mut Ledger) {
    let full = |hit: &Hit| case.details.full_price(case.charge(hit).line);
    for run in hits.chunk_by(|a, b| window.joins(case.time(a), case.time(b))) {
        if run.len() < 2 {
            continue;
        }
        let Some(prices) = run.iter().map(full).collect::<Option<Vec<i64>>>() else {
            return ledger.lacks(hits[0].rule, "标准价");
        };
        let dearest =
            (0..run.len()).max_by_key(|at| (prices[*at], std::cmp::Reverse(*at))).unwrap_or_default();
        for (at, hit) in run.iter().enumerate().filter(|(at, _)| *at != dearest) {
            let charge = case.charge(hit);
            let excess = charge.cost(charge.quantity) - cost(charge.quantity, cost(ratio, prices[at]));
            if excess > 0 {
                ledger.add(hit.rule, charge.line, 0, excess, case.lines([&run[dearest]]));
            }
        }
    }
}
