//! 诊断 and 手术: the record's codes as the clinician, the coder and the insurer have them.

use crate::clock::{DAY, HOUR, MINUTE, day_of};
use crate::disease::{Diseases, Variant};
use crate::random::Random;

/// A diagnosis of the record.
#[derive(Clone, Debug)]
pub(crate) struct Diagnosis {
    /// western, outpatient, pathology, external.
    pub(crate) kind: &'static str,
    pub(crate) code: String,
    pub(crate) name: String,
    /// 入院病情
    pub(crate) condition: &'static str,
}

/// All of a stay's diagnoses: the principal first among the western ones.
pub(crate) fn diagnoses(
    diseases: &Diseases,
    variant: &Variant,
    (woman, age): (bool, i64),
    severe: bool,
    random: &mut Random,
) -> Vec<Diagnosis> {
    let (code, name) = &variant.principal;
    let mut list =
        vec![Diagnosis { kind: "western", code: code.clone(), name: name.clone(), condition: "1" }];
    for (code, name) in &variant.others {
        list.push(Diagnosis { kind: "western", code: code.clone(), name: name.clone(), condition: "1" });
    }
    let born = code.get(..3).is_some_and(|category| ("O80".."O85").contains(&category));
    if born {
        list.push(Diagnosis {
            kind: "western",
            code: "Z37.000".into(),
            name: "单一活产".into(),
            condition: "4",
        });
    }
    let mean = (age.max(20) - 20) as f64 / 16.0 + if severe { 2.0 } else { 0.0 };
    let count = (mean * random.unit() * 1.6) as usize;
    let fits =
        |c: &&crate::disease::Comorbidity| age >= c.min_age && c.woman.is_none_or(|asks| asks == woman);
    let fitting: Vec<_> = diseases.comorbidities.iter().filter(fits).collect();
    for _ in 0..count.min(9) {
        let at = random.weighted(fitting.iter().map(|comorbidity| comorbidity.weight));
        let Some(comorbidity) = fitting.get(at) else { break };
        if list.iter().all(|diagnosis| !diseases.conflict(&comorbidity.code, &diagnosis.code)) {
            let condition = if random.chance(0.85) { "1" } else { ["2", "3", "4"][random.below(3)] };
            list.push(Diagnosis {
                kind: "western",
                code: comorbidity.code.clone(),
                name: comorbidity.name.clone(),
                condition,
            });
        }
    }
    list.push(Diagnosis { kind: "outpatient", code: code.clone(), name: name.clone(), condition: "" });
    let chapter = code.chars().next().unwrap_or(' ');
    if chapter == 'C' || chapter == 'D' && code.as_str() < "D49" {
        let (code, name) = morphology(code);
        list.push(Diagnosis { kind: "pathology", code: code.into(), name: name.into(), condition: "" });
    }
    if matches!(chapter, 'S' | 'T') {
        let causes = [
            ("W19.x00", "未特指的跌倒"),
            ("V49.900", "汽车乘员在未特指的运输事故中的损伤"),
            ("W22.x00", "碰撞其他物体"),
            ("X59.x00", "暴露于未特指的因素"),
        ];
        let complication = ("Y83.100", "人工内部装置植入手术作为异常反应的原因");
        let burnt = ("X19.x00", "接触其他和未特指的热源和热物质");
        let cause = match code.get(..2) {
            Some("T8") => complication,
            Some("T2" | "T3") => burnt,
            _ => causes[random.below(causes.len())],
        };
        list.push(Diagnosis { kind: "external", code: cause.0.into(), name: cause.1.into(), condition: "" });
    }
    list
}

/// 肿瘤形态学 for the site: enough that each neoplasm has one that fits its behaviour.
fn morphology(code: &str) -> (&'static str, &'static str) {
    match code.get(..3).unwrap_or("") {
        "C43" => ("M87200/3", "恶性黑色素瘤"),
        "C77" | "C78" | "C79" => ("M80000/6", "转移性肿瘤"),
        "C90" => ("M97320/3", "多发性骨髓瘤"),
        "C91" | "C92" | "C93" | "C94" | "C95" => ("M98000/3", "白血病"),
        "C81" | "C82" | "C83" | "C84" | "C85" | "C88" => ("M95900/3", "恶性淋巴瘤"),
        "D25" => ("M88900/0", "平滑肌瘤"),
        category if category.starts_with('C') => ("M81400/3", "腺癌"),
        category if category < "D10" => ("M80100/2", "原位癌"),
        category if category < "D37" => ("M80000/0", "良性肿瘤"),
        _ => ("M80000/1", "动态未定肿瘤"),
    }
}

/// An operation of the record.
#[derive(Clone, Debug)]
pub(crate) struct Operated {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) level: u8,
    pub(crate) started_at: i64,
    pub(crate) minutes: i64,
    pub(crate) incision: &'static str,
    pub(crate) anaesthesia: &'static str,
    pub(crate) elective: bool,
}

/// All of a stay's operations, with times on the day of the operation.
pub(crate) fn operations(
    variant: &Variant,
    surgical: bool,
    (from, to): (i64, i64),
    day: i64,
    random: &mut Random,
) -> Vec<Operated> {
    let mut at =
        (day_of(from) + day) * DAY + random.between(8, 14) * HOUR + random.between(0, 11) * 5 * MINUTE;
    at = at.clamp(from + 30 * MINUTE, (to - HOUR).max(from + 30 * MINUTE));
    let elective = random.chance(0.82);
    variant
        .operations
        .iter()
        .map(|operation| {
            let minutes =
                (random.between(25, 60) * i64::from(operation.level.max(1))).min((to - at) / MINUTE - 5);
            let minutes = minutes.max(5);
            let cut = matches!(
                operation.class,
                policy::OperationClass::Surgical | policy::OperationClass::Interventional
            );
            let healing = ["1", "1", "1", "1", "1", "1", "1", "2", "3"][random.below(9)];
            let incision = match (cut, healing) {
                (false, _) => "",
                (true, "2") => ["12", "22", "32"][random.below(3)],
                (true, _) if random.chance(0.1) => "0",
                (true, _) => ["11", "11", "21", "21", "31"][random.below(5)],
            };
            let anaesthesia = match (cut, operation.level) {
                (false, _) => "",
                (_, 3..) => "0101",
                (_, 2) => ["0201", "0101", "0202"][random.below(3)],
                _ => "04",
            };
            let started_at = at;
            at = (at + (minutes + 5) * MINUTE).min((to - 10 * MINUTE).max(at));
            Operated {
                code: operation.code.clone(),
                name: operation.name.clone(),
                level: operation.level,
                started_at,
                minutes,
                incision,
                anaesthesia,
                elective: surgical && elective,
            }
        })
        .collect()
}
