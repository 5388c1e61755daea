//! 结果比较: two sets of results of the same cases, from the hospital down to the case.

use super::Area;
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Paging, Row, Value};
use crate::page::{Page, html};
use crate::query::{Asked, Fields, encode};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use model::Permission;
use rust_decimal::Decimal;
use store::{Before, Comparison, ComputeCause, ComputeRun, ComputeState, Difference, DifferenceBy};

/// Cases of one export.
const EXPORTED: i64 = 100_000;

/// What the lines of the page are.
const VIEWS: [(&str, &str, DifferenceBy); 4] = [
    ("reason", "按原因", DifferenceBy::Reason),
    ("department", "按科室", DifferenceBy::Department),
    ("group", "按病种", DifferenceBy::Group),
    ("case", "按病例", DifferenceBy::Case),
];

#[derive(Template)]
#[template(path = "points/compare.html")]
struct ComparePage {
    page: Page,
    prefix: &'static str,
    /// `None`: there is nothing to compare yet.
    after: Option<i64>,
    runs: Vec<RunChoice>,
    before: String,
    views: Vec<(&'static str, String, bool)>,
    kpis: Vec<(&'static str, String, String)>,
    chips: Vec<(String, String)>,
    grid: Grid,
    /// The draft that could be published with this run.
    draft: Option<i64>,
}

/// A run to choose from.
struct RunChoice {
    id: i64,
    name: String,
}

pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let prefix = Area::of(&who).prefix();
        let runs = runs(app)?;
        let after = asked.whole("after", "计算批次")?.or_else(|| runs.first().map(|run| run.0.id));
        let Some(after) = after else {
            let empty = "还没有试算过：建立草稿、修改后试算，就可以与现行结果比较";
            return html(&ComparePage {
                page: frame(app, &who),
                prefix,
                after: None,
                runs: Vec::new(),
                before: String::new(),
                views: Vec::new(),
                kpis: Vec::new(),
                chips: Vec::new(),
                grid: Grid { empty: empty.into(), ..Grid::default() },
                draft: None,
            });
        };
        let run = app.store().compute_run(after)?;
        if run.cause != ComputeCause::Regroup || !is_finished(&run) {
            return Err(ApiError::conflict(format!("计算批次 {after} 没有算完，不能比较")));
        }
        let what = comparison(&asked, &run)?;
        let view = VIEWS.iter().find(|view| view.0 == asked.text("by")).unwrap_or(&VIEWS[0]);
        let paging = Paging::asked(&asked);
        let exporting = asked.is_set("format");
        let mut grid = lines(app, &who, &what, view.2, (paging, exporting), prefix, &asked)?;
        grid.about = about(app, &what, &run)?;
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        let total =
            app.store().compare(&who.viewer, &what, DifferenceBy::All, (1, 0))?.pop().unwrap_or_default();
        let own =
            Fields(asked.0.iter().filter(|(name, _)| name != "page" && name != "by").cloned().collect());
        let trial = app.store().trial(after)?;
        html(&ComparePage {
            page: frame(app, &who),
            prefix,
            after: Some(after),
            runs: runs.iter().map(|(run, name)| RunChoice { id: run.id, name: name.clone() }).collect(),
            before: before_name(what.before),
            views: VIEWS
                .iter()
                .map(|(id, title, _)| {
                    (*title, format!("{prefix}/compare?{}", own.with("by", id)), *id == view.0)
                })
                .collect(),
            kpis: kpis(&total),
            chips: chips(&what, prefix, &asked),
            draft: trial.filter(|_| run.state == ComputeState::Done).map(|trial| trial.draft),
            grid,
        })
    })
    .await
}

fn frame(app: &App, who: &Who) -> Page {
    let area = Area::of(who);
    let drafts = format!("{}/drafts", area.prefix());
    who.page(
        app,
        "结果比较",
        &[("DIP分组", ""), (area.chinese(), area.prefix()), ("草稿", &drafts), ("结果比较", "")],
    )
}

fn is_finished(run: &ComputeRun) -> bool {
    matches!(run.state, ComputeState::Done | ComputeState::Published)
}

/// Regroupings that are finished, with their names, the latest first.
fn runs(app: &App) -> Result<Vec<(ComputeRun, String)>, ApiError> {
    let mut named = Vec::new();
    let packs = app.store().pack_list()?;
    for run in app.store().compute_runs(1000)? {
        if run.cause != ComputeCause::Regroup || !is_finished(&run) {
            continue;
        }
        let trial = app.store().trial(run.id)?;
        let what = match trial {
            Some(trial) => {
                format!("草稿“{}”第 {} 版", app.store().draft(trial.draft)?.name, trial.version)
            }
            None => {
                let of = run.packs.iter().filter_map(|id| packs.iter().find(|pack| pack.id == *id));
                of.map(|pack| pack.name.clone()).collect::<Vec<_>>().join("、")
            }
        };
        let at = crate::text::moment(run.started_at);
        let name = format!("批次 {} {what}，{at}，{} 例，{}", run.id, run.done, run.state.chinese());
        named.push((run, name));
        if named.len() >= 50 {
            break;
        }
    }
    Ok(named)
}

