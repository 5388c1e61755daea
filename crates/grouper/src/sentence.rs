//! The trace in Chinese, as a coder reads it.

use crate::explain::{Outcome, Step, split};
use crate::grouping::{Grouping, Hit, Refused};
use crate::index::{GroupId, Index};
use crate::prepare::{Prepared, known_operation};
use crate::reason::Ungrouped;
use crate::select;
use model::{Case, Code, Coded};
use policy::{AllOf, ClassRule, ExclusionRule, Group, Policy};

pub(crate) fn refused_before_stages(case: &Case, reason: Ungrouped) -> Step {
    Step {
        stage: "入组前检查".to_owned(),
        input: input_text(case),
        row: None,
        source: None,
        result: reason.name().to_owned(),
        text: format!("{}，不进入分组流程。", reason.chinese()),
    }
}

pub(crate) fn prepared(policy: &Policy, index: &Index, case: &Case, prepared: &Prepared) -> Step {
    let mut text = format!("主诊断 {}", spelling(&case.principal_diagnosis, &prepared.principal));
    let principal = policy.code_map.diagnosis(&case.principal_diagnosis.code);
    if *principal != case.principal_diagnosis.code {
        text.push_str(&format!("（由国临版 {} 对照而来）", case.principal_diagnosis.code));
    }
    if case.procedures.is_empty() {
        text.push_str("；无手术操作");
    }
    for operation in &case.procedures {
        let code = policy.code_map.procedure(&operation.code);
        let known = known_operation(policy, index, code);
        let class = known.class.map_or("类别未知", policy::OperationClass::chinese);
        text.push_str(&format!("；手术操作 {}（{class}", spelling(operation, code)));
        if known.level > 0 {
            text.push_str(&format!("，{} 级", known.level));
        }
        let rule = known.exclusion.and_then(|at| policy.grouping.excluded_operations.get(at as usize));
        text.push_str(match rule.map(|(_, rule)| rule) {
            None => "",
            Some(ExclusionRule::Drop) => "，不参与分组",
            Some(ExclusionRule::NotMain) => "，不可作为主要手术操作",
            Some(ExclusionRule::Conservative) => "，作为主要操作时按保守治疗入组",
            Some(ExclusionRule::Limited(_)) => "，限特定诊断可作主要手术操作",
        });
        text.push('）');
    }
    let class = prepared.class.chinese();
    text.push_str(&format!("。病例操作类别为“{class}”"));
    if prepared.forced_conservative {
        text.push_str("（主要操作属排除操作，整例按保守治疗）");
    }
    text.push('。');
    let result = class.to_owned();
    Step {
        stage: "编码与操作类别".to_owned(),
        input: input_text(case),
        row: None,
        source: None,
        result,
        text,
    }
}

pub(crate) fn looked_up(policy: &Policy, stage: usize, key: &str, rows: usize) -> Step {
    let name = stage_name(policy, stage);
    let text = match rows {
        0 => format!("{name}：目录中没有主诊断 {key} 的病种。"),
        rows => format!("{name}：按主诊断 {key} 查到 {rows} 个病种。"),
    };
    let source = policy.grouping.stages.get(stage).map(|stage| policy.place(stage.source));
    Step { stage: name.to_owned(), input: key.to_owned(), row: None, source, result: rows.to_string(), text }
}

pub(crate) fn stage_result(
    policy: &Policy,
    stage: usize,
    case: &Case,
    prepared: &Prepared,
    hits: &[&Hit],
    best: Option<&Hit>,
) -> Step {
    let name = stage_name(policy, stage).to_owned();
    let input = hits.iter().map(|hit| code(policy, hit.group as usize)).collect::<Vec<_>>().join(" ");
    let Some(best) = best else {
        let text = format!("{name}：没有符合条件的病种。");
        return Step { stage: name, input, row: None, source: None, result: "none".to_owned(), text };
    };
    let at = best.group as usize;
    let mut text = format!("{name}：符合条件的病种 {} 个", hits.len());
    let (matched, _) = split(policy, case, prepared, best.matched);
    text.push_str(&format!("，取 {}", named(policy, at)));
    if !matched.is_empty() {
        text.push_str(&format!("，匹配操作 {}", join(&matched)));
    }
    let keys = policy.grouping.stages.get(stage).map_or(&[][..], |stage| &stage.tie_break);
    let mut used = Vec::new();
    for other in hits.iter().filter(|hit| hit.group != best.group) {
        let reason = select::compare(policy, keys, case, prepared, best, other)
            .map_or("目录顺序在前者优先", |(_, key)| key.chinese());
        if !used.contains(&reason) {
            used.push(reason);
        }
    }
    if !used.is_empty() {
        text.push_str(&format!("（{}）", used.join("；")));
    }
    text.push('。');
    Step {
        stage: name,
        input,
        row: Some(code(policy, at).to_owned()),
        source: place(policy, at),
        result: "found".to_owned(),
        text,
    }
}

