//! Reading one task: columns checked on every read, pages turned, rows mapped. Nothing is stored here.

use crate::error::ConnectError;
use crate::mapper::{MappedRow, RowMapper, UnmappedValue};
use crate::mapping::{Mode, Task};
use crate::rejection::Rejection;
use crate::source::{Bindings, Query, RowReader, Source};
use crate::source_config::SourceKind;
use crate::text_row::TextRow;
use model::canonical::moment_of;
use rustc_hash::{FxHashSet, FxHasher};
use std::hash::{Hash, Hasher};
use std::ops::ControlFlow;

/// A time window by the source's clock, seconds. `watermark`: `(from, to]`; `window` by column: `[from, to)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Start.
    pub from: i64,
    /// End.
    pub to: i64,
}

/// How a task is read this time.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// The window, for tasks that have one ([`Task::span`]).
    pub span: Option<Span>,
    /// Goes on after this page key, for a run that was interrupted.
    pub after_key: Option<String>,
    /// Stops after so many rows; `None` reads all.
    pub most_rows: Option<u64>,
}

/// Who takes the rows. `Break` ends the read early.
pub trait RowSink {
    /// A row ready for the store.
    fn row(&mut self, row: MappedRow) -> ControlFlow<()>;

    /// A refused row.
    fn rejected(&mut self, rejection: Rejection) -> ControlFlow<()>;

    /// A page is complete; a later run may go on after `after_key`.
    fn page(&mut self, after_key: &str) -> ControlFlow<()> {
        let _ = after_key;
        ControlFlow::Continue(())
    }
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadReport {
    /// Rows the source delivered.
    pub rows: u64,
    /// Of these, refused.
    pub rejected: u64,
    /// Pages; 1 without paging.
    pub pages: u64,
    /// Whether the result was read to its end. Only then may missing rows be taken for deleted.
    pub complete: bool,
    /// Values that code maps do not have, the most frequent first.
    pub unmapped: Vec<UnmappedValue>,
}

/// More than any hospital has in one view: a view without its join condition.
const MOST_ROWS: u64 = 2_000_000_000;

/// Reads a task. On `Err` nothing may be concluded from what was delivered before; what was stored of it is right, only not
/// all: the same window is to be read again.
pub fn read_task(
    source: &mut dyn Source,
    task: &Task,
    options: &ReadOptions,
    sink: &mut dyn RowSink,
) -> Result<ReadReport, ConnectError> {
    let kind = source.kind();
    let mut reader = TaskReader {
        task,
        sink,
        mapper: None,
        failed: None,
        report: ReadReport::default(),
        most: options.most_rows.unwrap_or(MOST_ROWS),
        stopped: false,
        page: task.page.is_some().then(PageMark::default),
    };
    if kind == SourceKind::Files {
        let wanted = ConnectError::NoQuery { task: task.name.clone(), wanted: "file", kind: kind.name() };
        source.read(&Query::File(task.file.as_ref().ok_or(wanted)?), &mut reader)?;
        reader.report.pages = 1;
        return reader.finish(options);
    }
    let wanted = ConnectError::NoQuery { task: task.name.clone(), wanted: "sql", kind: kind.name() };
    let sql = task.sql.as_ref().ok_or(wanted)?;
    let mut bindings = bindings(task, options);
    let mut seen = FxHashSet::default();
    loop {
        let query = Query::Sql { sql, bindings: bindings.clone() };
        if let Some(mark) = &mut reader.page {
            *mark = PageMark { column: mark.column, ..PageMark::default() };
        }
        source.read(&query, &mut reader)?;
        reader.report.pages += 1;
        let (Some(page), Some(mark)) = (&task.page, &reader.page) else { break };
        if reader.stopped || mark.rows < u64::from(task.batch) {
            break;
        }
        let repeated = ConnectError::SamePage {
            task: task.name.clone(),
            page: reader.report.pages,
            column: page.column.clone(),
        };
        let same_key = bindings.after_key.as_deref() == Some(mark.last_key.as_str());
        if same_key || !seen.insert(mark.hash) {
            return Err(repeated);
        }
        let last_key = mark.last_key.clone();
        if reader.sink.page(&last_key).is_break() {
            reader.stopped = true;
            break;
        }
        bindings.after_key = Some(last_key);
    }
    reader.finish(options)
}

fn bindings(task: &Task, options: &ReadOptions) -> Bindings {
    let format = match &task.mode {
        Mode::Watermark { format: Some(format), .. } => format,
        _ => "%Y-%m-%d %H:%M:%S",
    };
    // The format was tried when the pack was loaded, and spans lie in our era.
    let write = |seconds: i64| jiff::fmt::strtime::format(format, moment_of(seconds)?).ok();
    let page = task.page.as_ref();
    Bindings {
        from: options.span.and_then(|span| write(span.from)),
        to: options.span.and_then(|span| write(span.to)),
        after_key: page.map(|page| options.after_key.clone().unwrap_or_else(|| page.start.clone())),
        limit: page.map(|_| task.batch),
    }
}

/// What tells one page from another.
#[derive(Default)]
struct PageMark {
    column: usize,
    rows: u64,
    hash: u64,
    last_key: String,
}

struct TaskReader<'r> {
    task: &'r Task,
    sink: &'r mut dyn RowSink,
    /// Compiled for the columns beside it.
    mapper: Option<(Vec<String>, RowMapper<'r>)>,
    failed: Option<ConnectError>,
    report: ReadReport,
    most: u64,
    stopped: bool,
    page: Option<PageMark>,
}

impl TaskReader<'_> {
    fn finish(self, options: &ReadOptions) -> Result<ReadReport, ConnectError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let mut report = self.report;
        // A run that went on after a page has not seen the pages before.
        report.complete = !self.stopped && options.after_key.is_none();
        if let Some((_, mapper)) = &self.mapper {
            merge(&mut report.unmapped, mapper.unmapped());
        }
        Ok(report)
    }
}

