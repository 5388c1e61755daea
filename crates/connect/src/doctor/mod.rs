//! 接入检查: what must be known of a new source before anybody trusts it. Reads, stores nothing.
//!
//! Views are often wrong: joins without a condition, keys that are none, change times that are the query's own. Every task is
//! read once, in bounded memory: beyond some million keys a sample of them is kept, chosen by hash, in which a duplicate or a
//! missing parent is still found for certain.

mod columns;
mod finding;
mod key_sample;
mod mojibake;
mod references;
mod task_check;
mod watermark;

pub use finding::{Check, Finding, Severity};

use crate::error::ConnectError;
use crate::mapping::{Mapping, Mode, Task};
use crate::read_task::{ReadOptions, RowSink, Span, read_task};
use crate::source::Source;
use crate::source_config::{SourceConfig, SourceKind};
use crate::{MappedRow, Rejection};
use references::References;
use std::ops::ControlFlow;
use task_check::TaskCheck;

/// How a source is examined.
#[derive(Clone, Copy, Debug)]
pub struct DoctorOptions {
    /// The hospital's wall clock by our own machine, seconds, to compare the source's with.
    pub now: i64,
    /// Reads so many rows of each task; `None` reads all.
    pub most_rows: Option<u64>,
    /// Where the window of `watermark` tasks starts.
    pub history: i64,
}

/// Most seconds that clocks may differ without a word, and without an error.
const SKEW_UNSAID: i64 = 120;
const SKEW_BEARABLE: i64 = 900;

/// Opens a source and examines it. A source that cannot be opened is a finding too.
pub fn examine(
    config: &SourceConfig,
    mapping: &Mapping,
    options: &DoctorOptions,
    progress: &mut dyn FnMut(&str, u64),
) -> Vec<Finding> {
    match crate::open(config) {
        Ok(mut source) => examine_source(source.as_mut(), mapping, options, progress),
        Err(error) => vec![Finding::error("", Check::Reachable, 1, error.code(), error.to_string())],
    }
}

/// Examines an open source. `progress` hears the task and its rows so far, now and then.
pub fn examine_source(
    source: &mut dyn Source,
    mapping: &Mapping,
    options: &DoctorOptions,
    progress: &mut dyn FnMut(&str, u64),
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let now = match source.now() {
        Ok(now) => now,
        Err(error) => {
            findings.push(Finding::error("", Check::Clock, 1, error.code(), error.to_string()));
            options.now
        }
    };
    findings.extend(clock_finding(now, options.now));
    let mut references = References::default();
    let kind = source.kind();
    for task in mapping.tasks.iter().filter(|task| task.reads(kind)) {
        examine_task(source, task, options, now, &mut references, &mut findings, progress);
    }
    for task in mapping.tasks.iter().filter(|task| !task.reads(kind)) {
        let message = "对照包中没有这类数据源的查询（sql 或 file），未检查".to_owned();
        findings.push(Finding::info(&task.name, Check::Reachable, 0, "", message));
    }
    references.judge(&mut findings);
    findings.sort_by_key(|finding| finding.severity);
    findings
}

fn examine_task(
    source: &mut dyn Source,
    task: &Task,
    options: &DoctorOptions,
    now: i64,
    references: &mut References,
    findings: &mut Vec<Finding>,
    progress: &mut dyn FnMut(&str, u64),
) {
    // A window of days is widened to all of history: the doctor looks at the view, not at one run.
    let span = task.span(now, None, options.history).map(|span| Span { from: options.history, ..span });
    let read = ReadOptions { span, most_rows: options.most_rows, ..ReadOptions::default() };
    references.start(task);
    let check = TaskCheck::new(task, now);
    let mut sink = Sink { check, references: &mut *references, progress, task, rows: 0 };
    let read = read_task(source, task, &read, &mut sink);
    let check = sink.check;
    match read {
        Ok(report) => {
            references.end(task, report.complete);
            check.findings(&report, findings);
            if source.kind() != SourceKind::Files {
                findings.extend(unfiltered(source, task, now));
            }
        }
        Err(error) => {
            references.end(task, false);
            let check = match error {
                ConnectError::SamePage { .. } | ConnectError::Endless { .. } => Check::Paging,
                _ => Check::View,
            };
            findings.push(Finding::error(&task.name, check, 1, error.code(), error.to_string()));
        }
    }
}

/// A window in the future must be empty; otherwise the view or the SQL ignores it.
fn unfiltered(source: &mut dyn Source, task: &Task, now: i64) -> Option<Finding> {
    const DAY: i64 = 86_400;
    if !matches!(task.mode, Mode::Watermark { .. }) {
        return None;
    }
    let span = Some(Span { from: now + 366 * DAY, to: now + 367 * DAY });
    let read = ReadOptions { span, most_rows: Some(1), ..ReadOptions::default() };
    let report = read_task(source, task, &read, &mut Nobody).ok()?;
    (report.rows > 0).then(|| {
        let message = "查询一年以后的更新窗口仍有数据：SQL 没有真正按 :from、:to 筛选，或更新时间不可信，请检查 WHERE 条件";
        Finding::error(&task.name, Check::Watermark, report.rows, "", message.to_owned())
    })
}

fn clock_finding(theirs: i64, ours: i64) -> Option<Finding> {
    let skew = theirs - ours;
    if skew.abs() <= SKEW_UNSAID {
        return None;
    }
    let side = if skew > 0 { "快" } else { "慢" };
    let zone = if (skew.abs() - 8 * 3600).abs() <= SKEW_BEARABLE {
        "；相差约 8 小时，多半是时区不对，请设置 utc_offset"
    } else {
        ""
    };
    let message = format!("数据源时钟比本机{side} {} 秒：请校准时钟{zone}", skew.abs());
    let severity = if skew.abs() > SKEW_BEARABLE { Severity::Error } else { Severity::Warning };
    Some(Finding { severity, ..Finding::info("", Check::Clock, skew.unsigned_abs(), "", message) })
}

struct Sink<'s, 't> {
    check: TaskCheck<'t>,
    references: &'s mut References,
    progress: &'s mut dyn FnMut(&str, u64),
    task: &'s Task,
    rows: u64,
}

impl Sink<'_, '_> {
    fn count(&mut self) -> ControlFlow<()> {
        self.rows += 1;
        if self.rows.is_multiple_of(100_000) {
            (self.progress)(&self.task.name, self.rows);
        }
        ControlFlow::Continue(())
    }
}

impl RowSink for Sink<'_, '_> {
    fn row(&mut self, row: MappedRow) -> ControlFlow<()> {
        self.check.row(&row);
        self.references.row(self.task, &row);
        self.count()
    }

    fn rejected(&mut self, rejection: Rejection) -> ControlFlow<()> {
        self.check.rejected(&rejection);
        self.count()
    }
}

struct Nobody;

impl RowSink for Nobody {
    fn row(&mut self, _: MappedRow) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn rejected(&mut self, _: Rejection) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
