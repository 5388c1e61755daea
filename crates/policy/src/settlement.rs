//! 结算规则: payment formula, insurance types, settlement ways, quotas, sharing.

use crate::evidence::Source;
use crate::prices::PriceKind;
use crate::reader::{Context, Section, Sheet};
use crate::scoring::{Cost, Factor};
use crate::span::Span;
use model::Ratio;
use rust_decimal::Decimal;
use rustc_hash::FxHashMap;

/// What is subtracted from points × price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Minus {
    /// Nothing.
    Nothing,
    /// 个人自费自付
    SelfPay,
    /// 总费用 − 统筹记账
    PatientPaid,
}

/// 清算 sharing band, by payment ÷ booked fund.
#[derive(Clone, Debug, PartialEq)]
pub struct Sharing {
    /// Lower bound, included.
    pub lo: Ratio,
    /// Upper bound, excluded; `None`: open.
    pub hi: Option<Ratio>,
    /// Part of the surplus kept, or of the deficit refunded, in this band.
    pub share: Ratio,
    /// Where it stands.
    pub source: Source,
}

/// `settlement.toml`.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// Factors of 分值费用.
    pub factors: Vec<Factor>,
    /// What is subtracted.
    pub minus: Minus,
    /// Smallest payment, yuan.
    pub floor: Option<Decimal>,
    /// What the surplus is measured against.
    pub surplus_against: Cost,
    /// Price kinds, best first.
    pub price_order: Vec<PriceKind>,
    /// 月度预结: share of the month's amount that is advanced.
    pub advance_ratio: Ratio,
    /// Part paid at once; the rest is 质量保证金.
    pub paid_ratio: Ratio,
    /// 再入院 days.
    pub readmission_days: Option<u32>,
    /// 清算 bands.
    pub sharing: Vec<Sharing>,
    /// 起付额 of the pooled-fund estimate, yuan.
    pub deductible: Decimal,
    /// Where the payment formula stands.
    pub source: Source,
}

/// 险种
#[derive(Clone, Debug, PartialEq)]
pub struct InsuranceType {
    /// Insurer's code.
    pub code: String,
    /// 名称
    pub name: String,
    /// 基金池
    pub pool: String,
    /// Whether its cases are paid by DIP.
    pub dip: bool,
    /// 报销比例
    pub reimbursement_ratio: Option<Ratio>,
    /// 起付额, yuan.
    pub deductible: Option<Decimal>,
    /// Where it stands.
    pub source: Source,
}

/// How a settlement way pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pays {
    /// 按分值
    Dip,
    /// 按项目
    Item,
    /// 按床日
    BedDay,
    /// 定额
    Quota,
}

/// 结算方式
#[derive(Clone, Debug, PartialEq)]
pub struct SettlementWay {
    /// The hospital's code.
    pub code: String,
    /// 名称
    pub name: String,
    /// What it pays by.
    pub pays: Pays,
    /// Where it stands.
    pub source: Source,
}

/// 医院
#[derive(Clone, Debug, PartialEq)]
pub struct Hospital {
    /// Id.
    pub code: String,
    /// 名称
    pub name: String,
    /// 等级
    pub level: String,
    /// 编制床位
    pub beds: Option<u32>,
    /// Where it stands.
    pub source: Source,
}

/// 项目定额病种: a fixed amount instead of points × price.
#[derive(Clone, Debug, PartialEq)]
pub struct FixedQuota {
    /// 病种编码
    pub group: String,
    /// 医院等级, empty: all.
    pub hospital_level: String,
    /// 险种, empty: all.
    pub insurance_type: String,
    /// Yuan.
    pub amount: Decimal,
    /// Where it stands.
    pub source: Source,
}

/// 床日 rate.
#[derive(Clone, Debug, PartialEq)]
pub struct BedDayRate {
    /// 结算方式
    pub settlement_way: String,
    /// 医院等级, empty: all.
    pub hospital_level: String,
    /// Days of the stay it pays.
    pub days: Span,
    /// Yuan a day.
    pub rate: Decimal,
    /// Where it stands.
    pub source: Source,
}

