//! 取数规则: which of a record's versions the engines see, and which column of a settlement is 医保费用.

use model::canonical::Value;

/// Where diagnoses and operations may come from, as in `diagnosis.origin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordOrigin {
    /// 结算清单, what the insurer groups by.
    Insurer,
    /// 编码员
    Coded,
    /// 临床
    Clinical,
    /// 入院诊断
    Admission,
}

impl RecordOrigin {
    pub(crate) fn name(self) -> &'static str {
        match self {
            RecordOrigin::Insurer => "insurer",
            RecordOrigin::Coded => "coded",
            RecordOrigin::Clinical => "clinical",
            RecordOrigin::Admission => "admission",
        }
    }
}

/// What counts as 医保费用 of a settled stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsurerCost {
    /// 医保认可费用总额 (`inscp_scp_amt`).
    InScope,
    /// 总费用 − 全自费金额
    TotalLessOwnPay,
    /// 基金支付总额
    FundTotal,
}

/// How a hospital's records become cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRules {
    /// The first origin that has a principal diagnosis is taken, with its operations.
    pub origins: Vec<RecordOrigin>,
    /// 医保费用
    pub insurer_cost: InsurerCost,
    /// The hospital's id in the packs; empty: the pack's first hospital.
    pub hospital: String,
    /// Its level; empty: the pack's first hospital's.
    pub hospital_level: String,
}

impl Default for CaseRules {
    fn default() -> CaseRules {
        CaseRules {
            origins: vec![
                RecordOrigin::Insurer,
                RecordOrigin::Coded,
                RecordOrigin::Clinical,
                RecordOrigin::Admission,
            ],
            insurer_cost: InsurerCost::InScope,
            hospital: String::new(),
            hospital_level: String::new(),
        }
    }
}

impl InsurerCost {
    /// From the columns of a settlement, in 分; `None` when the column is empty.
    pub(crate) fn of(self, total: &Value, own_pay: &Value, in_scope: &Value, fund: &Value) -> Option<i64> {
        match self {
            InsurerCost::InScope => in_scope.int(),
            InsurerCost::TotalLessOwnPay => Some(total.int()? - own_pay.int()?),
            InsurerCost::FundTotal => fund.int(),
        }
    }
}
