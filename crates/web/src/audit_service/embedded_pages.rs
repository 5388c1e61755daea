//! 嵌入页面: the bed card, 出院审核 of a patient, today's 全院审核 of patients in house, a warning with its handling.

use super::call::conclusion_of;
use super::embed::Embedded;
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Paging, Row, Value};
use crate::page::{Page, html};
use crate::query::{Asked, Posted};
use crate::text;
use crate::warnings::{FindingBody, level, seen, take_step};
use crate::who::Who;
use askama::Template;
use audit::Conclusion;
use axum::extract::{Path, State};
use axum::response::Response;
use store::{AuditFinding, FindingState, LogKind, WarnedPatients, Warning, WarningFilter, WarningsBy};

/// Warnings that a bed card shows; the rest is one click away.
const SHOWN: usize = 5;

/// The patient on top of a page.
struct Patient {
    bed: String,
    name: String,
    inpatient_number: String,
    department: String,
    doctor: String,
    admitted: String,
    discharged: String,
}

impl Patient {
    fn of(app: &App, who: &Who, case: i64) -> Result<Patient, ApiError> {
        let record =
            app.store().case_record(&who.viewer, case)?.ok_or_else(|| ApiError::missing("此病例"))?;
        let encounter = &record.encounter;
        let name = record.patient.as_ref().map_or("", |patient| patient.text("name"));
        let doctor = match encounter.text("resident_key") {
            "" => encounter.text("attending_key"),
            resident => resident,
        };
        let moment = |column: &str| encounter.value(column).int().map_or_else(String::new, text::moment);
        Ok(Patient {
            bed: encounter.text("bed").to_owned(),
            name: who.viewer.patient_name(name),
            inpatient_number: encounter.text("inpatient_number").to_owned(),
            department: record.department(&record.department_key).to_owned(),
            doctor: record.staff(doctor).to_owned(),
            admitted: moment("admitted_at"),
            discharged: moment("discharged_at"),
        })
    }
}

/// A case's warnings that still say something: not gone, not corrected.
struct Standing {
    findings: Vec<AuditFinding>,
    conclusion: Conclusion,
    amount: i64,
    audited_at: String,
    unjudged: Vec<String>,
}

impl Standing {
    fn of(app: &App, who: &Who, case: i64) -> Result<Standing, ApiError> {
        let all = app.store().case_audit_findings(&who.viewer, case)?;
        let mut findings: Vec<AuditFinding> =
            all.into_iter().filter(|finding| finding.gone.is_none()).collect();
        // What is still to be done comes first.
        findings.sort_by_key(|finding| finding.state != FindingState::Open);
        let open = || findings.iter().filter(|finding| finding.state == FindingState::Open);
        let audited = app.store().audited_case(case)?;
        Ok(Standing {
            conclusion: open().map(|finding| conclusion_of(&finding.found.level)).max().unwrap_or_default(),
            amount: open().map(|finding| finding.found.amount).sum(),
            audited_at: audited.as_ref().map_or_else(String::new, |(at, _)| text::moment(*at)),
            unjudged: audited.map(|(_, unjudged)| unjudged).unwrap_or_default(),
            findings,
        })
    }

    fn open(&self) -> usize {
        self.findings.iter().filter(|finding| finding.state == FindingState::Open).count()
    }

    fn class(&self) -> &'static str {
        match self.conclusion {
            Conclusion::Pass => "verdict verdict-pass",
            Conclusion::Revise => "verdict verdict-revise",
            Conclusion::Forced => "verdict verdict-forced",
        }
    }
}

fn case_of(embedded: &Embedded) -> Result<i64, ApiError> {
    embedded.case.ok_or_else(|| ApiError::missing("此病例"))
}

