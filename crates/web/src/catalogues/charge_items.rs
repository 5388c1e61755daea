//! 院内项目对照: the hospital's charge items beside the national catalogues (三大目录), and how many of them are covered.

use super::comparison::page_of;
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Paging, Row, Value};
use crate::page::{Page, html};
use crate::query::Asked;
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::json;
use std::sync::Arc;
use store::ChargeItem;
use sync::terminology::HeldCatalogue;
use terms::layouts::{DRUG, MATERIAL, SERVICE};
use terms::search::{Index, RowFilter};
use terms::{Layout, Record};

/// The three catalogues with the names of their kinds.
const CATALOGUES: [(&Layout, &str); 3] =
    [(&DRUG, "药品"), (&SERVICE, "医疗服务项目"), (&MATERIAL, "医用耗材")];

/// 三大目录 in memory, by code.
pub(crate) struct NationalItems([Arc<HeldCatalogue>; 3]);

/// A row of theirs: what is paid for, and for whom.
pub(crate) struct NationalItem<'c> {
    layout: &'static Layout,
    kind: &'static str,
    record: &'c Record,
}

impl NationalItems {
    /// As they are now.
    pub(crate) fn of(app: &App) -> Result<NationalItems, ApiError> {
        let held = |layout: &Layout| app.terminology().catalogue(layout);
        Ok(NationalItems([held(&DRUG)?, held(&SERVICE)?, held(&MATERIAL)?]))
    }

    /// The row of a code that is in force on a day, else the latest one.
    pub(crate) fn find<'c>(&'c self, code: &'c str, on: Date) -> Option<NationalItem<'c>> {
        if code.is_empty() {
            return None;
        }
        CATALOGUES.into_iter().zip(&self.0).find_map(|((layout, kind), held)| {
            let rows = || held.catalogue.find(code);
            let record = rows().find(|record| record.in_force(layout, on)).or_else(|| rows().last())?;
            Some(NationalItem { layout, kind, record })
        })
    }
}

impl NationalItem<'_> {
    fn text(&self, field: &str) -> &str {
        self.record.get(self.layout, field)
    }

    /// 医保支付标准 or 价格, 元.
    pub(crate) fn price(&self) -> Option<Decimal> {
        self.text("price").parse().ok()
    }

    /// 限定支付范围; empty: none.
    pub(crate) fn limit(&self) -> &str {
        self.text("limit")
    }
}

/// Terms offered of each catalogue.
const OFFERED: usize = 8;

/// Whether [`offered_items`] begins with the hospital's own items.
pub(crate) const OWN_FIRST: bool = true;
/// … or with the three catalogues.
pub(crate) const NATIONAL_FIRST: bool = false;

/// 收费项目检索: the three catalogues and the hospital's own items, as one types code, name or initials; for the lists that
/// scripts open.
pub(crate) fn offered_items(app: &App, q: &str, own_first: bool) -> Result<Response, ApiError> {
    let filter = RowFilter { edition: None, on: Some(app.today()) };
    let mut national = Vec::new();
    for (layout, tag) in [(&SERVICE, "服务项目"), (&DRUG, "药品"), (&MATERIAL, "耗材")] {
        let held = app.terminology().catalogue(layout)?;
        let hits = held.search.suggest(&held.catalogue, q, filter, OFFERED, None);
        national
            .extend(hits.rows.iter().map(|hit| json!({ "code": hit.code, "name": hit.name, "tags": [tag] })));
    }
    let items = app.store().charge_items()?;
    let index = Index::new(items.iter().map(|item| (item.key.as_str(), item.name.as_str())));
    let own = index.search(q, OFFERED, None).rows.into_iter().map(|hit| {
        let unit = items.iter().find(|item| item.key == hit.code).map_or("", |item| &item.unit);
        let tags: Vec<&str> = ["院内", unit].into_iter().filter(|tag| !tag.is_empty()).collect();
        json!({ "code": hit.code, "name": hit.name, "tags": tags })
    });
    let own: Vec<_> = own.collect();
    let options = if own_first { [own, national] } else { [national, own] };
    Ok(crate::page::json(&options.concat().into()))
}

/// 对照状态: name in the address, on the screen, class.
const STATES: [(&str, &str, &str); 4] = [
    ("matched", "已对照", "tag tag-core"),
    ("expired", "目录已停用", "tag tag-warn"),
    ("unknown", "编码不在目录", "tag tag-bad"),
    ("missing", "未对照", "tag tag-bad"),
];

#[derive(Template)]
#[template(path = "catalogues/charge_items.html")]
struct Items {
    page: Page,
    states: Vec<(&'static str, &'static str, bool)>,
    q: String,
    imported: bool,
    share: String,
    summary: Grid,
    grid: Grid,
}

