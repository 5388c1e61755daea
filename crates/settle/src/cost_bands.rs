//! 推荐合理区间 and 结余进度条 (DIP-4.05): which costs lie in which display band, and where the surplus is not negative.

use crate::missing::Missing;
use crate::priced::{Ask, Priced};
use crate::pricer::{Inputs, Pricer};
use model::{Case, Fen};
use rust_decimal::Decimal;

/// An interval of costs, both ends included, to the 分.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostRange {
    /// Lowest cost.
    pub from: Fen,
    /// Highest cost; `None`: open.
    pub to: Option<Fen>,
}

/// One display band in yuan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostBand {
    /// `0.75~1`
    pub label: String,
    /// Costs that fall into it; `None` when no whole 分 does.
    pub costs: Option<CostRange>,
}

/// The scale a 结余进度条 is drawn on. Costs are the numerator of 基准率.
#[derive(Clone, Debug, PartialEq)]
pub struct CostBands {
    /// 基准费用: cost at ratio 1, yuan.
    pub base_cost: Decimal,
    /// The case's own cost, where known.
    pub cost: Option<Fen>,
    /// Display bands, ascending.
    pub bands: Vec<CostBand>,
    /// Costs in the normal segment (the one that holds ratio 1).
    pub normal: Option<CostRange>,
    /// 推荐合理区间: costs in the normal segment without a deficit; `None` when there are none.
    pub recommended: Option<CostRange>,
    /// Surplus at the lowest recommended cost: the most that can be kept inside the normal segment.
    pub best_surplus: Option<Fen>,
    /// Cost above which a deficit begins (highest recommended cost).
    pub break_even: Option<Fen>,
    /// No parameter used is UNCONFIRMED.
    pub confirmed: bool,
}

/// Costs looked at: up to a billion yuan.
const HIGHEST: i64 = 100_000_000_000;

impl Pricer {
    /// Cost intervals of a case in a group. All else of the case is held: coefficients, auxiliary level, price, and the
    /// difference between the cost of the ratio and the cost the surplus is measured against.
    pub fn cost_bands(&self, case: &Case, group: usize, ask: &Ask) -> Result<CostBands, Missing> {
        let mut inputs = self.inputs(case, group, ask).ok_or(Missing::Group)?;
        let own = inputs.ratio_cost;
        let apart = match (inputs.ratio_cost, inputs.surplus_cost) {
            (Some(ratio), Some(surplus)) => surplus - ratio,
            _ => Fen::ZERO,
        };
        let mut at = |cost: i64| self.price_at(&mut inputs, group, Fen(cost), apart);
        let unit = at(100);
        let base_cost = match (unit.base_cost, unit.ratio_missing) {
            (Some(base), None) => base,
            (_, missing) => return Err(missing.unwrap_or(Missing::ZeroDenominator)),
        };
        let labels = &self.policy().scoring.bands.labels;
        let band = |index: usize, label: &String, at: &mut dyn FnMut(i64) -> Priced| {
            let from = first_cost(|cost| at(cost).band.is_some_and(|band| usize::from(band) >= index));
            let next = first_cost(|cost| at(cost).band.is_some_and(|band| usize::from(band) > index));
            CostBand { label: label.clone(), costs: range(from, next) }
        };
        let bands = labels.iter().enumerate().map(|(index, label)| band(index, label, &mut at)).collect();

        let one = self.fen_at_one(base_cost);
        let normal_segment = at(one).segment.map(|(_, segment)| segment);
        let normal = normal_segment.and_then(|normal| {
            let reached = |at: &Priced| at.segment.map(|(_, segment)| segment);
            let from = first_cost(|cost| reached(&at(cost)).is_some_and(|segment| segment >= normal));
            let next = first_cost(|cost| reached(&at(cost)).is_some_and(|segment| segment > normal));
            range(from, next)
        });
        let recommended = normal.and_then(|normal| without_deficit(normal, &mut at));
        let best_surplus = recommended.and_then(|range| at(range.from.0).surplus);
        Ok(CostBands {
            base_cost,
            cost: own,
            bands,
            normal,
            recommended,
            best_surplus,
            break_even: recommended.and_then(|range| range.to),
            confirmed: at(one).confirmed,
        })
    }

    fn fen_at_one(&self, base_cost: Decimal) -> i64 {
        Fen::from_yuan(base_cost).map_or(HIGHEST, |fen| fen.0.clamp(1, HIGHEST))
    }

    fn price_at(&self, inputs: &mut Inputs<'_>, group: usize, cost: Fen, apart: Fen) -> Priced {
        inputs.ratio_cost = Some(cost);
        inputs.surplus_cost = Some(cost + apart);
        self.price_inputs(inputs, group)
    }
}

/// The lowest cost for which a rising condition holds; `None` below [`HIGHEST`].
fn first_cost(mut holds: impl FnMut(i64) -> bool) -> Option<i64> {
    if !holds(HIGHEST) {
        return None;
    }
    let (mut no, mut yes) = (-1, HIGHEST);
    while yes - no > 1 {
        let middle = no + (yes - no) / 2;
        if holds(middle) {
            yes = middle;
        } else {
            no = middle;
        }
    }
    Some(yes)
}

fn range(from: Option<i64>, next: Option<i64>) -> Option<CostRange> {
    let from = from?;
    match next {
        Some(next) if next <= from => None,
        next => Some(CostRange { from: Fen(from), to: next.map(|next| Fen(next - 1)) }),
    }
}

/// Within one segment the surplus is linear in the cost, so the costs without a deficit form one interval at an end.
fn without_deficit(normal: CostRange, at: &mut dyn FnMut(i64) -> Priced) -> Option<CostRange> {
    let (lo, hi) = (normal.from.0, normal.to.map_or(HIGHEST, |to| to.0));
    let mut good = |cost: i64| at(cost).surplus.is_some_and(|surplus| surplus >= Fen::ZERO);
    let (good_lo, good_hi) = (good(lo), good(hi));
    match (good_lo, good_hi) {
        (true, true) => Some(normal),
        (false, false) => None,
        _ => {
            let (mut yes, mut no) = if good_lo { (lo, hi) } else { (hi, lo) };
            while (yes - no).abs() > 1 {
                let middle = yes + (no - yes) / 2;
                if good(middle) {
                    yes = middle;
                } else {
                    no = middle;
                }
            }
            let (from, to) = if good_lo { (lo, Some(Fen(yes))) } else { (yes, normal.to) };
            Some(CostRange { from: Fen(from), to })
        }
    }
}
