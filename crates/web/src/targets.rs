//! 指标目标: bounds of measures for a year, of the hospital and of departments. Values outside of them are warnings; the
//! upper bound of 统筹基金支出 is the budget (统筹指标).

use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::numbers::cell;
use crate::page::{Page, html};
use crate::query::{Asked, Fields, Posted};
use crate::route::{Access, Route};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use metrics::{Measure, Query, Selection, Style};
use model::Permission;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use store::{LogKind, StoreError, Target};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/targets", Access::Needs(Permission::ParametersView), list),
        Route::get("/targets/edit", Access::Needs(Permission::ParametersEdit), edit),
        Route::post("/targets/edit", Access::Needs(Permission::ParametersEdit), save),
    ]
}

#[derive(Template)]
#[template(path = "targets/list.html")]
struct List {
    page: Page,
    grid: Grid,
    year: i64,
    editable: bool,
}

#[derive(Template)]
#[template(path = "targets/edit.html")]
struct Edit {
    page: Page,
    form: Form,
    measures: Vec<Choice>,
    departments: Vec<Choice>,
    error: String,
}

/// What stands in the form.
#[derive(Default)]
struct Form {
    year: String,
    measure: String,
    department: String,
    low: String,
    high: String,
    version: String,
}

struct Choice {
    value: String,
    name: String,
    chosen: bool,
}

impl Form {
    fn posted(fields: &Fields) -> Form {
        let text = |name: &str| fields.text(name).to_owned();
        Form {
            year: text("year"),
            measure: text("measure"),
            department: text("department"),
            low: text("low"),
            high: text("high"),
            version: text("version"),
        }
    }
}

fn year_of(app: &App, asked: &Fields) -> Result<i64, ApiError> {
    Ok(asked.whole("year", "年度")?.unwrap_or_else(|| app.today().year().into()))
}

async fn list(State(app): State<App>, who: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let year = year_of(app, &asked)?;
        let names = departments(app, &who)?;
        let editable = who.viewer.may(Permission::ParametersEdit);
        let mut rows = Vec::new();
        for target in app.store().targets(year)? {
            let Ok(measure) = app.layer().measure(&target.measure) else { continue };
            let place = match target.department_key.as_str() {
                "" => "全院".to_owned(),
                key => names
                    .iter()
                    .find(|(known, _)| known == key)
                    .map_or(key.to_owned(), |(_, name)| name.clone()),
            };
            let bound = |n: Option<i64>| cell(measure, n.map(|n| Decimal::new(n, 6)));
            let address = format!(
                "/targets/edit?year={year}&measure={}&department={}",
                measure.id,
                crate::query::encode(&target.department_key)
            );
            let name = Cell::text(measure.name.clone());
            rows.push(Row {
                cells: vec![
                    if editable { name.link(address) } else { name },
                    Cell::text(place),
                    bound(target.low),
                    bound(target.high),
                    Cell::text(measure.format.unit.clone()),
                    Cell::text(target.changed_by.clone()),
                    Cell::moment(target.changed_at),
                ],
                class: "",
            });
        }
        let grid = Grid {
            title: format!("{year}年指标目标"),
            columns: vec![
                Column::text("measure", "指标"),
                Column::text("place", "范围"),
                Column::number("low", "目标下限", ""),
                Column::number("high", "目标上限", ""),
                Column::text("unit", "单位"),
                Column::text("by", "修改人"),
                Column::text("at", "修改时间"),
            ],
            rows,
            empty: format!("{year}年还没有指标目标；设定后，超出目标的指标在医保工作台预警"),
            address: format!("/targets?year={year}"),
            ..Grid::default()
        }
        .for_viewer(&who.viewer);
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        html(&List { page: who.page(app, "指标目标", &[("指标目标", "")]), grid, year, editable })
    })
    .await
}

async fn edit(State(app): State<App>, who: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let year = year_of(app, &asked)?;
        let (measure, department) = (asked.text("measure"), asked.text("department"));
        let targets = app.store().targets(year)?;
        let known = targets
            .iter()
            .find(|t| t.measure == measure && t.department_key == department && t.doctor_key.is_empty());
        let unit = app.layer().measure(measure).ok().map(|measure| measure.format.style);
        let bound = |n: Option<i64>| n.map_or_else(String::new, |n| written(Decimal::new(n, 6), unit));
        let form = Form {
            year: year.to_string(),
            measure: measure.to_owned(),
            department: department.to_owned(),
            low: bound(known.and_then(|t| t.low)),
            high: bound(known.and_then(|t| t.high)),
            version: known.map_or(0, |t| t.version).to_string(),
        };
        show_form(app, &who, form, String::new())
    })
    .await
}