/// `?state=missing&q=…`
pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let national = NationalItems::of(app)?;
        let items = app.store().charge_items()?;
        let today = app.today();
        let judged: Vec<(&ChargeItem, usize, Option<NationalItem<'_>>)> = items
            .iter()
            .map(|item| {
                let found = national.find(&item.insurer_code, today);
                let state = match &found {
                    _ if item.insurer_code.is_empty() => 3,
                    None => 2,
                    Some(found) if found.record.in_force(found.layout, today) => 0,
                    Some(_) => 1,
                };
                (item, state, found)
            })
            .collect();
        let counts: Vec<i64> = (0..STATES.len())
            .map(|state| judged.iter().filter(|(_, of, _)| *of == state).count() as i64)
            .collect();
        let all = items.len() as i64;
        let share = |part: i64| (all > 0).then(|| Decimal::from(part) / Decimal::from(all));
        let summary = STATES.iter().zip(&counts).map(|((id, name, class), count)| Row {
            cells: vec![
                Cell::text(*name).class(class),
                Cell::whole(*count).link(format!("/catalogues/charge-items?state={id}")),
                share(*count).map_or_else(Cell::default, |share| Value::Percent(share, 2).into()),
            ],
            class: "",
        });
        let q = asked.text("q").to_uppercase();
        let wanted = |item: &ChargeItem, state: usize| {
            (asked.text("state").is_empty() || asked.text("state") == STATES[state].0)
                && (q.is_empty()
                    || [&item.key, &item.name, &item.insurer_code]
                        .iter()
                        .any(|text| text.to_uppercase().contains(&q)))
        };
        let rows =
            judged.iter().filter(|(item, state, _)| wanted(item, *state)).map(|(item, state, found)| {
                let of = |field: &str| Cell::text(found.as_ref().map_or("", |found| found.text(field)));
                let money = |price: Option<Decimal>| {
                    price.map_or_else(Cell::default, |price| Value::Decimal(price, 2).into())
                };
                let link = found.as_ref().map_or_else(String::new, |found| {
                    let code = crate::query::encode(&item.insurer_code);
                    format!("/catalogues/{}/code?code={code}", found.layout.id)
                });
                let cells = vec![
                    Cell::text(item.key.clone()),
                    Cell::text(item.name.clone()),
                    Cell::text(item.unit.clone()),
                    money(item.price.map(|price| Decimal::new(price, 4))),
                    Cell::text(STATES[*state].1).class(STATES[*state].2),
                    Cell::text(item.insurer_code.clone()).link(link),
                    Cell::text(found.as_ref().map_or("", |found| found.kind)),
                    of("name"),
                    of("category"),
                    money(found.as_ref().and_then(NationalItem::price)),
                    of("limit"),
                ];
                Row { cells, class: "" }
            });
        let grid = Grid {
            id: "charge-items",
            title: "院内项目对照".into(),
            columns: vec![
                Column::text("key", "院内编码"),
                Column::text("name", "院内名称"),
                Column::text("unit", "单位"),
                Column::number("price", "单价", "元"),
                Column::text("state", "对照状态"),
                Column::text("insurer_code", "医保编码"),
                Column::text("kind", "目录"),
                Column::text("national_name", "医保名称"),
                Column::text("category", "甲乙类"),
                Column::number("national_price", "支付标准或价格", "元"),
                Column::text("limit", "限定支付范围"),
            ],
            rows: rows.collect(),
            address: format!("/catalogues/charge-items?{}", asked.without(&["format"])),
            empty: "没有符合条件的院内项目".into(),
            ..Grid::default()
        };
        let mut grid = grid.for_viewer(&who.viewer);
        app.arrange(&who, &mut grid)?;
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        page_of(&mut grid, Paging::asked(&asked));
        html(&Items {
            page: who.page(
                app,
                "院内项目对照",
                &[("知识库", ""), ("编码目录", "/catalogues"), ("院内项目对照", "")],
            ),
            states: STATES.iter().map(|(id, name, _)| (*id, *name, *id == asked.text("state"))).collect(),
            q: asked.text("q").to_owned(),
            imported: national.0.iter().any(|held| held.version.is_some()),
            share: share(counts[0]).map_or_else(
                || crate::text::NONE.to_owned(),
                |share| format!("{}%", crate::text::decimal(share * Decimal::ONE_HUNDRED, 2)),
            ),
            summary: Grid {
                title: "对照情况".into(),
                columns: vec![
                    Column::text("state", "对照状态"),
                    Column::number("items", "项目数", "项"),
                    Column::number("share", "占比", "%"),
                ],
                rows: summary.collect(),
                ..Grid::default()
            },
            grid,
        })
    })
    .await
}
