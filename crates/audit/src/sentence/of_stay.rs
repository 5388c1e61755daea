//! 疑点 in Chinese: a rule on the stay as a whole, and what was seen of a stay.

use super::{Naming, list, percent, yuan};
use crate::finding::{Grounds, Suspicion};
use crate::rule::{Kind, Rule};
use rust_decimal::Decimal;

/// A rule on the stay as a whole; empty for others.
pub(super) fn rule_of_stay(rule: &Rule, naming: &dyn Naming) -> String {
    let items = list(rule.parts.first().map_or(&[][..], Vec::as_slice), naming);
    match &rule.kind {
        Kind::Readmission { days, same, planned } => {
            let disease = disease(*same);
            let except = if *planned { "" } else { "；上次出院时已有再住院计划的除外" };
            format!("出院后 {days} 天内{disease}再次住院的，提示疑似分解住院{except}。")
        }
        Kind::LongStay { days } => format!("住院超过 {days} 天的，提示超长住院。"),
        Kind::LowAdmission { days, share, cost } => {
            let cost = cost.map_or(String::new(), |cost| format!("、总费用不超过 {} 元", yuan(cost)));
            format!(
                "住院不超过 {days} 天、没有手术操作{cost}，且{items}的费用占 {} 及以上的，提示疑似低标准入院。",
                percent(*share)
            )
        }
        Kind::IdleBed { days } => {
            format!("住院期间除{items}外没有其他收费的日期达到 {days} 天的，提示疑似挂床住院。")
        }
        _ => String::new(),
    }
}

/// 疑点内容: what was seen of the stay, and what is held against it.
pub fn suspicion_sentence(rule: &Rule, suspicion: &Suspicion, naming: &dyn Naming) -> String {
    let items = || list(rule.parts.first().map_or(&[][..], Vec::as_slice), naming);
    match (&rule.kind, suspicion.grounds) {
        (Kind::Readmission { days, same, .. }, Grounds::Readmitted(since)) => {
            let when =
                if since == 0 { "出院当天".to_owned() } else { format!("出院后第 {since} 天") };
            format!("上次{when}{}再次住院（{days} 天内提示）；疑似分解住院，请核实。", disease(*same))
        }
        (Kind::LongStay { days }, Grounds::Stayed(stayed)) => {
            format!("已住院 {stayed} 天，超过 {days} 天；超长住院，请核实。")
        }
        (Kind::LowAdmission { .. }, Grounds::Examined { days, cost, total }) => format!(
            "住院 {days} 天，没有手术操作，总费用 {} 元，其中{}费用 {} 元，占 {}；疑似低标准入院，请核实。",
            yuan(total),
            items(),
            yuan(cost),
            share(cost, total)
        ),
        (Kind::IdleBed { .. }, Grounds::Idle { idle, days }) => {
            format!("住院 {days} 天中有 {idle} 天除{}外没有其他收费；疑似挂床住院，请核实。", items())
        }
        _ => String::new(),
    }
}

fn disease(same: usize) -> String {
    match same {
        0 => String::new(),
        same => format!("因同一疾病（主要诊断编码前 {same} 位相同）"),
    }
}

/// To a tenth of a percent, downwards: a share under the bar never reads as one over it.
fn share(part: i64, whole: i64) -> String {
    let tenths = i128::from(part) * 1_000 / i128::from(whole.max(1));
    format!("{}%", Decimal::from_i128_with_scale(tenths, 1).normalize())
}
