//! 试算: the discharges of a draft's dates grouped and priced with it, in the background, beside the current results.

use super::{Area, open};
use crate::app::App;
use crate::error::ApiError;
use crate::jobs::Outcome;
use crate::query::Posted;
use crate::who::Who;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use store::{ComputeState, DraftState, LogKind, PackDraft, Progress, Trial};
use sync::PackSet;

/// Trials run one after the other.
const JOB: &str = "pack_trial";

/// Begins a trial of the draft as it is, or goes on with one that was interrupted.
pub(super) async fn begin(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    _: Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let prefix = Area::of(&who).prefix();
        let draft = app.store().draft(id)?;
        open(&draft)?;
        let back = Redirect::to(&format!("{prefix}/drafts/{id}")).into_response();
        if let Some(trial) = sync::finished_trial(app.store(), &draft)? {
            app.notice(&who, "这一版已经试算过，下面是与现行结果的比较");
            return Ok(Redirect::to(&format!("{prefix}/compare?after={}", trial.run)).into_response());
        }
        if let Some(running) = app.jobs().running(JOB) {
            app.notice(&who, format!("“{}”正在进行，请等它结束后再试算", running.name));
            return Ok(back);
        }
        let trial = match unfinished(app, &draft)? {
            Some(trial) => trial,
            None => {
                let by = (who.viewer.login.as_str(), app.now());
                let run = sync::begin_trial(app.store(), app.rules(), id, by)?;
                app.store().trial(run)?.ok_or_else(|| ApiError::internal("试算没有记下"))?
            }
        };
        let (name, link) = (job_name(&draft), format!("{prefix}/compare?after={}", trial.run));
        let carried = trial.clone();
        let job = app
            .jobs()
            .start(app, &who, JOB, name, move |app, progress| carry_on(app, &carried, link, progress))?;
        app.points().note_job(trial.run, job);
        let detail = format!("草稿 {id} 第 {} 版，计算批次 {}", trial.version, trial.run);
        app.log(&who, LogKind::System, "试算政策包", &draft.name, &detail)?;
        Ok(back)
    })
    .await
}

fn job_name(draft: &PackDraft) -> String {
    format!("试算 {}", draft.name)
}

/// The trial of the draft's present version that was begun and not finished.
fn unfinished(app: &App, draft: &PackDraft) -> Result<Option<Trial>, ApiError> {
    for trial in app.store().trials(draft.id)? {
        let running = app.store().compute_run(trial.run)?.state == ComputeState::Running;
        if running && trial.version == draft.version {
            return Ok(Some(trial));
        }
    }
    Ok(None)
}

fn carry_on(
    app: &App,
    trial: &Trial,
    link: String,
    progress: &mut dyn Progress,
) -> Result<Outcome, ApiError> {
    let store = app.store();
    let packs = PackSet::of(store, &store.compute_run(trial.run)?.packs, app.rules())?;
    sync::continue_regroup(store, &packs, trial.run, app.today(), app.now(), progress)?;
    let done = store.compute_run(trial.run)?.done;
    Ok(Outcome {
        sentence: format!("已试算 {} 例，与现行结果并存", crate::text::whole(done)), link
    })
}

/// Goes on with the trials that were running when the server stopped.
pub(crate) fn resume(app: &App) -> Result<(), ApiError> {
    let mut left = Vec::new();
    for run in app.store().unfinished_regroups()? {
        // A regrouping of the command line is gone on with there.
        let Some(trial) = app.store().trial(run.id)? else { continue };
        let draft = app.store().draft(trial.draft)?;
        if draft.state == DraftState::Open && draft.version == trial.version {
            left.push((trial, draft));
        } else {
            app.store().drop_trial(run.id, app.now())?;
        }
    }
    if left.is_empty() {
        return Ok(());
    }
    let runs: Vec<i64> = left.iter().map(|(trial, _)| trial.run).collect();
    let name = left.iter().map(|(_, draft)| job_name(draft)).collect::<Vec<_>>().join("，");
    let job = app.jobs().start_own(app, JOB, format!("{name}（继续）"), move |app, progress| {
        let mut outcome = Outcome { sentence: String::new(), link: String::new() };
        for (trial, _) in &left {
            outcome = carry_on(app, trial, format!("/points/compare?after={}", trial.run), progress)?;
        }
        Ok(outcome)
    })?;
    for run in runs {
        app.points().note_job(run, job);
    }
    Ok(())
}

/// The job that carries a run on now.
pub(super) fn job_of(app: &App, run: i64) -> Option<u64> {
    let job = app.points().job_of(run)?;
    app.jobs().get(job).filter(|job| job.is_running()).map(|job| job.id)
}

/// Stops the trials of a draft.
pub(super) fn cancel(app: &App, draft: i64) -> Result<(), ApiError> {
    for trial in app.store().trials(draft)? {
        if let Some(job) = job_of(app, trial.run).and_then(|job| app.jobs().get(job)) {
            job.cancel();
        }
    }
    Ok(())
}
