//! 表单与规则文件: the fields of the form as a rule document, and back.

use super::kinds::{Input, KindForm};
use crate::query::Fields;
use audit::Attribute;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value, json};

/// Sets of a form at most.
pub(super) const MOST_SETS: usize = 8;

/// The document that the fields say; the error is for the reader.
pub(super) fn document(kind: &KindForm, fields: &Fields) -> Result<String, String> {
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| {
        members.insert(name.to_owned(), value);
    };
    put("id", json!(id(fields.text("id"))?));
    if fields.text("name").is_empty() {
        return Err("请填写规则名称".to_owned());
    }
    put("name", json!(fields.text("name")));
    put("kind", json!(kind.code));
    put("level", json!(if fields.is_set("level") { fields.text("level") } else { "warning" }));
    for list in ["stage", "scene"] {
        let chosen: Vec<&str> = fields.all(list).collect();
        if !chosen.is_empty() {
            put(list, json!(chosen));
        }
    }
    for date in ["valid_from", "valid_to"] {
        if fields.is_set(date) {
            put(date, json!(fields.text(date)));
        }
    }
    put(
        "evidence",
        match fields.text("evidence_document") {
            "" => json!("UNCONFIRMED"),
            document => json!({ "document": document, "clause": fields.text("evidence_clause") }),
        },
    );
    for (member, title) in kind.parts {
        if *member == "sets" {
            let sets: Vec<Vec<String>> = (1..=MOST_SETS)
                .map(|at| lines(fields.text(&format!("sets{at}"))))
                .filter(|set| !set.is_empty())
                .collect();
            if sets.len() < 2 {
                return Err("请至少填写两组项目".to_owned());
            }
            put("sets", json!(sets));
            continue;
        }
        let items = lines(fields.text(member));
        if items.is_empty() && *member != "except_if" {
            return Err(format!("“{title}”至少要有一个项目"));
        }
        if !items.is_empty() {
            put(member, json!(items));
        }
    }
    for input in kind.inputs {
        for (name, value) in members_of(*input, fields)? {
            put(name, value);
        }
    }
    let document = Value::Object(members).to_string();
    super::library::read_one(&document).map(|_| document)
}

/// 规则编号: letters, digits, `-`, `_`, `.`.
fn id(text: &str) -> Result<&str, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match !text.is_empty() && text.len() <= 60 && text.chars().all(fits) {
        true => Ok(text),
        false => Err("规则编号应为字母、数字、-、_ 或 .，最多 60 个".to_owned()),
    }
}

/// Codes, one a line: `编码|名称` or `编码 名称`.
fn lines(text: &str) -> Vec<String> {
    let line = |line: &str| {
        let line = line.trim();
        match line.split_once('|').or_else(|| line.split_once([' ', '\t', '　'])) {
            Some((code, name)) if !name.trim().is_empty() => format!("{}|{}", code.trim(), name.trim()),
            _ => line.trim_end_matches('|').to_owned(),
        }
    };
    let mut items: Vec<String> = Vec::new();
    for item in text.lines().map(line).filter(|line| !line.is_empty()) {
        if !items.contains(&item) {
            items.push(item);
        }
    }
    items
}

type Members = Vec<(&'static str, Value)>;

fn members_of(input: Input, fields: &Fields) -> Result<Members, String> {
    let number = |name: &str, title: &str| -> Result<Option<Decimal>, String> {
        let text = fields.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| format!("{title}应为数字，现为“{text}”"))
    };
    let needed = |name: &str, title: &str| number(name, title)?.ok_or_else(|| format!("请填写{title}"));
    let json_number = |number: Decimal| Value::String(number.normalize().to_string());
    Ok(match input {
        Input::Allow(of @ (Attribute::Diagnosis | Attribute::Operation)) => {
            let _ = of;
            let codes: Vec<String> = lines(fields.text("allow"))
                .iter()
                .map(|line| line.split('|').next().unwrap_or_default().to_owned())
                .collect();
            if codes.is_empty() {
                return Err("请填写允许的编码".to_owned());
            }
            vec![("allow", json!(codes))]
        }
        Input::Allow(_) => {
            let chosen: Vec<&str> = fields.all("allow").collect();
            if chosen.is_empty() {
                return Err("请至少选择一个允许的取值".to_owned());
            }
            vec![("allow", json!(chosen))]
        }
        Input::Levels => {
            let level = |name: &'static str, member: &'static str| {
                fields.text(name).parse::<u8>().ok().map(|level| (member, json!(level)))
            };
            let members: Members =
                [level("min_level", "min"), level("max_level", "max")].into_iter().flatten().collect();
            if members.is_empty() {
                return Err("请选择最低或最高医院级别".to_owned());
            }
            members
        }
        Input::Ages => {
            let ages =
                [("min_age", number("min_age", "最小年龄")?), ("max_age", number("max_age", "最大年龄")?)];
            let members: Members =
                ages.into_iter().filter_map(|(name, age)| age.map(|age| (name, json_number(age)))).collect();
            if members.is_empty() {
                return Err("请填写最小或最大年龄".to_owned());
            }
            members
        }
        Input::Most => {
            let max = needed("max", "上限")?;
            match fields.is_set("by_days") {
                true => vec![("max_expr", json!(format!("los_days*{}", max.normalize())))],
                false => vec![("max", json_number(max))],
            }
        }
        Input::Unit => vec![("unit", json!(if fields.text("unit") == "times" { "times" } else { "qty" }))],
        Input::Days => vec![("max", json_number(needed("max", "最多天数")?))],
        Input::Cost if !fields.is_set("money") => Vec::new(),
        Input::Money | Input::Cost => {
            let fen = (needed("money", "最高金额")? * Decimal::ONE_HUNDRED).normalize();
            let fen = fen.is_integer().then(|| fen.to_i64()).flatten().ok_or("最高金额最多两位小数")?;
            vec![("max_fen", json!(fen))]
        }
        Input::Window => {
            let kind = if fields.is_set("window") { fields.text("window") } else { "encounter" };
            let mut window = json!({ "type": kind });
            if kind.starts_with("sliding") {
                let n =
                    fields.text("window_n").parse::<i64>().map_err(|_| "请填写 n 是几小时或几天（整数）")?;
                window["n"] = json!(n);
            }
            vec![("window", window)]
        }
        Input::Keep => {
            vec![("keep", json!(if fields.is_set("keep") { fields.text("keep") } else { "dearest" }))]
        }
        Input::Ratio => {
            vec![("ratio", json_number(needed("ratio", "折价比例")? / Decimal::ONE_HUNDRED))]
        }
        Input::Times => vec![("k", json_number(needed("k", "对应个数")?))],
        Input::Number(member, before, _) => vec![(member, json_number(needed(member, before)?))],
        Input::Planned => {
            vec![("planned", json!(if fields.text("planned") == "counted" { "counted" } else { "exempt" }))]
        }
    })
}

