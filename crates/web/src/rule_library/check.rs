//! 实时校验: one version of a rule over the charges of a period, while the person who edits it waits.

use super::library::{Library, read_one, said};
use super::{kind_name, known, place};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row, Value};
use crate::page::{Page, html};
use crate::query::{Asked, Fields, encode};
use crate::text;
use crate::who::Who;
use askama::Template;
use audit::Rule;
use axum::extract::{Path, State};
use axum::response::Response;
use jiff::civil::Date;
use mart::{AuditContext, AuditProgress, AuditScope, ChargeColumns, MartError, RuleCheck, charge_snapshot};
use rust_decimal::Decimal;
use std::sync::{Mutex, PoisonError};
use store::LogKind;

/// 抽样 shown.
const SAMPLES: usize = 20;

/// The charge columns and what rules ask of the cases, in memory from the first check on. One check after the other: each
/// takes all cores.
#[derive(Default)]
pub(crate) struct RuleChecks(Mutex<Option<(ChargeColumns, AuditContext)>>);

impl RuleChecks {
    /// Checks over the columns as the mart has them now.
    fn check(
        &self,
        app: &App,
        (rule, published): (&Rule, Option<&Rule>),
        scope: AuditScope<'_>,
    ) -> Result<RuleCheck, MartError> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut going = |_: &str, _: u64, _: u64| true;
        let mart = app.mart();
        // Taken out: what an error left half brought up is read anew.
        let (columns, context) = match held.take() {
            Some((mut columns, mut context)) => {
                columns.refresh(mart, &mut going)?;
                context.refresh(mart)?;
                (columns, context)
            }
            None => {
                let (columns, _) = ChargeColumns::load(mart, &charge_snapshot(mart.path()), &mut going)?;
                let level = app.rules().hospital_level.parse().ok();
                (columns, AuditContext::load(mart)?.with_hospital_level(level))
            }
        };
        let checked = columns.check(&context, rule, published, scope, SAMPLES, &AuditProgress::default());
        *held = Some((columns, context));
        checked
    }
}

#[derive(Template)]
#[template(path = "rule_library/check.html")]
struct CheckPage {
    page: Page,
    place: String,
    kind: String,
    sentence: String,
    /// The draft is checked, not the version in force.
    draft: bool,
    /// Number of the version.
    number: i64,
    /// There is a choice.
    both: bool,
    from: String,
    to: String,
    in_house: bool,
    result: Option<CheckResult>,
}

struct CheckResult {
    scanned: String,
    abnormal: String,
    amount: String,
    stays: String,
    patients: String,
    missing: String,
    difference: String,
    departments: Grid,
    samples: Grid,
}

/// `?version=draft&from=2026-01&to=2026-06&in_house=1`; without a period the page asks for one.
pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let rule = known(app, &id)?;
        let draft =
            rule.draft.as_ref().filter(|_| asked.text("version") == "draft" || rule.published.is_none());
        let version = draft.or(rule.published.as_ref()).ok_or_else(|| ApiError::missing("此规则的版本"))?;
        let library = app.rule_library().current(app)?;
        let told = said(&version.document, &library.names);
        let months = Months::asked(app, &asked)?;
        let in_house = asked.text("in_house") != "0";
        let mut result = None;
        if asked.is_set("from") {
            let new = read_one(&version.document).map_err(ApiError::wrong)?;
            let old = rule.published.as_ref().filter(|_| draft.is_some());
            let old = old.map(|old| read_one(&old.document)).transpose().map_err(ApiError::wrong)?;
            let allowed = app.store().audited_numbers(&who.viewer)?;
            let keep = |stay: &mart::Stay<'_>| {
                let within = if stay.month == 0 { in_house } else { months.hold(stay.month) };
                within && allowed.as_ref().is_none_or(|allowed| allowed.contains(&stay.number))
            };
            let scope = AuditScope { now: app.now(), keep: &keep };
            let check = app.rule_library().checks.check(app, (&new, old.as_ref()), scope)?;
            let about = vec![
                ("规则".to_owned(), format!("{id}：{}（第 {} 版）", told.sentence, version.number)),
                (
                    "出院月份".to_owned(),
                    format!("{} 至 {}", months.from.strftime("%Y-%m"), months.to.strftime("%Y-%m")),
                ),
                ("在院患者".to_owned(), if in_house { "包含" } else { "不含" }.to_owned()),
            ];
            let address = format!("{}/check?{}", place(&id), asked.without(&["format", "table"]));
            let shown = CheckResult::of(&check, &library, &about, &address);
            let tables = [shown.departments, shown.samples].map(|grid| grid.for_viewer(&who.viewer));
            let chosen = usize::from(asked.text("table") == "samples");
            if let Some(file) = tables[chosen].export(app, &who, &asked)? {
                return Ok(file);
            }
            app.log(&who, LogKind::Read, "校验审核规则", &id, &format!("{} 人次异常", check.stays))?;
            let [departments, samples] = tables;
            result = Some(CheckResult { departments, samples, ..shown });
        }
        let crumbs = [("审核规则库", "/audit-rules"), (id.as_str(), &place(&id)), ("实时校验", "")];
        html(&CheckPage {
            page: who.page(app, &format!("实时校验：规则 {id}"), &crumbs),
            place: place(&id),
            kind: kind_name(&told.kind),
            sentence: told.sentence,
            draft: draft.is_some(),
            number: version.number,
            both: rule.draft.is_some() && rule.published.is_some(),
            from: months.from.strftime("%Y-%m").to_string(),
            to: months.to.strftime("%Y-%m").to_string(),
            in_house,
            result,
        })
    })
    .await
}

