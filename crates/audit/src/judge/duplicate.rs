//! 重复收费

use super::{Case, Hit, part};
use crate::ledger::Ledger;
use crate::rule::Keep;
use crate::window::Window;

/// 主项含从项
pub(super) fn contains(window: Window, hits: &[Hit], case: &Case<'_>, ledger: &mut Ledger) {
    let [main, sub, except] = [0, 1, 2].map(|at| part(hits, at));
    if main.is_empty() || sub.is_empty() {
        return;
    }
    let time_of = |hit: &Hit| case.time(hit);
    for hit in sub {
        let now = case.time(hit);
        if !window.around(except, time_of, now).is_empty() {
            continue;
        }
        // An item that is main and sub gives way only to earlier lines, or both would be too much.
        let both = main.binary_search_by_key(&hit.charge, |main| main.charge).is_ok();
        let around = &main[window.around(main, time_of, now)];
        let causes = |main: &&Hit| if both { main.charge < hit.charge } else { main.charge != hit.charge };
        if around.iter().any(|main| causes(&main)) {
            ledger.whole(hit, case, case.lines(around.iter().filter(causes)));
        }
    }
}

/// 多合集: within a run of charges that hang together in the window, the sets take their turn: a line stays unless a line of
/// another set that stayed stands with it.
pub(super) fn mutual(window: Window, keep: Keep, hits: &[Hit], case: &Case<'_>, ledger: &mut Ledger) {
    let mut hits = hits.to_vec();
    // An item in two sets counts for the first.
    hits.dedup_by_key(|hit| hit.charge);
    for run in hits.chunk_by(|a, b| window.joins(case.time(a), case.time(b))) {
        let mut parts: Vec<u16> = run.iter().map(|hit| hit.part).collect();
        parts.sort_unstable();
        parts.dedup();
        if parts.len() < 2 {
            continue;
        }
        let of = |part: u16| run.iter().filter(move |hit| hit.part == part);
        parts.sort_by_key(|part| {
            let first = of(*part).map(|hit| hit.charge).min();
            let last = of(*part).map(|hit| hit.charge).max();
            let sum: i64 = of(*part).map(|hit| case.charge(hit).cost(case.charge(hit).quantity)).sum();
            match keep {
                Keep::Dearest => (-sum, first),
                Keep::Earliest => (0, first),
                Keep::Latest => (-i64::from(last.unwrap_or_default()), first),
            }
        });
        let mut stayed: Vec<Hit> = Vec::new();
        for part in parts {
            let before = stayed.clone();
            for hit in of(part) {
                let around = &before[window.around(&before, |hit| case.time(hit), case.time(hit))];
                if around.is_empty() {
                    stayed.push(*hit);
                } else {
                    ledger.whole(hit, case, case.lines(around));
                }
            }
            stayed.sort_unstable_by_key(|hit| hit.charge);
        }
    }
}
