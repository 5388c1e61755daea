//! 一条预警: the rule, the lines involved by time, and what people did with it.

use super::level;
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row, Value};
use crate::page::{Page, html};
use crate::query::{Fields, Posted};
use crate::rule_library::kind_name;
use crate::text;
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::Permission;
use rust_decimal::Decimal;
use store::{AuditFinding, ChargeFilter, ChargeLine, FindingState, FindingStep, LogKind, StoreError};

/// Characters of a reason at most, as the insurer's feedback takes them.
const REASON: usize = 500;

/// Reasons that doctors give again and again.
const USUAL: [&str; 5] = [
    "患者病情需要，病程记录已说明",
    "抢救期间计费，医嘱与执行记录一致",
    "不同部位或不同次操作，非重复收费",
    "计费时间录入有误，实际未重复",
    "已通知收费处退费",
];

#[derive(Template)]
#[template(path = "warnings/finding.html")]
struct FindingPage {
    page: Page,
    body: FindingBody,
}

/// What a page about a warning says, ours or an embedded one.
#[derive(Template)]
#[template(path = "warnings/finding_body.html")]
pub(crate) struct FindingBody {
    csrf: String,
    finding: AuditFinding,
    /// Where its form goes.
    place: String,
    /// Address of the case; empty: this page leads nowhere else.
    case_link: String,
    level: &'static str,
    level_class: &'static str,
    kind: String,
    rule_said: String,
    evidence: String,
    found_at: String,
    gone: String,
    inpatient_number: String,
    patient: String,
    doctor: String,
    department: String,
    lines: Grid,
    steps: Grid,
    handles: Vec<(&'static str, &'static str)>,
    usual: [&'static str; 5],
    charges: String,
}

pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let finding = seen(app, &who, id)?;
        let case = format!("/case/{}", finding.case);
        let body = FindingBody::of(app, &who, finding, format!("/warnings/{id}"), case)?;
        html(&FindingPage {
            page: who.page(app, "预警详情", &[("违规预警", "/warnings"), ("预警详情", "")]),
            body,
        })
    })
    .await
}

impl FindingBody {
    /// Reads it, which is logged.
    pub(crate) fn of(
        app: &App,
        who: &Who,
        finding: AuditFinding,
        place: String,
        case_link: String,
    ) -> Result<FindingBody, ApiError> {
        let id = finding.id;
        let record = app
            .store()
            .case_record(&who.viewer, finding.case)?
            .ok_or_else(|| ApiError::missing("此预警的病例"))?;
        app.log(
            who,
            LogKind::Read,
            "查看违规预警",
            &format!("病例 {}", finding.case),
            &format!("预警 {id}"),
        )?;
        let library = app.rule_library().current(app)?;
        let said = library.version(app, &finding.found.rule, finding.found.rule_version)?;
        let cell = level(&finding.found.level);
        let encounter = &record.encounter;
        let patient = record.patient.as_ref().map_or("", |patient| patient.text("name"));
        let doctor = match encounter.text("resident_key") {
            "" => encounter.text("attending_key"),
            resident => resident,
        };
        Ok(FindingBody {
            level: match &cell.value {
                Value::Text(text) if text == "强制" => "强制",
                Value::Text(text) if text == "提示" => "提示",
                _ => "警告",
            },
            level_class: cell.class,
            kind: kind_name(&finding.found.kind),
            rule_said: said.0,
            evidence: said.1,
            found_at: text::moment(finding.found_at),
            gone: finding.gone.map_or(String::new(), |(at, rule)| {
                let why = if rule { "规则已修改或关闭" } else { "费用已更正" };
                format!("{} 起不再违规：{why}", text::moment(at))
            }),
            inpatient_number: encounter.text("inpatient_number").to_owned(),
            patient: who.viewer.patient_name(patient),
            doctor: record.staff(doctor).to_owned(),
            department: record.department(&record.department_key).to_owned(),
            lines: timeline(app, who, &finding)?,
            steps: steps(app, &finding)?,
            handles: if who.viewer.may(Permission::WarningsHandle) && finding.gone.is_none() {
                handles(finding.state)
            } else {
                Vec::new()
            },
            usual: USUAL,
            charges: if who.viewer.may(Permission::Charges)
                && !case_link.is_empty()
                && !finding.found.item_key.is_empty()
            {
                let item = crate::query::encode(&finding.found.item_key);
                format!("{case_link}/charges?view=lines&item={item}")
            } else {
                String::new()
            },
            finding,
            place,
            case_link,
            csrf: who.session.csrf.clone(),
        })
    }
}

pub(crate) fn seen(app: &App, who: &Who, id: i64) -> Result<AuditFinding, ApiError> {
    app.store().audit_finding(&who.viewer, id)?.ok_or_else(|| ApiError::missing("此预警"))
}

