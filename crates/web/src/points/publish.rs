//! 发布: what becomes current, how many cases change and by how much money; then it is done in the background.

use super::difference::Difference as CatalogueDifference;
use super::draft_pages::{Steps, crumbs};
use super::{Area, lacking, open};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::jobs::Outcome;
use crate::page::{Page, html};
use crate::query::Posted;
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use policy::edit::patches;
use store::{Comparison, DifferenceBy, DraftState, LogKind, PackDraft, StoredPack};

/// One publication at a time.
const JOB: &str = "pack_publish";

#[derive(Template)]
#[template(path = "points/publish.html")]
struct PublishPage {
    page: Page,
    steps: Steps,
    draft: PackDraft,
    run: i64,
    facts: Vec<(&'static str, String)>,
    /// Packs in force that step back, and those that share days.
    replaced: Vec<String>,
    overtaken: Option<String>,
    reasons: Grid,
    catalogue: String,
    unconfirmed: Vec<String>,
    lacking: String,
}

pub(super) async fn ask(State(app): State<App>, who: Who, Path(id): Path<i64>) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let area = Area::of(&who);
        let prefix = area.prefix();
        let (draft, loaded) = app.loaded_draft(id)?;
        open(&draft)?;
        let store = app.store();
        let Some(trial) = sync::finished_trial(store, &draft)? else {
            app.notice(&who, "发布之前先试算：这一版草稿还没有算完的试算");
            return Ok(Redirect::to(&format!("{prefix}/drafts/{id}")).into_response());
        };
        let what = Comparison::with_current(trial.run);
        let total = store.compare(&who.viewer, &what, DifferenceBy::All, (1, 0))?.pop().unwrap_or_default();
        let reasons = store.compare(&who.viewer, &what, DifferenceBy::Reason, (100, 0))?;
        let identity = &loaded.policy.identity;
        let (from, to) =
            (crate::text::days(identity.effective_from), crate::text::days(identity.effective_to));
        let replaced =
            store.packs_in_force()?.into_iter().filter_map(|pack| effect(&pack, from, to)).collect();
        let signed = |fen: i64| format!("{}{} 元", if fen > 0 { "+" } else { "" }, crate::text::money(fen));
        let facts = vec![
            ("成为现行的政策包", format!("{} {}", identity.name, identity.version)),
            ("有效期", format!("{} 至 {}", identity.effective_from, identity.effective_to)),
            ("重新分组计价", format!("{} 例", crate::text::whole(total.cases))),
            (
                "结果有变化",
                format!(
                    "{} 例，其中改变病种 {} 例",
                    crate::text::whole(total.changed),
                    crate::text::whole(total.regrouped)
                ),
            ),
            ("分值费用变化", signed(total.payment_after - total.payment_before)),
            ("结余变化", signed(total.surplus_after - total.surplus_before)),
        ];
        let base = draft.base.map(|base| app.loaded_pack(base)).transpose()?;
        let catalogue = base.as_ref().map_or(String::new(), |base| {
            let compared =
                policy::Difference::between((&base.policy, &base.files), (&loaded.policy, &loaded.files));
            let (before, after) = CatalogueDifference::texts(&base.files, &loaded.files);
            let difference =
                CatalogueDifference { changes: &compared.groups, warnings: &[], before, after, linked: None };
            difference.changes.summary()
        });
        html(&PublishPage {
            page: who.page(app, "发布政策包", &crumbs(area, &draft, "发布").as_slices()),
            steps: Steps::of(app, &draft, area, "publish")?,
            run: trial.run,
            facts,
            replaced,
            overtaken: sync::overtaken_by(store, &draft)?.map(|pack| pack.name),
            reasons: reason_grid(&reasons),
            catalogue,
            unconfirmed: policy::unconfirmed::list(&loaded.policy).iter().map(|u| u.in_words()).collect(),
            lacking: lacking(&who.viewer, &changed_files(app, &draft)?)
                .map_or(String::new(), |permission| permission.chinese().to_owned()),
            draft,
        })
    })
    .await
}

