//! 指标目标列表: filtered, exported; the last year's taken over.

use super::places::Places;
use super::{same_place, typed_number, typed_unit, year_of};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Paging, Row, Value};
use crate::page::{Page, html};
use crate::query::{Asked, Fields, Posted};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use metrics::{Layer, Measure};
use model::Permission;
use store::{LogKind, StoreError, Target};

#[derive(Template)]
#[template(path = "targets/list.html")]
struct List {
    page: Page,
    grid: Grid,
    year: i64,
    asked: Fields,
    places: [(&'static str, &'static str); 3],
    editable: bool,
}

/// 范围 in addresses and on the screen.
const PLACES: [(&str, &str); 3] = [("hospital", "全院"), ("department", "科室"), ("doctor", "医师")];

fn place(target: &Target) -> (&'static str, &'static str) {
    match (target.department_key.as_str(), target.doctor_key.as_str()) {
        ("", "") => PLACES[0],
        (_, "") => PLACES[1],
        _ => PLACES[2],
    }
}

pub(super) async fn list(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let year = year_of(app, &asked)?;
        let mut grid = grid(app, &who, &asked, year)?.for_viewer(&who.viewer);
        app.arrange(&who, &mut grid)?;
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        grid.show_page(Paging::asked(&asked));
        let editable = who.viewer.may(Permission::ParametersEdit);
        let page = who.page(app, "指标目标", &[("指标目标", "")]);
        html(&List { page, grid, year, asked, places: PLACES, editable })
    })
    .await
}

fn grid(app: &App, who: &Who, asked: &Fields, year: i64) -> Result<Grid, ApiError> {
    let (layer, places) = (app.layer(), Places::read(app)?);
    let (wanted, scope, named) = (asked.text("measure"), asked.text("place"), asked.text("name"));
    let editable = who.viewer.may(Permission::ParametersEdit);
    let mut rows = Vec::new();
    for target in app.store().targets(year)? {
        let Ok(measure) = layer.measure(&target.measure) else { continue };
        let fits = (wanted.is_empty() || measure.name.contains(wanted) || measure.id == wanted)
            && (scope.is_empty() || place(&target).0 == scope)
            && (named.is_empty() || places.name(&target).contains(named) || target.department_key == named);
        if fits && places.sees(&who.viewer, &target) {
            rows.push(row(&target, measure, &places, editable));
        }
    }
    let mut about = vec![("年度".to_owned(), year.to_string())];
    let chosen = PLACES.iter().find(|(id, _)| *id == scope).map_or("", |(_, name)| name);
    for (name, value) in [("指标", wanted), ("范围", chosen), ("科室或医师", named)] {
        if !value.is_empty() {
            about.push((name.to_owned(), value.to_owned()));
        }
    }
    let narrowed = asked.without(&["format", "page", "year"]);
    Ok(Grid {
        id: "targets",
        title: format!("{year}年指标目标"),
        about,
        columns: vec![
            Column::text("measure", "指标"),
            Column::text("place", "范围"),
            Column::text("department_key", "科室编号").hidden(),
            Column::text("department", "科室"),
            Column::text("doctor_key", "医师工号"),
            Column::text("doctor", "医师"),
            Column::number("low", "目标下限", ""),
            Column::number("high", "目标上限", ""),
            Column::text("unit", "单位"),
            Column::text("by", "修改人"),
            Column::text("at", "修改时间"),
        ],
        rows,
        empty: match about_is_narrow(asked) {
            true => "没有符合条件的指标目标；请放宽筛选条件".to_owned(),
            false => format!(
                "{year}年还没有指标目标；设定或导入后，超出目标的指标在医保工作台预警，报表可与目标比较"
            ),
        },
        address: format!("/targets?year={year}{}{narrowed}", if narrowed.is_empty() { "" } else { "&" }),
        ..Grid::default()
    })
}

fn about_is_narrow(asked: &Fields) -> bool {
    ["measure", "place", "name"].iter().any(|field| asked.is_set(field))
}

fn row(target: &Target, measure: &Measure, places: &Places, editable: bool) -> Row {
    let bound = |n: Option<i64>| match n.map(|n| typed_number(n, measure)) {
        None => Cell::default(),
        Some(number) => {
            let digits = number.scale().max(u32::from(measure.format.decimals));
            Value::Decimal(number, digits).into()
        }
    };
    let encode = crate::query::encode;
    let address = format!(
        "/targets/edit?year={}&measure={}&department={}&doctor={}",
        target.year,
        measure.id,
        encode(&target.department_key),
        encode(&target.doctor_key)
    );
    let name = Cell::text(measure.name.clone());
    let department = places.department_of(target);
    let doctor = if target.doctor_key.is_empty() { String::new() } else { places.doctor(&target.doctor_key) };
    Row {
        cells: vec![
            if editable { name.link(address) } else { name },
            Cell::text(place(target).1),
            Cell::text(department),
            Cell::text(if department.is_empty() { String::new() } else { places.department(department) }),
            Cell::text(target.doctor_key.clone()),
            Cell::text(doctor),
            bound(target.low),
            bound(target.high),
            Cell::text(typed_unit(measure)),
            Cell::text(target.changed_by.clone()),
            Cell::moment(target.changed_at),
        ],
        class: "",
    }
}

/// Takes over what the year before has and this year has not.
pub(super) async fn copy(
    State(app): State<App>,
    who: Who,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let year = super::read_year(fields.text("year")).map_err(ApiError::wrong)?;
        let new = missing(app, &who, year)?;
        let notice = match app.store().set_targets(&new) {
            Ok(()) if new.is_empty() => format!("{}年没有{year}年还缺的指标目标，没有改动", year - 1),
            Ok(()) => {
                let detail = format!("复制 {}年的 {} 个目标", year - 1, new.len());
                app.log(&who, LogKind::Change, "复制指标目标", &format!("{year}年"), &detail)?;
                format!("已从{}年复制 {} 个指标目标；{year}年原有的目标没有改动", year - 1, new.len())
            }
            Err(StoreError::Changed(_)) => "没有复制：他人刚刚修改了指标目标，请再试一次".to_owned(),
            Err(error) => return Err(error.into()),
        };
        app.notice(&who, notice);
        Ok(Redirect::to(&format!("/targets?year={year}")).into_response())
    })
    .await
}

fn missing(app: &App, who: &Who, year: i64) -> Result<Vec<Target>, ApiError> {
    let (places, there) = (Places::read(app)?, app.store().targets(year)?);
    let layer: &Layer = &app.layer();
    let before = app.store().targets(year - 1)?.into_iter().filter(|target| {
        places.sees(&who.viewer, target)
            && layer.measure(&target.measure).is_ok()
            && !there.iter().any(|known| same_place(known, target))
    });
    let (changed_at, changed_by) = (app.now(), who.viewer.name.clone());
    Ok(before
        .map(|target| Target { year, version: 0, changed_at, changed_by: changed_by.clone(), ..target })
        .collect())
}
