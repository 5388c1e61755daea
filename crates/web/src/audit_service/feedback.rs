//! `POST /api/v1/audit/feedback`: what the caller's user did, in our form or as 3103.

use super::signature::Signed;
use crate::app::App;
use crate::error::ApiError;
use crate::page::json;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};
use store::CallAnswer;

/// Characters of a reason at most.
const REASON: usize = 500;

/// `{"answers": [{"result", "answer": "continue" or "return", "reason"}]}`, or `infno` 3103 with
/// `warns: [{"warn_rslt_id", "dspo_way": "1" or "2", "dspo_way_rea"}]`.
pub(super) async fn feedback(State(app): State<App>, signed: Signed) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let document: Value = serde_json::from_slice(&signed.body)
            .map_err(|error| ApiError::wrong(format!("请求不是有效的 JSON：{error}")))?;
        let answers = read(&document)?;
        app.store().answer_audit_calls(&signed.application, &answers, app.now())?;
        Ok(json(&json!({ "infcode": "0", "err_msg": "", "kept": answers.len() })))
    })
    .await
}

fn read(document: &Value) -> Result<Vec<(i64, CallAnswer, String)>, ApiError> {
    let national = document.pointer("/input/data").or_else(|| document.get("data"));
    let (list, names) = match national {
        Some(data) => (&data["warns"], ["warn_rslt_id", "dspo_way", "dspo_way_rea"]),
        None => (&document["answers"], ["result", "answer", "reason"]),
    };
    let one = [list.clone()];
    let list = match list {
        Value::Array(list) if !list.is_empty() => list.as_slice(),
        Value::Object(_) => &one,
        _ => return Err(ApiError::wrong("没有处理结果：应为 answers（或 3103 的 warns）列表")),
    };
    let text = |of: &Value, name: &str| match &of[name] {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    list.iter()
        .enumerate()
        .map(|(at, one)| {
            let [id, way, reason] = names.map(|name| text(one, name));
            let wrong =
                |name: &str, problem: String| ApiError::wrong(format!("第 {} 条 {name}：{problem}", at + 1));
            let answer = match way.as_str() {
                "1" | "continue" => CallAnswer::Continue,
                "2" | "return" => CallAnswer::Return,
                _ => return Err(wrong(names[1], format!("应为继续执行或返回修改，现为“{way}”"))),
            };
            let number = id.parse().map_err(|_| wrong(names[0], format!("不是审核结果的编号：“{id}”")))?;
            if answer == CallAnswer::Continue && reason.is_empty() {
                return Err(wrong(names[2], "继续执行须写明理由".to_owned()));
            }
            if reason.chars().count() > REASON {
                return Err(wrong(names[2], format!("超过 {REASON} 字")));
            }
            Ok((number, answer, reason))
        })
        .collect()
}