async fn save(State(app): State<App>, who: Who, Posted(fields): Posted) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let form = Form::posted(&fields);
        match set(app, &who, &form) {
            Ok(()) => {
                app.notice(&who, "指标目标已保存");
                Ok(Redirect::to(&format!("/targets?year={}", crate::query::encode(&form.year)))
                    .into_response())
            }
            Err(Refused::Form(error)) => show_form(app, &who, form, error),
            Err(Refused::Other(error)) => Err(error),
        }
    })
    .await
}

/// Why a form was not taken.
enum Refused {
    /// Shown over the form, which keeps what was typed.
    Form(String),
    Other(ApiError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Refused {
        Refused::Other(error.into())
    }
}

fn set(app: &App, who: &Who, form: &Form) -> Result<(), Refused> {
    let wrong = |text: String| Refused::Form(text);
    let year: i64 = form
        .year
        .parse()
        .ok()
        .filter(|year| (2000..2100).contains(year))
        .ok_or_else(|| wrong("年度应为四位年份".into()))?;
    let measure = app.layer().measure(&form.measure).map_err(|error| wrong(error.to_string()))?;
    let low = bound(measure, &form.low, "目标下限").map_err(wrong)?;
    let high = bound(measure, &form.high, "目标上限").map_err(wrong)?;
    if low.zip(high).is_some_and(|(low, high)| low > high) {
        return Err(wrong("目标下限大于目标上限；请核对两个数".into()));
    }
    if !form.department.is_empty()
        && !departments(app, who).map_err(Refused::Other)?.iter().any(|(key, _)| *key == form.department)
    {
        return Err(wrong("没有这个科室；请重新选择".into()));
    }
    let before = app.store().targets(year)?.into_iter().find(|t| {
        t.measure == form.measure && t.department_key == form.department && t.doctor_key.is_empty()
    });
    let target = Target {
        measure: form.measure.clone(),
        year,
        department_key: form.department.clone(),
        low,
        high,
        version: form.version.parse().unwrap_or_default(),
        changed_at: app.now(),
        changed_by: who.viewer.name.clone(),
        ..Target::default()
    };
    let said = |low: Option<i64>, high: Option<i64>| {
        let one = |n: Option<i64>| {
            n.map_or("—".to_owned(), |n| written(Decimal::new(n, 6), Some(measure.format.style)))
        };
        format!("{}～{}", one(low), one(high))
    };
    match app.store().set_target(&target) {
        Ok(()) => {}
        Err(StoreError::Changed(_)) => {
            let now = before.as_ref().map_or("已删除".to_owned(), |t| {
                format!(
                    "{} 于 {} 改为 {}",
                    t.changed_by,
                    crate::text::moment(t.changed_at),
                    said(t.low, t.high)
                )
            });
            return Err(wrong(format!(
                "您打开表单之后，此目标{now}；您填写的内容仍在下面，核对后可从列表重新打开再改"
            )));
        }
        Err(error) => return Err(error.into()),
    }
    let was = before.map_or("无".to_owned(), |t| said(t.low, t.high));
    let place = if form.department.is_empty() { "全院" } else { &form.department };
    app.log(
        who,
        LogKind::Change,
        "设定指标目标",
        &format!("{year}年 {} {place}", measure.name),
        &format!("由 {was} 改为 {}", said(low, high)),
    )
    .map_err(Refused::Other)
}

/// Millionths of the measure's unit of what was typed; percents are typed as 12.5.
fn bound(measure: &Measure, typed: &str, name: &str) -> Result<Option<i64>, String> {
    if typed.is_empty() {
        return Ok(None);
    }
    let wrong = || {
        format!(
            "{name}应为数字，如 {}，现为“{typed}”",
            if measure.format.style == Style::Percent { "12.5" } else { "1200" }
        )
    };
    let number = model::parse_decimal(&typed.replace([',', '%'], "")).ok_or_else(wrong)?;
    let scale = if measure.format.style == Style::Percent { 10_000 } else { 1_000_000 };
    number.checked_mul(Decimal::from(scale)).and_then(|n| n.round().to_i64()).map(Some).ok_or_else(wrong)
}

/// As it is typed.
fn written(number: Decimal, style: Option<Style>) -> String {
    let number = if style == Some(Style::Percent) { number * Decimal::ONE_HUNDRED } else { number };
    number.normalize().to_string()
}

fn departments(app: &App, who: &Who) -> Result<Vec<(String, String)>, ApiError> {
    let all = app.answer(&Query::of(["discharges"], Selection::default()).by("department"), &who.viewer)?;
    let named = all.rows.iter().map(|row| (row.keys[0].to_string(), row.labels[0].clone()));
    Ok(named.filter(|(key, _)| !key.is_empty()).collect())
}

fn show_form(app: &App, who: &Who, form: Form, error: String) -> Result<Response, ApiError> {
    let measures = app.layer().measures().iter().map(|measure| Choice {
        value: measure.id.clone(),
        name: format!(
            "{}（{}）",
            measure.name,
            if measure.format.unit.is_empty() { "无单位" } else { &measure.format.unit }
        ),
        chosen: measure.id == form.measure,
    });
    let mut places =
        vec![Choice { value: String::new(), name: "全院".into(), chosen: form.department.is_empty() }];
    places.extend(departments(app, who)?.into_iter().map(|(value, name)| {
        let chosen = value == form.department;
        Choice { value, name, chosen }
    }));
    let page = who.page(app, "设定指标目标", &[("指标目标", "/targets"), ("设定", "")]);
    html(&Edit { page, measures: measures.collect(), departments: places, form, error })
}

#[cfg(test)]
mod tests {
    use crate::testing::Fixture;
    use axum::http::StatusCode;

