//! 规则与预警的中文: a rule as one sentence, a finding as one sentence with the lines involved in order of time.

mod of_stay;

use crate::finding::Finding;
use crate::rule::{Attribute, Cap, Keep, Kind, Pattern, Rule};
use crate::stay::Stay;
use crate::window::{Window, day};
use crate::{UNIT, values_of};
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::BTreeMap;

pub use of_stay::suspicion_sentence;

/// Items named in full in a sentence; of longer lists the number is said.
const NAMED: usize = 4;

/// What codes are called; without a name a code stands for itself.
pub trait Naming {
    /// 项目名称
    fn item(&self, _code: &str) -> Option<String> {
        None
    }

    /// 计价单位 of an item.
    fn unit(&self, _code: &str) -> Option<String> {
        None
    }

    /// 科室、诊断 … by its code.
    fn value(&self, _of: Attribute, _code: &str) -> Option<String> {
        None
    }

    /// Whether an item of a line is one that the rule names: a hospital's code may stand for a national one.
    fn is(&self, pattern: &Pattern, item: &str) -> bool {
        if pattern.prefix { item.starts_with(pattern.code.as_str()) } else { item == pattern.code }
    }
}

/// Names that stand in a rule's document, `code|name`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentNames(BTreeMap<String, String>);

impl DocumentNames {
    /// Takes the names out of a document.
    pub fn of(document: &Value) -> DocumentNames {
        let mut names = DocumentNames::default();
        if let Value::Object(members) = document {
            let lists = ["items", "main", "sub", "except_if", "a", "b", "sets", "allow"];
            lists.iter().filter_map(|field| members.get(*field)).for_each(|value| names.take(value));
        }
        names
    }

    fn take(&mut self, value: &Value) {
        match value {
            Value::Array(list) => list.iter().for_each(|value| self.take(value)),
            Value::String(text) => {
                if let Some((code, name)) = text.split_once('|') {
                    self.0.insert(code.trim().trim_end_matches('*').to_owned(), name.trim().to_owned());
                }
            }
            _ => {}
        }
    }

    /// The name of a code.
    pub fn name(&self, code: &str) -> Option<&str> {
        self.0.get(code).map(String::as_str)
    }
}

impl Naming for DocumentNames {
    fn item(&self, code: &str) -> Option<String> {
        self.name(code).map(str::to_owned)
    }

    fn value(&self, _of: Attribute, code: &str) -> Option<String> {
        self.name(code).map(str::to_owned)
    }
}

/// The rule as a sentence: `同一自然日内，“心电监测”计费合计不超过 24。`
pub fn rule_sentence(rule: &Rule, naming: &dyn Naming) -> String {
    let part = |at: usize| list(rule.parts.get(at).map_or(&[][..], Vec::as_slice), naming);
    let sets = |joint: &str| {
        (0..rule.parts.len()).map(|at| format!("（{}）", part(at))).collect::<Vec<_>>().join(joint)
    };
    let items = part(0);
    let by_line = matches!(
        rule.kind,
        Kind::Quantity { window: Window::Line, .. } | Kind::Amount { window: Window::Line, .. }
    );
    let sum = if !by_line && rule.parts.first().is_some_and(|items| items.len() > 1) { "合计" } else { "" };
    match &rule.kind {
        Kind::Allow { .. } | Kind::Level { .. } | Kind::Age { .. } => {
            format!("{items}{}。", limit(&rule.kind, naming))
        }
        Kind::Quantity { times, max, window } => {
            let counted = if *times { "计费次数" } else { "计费数量" };
            let unit = if *times { Some("次".to_owned()) } else { unit_of(rule, naming) };
            let unit = unit.map_or(String::new(), |unit| format!(" {unit}"));
            format!("{}，{items}{counted}{sum}不超过 {}{unit}。", within(*window), cap(*max))
        }
        Kind::CourseDays { max } => format!("一次住院内，{items}计费不超过 {max} 天。"),
        Kind::Amount { max, window } => {
            format!("{}，{items}计费金额{sum}不超过 {} 元。", within(*window), yuan(*max))
        }
        Kind::Contains { window } => {
            let except = match rule.parts.get(2).is_some_and(|items| !items.is_empty()) {
                true => format!("；同时有{}时除外", part(2)),
                false => String::new(),
            };
            format!("{}，已收取{items}的，不得再收取{}{except}。", within(*window), part(1))
        }
        Kind::Mutual { window, keep } => {
            let keep = match keep {
                Keep::Dearest => "金额最高",
                Keep::Earliest => "最先计费",
                Keep::Latest => "最后计费",
            };
            format!("{}，{} 只能收取其中一组，保留{keep}的一组。", within(*window), sets("、"))
        }
        Kind::Requires { window } => {
            let needed = (1..rule.parts.len()).map(part).collect::<Vec<_>>().join("和");
            let any = if rule.parts.get(1).is_some_and(|items| items.len() > 1) { "之一" } else { "" };
            format!("收取{items}时，{}须同时收取{needed}{any}。", within(*window))
        }
        Kind::Together { window } => format!("{}，{} 须同时收取，缺一不可。", within(*window), sets("与")),
        Kind::Ratio { k, window } => {
            format!("{}，每收取 1 个{}，{items}最多收取 {} 个。", within(*window), part(1), number(*k))
        }
        Kind::Discount { ratio, window } => {
            format!(
                "{}，{items}中除标准价最高的一项外，其余按不超过标准价的 {} 收费。",
                within(*window),
                percent(*ratio)
            )
        }
        Kind::Readmission { .. }
        | Kind::LongStay { .. }
        | Kind::LowAdmission { .. }
        | Kind::IdleBed { .. } => of_stay::rule_of_stay(rule, naming),
    }
}

