//! 批量测算: a file of cases grouped in the background, its results and its error lines to save.

use super::batches::Batch;
use super::form::Choice;
use super::page::packs;
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::jobs::Outcome;
use crate::page::{Page, download, html};
use crate::query::{Asked, Upload};
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use casework::{CaseFileError, Encoding, FIELDS, Format, Stream, Wanted, lines_of_workbook};
use jiff::civil::Date;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::sync::Arc;
use store::{LogKind, Progress};

/// Cases a file may hold; `dipper group` takes files of any size.
const MOST_CASES: u64 = 300_000;

/// One batch at a time: it takes all cores.
const KIND: &str = "grouping_batch";

#[derive(Template)]
#[template(path = "grouping/batch.html")]
struct BatchPage {
    page: Page,
    packs: Vec<Choice>,
    columns: Vec<&'static str>,
    grid: Grid,
}

#[derive(Template)]
#[template(path = "grouping/batch_result.html")]
struct BatchResult {
    page: Page,
    batch: Arc<Batch>,
    lines: Vec<String>,
}

pub(super) async fn page(State(app): State<App>, who: Who) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let row = |batch: Arc<Batch>| Row {
            cells: vec![
                Cell::text(batch.name.clone()).link(format!("/grouping/batch/{}", batch.token)),
                Cell::moment(batch.at),
                Cell::text(batch.summary.lines().next().unwrap_or_default()),
            ],
            class: "",
        };
        let grid = Grid {
            title: "已完成的批量测算".into(),
            columns: vec![
                Column::text("name", "文件"),
                Column::text("at", "完成时间"),
                Column::text("summary", "汇总"),
            ],
            rows: app.batches().all_of(&who.viewer.login).into_iter().map(row).collect(),
            empty: "上传病例文件后，结果列在这里；服务重启后不再保留".into(),
            ..Grid::default()
        };
        html(&BatchPage {
            page: who.page(app, "批量测算", &[("入组测算", "/grouping"), ("批量测算", "")]),
            // By case date is the one-case page's: a file is grouped by one pack.
            packs: packs(app, None)?.into_iter().skip(1).collect(),
            columns: FIELDS.iter().map(|field| field.1).collect(),
            grid,
        })
    })
    .await
}

/// What is to be grouped.
struct Task {
    token: String,
    file_name: String,
    bytes: Vec<u8>,
    pack: i64,
    as_of: Option<Date>,
    encoding: Encoding,
}

pub(super) async fn upload(State(app): State<App>, who: Who, upload: Upload) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let task = task(app, upload)?;
        let name = format!("批量测算 {}", task.file_name);
        app.log(&who, LogKind::Compute, "批量测算", &task.file_name, &format!("政策包 {}", task.pack))?;
        let login = who.viewer.login.clone();
        let id =
            app.jobs().start(app, &who, KIND, name, move |app, progress| run(app, &login, task, progress))?;
        Ok(Redirect::to(&format!("/jobs/{id}")).into_response())
    })
    .await
}

fn task(app: &App, upload: Upload) -> Result<Task, ApiError> {
    if upload.bytes.is_empty() {
        return Err(ApiError::wrong("没有收到文件，或文件是空的；请选择病例文件后再上传"));
    }
    let pack = match upload.fields.whole("pack", "政策包")? {
        Some(pack) => pack,
        None => app
            .packs()
            .in_force(app.store())?
            .latest()
            .map(|pack| pack.id())
            .ok_or_else(|| ApiError::conflict("没有启用的政策包；请先在“分值库”中启用"))?,
    };
    // Whether it is there is said at once, not by a failed job.
    app.packs().pack(app.store(), pack)?;
    Ok(Task {
        token: crate::token::random()?,
        pack,
        as_of: upload.fields.date("as_of", "判定日期")?,
        encoding: match upload.fields.text("encoding") {
            "" | "auto" => Encoding::Auto,
            "utf8" => Encoding::Utf8,
            "gbk" => Encoding::Gbk,
            other => return Err(ApiError::wrong(format!("没有编码“{other}”"))),
        },
        file_name: if upload.file_name.is_empty() { "病例文件".to_owned() } else { upload.file_name },
        bytes: upload.bytes,
    })
}

