//! 政策用语: the mechanisms of a pack in sentences a user reads.

use crate::{
    AllOf, BareRows, ClassRule, CodeMatch, DiagnosisPattern, Factor, Group, GroupingRules, KeyLength,
    MainOperation, Minus, PatientConditions, PointsCoefficient, Scheme, Segment, Settlement, Source, Span,
    Stage,
};
use model::{Code, Sex};

/// `A 任一` of at most so many codes; the rest is counted.
const SHOWN: usize = 12;

/// Stands behind every parameter that no document backs yet.
pub fn mark(source: Source) -> &'static str {
    if source.confirmed() { "" } else { "（未确认）" }
}

/// How a stage looks for groups.
pub fn stage(stage: &Stage) -> String {
    let lengths: Vec<String> = stage
        .key_lengths
        .iter()
        .map(|length| match length {
            KeyLength::Chars(n) => format!("前 {n} 位"),
            KeyLength::Full => "全码".to_owned(),
        })
        .collect();
    let mut parts = vec![format!("读取 {}", stage.sets.join("、"))];
    if !lengths.is_empty() {
        let collect = match (lengths.len() > 1, stage.first_length) {
            (false, _) => "",
            (true, true) => "，先有候选者为准",
            (true, false) => "，各长度的候选一并收集",
        };
        parts.push(format!("按主诊断{}查找{collect}", lengths.join("、")));
    }
    if stage.ranges {
        parts.push("再查范围、清单与任意诊断".to_owned());
    }
    parts.push(
        match stage.bare_rows {
            BareRows::Conservative => "无操作病种只收保守治疗病例",
            BareRows::NoBetter => "没有带操作的病种可入时收入无操作病种",
            BareRows::Always => "无操作病种总可入",
        }
        .to_owned(),
    );
    if !stage.tie_break.is_empty() {
        let order: Vec<&str> = stage.tie_break.iter().map(|tie| tie.chinese()).collect();
        parts.push(format!("择优：{}，再按目录顺序", order.join(" → ")));
    }
    parts.join("；")
}

/// The rules that hold for all stages.
pub fn grouping(rules: &GroupingRules) -> Vec<String> {
    let mut lines = Vec::new();
    let matching = |how| match how {
        CodeMatch::Exact => "编码完全一致",
        CodeMatch::Extension => "编码一致或为其 x 扩展码",
        CodeMatch::Prefix => "编码以其开头",
    };
    if !rules.excluded_diagnoses.is_empty() {
        let how = matching(rules.excluded_diagnosis_match);
        lines.push(format!("不入组主诊断 {} 条（{how}）", rules.excluded_diagnoses.len()));
    }
    let main = match rules.main_operation {
        MainOperation::Any => "任一操作可作主要操作",
        MainOperation::First => "只有第一条操作可作主要操作",
        MainOperation::FirstEligible => "排除后的第一条操作作主要操作",
    };
    let related =
        if rules.all_related { "相关操作须全部具备" } else { "相关操作具备其一即可" };
    lines.push(format!("操作匹配：{}；{main}；{related}", matching(rules.operation_match)));
    if !rules.excluded_operations.is_empty() {
        let how = matching(rules.excluded_operation_match);
        lines.push(format!("排除操作 {} 条（{how}）", rules.excluded_operations.len()));
    }
    let mut class =
        vec![if rules.highest_class { "病例类别取最高操作" } else { "病例类别取首个操作" }.to_owned()];
    if rules.surgical_includes_interventional {
        class.push("介入按手术".to_owned());
    }
    if rules.conservative_up_to_level > 0 {
        class.push(format!("{} 级及以下手术按保守治疗", rules.conservative_up_to_level));
    }
    lines.push(class.join("；"));
    if !rules.choose.is_empty() {
        let order: Vec<String> = rules
            .choose
            .iter()
            .map(|choice| {
                let stage = rules.stages.get(choice.stage).map_or("", |stage| stage.name.as_str());
                let class = choice.class.map_or("任意", |class| class.chinese());
                let only = if choice.unmatched_surgery { "（有手术未匹配时）" } else { "" };
                format!("{stage}·{class}{only}")
            })
            .collect();
        lines.push(format!("类型顺序：{}", order.join(" → ")));
    }
    lines
}

/// `0.5 ≤ 基准率 ≤ 2 正常：得分 = 标准分 × 1 × 医院系数`.
pub fn segment(segment: &Segment) -> String {
    let lo = format!("{} {} ", segment.lo, if segment.lo_inclusive { "≤" } else { "<" });
    let hi = segment
        .hi
        .map_or(String::new(), |hi| format!(" {} {hi}", if segment.hi_inclusive { "≤" } else { "<" }));
    let coefficients: String =
        segment.coefficients.iter().map(|c| format!(" × {}", PointsCoefficient::chinese(*c))).collect();
    let review = if segment.review.is_empty() { String::new() } else { format!("（{}）", segment.review) };
    format!("{lo}基准率{hi} {}：得分 = 标准分 × {}{coefficients}{review}", segment.name, factor(segment))
}