/// A line of a finding's timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelineRow {
    /// Position of the line in the stay.
    pub line: u32,
    /// Whether it is the one that is too much; else it caused it.
    pub excess: bool,
}

/// The lines that a finding is about, by time: those that caused it, and the one that is too much.
pub fn timeline(stay: &Stay, finding: &Finding) -> Vec<TimelineRow> {
    let causes = finding.because_of.iter().map(|line| TimelineRow { line: *line, excess: false });
    let mut rows: Vec<TimelineRow> =
        causes.chain([TimelineRow { line: finding.line, excess: true }]).collect();
    rows.sort_by_key(|row| {
        let line = &stay.lines[row.line as usize];
        (line.time, line.order, row.excess)
    });
    rows
}

/// 预警内容: what is wrong with the line, why, and what it costs.
pub fn finding_sentence(rule: &Rule, stay: &Stay, finding: &Finding, naming: &dyn Naming) -> String {
    let line = &stay.lines[finding.line as usize];
    let item = quoted(&line.item, false, naming);
    let encounter = &stay.encounter;
    let part = |at: usize| list(rule.parts.get(at).map_or(&[][..], Vec::as_slice), naming);
    let caused = || {
        let items = finding.because_of.iter().map(|at| stay.lines[*at as usize].item.clone());
        let mut seen: Vec<Pattern> = Vec::new();
        for code in items {
            let pattern = Pattern { code, prefix: false };
            if !seen.contains(&pattern) {
                seen.push(pattern);
            }
        }
        list(&seen, naming)
    };
    let before = |window: Window| match (window, finding.because_of.len()) {
        (Window::Line, _) => String::new(),
        (_, 0) => "，此前未计费".to_owned(),
        (_, lines) => format!("，此前已计 {lines} 笔"),
    };
    let reason = match &rule.kind {
        Kind::Allow { of, .. } => {
            let own = match of {
                Attribute::Sex => encounter.sex.as_str(),
                Attribute::Insurance => encounter.insurance.as_str(),
                Attribute::MedicalType => encounter.medical_type.as_str(),
                Attribute::Visit => encounter.visit.as_str(),
                Attribute::Department if line.department.is_empty() => encounter.department.as_str(),
                Attribute::Department => line.department.as_str(),
                Attribute::Diagnosis | Attribute::Operation => "",
            };
            match of {
                Attribute::Diagnosis | Attribute::Operation => {
                    format!("本项目{}，本次住院没有这样的编码", limit(&rule.kind, naming))
                }
                of => format!(
                    "{}为{}，本项目{}",
                    attribute(*of),
                    value(*of, own, naming),
                    limit(&rule.kind, naming)
                ),
            }
        }
        Kind::Level { .. } => {
            let own = encounter.hospital_level.map_or_else(|| "不详".into(), level);
            format!("本院级别为{own}，本项目{}", limit(&rule.kind, naming))
        }
        Kind::Age { .. } => {
            let own =
                encounter.age.map_or_else(|| "不详".to_owned(), |age| format!("{} 岁", age.normalize()));
            format!("患者年龄 {own}，本项目{}", limit(&rule.kind, naming))
        }
        Kind::Quantity { max, window, times } => {
            let most = match (max, stay.days()) {
                (Cap::StayDays { each, plus }, Some(days)) => {
                    let most = days.saturating_mul(*each).saturating_add(*plus).max(0);
                    format!("{}（住院 {days} 天，{}）", number(most), cap(*max))
                }
                _ => cap(*max),
            };
            let counted = if *times { "次数" } else { "数量" };
            format!("{}{counted}上限 {most}{}", within(*window), before(*window))
        }
        Kind::CourseDays { max } => format!("一次住院限 {max} 天，此前已使用 {} 天", days_of(stay, finding)),
        Kind::Amount { max, window } => {
            format!("{}金额上限 {} 元{}", within(*window), yuan(*max), before(*window))
        }
        Kind::Contains { window } => format!("{}已收取{}，其内容包含本项目", within(*window), caused()),
        Kind::Mutual { window, .. } => format!("{}已收取与之互斥的{}", within(*window), caused()),
        Kind::Requires { window } => {
            let needed = (1..rule.parts.len()).map(part).collect::<Vec<_>>().join("和");
            format!("{}未见须同时收取的{needed}", within(*window))
        }
        Kind::Together { window } => {
            let own = |at: &usize| rule.parts[*at].iter().any(|pattern| naming.is(pattern, &line.item));
            let others = (0..rule.parts.len()).filter(|at| !own(at)).map(part).collect::<Vec<_>>();
            format!("{}未收取配套的{}", within(*window), others.join("与"))
        }
        Kind::Ratio { k, window } => {
            let there = finding.because_of.iter().map(|at| stay.lines[*at as usize].quantity).sum::<i64>();
            format!(
                "{}每 1 个{}最多收取 {} 个，而其数量为 {}",
                within(*window),
                part(1),
                number(*k),
                number(there)
            )
        }
        Kind::Discount { ratio, window } => {
            format!(
                "{}已收取{}，本项目应按不超过标准价的 {} 收费",
                within(*window),
                caused(),
                percent(*ratio)
            )
        }
        // No line of these is too much: [`suspicion_sentence`].
        Kind::Readmission { .. }
        | Kind::LongStay { .. }
        | Kind::LowAdmission { .. }
        | Kind::IdleBed { .. } => String::new(),
    };
    let over = match finding.excess_quantity {
        0 => String::new(),
        quantity => format!("超出数量 {}，", number(quantity)),
    };
    format!("{} 计费的{item}：{reason}；{over}违规金额 {} 元。", minute(line.time), yuan(finding.excess))
}

