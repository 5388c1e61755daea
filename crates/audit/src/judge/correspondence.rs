//! 对应收费

use super::{Case, Hit};
use crate::UNIT;
use crate::finding::Verdict;
use crate::window::Window;

/// 正向单一、正向多项目: every charge of the first part needs one of each further part in the window.
pub(super) fn requires(parts: u16, window: Window, hits: &[Hit], case: &Case<'_>, verdict: &mut Verdict) {
    let needed: Vec<Vec<Hit>> = (1..parts).map(|part| case.part(hits, part)).collect();
    for hit in hits.iter().filter(|hit| hit.part == 0) {
        let there = |part: &Vec<Hit>| another(part, hit, window, case);
        if !needed.iter().all(there) {
            verdict.whole(hit, case, Vec::new());
        }
    }
}

/// 多方对应: every charge needs one of each other part in the window.
pub(super) fn together(parts: u16, window: Window, hits: &[Hit], case: &Case<'_>, verdict: &mut Verdict) {
    let all: Vec<Vec<Hit>> = (0..parts).map(|part| case.part(hits, part)).collect();
    let mut refused = None;
    for hit in hits {
        let others = all.iter().enumerate().filter(|(part, _)| *part != usize::from(hit.part));
        let complete = others.into_iter().all(|(_, part)| another(part, hit, window, case));
        if !complete && refused != Some(hit.charge) {
            refused = Some(hit.charge);
            verdict.whole(hit, case, Vec::new());
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
pub(super) fn ratio(k: i64, window: Window, hits: &[Hit], case: &Case<'_>, verdict: &mut Verdict) {
    let b = case.part(hits, 1);
    let room =
        |hit: &Hit| i64::try_from(i128::from(case.charge(hit).quantity) * i128::from(k) / i128::from(UNIT));
    let mut left: Vec<i64> = b.iter().map(|hit| room(hit).unwrap_or(i64::MAX)).collect();
    for hit in hits.iter().filter(|hit| hit.part == 0) {
        let mut need = case.charge(hit).quantity;
        let around = window.around(&b, |hit| case.time(hit), case.time(hit));
        for left in &mut left[around.clone()] {
            let taken = need.min(*left);
            *left -= taken;
            need -= taken;
        }
        if need > 0 {
            verdict.units(hit, case, need, case.lines(&b[around]));
        }
    }
}
