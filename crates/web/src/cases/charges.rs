//! 费用明细: the charges of a case, merged or line by line.

use super::case_head::{CaseHead, about, back_field, head, list_address, list_name};
use super::record::{explain, log, read};
use crate::app::App;
use crate::catalogues::NationalItems;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Paging, Row, Value};
use crate::page::{Page, html};
use crate::query::{Asked, Fields};
use crate::text;
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use model::canonical::FEE_CLASSES;
use rust_decimal::Decimal;
use store::{ChargeFilter, ChargeLine, ChargeSum, ChargesBy};

/// Views: name in the address, title.
const VIEWS: [(&str, &str); 6] = [
    ("merged", "按项目合并"),
    ("lines", "逐笔明细"),
    ("classes", "按费用分类"),
    ("ordering", "按开单科室"),
    ("performing", "按执行科室"),
    ("days", "按日期"),
];

/// Lines a file holds at most.
const MOST_EXPORTED: i64 = 200_000;

struct Choice {
    value: String,
    name: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "cases/charges.html")]
struct Charges {
    page: Page,
    case: CaseHead,
    asked: Fields,
    back: String,
    view: &'static str,
    views: Vec<(&'static str, String, bool)>,
    classes: Vec<Choice>,
    departments: Vec<Choice>,
    grid: Grid,
}

pub(super) async fn charges(
    State(app): State<App>,
    who: Who,
    Path(number): Path<String>,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let record = read(app, &who, &number)?;
        let view = match asked.text("view") {
            "" => VIEWS[0],
            name => {
                VIEWS.into_iter().find(|view| view.0 == name).ok_or_else(|| ApiError::missing("此页面"))?
            }
        };
        log(app, &who, &record, &format!("费用明细（{}）", view.1))?;
        let filter = filter(&asked)?;
        let mut grid = grid(app, &who, record.number, view, &filter, &asked)?;
        grid.title = format!("费用明细（{}）", view.1);
        grid.file = format!("费用明细_{}_{}", view.1, record.encounter.text("inpatient_number"));
        grid.about = about(&record);
        grid.about.extend(words(&filter));
        let fields = Fields(asked.0.iter().filter(|(name, _)| name != "format").cloned().collect());
        grid.address = format!("/case/{}/charges?{}", record.number, fields.without(&[]));
        let mut grid = grid.for_viewer(&who.viewer);
        app.arrange(&who, &mut grid)?;
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        let explained = explain(app, &record).ok();
        let case = head(&who, &record, "charges", &asked, explained.as_ref());
        let all = ChargeFilter::default();
        let of_departments =
            app.store().charge_summary(&who.viewer, record.number, ChargesBy::OrderingDepartment, &all)?;
        let list = list_address(&asked);
        let keep = asked.without(&["view", "page", "order", "format"]);
        html(&Charges {
            page: who.page(app, "费用明细", &[(list_name(&asked), &list), ("费用明细", "")]),
            case,
            back: asked.text("back").to_owned(),
            view: view.0,
            views: VIEWS
                .iter()
                .map(|(name, title)| {
                    (*title, format!("/case/{}/charges?view={name}&{keep}", record.number), *name == view.0)
                })
                .collect(),
            classes: FEE_CLASSES
                .iter()
                .map(|class| Choice {
                    value: class.code.to_owned(),
                    name: class.chinese.to_owned(),
                    chosen: class.code == filter.class,
                })
                .collect(),
            departments: of_departments
                .unwrap_or_default()
                .into_iter()
                .filter(|sum| !sum.key.is_empty())
                .map(|sum| Choice {
                    chosen: sum.key == filter.ordering_department,
                    value: sum.key,
                    name: sum.name,
                })
                .collect(),
            asked,
            grid,
        })
    })
    .await
}

fn filter(asked: &Fields) -> Result<ChargeFilter, ApiError> {
    let text = |name: &str| asked.text(name).to_owned();
    let class = text("class");
    if !class.is_empty() && !FEE_CLASSES.iter().any(|known| known.code == class) {
        return Err(ApiError::wrong(format!("没有费用分类“{class}”")));
    }
    Ok(ChargeFilter {
        class,
        ordering_department: text("ordering"),
        performing_department: text("performing"),
        items: asked.all("item").map(str::to_owned).collect(),
        text: text("q"),
        day: asked.date("day", "日期")?.map(text::days),
        refunds: asked.is_set("refunds"),
        page: 0,
        page_size: 0,
    })
}

