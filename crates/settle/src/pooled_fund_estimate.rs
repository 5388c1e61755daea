//! 统筹费用预估: what the pooled fund will probably pay for a stay.

use crate::exact::Exact;
use model::{Fen, Ratio};
use policy::Policy;

/// What is known of the stay.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EstimateTerms {
    /// 总费用
    pub total_cost: Fen,
    /// 自费额 (目录外全自费).
    pub self_pay: Fen,
    /// 险种, insurer's code.
    pub insurance_type: String,
    /// 独立计算项目 used: item code and amount inside the total, self-paid part excluded.
    pub items: Vec<(String, Fen)>,
}

/// One line of the estimate.
#[derive(Clone, Debug, PartialEq)]
pub struct EstimateLine {
    /// Row in [`Policy::separate_items`]; `None`: the general part.
    pub item: Option<usize>,
    /// 名称
    pub name: String,
    /// Amount charged.
    pub amount: Fen,
    /// 限额 of the item a stay.
    pub limit: Option<Fen>,
    /// Amount that counts: charged up to the limit, for the general part less self pay, deductible and items.
    pub counted: Fen,
    /// 报销比例
    pub ratio: Ratio,
    /// counted × ratio, to the 分.
    pub fund: Fen,
}

/// The estimate, itemised.
#[derive(Clone, Debug, PartialEq)]
pub struct PooledFundEstimate {
    /// 起付额 taken off.
    pub deductible: Fen,
    /// General part first, then the items in the order given.
    pub lines: Vec<EstimateLine>,
    /// 预计统筹费用: sum of the lines.
    pub fund: Fen,
    /// Every parameter used is confirmed.
    pub confirmed: bool,
}

/// Why nothing can be estimated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EstimateError {
    /// The insurance type is not in the pack.
    #[error("险种“{0}”不在政策包中，请核对险种")]
    InsuranceType(String),
    /// The insurance type has no reimbursement ratio.
    #[error("险种“{0}”没有报销比例，请在 insurance_types.csv 补充")]
    NoRatio(String),
    /// An item is not among the separate items.
    #[error("项目“{0}”不在独立计算项目中，请在 separate_items.csv 补充")]
    Item(String),
    /// An amount is below zero.
    #[error("费用为负数，请核对退费")]
    Negative,
    /// A number is too large.
    #[error("数值超出可计算的范围，请核对费用与参数")]
    OutOfRange,
}

/// 预计统筹 = (总费用 − 自费额 − 独立项目 − 起付额, not below 0) × 报销比例 + Σ min(独立项目, 限额) × 其比例.
///
/// Without items this is the formula of EST-01 (dip-policy.md 第 6 节): (20000 − 1500 − 800) × 0.85 = 15045.00. The
/// clamp at 0 is ours. What an item costs beyond its limit falls to the patient, not back into the general part.
/// 起付额: the insurance type's own (`insurance_types.csv`), else that of `settlement.toml [estimate]`.
pub fn estimate_pooled_fund(
    policy: &Policy,
    terms: &EstimateTerms,
) -> Result<PooledFundEstimate, EstimateError> {
    if terms.total_cost < Fen::ZERO
        || terms.self_pay < Fen::ZERO
        || terms.items.iter().any(|i| i.1 < Fen::ZERO)
    {
        return Err(EstimateError::Negative);
    }
    let insurance = policy.insurance_types.iter().find(|row| row.code == terms.insurance_type);
    let insurance = insurance.ok_or_else(|| EstimateError::InsuranceType(terms.insurance_type.clone()))?;
    let ratio =
        insurance.reimbursement_ratio.ok_or_else(|| EstimateError::NoRatio(terms.insurance_type.clone()))?;
    let to_fen = |yuan| Fen::from_yuan(yuan).ok_or(EstimateError::OutOfRange);
    let deductible = to_fen(insurance.deductible.unwrap_or(policy.settlement.deductible))?;
    let mut confirmed = insurance.source.confirmed();
    if insurance.deductible.is_none() {
        confirmed &= policy.settlement.source.confirmed();
    }
    let mut lines = Vec::new();
    let mut apart = Fen::ZERO;
    // A limit holds for the stay: amounts of one item written in several lines share it.
    let mut used: Vec<(usize, Fen)> = Vec::new();
    for (code, amount) in &terms.items {
        let at = policy.separate_items.iter().position(|row| row.item == *code);
        let at = at.ok_or_else(|| EstimateError::Item(code.clone()))?;
        let Some(row) = policy.separate_items.get(at) else { continue };
        let limit = row.limit.map(to_fen).transpose()?;
        let before: Fen = used.iter().filter(|(item, _)| *item == at).map(|(_, counted)| *counted).sum();
        let counted = limit.map_or(*amount, |limit| (*amount).min((limit - before).max(Fen::ZERO)));
        used.push((at, counted));
        let fund = share(counted, row.ratio)?;
        apart += *amount;
        confirmed &= row.source.confirmed();
        lines.push(EstimateLine {
            item: Some(at),
            name: row.name.clone(),
            amount: *amount,
            limit,
            counted,
            ratio: row.ratio,
            fund,
        });
    }
    let amount = (terms.total_cost - apart).max(Fen::ZERO);
    let counted = (amount - terms.self_pay - deductible).max(Fen::ZERO);
    let general = EstimateLine {
        item: None,
        name: "一般医疗费用".to_owned(),
        amount,
        limit: None,
        counted,
        ratio,
        fund: share(counted, ratio)?,
    };
    lines.insert(0, general);
    let fund = lines.iter().map(|line| line.fund).sum();
    Ok(PooledFundEstimate { deductible, lines, fund, confirmed })
}

fn share(amount: Fen, ratio: Ratio) -> Result<Fen, EstimateError> {
    let product = Exact::yuan(amount).times(Exact::of(ratio));
    product.and_then(Exact::fen).ok_or(EstimateError::OutOfRange)
}
