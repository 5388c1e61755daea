//! One group with every parameter that concerns it.

use policy::words;
use policy::{CoefficientKind, Flag, Group, Policy};
use serde_json::{Value, json};
use std::fmt::Write;

pub(super) fn in_words(policy: &Policy, group: &Group) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    writeln!(text, "{} {}", group.code, group.name)?;
    writeln!(
        text,
        "  {}，分类“{}”，集合 {}，{}",
        group.kind.chinese(),
        group.category,
        group.set,
        policy.place(group.source)
    )?;
    writeln!(text, "  分值 {}{}", group.points, words::mark(group.source))?;
    let statistics = [
        group.reference_cost.map(|cost| format!("参照费用 {cost} 元")),
        group.mean_days.map(|days| format!("平均住院 {days} 天")),
        group.cv.map(|cv| format!("变异系数 {cv}")),
        group.cases.map(|cases| format!("{cases} 例")),
    ];
    let statistics: Vec<String> = statistics.into_iter().flatten().collect();
    if !statistics.is_empty() {
        writeln!(text, "  {}", statistics.join("，"))?;
    }
    if !group.flags.is_empty() {
        writeln!(text, "  标识：{}", flags(group).join("、"))?;
    }
    writeln!(text, "  依据：{}", policy.evidence_of(group.source))?;
    writeln!(text, "入组条件")?;
    for line in words::conditions(group) {
        writeln!(text, "  {line}")?;
    }
    let stages: Vec<&str> = policy
        .grouping
        .stages
        .iter()
        .filter(|s| s.sets.contains(&group.set))
        .map(|s| s.name.as_str())
        .collect();
    writeln!(text, "  由阶段 {} 读取", stages.join("、"))?;
    for cost in policy.reference_costs.iter().filter(|row| row.group == group.code) {
        writeln!(
            text,
            "{} 级医院参照费用 {} 元{}",
            cost.hospital_level,
            cost.cost,
            words::mark(cost.source)
        )?;
    }
    writeln!(text, "系数")?;
    let mut any = false;
    for row in policy.coefficients_of(group) {
        any = true;
        let name = match row.coefficient {
            CoefficientKind::Hospital => "医院系数",
            CoefficientKind::Group => "病种系数",
            CoefficientKind::Bonus => "加成系数",
            CoefficientKind::Assessment => "考核系数",
        };
        let cells = [&row.name, &row.hospital, &row.hospital_level, &row.group, &row.insurance_type];
        let cells: Vec<&str> =
            cells.into_iter().filter(|cell| !cell.is_empty()).map(String::as_str).collect();
        let place = policy.place(row.source);
        writeln!(text, "  {name} {} {}{}，{place}", row.value, cells.join(" "), words::mark(row.source))?;
    }
    if !any {
        writeln!(text, "  无（一律为 1）")?;
    }
    for quota in policy.fixed_quotas.iter().filter(|row| row.group == group.code) {
        let whom = [quota.hospital_level.as_str(), quota.insurance_type.as_str()].join(" ");
        writeln!(text, "项目定额 {} 元 {}{}", quota.amount, whom.trim(), words::mark(quota.source))?;
    }
    auxiliary(policy, group, &mut text)?;
    if let Some(scheme) = policy.scheme_of(group) {
        writeln!(text, "基准率分段 {}", words::scheme(scheme))?;
        for segment in &scheme.segments {
            writeln!(text, "  {}{}", words::segment(segment), words::mark(segment.source))?;
        }
    }
    Ok(text)
}

fn auxiliary(policy: &Policy, group: &Group, text: &mut String) -> std::fmt::Result {
    for (kind, levels) in policy.auxiliary_of(group) {
        let named = |id: &str, name: &str| if name.is_empty() { id.to_owned() } else { name.to_owned() };
        let levels: Vec<String> = levels
            .iter()
            .map(|(level, value)| format!("{} {value}", named(&level.id, &level.name)))
            .collect();
        writeln!(text, "辅助目录 {}：{}", named(&kind.id, &kind.name), levels.join("，"))?;
    }
    Ok(())
}

fn flags(group: &Group) -> Vec<&'static str> {
    let words = [
        (Flag::Primary, "基层病种"),
        (Flag::FixedQuota, "项目定额"),
        (Flag::DaySurgery, "日间手术"),
        (Flag::Tcm, "中医优势病种"),
        (Flag::NoAuxiliary, "不用辅助目录"),
        (Flag::BedDay, "床日"),
    ];
    words.iter().filter(|(flag, _)| group.has(*flag)).map(|(_, word)| *word).collect()
}

pub(super) fn in_json(policy: &Policy, group: &Group) -> Value {
    let number = |value: Option<rust_decimal::Decimal>| value.map(|value| value.to_string());
    let coefficients: Vec<Value> = policy
        .coefficients_of(group)
        .map(|row| {
            json!({
                "name": row.name,
                "hospital": row.hospital,
                "hospital_level": row.hospital_level,
                "insurance_type": row.insurance_type,
                "value": row.value.to_string(),
                "confirmed": row.source.confirmed(),
                "place": policy.place(row.source),
            })
        })
        .collect();
    json!({
        "code": group.code,
        "name": group.name,
        "set": group.set,
        "kind": group.kind.name(),
        "category": group.category,
        "points": group.points.to_string(),
        "reference_cost": number(group.reference_cost),
        "mean_days": number(group.mean_days),
        "cv": number(group.cv),
        "cases": group.cases,
        "flags": flags(group),
        "conditions": words::conditions(group),
        "coefficients": coefficients,
        "scheme": policy.scheme_of(group).map(|scheme| scheme.id.as_str()),
        "evidence": policy.evidence_of(group.source),
        "confirmed": group.source.confirmed(),
        "place": policy.place(group.source),
        "pack": policy.hash,
    })
}