fn run(app: &App, login: &str, task: Task, progress: &mut dyn Progress) -> Result<Outcome, ApiError> {
    let pack = app.packs().pack(app.store(), task.pack)?;
    let file_failed = |error: std::io::Error| ApiError::internal(format!("写不了临时文件：{error}"));
    let (results, errors) =
        (tempfile::tempfile().map_err(file_failed)?, tempfile::tempfile().map_err(file_failed)?);
    let is_workbook = task.bytes.starts_with(b"PK") || task.bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]);
    let (bytes, refused) = match is_workbook {
        true => lines_of_workbook(&task.bytes).map_err(said)?,
        false => (task.bytes, Vec::new()),
    };
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let json = text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let stream = Stream {
        engine: pack.engine(),
        wanted: Wanted { as_of: task.as_of, ..Wanted::default() },
        from: if json { Format::Jsonl } else { Format::Csv },
        to: Format::Table,
        map: None,
        encoding: if is_workbook { Encoding::Utf8 } else { task.encoding },
        hospital: pack.hospital(),
    };
    let total = bytes.len() as u64;
    let mut too_many = false;
    let mut report = |done: u64, cases: u64| {
        too_many = cases > MOST_CASES;
        !too_many
            && progress.report(&format!("分组计价（已 {cases} 例，按文件字节）"), done.min(total), total)
    };
    let (mut result_lines, mut error_lines) = (BufWriter::new(results), BufWriter::new(errors));
    let done = stream.run(bytes.as_slice(), &mut result_lines, Some(&mut error_lines), &mut report);
    if too_many {
        return Err(ApiError::wrong(format!("文件超过 {MOST_CASES} 例；请拆分，或用命令行 dipper group")));
    }
    let summary = done.map_err(said)?;
    for wrong in &refused {
        let line = format!("{},,{},{}\n", wrong.line, quoted(&wrong.column), quoted(&wrong.message));
        error_lines.write_all(line.as_bytes()).map_err(file_failed)?;
    }
    let whole =
        |writer: BufWriter<File>| writer.into_inner().map_err(|error| file_failed(error.into_error()));
    let files = (whole(result_lines)?, whole(error_lines)?);
    let wrong = summary.errors() + refused.len() as u64;
    let link = format!("/grouping/batch/{}", task.token);
    let sentence = summary.text().lines().next().unwrap_or_default().to_owned();
    let names = (task.token, login.to_owned(), task.file_name);
    app.batches().keep(Batch::new(names, app.now(), (summary.text(), wrong), files));
    Ok(Outcome { sentence, link })
}

fn said(error: CaseFileError) -> ApiError {
    match error {
        CaseFileError::Io(_) | CaseFileError::Reader => ApiError::internal(error.to_string()),
        other => ApiError::wrong(other.to_string()),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\"").replace(['\r', '\n'], " "))
}

/// A user's own batch.
fn own(app: &App, who: &Who, token: &str) -> Result<Arc<Batch>, ApiError> {
    app.batches().of(&who.viewer.login, token).ok_or_else(|| {
        ApiError::new(
            axum::http::StatusCode::NOT_FOUND,
            "没有找到此批量测算的结果，或者不是您的",
            "结果在服务重启后不再保留；请重新上传文件",
        )
    })
}

pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Path(token): Path<String>,
) -> Result<Response, ApiError> {
    let batch = own(&app, &who, &token)?;
    let crumbs = [("入组测算", "/grouping"), ("批量测算", "/grouping/batch"), (batch.name.as_str(), "")];
    let page = who.page(&app, "批量测算结果", &crumbs);
    let lines = batch.summary.lines().map(str::to_owned).collect();
    html(&BatchResult { page, lines, batch })
}

pub(super) async fn results(
    State(app): State<App>,
    who: Who,
    Path(token): Path<String>,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let batch = own(app, &who, &token)?;
        save(app, &who, &batch, "测算结果", batch.results())
    })
    .await
}

pub(super) async fn errors(
    State(app): State<App>,
    who: Who,
    Path(token): Path<String>,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let batch = own(app, &who, &token)?;
        save(app, &who, &batch, "错误清单", batch.error_lines())
    })
    .await
}

fn save(
    app: &App,
    who: &Who,
    batch: &Batch,
    what: &str,
    bytes: std::io::Result<Vec<u8>>,
) -> Result<Response, ApiError> {
    let bytes = bytes.map_err(|error| ApiError::internal(format!("读不了结果文件：{error}")))?;
    app.log(who, LogKind::Export, "导出", &format!("批量测算{what}"), &batch.name)?;
    let stem = batch.name.rsplit_once('.').map_or(batch.name.as_str(), |(stem, _)| stem);
    Ok(download(&format!("{stem}_{what}.csv"), "text/csv; charset=utf-8", bytes))
}

/// 模板: the columns with an example, as a workbook or as CSV.
pub(super) async fn template(
    State(_): State<App>,
    _: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    let example = |field: &str| match field {
        "id" => "1",
        "principal_diagnosis" => "K35.900",
        "other_diagnoses" => "I10.x00|E11.900",
        "procedures" => "47.0100",
        "sex" => "1",
        "age_years" => "46",
        "admitted" => "2025-03-01 08:00",
        "discharged" => "2025-03-07 10:00",
        "discharge_way" => "1",
        "insurance_type" => "310",
        "total_cost" => "13000.00",
        "insurer_cost" => "9800.00",
        "self_pay" => "1200.00",
        _ => "",
    };
    let failed = |error: rust_xlsxwriter::XlsxError| ApiError::internal(format!("生成模板失败：{error}"));
    if asked.text("format") == "csv" {
        let line = |cells: Vec<&str>| cells.join(",") + "\r\n";
        let text = format!(
            "\u{feff}{}{}",
            line(FIELDS.iter().map(|field| field.1).collect()),
            line(FIELDS.iter().map(|field| example(field.0)).collect())
        );
        return Ok(download("病例文件模板.csv", "text/csv; charset=utf-8", text.into_bytes()));
    }
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (at, (field, chinese)) in (0_u16..).zip(FIELDS) {
        sheet.write_string(0, at, chinese).map_err(failed)?;
        sheet.write_string(1, at, example(field)).map_err(failed)?;
        sheet.set_column_width(at, 16).map_err(failed)?;
    }
    let bytes = book.save_to_buffer().map_err(failed)?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(download("病例文件模板.xlsx", kind, bytes))
}