fn comparison(asked: &Fields, run: &ComputeRun) -> Result<Comparison, ApiError> {
    let before = match asked.text("before") {
        "" if run.state == ComputeState::Published => Before::Earlier,
        "" | "current" => Before::Current,
        "earlier" => Before::Earlier,
        other => Before::Run(other.parse().map_err(|_| ApiError::wrong("比较对象有误；请重新选择"))?),
    };
    let value = |name: &str| match asked.text(name) {
        "" => None,
        NO_VALUE => Some(String::new()),
        text => Some(text.to_owned()),
    };
    Ok(Comparison {
        before,
        after: run.id,
        department: value("department"),
        group: value("group"),
        reason: value("reason"),
        changed_only: asked.is_set("changed"),
    })
}

/// In an address: what has no department or no group.
const NO_VALUE: &str = "-";

fn before_name(before: Before) -> String {
    match before {
        Before::Current => "current".to_owned(),
        Before::Earlier => "earlier".to_owned(),
        Before::Run(run) => run.to_string(),
    }
}

fn about(app: &App, what: &Comparison, run: &ComputeRun) -> Result<Vec<(String, String)>, ApiError> {
    let before = match what.before {
        Before::Current => "现行结果".to_owned(),
        Before::Earlier => "发布前的结果".to_owned(),
        Before::Run(run) => format!("计算批次 {run}"),
    };
    let mut about = vec![("比较".to_owned(), format!("{before} 与 计算批次 {}", run.id))];
    if let Some(trial) = app.store().trial(run.id)? {
        about.push(("草稿".to_owned(), app.store().draft(trial.draft)?.name));
    }
    let named = [("科室", &what.department), ("病种", &what.group), ("原因", &what.reason)];
    for (name, value) in named {
        if let Some(value) = value {
            about.push((name.to_owned(), if value.is_empty() { "无".to_owned() } else { value.clone() }));
        }
    }
    Ok(about)
}

fn chips(what: &Comparison, prefix: &str, asked: &Fields) -> Vec<(String, String)> {
    let named = [
        ("department", "科室", &what.department),
        ("group", "病种", &what.group),
        ("reason", "原因", &what.reason),
    ];
    named
        .into_iter()
        .filter_map(|(field, title, value)| {
            let value = value.as_ref()?;
            let shown = if value.is_empty() { "无" } else { value };
            Some((
                format!("{title}：{shown}"),
                format!("{prefix}/compare?{}", asked.without(&[field, "page"])),
            ))
        })
        .collect()
}

fn kpis(total: &Difference) -> Vec<(&'static str, String, String)> {
    let change = |before: i64, after: i64| {
        let sign = if after > before {
            "▲ 增"
        } else if after < before {
            "▼ 减"
        } else {
            "不变"
        };
        format!(
            "{} → {}，{sign} {}",
            crate::text::money(before),
            crate::text::money(after),
            crate::text::money((after - before).abs())
        )
    };
    let points = |millionths: i64| crate::text::decimal(Decimal::new(millionths, 6), 2);
    vec![
        ("比较病例", crate::text::whole(total.cases), "例".to_owned()),
        ("结果有变化", crate::text::whole(total.changed), "例".to_owned()),
        ("改变病种", crate::text::whole(total.regrouped), "例".to_owned()),
        (
            "得分",
            points(total.points_after - total.points_before),
            format!("{} → {}", points(total.points_before), points(total.points_after)),
        ),
        (
            "分值费用（元）",
            crate::text::money(total.payment_after - total.payment_before),
            change(total.payment_before, total.payment_after),
        ),
        (
            "结余（元）",
            crate::text::money(total.surplus_after - total.surplus_before),
            change(total.surplus_before, total.surplus_after),
        ),
    ]
}

