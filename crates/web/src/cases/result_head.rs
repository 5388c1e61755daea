//! 结果一览: group, points, ratio and money of a case at a glance, of a kept result and of a what-if alike.

use super::kind_class;
use crate::text::{self, NONE};
use policy::Policy;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use settle::CostBands;
use store::StoredResult;

/// A result in words.
pub(crate) struct ResultHead {
    pub(crate) group_code: String,
    pub(crate) group_name: String,
    pub(crate) kind: &'static str,
    pub(crate) kind_class: &'static str,
    pub(crate) standard_points: String,
    pub(crate) earned_points: String,
    pub(crate) ratio: String,
    pub(crate) band: String,
    pub(crate) segment: String,
    pub(crate) price: String,
    pub(crate) payment: String,
    pub(crate) surplus: String,
    /// `▲ 盈` or `▼ 亏`; empty without a surplus.
    pub(crate) surplus_word: &'static str,
    pub(crate) loss: bool,
    pub(crate) confirmed: bool,
    pub(crate) trial: bool,
    pub(crate) review: bool,
    /// Why it is ungrouped or not priced; empty when nothing is missing.
    pub(crate) reason: String,
}

/// 病种类型 on a screen.
pub(crate) fn kind_name(kind: &str) -> &'static str {
    let known = [policy::Kind::Core, policy::Kind::Composite, policy::Kind::Primary];
    known.into_iter().find(|known| known.name() == kind).map_or("未入组", policy::Kind::chinese)
}

/// Why a kept result lacks something, in words; empty when nothing is missing.
pub(crate) fn reason_text(reason: &str) -> String {
    if let Some(known) = grouper::Ungrouped::ALL.into_iter().find(|known| known.name() == reason) {
        return known.chinese().to_owned();
    }
    // A kept reason says its kind only; the steps say which cost is meant.
    if reason == "cost_missing" {
        return "缺少计价所需的费用".to_owned();
    }
    settle::Missing::named(reason).map_or_else(|| reason.to_owned(), |missing| missing.chinese().to_owned())
}

/// Millionths as a decimal with four places; `—` for none.
pub(crate) fn millionths(number: Option<i64>) -> String {
    number.map_or(NONE.to_owned(), |n| text::decimal(Decimal::new(n, 6), 4))
}

impl ResultHead {
    pub(crate) fn of(result: &StoredResult, group_name: &str) -> ResultHead {
        let money = |fen: Option<i64>| fen.map_or(NONE.to_owned(), text::money);
        ResultHead {
            group_code: result.group_code.clone(),
            group_name: group_name.to_owned(),
            kind: kind_name(&result.kind),
            kind_class: kind_class(&result.kind),
            standard_points: millionths(result.standard_points),
            earned_points: millionths(result.earned_points),
            ratio: millionths(result.benchmark_ratio),
            band: result.band.clone(),
            segment: result.segment.clone(),
            price: millionths(result.point_price),
            payment: money(result.payment),
            surplus: money(result.surplus),
            surplus_word: match result.surplus {
                Some(surplus) if surplus < 0 => "▼ 亏",
                Some(surplus) if surplus > 0 => "▲ 盈",
                _ => "",
            },
            loss: result.surplus.is_some_and(|surplus| surplus < 0),
            confirmed: result.confirmed || result.group_code.is_empty(),
            trial: result.trial,
            review: result.review,
            reason: reason_text(&result.reason),
        }
    }
}

/// 基准率条: the display bands side by side, and where the case stands.
pub(crate) struct RatioBar {
    pub(crate) parts: Vec<RatioPart>,
    /// Percent of the bar's length.
    pub(crate) mark: String,
    pub(crate) said: String,
}

/// A band of the bar.
pub(crate) struct RatioPart {
    pub(crate) class: String,
    pub(crate) label: String,
    /// Percent of the bar's length.
    pub(crate) width: String,
    /// 费用区间 in yuan; empty when it cannot be worked out.
    pub(crate) costs: String,
    pub(crate) here: bool,
}

impl RatioBar {
    /// `None` without bands or without a ratio.
    pub(crate) fn of(policy: &Policy, ratio: Option<Decimal>, costs: Option<&CostBands>) -> Option<RatioBar> {
        let bands = &policy.scoring.bands;
        let ratio = ratio?;
        let last = bands.bounds.last()?;
        // The open band is drawn a quarter as long as all before it.
        let end = last.checked_add(last.checked_div(Decimal::from(4))?)?;
        let percent = |part: Decimal| -> Option<String> {
            let share = part.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(end)?.to_f64()?;
            Some(format!("{:.3}", share.clamp(0.0, 100.0)))
        };
        let at = bands.index(ratio);
        let mut parts = Vec::new();
        for (index, label) in bands.labels.iter().enumerate() {
            let from = bands.bounds.get(index).copied().unwrap_or_default();
            let to = bands.bounds.get(index + 1).copied().unwrap_or(end);
            let range = costs.and_then(|costs| costs.bands.get(index)).and_then(|band| band.costs);
            parts.push(RatioPart {
                class: format!("band-{}", index.min(5)),
                label: label.clone(),
                width: percent(to.checked_sub(from)?)?,
                costs: range.map(range_text).unwrap_or_default(),
                here: index == at,
            });
        }
        let said = format!("基准率 {}，{}", text::decimal(ratio, 4), bands.label(ratio));
        Some(RatioBar { parts, mark: percent(ratio)?, said })
    }
}

/// `1,000.00 ~ 2,000.00 元`
pub(crate) fn range_text(range: settle::CostRange) -> String {
    match range.to {
        Some(to) => format!("{} ~ {} 元", text::money(range.from.0), text::money(to.0)),
        None => format!("{} 元以上", text::money(range.from.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_bar_holds_every_band_and_marks_the_case() {
        let policy = sync::pack_dir::load(Path::new("sample/2025")).unwrap();
        let bar = RatioBar::of(&policy, Some("0.8".parse().unwrap()), None).unwrap();
        assert_eq!(bar.parts.len(), policy.scoring.bands.labels.len());
        let whole: f64 = bar.parts.iter().map(|part| part.width.parse::<f64>().unwrap()).sum();
        assert!((whole - 100.0).abs() < 0.1, "{whole}");
        let here: Vec<&str> = bar.parts.iter().filter(|part| part.here).map(|p| p.label.as_str()).collect();
        assert_eq!(here, ["0.75~1"]);
        let far = RatioBar::of(&policy, Some("99".parse().unwrap()), None).unwrap();
        assert_eq!(far.mark, "100.000");
        assert!(RatioBar::of(&policy, None, None).is_none());
    }

    #[test]
    fn every_reason_has_words() {
        for reason in grouper::Ungrouped::ALL {
            assert_eq!(reason_text(reason.name()), reason.chinese());
        }
        assert!(reason_text("price_missing").contains("价钱"));
        assert_eq!((reason_text(""), reason_text("new_reason")), (String::new(), "new_reason".to_owned()));
    }
}
