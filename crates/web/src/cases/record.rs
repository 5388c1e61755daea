//! 病例详情: one case, a tab at a time. Every reading goes to the operation log.

use super::case_head::{CaseHead, TABS, about, back_field, head, list_name, title};
use super::explained::{self, Explained, StepView};
use super::fee_structure::fee_structure;
use super::{code_tables, run_table, stay_tables};
use crate::app::App;
use crate::chart::Chart;
use crate::error::ApiError;
use crate::grid::Grid;
use crate::page::{Page, html};
use crate::query::{Asked, Fields};
use crate::text;
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use model::Permission;
use store::{CaseRecord, LogKind};
use sync::ExplainedCase;

#[derive(Template)]
#[template(path = "cases/record.html")]
struct Record {
    page: Page,
    case: CaseHead,
    /// 提醒 over the tables: what differs, what is old.
    warnings: Vec<String>,
    notes: Vec<String>,
    explained: Option<Explained>,
    chart: Option<Chart>,
    grids: Vec<Grid>,
}

/// What a tab shows.
#[derive(Default)]
struct Content {
    warnings: Vec<String>,
    notes: Vec<String>,
    explained: Option<Explained>,
    chart: Option<Chart>,
    /// Tables with their names in addresses.
    grids: Vec<(&'static str, Grid)>,
}

pub(super) async fn record(
    State(app): State<App>,
    who: Who,
    Path(number): Path<String>,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let record = read(app, &who, &number)?;
        let tab = match asked.text("tab") {
            "" => TABS[0],
            name => TABS
                .into_iter()
                .find(|tab| tab.0 == name && tab.0 != "charges")
                .ok_or_else(|| ApiError::missing("此页面"))?,
        };
        log(app, &who, &record, tab.1)?;
        let explained = explain(app, &record);
        let content = content(app, &who, &record, tab.0, &explained, &asked)?;
        let about = about(&record);
        let mut grids = Vec::new();
        for (name, grid) in content.grids {
            let address =
                format!("/case/{}?tab={}&table={name}&{}", record.number, tab.0, back_field(&asked));
            let mut grid = Grid { about: about.clone(), address, ..grid }.for_viewer(&who.viewer);
            grid.file = format!("{}_{}", grid.title, record.encounter.text("inpatient_number"));
            grids.push((name, grid));
        }
        let wanted = asked.text("table");
        if let Some((_, grid)) = grids.iter().find(|(name, _)| *name == wanted).or(grids.first())
            && let Some(file) = grid.export(app, &who, &asked)?
        {
            return Ok(file);
        }
        let case = head(&who, &record, tab.0, &asked, explained.as_ref().ok());
        html(&Record {
            page: who.page(app, "病例详情", &[(list_name(&asked), &case.list), (&title(&record), "")]),
            case,
            warnings: content.warnings,
            notes: content.notes,
            explained: content.explained,
            chart: content.chart,
            grids: grids.into_iter().map(|(_, grid)| grid).collect(),
        })
    })
    .await
}

/// The case of an address, as this viewer may see it.
pub(super) fn read(app: &App, who: &Who, number: &str) -> Result<CaseRecord, ApiError> {
    let missing = || ApiError::missing("此病例");
    let number: i64 = number.parse().map_err(|_| missing())?;
    app.store().case_record(&who.viewer, number)?.ok_or_else(missing)
}

/// 查看病历: which case and what of it; no name.
pub(super) fn log(app: &App, who: &Who, record: &CaseRecord, what: &str) -> Result<(), ApiError> {
    app.log(who, LogKind::Read, "查看病例", &format!("病例 {}", record.number), what)
}

/// The current result with its steps; the error says why there are none.
pub(super) fn explain(app: &App, record: &CaseRecord) -> Result<ExplainedCase, String> {
    let current =
        record.current().ok_or_else(|| "本例还没有计算结果；采集后的下一次计算会处理".to_owned())?;
    let shelf = app.packs();
    shelf
        .explain_stored(app.store(), &record.input, &current.result, current.run_started_at)
        .map_err(|error| error.to_string())
}

