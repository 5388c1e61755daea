//! 字典表单: an entry of the department or staff dictionary. A collected entry shows beside each field what its source says.

use super::changes::{Conflict, Described, differing, sentence};
use super::dictionary::{Book, state_of};
use super::users::names_of;
use crate::app::App;
use crate::error::ApiError;
use crate::jobs::Outcome;
use crate::page::{Page, html};
use crate::query::{Asked, Fields, Posted};
use crate::route::{Access, Route};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use model::Permission;
use model::canonical::{Column, Kind, Row, Table, Value};
use std::collections::BTreeMap;
use store::{DictionaryRow, LogKind, StoreError};

pub(super) fn routes() -> Vec<Route> {
    use Book::{Departments, Staff};
    let view = Access::Needs(Permission::DictionariesView);
    let edit = Access::Needs(Permission::DictionariesEdit);
    vec![
        Route::get("/admin/departments/new", edit, |app, who| blank(app, who, Departments)),
        Route::post("/admin/departments/new", edit, |app, who, posted| create(app, who, posted, Departments)),
        Route::get("/admin/departments/entry", view, |app, who, asked| show(app, who, asked, Departments)),
        Route::post("/admin/departments/entry", edit, |app, who, posted| save(app, who, posted, Departments)),
        Route::post("/admin/departments/remove", edit, |app, who, posted| {
            remove(app, who, posted, Departments)
        }),
        Route::get("/admin/staff/new", edit, |app, who| blank(app, who, Staff)),
        Route::post("/admin/staff/new", edit, |app, who, posted| create(app, who, posted, Staff)),
        Route::get("/admin/staff/entry", view, |app, who, asked| show(app, who, asked, Staff)),
        Route::post("/admin/staff/entry", edit, |app, who, posted| save(app, who, posted, Staff)),
        Route::post("/admin/staff/remove", edit, |app, who, posted| remove(app, who, posted, Staff)),
    ]
}

/// A field of the form.
struct Field {
    column: &'static Column,
    /// As saved or as typed.
    value: String,
    /// What the source says, when the hand says something else: `外科（1001 于 2026-06-01 08:00 修正）`.
    source: String,
}

impl Field {
    fn is_flag(&self) -> bool {
        self.column.kind == Kind::Flag
    }

    fn is(&self, value: &str) -> bool {
        self.value == value
    }

    fn is_department(&self) -> bool {
        self.column.refers_to == Some("department")
    }
}

#[derive(Template)]
#[template(path = "admin/dictionary_entry.html")]
struct EntryPage {
    page: Page,
    book: Book,
    key: String,
    fields: Vec<Field>,
    departments: BTreeMap<String, String>,
    /// `None`: a new entry.
    entry: Option<DictionaryRow>,
    version: String,
    may_edit: bool,
    conflict: Option<Conflict>,
    error: String,
}

impl EntryPage {
    fn state(&self) -> &'static str {
        self.entry.as_ref().map_or("", |entry| state_of(entry).1)
    }

    /// Whether a person may change it: what its source has given up stays as it is.
    fn is_open(&self) -> bool {
        self.may_edit && self.entry.as_ref().is_none_or(|entry| entry.deleted_at.is_none())
    }
}

fn page(app: &App, who: &Who, book: Book, entry: Option<DictionaryRow>) -> Result<EntryPage, ApiError> {
    let (crumb, key) = match &entry {
        Some(entry) => (entry.row.text("name").to_owned(), entry.row.key().to_owned()),
        None => ("手工增加".to_owned(), String::new()),
    };
    let fields = book.table()?.columns.iter().skip(1).map(|column| Field {
        column,
        value: entry.as_ref().map_or_else(String::new, |entry| entry.row.shown(column.name).into()),
        source: entry.as_ref().map_or_else(String::new, |entry| source_of(entry, column)),
    });
    let crumbs = [("系统管理", ""), ("科室医师字典", book.path()), (crumb.as_str(), "")];
    Ok(EntryPage {
        page: who.page(app, &format!("{}字典", book.chinese()), &crumbs),
        book,
        key,
        fields: fields.collect(),
        departments: names_of(app, "department")?,
        version: entry.as_ref().map_or_else(String::new, DictionaryRow::version),
        entry,
        may_edit: who.viewer.may(Permission::DictionariesEdit),
        conflict: None,
        error: String::new(),
    })
}

fn source_of(entry: &DictionaryRow, column: &Column) -> String {
    let Some(change) = entry.override_of(column.name) else { return String::new() };
    let said = change.source_value.show(column.kind);
    let said = if said.is_empty() { "（空）" } else { said.as_str() };
    format!("{said}（{} 于 {} 修正）", change.changed_by, crate::text::moment(change.changed_at))
}

/// Shows what was typed again.
fn with_typed(mut page: EntryPage, typed: &Fields) -> EntryPage {
    for field in &mut page.fields {
        typed.text(field.column.name).clone_into(&mut field.value);
    }
    page
}

async fn blank(State(app): State<App>, who: Who, book: Book) -> Result<Response, ApiError> {
    app.blocking(move |app| html(&page(app, &who, book, None)?)).await
}

async fn show(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
    book: Book,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let entry = app.store().dictionary_row(book.table()?, asked.text("key"))?;
        html(&page(app, &who, book, Some(entry.ok_or_else(|| ApiError::missing("此字典行"))?))?)
    })
    .await
}