/// 独立计算项目 of the pooled-fund estimate.
#[derive(Clone, Debug, PartialEq)]
pub struct SeparateItem {
    /// Item code.
    pub item: String,
    /// 名称
    pub name: String,
    /// Its own reimbursement ratio.
    pub ratio: Ratio,
    /// Highest amount a stay, yuan.
    pub limit: Option<Decimal>,
    /// Where it stands.
    pub source: Source,
}

/// 参照费用 by hospital level.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceCost {
    /// 病种编码
    pub group: String,
    /// 医院等级
    pub hospital_level: String,
    /// Yuan.
    pub cost: Decimal,
    /// Where it stands.
    pub source: Source,
}

pub(crate) fn read(root: &Section<'_>) -> Settlement {
    let payment = root.child("payment");
    let monthly = root.child("monthly");
    let annual = root.child("annual");
    let estimate = root.child("estimate");
    let ratio = |section: &Section<'_>, key, default: Decimal| {
        let value = section.decimal(key).unwrap_or(default);
        if value < Decimal::ZERO || value > Decimal::ONE {
            section.problem(section.line(), format!("{key} 应在 0 与 1 之间"));
        }
        value
    };
    if !payment.exists() {
        root.problem(1, "缺少 [payment]：分值费用的公式");
    }
    let settlement = Settlement {
        factors: payment.choices("factors", &Factor::NAMES).unwrap_or_default(),
        minus: payment
            .choice(
                "minus",
                &[
                    ("none", Minus::Nothing),
                    ("self_pay", Minus::SelfPay),
                    ("patient_paid", Minus::PatientPaid),
                ],
            )
            .unwrap_or(Minus::Nothing),
        floor: payment.decimal("floor"),
        surplus_against: payment.choice("surplus_against", &Cost::NAMES).unwrap_or(Cost::Insurer),
        price_order: payment.choices("price_order", &PriceKind::NAMES).unwrap_or_else(|| {
            vec![PriceKind::Final, PriceKind::Monthly, PriceKind::Estimated, PriceKind::LastYear]
        }),
        advance_ratio: ratio(&monthly, "advance_ratio", Decimal::ONE),
        paid_ratio: ratio(&monthly, "paid_ratio", Decimal::ONE),
        readmission_days: annual.whole("readmission_days"),
        sharing: annual.children("sharing").iter().map(read_sharing).collect(),
        deductible: estimate.decimal("deductible").unwrap_or_default(),
        source: payment.source(),
    };
    if settlement.factors.is_empty() {
        payment.problem(payment.line(), "缺少 factors：分值费用由哪些因子相乘");
    }
    for section in [&payment, &monthly, &annual, &estimate, root] {
        section.finish();
    }
    settlement
}

fn read_sharing(section: &Section<'_>) -> Sharing {
    let sharing = Sharing {
        lo: section.decimal("lo").unwrap_or_default(),
        hi: section.decimal("hi"),
        share: section.decimal("share").unwrap_or_default(),
        source: section.source(),
    };
    section.finish();
    sharing
}

pub(crate) fn read_insurance_types(context: &Context, file: &str, bytes: &[u8]) -> Vec<InsuranceType> {
    let known = ["code", "name", "pool", "dip", "reimbursement_ratio", "deductible", "evidence"];
    let sheet = Sheet::read(context, file, bytes, &known, &["code", "name", "pool", "dip"]);
    let mut seen = FxHashMap::default();
    sheet
        .rows(context, file)
        .map(|row| InsuranceType {
            code: row.needed_once("code", &mut seen).to_owned(),
            name: row.needed("name").to_owned(),
            pool: row.text("pool").to_owned(),
            dip: row.needed_choice("dip", &[("1", true), ("0", false)]).unwrap_or(false),
            reimbursement_ratio: row.amount("reimbursement_ratio"),
            deductible: row.amount("deductible"),
            source: row.source(),
        })
        .collect()
}

