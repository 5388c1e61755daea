//! `POST /api/v1/audit`: one stay with lines that are not charged yet, in our compact form or in the insurer's (3101, 3102).

use super::signature::Signed;
use crate::app::App;
use crate::error::ApiError;
use crate::page::json;
use audit::{
    Alert, Conclusion, Document, Encounter, Finding, Level, NationalFinding, Scratch, Stage, Stay,
    is_national, national_result, read_national, stay_of,
};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::time::Duration;
use store::{AuditCall, CallFinding};
use sync::RuleSet;

/// A caller never waits longer: it goes on without us (失败放行).
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) async fn audit(State(app): State<App>, signed: Signed) -> Result<Response, ApiError> {
    let judged = app.blocking(move |app| answer(app, &signed));
    match tokio::time::timeout(PATIENCE, judged).await {
        Ok(answer) => answer.map(|answer| json(&answer)),
        Err(_) => {
            Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "审核超时", "请放行，稍后由出院审核补审"))
        }
    }
}

/// The interface's description for programmers of other systems.
pub(super) async fn description() -> Response {
    ([(axum::http::header::CONTENT_TYPE, "application/json")], include_str!("../../assets/openapi.json"))
        .into_response()
}

fn answer(app: &App, signed: &Signed) -> Result<Value, ApiError> {
    let text = std::str::from_utf8(&signed.body).map_err(|_| ApiError::wrong("请求不是 UTF-8 编码"))?;
    let document: Document<'_> = serde_json::from_str(text)
        .map_err(|error| ApiError::wrong(format!("请求不是有效的 JSON：{error}")))?;
    let rules = app.audit_service().rules.current(app)?;
    if is_national(&document) {
        national(app, signed, &rules, &document)
    } else {
        compact(app, signed, &rules, &document)
    }
}

/// Rules of the caller's 环节 that warn, on lines of which one is new.
struct Asked<'a> {
    rules: &'a RuleSet,
    stage: Option<Stage>,
    /// Only these rules; empty: all.
    only: &'a [String],
    /// Whether each line is new.
    new: &'a [bool],
}

impl Asked<'_> {
    /// Whether the caller is told of a rule. 疑点 of the stay as a whole are for those who look at it afterwards, not for
    /// whoever enters a charge.
    fn concerns(&self, rule: u32) -> bool {
        let rule = &self.rules.rules[rule as usize];
        let stages = &rule.written.stages;
        !rule.shadow
            && !rule.written.kind.of_stay()
            && (stages.is_empty() || self.stage.is_none_or(|stage| stages.contains(&stage)))
            && (self.only.is_empty() || self.only.contains(&rule.id))
    }

    fn counts(&self, finding: &Finding) -> bool {
        let new = |line: &u32| self.new.get(*line as usize).copied().unwrap_or(true);
        self.concerns(finding.rule) && (new(&finding.line) || finding.because_of.iter().any(new))
    }
}

/// What a caller is told.
struct Judged {
    /// With the ids under which they are kept.
    findings: Vec<(i64, Finding)>,
    alerts: Vec<Alert>,
    conclusion: Conclusion,
}

/// Judges a stay and keeps the call.
fn judge(
    app: &App,
    asked: &Asked<'_>,
    stay: &Stay,
    ids: &[String],
    call: AuditCall,
) -> Result<Judged, ApiError> {
    let verdict = asked.rules.engine.judge(stay, &mut Scratch::default());
    let findings: Vec<Finding> =
        verdict.findings.into_iter().filter(|finding| asked.counts(finding)).collect();
    let rule = |finding: &Finding| &asked.rules.rules[finding.rule as usize];
    let level = |finding: &Finding| rule(finding).written.level;
    let conclusion = findings.iter().map(|finding| Conclusion::of(level(finding))).max().unwrap_or_default();
    let told: Vec<CallFinding> = findings
        .iter()
        .map(|finding| CallFinding {
            rule: rule(finding).id.clone(),
            rule_version: rule(finding).version,
            level: rule(finding).level.clone(),
            line: ids[finding.line as usize].clone(),
            item: stay.lines[finding.line as usize].item.to_string(),
            quantity: finding.excess_quantity,
            amount: finding.excess,
            content: asked.rules.said(stay, finding),
        })
        .collect();
    let call = AuditCall {
        at: app.now(),
        lines: i64::try_from(stay.lines.len()).unwrap_or(i64::MAX),
        conclusion: conclusion.code().to_owned(),
        ..call
    };
    let kept = app.store().keep_audit_call(&call, &told)?;
    let findings = kept.into_iter().zip(findings).collect();
    let mut alerts = verdict.alerts;
    alerts.retain(|alert| !matches!(alert, Alert::Missing(rule, _) if !asked.concerns(*rule)));
    Ok(Judged { findings, alerts, conclusion })
}

