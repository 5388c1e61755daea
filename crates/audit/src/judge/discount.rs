//! 第二及以后手术折价

use super::{Case, Hit};
use crate::finding::{Finding, Verdict};
use crate::stay::cost;
use crate::window::Window;

/// Within a run of charges that hang together, all but the one of the highest full price cost at most `ratio` of theirs.
pub(super) fn discount(ratio: i64, window: Window, hits: &[Hit], case: &Case<'_>, verdict: &mut Verdict) {
    let full = |hit: &Hit| case.stay.lines[case.charge(hit).line as usize].full_price;
    for run in hits.chunk_by(|a, b| window.joins(case.time(a), case.time(b))) {
        if run.len() < 2 {
            continue;
        }
        let Some(prices) = run.iter().map(full).collect::<Option<Vec<i64>>>() else {
            return verdict.missing(hits[0].rule, "标准价");
        };
        let dearest =
            (0..run.len()).max_by_key(|at| (prices[*at], std::cmp::Reverse(*at))).unwrap_or_default();
        for (at, hit) in run.iter().enumerate().filter(|(at, _)| *at != dearest) {
            let charge = case.charge(hit);
            let most = cost(ratio, prices[at]);
            if charge.price > most {
                let excess = cost(charge.quantity, charge.price - most);
                let because_of = case.lines([&run[dearest]]);
                verdict.findings.push(Finding {
                    rule: hit.rule,
                    line: charge.line,
                    excess_quantity: 0,
                    excess,
                    because_of,
                });
            }
        }
    }
}