/// 计价单位 that all items of a rule share.
fn unit_of(rule: &Rule, naming: &dyn Naming) -> Option<String> {
    let mut units = rule.parts.iter().flatten().map(|pattern| naming.unit(&pattern.code));
    let first = units.next()??;
    units.all(|unit| unit.as_ref() == Some(&first)).then_some(first)
}

/// 限女性使用, 限二级及以上医院使用 …
fn limit(kind: &Kind, naming: &dyn Naming) -> String {
    match kind {
        Kind::Allow { of, allow } => {
            let values: Vec<String> = allow.iter().map(|code| value(*of, code, naming)).collect();
            let values = values.join("、");
            match of {
                Attribute::Sex => format!("限{values}使用"),
                Attribute::Insurance => format!("限险种为{values}的患者使用"),
                Attribute::MedicalType => format!("限医疗类别为{values}的患者使用"),
                Attribute::Visit => format!("限{values}使用"),
                Attribute::Department => format!("限{values}使用"),
                Attribute::Diagnosis => format!("限诊断为{values}的患者使用"),
                Attribute::Operation => format!("限手术操作为{values}的患者使用"),
            }
        }
        Kind::Level { min, max } => match (min, max) {
            (Some(min), None) => format!("限{}使用", at_least(*min)),
            (None, Some(max)) => format!("限{}使用", at_most(*max)),
            (Some(min), Some(max)) => format!("限{}至{}医院使用", level(*min), level(*max)),
            (None, None) => "不限医院级别".to_owned(),
        },
        Kind::Age { min, max } => match (min.filter(|min| !min.is_zero()), max) {
            (None, Some(max)) if max.is_zero() => "限不满 1 岁的患者使用".to_owned(),
            (None, None) => "不限年龄".to_owned(),
            (Some(min), None) => format!("限 {} 岁及以上患者使用", min.normalize()),
            (None, Some(max)) => format!("限 {} 岁及以下患者使用", max.normalize()),
            (Some(min), Some(max)) => format!("限 {} 至 {} 岁患者使用", min.normalize(), max.normalize()),
        },
        _ => String::new(),
    }
}

