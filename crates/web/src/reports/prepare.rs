//! 备数: after the data changed every page is made once for the whole hospital, so that nobody waits for the totals of a year.

use super::request::Request;
use super::{content, definitions, report_page};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::Paging;
use crate::query::Fields;
use crate::who::Who;
use metrics::{Query, Selection, Value};
use model::{DataScope, Permission, Viewer};
use rust_decimal::Decimal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use store::Session;

/// How often it looks whether the data changed.
const TICK: Duration = Duration::from_secs(2);
/// Years that are prepared.
const YEARS: usize = 3;

/// Prepares after the start and after every change of the data, until `stop`. Readers come first: between two pages it rests as
/// long as the last one took.
pub(crate) fn watch(app: &App, stop: Arc<AtomicBool>) {
    let app = app.clone();
    std::thread::spawn(move || {
        let mut prepared = None;
        while !stop.load(Ordering::Relaxed) {
            std::thread::sleep(TICK);
            let version = app.mart().data_version().ok();
            if version.is_none() || version == prepared {
                continue;
            }
            let rest = |took: Duration| {
                std::thread::sleep(took);
                !stop.load(Ordering::Relaxed) && app.mart().data_version().ok() == version
            };
            let began = Instant::now();
            match prepare(&app, rest) {
                Ok(()) => {
                    let (made, bytes) = app.kept().totals_kept();
                    let seconds = began.elapsed().as_secs();
                    tracing::info!("预备统计：汇总 {made} 项，{} MB，用时 {seconds} 秒", bytes >> 20);
                }
                Err(error) => tracing::error!("预备统计：{}", error.sentence),
            }
            prepared = version;
        }
    });
}

/// Makes every page of the last years, the latest first; `next` is told how long the last one took and says whether to go on.
pub(crate) fn prepare(app: &App, next: impl Fn(Duration) -> bool) -> Result<(), ApiError> {
    let who = nobody();
    // The first audit call does not wait for its rules to be compiled.
    app.audit_service().rules.current(app)?;
    let by_year = app.answer(&Query::of(["discharges"], Selection::default()).by("year"), &who.viewer)?;
    let mut years: Vec<&Value> = by_year.rows.iter().filter_map(|row| row.keys.first()).collect();
    years.sort_unstable_by(|a, b| b.cmp(a));
    let years = years.into_iter().take(YEARS).filter_map(Value::number);
    // A month is compared with the one before, a year is not: both ask for totals of years, not for the same.
    let periods =
        years.flat_map(|year| [("year", year), ("month", year * Decimal::ONE_HUNDRED + Decimal::TWO)]);
    for (period, value) in periods {
        let asked = |tab: usize| {
            Fields(vec![(period.to_owned(), value.to_string()), ("tab".to_owned(), tab.to_string())])
        };
        let began = Instant::now();
        crate::workbench::prepare(app, &who, asked(1))?;
        crate::cases::list::prepare(app, &who, asked(1))?;
        if !next(began.elapsed()) {
            return Ok(());
        }
        for report in &definitions::reports()?.reports {
            for tab in 1..=report.tabs.len() {
                let began = Instant::now();
                let request = Request::new(app, &who, report, asked(tab))?;
                report_page(&request, content(&request, Some(Paging { page: 1, size: 1, total: 0 }))?)?;
                if !next(began.elapsed()) {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// Sees all numbers of the hospital and nothing that is somebody's.
fn nobody() -> Who {
    Who {
        viewer: Viewer {
            permissions: [Permission::Workbench, Permission::Cases].into(),
            scope: DataScope::Hospital,
            ..Viewer::default()
        },
        session: Session {
            token_hash: String::new(),
            login: String::new(),
            csrf: String::new(),
            created_at: 0,
            seen_at: 0,
            address: String::new(),
            agent: String::new(),
        },
        must_change: false,
        address: String::new(),
        request: String::new(),
        path: String::new(),
    }
}
