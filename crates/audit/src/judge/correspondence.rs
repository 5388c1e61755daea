//! 对应收费

use super::{Case, Hit, part};
use crate::UNIT;
use crate::ledger::Ledger;
use crate::window::Window;

/// 正向单一、正向多项目: every charge of the first part needs one of each further part in the window.
pub(super) fn requires(parts: u16, window: Window, hits: &[Hit], case: &Case<'_>, ledger: &mut Ledger) {
    for hit in part(hits, 0) {
        if !(1..parts).all(|needed| another(part(hits, needed), hit, window, case)) {
            ledger.whole(hit, case, []);
        }
    }
}

/// 多方对应: every charge needs one of each other part in the window.
pub(super) fn together(parts: u16, window: Window, hits: &[Hit], case: &Case<'_>, ledger: &mut Ledger) {
    let of = |part: u16| hits.iter().filter(|hit| hit.part == part).copied().collect();
    let all: Vec<Vec<Hit>> = (0..parts).map(of).collect();
    let mut refused = None;
    for hit in hits {
        let others = all.iter().enumerate().filter(|(part, _)| *part != usize::from(hit.part));
        let complete = others.into_iter().all(|(_, part)| another(part, hit, window, case));
        if !complete && refused != Some(hit.charge) {
            refused = Some(hit.charge);
            ledger.whole(hit, case, []);
        }
    }
}

/// Whether a charge other than this one stands with it.
fn another(part: &[Hit], hit: &Hit, window: Window, case: &Case<'_>) -> bool {
    part[window.around(part, |hit| case.time(hit), case.time(hit))]
        .iter()
        .any(|other| other.charge != hit.charge)
}

/// 比例: each unit of b carries `k` of a; in order of time every a takes the earliest room in its window.
pub(super) fn ratio(k: i64, window: Window, hits: &[Hit], case: &Case<'_>, ledger: &mut Ledger) {
    let b = part(hits, 1);
    let room =
        |hit: &Hit| i64::try_from(i128::from(case.charge(hit).quantity) * i128::from(k) / i128::from(UNIT));
    let mut left: Vec<i64> = b.iter().map(|hit| room(hit).unwrap_or(i64::MAX)).collect();
    for hit in part(hits, 0) {
        let mut need = case.charge(hit).quantity;
        let around = window.around(b, |hit| case.time(hit), case.time(hit));
        for left in &mut left[around.clone()] {
            let taken = need.min(*left);
            *left -= taken;
            need -= taken;
        }
        if need > 0 {
            ledger.units(hit, case, need, case.lines(&b[around]));
        }
    }
}