fn factor(segment: &Segment) -> String {
    let ratio = match () {
        () if segment.a.is_zero() => String::new(),
        () if segment.a == model::Ratio::ONE => "基准率".to_owned(),
        () => format!("{} × 基准率", segment.a),
    };
    let constant = match () {
        () if segment.b.is_zero() && (!ratio.is_empty() || segment.add_hospital) => String::new(),
        () if ratio.is_empty() => segment.b.to_string(),
        () if segment.b.is_sign_negative() => format!(" − {}", segment.b.abs()),
        () => format!(" + {}", segment.b),
    };
    let mut text = ratio + &constant;
    if segment.add_hospital {
        text.push_str(if text.is_empty() { "医院系数" } else { " + 医院系数" });
    }
    if text.contains(' ') { format!("（{text}）") } else { text }
}

/// For which groups a scheme is.
pub fn scheme(scheme: &Scheme) -> String {
    match (scheme.groups.is_empty(), scheme.flags.is_empty()) {
        (true, true) => format!("{}（其余病种）", scheme.id),
        (false, true) => format!("{}（{}）", scheme.id, scheme.groups.join("、")),
        (_, false) => format!("{}（按病种标识）", scheme.id),
    }
}

/// Factors joined by ×.
pub fn product(factors: &[Factor]) -> String {
    factors.iter().map(|factor| factor.chinese()).collect::<Vec<_>>().join(" × ")
}

/// The payment formula.
pub fn payment(settlement: &Settlement) -> String {
    let minus = match settlement.minus {
        Minus::Nothing => "",
        Minus::SelfPay => " − 个人自费自付",
        Minus::PatientPaid => " −（总费用 − 统筹记账）",
    };
    let floor = settlement.floor.map_or(String::new(), |floor| format!("，不低于 {floor} 元"));
    format!("分值费用 = {}{minus}{floor}", product(&settlement.factors))
}

/// Conditions of a group, one line each.
pub fn conditions(group: &Group) -> Vec<String> {
    let mut lines = vec![format!("主诊断：{}", any(group.diagnosis.iter().map(diagnosis)))];
    let mut all = |title: &str, terms: Vec<String>| {
        if !terms.is_empty() {
            lines.push(format!("{title}：{}", terms.join("，且 ")));
        }
    };
    let diagnoses = |terms: &AllOf<DiagnosisPattern>| -> Vec<String> {
        terms.iter().map(|term| any(term.iter().map(diagnosis))).collect()
    };
    let codes = |terms: &AllOf<Code>| -> Vec<String> {
        terms.iter().map(|term| any(term.iter().map(|code| code.to_string()))).collect()
    };
    all("其他诊断", diagnoses(&group.other_diagnosis));
    all("主要操作", codes(&group.main_operation));
    all("相关操作", codes(&group.related_operation));
    match group.class_rule {
        Some(ClassRule::Class(class)) => lines.push(format!("病例类别：{}", class.chinese())),
        Some(ClassRule::Levels(lo, hi)) if lo == hi => lines.push(format!("最高手术级别：{lo} 级")),
        Some(ClassRule::Levels(lo, hi)) => lines.push(format!("最高手术级别：{lo} 至 {hi} 级")),
        None if group.is_bare() => lines.push("操作：无".to_owned()),
        None => {}
    }
    lines.extend(patient(&group.patient));
    lines
}

fn diagnosis(pattern: &DiagnosisPattern) -> String {
    match pattern {
        DiagnosisPattern::Prefix(code) => format!("{code}…"),
        DiagnosisPattern::Range(lo, hi) => format!("{lo} 至 {hi}"),
        DiagnosisPattern::Any => "任意".to_owned(),
    }
}

fn any(items: impl ExactSizeIterator<Item = String>) -> String {
    let count = items.len();
    let shown: Vec<String> = items.take(SHOWN).collect();
    let more = if count > SHOWN { format!("等 {count} 个") } else { String::new() };
    let one_of = if count > 1 { " 任一" } else { "" };
    format!("{}{more}{one_of}", shown.join("、"))
}

fn patient(patient: &PatientConditions) -> Vec<String> {
    let sex = patient.sex.map(|sex| format!("性别：{}", if sex == Sex::Male { "男" } else { "女" }));
    let span = |title: &str, unit: &str, span: Option<Span>| {
        let span = span?;
        let text = match (span.lo, span.hi) {
            (Some(lo), Some(hi)) if lo == hi => format!("{lo}"),
            (Some(lo), Some(hi)) => format!("{lo} 至 {hi}"),
            (Some(lo), None) => format!("不小于 {lo}"),
            (None, Some(hi)) => format!("不大于 {hi}"),
            (None, None) => return None,
        };
        Some(format!("{title}：{text} {unit}"))
    };
    [
        sex,
        span("年龄", "岁", patient.age_years),
        span("日龄", "天", patient.age_days),
        span("出生体重", "克", patient.birth_weight_g),
        span("住院", "天", patient.stay_days),
    ]
    .into_iter()
    .flatten()
    .collect()
}