fn content(
    app: &App,
    who: &Who,
    record: &CaseRecord,
    tab: &str,
    explained: &Result<ExplainedCase, String>,
    asked: &Fields,
) -> Result<Content, ApiError> {
    let mut content = Content::default();
    match tab {
        "diagnoses" => {
            let (said, differs) = code_tables::principals(record);
            match (said.is_empty(), differs) {
                (true, _) => {}
                (_, true) => content.warnings.push(format!("主要诊断不一致：{said}")),
                (_, false) => content.notes.push(format!("主要诊断：{said}")),
            }
            content.grids.push(("compare", code_tables::diagnoses(record)));
            let others = code_tables::other_diagnoses(record);
            if !others.rows.is_empty() {
                content.grids.push(("others", others));
            }
        }
        "operations" => content.grids.push(("compare", code_tables::operations(record))),
        "fees" => {
            let charges = who
                .viewer
                .may(Permission::Charges)
                .then(|| format!("/case/{}/charges?view=lines&{}", record.number, back_field(asked)));
            let fees = fee_structure(app, who, record, charges.as_deref())?;
            if let Ok(explained) = explained
                && let Some(bands) = &explained.bands
                && let Some(cost) = bands.cost
            {
                content.notes.push(format!(
                    "病种基准费用 {} 元，本例计分费用 {} 元，基准率 {}。",
                    text::decimal(bands.base_cost, 2),
                    text::money(cost.0),
                    super::result_head::millionths(explained.result.benchmark_ratio),
                ));
            }
            content.notes.extend(Some(fees.note).filter(|note| !note.is_empty()));
            content.chart = (!fees.chart.categories.is_empty()).then_some(fees.chart);
            content.grids.push(("classes", fees.grid));
        }
        "settlement" => {
            for (name, grid) in [
                ("returned", stay_tables::returned(record)),
                ("settlements", stay_tables::settlements(record)),
                ("funds", stay_tables::funds(record)),
            ] {
                if name == "settlements" || !grid.rows.is_empty() {
                    content.grids.push((name, grid));
                }
            }
        }
        "transfers" => {
            content.grids.push(("departments", stay_tables::department_stays(record)));
            content.grids.push(("icu", stay_tables::icu_stays(record)));
        }
        "front_page" => {
            content.grids.push(("fields", stay_tables::front_page(record)));
            content.grids.push(("findings", stay_tables::findings(record)));
        }
        "results" => content.grids.push(("runs", run_table::runs(record))),
        _ => match explained {
            Err(why) => content.warnings.push(format!("无法说明入组与计价过程：{why}")),
            Ok(explained) => process(record, explained, &mut content),
        },
    }
    Ok(content)
}

fn process(record: &CaseRecord, explained: &ExplainedCase, content: &mut Content) {
    if let Some(current) = record.current()
        && !explained.agrees_with(&current.result)
    {
        content.warnings.push(
            "下面的过程按现在的资料重新推算，与保存的结果不一致：病例资料在计算后有更新，下一次计算后恢复一致".to_owned(),
        );
    }
    content.explained = Some(Explained::of(explained));
    let steps = explained::steps(explained);
    content.grids.push(("steps", steps));
    if explained.explanation.priced.is_some() {
        content.grids.push(("numbers", explained::numbers(explained)));
    }
    content.grids.push(("candidates", explained::candidates(explained)));
}

impl Record {
    /// The steps stand above as a list; their table is for the file.
    fn is_shown(&self, grid: &Grid) -> bool {
        !grid.title.starts_with("入组与计价过程")
    }

    fn halves<'e>(&self, explained: &'e Explained) -> [(&'static str, &'e Vec<StepView>); 2] {
        [("入组过程", &explained.grouping), ("计价过程", &explained.pricing)]
    }
}