pub(crate) fn chosen(policy: &Policy, grouping: Grouping, prepared: &Prepared) -> Step {
    let stage = "入组结果".to_owned();
    let input = prepared.principal.to_string();
    match grouping {
        Grouping::Group { group, stage: at, .. } => {
            let kind = policy.groups.get(group).map_or("", |group| group.kind.chinese());
            let order = if policy.grouping.choose.is_empty() {
                "先满足的阶段优先"
            } else {
                "按病种类型优先顺序"
            };
            let stage_name = stage_name(policy, at);
            let found_by = if stage_name == kind { String::new() } else { format!("，{stage_name}阶段") };
            let text = format!("{order}，入组 {}（{kind}{found_by}）。", named(policy, group));
            let row = Some(code(policy, group).to_owned());
            Step { stage, input, row, source: place(policy, group), result: "grouped".to_owned(), text }
        }
        Grouping::Ungrouped(reason) => {
            let text = format!("未入组：{}。", reason.chinese());
            Step { stage, input, row: None, source: None, result: reason.name().to_owned(), text }
        }
    }
}

pub(crate) fn outcome(policy: &Policy, hit: &Hit, outcome: Outcome) -> String {
    match outcome {
        Outcome::Chosen => "入组病种。".to_owned(),
        Outcome::Lost { to, by } => {
            let why = by.map_or("目录顺序在前者优先", policy::TieBreak::chinese);
            format!("条件符合，但{why}，让位于 {}。", code(policy, to))
        }
        Outcome::Preceded { by } => {
            format!("条件符合（{}），但类型优先顺序在 {} 之后。", hit.class.chinese(), code(policy, by))
        }
        Outcome::Refused => "条件符合，但类型优先顺序未采用。".to_owned(),
    }
}

pub(crate) fn refused(
    policy: &Policy,
    group: GroupId,
    why: Refused,
    case: &Case,
    prepared: &Prepared,
) -> String {
    let Some(group) = policy.groups.get(group as usize) else { return String::new() };
    match why {
        Refused::MainOperation => {
            format!("主要操作须为 {}，病例中没有或不能作为主要操作。", terms(&group.main_operation))
        }
        Refused::RelatedOperation => {
            format!("还须有相关操作 {}，病例中没有。", terms(&group.related_operation))
        }
        Refused::Class => {
            let wanted = match group.class_rule {
                Some(ClassRule::Class(class)) => class.chinese().to_owned(),
                Some(ClassRule::Levels(lo, hi)) if lo == hi => format!("{lo} 级手术"),
                Some(ClassRule::Levels(lo, hi)) => format!("{lo} 至 {hi} 级手术"),
                None => String::new(),
            };
            format!("本行收“{wanted}”病例，本例为“{}”。", prepared.class.chinese())
        }
        Refused::NotBare => {
            format!("本行无手术操作，只收保守治疗病例，本例为“{}”。", prepared.class.chinese())
        }
        Refused::OtherDiagnosis => "其他诊断不符合本行条件。".to_owned(),
        Refused::Patient => format!("患者条件不符：{}。", conditions(group)),
        Refused::PatientDataMissing => {
            let age = if case.age_years.is_none() && case.age_days.is_none() {
                "（病例未填年龄）"
            } else {
                ""
            };
            format!("本行要求{}，病例缺少该信息{age}。", conditions(group))
        }
    }
}

fn conditions(group: &Group) -> String {
    let patient = &group.patient;
    let mut parts = Vec::new();
    if let Some(sex) = patient.sex {
        parts.push(if sex == model::Sex::Male { "男性".to_owned() } else { "女性".to_owned() });
    }
    let spans = [
        ("年龄", patient.age_years, "岁"),
        ("日龄", patient.age_days, "天"),
        ("出生体重", patient.birth_weight_g, "克"),
        ("住院天数", patient.stay_days, "天"),
    ];
    for (name, span, unit) in spans {
        parts.extend(span.map(|span| format!("{name} {span} {unit}")));
    }
    parts.join("、")
}

fn terms(all_of: &AllOf<Code>) -> String {
    let any = |any_of: &Vec<Code>| {
        let shown: Vec<&str> = any_of.iter().take(4).map(Code::as_str).collect();
        let more = if any_of.len() > 4 { format!(" 等 {} 个之一", any_of.len()) } else { String::new() };
        format!("{}{more}", shown.join("/"))
    };
    all_of.iter().map(any).collect::<Vec<_>>().join(" + ")
}

fn join(codes: &[Code]) -> String {
    codes.iter().map(Code::as_str).collect::<Vec<_>>().join("、")
}

/// The code, with the hospital's own spelling when it differs.
fn spelling(coded: &Coded, code: &Code) -> String {
    if coded.written.as_str() == code.as_str() {
        code.to_string()
    } else {
        format!("{code}（原文 {}）", coded.written)
    }
}

fn input_text(case: &Case) -> String {
    let mut text = case.principal_diagnosis.written.to_string();
    for operation in &case.procedures {
        text.push(' ');
        text.push_str(&operation.written);
    }
    text
}

fn stage_name(policy: &Policy, stage: usize) -> &str {
    policy.grouping.stages.get(stage).map_or("", |stage| &stage.name)
}

fn code(policy: &Policy, group: usize) -> &str {
    policy.groups.get(group).map_or("", |group| &group.code)
}

fn named(policy: &Policy, group: usize) -> String {
    policy.groups.get(group).map(|group| format!("{} {}", group.code, group.name)).unwrap_or_default()
}

fn place(policy: &Policy, group: usize) -> Option<String> {
    policy.groups.get(group).map(|group| policy.place(group.source))
}
