//! 指标: CMI, consumption indices, profit, variation.

use model::{Fen, Points, Ratio};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// CMI = Σ(RW × n) / Σ n. Source: 「S3」名词解释 19.
pub fn case_mix_index(groups: &[(Points, u64)]) -> Option<Ratio> {
    super::mean_cost_of_groups(groups)
}

/// 费用消耗指数: mean of case cost ÷ regional mean cost of its group, yuan both. Source: 「S3」名词解释 21.
pub fn cost_index(cases: &[(Decimal, Decimal)]) -> Option<Ratio> {
    mean_of_ratios(cases)
}

/// 时间消耗指数: mean of 住院天数 ÷ regional mean days of its group. Source: 「S3」名词解释 20.
pub fn time_index(cases: &[(Decimal, Decimal)]) -> Option<Ratio> {
    mean_of_ratios(cases)
}

fn mean_of_ratios(cases: &[(Decimal, Decimal)]) -> Option<Ratio> {
    let mut sum = Decimal::ZERO;
    for (value, norm) in cases {
        sum = sum.checked_add(value.checked_div(*norm)?)?;
    }
    sum.checked_div(Decimal::from(cases.len()))
}

/// 次均结余 = total ÷ cases, yuan. Source: 「ART」.
pub fn mean_profit(total: Fen, cases: u64) -> Option<Decimal> {
    total.yuan().checked_div(Decimal::from(cases))
}

/// 盈亏率 = 总盈亏 ÷ 总费用 × 100, percent. Source: 「ART」.
pub fn profit_rate_percent(total_profit: Fen, total_cost: Fen) -> Option<Ratio> {
    total_profit.yuan().checked_mul(Decimal::ONE_HUNDRED)?.checked_div(total_cost.yuan())
}

/// 人次人头比 = settlements ÷ persons, both counted once. Source: dip-policy.md 第 5 节.
pub fn visits_per_head<'a>(settlements: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Ratio> {
    let (mut visits, mut persons) = (BTreeSet::new(), BTreeSet::new());
    for (settlement, person) in settlements {
        visits.insert(settlement);
        persons.insert(person);
    }
    Decimal::from(visits.len()).checked_div(Decimal::from(persons.len()))
}

/// CV = population standard deviation ÷ mean. Source: 「S3」名词解释 13. `None` for no costs or a mean of zero.
pub fn coefficient_of_variation(costs: &[Decimal]) -> Option<Ratio> {
    let count = Decimal::from(costs.len());
    let mut sum = Decimal::ZERO;
    for cost in costs {
        sum = sum.checked_add(*cost)?;
    }
    let mean = sum.checked_div(count)?;
    let mut squares = Decimal::ZERO;
    for cost in costs {
        let apart = cost.checked_sub(mean)?;
        squares = squares.checked_add(apart.checked_mul(apart)?)?;
    }
    square_root(squares.checked_div(count)?)?.checked_div(mean)
}

/// Newton's method on decimals; good to the last digits a [`Decimal`] holds.
fn square_root(value: Decimal) -> Option<Decimal> {
    if value.is_sign_negative() && !value.is_zero() {
        return None;
    }
    if value.is_zero() {
        return Some(value);
    }
    let mut root = value.max(Decimal::ONE);
    for _ in 0..200 {
        let next = root.checked_add(value.checked_div(root)?)?.checked_div(Decimal::TWO)?;
        if next >= root {
            break;
        }
        root = next;
    }
    Some(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(numbers: &[&str]) -> Vec<Decimal> {
        numbers.iter().map(|text| model::parse_decimal(text).unwrap()).collect()
    }

    #[test]
    fn variation_is_that_of_the_population() {
        // mean 5, variance 4
        let cv = coefficient_of_variation(&all(&["2", "4", "4", "4", "5", "5", "7", "9"])).unwrap();
        assert_eq!(cv.round_dp(10), model::parse_decimal("0.4").unwrap());
        assert_eq!(coefficient_of_variation(&[]), None);
        assert_eq!(coefficient_of_variation(&all(&["0", "0"])), None);
        assert_eq!(coefficient_of_variation(&all(&["3", "3"])), Some(Decimal::ZERO));
    }

    #[test]
    fn roots_below_and_above_one() {
        for (square, root) in [("0.0625", "0.25"), ("2", "1.4142135624"), ("1000000", "1000")] {
            let found = square_root(model::parse_decimal(square).unwrap()).unwrap();
            assert_eq!(found.round_dp(10), model::parse_decimal(root).unwrap(), "{square}");
        }
    }
}
