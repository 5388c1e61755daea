//! 规则的导出与导入: a workbook with a rule a row, or the lines of a rule pack; compared with the library before it is kept.
//!
//! The documents travel in the form of the preview, so nothing is kept between; they are compared again when they are confirmed.

use super::library::{read_one, said};
use super::{difference, editor};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::page::{Page, download, html};
use crate::query::{Posted, Upload};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use model::Permission;
use std::collections::HashSet;
use store::{LogKind, StoreError};
use terms::Table;
use terms::export::{self, Description, Sheets};

/// Columns of the workbook; only the last is read back.
const COLUMNS: [(&str, &str); 7] = [
    ("规则编号", "供查看"),
    ("规则名称", "供查看"),
    ("规则类型", "供查看"),
    ("预警等级", "供查看"),
    ("状态", "供查看"),
    ("规则描述", "供查看"),
    ("规则文档", "导入时只读此列：一个 JSON 对象，字段见审核规则文件说明"),
];
const DOCUMENT: &str = "规则文档";

#[derive(Template)]
#[template(path = "rule_library/import.html")]
struct ImportForm {
    page: Page,
    error: String,
}

#[derive(Template)]
#[template(path = "rule_library/import_preview.html")]
struct Preview {
    page: Page,
    file_name: String,
    documents: String,
    seen: i64,
    plan: Plan,
    changes: Grid,
    wrong: Grid,
}

/// What a file would do.
#[derive(Default)]
struct Plan {
    /// Id, document before (a draft goes before the published one), document, row version seen.
    set: Vec<(String, Option<String>, String, i64)>,
    unchanged: usize,
    /// Place in the file and what is wrong.
    wrong: Vec<(String, String)>,
}

impl Plan {
    fn added(&self) -> usize {
        self.set.iter().filter(|rule| rule.1.is_none()).count()
    }

    fn changed(&self) -> usize {
        self.set.len() - self.added()
    }

    fn may_apply(&self) -> bool {
        self.wrong.is_empty() && !self.set.is_empty()
    }
}

pub(super) async fn file(State(app): State<App>, who: Who) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        if !who.viewer.may(Permission::Export) {
            return Err(ApiError::forbidden(Permission::Export.chinese()));
        }
        let library = app.rule_library().current(app)?;
        let failed = |error: export::ExportError| ApiError::internal(format!("规则文件无法生成：{error}"));
        let rows = library.rules.iter().map(|listed| {
            let version = listed.rule.published.as_ref().or(listed.rule.draft.as_ref());
            let state =
                if listed.rule.published.is_some() { listed.rule.state.chinese() } else { "未发布" };
            [
                listed.rule.id.clone(),
                listed.said.name.clone(),
                super::kind_name(&listed.said.kind),
                listed.said.level.clone(),
                state.to_owned(),
                listed.said.sentence.clone(),
                version.map_or(String::new(), |version| version.document.clone()),
            ]
        });
        let table = Table::from_rows(&COLUMNS.map(|(title, _)| title), rows);
        let column = |(title, meaning): &(&'static str, &'static str)| export::Column {
            name: title,
            title,
            meaning: (*meaning).into(),
            needed: *title == DOCUMENT,
            number: false,
            wide: matches!(*title, "规则描述" | "规则文档"),
        };
        let described = Description { title: "", columns: COLUMNS.iter().map(column).collect() };
        let mut sheets = Sheets::new();
        sheets.table("审核规则", &described, &table).map_err(failed)?;
        let bytes = sheets.into_bytes().map_err(failed)?;
        app.log(&who, LogKind::Export, "导出审核规则", "审核规则库", &format!("{} 条", library.rules.len()))?;
        let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        Ok(download("审核规则.xlsx", kind, bytes))
    })
    .await
}

pub(super) async fn form(State(app): State<App>, who: Who) -> Result<Response, ApiError> {
    app.blocking(move |app| show_form(app, &who, String::new())).await
}

fn show_form(app: &App, who: &Who, error: String) -> Result<Response, ApiError> {
    let page = who.page(app, "导入审核规则", &[("审核规则库", "/audit-rules"), ("导入", "")]);
    html(&ImportForm { page, error })
}

pub(super) async fn upload(State(app): State<App>, who: Who, upload: Upload) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        if upload.bytes.is_empty() {
            return show_form(app, &who, "请先选择要导入的文件".to_owned());
        }
        match documents(&upload.bytes) {
            Ok(documents) => preview(app, &who, &upload.file_name, &documents),
            Err(error) => show_form(app, &who, format!("“{}”：{error}", upload.file_name)),
        }
    })
    .await
}