/// Our form: the document of `dipper audit`, and beside it `stage`, `inpatient_number` (its stored lines come before those of
/// the request) and `new` of each line.
fn compact(app: &App, signed: &Signed, rules: &RuleSet, document: &Document<'_>) -> Result<Value, ApiError> {
    let read = stay_of(document).map_err(|error| ApiError::wrong(error.to_string()))?;
    let stage = match document.get("stage").as_str().unwrap_or_default() {
        "" => None,
        name => Some(Stage::named(name).ok_or_else(|| {
            ApiError::wrong(format!("stage：应为 order、charge、discharge 或 after，现为“{name}”"))
        })?),
    };
    let name = |id: &Value| id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    let mut ids: Vec<String> = read.line_ids.iter().map(name).collect();
    let flags = document.get("lines").as_array().unwrap_or_default();
    let mut new: Vec<bool> = flags.iter().map(|line| line.get("new").as_bool().unwrap_or(true)).collect();
    let mut stay = read.stay;
    own_hospital(app, &mut stay.encounter);
    let number = document.get("inpatient_number").as_str().unwrap_or_default().trim();
    if !number.is_empty() {
        let (stored, stored_ids) = stored(app, rules, number, document.get("visit").as_i64())?;
        // A line that the store has already is the store's.
        let known: std::collections::HashSet<&String> = stored_ids.iter().collect();
        let fresh: Vec<usize> = (0..ids.len()).filter(|at| !known.contains(&ids[*at])).collect();
        let before = stored.lines.len() as u32;
        let mut place = vec![u32::MAX; ids.len()];
        for (n, at) in fresh.iter().enumerate() {
            place[*at] = before + n as u32;
        }
        let mut whole = stored;
        for at in &fresh {
            let mut line = stay.lines[*at].clone();
            line.order += before;
            line.refund_of = line.refund_of.map(|of| place.get(of as usize).copied().unwrap_or(u32::MAX));
            whole.lines.push(line);
        }
        new = std::iter::repeat_n(false, before as usize).chain(fresh.iter().map(|at| new[*at])).collect();
        ids = stored_ids.iter().cloned().chain(fresh.iter().map(|at| ids[*at].clone())).collect();
        stay = whole;
    }
    let asked = Asked { rules, stage, only: &[], new: &new };
    let call = AuditCall {
        application: signed.application.clone(),
        stay: name(&read.id),
        stage: stage.map_or_else(String::new, |stage| stage.code().to_owned()),
        ..AuditCall::default()
    };
    let Judged { findings, alerts, conclusion } = judge(app, &asked, &stay, &ids, call)?;
    let findings = findings.iter().map(|(id, finding)| {
        let rule = &rules.rules[finding.rule as usize];
        let line = &stay.lines[finding.line as usize];
        json!({
            "result": id.to_string(),
            "rule": rule.id,
            "rule_version": rule.version,
            "rule_name": rule.written.name,
            "level": rule.written.level.code(),
            "nature": rule.written.nature.code(),
            "content": rules.said(&stay, finding),
            "evidence": [&rule.written.evidence.document, &rule.written.evidence.clause],
            "line": ids[finding.line as usize],
            "item": line.item.as_str(),
            "excess_qty": Decimal::new(finding.excess_quantity, 4).normalize().to_string(),
            "excess_fen": finding.excess,
            "because_of": finding.because_of.iter().map(|at| &ids[*at as usize]).collect::<Vec<_>>(),
        })
    });
    let findings: Vec<Value> = findings.collect();
    let alerts = alerts.iter().map(|alert| match alert {
        Alert::UnmatchedRefund(at) => {
            json!({ "line": ids[*at as usize], "message": "退费行找不到可冲销的收费行，未计入" })
        }
        Alert::Missing(rule, what) => {
            json!({ "rule": rules.rules[*rule as usize].id, "message": format!("缺少{what}，本规则未判断") })
        }
    });
    Ok(json!({
        "id": read.id,
        "verdict": conclusion.code(),
        "verdict_name": conclusion.chinese(),
        "findings": findings,
        "alerts": alerts.collect::<Vec<_>>(),
    }))
}