async fn create(
    State(app): State<App>,
    who: Who,
    Posted(typed): Posted,
    book: Book,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let table = book.table()?;
        let again = |error: String| {
            let page = with_typed(page(app, &who, book, None)?, &typed);
            html(&EntryPage { key: typed.text("key").to_owned(), error, ..page })
        };
        let row = match read(app, table, &typed)? {
            Ok(row) => row,
            Err(error) => return again(error),
        };
        match app.store().add_dictionary_row(table, &row, app.now()) {
            Ok(()) => {}
            Err(StoreError::Refused(why)) => return again(why),
            Err(error) => return Err(error.into()),
        }
        let detail = sentence(&differing(&Vec::new(), &described(table, &row)));
        finish(app, &who, book, ("手工增加", row[0].str(), &detail))?;
        Ok(Redirect::to(&book.entry(row[0].str())).into_response())
    })
    .await
}

async fn save(
    State(app): State<App>,
    who: Who,
    Posted(typed): Posted,
    book: Book,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let (table, key) = (book.table()?, typed.text("key"));
        let find = || app.store().dictionary_row(table, key)?.ok_or_else(|| ApiError::missing("此字典行"));
        let before = find()?;
        let row = match read(app, table, &typed)? {
            Ok(row) => row,
            Err(error) => {
                let page = with_typed(page(app, &who, book, Some(before))?, &typed);
                return html(&EntryPage { version: typed.text("version").to_owned(), error, ..page });
            }
        };
        let login = &who.viewer.login;
        match app.store().change_dictionary_row(table, &row, typed.text("version"), app.now(), login) {
            Ok(()) => {}
            Err(StoreError::Changed(what)) => {
                let now = find()?;
                let differences = differing(&described(table, &values(&now)), &described(table, &row));
                let page = with_typed(page(app, &who, book, Some(now))?, &typed);
                return html(&EntryPage { conflict: Some(Conflict { what, differences }), ..page });
            }
            Err(error) => return Err(error.into()),
        }
        let detail = sentence(&differing(&described(table, &values(&before)), &described(table, &row)));
        finish(app, &who, book, ("修改", key, &detail))?;
        Ok(Redirect::to(&book.entry(key)).into_response())
    })
    .await
}

async fn remove(
    State(app): State<App>,
    who: Who,
    Posted(typed): Posted,
    book: Book,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let (table, key) = (book.table()?, typed.text("key"));
        app.store().remove_dictionary_row(table, key, app.now())?;
        finish(app, &who, book, ("删除手工行", key, ""))?;
        Ok(Redirect::to(book.path()).into_response())
    })
    .await
}

/// Logs a change, says it, and brings it into the mart.
fn finish(
    app: &App,
    who: &Who,
    book: Book,
    (action, key, detail): (&str, &str, &str),
) -> Result<(), ApiError> {
    app.log(who, LogKind::Change, &format!("{action}{}", book.chinese()), key, detail)?;
    app.notice(who, format!("{}“{key}”：{action}完成；报表随后更新", book.chinese()));
    // A refresh that is under way or comes later takes the change with it.
    let _ = app.jobs().start_own(
        app,
        "dictionaries",
        "字典变动后更新分析库".into(),
        |app, progress| {
            app.refresh(progress)?;
            Ok(Outcome { sentence: "分析库已更新".into(), link: String::new() })
        },
    );
    Ok(())
}

/// The row that was typed, or what is wrong with it.
fn read(app: &App, table: &'static Table, typed: &Fields) -> Result<Result<Row, String>, ApiError> {
    let departments = names_of(app, "department")?;
    let mut row = Vec::with_capacity(table.columns.len());
    for column in table.columns {
        let name = if column.name == "key" { "编号" } else { column.chinese };
        let value = match Value::read(column.kind, typed.text(column.name)) {
            Ok(value) => value,
            Err(error) => return Ok(Err(format!("{name}：{error}"))),
        };
        if value.is_null() && column.required {
            return Ok(Err(format!("请填写{name}")));
        }
        if column.refers_to == Some("department")
            && !value.is_null()
            && !departments.contains_key(value.str())
        {
            return Ok(Err(format!("{name}：没有编号为“{}”的科室", value.str())));
        }
        row.push(value);
    }
    let negative = table.columns.iter().zip(&row).find(|(_, value)| value.int().is_some_and(|n| n < 0));
    if let Some((column, _)) = negative {
        return Ok(Err(format!("{}不能是负数", column.chinese)));
    }
    if table.position("parent_key").is_some_and(|at| is_above_itself(app, &row, at).unwrap_or(true)) {
        return Ok(Err("上级科室不能是本科室或它的下级科室".into()));
    }
    Ok(Ok(row.into_iter().collect()))
}

/// Whether following the superior departments leads back here.
fn is_above_itself(app: &App, row: &[Value], parent: usize) -> Result<bool, ApiError> {
    let table = Book::Departments.table()?;
    let parents: BTreeMap<String, String> = app
        .store()
        .dictionary(table)?
        .iter()
        .map(|row| (row.row.key().to_owned(), row.row.text("parent_key").to_owned()))
        .collect();
    let mut above = row[parent].str().to_owned();
    for _ in 0..=parents.len() {
        if above.is_empty() {
            return Ok(false);
        }
        if above == row[0].str() {
            return Ok(true);
        }
        above = parents.get(&above).cloned().unwrap_or_default();
    }
    Ok(true)
}

fn values(entry: &DictionaryRow) -> Row {
    entry.row.table().columns.iter().map(|column| entry.row.value(column.name).clone()).collect()
}

fn described(table: &'static Table, row: &Row) -> Described {
    let shown =
        |(column, value): (&'static Column, &Value)| (column.chinese, value.show(column.kind).to_string());
    table.columns.iter().zip(row).skip(1).map(shown).collect()
}
