//! 指标卡: totals with their 同比 and 环比.

use super::board::Board;
use super::request::Request;
use crate::error::ApiError;
use crate::text;
use metrics::{Change, Comparison, Measure, Style};
use rust_decimal::Decimal;
use std::sync::Arc;

/// 指标卡
pub(super) struct Card {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) unit: String,
    /// Every digit, for whoever points at it.
    pub(super) exact: String,
    pub(super) negative: bool,
    pub(super) unconfirmed: bool,
    pub(super) note: String,
    pub(super) definition: String,
    pub(super) link: String,
}

pub(super) fn cards(request: &Request<'_>) -> Result<Vec<Card>, ApiError> {
    let measures: Vec<Arc<Measure>> =
        request.report.kpis.iter().filter(|measure| request.fits(measure)).cloned().collect();
    if measures.is_empty() {
        return Ok(Vec::new());
    }
    let both = [Comparison::YearBefore, Comparison::PeriodBefore];
    let board = Board::make(request, &measures, &[], &request.selection, &both)?;
    let total = &board.total;
    let card = |(at, measure): (usize, &Arc<Measure>)| {
        let value = total.now[at];
        let shown = measure.format.show_short(value);
        let unit = measure.format.unit.clone();
        let notes: Vec<String> = both.iter().map(|c| change(measure, *c, total.change(*c, at))).collect();
        Card {
            name: measure.name.clone(),
            value: shown.strip_suffix(unit.as_str()).unwrap_or(&shown).to_owned(),
            unit: if value.is_none() { String::new() } else { unit },
            exact: measure.format.show_with_unit(value),
            negative: value.is_some_and(|value| value.is_sign_negative() && !value.is_zero()),
            unconfirmed: !measure.confirmed(),
            note: notes.join("　"),
            definition: format!("/measures/{}", measure.id),
            link: request.opened(measure, request.selection.period, Vec::new()),
        }
    };
    Ok(measures.iter().enumerate().map(card).collect())
}

/// `同比 +3.21%`; of percentages the difference in points.
fn change(measure: &Measure, comparison: Comparison, change: Change) -> String {
    let name = comparison.chinese();
    let signed = |number: Decimal, end: &str| {
        let sign = if number.is_sign_negative() || number.is_zero() { "" } else { "+" };
        let hundredfold = number.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(number);
        format!("{name} {sign}{}{end}", text::decimal(hundredfold, 2))
    };
    match (measure.format.style, change.difference, change.rate) {
        (Style::Percent, Some(difference), _) => signed(difference, "个百分点"),
        (_, _, Some(rate)) => signed(rate, "%"),
        _ => format!("{name} —"),
    }
}