fn grid(base: &str, findings: &[AuditFinding]) -> Grid {
    let row = |finding: &AuditFinding| Row {
        cells: vec![
            level(&finding.found.level),
            Cell::text(finding.found.content.clone()).link(format!("{base}/warning/{}", finding.id)),
            Cell::from(Value::Moment(finding.found.charged_at)),
            Cell::money(finding.found.amount),
            Cell::text(finding.state.chinese()),
        ],
        class: "",
    };
    Grid {
        title: "违规预警".into(),
        columns: vec![
            Column::text("level", "等级"),
            Column::text("content", "预警内容"),
            Column::text("charged_at", "计费时间"),
            Column::number("amount", "违规金额", "元"),
            Column::text("state", "处理状态"),
        ],
        rows: findings.iter().map(row).collect(),
        empty: "没有违规预警".into(),
        ..Grid::default()
    }
}

#[derive(Template)]
#[template(path = "embed/bed.html")]
struct Bed {
    page: Page,
    patient: Patient,
    standing: Standing,
    amount: String,
    grid: Grid,
    all: String,
}

pub(super) async fn bed(State(app): State<App>, who: Who, embedded: Embedded) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let case = case_of(&embedded)?;
        let (patient, standing) = (Patient::of(app, &who, case)?, Standing::of(app, &who, case)?);
        log(app, &who, case, "床位卡")?;
        let first: Vec<AuditFinding> = standing
            .findings
            .iter()
            .filter(|finding| finding.state == FindingState::Open)
            .take(SHOWN)
            .cloned()
            .collect();
        let mut grid = grid(&embedded.base, &first);
        grid.title.clear();
        grid.columns.truncate(2);
        grid.rows.iter_mut().for_each(|row| row.cells.truncate(2));
        html(&Bed {
            page: who.page(app, "收费审核", &[]),
            amount: text::money(standing.amount),
            grid,
            all: format!("{}/discharge", embedded.base),
            patient,
            standing,
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "embed/discharge.html")]
struct Discharge {
    page: Page,
    patient: Patient,
    standing: Standing,
    amount: String,
    grid: Grid,
}

pub(super) async fn discharge(
    State(app): State<App>,
    who: Who,
    embedded: Embedded,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let case = case_of(&embedded)?;
        let (patient, standing) = (Patient::of(app, &who, case)?, Standing::of(app, &who, case)?);
        log(app, &who, case, "出院审核")?;
        html(&Discharge {
            page: who.page(app, "出院医保审核", &[]),
            amount: text::money(standing.amount),
            grid: grid(&embedded.base, &standing.findings),
            patient,
            standing,
        })
    })
    .await
}

fn log(app: &App, who: &Who, case: i64, what: &str) -> Result<(), ApiError> {
    app.log(who, LogKind::Read, "查看嵌入页面", &format!("病例 {case}"), what)
}

#[derive(Template)]
#[template(path = "embed/today.html")]
struct Today {
    page: Page,
    here: String,
    departments: Vec<(String, String, bool)>,
    levels: Vec<(&'static str, &'static str, bool)>,
    open_only: bool,
    warnings: String,
    patients: String,
    amount: String,
    by_department: Grid,
    grid: Grid,
}

