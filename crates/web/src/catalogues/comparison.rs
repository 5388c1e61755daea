//! 版本比较: what differs between two versions of a catalogue.

use super::change_lists::{self, Count, List};
use super::{Tabs, layout};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Grid, Paging};
use crate::page::{Page, html};
use crate::query::Asked;
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use model::Changes;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use terms::{Layout, Record};

/// Comparisons kept: a user pages through the lists of one.
const KEPT: usize = 4;

/// The latest comparisons; versions never change, so that none gets old.
#[derive(Default)]
pub(super) struct Comparisons(Mutex<VecDeque<(Compared, Arc<Changes<Record>>)>>);

/// A catalogue and two of its versions.
type Compared = (&'static str, i64, i64);

impl Comparisons {
    fn of(
        &self,
        app: &App,
        layout: &'static Layout,
        from: i64,
        to: i64,
    ) -> Result<Arc<Changes<Record>>, ApiError> {
        let key = (layout.id, from, to);
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, changes)) = lock().iter().find(|(known, _)| *known == key) {
            return Ok(changes.clone());
        }
        let version = |number| app.terminology().version(layout, number);
        let changes = Arc::new(version(from)?.compare(&version(to)?));
        let mut kept = lock();
        kept.push_front((key, changes.clone()));
        kept.truncate(KEPT);
        Ok(changes)
    }
}

#[derive(Template)]
#[template(path = "catalogues/compare.html")]
struct Compare {
    page: Page,
    tabs: Tabs,
    layout: &'static Layout,
    versions: Vec<i64>,
    from: i64,
    to: i64,
    counts: Vec<Count>,
    list: List,
    grid: Grid,
}

/// `?from=1&to=3&list=changed`
pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    let layout = layout(&id)?;
    app.blocking(move |app| {
        let versions: Vec<i64> = app.terminology().versions(layout)?.iter().map(|v| v.version).collect();
        let latest = versions.first().copied().ok_or_else(|| ApiError::missing("可比较的版本"))?;
        let to = asked.whole("to", "版本号")?.unwrap_or(latest);
        let from = asked.whole("from", "版本号")?.unwrap_or((to - 1).max(1));
        let changes = app.catalogues().comparisons.of(app, layout, from, to)?;
        let list = match List::asked(&asked, &changes) {
            List::Wrong => List::Added,
            list => list,
        };
        let address = format!("/catalogues/{}/compare?from={from}&to={to}", layout.id);
        let mut counts = change_lists::counts(&changes, list, &address);
        counts.retain(|count| count.name != List::Wrong.chinese());
        let mut grid = change_lists::grid(layout, &changes, list, false);
        grid.about.insert(0, ("比较".into(), format!("第 {from} 版 → 第 {to} 版")));
        grid.address = super::with_field(&address, "list", List::ALL[list as usize].1);
        let mut grid = grid.for_viewer(&who.viewer);
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        page_of(&mut grid, Paging::asked(&asked));
        let title = format!("{}：第 {from} 版 → 第 {to} 版", layout.title);
        html(&Compare {
            page: super::page(
                app,
                &who,
                layout,
                &title,
                &[("版本", &format!("/catalogues/{}/versions", layout.id)), ("比较", "")],
            ),
            tabs: Tabs::of(layout),
            layout,
            versions,
            from,
            to,
            counts,
            list,
            grid,
        })
    })
    .await
}

/// Leaves the rows of one page.
pub(super) fn page_of(grid: &mut Grid, paging: Paging) {
    let total = i64::try_from(grid.rows.len()).unwrap_or(i64::MAX);
    let skipped = usize::try_from(paging.offset()).unwrap_or(usize::MAX);
    let size = usize::try_from(paging.size).unwrap_or(usize::MAX);
    grid.rows = std::mem::take(&mut grid.rows).into_iter().skip(skipped).take(size).collect();
    grid.paging = Some(Paging { total, ..paging });
}
