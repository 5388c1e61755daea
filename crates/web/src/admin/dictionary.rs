//! 科室医师字典: departments and staff as collected, corrected and added by hand.

use super::users::{fitting, names_of};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Paging, Row};
use crate::page::{Page, html};
use crate::query::{Asked, Fields, encode};
use crate::route::{Access, Route};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use model::Permission;
use model::canonical::Table;
use std::collections::BTreeMap;
use store::DictionaryRow;

pub(super) fn routes() -> Vec<Route> {
    let view = Access::Needs(Permission::DictionariesView);
    vec![Route::get("/admin/departments", view, departments), Route::get("/admin/staff", view, staff)]
}

/// One of the two dictionaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Book {
    Departments,
    Staff,
}

impl Book {
    pub(super) fn path(self) -> &'static str {
        match self {
            Book::Departments => "/admin/departments",
            Book::Staff => "/admin/staff",
        }
    }

    pub(super) fn chinese(self) -> &'static str {
        match self {
            Book::Departments => "科室",
            Book::Staff => "医师",
        }
    }

    pub(super) fn table(self) -> Result<&'static Table, ApiError> {
        let name = match self {
            Book::Departments => "department",
            Book::Staff => "staff",
        };
        Table::named(name).ok_or_else(|| ApiError::internal("没有这个字典"))
    }

    /// Address of an entry; keys of a HIS may hold any character.
    pub(super) fn entry(self, key: &str) -> String {
        format!("{}/entry?key={}", self.path(), encode(key))
    }
}

/// 状态 of an entry: stored name and name on the screen.
const STATES: [(&str, &str); 4] =
    [("", "在用"), ("inactive", "停用"), ("deleted", "已删除"), ("all", "全部")];

/// `deleted`: the source no longer has it; `inactive`: there, but not in use.
pub(super) fn state_of(row: &DictionaryRow) -> (&'static str, &'static str) {
    match (row.deleted_at, row.row.int("active")) {
        (Some(_), _) => STATES[2],
        (None, Some(0)) => STATES[1],
        _ => STATES[0],
    }
}

#[derive(Template)]
#[template(path = "admin/dictionary.html")]
struct DictionaryPage {
    page: Page,
    book: Book,
    asked: Fields,
    departments: BTreeMap<String, String>,
    may_edit: bool,
    grid: Grid,
}

async fn departments(State(app): State<App>, who: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    list(app, who, asked, Book::Departments).await
}

async fn staff(State(app): State<App>, who: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    list(app, who, asked, Book::Staff).await
}

async fn list(app: App, who: Who, asked: Fields, book: Book) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let departments = names_of(app, "department")?;
        let mut grid = grid(app, &asked, book, &departments)?.for_viewer(&who.viewer);
        app.arrange(&who, &mut grid)?;
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        grid.show_page(Paging::asked(&asked));
        html(&DictionaryPage {
            page: who.page(app, "科室医师字典", &[("系统管理", ""), ("科室医师字典", "")]),
            book,
            asked,
            departments,
            may_edit: who.viewer.may(Permission::DictionariesEdit),
            grid,
        })
    })
    .await
}

fn grid(
    app: &App,
    asked: &Fields,
    book: Book,
    departments: &BTreeMap<String, String>,
) -> Result<Grid, ApiError> {
    let rows = app.store().dictionary(book.table()?)?;
    let fits = fitting(asked.text("q"), rows.iter().map(|row| (row.row.key(), row.row.text("name"))));
    let (state, department) = (asked.text("state"), asked.text("department"));
    let wanted: Vec<&DictionaryRow> = rows
        .iter()
        .filter(|row| fits.as_ref().is_none_or(|fits| fits.contains(row.row.key())))
        .filter(|row| state == "all" || state_of(row).0 == state)
        .filter(|row| department.is_empty() || row.row.value("department_key").str() == department)
        .filter(|row| !asked.is_set("changed") || row.is_manual() || !row.overrides.is_empty())
        .collect();
    let mut grid = match book {
        Book::Departments => departments_grid(app, &wanted, departments)?,
        Book::Staff => staff_grid(&wanted, departments),
    };
    grid.about = about(asked, departments);
    grid.empty = "没有符合条件的行；请放宽条件。字典由采集得到，也可以手工增加".into();
    grid.address = format!("{}?{}", book.path(), asked.without(&["format"]));
    Ok(grid)
}