fn merge(into: &mut Vec<UnmappedValue>, more: Vec<UnmappedValue>) {
    for value in more {
        let same = |known: &&mut UnmappedValue| known.column == value.column && known.value == value.value;
        match into.iter_mut().find(same) {
            Some(known) => known.count += value.count,
            None => into.push(value),
        }
    }
}

impl RowReader for TaskReader<'_> {
    fn columns(&mut self, columns: &[String]) -> Result<(), ConnectError> {
        if self.mapper.as_ref().is_some_and(|(known, _)| known == columns) {
            return Ok(());
        }
        let mapper = RowMapper::compile(self.task, columns)?;
        if let (Some(column), Some(mark)) = (mapper.page_column(), &mut self.page) {
            mark.column = column;
        }
        if let Some((_, earlier)) = self.mapper.replace((columns.to_vec(), mapper)) {
            merge(&mut self.report.unmapped, earlier.unmapped());
        }
        Ok(())
    }

    fn row(&mut self, row: &TextRow<'_>) -> ControlFlow<()> {
        let Some((_, mapper)) = &mut self.mapper else { return ControlFlow::Break(()) };
        if self.report.rows >= self.most {
            self.stopped = true;
            if self.most == MOST_ROWS {
                self.failed =
                    Some(ConnectError::Endless { task: self.task.name.clone(), rows: self.report.rows });
            }
            return ControlFlow::Break(());
        }
        self.report.rows += 1;
        if let Some(mark) = &mut self.page {
            mark.see(row);
        }
        let taken = match mapper.map(row) {
            Ok(mapped) => self.sink.row(mapped),
            Err(rejection) => {
                self.report.rejected += 1;
                self.sink.rejected(*rejection)
            }
        };
        self.stopped |= taken.is_break();
        taken
    }
}

impl PageMark {
    fn see(&mut self, row: &TextRow<'_>) {
        self.rows += 1;
        let mut hasher = FxHasher::default();
        self.hash.hash(&mut hasher);
        row.cells().for_each(|cell| cell.hash(&mut hasher));
        self.hash = hasher.finish();
        self.last_key.clear();
        self.last_key.push_str(row.get(self.column).unwrap_or_default());
    }
}
