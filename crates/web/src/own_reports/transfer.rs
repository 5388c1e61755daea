//! 导出与导入: a definition as the text of a file of packs/reports.

use super::OWN;
use crate::app::App;
use crate::error::ApiError;
use crate::page::{Page, download, html};
use crate::query::Upload;
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use metrics::report::own;
use model::Permission;
use store::{LogKind, ReportDefinition};

/// Longest definition, bytes.
const LONGEST: usize = 64 << 10;

#[derive(Template)]
#[template(path = "own_reports/import.html")]
struct ImportForm {
    page: Page,
    problems: Vec<String>,
}

pub(super) async fn file(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        if !who.viewer.may(Permission::Export) {
            return Err(ApiError::forbidden(Permission::Export.chinese()));
        }
        let known = OWN.seen(app, &who, id)?;
        app.log(&who, LogKind::Export, "导出报表定义", &known.title, &format!("自定义报表 {id}"))?;
        let bytes = known.definition.into_bytes();
        Ok(download(&format!("{}.toml", known.title), "application/toml; charset=utf-8", bytes))
    })
    .await
}

pub(super) async fn form(State(app): State<App>, who: Who) -> Result<Response, ApiError> {
    app.blocking(move |app| show(app, &who, Vec::new())).await
}

fn show(app: &App, who: &Who, problems: Vec<String>) -> Result<Response, ApiError> {
    let page = who.page(app, "导入报表定义", &[("自定义报表", "/own-reports"), ("导入", "")]);
    html(&ImportForm { page, problems })
}

pub(super) async fn upload(State(app): State<App>, who: Who, upload: Upload) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        if upload.bytes.is_empty() || upload.bytes.len() > LONGEST {
            return show(app, &who, vec!["请选择报表定义文件（.toml，不超过 64 KB）".to_owned()]);
        }
        let Ok(text) = std::str::from_utf8(&upload.bytes) else {
            return show(app, &who, vec!["文件不是 UTF-8 文本；请用本系统导出的定义文件".to_owned()]);
        };
        let adopted = own::adopt(text.trim_start_matches('\u{feff}'))
            .and_then(|text| own::report(&text, 0, &app.layer()).map(|report| (report.title, text)));
        let (title, definition) = match adopted {
            Ok(adopted) => adopted,
            Err(problems) => {
                return show(app, &who, problems.0.into_iter().map(|problem| problem.message).collect());
            }
        };
        let new = ReportDefinition { changed_at: app.now(), ..OWN.draft(&who, title.clone(), definition) };
        let id = app.store().save_report_definition(&new)?;
        app.log(
            &who,
            LogKind::Change,
            "导入报表定义",
            &title,
            &format!("自定义报表 {id}，文件 {}", upload.file_name),
        )?;
        app.notice(&who, format!("已导入“{title}”，仅本人可见"));
        Ok(Redirect::to(&format!("/own-reports/{id}")).into_response())
    })
    .await
}