/// 在院患者每日全院审核: what stands now about patients in house, of the departments that the user sees.
pub(super) async fn today(
    State(app): State<App>,
    who: Who,
    embedded: Embedded,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        if embedded.case.is_some() {
            return Err(ApiError::missing("此页面"));
        }
        let open_only = asked.text("state") != "all";
        let filter = WarningFilter {
            patients: WarnedPatients::InHouse,
            department: asked.text("department").to_owned(),
            level: asked.text("level").to_owned(),
            state: open_only.then_some(FindingState::Open),
            ..WarningFilter::default()
        };
        let count = app.store().warning_count(&who.viewer, &filter)?;
        let mut paging = Paging::asked(&asked);
        let (found, total) =
            app.store().warnings_page(&who.viewer, &filter, (paging.offset(), paging.size))?;
        paging.total = total;
        let of_all = WarningFilter { department: String::new(), ..filter.clone() };
        let sums = app.store().warning_sums(&who.viewer, &of_all, WarningsBy::Department)?;
        let here = format!("{}/today", embedded.base);
        let address = |name: &str, value: &str| {
            let rest = asked.without(&[name, "page"]);
            format!("{here}?{name}={}&{rest}", crate::query::encode(value))
        };
        app.log(&who, LogKind::Read, "查看嵌入页面", "", "在院患者每日审核")?;
        let departments = app.store().warned_places(&who.viewer)?[0].clone();
        html(&Today {
            page: who.page(app, "在院患者每日医保审核", &[]),
            departments: departments
                .into_iter()
                .map(|(key, name)| {
                    let chosen = key == filter.department;
                    (key, name, chosen)
                })
                .collect(),
            levels: audit::Level::ALL
                .into_iter()
                .map(|level| (level.code(), level.name(), level.code() == filter.level))
                .collect(),
            open_only,
            warnings: text::whole(count.warnings),
            patients: text::whole(count.cases),
            amount: text::money(count.amount),
            by_department: Grid {
                title: "按科室".into(),
                columns: vec![
                    Column::text("department", "科室"),
                    Column::number("warnings", "预警数量", "条"),
                    Column::number("patients", "涉及患者", "人次"),
                    Column::number("amount", "违规金额", "元"),
                ],
                rows: sums
                    .iter()
                    .map(|sum| Row {
                        cells: vec![
                            Cell::text(sum.name.clone()).link(address("department", &sum.key)),
                            Cell::whole(sum.count.warnings),
                            Cell::whole(sum.count.cases),
                            Cell::money(sum.count.amount),
                        ],
                        class: "",
                    })
                    .collect(),
                empty: "在院患者没有违规预警".into(),
                ..Grid::default()
            },
            grid: Grid {
                paging: Some(paging),
                address: format!("{here}?{}", asked.without(&["page"])),
                ..patients(&who, &embedded.base, &found)
            },
            here,
        })
    })
    .await
}

fn patients(who: &Who, base: &str, found: &[Warning]) -> Grid {
    let row = |warning: &Warning| Row {
        cells: vec![
            Cell::text(warning.department.clone()),
            Cell::text(warning.inpatient_number.clone()),
            Cell::text(who.viewer.patient_name(&warning.patient)),
            Cell::text(warning.doctor.clone()),
            level(&warning.finding.found.level),
            Cell::text(warning.finding.found.content.clone())
                .link(format!("{base}/warning/{}", warning.finding.id)),
            Cell::money(warning.finding.found.amount),
            Cell::text(warning.finding.state.chinese()),
        ],
        class: "",
    };
    Grid {
        title: "预警明细".into(),
        columns: vec![
            Column::text("department", "科室"),
            Column::text("inpatient_number", "住院号"),
            Column::text("patient", "患者"),
            Column::text("doctor", "住院医生"),
            Column::text("level", "等级"),
            Column::text("content", "预警内容"),
            Column::number("amount", "违规金额", "元"),
            Column::text("state", "处理状态"),
        ],
        rows: found.iter().map(row).collect(),
        empty: "没有符合条件的预警".into(),
        ..Grid::default()
    }
}

#[derive(Template)]
#[template(path = "embed/warning.html")]
struct OneWarning {
    page: Page,
    body: FindingBody,
    back: String,
}

fn back(embedded: &Embedded) -> String {
    format!("{}/{}", embedded.base, if embedded.case.is_some() { "discharge" } else { "today" })
}

pub(super) async fn warning(
    State(app): State<App>,
    who: Who,
    embedded: Embedded,
    Path((_, id)): Path<(String, i64)>,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let finding = seen(app, &who, id)?;
        embedded.check(finding.case)?;
        let place = format!("{}/warning/{id}", embedded.base);
        let body = FindingBody::of(app, &who, finding, place, String::new())?;
        html(&OneWarning { page: who.page(app, "预警详情", &[]), body, back: back(&embedded) })
    })
    .await
}

pub(super) async fn step(
    State(app): State<App>,
    who: Who,
    embedded: Embedded,
    Path((_, id)): Path<(String, i64)>,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        if !who.viewer.may(model::Permission::WarningsHandle) {
            return Err(ApiError::forbidden(model::Permission::WarningsHandle.chinese()));
        }
        embedded.check(seen(app, &who, id)?.case)?;
        take_step(app, &who, id, &fields, &format!("{}/warning/{id}", embedded.base))
    })
    .await
}