    const TARGET: [(&str, &str); 5] =
        [("year", "2026"), ("measure", "drug_rate"), ("department", ""), ("low", ""), ("high", "30")];

    #[tokio::test]
    async fn two_editors_of_one_target_do_not_overwrite_each_other() {
        let fixture = Fixture::empty();
        let office = fixture.login_as("insurance_office", &[], None).await;
        let post = |version: &'static str, high: &'static str| {
            let mut fields = TARGET.to_vec();
            fields[4].1 = high;
            fields.push(("version", version));
            fields
        };
        let answer = office.post("/targets/edit", &post("0", "30")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        // A double submit, and a second person who saw the same version.
        for (version, high) in [("0", "35"), ("7", "28")] {
            let answer = office.post("/targets/edit", &post(version, high)).await;
            assert!(answer.text().contains("您打开表单之后"), "{}", answer.text());
            assert!(answer.text().contains(&format!("value=\"{high}\"")), "what was typed is kept");
        }
        assert!(office.get("/targets?year=2026").await.text().contains("30.00%"));
        let answer = office.post("/targets/edit", &post("1", "28.5")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let target = &fixture.app.store().targets(2026).unwrap()[0];
        assert_eq!((target.high, target.version), (Some(285_000), 2));
        let (log, _) =
            fixture.app.store().operations(&store::LogFilter { limit: 1, ..Default::default() }).unwrap();
        assert!(log[0].detail.contains("由 —～30 改为 —～28.5"), "{log:?}");
    }

    #[tokio::test]
    async fn a_wrong_bound_names_its_field_and_keeps_the_form() {
        let fixture = Fixture::empty();
        let office = fixture.login_as("insurance_office", &[], None).await;
        for (field, value, said) in [
            ("high", "many", "目标上限应为数字"),
            ("low", "99", "目标下限大于目标上限"),
            ("measure", "nothing", "没有指标"),
            ("department", "D99", "没有这个科室"),
            ("year", "26", "年度应为四位年份"),
        ] {
            let mut fields = TARGET.to_vec();
            fields.retain(|(name, _)| *name != field);
            fields.push((field, value));
            let text = office.post("/targets/edit", &fields).await.text();
            assert!(text.contains(said) && text.contains("field-error"), "{said}: {text}");
        }
        assert!(fixture.app.store().targets(2026).unwrap().is_empty());
    }
}