pub(crate) fn read_ways(context: &Context, file: &str, bytes: &[u8]) -> Vec<SettlementWay> {
    let sheet =
        Sheet::read(context, file, bytes, &["code", "name", "pays", "evidence"], &["code", "name", "pays"]);
    let pays = [("dip", Pays::Dip), ("item", Pays::Item), ("bed_day", Pays::BedDay), ("quota", Pays::Quota)];
    let mut seen = FxHashMap::default();
    sheet
        .rows(context, file)
        .map(|row| SettlementWay {
            code: row.needed_once("code", &mut seen).to_owned(),
            name: row.needed("name").to_owned(),
            pays: row.needed_choice("pays", &pays).unwrap_or(Pays::Dip),
            source: row.source(),
        })
        .collect()
}

pub(crate) fn read_hospitals(context: &Context, file: &str, bytes: &[u8]) -> Vec<Hospital> {
    let sheet =
        Sheet::read(context, file, bytes, &["code", "name", "level", "beds", "evidence"], &["code", "name"]);
    let mut seen = FxHashMap::default();
    sheet
        .rows(context, file)
        .map(|row| Hospital {
            code: row.needed_once("code", &mut seen).to_owned(),
            name: row.needed("name").to_owned(),
            level: row.text("level").to_owned(),
            beds: row.whole("beds"),
            source: row.source(),
        })
        .collect()
}

pub(crate) fn read_quotas(context: &Context, file: &str, bytes: &[u8]) -> Vec<FixedQuota> {
    let known = ["group", "hospital_level", "insurance_type", "amount", "evidence"];
    let sheet = Sheet::read(context, file, bytes, &known, &["group", "amount"]);
    sheet
        .rows(context, file)
        .map(|row| FixedQuota {
            group: row.needed("group").to_owned(),
            hospital_level: row.text("hospital_level").to_owned(),
            insurance_type: row.text("insurance_type").to_owned(),
            amount: row.needed_amount("amount"),
            source: row.source(),
        })
        .collect()
}

pub(crate) fn read_bed_days(context: &Context, file: &str, bytes: &[u8]) -> Vec<BedDayRate> {
    let known = ["settlement_way", "hospital_level", "days", "rate", "evidence"];
    let sheet = Sheet::read(context, file, bytes, &known, &["settlement_way", "days", "rate"]);
    sheet
        .rows(context, file)
        .map(|row| BedDayRate {
            settlement_way: row.needed("settlement_way").to_owned(),
            hospital_level: row.text("hospital_level").to_owned(),
            days: row.span("days").unwrap_or_default(),
            rate: row.needed_amount("rate"),
            source: row.source(),
        })
        .collect()
}

pub(crate) fn read_separate_items(context: &Context, file: &str, bytes: &[u8]) -> Vec<SeparateItem> {
    let sheet = Sheet::read(
        context,
        file,
        bytes,
        &["item", "name", "ratio", "limit", "evidence"],
        &["item", "ratio"],
    );
    sheet
        .rows(context, file)
        .map(|row| SeparateItem {
            item: row.needed("item").to_owned(),
            name: row.text("name").to_owned(),
            ratio: row.needed_amount("ratio"),
            limit: row.amount("limit"),
            source: row.source(),
        })
        .collect()
}

pub(crate) fn read_reference_costs(context: &Context, file: &str, bytes: &[u8]) -> Vec<ReferenceCost> {
    let known = ["group", "hospital_level", "cost", "evidence"];
    let sheet = Sheet::read(context, file, bytes, &known, &["group", "hospital_level", "cost"]);
    sheet
        .rows(context, file)
        .map(|row| ReferenceCost {
            group: row.needed("group").to_owned(),
            hospital_level: row.needed("hospital_level").to_owned(),
            cost: row.needed_amount("cost"),
            source: row.source(),
        })
        .collect()
}