fn at_least(min: u8) -> String {
    match min {
        3.. => format!("{}医院", level(min)),
        _ => format!("{}及以上医院", level(min)),
    }
}

fn at_most(max: u8) -> String {
    match max {
        ..=1 => format!("{}医院", level(max)),
        _ => format!("{}及以下医院", level(max)),
    }
}

fn level(level: u8) -> String {
    match level {
        1 => "一级".to_owned(),
        2 => "二级".to_owned(),
        3 => "三级".to_owned(),
        other => format!("{other} 级"),
    }
}

/// 性别, 险种 …
fn attribute(of: Attribute) -> &'static str {
    match of {
        Attribute::Sex => "患者性别",
        Attribute::Insurance => "险种",
        Attribute::MedicalType => "医疗类别",
        Attribute::Visit => "就医方式",
        Attribute::Department => "开单科室",
        Attribute::Diagnosis => "诊断",
        Attribute::Operation => "手术操作",
    }
}

fn value(of: Attribute, code: &str, naming: &dyn Naming) -> String {
    match (of, code) {
        (_, "") => "不详".to_owned(),
        (of, code) => {
            let standard =
                || values_of(of).iter().find(|(known, _)| *known == code).map(|(_, name)| (*name).to_owned());
            naming.value(of, code).or_else(standard).unwrap_or_else(|| code.to_owned())
        }
    }
}

/// 同一自然日内 …
pub fn within(window: Window) -> String {
    match window {
        Window::Line => "每笔明细".to_owned(),
        Window::Encounter => "一次住院内".to_owned(),
        Window::CalendarDay => "同一日内".to_owned(),
        Window::ClockHour => "同一小时内".to_owned(),
        Window::IsoWeek => "同一周内".to_owned(),
        Window::SlidingHours(n) => format!("{n} 小时内"),
        Window::SlidingDays(n) => format!("{n} 天内"),
    }
}

fn cap(max: Cap) -> String {
    match max {
        Cap::Fixed(max) => number(max),
        Cap::StayDays { each, plus } => {
            let times = if each == UNIT { String::new() } else { format!("×{}", number(each)) };
            let more = match plus {
                0 => String::new(),
                plus if plus > 0 => format!("+{}", number(plus)),
                plus => number(plus),
            };
            format!("住院天数{times}{more}")
        }
    }
}

fn list(patterns: &[Pattern], naming: &dyn Naming) -> String {
    let mut names: Vec<String> =
        patterns.iter().take(NAMED).map(|pattern| quoted(&pattern.code, pattern.prefix, naming)).collect();
    if patterns.len() > NAMED {
        names.push(format!("等 {} 项", patterns.len()));
        return names.join("、").replace("、等", " 等");
    }
    names.join("、")
}

fn quoted(code: &str, prefix: bool, naming: &dyn Naming) -> String {
    match (naming.item(code), prefix) {
        (Some(name), false) => format!("“{name}”"),
        (Some(name), true) => format!("“{name}”（{code} 开头）"),
        (None, false) => format!("“{code}”"),
        (None, true) => format!("“{code} 开头的项目”"),
    }
}

/// Days on which the lines that used up the course were charged.
fn days_of(stay: &Stay, finding: &Finding) -> usize {
    let mut days: Vec<i64> = finding.because_of.iter().map(|at| day(stay.lines[*at as usize].time)).collect();
    days.sort_unstable();
    days.dedup();
    days.len()
}

fn number(units: i64) -> String {
    Decimal::new(units, 4).normalize().to_string()
}

fn percent(units: i64) -> String {
    format!("{}%", Decimal::new(units, 2).normalize())
}

fn yuan(fen: i64) -> String {
    Decimal::new(fen, 2).to_string()
}

/// `2025-03-01 08:05`
fn minute(time: i64) -> String {
    let start = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
    let at = start.checked_add(jiff::SignedDuration::from_secs(time));
    at.map_or_else(|_| String::new(), |at| at.strftime("%Y-%m-%d %H:%M").to_string())
}
