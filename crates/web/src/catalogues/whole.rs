//! 导出全部与模板: whole versions in a form that an import takes back, and empty tables to fill.

use super::layout;
use crate::app::App;
use crate::error::ApiError;
use crate::page::download;
use crate::query::Asked;
use crate::who::Who;
use axum::extract::{Path, State};
use axum::response::Response;
use model::Permission;
use std::sync::{Mutex, PoisonError};
use store::LogKind;
use terms::export::{ExportError, Sheets};
use terms::{Catalogue, Layout};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const CSV: &str = "text/csv; charset=utf-8";

/// One large workbook is made at a time: it takes several times the memory of its rows.
static ONE_WORKBOOK: Mutex<()> = Mutex::new(());

/// `?format=xlsx|csv`, `&version=3` for an older one.
pub(super) async fn export(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    let layout = layout(&id)?;
    if !who.viewer.may(Permission::Export) {
        return Err(ApiError::forbidden(Permission::Export.chinese()));
    }
    app.blocking(move |app| {
        let held = app.terminology().catalogue(layout)?;
        let number = asked.whole("version", "版本号")?.unwrap_or_else(|| held.number());
        let older;
        let catalogue: &Catalogue = if number == held.number() {
            &held.catalogue
        } else {
            older = app.terminology().version(layout, number)?;
            &older
        };
        let (ending, kind, bytes) = match asked.text("format") {
            "csv" => ("csv", CSV, terms::export::csv(&catalogue.to_table()).map_err(unwritable)?),
            "" | "xlsx" => ("xlsx", XLSX, workbook(layout, catalogue).map_err(unwritable)?),
            other => return Err(ApiError::wrong(format!("不支持的导出格式“{other}”"))),
        };
        let rows = catalogue.records().len();
        let detail = format!("{ending}，第 {number} 版，{rows} 行");
        app.log(&who, LogKind::Export, "导出目录", layout.title, &detail)?;
        Ok(download(&format!("{}_第{number}版.{ending}", layout.title), kind, bytes))
    })
    .await
}

fn workbook(layout: &'static Layout, catalogue: &Catalogue) -> Result<Vec<u8>, ExportError> {
    let _one = ONE_WORKBOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let description = layout.description();
    let mut sheets = Sheets::new();
    sheets.table(layout.title, &description, &catalogue.to_table())?;
    sheets.explanations(&[("目录", layout.title)], &[(layout.title, &description)])?;
    sheets.into_bytes()
}

/// `?format=xlsx|csv`
pub(super) async fn template(Path(id): Path<String>, Asked(asked): Asked) -> Result<Response, ApiError> {
    let layout = layout(&id)?;
    let name = |ending: &str| format!("{}_导入模板.{ending}", layout.title);
    match asked.text("format") {
        "csv" => Ok(download(&name("csv"), CSV, layout.template_csv().into_bytes())),
        "" | "xlsx" => Ok(download(&name("xlsx"), XLSX, layout.template_workbook().map_err(unwritable)?)),
        other => Err(ApiError::wrong(format!("不支持的模板格式“{other}”"))),
    }
}

fn unwritable(error: ExportError) -> ApiError {
    match error {
        ExportError::TooManyRows { .. } => ApiError::wrong(error.to_string()),
        other => ApiError::internal(other.to_string()),
    }
}
