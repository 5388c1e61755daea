//! The reading side: rows from the source, mapped, in batches.

use connect::{
    ConnectError, MappedRow, Mode, ReadOptions, ReadReport, Rejection, RowSink, Source, Span, Task, read_task,
};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use store::{CollectedRow, Moment, Reject};

/// Rows that are committed together.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) rows: Vec<CollectedRow>,
    pub(super) rejects: Vec<Reject>,
    /// Rows read for it, rejected ones included.
    pub(super) read: u64,
    /// Everything up to here has been read with this batch and those before.
    pub(super) watermark: Option<Moment>,
}

/// Reads a task to its end and hands on batches; `stop` ends it early.
pub(super) fn read_batches(
    source: &mut dyn Source,
    task: &Task,
    span: Option<Span>,
    source_now: Moment,
    to: SyncSender<Batch>,
    stop: &AtomicBool,
) -> Result<ReadReport, ConnectError> {
    let mut sink = Sink {
        batch: Batch::default(),
        size: usize::try_from(task.batch).unwrap_or(1).max(1),
        to,
        stop,
        source_now,
        ascending: matches!(task.mode, Mode::Watermark { .. }).then_some(i64::MIN),
    };
    let report = read_task(source, task, &ReadOptions { span, ..ReadOptions::default() }, &mut sink)?;
    // A writer that is gone says itself why.
    let _ = sink.hand_on(false);
    Ok(report)
}

struct Sink<'a> {
    batch: Batch,
    size: usize,
    to: SyncSender<Batch>,
    stop: &'a AtomicBool,
    source_now: Moment,
    /// The last change seen, while rows come in the order of their changes; `None` once they do not, or for tasks
    /// without a watermark.
    ascending: Option<Moment>,
}

impl Sink<'_> {
    fn hand_on(&mut self, more: bool) -> ControlFlow<()> {
        // In order: all rows changed before the last one have been read; others of the same second may still come.
        self.batch.watermark = self.ascending.filter(|at| more && *at > i64::MIN).map(|at| at - 1);
        let batch = std::mem::take(&mut self.batch);
        if batch.read == 0 && !more {
            return ControlFlow::Continue(());
        }
        if self.stop.load(Ordering::Relaxed) || self.to.send(batch).is_err() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn read_one(&mut self) -> ControlFlow<()> {
        self.batch.read += 1;
        if self.batch.read as usize >= self.size { self.hand_on(true) } else { ControlFlow::Continue(()) }
    }
}

impl RowSink for Sink<'_> {
    fn row(&mut self, row: MappedRow) -> ControlFlow<()> {
        let updated_at = row.updated_at.unwrap_or(self.source_now);
        self.ascending = self.ascending.filter(|last| updated_at >= *last).map(|_| updated_at);
        self.batch.rows.push(CollectedRow { row: row.row, updated_at, deleted: row.deleted });
        self.read_one()
    }

    fn rejected(&mut self, rejection: Rejection) -> ControlFlow<()> {
        let raw: Vec<String> = rejection
            .raw
            .iter()
            .map(|(column, cell)| format!("{column}={}", cell.as_deref().unwrap_or_default()))
            .collect();
        self.batch.rejects.push(Reject {
            row_number: i64::try_from(rejection.number).unwrap_or(i64::MAX),
            key: rejection.key.unwrap_or_default(),
            field: rejection.field_name,
            reason: rejection.reason,
            remedy: rejection.remedy,
            raw: raw.join("；"),
        });
        self.read_one()
    }
}
