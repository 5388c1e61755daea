//! 报表定制: choosing parts, looking at the report, saving it.

use super::OWN;
use super::form::{self, Form};
use crate::app::App;
use crate::chart::Chart;
use crate::error::ApiError;
use crate::grid::{Grid, Paging};
use crate::page::{Page, html};
use crate::query::{Fields, Posted};
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use metrics::report::own::{self, Parts};
use store::{LogKind, ReportDefinition, StoreError};

/// Rows of the preview.
const PREVIEWED: i64 = 20;

#[derive(Template)]
#[template(path = "own_reports/edit.html")]
struct EditPage {
    page: Page,
    action: String,
    back: String,
    version: i64,
    form: Form,
    problems: Vec<String>,
    preview: Option<Preview>,
}

/// The report as it would be; numbers lead to their cases, nothing else is a link yet.
struct Preview {
    charts: Vec<Chart>,
    grid: Grid,
}

/// What the form is about.
struct Place {
    /// 0 for a new one.
    id: i64,
    version: i64,
}

pub(super) async fn new(State(app): State<App>, who: Who) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let usual = [("period", "year"), ("basis", "discharge"), ("chart_by", "row"), ("by1", "department")];
        let fields = usual.map(|(name, value)| (name.to_owned(), value.to_owned()));
        show_form(app, &who, &Place { id: 0, version: 0 }, &Fields(fields.to_vec()), Vec::new(), None)
    })
    .await
}

pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let known = OWN.owned(app, &who, id)?;
        let fields = Parts::of(&known.definition).and_then(|parts| form::fields(&parts, known.shared));
        let Some(fields) = fields else {
            app.notice(&who, "此定义含有表单没有的内容（如多个页签）；请导出定义文件，修改后重新导入");
            return Ok(Redirect::to(&format!("/own-reports/{id}")).into_response());
        };
        show_form(app, &who, &Place { id, version: known.version }, &fields, Vec::new(), None)
    })
    .await
}

pub(super) async fn create(
    State(app): State<App>,
    who: Who,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| submit(app, &who, 0, &fields)).await
}

pub(super) async fn save(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        OWN.owned(app, &who, id)?;
        submit(app, &who, id, &fields)
    })
    .await
}

fn submit(app: &App, who: &Who, id: i64, fields: &Fields) -> Result<Response, ApiError> {
    let place = Place { id, version: fields.whole("version", "版本")?.unwrap_or_default() };
    let refused = |problems: Vec<String>| show_form(app, who, &place, fields, problems, None);
    let parts = match form::parts(fields) {
        Ok(parts) => parts,
        Err(problem) => return refused(vec![problem]),
    };
    let read =
        parts.text().and_then(|text| own::report(&text, id, &app.layer()).map(|report| (text, report)));
    let (definition, report) = match read {
        Ok(read) => read,
        Err(problems) => return refused(problems.0.into_iter().map(|problem| problem.message).collect()),
    };
    if fields.text("action") != "save" {
        let page = Paging { page: 1, size: PREVIEWED, total: 0 };
        let (charts, mut grid) = crate::reports::preview(app, who, &report, page)?;
        plain(&mut grid);
        return show_form(app, who, &place, fields, Vec::new(), Some(Preview { charts, grid }));
    }
    let new = ReportDefinition {
        id,
        shared: fields.is_set("shared"),
        version: place.version,
        changed_at: app.now(),
        ..OWN.draft(who, parts.title, definition)
    };
    let id = match app.store().save_report_definition(&new) {
        Ok(id) => id,
        Err(StoreError::Changed(_)) => {
            let now = OWN.seen(app, who, id)?;
            let place = Place { id, version: now.version };
            let problem = format!(
                "您打开表单之后，这张报表于 {} 在别处被修改；再次保存将以下面的内容为准",
                crate::text::moment(now.changed_at)
            );
            return show_form(app, who, &place, fields, vec![problem], None);
        }
        Err(error) => return Err(error.into()),
    };
    let action = if place.id == 0 { "新建自定义报表" } else { "修改自定义报表" };
    let shared = if new.shared { "共享" } else { "仅本人" };
    app.log(who, LogKind::Change, action, &new.title, &format!("自定义报表 {id}，{shared}"))?;
    app.notice(who, format!("“{}”已保存", new.title));
    Ok(Redirect::to(&format!("/report/own-{id}")).into_response())
}

/// Takes out what leads to the report itself, which is not there yet.
fn plain(grid: &mut Grid) {
    let total = grid.total.iter_mut().flatten();
    for cell in grid.rows.iter_mut().flat_map(|row| &mut row.cells).chain(total) {
        if cell.link.starts_with("/report/") {
            cell.link.clear();
        }
    }
    for column in &mut grid.columns {
        column.sortable = false;
    }
    grid.paging = None;
    grid.exportable = false;
}

fn show_form(
    app: &App,
    who: &Who,
    place: &Place,
    fields: &Fields,
    problems: Vec<String>,
    preview: Option<Preview>,
) -> Result<Response, ApiError> {
    let (title, path) = match place.id {
        0 => ("新建报表", "new".to_owned()),
        id => ("修改报表", format!("{id}/edit")),
    };
    html(&EditPage {
        page: who.page(app, title, &[("自定义报表", "/own-reports"), (title, "")]),
        action: format!("/own-reports/{path}"),
        back: if place.id == 0 { "/own-reports".to_owned() } else { format!("/own-reports/{}", place.id) },
        version: place.version,
        form: form::form(fields, &app.layer()),
        problems,
        preview,
    })
}