fn departments_grid(
    app: &App,
    rows: &[&DictionaryRow],
    names: &BTreeMap<String, String>,
) -> Result<Grid, ApiError> {
    let beds = app.store().bed_counts()?;
    let mut people: BTreeMap<String, i64> = BTreeMap::new();
    for row in app.store().dictionary(Book::Staff.table()?)? {
        if row.deleted_at.is_none() && row.row.int("active") != Some(0) {
            *people.entry(row.row.text("department_key").to_owned()).or_default() += 1;
        }
    }
    let number = |n: Option<i64>| n.map_or_else(Cell::default, Cell::whole);
    let line = |row: &&DictionaryRow| {
        let (key, of) = (row.row.key(), &row.row);
        let counted = beds.get(key).copied();
        let mut cells = vec![
            Cell::text(key).link(Book::Departments.entry(key)),
            Cell::text(of.text("name")),
            Cell::text(of.text("standard_code")),
            Cell::text(name(names, of.text("parent_key"))),
            Cell::text(of.text("category")),
            number(of.int("open_beds")),
            number(counted.map(|beds| beds.0)),
            number(counted.map(|beds| beds.1)),
            people.get(key).map_or_else(Cell::default, |people| {
                Cell::whole(*people).link(format!("{}?department={}", Book::Staff.path(), encode(key)))
            }),
        ];
        cells.extend(origin(row));
        Row { cells, class: if state_of(row).0.is_empty() { "" } else { "off" } }
    };
    let mut columns = vec![
        Column::text("key", "编号"),
        Column::text("name", "科室名称"),
        Column::text("standard_code", "科别代码"),
        Column::text("parent", "上级科室"),
        Column::text("category", "类别"),
        Column::number("open_beds", "开放床位", "张"),
        Column::number("beds_open", "床位表开放", "张"),
        Column::number("beds", "床位表全部", "张"),
        Column::number("people", "在岗人员", "人"),
    ];
    columns.extend(origin_columns());
    let total = |values: &mut dyn Iterator<Item = i64>| Cell::whole(values.sum());
    let mut sums = vec![Cell::text("合计"), Cell::whole(rows.len() as i64)];
    sums.resize(5, Cell::default());
    sums.push(total(&mut rows.iter().filter_map(|row| row.row.int("open_beds"))));
    sums.push(total(&mut rows.iter().filter_map(|row| beds.get(row.row.key())).map(|beds| beds.0)));
    sums.push(total(&mut rows.iter().filter_map(|row| beds.get(row.row.key())).map(|beds| beds.1)));
    sums.push(total(&mut rows.iter().filter_map(|row| people.get(row.row.key())).copied()));
    sums.resize(columns.len(), Cell::default());
    Ok(Grid {
        id: "departments",
        title: "科室字典".into(),
        columns,
        rows: rows.iter().map(line).collect(),
        total: Some(sums),
        ..Grid::default()
    })
}

fn staff_grid(rows: &[&DictionaryRow], names: &BTreeMap<String, String>) -> Grid {
    let line = |row: &&DictionaryRow| {
        let (key, of) = (row.row.key(), &row.row);
        let mut cells = vec![
            Cell::text(key).link(Book::Staff.entry(key)),
            Cell::text(of.text("name")),
            Cell::text(name(names, of.text("department_key"))),
            Cell::text(of.text("job")),
            Cell::text(of.text("title")),
            Cell::text(of.text("insurer_code")),
        ];
        cells.extend(origin(row));
        Row { cells, class: if state_of(row).0.is_empty() { "" } else { "off" } }
    };
    let mut columns = vec![
        Column::text("key", "编号"),
        Column::text("name", "姓名"),
        Column::text("department", "科室"),
        Column::text("job", "岗位"),
        Column::text("title", "职称"),
        Column::text("insurer_code", "医保医师代码"),
    ];
    columns.extend(origin_columns());
    Grid {
        id: "staff",
        title: "医师字典".into(),
        columns,
        rows: rows.iter().map(line).collect(),
        ..Grid::default()
    }
}

fn origin_columns() -> [Column; 3] {
    [Column::text("state", "状态"), Column::text("source", "来源"), Column::text("changed", "手工修正")]
}

/// State, source, and which columns were corrected by hand.
fn origin(row: &DictionaryRow) -> [Cell; 3] {
    let source = if row.is_manual() { "手工" } else { row.source.as_str() };
    let table = row.row.table();
    let corrected: Vec<&str> = table
        .columns
        .iter()
        .filter(|column| row.override_of(column.name).is_some())
        .map(|column| column.chinese)
        .collect();
    let mut changed = Cell::text(corrected.join("、"));
    if !corrected.is_empty() {
        changed = changed.class("tag tag-unconfirmed");
    }
    [Cell::text(state_of(row).1), Cell::text(source), changed]
}

/// A department's name, its key when it is unknown.
fn name(names: &BTreeMap<String, String>, key: &str) -> String {
    names.get(key).cloned().unwrap_or_else(|| key.to_owned())
}

fn about(asked: &Fields, departments: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let mut about = Vec::new();
    if asked.is_set("q") {
        about.push(("查找".to_owned(), asked.text("q").to_owned()));
    }
    if asked.is_set("department") {
        about.push(("科室".to_owned(), name(departments, asked.text("department"))));
    }
    let state = STATES.iter().find(|state| state.0 == asked.text("state")).unwrap_or(&STATES[0]);
    about.push(("状态".to_owned(), state.1.to_owned()));
    if asked.is_set("changed") {
        about.push(("只看".to_owned(), "手工增加或修正的".to_owned()));
    }
    about
}