/// What a warning may become: state and what the button says.
fn handles(state: FindingState) -> Vec<(&'static str, &'static str)> {
    let all = [
        (FindingState::Ignored, "忽略并说明理由"),
        (FindingState::Corrected, "已更正"),
        (FindingState::Confirmed, "确认违规"),
        (FindingState::Appealed, "申诉"),
        (FindingState::Open, "退回待处理"),
    ];
    all.into_iter().filter(|(to, _)| *to != state).map(|(to, name)| (to.id(), name)).collect()
}

fn timeline(app: &App, who: &Who, finding: &AuditFinding) -> Result<Grid, ApiError> {
    let found = &finding.found;
    let all = app.store().charge_lines(&who.viewer, finding.case, &ChargeFilter::default())?;
    let involved = |line: &ChargeLine| line.key == found.line_key || found.because_of.contains(&line.key);
    let lines: Vec<ChargeLine> =
        all.map(|page| page.lines).unwrap_or_default().into_iter().filter(involved).collect();
    let rows = lines.iter().map(|line| {
        let excess = line.key == found.line_key;
        let quantity = |units: i64| Cell::from(Value::Decimal(Decimal::new(units, 4), 2));
        Row {
            cells: vec![
                Cell::from(Value::Moment(line.charged_at)),
                if excess {
                    Cell::text("超出").class("tag tag-unconfirmed")
                } else {
                    Cell::text("涉及").class("tag")
                },
                Cell::text(line.item_key.clone()),
                Cell::text(line.item_name.clone()),
                quantity(line.quantity),
                Cell::text(line.unit.clone()),
                Cell::money(line.amount),
                if excess && found.quantity > 0 { quantity(found.quantity) } else { Cell::default() },
                if excess { Cell::money(found.amount) } else { Cell::default() },
                Cell::text(line.ordering_department.clone()),
                Cell::text(line.ordering_doctor.clone()),
                match line.refunded {
                    Some((units, _)) => quantity(units),
                    None => Cell::default(),
                },
            ],
            class: if excess { "row-marked" } else { "" },
        }
    });
    Ok(Grid {
        title: "涉及的费用明细".into(),
        columns: vec![
            Column::text("at", "计费时间"),
            Column::text("role", "作用"),
            Column::text("item", "项目编码"),
            Column::text("name", "项目名称"),
            Column::number("quantity", "数量", ""),
            Column::text("unit", "单位"),
            Column::number("amount", "金额", "元"),
            Column::number("excess", "超出数量", ""),
            Column::number("excess_amount", "违规金额", "元"),
            Column::text("department", "开单科室"),
            Column::text("doctor", "开单医师"),
            Column::number("refunded", "已退数量", ""),
        ],
        rows: rows.collect(),
        empty: "明细已不在数据仓中（被删除或作废）".into(),
        ..Grid::default()
    })
}

fn steps(app: &App, finding: &AuditFinding) -> Result<Grid, ApiError> {
    let steps = app.store().finding_steps(finding.id)?;
    let rows = steps.iter().map(|step| Row {
        cells: vec![
            Cell::from(Value::Moment(step.at)),
            Cell::text(step.state.chinese()),
            Cell::text(step.reason.clone()),
            Cell::text(step.name.clone()),
        ],
        class: "",
    });
    Ok(Grid {
        title: "处理记录".into(),
        columns: vec![
            Column::text("at", "时间"),
            Column::text("state", "处理"),
            Column::text("reason", "理由"),
            Column::text("name", "处理人"),
        ],
        rows: rows.collect(),
        empty: "尚未处理".into(),
        ..Grid::default()
    })
}

pub(super) async fn step(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| take_step(app, &who, id, &fields, &format!("/warnings/{id}"))).await
}

/// Goes a step on as the form says, and back to the page.
pub(crate) fn take_step(
    app: &App,
    who: &Who,
    id: i64,
    fields: &Fields,
    page: &str,
) -> Result<Response, ApiError> {
    let finding = seen(app, who, id)?;
    let to = FindingState::named(fields.text("state")).ok_or_else(|| ApiError::wrong("请选择怎样处理"))?;
    let from = FindingState::named(fields.text("seen")).unwrap_or_default();
    let reason: String = fields.text("reason").chars().take(REASON).collect();
    let back = || Redirect::to(page).into_response();
    if reason.is_empty() && to != FindingState::Corrected {
        app.notice(who, "没有保存：请写明理由，医保办和复核人要看");
        return Ok(back());
    }
    let step = FindingStep {
        state: to,
        reason,
        login: who.viewer.login.clone(),
        name: who.viewer.name.clone(),
        at: app.now(),
    };
    match app.store().step_findings(&[(id, from)], &step) {
        Ok(()) => {}
        Err(StoreError::Changed(_)) => {
            app.notice(who, "没有保存：您打开页面之后这条预警已被他人处理，请核对后再试");
            return Ok(back());
        }
        Err(error) => return Err(error.into()),
    }
    let detail = format!("预警 {id}，规则 {}，病例 {}：{}", finding.found.rule, finding.case, to.chinese());
    app.log(who, LogKind::Change, "处理违规预警", &finding.found.rule, &detail)?;
    app.notice(who, format!("已记为“{}”", to.chinese()));
    Ok(back())
}