/// The filter in words, for exports.
fn words(filter: &ChargeFilter) -> Vec<(String, String)> {
    let class = FEE_CLASSES.iter().find(|class| class.code == filter.class).map_or("", |class| class.chinese);
    let day = filter.day.map(text::day).unwrap_or_default();
    let items = filter.items.join("、");
    let said = [
        ("费用分类", class),
        ("开单科室", &filter.ordering_department),
        ("执行科室", &filter.performing_department),
        ("项目编码", &items),
        ("查找", &filter.text),
        ("日期", &day),
        ("退费", if filter.refunds { "仅退费及其原明细" } else { "" }),
    ];
    said.into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

fn grid(
    app: &App,
    who: &Who,
    number: i64,
    (view, title): (&str, &str),
    filter: &ChargeFilter,
    asked: &Fields,
) -> Result<Grid, ApiError> {
    let by = match view {
        "merged" => ChargesBy::Item,
        "classes" => ChargesBy::FeeClass,
        "ordering" => ChargesBy::OrderingDepartment,
        "performing" => ChargesBy::PerformingDepartment,
        "days" => ChargesBy::Day,
        _ => return lines(app, who, number, filter, asked),
    };
    let sums = app.store().charge_summary(&who.viewer, number, by, filter)?;
    let sums = sums.ok_or_else(|| ApiError::missing("此病例"))?;
    let to_lines = |name: &str, value: &str| {
        let rest = asked.without(&["view", "page", "order", "format", name]);
        format!("/case/{number}/charges?view=lines&{name}={}&{rest}", crate::query::encode(value))
    };
    let total: i64 = sums.iter().map(|sum| sum.amount).sum();
    let mut grid = if by == ChargesBy::Item {
        items(&sums, |key| to_lines("item", key))
    } else {
        others(&sums, title, by, to_lines)
    };
    let mut cells = vec![Cell::default(); grid.columns.len()];
    cells[0] = Cell::text("合计");
    for (cell, column) in cells.iter_mut().zip(&grid.columns) {
        let sum = |of: fn(&ChargeSum) -> i64| sums.iter().map(of).sum::<i64>();
        match column.key.as_str() {
            "amount" => *cell = Cell::money(total),
            "lines" => *cell = Cell::whole(sum(|s| s.lines)),
            "in_scope" => *cell = Cell::money(sum(|s| s.in_scope)),
            "own_pay" => *cell = Cell::money(sum(|s| s.own_pay)),
            "refunded" => *cell = Cell::money(Some(sum(|s| s.refunded)).filter(|n| *n != 0)),
            _ => {}
        }
    }
    grid.total = (!sums.is_empty()).then_some(cells);
    // Few enough to be read at once; a page of them is shown.
    if !asked.is_set("format") && grid.rows.len() > 200 {
        grid.show_page(Paging::asked(asked));
    }
    Ok(grid)
}

fn sum_columns() -> [Column; 5] {
    [
        Column::number("lines", "笔数", ""),
        Column::number("amount", "金额", "元"),
        Column::number("in_scope", "政策范围内", "元"),
        Column::number("own_pay", "全自费", "元"),
        Column::number("refunded", "其中退费", "元"),
    ]
}

fn sum_cells(sum: &ChargeSum) -> [Cell; 5] {
    [
        Cell::whole(sum.lines),
        Cell::money(sum.amount),
        Cell::money(sum.in_scope),
        Cell::money(sum.own_pay),
        Cell::money(Some(sum.refunded).filter(|refunded| *refunded != 0)),
    ]
}

fn items(sums: &[ChargeSum], link: impl Fn(&str) -> String) -> Grid {
    let quantity = |n: i64| Value::Decimal(Decimal::new(n, 4), 2);
    let rows = sums.iter().map(|sum| {
        let price = match sum.price {
            Some((low, high)) if low == high => quantity(low).into(),
            Some((low, high)) => Cell::text(format!("{}~{}", quantity(low).show(), quantity(high).show())),
            None => Cell::default(),
        };
        let mut cells = vec![
            Cell::text(sum.key.clone()),
            Cell::text(sum.name.clone()).link(link(&sum.key)),
            Cell::text(class_name(&sum.fee_class)),
            Cell::text(sum.specification.clone()),
            Cell::text(sum.unit.clone()),
            price,
            quantity(sum.quantity).into(),
        ];
        cells.extend(sum_cells(sum));
        Row { cells, class: "" }
    });
    let mut columns = vec![
        Column::text("item", "项目编码"),
        Column::text("name", "项目名称"),
        Column::text("class", "费用分类"),
        Column::text("specification", "规格"),
        Column::text("unit", "单位"),
        Column::number("price", "单价", "元"),
        Column::number("quantity", "数量", ""),
    ];
    columns.extend(sum_columns());
    Grid { id: "charges-merged", columns, rows: rows.collect(), empty: EMPTY.into(), ..Grid::default() }
}

const EMPTY: &str = "没有符合条件的费用明细；请放宽条件";

fn others(sums: &[ChargeSum], title: &str, by: ChargesBy, link: impl Fn(&str, &str) -> String) -> Grid {
    let rows = sums.iter().map(|sum| {
        let (name, address) = match by {
            ChargesBy::FeeClass => (class_name(&sum.key).to_owned(), link("class", &sum.key)),
            ChargesBy::Day => {
                let day = sum.key.parse().map_or_else(|_| sum.key.clone(), text::day);
                (day.clone(), link("day", &day))
            }
            ChargesBy::OrderingDepartment => (sum.name.clone(), link("ordering", &sum.key)),
            _ => (sum.name.clone(), link("performing", &sum.key)),
        };
        // Lines without a department cannot be asked for by it.
        let name = if sum.key.is_empty() { Cell::text("未记录") } else { Cell::text(name).link(address) };
        let mut cells = vec![name];
        cells.extend(sum_cells(sum));
        Row { cells, class: "" }
    });
    let mut columns = vec![Column::text("key", title.trim_start_matches('按'))];
    columns.extend(sum_columns());
    Grid { columns, rows: rows.collect(), empty: EMPTY.into(), ..Grid::default() }
}

fn lines(app: &App, who: &Who, number: i64, filter: &ChargeFilter, asked: &Fields) -> Result<Grid, ApiError> {
    let whole = asked.is_set("format");
    let paging = Paging::asked(asked);
    let filter = ChargeFilter {
        page: if whole { 1 } else { paging.page },
        page_size: if whole { MOST_EXPORTED } else { paging.size },
        ..filter.clone()
    };
    let page = app.store().charge_lines(&who.viewer, number, &filter)?;
    let page = page.ok_or_else(|| ApiError::missing("此病例"))?;
    if whole && page.count > MOST_EXPORTED {
        return Err(ApiError::wrong(format!(
            "共 {} 笔，一次最多导出 {MOST_EXPORTED} 笔；请缩小条件",
            page.count
        )));
    }
    let national = NationalItems::of(app)?;
    let columns = vec![
        Column::text("at", "费用发生时间"),
        Column::text("item", "项目编码"),
        Column::text("name", "项目名称"),
        Column::text("class", "费用分类"),
        Column::text("insurer", "医保目录编码"),
        Column::text("level", "目录等级"),
        Column::number("payment", "支付标准或价格", "元").hidden(),
        Column::text("limit", "限定支付范围").hidden(),
        Column::text("specification", "规格").hidden(),
        Column::text("unit", "单位"),
        Column::number("price", "单价", "元"),
        Column::number("quantity", "数量", ""),
        Column::number("amount", "金额", "元"),
        Column::number("in_scope", "政策范围内", "元"),
        Column::number("own_pay", "全自费", "元"),
        Column::text("ordering", "开单科室"),
        Column::text("doctor", "开单医师"),
        Column::text("performing", "执行科室"),
        Column::text("refund", "退费"),
        Column::text("key", "明细号").hidden(),
    ];
    let mut total = vec![Cell::default(); columns.len()];
    total[0] = Cell::text("合计");
    total[12] = Cell::money(page.amount);
    Ok(Grid {
        id: "charges-lines",
        columns,
        total: (page.count > 0).then_some(total),
        paging: (!whole).then_some(Paging { total: page.count, ..paging }),
        rows: page.lines.iter().map(|line| line_row(line, &national)).collect(),
        empty: EMPTY.into(),
        ..Grid::default()
    })
}

fn line_row(line: &ChargeLine, national: &NationalItems) -> Row {
    let day = model::canonical::moment_of(line.charged_at).map_or(jiff::civil::Date::ZERO, |at| at.date());
    let item = national.find(&line.insurer_code, day);
    let quantity = |n: i64| Value::Decimal(Decimal::new(n, 4), 2);
    Row {
        cells: vec![
            Cell::moment(line.charged_at),
            Cell::text(line.item_key.clone()),
            Cell::text(line.item_name.clone()),
            Cell::text(class_name(&line.fee_class)),
            Cell::text(line.insurer_code.clone()),
            Cell::text(line.level.clone()),
            item.as_ref()
                .and_then(|item| item.price())
                .map_or_else(Cell::default, |price| Value::Decimal(price, 2).into()),
            Cell::text(item.as_ref().map_or("", |item| item.limit())),
            Cell::text(line.specification.clone()),
            Cell::text(line.unit.clone()),
            line.price.map_or_else(Cell::default, |price| quantity(price).into()),
            quantity(line.quantity).into(),
            Cell::money(line.amount),
            Cell::money(line.in_scope),
            Cell::money(line.own_pay),
            Cell::text(line.ordering_department.clone()),
            Cell::text(line.ordering_doctor.clone()),
            Cell::text(line.performing_department.clone()),
            Cell::text(refund_text(line)),
            Cell::text(line.key.clone()),
        ],
        class: "",
    }
}

/// A refund names its original; a line names what was taken back of it.
fn refund_text(line: &ChargeLine) -> String {
    if let Some(original) = &line.refund_of {
        let of = match (original.charged_at, original.amount) {
            (Some(at), Some(amount)) => format!("{} 的 {} 元", text::moment(at), text::money(amount)),
            _ => "（原明细不在）".to_owned(),
        };
        return format!("退 {of}，明细号 {}", original.key);
    }
    line.refunded.map_or_else(String::new, |(_, amount)| format!("已退 {} 元", text::money(amount.abs())))
}

fn class_name(code: &str) -> &str {
    FEE_CLASSES.iter().find(|class| class.code == code).map_or(code, |class| class.chinese)
}

impl Charges {
    fn back_query(&self) -> String {
        back_field(&self.asked)
    }
}
