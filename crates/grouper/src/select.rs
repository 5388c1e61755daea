//! 择优: one row among a stage's candidates.

use crate::grouping::Hit;
use crate::prepare::Prepared;
use model::Case;
use policy::{Policy, TieBreak};
use rust_decimal::Decimal;
use std::cmp::Ordering;

/// The best candidate by the stage's tie-breaks, file order last.
pub(crate) fn best<'h>(
    policy: &Policy,
    stage: usize,
    case: &Case,
    prepared: &Prepared,
    hits: &'h [Hit],
) -> Option<&'h Hit> {
    let (first, rest) = hits.split_first()?;
    if rest.is_empty() {
        return Some(first);
    }
    let keys = policy.grouping.stages.get(stage).map_or(&[][..], |stage| &stage.tie_break);
    let mut best = first;
    for hit in rest {
        let order =
            compare(policy, keys, case, prepared, hit, best).map_or(Ordering::Equal, |(order, _)| order);
        let earlier = order == Ordering::Equal && hit.group < best.group;
        if order == Ordering::Greater || earlier {
            best = hit;
        }
    }
    Some(best)
}

/// Which of two candidates is better, and by which key; `None` when only file order tells them apart.
pub(crate) fn compare(
    policy: &Policy,
    keys: &[TieBreak],
    case: &Case,
    prepared: &Prepared,
    a: &Hit,
    b: &Hit,
) -> Option<(Ordering, TieBreak)> {
    let group = |hit: &Hit| policy.groups.get(hit.group as usize);
    for key in keys {
        let order = match key {
            TieBreak::MostTerms => a.terms.cmp(&b.terms),
            TieBreak::MostMatched => a.matched.count_ones().cmp(&b.matched.count_ones()),
            TieBreak::MainOperation => {
                (a.matched & prepared.first != 0).cmp(&(b.matched & prepared.first != 0))
            }
            TieBreak::ExactCode => a.exact.cmp(&b.exact),
            TieBreak::LongestDiagnosis => a.key_length.cmp(&b.key_length),
            TieBreak::ClosestCost => {
                let distance =
                    |hit: &Hit| Some((group(hit)?.reference_cost? - case.total_cost?.yuan()).abs());
                match (distance(a), distance(b)) {
                    (Some(a), Some(b)) => b.cmp(&a),
                    _ => Ordering::Equal,
                }
            }
            TieBreak::HighestPoints => points(group(a)).cmp(&points(group(b))),
            TieBreak::LowestPoints => points(group(b)).cmp(&points(group(a))),
        };
        if order != Ordering::Equal {
            return Some((order, *key));
        }
    }
    None
}

fn points(group: Option<&policy::Group>) -> Decimal {
    group.map_or(Decimal::ZERO, |group| group.points)
}