/// The documents of a file, one each.
fn documents(bytes: &[u8]) -> Result<Vec<String>, String> {
    let text = std::str::from_utf8(bytes).ok().map(|text| text.trim_start_matches('\u{feff}').trim_start());
    if let Some(text) = text.filter(|text| text.starts_with('{')) {
        return Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect());
    }
    if let Some(text) = text.filter(|text| text.starts_with('[')) {
        let list: Vec<serde_json::Value> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        return Ok(list.iter().map(ToString::to_string).collect());
    }
    let table =
        terms::table::read_table(bytes, &terms::table::Hint::default()).map_err(|error| error.to_string())?;
    let at =
        table.column(DOCUMENT).map_err(|_| format!("没有“{DOCUMENT}”列；请用本页导出的文件修改后导入"))?;
    Ok(table.rows().map(|row| row.get(at).trim().to_owned()).filter(|text| !text.is_empty()).collect())
}

fn plan(app: &App, documents: &[String]) -> Result<Plan, ApiError> {
    let library = app.rule_library().current(app)?;
    let (mut plan, mut seen) = (Plan::default(), HashSet::new());
    for (at, document) in documents.iter().enumerate() {
        let place = format!("第 {} 条", at + 1);
        let id = match read_one(document) {
            Ok(rule) if !seen.insert(rule.id.clone()) => {
                plan.wrong.push((place, format!("编号 {} 与前面的规则重复", rule.id)));
                continue;
            }
            Ok(rule) => rule.id,
            Err(problem) => {
                plan.wrong.push((place, problem));
                continue;
            }
        };
        let known = library.rules.iter().find(|listed| listed.rule.id == id).map(|listed| &listed.rule);
        let before = known.and_then(|rule| rule.draft.as_ref().or(rule.published.as_ref()));
        let same = before.is_some_and(|before| difference::difference(&before.document, document).is_empty());
        if same {
            plan.unchanged += 1;
            continue;
        }
        let version = known.map_or(0, |rule| rule.version);
        plan.set.push((id, before.map(|before| before.document.clone()), document.clone(), version));
    }
    Ok(plan)
}

fn preview(app: &App, who: &Who, file_name: &str, documents: &[String]) -> Result<Response, ApiError> {
    let library = app.rule_library().current(app)?;
    let plan = plan(app, documents)?;
    let rows = plan.set.iter().map(|(id, before, document, _)| {
        let changed = before.as_deref().map_or_else(String::new, |before| {
            let rows = difference::difference(before, document);
            rows.iter()
                .map(|(title, old, new)| format!("{title}：{old} → {new}"))
                .collect::<Vec<_>>()
                .join("；")
        });
        Row {
            cells: vec![
                match before {
                    Some(_) => Cell::text("修改").class("tag tag-warn"),
                    None => Cell::text("新增").class("tag tag-core"),
                },
                Cell::text(id.clone()),
                Cell::text(said(document, &library.names).sentence),
                Cell::text(changed),
            ],
            class: "",
        }
    });
    let changes = Grid {
        title: "变化".into(),
        columns: vec![
            Column::text("what", "变化"),
            Column::text("id", "规则编号"),
            Column::text("sentence", "规则描述"),
            Column::text("changed", "与现有规则的差异"),
        ],
        rows: rows.collect(),
        empty: "没有变化".into(),
        ..Grid::default()
    };
    let wrong = Grid {
        title: "出错".into(),
        columns: vec![Column::text("place", "位置"), Column::text("message", "问题")],
        rows: plan
            .wrong
            .iter()
            .map(|(place, problem)| Row {
                cells: vec![Cell::text(place.clone()), Cell::text(problem.clone())],
                class: "",
            })
            .collect(),
        ..Grid::default()
    };
    html(&Preview {
        page: who.page(app, "核对导入的规则", &[("审核规则库", "/audit-rules"), ("核对导入", "")]),
        file_name: file_name.to_owned(),
        documents: documents.join("\n"),
        seen: app.store().audit_stamps()?.library,
        changes,
        wrong,
        plan,
    })
}

pub(super) async fn confirm(
    State(app): State<App>,
    who: Who,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let documents = documents(fields.text("documents").as_bytes()).map_err(ApiError::wrong)?;
        let file_name = fields.text("file_name");
        let changed = |app: &App| {
            app.notice(&who, "核对之后他人修改了规则库，已按最新内容重新比对，请核对后再确认");
            preview(app, &who, file_name, &documents)
        };
        if fields.whole("seen", "版本")? != Some(app.store().audit_stamps()?.library) {
            return changed(app);
        }
        let plan = plan(app, &documents)?;
        if !plan.may_apply() {
            return preview(app, &who, file_name, &documents);
        }
        let drafts: Vec<(String, String, i64)> = plan
            .set
            .iter()
            .map(|(id, _, document, version)| (id.clone(), document.clone(), *version))
            .collect();
        match app.store().save_rule_drafts(&drafts, &format!("导入 {file_name}"), editor(app, &who)) {
            Ok(()) => {}
            Err(StoreError::Changed(_)) => return changed(app),
            Err(error) => return Err(error.into()),
        }
        let said = format!("新增 {}，修改 {}，不变 {}", plan.added(), plan.changed(), plan.unchanged);
        app.log(&who, LogKind::Change, "导入审核规则", file_name, &said)?;
        app.notice(&who, format!("已存为草稿，由另一人复核发布：{said}"));
        Ok(Redirect::to("/audit-rules?state=draft").into_response())
    })
    .await
}