/// The fields that say this document.
pub(super) fn fields(kind: &KindForm, document: &Value) -> Fields {
    let mut fields = Vec::new();
    let mut put = |name: String, value: String| {
        if !value.is_empty() {
            fields.push((name, value));
        }
    };
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let list = |value: &Value| -> Vec<String> {
        match value {
            Value::Array(list) => list.iter().map(text).collect(),
            Value::Null => Vec::new(),
            one => vec![text(one)],
        }
    };
    for name in ["id", "name", "level", "valid_from", "valid_to", "unit", "keep", "k", "min_age", "max_age"] {
        put(name.to_owned(), text(&document[name]));
    }
    for name in ["stage", "scene"] {
        list(&document[name]).into_iter().for_each(|value| put(name.to_owned(), value));
    }
    let evidence = if document["evidence"].is_null() { &document["evid"] } else { &document["evidence"] };
    match evidence {
        Value::Object(_) => {
            put("evidence_document".into(), text(&evidence["document"]));
            put("evidence_clause".into(), text(&evidence["clause"]));
        }
        Value::String(text) if text != "UNCONFIRMED" => put("evidence_document".into(), text.clone()),
        _ => {}
    }
    for (member, _) in kind.parts {
        if *member == "sets" {
            let sets = document["sets"].as_array().cloned().unwrap_or_default();
            for (at, set) in sets.iter().enumerate() {
                put(format!("sets{}", at + 1), list(set).join("\n"));
            }
        } else {
            put((*member).to_owned(), list(&document[*member]).join("\n"));
        }
    }
    for input in kind.inputs {
        match input {
            Input::Allow(Attribute::Diagnosis | Attribute::Operation) => {
                put("allow".into(), list(&document["allow"]).join("\n"));
            }
            Input::Allow(of) => {
                for value in list(&document["allow"]) {
                    // A name in place of its code.
                    let known =
                        audit::values_of(*of).iter().find(|(_, name)| name.starts_with(value.as_str()));
                    put("allow".into(), known.map_or(value.clone(), |(code, _)| (*code).to_owned()));
                }
            }
            Input::Levels => {
                put("min_level".into(), text(&document["min"]));
                put("max_level".into(), text(&document["max"]));
            }
            Input::Most => match document["max_expr"].as_str() {
                Some(days) => {
                    put("by_days".into(), "1".into());
                    put("max".into(), days.replace("los_days", "").replace(['*', ' '], ""));
                }
                None => put("max".into(), text(&document["max"])),
            },
            Input::Days => put("max".into(), text(&document["max"])),
            Input::Money | Input::Cost => {
                let fen = document["max_fen"].as_i64().or_else(|| document["max_fen"].as_str()?.parse().ok());
                put(
                    "money".into(),
                    fen.map_or(String::new(), |fen| Decimal::new(fen, 2).normalize().to_string()),
                );
            }
            Input::Window => {
                let (name, n) = match &document["window"] {
                    Value::String(text) => {
                        let (name, n) = text.split_once(':').unwrap_or((text, ""));
                        (name.to_owned(), n.trim().to_owned())
                    }
                    window => (text(&window["type"]), text(&window["n"])),
                };
                put("window".into(), if name.is_empty() { "encounter".into() } else { name });
                put("window_n".into(), n);
            }
            Input::Ratio => {
                let ratio = text(&document["ratio"]).parse::<Decimal>().ok();
                put(
                    "ratio".into(),
                    ratio.map_or(String::new(), |ratio| {
                        (ratio * Decimal::ONE_HUNDRED).normalize().to_string()
                    }),
                );
            }
            Input::Number(member, ..) => put((*member).to_owned(), text(&document[*member])),
            Input::Planned => put("planned".into(), text(&document["planned"])),
            Input::Ages | Input::Unit | Input::Keep | Input::Times => {}
        }
    }
    Fields(fields)
}
