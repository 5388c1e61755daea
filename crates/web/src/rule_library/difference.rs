//! 版本差异: what two documents say differently, member by member.

use crate::grid::{Cell, Column, Grid, Row};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Members of documents as people call them.
const MEMBERS: [(&str, &str); 32] = [
    ("id", "规则编号"),
    ("name", "规则名称"),
    ("kind", "规则类型"),
    ("level", "预警等级"),
    ("result", "结果类型"),
    ("stage", "环节"),
    ("scene", "场景"),
    ("valid_from", "生效日期"),
    ("valid_to", "失效日期"),
    ("evidence", "依据"),
    ("evid", "依据"),
    ("items", "收费项目"),
    ("main", "主项"),
    ("sub", "从项"),
    ("except_if", "例外项目"),
    ("sets", "项目组"),
    ("a", "收取的项目"),
    ("b", "对应的项目"),
    ("allow", "允许的取值"),
    ("min", "最低级别"),
    ("max", "上限"),
    ("max_expr", "上限（按住院天数）"),
    ("max_fen", "最高金额（分）"),
    ("min_age", "最小年龄"),
    ("max_age", "最大年龄"),
    ("unit", "计数方式"),
    ("window", "时间窗口"),
    ("keep", "保留"),
    ("ratio", "折价比例"),
    ("k", "对应个数"),
    ("src", "来源"),
    ("note", "备注"),
];

/// Title, before, after of every member that differs.
pub(super) fn difference(before: &str, after: &str) -> Vec<(String, String, String)> {
    let read = |document: &str| match serde_json::from_str(document) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    let (before, after) = (read(before), read(after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut ordered: Vec<&String> = names.into_iter().collect();
    let place = |name: &str| MEMBERS.iter().position(|member| member.0 == name).unwrap_or(MEMBERS.len());
    ordered.sort_by_key(|name| (place(name), (*name).clone()));
    let mut rows = Vec::new();
    for name in ordered {
        let (old, new) = (before.get(name), after.get(name));
        if old == new {
            continue;
        }
        let title = MEMBERS.iter().find(|member| member.0 == name).map_or(name.as_str(), |member| member.1);
        // Of long lists only what came and went.
        match (old.and_then(strings), new.and_then(strings)) {
            (Some(old), Some(new)) if old.len() + new.len() > 6 => {
                let gone: Vec<&str> = old.iter().filter(|item| !new.contains(item)).copied().collect();
                let came: Vec<&str> = new.iter().filter(|item| !old.contains(item)).copied().collect();
                let said = |what: &str, items: &[&str]| match items {
                    [] => format!("没有{what}"),
                    items => format!("{what} {} 项：{}", items.len(), items.join("、")),
                };
                rows.push((title.to_owned(), said("去掉", &gone), said("增加", &came)));
            }
            _ => rows.push((title.to_owned(), text(old), text(new))),
        }
    }
    rows
}

fn strings(value: &Value) -> Option<Vec<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}

fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "—".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(list)) => list.iter().map(|value| text(Some(value))).collect::<Vec<_>>().join("、"),
        Some(Value::Object(members)) => members
            .iter()
            .map(|(name, value)| format!("{name} {}", text(Some(value))))
            .collect::<Vec<_>>()
            .join("，"),
        Some(other) => other.to_string(),
    }
}

/// The difference as a table.
pub(super) fn grid(before: &str, after: &str) -> Grid {
    let rows = difference(before, after).into_iter().map(|(title, before, after)| Row {
        cells: vec![Cell::text(title), Cell::text(before), Cell::text(after)],
        class: "",
    });
    Grid {
        title: "差异".into(),
        columns: vec![
            Column::text("member", "内容"),
            Column::text("before", "原来"),
            Column::text("after", "改为"),
        ],
        rows: rows.collect(),
        empty: "内容相同".into(),
        ..Grid::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_long_lists_are_compared() {
        let old = r#"{"id":"r","max":1,"items":["A","B","C","D"],"window":{"type":"calendar_day"}}"#;
        let new = r#"{"id":"r","max":2,"items":["B","C","D","E"],"valid_from":"2026-01-01","window":{"type":"calendar_day"}}"#;
        let said: Vec<String> =
            difference(old, new).into_iter().map(|(a, b, c)| format!("{a}|{b}|{c}")).collect();
        assert_eq!(said, ["生效日期|—|2026-01-01", "收费项目|去掉 1 项：A|增加 1 项：E", "上限|1|2"]);
        assert!(difference(old, old).is_empty());
    }
}
