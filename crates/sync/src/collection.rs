//! 一次采集: the tasks of a source one after the other, then whatever changed through the engines.

use crate::{CollectedSource, Request, SyncError, collect_task};
use connect::{Mapping, MappingFiles, Source};
use store::{Moment, Progress, RunState, Store, SyncRun};

/// Loads a mapping pack from its folder.
pub fn load_mapping(source: &CollectedSource) -> Result<Mapping, SyncError> {
    let files = MappingFiles::read_folder(&source.mapping)?;
    Mapping::load(&files).map_err(|problems| {
        SyncError::Config(source.mapping.display().to_string(), format!("对照包未载入：\n{problems}"))
    })
}

/// What a collection is asked to do.
#[derive(Clone, Copy)]
pub struct Wish<'a> {
    /// Tasks by name; empty: all.
    pub only: &'a [String],
    /// manual or timer.
    pub cause: &'a str,
    /// A person has accepted that rows vanished.
    pub accept_deletions: bool,
}

/// Collects a source of the configuration; the caller holds the lock ([`Store::lock_collection`]).
pub fn collect_configured(
    store: &Store,
    source: &CollectedSource,
    wish: Wish<'_>,
    now: &(dyn Fn() -> Moment + Sync),
    progress: &mut dyn Progress,
) -> Result<Vec<SyncRun>, SyncError> {
    let mapping = load_mapping(source)?;
    let request = Request {
        source: &source.source.id,
        cause: wish.cause,
        history: source.history()?,
        accept_deletions: wish.accept_deletions,
        now,
    };
    let open = || connect::open(&source.source);
    collect_source(store, &open, &mapping, wish.only, &request, progress)
}

/// A source that cannot be opened stands in the log as a failed run of its connection.
fn log_unreachable(
    store: &Store,
    mapping: &Mapping,
    request: &Request<'_>,
    error: &connect::ConnectError,
) -> Result<SyncRun, SyncError> {
    let now = (request.now)();
    let id = store.begin_run(&SyncRun {
        task: format!("{}/连接", request.source),
        source: request.source.to_owned(),
        cause: request.cause.to_owned(),
        mapping: mapping.hash.clone(),
        started_at: now,
        ..SyncRun::default()
    })?;
    // The connection itself is never paused: the next time may find it.
    store.end_run(id, RunState::Failed, &error.to_string(), now, i64::MAX)?;
    Ok(store.run(id)?)
}

/// Whether a run says that its source could not be opened.
pub fn is_unreachable(run: &SyncRun) -> bool {
    run.state == RunState::Failed && run.table.is_empty()
}

/// Collects all tasks of a mapping (or those named) in its order. A task that is paused or waits for a person is passed over
/// by the timer and run by hand. One task's failure does not stop the others, unless the source itself is gone.
pub fn collect_source(
    store: &Store,
    open: &dyn Fn() -> Result<Box<dyn Source>, connect::ConnectError>,
    mapping: &Mapping,
    only: &[String],
    request: &Request<'_>,
    progress: &mut dyn Progress,
) -> Result<Vec<SyncRun>, SyncError> {
    for name in only {
        if mapping.task(name).is_none() {
            let known = mapping.tasks.iter().map(|task| task.name.clone()).collect();
            return Err(SyncError::NoTask(name.to_owned(), known));
        }
    }
    let mut source = match open() {
        Ok(source) => source,
        Err(error) => return Ok(vec![log_unreachable(store, mapping, request, &error)?]),
    };
    let mut runs = Vec::new();
    for task in &mapping.tasks {
        let wanted = if only.is_empty() { task.reads(source.kind()) } else { only.contains(&task.name) };
        if !wanted {
            continue;
        }
        let state = store.task_state(&format!("{}/{}", request.source, task.name))?;
        if request.cause == "timer" && (state.paused || !state.held.is_empty()) {
            continue;
        }
        let run = collect_task(store, source.as_mut(), mapping, task, request, progress)?;
        let (failed, cancelled) = (run.state == RunState::Failed, run.state == RunState::Cancelled);
        runs.push(run);
        if cancelled {
            return Err(SyncError::Cancelled);
        }
        if failed {
            // The connection may be what broke: a new one, or the end when there is none to be had.
            match open() {
                Ok(fresh) => source = fresh,
                Err(_) => break,
            }
        }
    }
    Ok(runs)
}
