//! 医保返回 of one case, as the fit needs it.

use model::{Fen, Points, Ratio};
use policy::Kind;

/// One row of the insurer's result. Wire names are those of transaction 4160 (integration.md b3).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReturnedCase {
    /// 病种编码 when the return or our own grouping tells it; used to look up reference costs.
    pub group: Option<String>,
    /// Contract kind when known: 基层病种 may have coefficients of their own.
    pub kind: Option<Kind>,
    /// 对照病种分值 (`dise_sco`).
    pub standard_points: Points,
    /// 实际分组病种分值 (`act_dise_sco`); taken instead of `standard_points` when there.
    pub matched_points: Option<Points>,
    /// 实际结算分值 (`act_setl_sco`).
    pub settled_points: Points,
    /// 总费用 (`total_payamt`).
    pub total_cost: Option<Fen>,
    /// 医保费用, when joined from our own record; 4160 does not carry it.
    pub insurer_cost: Option<Fen>,
    /// 范围内费用 (`inscp_amt`).
    pub in_scope_cost: Option<Fen>,
    /// 统筹 (`fund_payamt`).
    pub pooled_fund: Option<Fen>,
    /// 个人自付自费 (`psn_selfpay_amt`).
    pub self_pay: Option<Fen>,
    /// 应付结算金额 (`payb_setl_amt`).
    pub payable: Option<Fen>,
    /// 险种 (`insutype`).
    pub insurance_type: String,
    /// 医院 id, when returns of several hospitals are mixed; coefficients of the pack are looked up with it.
    pub hospital: String,
    /// 医院等级
    pub hospital_level: String,
    /// 辅助目录系数 of the case, from the return or our own pricing; `None`: taken as 1.
    pub auxiliary: Option<Ratio>,
}

impl ReturnedCase {
    /// The points the settled points are a multiple of.
    pub(crate) fn points(&self) -> Points {
        self.matched_points.unwrap_or(self.standard_points)
    }
}

/// Cases that share price and coefficients.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stratum {
    /// 基金池: the pack's for the insurance type, else the insurance type itself.
    pub pool: String,
    /// 医院
    pub hospital: String,
    /// 医院等级
    pub hospital_level: String,
    /// Contract kind, where known.
    pub kind: Option<Kind>,
}

impl Stratum {
    /// As on a screen: `职工 · 医院 H1 · 医院等级 3 · 核心病种`.
    pub fn chinese(&self) -> String {
        let hospital = match self.hospital.as_str() {
            "" => String::new(),
            hospital => format!(" · 医院 {hospital}"),
        };
        let level = match self.hospital_level.as_str() {
            "" => String::new(),
            level => format!(" · 医院等级 {level}"),
        };
        let kind = self.kind.map_or(String::new(), |kind| format!(" · {}", kind.chinese()));
        format!("{}{hospital}{level}{kind}", self.pool)
    }
}
