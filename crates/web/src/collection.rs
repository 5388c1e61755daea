//! 数据采集: sources and tasks, run by hand or by the clock; what runs did; why rows were refused.

mod log;
mod overview;
mod run;
mod schedule;
mod statistics;
mod task;
#[cfg(test)]
mod tests;
mod timer;

pub(crate) use timer::watch;

use crate::route::Route;
use crate::text;
use store::{Moment, RunState, TaskState};

pub(crate) fn routes() -> Vec<Route> {
    let mut routes = overview::routes();
    routes.extend(task::routes());
    routes.extend(run::routes());
    routes.extend(schedule::routes());
    routes.extend(log::routes());
    routes.extend(statistics::routes());
    routes
}

/// Kind of the jobs that collect: never two at a time.
const JOB: &str = "collection";

/// State of a task, as on the screen, with the class of its tag.
fn standing(state: &TaskState) -> (String, &'static str) {
    match (state.paused, state.held.is_empty(), state.failures) {
        (_, false, _) => ("待人工确认".to_owned(), "tag tag-bad"),
        (true, ..) => ("已暂停".to_owned(), "tag tag-unconfirmed"),
        (.., 0) => ("正常".to_owned(), "tag tag-ok"),
        (.., failures) => (format!("连续失败 {failures} 次"), "tag tag-bad"),
    }
}

/// Class of a run's tag.
fn class_of(state: RunState) -> &'static str {
    match state {
        RunState::Done => "tag tag-ok",
        RunState::Running => "tag",
        RunState::Cancelled | RunState::Interrupted => "tag tag-unconfirmed",
        RunState::Failed | RunState::Held => "tag tag-bad",
    }
}

fn cause(cause: &str) -> &'static str {
    match cause {
        "timer" => "定时",
        "event" => "事件",
        _ => "手动",
    }
}

/// `2025-03-01 08:00`, `—` for none.
fn shown(at: impl Into<Option<Moment>>) -> String {
    at.into().map_or(text::NONE.to_owned(), text::moment)
}
