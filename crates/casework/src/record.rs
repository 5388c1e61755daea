//! From texts to a [`Case`]: one set of checks for every input format.

use model::{Case, Code, Coded, Fen, Sex, parse_moment};

/// Codes of one kind a record may hold; the standard allows 40.
const MOST_CODES: usize = 200;
/// Characters of one code; the longest dagger/asterisk pairs have about 20.
const LONGEST_CODE: usize = 64;
/// 100 million yuan: no stay costs more.
const HIGHEST_COST: Fen = Fen(10_000_000_000);

/// What is wrong with one case; shown to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseError {
    /// Field name as in the JSON contract; empty when the whole line is meant.
    pub field: &'static str,
    /// What is wrong and the remedy, in Chinese.
    pub message: String,
}

impl CaseError {
    pub(crate) fn new(field: &'static str, message: impl Into<String>) -> CaseError {
        CaseError { field, message: message.into() }
    }
}

/// A field of the record, whatever its source: `None` or blank is not recorded.
pub trait Fields {
    /// The text of a scalar field.
    fn text(&self, field: &'static str) -> Option<&str>;
    /// Calls `each` with every entry of a list field.
    fn list(&self, field: &'static str, each: &mut dyn FnMut(&str));
}

/// Fills `case` (its buffers are reused) from a record.
pub fn fill(case: &mut Case, fields: &impl Fields) -> Result<(), CaseError> {
    let text = |field| fields.text(field).map(str::trim).filter(|text| !text.is_empty());
    let short = |field| text(field).unwrap_or_default().into();
    case.id = text("id").ok_or_else(|| CaseError::new("id", "缺少病例号 id"))?.into();
    let principal = text("principal_diagnosis").unwrap_or_default();
    case.principal_diagnosis = coded("principal_diagnosis", principal, Coded::diagnosis)?;
    codes(fields, "other_diagnoses", &mut case.other_diagnoses, Coded::diagnosis)?;
    codes(fields, "procedures", &mut case.procedures, Coded::procedure)?;
    case.sex = sex(text("sex"))?;
    case.age_years = whole("age_years", text("age_years"), 150, "岁")?;
    case.age_days = whole("age_days", text("age_days"), 54_750, "天")?;
    case.birth_weight_g = whole("birth_weight_g", text("birth_weight_g"), 20_000, "克")?;
    case.icu_days = whole("icu_days", text("icu_days"), 54_750, "天")?;
    case.admitted = moment("admitted", text("admitted"))?;
    case.discharged = moment("discharged", text("discharged"))?;
    case.settled = moment("settled", text("settled"))?;
    if let (Some(from), Some(to)) = (case.admitted, case.discharged)
        && to < from
    {
        return Err(CaseError::new("discharged", format!("出院时间 {to} 早于入院时间 {from}，请核对")));
    }
    case.discharge_way = short("discharge_way");
    case.insurance_type = short("insurance_type");
    case.settlement_way = short("settlement_way");
    case.hospital_level = short("hospital_level");
    case.hospital = short("hospital");
    case.total_cost = cost("total_cost", text("total_cost"))?;
    case.insurer_cost = cost("insurer_cost", text("insurer_cost"))?;
    case.in_scope_cost = cost("in_scope_cost", text("in_scope_cost"))?;
    case.pooled_fund = cost("pooled_fund", text("pooled_fund"))?;
    case.self_pay = cost("self_pay", text("self_pay"))?;
    case.drug_cost = cost("drug_cost", text("drug_cost"))?;
    case.treatment_cost = cost("treatment_cost", text("treatment_cost"))?;
    parts_within_total(case)
}

fn coded(field: &'static str, written: &str, make: fn(&str) -> Coded) -> Result<Coded, CaseError> {
    if written.len() > LONGEST_CODE {
        return Err(CaseError::new(field, format!("编码过长（{} 个字节），请核对", written.len())));
    }
    Ok(make(written))
}

fn codes(
    fields: &impl Fields,
    field: &'static str,
    into: &mut Vec<Coded>,
    make: fn(&str) -> Coded,
) -> Result<(), CaseError> {
    into.clear();
    let mut problem = None;
    fields.list(field, &mut |written| {
        let written = written.trim();
        if written.is_empty() || problem.is_some() {
            return;
        }
        match coded(field, written, make) {
            Ok(code) if code.code == Code::default() => {}
            Ok(code) => into.push(code),
            Err(error) => problem = Some(error),
        }
    });
    match problem {
        Some(problem) => Err(problem),
        None if into.len() > MOST_CODES => {
            Err(CaseError::new(field, format!("编码有 {} 个，超过 {MOST_CODES} 个，请核对", into.len())))
        }
        None => Ok(()),
    }
}

fn sex(text: Option<&str>) -> Result<Option<Sex>, CaseError> {
    match text {
        None | Some("0" | "9" | "未知" | "未说明") => Ok(None),
        Some("1" | "男" | "M" | "m") => Ok(Some(Sex::Male)),
        Some("2" | "女" | "F" | "f") => Ok(Some(Sex::Female)),
        Some(other) => Err(CaseError::new("sex", format!("性别“{other}”无法识别：1 男，2 女"))),
    }
}

fn whole(field: &'static str, text: Option<&str>, most: u32, unit: &str) -> Result<Option<u32>, CaseError> {
    let Some(text) = text else { return Ok(None) };
    match text.strip_suffix(".0").unwrap_or(text).parse::<u32>() {
        Ok(value) if value <= most => Ok(Some(value)),
        _ => Err(CaseError::new(field, format!("“{}”应为 0 到 {most} 的整数（{unit}）", quote(text)))),
    }
}

fn moment(field: &'static str, text: Option<&str>) -> Result<Option<jiff::civil::DateTime>, CaseError> {
    let Some(text) = text else { return Ok(None) };
    let problem = || CaseError::new(field, format!("“{}”不是日期时间：写成 2025-03-01T08:00", quote(text)));
    parse_moment(text).map(Some).ok_or_else(problem)
}

fn cost(field: &'static str, text: Option<&str>) -> Result<Option<Fen>, CaseError> {
    let Some(text) = text else { return Ok(None) };
    let amount = Fen::parse_yuan(text).map_err(|error| CaseError::new(field, error.to_string()))?;
    if amount < Fen::ZERO {
        return Err(CaseError::new(field, format!("费用 {amount} 为负数，请核对退费是否已冲减")));
    }
    if amount > HIGHEST_COST {
        return Err(CaseError::new(field, format!("费用 {amount} 超过 1 亿元，请核对单位是否为元")));
    }
    Ok(Some(amount))
}

fn parts_within_total(case: &Case) -> Result<(), CaseError> {
    let Some(total) = case.total_cost else { return Ok(()) };
    let parts = [
        ("insurer_cost", "医保费用", case.insurer_cost),
        ("in_scope_cost", "范围内费用", case.in_scope_cost),
        ("pooled_fund", "统筹记账", case.pooled_fund),
        ("self_pay", "个人支付", case.self_pay),
        ("drug_cost", "药品费", case.drug_cost),
        ("treatment_cost", "治疗费", case.treatment_cost),
    ];
    for (field, name, part) in parts {
        if let Some(part) = part.filter(|part| *part > total) {
            return Err(CaseError::new(field, format!("{name} {part} 大于总费用 {total}，请核对")));
        }
    }
    Ok(())
}

/// At most 40 characters of bad input.
fn quote(text: &str) -> String {
    if text.chars().count() > 40 { text.chars().take(40).chain(['…']).collect() } else { text.to_owned() }
}