fn lines(
    app: &App,
    who: &Who,
    what: &Comparison,
    by: DifferenceBy,
    (mut paging, exporting): (Paging, bool),
    prefix: &str,
    asked: &Fields,
) -> Result<Grid, ApiError> {
    let of_cases = by == DifferenceBy::Case;
    let window = match (of_cases, exporting) {
        (true, false) => (paging.size, paging.offset()),
        (true, true) => (EXPORTED, 0),
        (false, _) => (i64::from(i32::MAX), 0),
    };
    let mut found = app.store().compare(&who.viewer, what, by, window)?;
    if by == DifferenceBy::Group || by == DifferenceBy::Department {
        found.sort_by_key(|line| {
            (-(line.surplus_after - line.surplus_before).abs(), -line.changed, line.key.clone())
        });
    }
    let may_open = who.viewer.may(Permission::Cases);
    let drill = |field: &str, key: &str| {
        let value = if key.is_empty() { NO_VALUE } else { key };
        let rest = asked.without(&["by", "page", "format", field]);
        let next =
            if by == DifferenceBy::Department || by == DifferenceBy::Group { "case" } else { "department" };
        format!("{prefix}/compare?{rest}&by={next}&{field}={}", encode(value))
    };
    let rows = found.iter().map(|line| {
        let (first, second) = match by {
            DifferenceBy::Case => {
                let link = if may_open { format!("/cases/{}", line.number) } else { String::new() };
                (Cell::text(line.key.clone()).link(link), Cell::text(line.name.clone()))
            }
            DifferenceBy::Department => {
                let name = if line.name.is_empty() { line.key.clone() } else { line.name.clone() };
                let name = if name.is_empty() { "未记录科室".to_owned() } else { name };
                (Cell::text(name).link(drill("department", &line.key)), Cell::text(line.reason.clone()))
            }
            DifferenceBy::Group => {
                let code = if line.key.is_empty() { "未入组".to_owned() } else { line.key.clone() };
                (Cell::text(code).link(drill("group", &line.key)), Cell::text(line.name.clone()))
            }
            DifferenceBy::Reason | DifferenceBy::All => {
                (Cell::text(line.key.clone()).link(drill("reason", &line.key)), Cell::default())
            }
        };
        let points = |millionths: i64| Value::Decimal(Decimal::new(millionths, 6), 2);
        let mut cells = vec![first, second];
        if !of_cases {
            cells.extend([Cell::whole(line.cases), Cell::whole(line.changed), Cell::whole(line.regrouped)]);
        }
        cells.extend([
            points(line.points_before).into(),
            points(line.points_after).into(),
            Cell::money(line.payment_before),
            Cell::money(line.payment_after),
            Cell::money(line.surplus_before),
            Cell::money(line.surplus_after),
            Cell::money(line.surplus_after - line.surplus_before),
        ]);
        if of_cases || by == DifferenceBy::Group {
            cells.push(Cell::text(line.reason.clone()));
        }
        Row { cells, class: if line.changed == 0 { "off" } else { "" } }
    });
    let rows: Vec<Row> = rows.collect();
    if of_cases {
        paging.total = app.store().count_changed(&who.viewer, what)?;
    }
    let title = VIEWS.iter().find(|view| view.2 == by).map_or("", |view| view.1);
    let mut grid = Grid {
        title: format!("结果比较 {title}"),
        columns: columns(by),
        rows,
        empty: "没有差别：这些病例在两边的结果相同，或者两边没有共同算过的病例".into(),
        address: format!("{prefix}/compare?{}", asked.without(&["format", "page"])),
        paging: (of_cases && !exporting).then_some(paging),
        ..Grid::default()
    }
    .for_viewer(&who.viewer);
    if !of_cases && !exporting {
        grid.show_page(paging);
    }
    Ok(grid)
}

fn columns(by: DifferenceBy) -> Vec<Column> {
    let mut columns = match by {
        DifferenceBy::Case => vec![Column::text("key", "就诊"), Column::text("name", "病种变化")],
        DifferenceBy::Department => vec![Column::text("key", "出院科室"), Column::text("reason", "原因")],
        DifferenceBy::Group => vec![Column::text("key", "原病种"), Column::text("name", "病种名称")],
        DifferenceBy::Reason | DifferenceBy::All => {
            vec![Column::text("key", "原因"), Column::text("none", "")]
        }
    };
    if by != DifferenceBy::Case {
        columns.extend([
            Column::number("cases", "病例", "例"),
            Column::number("changed", "有变化", "例"),
            Column::number("regrouped", "改变病种", "例"),
        ]);
    }
    columns.extend([
        Column::number("points_before", "原得分", "分"),
        Column::number("points_after", "新得分", "分"),
        Column::number("payment_before", "原分值费用", "元"),
        Column::number("payment_after", "新分值费用", "元"),
        Column::number("surplus_before", "原结余", "元"),
        Column::number("surplus_after", "新结余", "元"),
        Column::number("surplus_change", "结余变化", "元"),
    ]);
    if matches!(by, DifferenceBy::Case | DifferenceBy::Group) {
        columns.push(Column::text("reason", "原因"));
    }
    columns
}