/// Months of discharge, both included, as their first days.
struct Months {
    from: Date,
    to: Date,
}

impl Months {
    /// As asked for; the last twelve otherwise.
    fn asked(app: &App, asked: &Fields) -> Result<Months, ApiError> {
        let this = app.today().first_of_month();
        let before = this.checked_sub(jiff::Span::new().months(11)).unwrap_or(this);
        let read = |name: &str, usual: Date| match asked.text(name) {
            "" => Ok(usual),
            text => format!("{text}-01")
                .parse::<Date>()
                .map_err(|_| ApiError::wrong(format!("月份应写作 2026-01，现为“{text}”"))),
        };
        let months = Months { from: read("from", before)?, to: read("to", this)? };
        match months.from > months.to {
            true => Err(ApiError::wrong("起始月份晚于截止月份")),
            false => Ok(months),
        }
    }

    /// Whether `yyyymm` is one of them.
    fn hold(&self, month: i64) -> bool {
        let number = |day: Date| i64::from(day.year()) * 100 + i64::from(day.month());
        (number(self.from)..=number(self.to)).contains(&month)
    }
}

impl CheckResult {
    fn of(check: &RuleCheck, library: &Library, about: &[(String, String)], address: &str) -> CheckResult {
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let whole = |n: u64| text::whole(count(n));
        let grid = |title: &str, table: &str, columns: Vec<Column>, rows: Vec<Row>| Grid {
            title: title.to_owned(),
            about: about.to_vec(),
            columns,
            rows,
            address: format!("{address}&table={table}"),
            empty: "没有异常".into(),
            ..Grid::default()
        };
        let departments = check.departments.iter().map(|of| {
            let name = library.names.department(&of.department);
            let name = name.unwrap_or(if of.department.is_empty() { "未注明" } else { &of.department });
            let cells = vec![Cell::text(name), Cell::whole(count(of.abnormal)), Cell::money(of.excess)];
            Row { cells, class: "" }
        });
        let samples = check.samples.iter().map(|sample| {
            let item = library.names.item(&sample.item).map_or(sample.item.as_str(), |item| &item.name);
            let lines = match sample.item.as_str() {
                "" => format!("/case/{}", sample.number),
                item => format!("/case/{}/charges?view=lines&item={}", sample.number, encode(item)),
            };
            let cells = vec![
                Cell::text(format!("病例 {}", sample.number)).link(lines),
                Cell::text(item),
                Cell::text(sample.line.clone()),
                Value::Decimal(Decimal::new(sample.excess_quantity, 4), 2).into(),
                Cell::money(sample.excess),
                Cell::whole(count(sample.because_of.len() as u64)),
            ];
            Row { cells, class: "" }
        });
        let missing: Vec<String> =
            check.missing.iter().map(|(what, stays)| format!("缺少{what} {} 人次", whole(*stays))).collect();
        CheckResult {
            scanned: whole(check.scanned),
            abnormal: whole(check.abnormal),
            amount: text::money(check.excess),
            stays: whole(check.stays),
            patients: whole(check.patients),
            missing: missing.join("、"),
            difference: check.difference.map_or_else(String::new, |difference| {
                format!(
                    "与现行版本比较：多查出 {} 项（{} 元），少查出 {} 项（{} 元）",
                    whole(difference.added),
                    text::money(difference.added_excess),
                    whole(difference.removed),
                    text::money(difference.removed_excess)
                )
            }),
            departments: grid(
                "异常项目（按开单科室）",
                "departments",
                vec![
                    Column::text("department", "开单科室"),
                    Column::number("abnormal", "异常收费项目", "项"),
                    Column::number("amount", "违规金额", "元"),
                ],
                departments.collect(),
            ),
            samples: grid(
                &format!("抽样（每次住院一条，最多 {SAMPLES} 条）"),
                "samples",
                vec![
                    Column::text("case", "病例"),
                    Column::text("item", "项目"),
                    Column::text("line", "明细号"),
                    Column::number("quantity", "超出数量", ""),
                    Column::number("amount", "违规金额", "元"),
                    Column::number("causes", "涉及明细", "条"),
                ],
                samples.collect(),
            ),
        }
    }
}
