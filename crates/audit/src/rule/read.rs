//! Rule documents: JSON objects, in a list or a line each; every problem is reported with its rule and field.

use super::{Attribute, Cap, Evidence, Keep, Kind, Level, Nature, Pattern, Rule, RuleError, Scene, Stage};
use crate::{UNIT, Window};
use compact_str::CompactString;
use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// Members that say where a rule comes from; the engine does not ask them.
const ABOUT: [&str; 5] = ["src", "source", "batch", "version", "note"];

/// Reads a list of rules: a JSON array, or one JSON object a line.
///
/// # Errors
/// All problems of all rules.
pub fn read_rules(text: &str) -> Result<Vec<Rule>, Vec<RuleError>> {
    read_rules_of([("", text)])
}

/// Reads the rules of several files, named in the errors, as one list: an id stands once among all of them.
///
/// # Errors
/// All problems of all rules.
pub fn read_rules_of<'f>(
    files: impl IntoIterator<Item = (&'f str, &'f str)>,
) -> Result<Vec<Rule>, Vec<RuleError>> {
    let (mut rules, mut errors, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for (file, text) in files {
        for (place, document) in documents(text) {
            let mut members = Members { file, place: &place, rule: String::new(), left: Map::new() };
            let rule = match document {
                Ok(Value::Object(left)) => {
                    members.left = left;
                    members.read()
                }
                Ok(_) => Err(members.wrong("JSON", "应为一个 JSON 对象")),
                Err(error) => Err(members.wrong("JSON", &format!("不是有效的 JSON：{error}"))),
            };
            match rule {
                Ok(rule) if !seen.insert(rule.id.clone()) => {
                    errors.push(members.wrong("id", "与前面的规则重复；请改为不同的编号"));
                }
                Ok(rule) => rules.push(rule),
                Err(error) => errors.push(error),
            }
        }
    }
    if errors.is_empty() { Ok(rules) } else { Err(errors) }
}

type Documents = Vec<(String, Result<Value, serde_json::Error>)>;

/// The documents of a file and where each stands.
fn documents(text: &str) -> Documents {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('[') {
        return match serde_json::from_str::<Vec<Value>>(text) {
            Ok(list) => {
                let numbered = list.into_iter().enumerate();
                numbered.map(|(at, value)| (format!("第 {} 条", at + 1), Ok(value))).collect()
            }
            Err(error) => vec![(format!("第 {} 行", error.line()), Err(error))],
        };
    }
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(at, line)| (format!("第 {} 行", at + 1), serde_json::from_str(line))).collect()
}

/// A document whose members are taken one by one; what is left over is unknown.
struct Members<'f> {
    file: &'f str,
    place: &'f str,
    rule: String,
    left: Map<String, Value>,
}

type Read<T> = Result<T, RuleError>;