/// The stored stay of a 住院号, its lines by key.
fn stored(
    app: &App,
    rules: &RuleSet,
    number: &str,
    visit: Option<i64>,
) -> Result<(Stay, Vec<String>), ApiError> {
    // Another system of the hospital sees what it charges itself.
    let viewer = model::Viewer { scope: model::DataScope::Hospital, ..model::Viewer::default() };
    let missing = || ApiError::missing(&format!("住院号 {number} 的病例"));
    let case = app.store().case_of_inpatient(&viewer, number, visit)?.ok_or_else(missing)?;
    let input =
        app.store().audit_input(&viewer, case, &|item| rules.names_item(item))?.ok_or_else(missing)?;
    let stay = sync::audit_stay_of(rules, &input, app.rules(), app.now())?;
    Ok((stay, input.lines.into_iter().map(|line| line.key).collect()))
}

/// The insurer's form.
fn national(app: &App, signed: &Signed, rules: &RuleSet, document: &Document<'_>) -> Result<Value, ApiError> {
    let known = |code: &str| rules.names.item(code).is_some();
    let read = read_national(document, &known).map_err(|error| ApiError::wrong(error.to_string()))?;
    let stage = stage_of(&read.scenario);
    let (mut results, mut conclusion) = (Vec::new(), Conclusion::Pass);
    for one in &read.stays {
        let mut one = one.clone();
        own_hospital(app, &mut one.stay.encounter);
        let asked = Asked { rules, stage, only: &read.rules, new: &one.new };
        let call = AuditCall {
            application: signed.application.clone(),
            stay: one.encounter.clone(),
            stage: stage.map_or_else(String::new, |stage| stage.code().to_owned()),
            ..AuditCall::default()
        };
        let judged = judge(app, &asked, &one.stay, &one.lines, call)?;
        conclusion = conclusion.max(judged.conclusion);
        for (id, finding) in &judged.findings {
            let id = id.to_string();
            let content = rules.said(&one.stay, finding);
            let rule = &rules.rules[finding.rule as usize].written;
            let said = NationalFinding { id: &id, rule, finding, content: &content };
            results.push(national_result(&read.task, &one, &said));
        }
    }
    Ok(json!({
        "infcode": "0",
        "err_msg": "",
        "inf_refmsgid": crate::token::random()?,
        "output": { "result": results, "verdict": conclusion.code() },
    }))
}

/// What a request need not say: the level of our own hospital, and that it is asked now.
fn own_hospital(app: &App, encounter: &mut Encounter) {
    encounter.hospital_level = encounter.hospital_level.or_else(|| app.rules().hospital_level.parse().ok());
    encounter.as_of.get_or_insert(app.now());
}

/// `trig_scen`: 5 住院执行医嘱; 2, 4 收费登记; 6 to 9 结算与预结算; 1, 3 登记 ask for all.
fn stage_of(scenario: &str) -> Option<Stage> {
    match scenario {
        "5" => Some(Stage::Order),
        "2" | "4" => Some(Stage::Charge),
        "6" | "7" | "8" | "9" => Some(Stage::Discharge),
        _ => None,
    }
}

/// What a warning of this level asks of the caller.
pub(super) fn conclusion_of(level: &str) -> Conclusion {
    Level::named(level).map_or(Conclusion::Revise, Conclusion::of)
}