/// What becomes of a pack in force when one of these days is published.
fn effect(pack: &StoredPack, from: i64, to: i64) -> Option<String> {
    if pack.effective_from > to || pack.effective_to < from {
        return None;
    }
    let covered = pack.effective_from >= from && pack.effective_to <= to;
    let what =
        if covered { "停用，结果保留，可随时比较" } else { "共有的日期改由新包计算" };
    Some(format!("{}（编号 {}）：{what}", pack.name, pack.id))
}

fn reason_grid(reasons: &[store::Difference]) -> Grid {
    Grid {
        title: "变化的原因".into(),
        columns: vec![
            Column::text("reason", "原因"),
            Column::number("cases", "病例", "例"),
            Column::number("surplus", "结余变化", "元"),
        ],
        rows: reasons
            .iter()
            .map(|line| Row {
                cells: vec![
                    Cell::text(line.key.clone()),
                    Cell::whole(line.cases),
                    Cell::money(line.surplus_after - line.surplus_before),
                ],
                class: "",
            })
            .collect(),
        empty: "没有可比较的病例：有效期内还没有算过的出院病例".into(),
        ..Grid::default()
    }
}

/// Files of a draft that differ from its base; all of them for an uploaded pack.
fn changed_files(app: &App, draft: &PackDraft) -> Result<Vec<String>, ApiError> {
    let (_, loaded) = app.loaded_draft(draft.id)?;
    let base = draft.base.map(|base| app.loaded_pack(base)).transpose()?;
    let before = base.map(|base| base.files.clone()).unwrap_or_default();
    Ok(patches(&before, &loaded.files).into_iter().map(|patch| patch.file).collect())
}

pub(super) async fn publish(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Posted(form): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let prefix = Area::of(&who).prefix();
        let draft = app.store().draft(id)?;
        let back = Redirect::to(&format!("{prefix}/drafts/{id}")).into_response();
        if let Some(running) = app.jobs().running(JOB) {
            return Ok(Redirect::to(&format!("/jobs/{}", running.id)).into_response());
        }
        // Sent twice: the first one did it.
        if draft.state == DraftState::Published {
            app.notice(&who, "这份草稿已经发布");
            return Ok(back);
        }
        open(&draft)?;
        if let Some(permission) = lacking(&who.viewer, &changed_files(app, &draft)?) {
            return Err(ApiError::forbidden(permission.chinese()));
        }
        let run = form.whole("run", "计算批次")?.unwrap_or_default();
        let trial = sync::finished_trial(app.store(), &draft)?.filter(|trial| trial.run == run);
        let Some(trial) = trial else {
            app.notice(&who, "没有发布：草稿在您打开确认页之后又有修改，请重新试算、核对后再发布");
            return Ok(back);
        };
        if !form.is_set("checked") {
            app.notice(&who, "没有发布：请核对后勾选“我已核对”");
            return Ok(Redirect::to(&format!("{prefix}/drafts/{id}/publish")).into_response());
        }
        let (name, link) = (draft.name.clone(), format!("{prefix}/compare?after={run}&before=earlier"));
        let publisher = who.clone();
        let job = app.jobs().start(app, &who, JOB, format!("发布 {name}"), move |app, progress| {
            let by = (publisher.viewer.login.as_str(), app.now());
            let later = sync::publish_trial(app.store(), app.rules(), &trial, app.today(), by, progress)?;
            let detail = format!("草稿 {id}，计算批次 {run}，另有 {later} 例按新包补算");
            app.log(&publisher, LogKind::Change, "发布政策包", &name, &detail)?;
            app.refresh(progress)?;
            let sentence =
                format!("“{name}”已发布，成为现行政策包；之后变化的 {later} 例已按新包计算，报表已更新");
            Ok(Outcome { sentence, link })
        })?;
        Ok(Redirect::to(&format!("/jobs/{job}")).into_response())
    })
    .await
}