impl Members<'_> {
    fn read(&mut self) -> Read<Rule> {
        let id = self.text("id")?.ok_or_else(|| self.wrong("id", "缺少规则编号"))?;
        self.rule.clone_from(&id);
        let name = self.text("name")?.unwrap_or_default();
        let kind = self.text("kind")?.ok_or_else(|| self.wrong("kind", "缺少规则类型"))?;
        let valid_from = self.date("valid_from")?;
        let valid_to = self.date("valid_to")?;
        let level = self.word("level", &Level::ALL, Level::words)?.unwrap_or_default();
        let nature = self.word("result", &Nature::ALL, Nature::words)?;
        let stages = self.words("stage", &Stage::ALL, Stage::words)?.unwrap_or(Stage::ALL.to_vec());
        let scenes = self.words("scene", &Scene::ALL, Scene::words)?.unwrap_or_default();
        let evidence = self.evidence()?;
        for about in ABOUT {
            self.left.remove(about);
        }
        let (kind, parts) = match self.of_stay(&kind)? {
            Some(of_stay) => of_stay,
            None => self.kind(&kind)?,
        };
        let nature = match nature {
            Some(Nature::Violation) if kind.of_stay() => {
                return Err(self.wrong("result", "本类型的结果只能是 suspicion（可疑）"));
            }
            None if kind.of_stay() => Nature::Suspicion,
            nature => nature.unwrap_or_default(),
        };
        if let Some(unknown) = self.left.keys().next() {
            return Err(self.wrong(unknown, "不认识的字段；请核对拼写，或去掉"));
        }
        if let (Some(from), Some(to)) = (valid_from, valid_to)
            && from >= to
        {
            return Err(self.wrong("valid_to", "应晚于 valid_from（自该日起不再适用）"));
        }
        Ok(Rule { id, name, kind, parts, valid_from, valid_to, level, nature, stages, scenes, evidence })
    }

    fn wrong(&self, field: &str, problem: &str) -> RuleError {
        RuleError {
            file: self.file.to_owned(),
            place: self.place.to_owned(),
            rule: self.rule.clone(),
            field: field.to_owned(),
            problem: problem.to_owned(),
        }
    }

    /// `{"document", "clause"}`, a text, or `UNCONFIRMED`.
    fn evidence(&mut self) -> Read<Evidence> {
        if let Some(text) = self.text("evid")? {
            return Ok(Evidence::text(&text));
        }
        let Some(Value::Object(evidence)) = self.left.get("evidence") else {
            return Ok(Evidence::text(&self.text("evidence")?.unwrap_or_default()));
        };
        let mut own =
            Members { file: self.file, place: self.place, rule: self.rule.clone(), left: evidence.clone() };
        self.left.remove("evidence");
        let document = own.text("document")?.unwrap_or_default();
        let clause = own.text("clause")?.unwrap_or_default();
        if let Some(unknown) = own.left.keys().next() {
            return Err(self.wrong(
                &format!("evidence.{unknown}"),
                "不认识的字段；依据只写 document（文件）与 clause（条款）",
            ));
        }
        if document.trim().is_empty() {
            return Err(
                self.wrong("evidence.document", "缺少依据文件；没有文件请写 \"evidence\": \"UNCONFIRMED\"")
            );
        }
        Ok(Evidence { document, clause })
    }

    fn word<T: Copy>(
        &mut self,
        field: &str,
        all: &[T],
        words: impl Fn(T) -> (&'static str, &'static str),
    ) -> Read<Option<T>> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        self.one_of(field, &text, all, words).map(Some)
    }

    fn words<T: Copy + PartialEq>(
        &mut self,
        field: &str,
        all: &[T],
        words: impl Fn(T) -> (&'static str, &'static str),
    ) -> Read<Option<Vec<T>>> {
        let Some(texts) = self.texts(field)? else { return Ok(None) };
        let mut found = Vec::new();
        for text in texts {
            let one = self.one_of(field, &text, all, &words)?;
            if !found.contains(&one) {
                found.push(one);
            }
        }
        if found.is_empty() {
            Err(self.wrong(field, "至少写一个；不限请去掉本字段"))
        } else {
            Ok(Some(found))
        }
    }

    fn one_of<T: Copy>(
        &self,
        field: &str,
        text: &str,
        all: &[T],
        words: impl Fn(T) -> (&'static str, &'static str),
    ) -> Read<T> {
        let known = |one: &T| [words(*one).0, words(*one).1].contains(&text.trim());
        all.iter().copied().find(known).ok_or_else(|| {
            let list: Vec<String> =
                all.iter().map(|one| format!("{}（{}）", words(*one).0, words(*one).1)).collect();
            self.wrong(field, &format!("没有“{text}”；应为 {}", list.join("、")))
        })
    }

    fn kind(&mut self, kind: &str) -> Read<(Kind, Vec<Vec<Pattern>>)> {
        let allow = |of: Attribute| Some(of);
        let attribute = match kind {
            "sex" => allow(Attribute::Sex),
            "insurance" => allow(Attribute::Insurance),
            "med_type" => allow(Attribute::MedicalType),
            "visit_type" => allow(Attribute::Visit),
            "dept" => allow(Attribute::Department),
            "diagnosis" => allow(Attribute::Diagnosis),
            "operation" => allow(Attribute::Operation),
            _ => None,
        };
        if let Some(of) = attribute {
            let allow = self.texts("allow")?.ok_or_else(|| self.wrong("allow", "缺少允许的取值"))?;
            let allow = allow.iter().map(|text| if of == Attribute::Sex { sex(text) } else { text.into() });
            return Ok((Kind::Allow { of, allow: allow.collect() }, vec![self.items("items")?]));
        }
        let one = |members: &mut Self| members.items("items").map(|items| vec![items]);
        Ok(match kind {
            "hosp_level" => {
                let (min, max) = (self.level("min")?, self.level("max")?);
                if min.is_none() && max.is_none() {
                    return Err(self.wrong("min", "min（最低级别）与 max（最高级别）至少写一个"));
                }
                (Kind::Level { min, max }, one(self)?)
            }
            "age" => {
                let (min, max) = (self.number("min_age")?, self.number("max_age")?);
                if min.is_none() && max.is_none() {
                    return Err(self.wrong("max_age", "min_age 与 max_age 至少写一个"));
                }
                (Kind::Age { min, max }, one(self)?)
            }
            "freq" | "total_qty" => {
                let times = match self.text("unit")?.as_deref() {
                    None | Some("qty") => false,
                    Some("times") => true,
                    Some(_) => return Err(self.wrong("unit", "应为 qty（数量）或 times（次数）")),
                };
                let max = self.cap()?;
                let window = if kind == "freq" { self.window_or_line()? } else { Window::Encounter };
                (Kind::Quantity { times, max, window }, one(self)?)
            }
            "course_days" => {
                let max = self.number("max")?.and_then(|days| days.to_i64()).filter(|days| *days >= 0);
                let max = max.ok_or_else(|| self.wrong("max", "应为最多天数"))?;
                (Kind::CourseDays { max }, one(self)?)
            }
            "total_amount" => {
                let max = self.number("max_fen")?.and_then(|fen| fen.to_i64()).filter(|fen| *fen >= 0);
                let max = max.ok_or_else(|| self.wrong("max_fen", "应为最高金额（分，整数）"))?;
                let window = self.window_or_line()?;
                (Kind::Amount { max, window }, one(self)?)
            }
            "dup_main_sub" => {
                let window = self.window()?;
                let except =
                    if self.left.contains_key("except_if") { self.some("except_if")? } else { Vec::new() };
                (Kind::Contains { window }, vec![self.items("main")?, self.items("sub")?, except])
            }
            "dup_mutual" => {
                let window = self.window()?;
                let keep = match self.text("keep")?.as_deref() {
                    None | Some("dearest") => Keep::Dearest,
                    Some("earliest") => Keep::Earliest,
                    Some("latest") => Keep::Latest,
                    Some(_) => return Err(self.wrong("keep", "应为 dearest、earliest 或 latest")),
                };
                (Kind::Mutual { window, keep }, self.sets()?)
            }
            "corr_single" => {
                let window = self.window()?;
                (Kind::Requires { window }, vec![self.items("a")?, self.items("b")?])
            }
            "corr_all" => {
                let window = self.window()?;
                let mut parts = vec![self.items("a")?];
                parts.extend(self.items("b")?.into_iter().map(|item| vec![item]));
                (Kind::Requires { window }, parts)
            }
            "corr_sets" => {
                let window = self.window()?;
                (Kind::Together { window }, self.sets()?)
            }
            "corr_ratio" => {
                let k = self.number("k")?.map_or(Some(UNIT), units).filter(|k| *k > 0);
                let k = k.ok_or_else(|| self.wrong("k", "应大于 0，最多四位小数"))?;
                let window = self.window()?;
                (Kind::Ratio { k, window }, vec![self.items("a")?, self.items("b")?])
            }
            "discount" => {
                let ratio = self.number("ratio")?.and_then(units).filter(|ratio| (0..=UNIT).contains(ratio));
                let ratio = ratio.ok_or_else(|| self.wrong("ratio", "应为 0 到 1 之间的折率"))?;
                let window = self.window()?;
                (Kind::Discount { ratio, window }, one(self)?)
            }
            other => return Err(self.wrong("kind", &format!("没有“{other}”这一类型"))),
        })
    }

    fn cap(&mut self) -> Read<Cap> {
        let fixed = self.number("max")?;
        let expression = self.text("max_expr")?;
        match (fixed, expression) {
            (Some(max), None) => units(max).filter(|max| *max >= 0).map(Cap::Fixed),
            (None, Some(text)) => expression_of_days(&text),
            _ => return Err(self.wrong("max", "max 与 max_expr 写且只写一个")),
        }
        .ok_or_else(|| self.wrong("max", "应为不小于 0 的数（最多四位小数），或 los_days*24 这样的算式"))
    }

    /// A window in which several charges stand.
    fn window(&mut self) -> Read<Window> {
        match self.window_or_line()? {
            Window::Line => Err(self.wrong("window", "line（每笔明细）只用于 freq 与 total_amount")),
            window => Ok(window),
        }
    }

    /// `{"type": "sliding_hours", "n": 6}` or `"sliding_hours:6"`; none: the whole stay.
    fn window_or_line(&mut self) -> Read<Window> {
        let (name, n) = match self.left.remove("window") {
            None | Some(Value::Null) => return Ok(Window::Encounter),
            Some(Value::Object(window)) if window.is_empty() => return Ok(Window::Encounter),
            Some(Value::String(text)) => match text.split_once(':') {
                Some((name, n)) => (name.to_owned(), n.trim().parse().ok()),
                None => (text, None),
            },
            Some(Value::Object(window)) => {
                let name = window.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
                (name, window.get("n").and_then(Value::as_i64))
            }
            Some(_) => (String::new(), None),
        };
        let long = n.filter(|n: &i64| (1..=87_600).contains(n));
        let needs = || self.wrong("window", "滑动窗口要写 n（不小于 1 的整数）");
        Ok(match name.as_str() {
            "line" => Window::Line,
            "encounter" => Window::Encounter,
            "calendar_day" => Window::CalendarDay,
            "clock_hour" => Window::ClockHour,
            "iso_week" => Window::IsoWeek,
            "sliding_hours" => Window::SlidingHours(long.ok_or_else(needs)?),
            "sliding_days" => Window::SlidingDays(long.ok_or_else(needs)?),
            _ => {
                let known =
                    "line、encounter、calendar_day、clock_hour、iso_week、sliding_hours 或 sliding_days";
                return Err(self.wrong("window", &format!("应为 {known}")));
            }
        })
    }

    fn items(&mut self, field: &str) -> Read<Vec<Pattern>> {
        let items = self.some(field)?;
        if items.is_empty() { Err(self.wrong(field, "至少要有一个项目编码")) } else { Ok(items) }
    }

    fn some(&mut self, field: &str) -> Read<Vec<Pattern>> {
        let codes = self.texts(field)?.ok_or_else(|| self.wrong(field, "缺少项目编码"))?;
        self.patterns(field, &codes)
    }

    fn patterns(&self, field: &str, codes: &[String]) -> Read<Vec<Pattern>> {
        let mut patterns: Vec<Pattern> = Vec::with_capacity(codes.len());
        for text in codes {
            // What follows a bar is the name.
            let code = text.split('|').next().unwrap_or_default();
            let (code, prefix) =
                code.trim().strip_suffix('*').map_or((code.trim(), false), |code| (code, true));
            if code.is_empty() {
                return Err(self.wrong(field, "项目编码为空"));
            }
            let pattern = Pattern { code: code.into(), prefix };
            if !patterns.contains(&pattern) {
                patterns.push(pattern);
            }
        }
        Ok(patterns)
    }

    fn sets(&mut self) -> Read<Vec<Vec<Pattern>>> {
        let Some(Value::Array(sets)) = self.left.remove("sets") else {
            return Err(self.wrong("sets", "应为项目编码的集合的列表"));
        };
        let mut parts = Vec::new();
        for set in sets {
            let codes = texts(&set).ok_or_else(|| self.wrong("sets", "每个集合应为项目编码的列表"))?;
            let set = self.patterns("sets", &codes)?;
            if set.is_empty() {
                return Err(self.wrong("sets", "有空的集合"));
            }
            parts.push(set);
        }
        if parts.len() < 2 { Err(self.wrong("sets", "至少要有两个集合")) } else { Ok(parts) }
    }

    fn text(&mut self, field: &str) -> Read<Option<String>> {
        match self.left.remove(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(self.wrong(field, "应为文本")),
        }
    }

    fn texts(&mut self, field: &str) -> Read<Option<Vec<String>>> {
        match self.left.remove(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => texts(&value).map(Some).ok_or_else(|| self.wrong(field, "应为文本或文本的列表")),
        }
    }

    fn number(&mut self, field: &str) -> Read<Option<Decimal>> {
        let text = match self.left.remove(field) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::String(text)) => text,
            Some(_) => return Err(self.wrong(field, "应为数字")),
        };
        decimal(&text).map(Some).ok_or_else(|| self.wrong(field, &format!("“{text}”不是数字")))
    }

    fn level(&mut self, field: &str) -> Read<Option<u8>> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        level(&text).map(Some).ok_or_else(|| self.wrong(field, "应为 1、2、3，或一级、二级、三级"))
    }

    fn date(&mut self, field: &str) -> Read<Option<Date>> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        let day =
            text.parse().map_err(|_| self.wrong(field, &format!("“{text}”不是日期；应如 2026-01-01")))?;
        Ok(Some(day))
    }
}

fn texts(value: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match value {
        Value::Array(list) => list.iter().map(text).collect(),
        one => text(one).map(|text| vec![text]),
    }
}

/// `los_days`, `los_days*24`, `24*los_days`, any of them with `+1` or `-1` behind.
fn expression_of_days(text: &str) -> Option<Cap> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (product, plus) = match text.rfind(['+', '-']).filter(|at| *at > 0) {
        Some(at) => (&text[..at], units(decimal(&text[at..])?)?),
        None => (text.as_str(), 0),
    };
    let each = match product.split_once('*') {
        None if product == "los_days" => UNIT,
        Some(("los_days", n)) | Some((n, "los_days")) => units(decimal(n)?)?,
        _ => return None,
    };
    (each >= 0).then_some(Cap::StayDays { each, plus })
}

/// A number as JSON or people write it.
pub(crate) fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim().trim_start_matches('+');
    text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())
}

/// In ten-thousandths, exactly; `None` for more digits than four or a number too great.
pub(crate) fn units(value: Decimal) -> Option<i64> {
    let scaled = value.checked_mul(Decimal::from(UNIT))?;
    scaled.is_integer().then(|| scaled.to_i64()).flatten().filter(|units| units.abs() < 1 << 53)
}

/// 性别 as the standard's code.
pub(crate) fn sex(text: &str) -> CompactString {
    match text.trim() {
        "1" | "男" | "M" | "m" => "1".into(),
        "2" | "女" | "F" | "f" => "2".into(),
        other => other.into(),
    }
}

/// 医院级别
pub(crate) fn level(text: &str) -> Option<u8> {
    Some(match text.trim() {
        "1" | "一级" => 1,
        "2" | "二级" => 2,
        "3" | "三级" => 3,
        _ => return None,
    })
}

mod of_stay;
#[cfg(test)]
mod tests;
