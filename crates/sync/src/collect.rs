//! 采集: one task from a source into the store. Reading and mapping run on a thread of their own, writing on this one.

mod deletions;
mod reader;

use crate::SyncError;
use connect::{ConnectError, Mapping, Mode, ReadReport, Source, Span, Task};
use deletions::Seen;
use reader::{Batch, read_batches};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;
use store::{CollectedRow, Counts, Moment, Origin, Progress, RunState, Store, StoreError, SyncRun};

/// Who asks for a run, and how.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Source id of the configuration.
    pub source: &'a str,
    /// timer, manual or event.
    pub cause: &'a str,
    /// Where the first run of a watermark task over rows of stays starts (the source's clock).
    pub history: Moment,
    /// A person has looked at the missing rows: mark them as deleted however many they are.
    pub accept_deletions: bool,
    /// The hospital's clock.
    pub now: &'a (dyn Fn() -> Moment + Sync),
}

/// Failures in a row after which a task pauses itself.
const FAILURES_BEFORE_PAUSE: i64 = 5;
/// Batches read ahead of the writer.
const AHEAD: usize = 4;
/// Rejected rows kept of a run; past that they are only counted.
const MOST_REJECTS: u64 = 10_000;

/// Runs a task once. An error of the source ends the run as failed and is in its log; `Err` is for the store itself.
/// Whatever was committed stays; the next run reads the rest.
pub fn collect_task(
    store: &Store,
    source: &mut dyn Source,
    mapping: &Mapping,
    task: &Task,
    request: &Request<'_>,
    progress: &mut dyn Progress,
) -> Result<SyncRun, SyncError> {
    let key = format!("{}/{}", request.source, task.name);
    let state = store.task_state(&key)?;
    let source_now = source.now();
    // Patients and dictionaries are needed however old they are.
    let history = task.table.encounter_column().map_or(0, |_| request.history);
    let span = source_now.as_ref().ok().and_then(|now| task.span(*now, state.watermark, history));
    let mut run = SyncRun {
        id: 0,
        task: key,
        source: request.source.to_owned(),
        table: task.table.name.to_owned(),
        cause: request.cause.to_owned(),
        mapping: mapping.hash.clone(),
        started_at: (request.now)(),
        from_watermark: span.map(|span| span.from),
        ..SyncRun::default()
    };
    run.id = store.begin_run(&run)?;
    let done = match source_now {
        Err(error) => Err(SyncError::Source(error)),
        Ok(now) => Run { store, task, request, run: &run, source_now: now, span }.go(source, progress),
    };
    let (state, message) = match done {
        Ok(Finished { held: Some(why), .. }) => (RunState::Held, why),
        Ok(Finished { notes, .. }) => (RunState::Done, clock_note(state.watermark, span) + &notes),
        Err(SyncError::Cancelled) => (RunState::Cancelled, SyncError::Cancelled.to_string()),
        Err(error) => (RunState::Failed, error.to_string()),
    };
    store.end_run(run.id, state, &message, (request.now)(), FAILURES_BEFORE_PAUSE)?;
    Ok(store.run(run.id)?)
}

/// A source whose clock went back is read again from there; nothing is missed, and the log says it.
fn clock_note(watermark: Option<Moment>, span: Option<Span>) -> String {
    match (watermark, span) {
        (Some(watermark), Some(span)) if span.to < watermark => {
            format!("数据源时钟回拨 {} 秒，已从回拨后的时间重读；", watermark - span.to)
        }
        _ => String::new(),
    }
}

/// A run under way.
struct Run<'a> {
    store: &'a Store,
    task: &'a Task,
    request: &'a Request<'a>,
    run: &'a SyncRun,
    source_now: Moment,
    span: Option<Span>,
}

/// How a run ended that read everything.
struct Finished {
    /// Why it waits for a person.
    held: Option<String>,
    /// Warnings.
    notes: String,
}

impl Run<'_> {
    fn go(&self, source: &mut dyn Source, progress: &mut dyn Progress) -> Result<Finished, SyncError> {
        let stop = AtomicBool::new(false);
        let (sender, receiver) = mpsc::sync_channel::<Batch>(AHEAD);
        let mut seen = Seen::of(self.task);
        let (read, written) = std::thread::scope(|scope| {
            let stop = &stop;
            let reading = scope
                .spawn(move || read_batches(source, self.task, self.span, self.source_now, sender, stop));
            let written = self.write(&receiver, &mut seen, stop, progress);
            // A writer that failed lets go of the channel, so that the reader ends.
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
            drop(receiver);
            (reading.join(), written)
        });
        let read: Result<ReadReport, ConnectError> = read.map_err(|_| SyncError::Reader)?;
        written?;
        let report = read?;
        let mut notes = unmapped_note(&report);
        let mut held = None;
        if report.complete {
            held = self.delete_missing(&seen, &report, &mut notes)?;
        }
        if let (Mode::Watermark { .. }, Some(span), None) = (&self.task.mode, self.span, &held) {
            self.write_beside(|log| log.advance(&self.run.task, self.run.id, span.to))?;
        }
        Ok(Finished { held, notes })
    }

    /// Writes batches as they come. Each commits with its counts, its rejected rows and the watermark it reaches.
    fn write(
        &self,
        batches: &mpsc::Receiver<Batch>,
        seen: &mut Seen,
        stop: &AtomicBool,
        progress: &mut dyn Progress,
    ) -> Result<(), SyncError> {
        let (mut read, mut kept_rejects) = (0_u64, 0_u64);
        for batch in batches {
            seen.note(self.task.table, &batch);
            read += batch.read;
            let room = MOST_REJECTS.saturating_sub(kept_rejects);
            let keep = usize::try_from(room).unwrap_or(usize::MAX).min(batch.rejects.len());
            kept_rejects += keep as u64;
            self.collect(&batch.rows, &|log, counts| {
                log.log(self.run, batch.read, counts, &batch.rejects[..keep])?;
                let dropped = (batch.rejects.len() - keep) as u64;
                log.count_rejects(self.run.id, dropped)?;
                match batch.watermark {
                    Some(watermark) => log.advance(&self.run.task, self.run.id, watermark),
                    None => Ok(()),
                }
            })?;
            if !progress.report(&format!("采集{}", self.task.table.chinese), read, 0) {
                stop.store(true, std::sync::atomic::Ordering::Relaxed);
                return Err(SyncError::Cancelled);
            }
        }
        Ok(())
    }

    fn collect(
        &self,
        rows: &[CollectedRow],
        also: &dyn Fn(&mut store::InTransaction<'_>, Counts) -> Result<(), StoreError>,
    ) -> Result<Counts, SyncError> {
        let origin = Origin { source: self.request.source, run: self.run.id, now: (self.request.now)() };
        Ok(self.store.collect(self.task.table, rows, &origin, also)?)
    }

    fn write_beside(
        &self,
        write: impl Fn(&mut store::InTransaction<'_>) -> Result<(), StoreError>,
    ) -> Result<(), SyncError> {
        self.collect(&[], &|log, _| write(log))?;
        Ok(())
    }

    /// Marks rows that a whole reading did not find. Returns why it did not, when too many are missing.
    fn delete_missing(
        &self,
        seen: &Seen,
        report: &ReadReport,
        notes: &mut String,
    ) -> Result<Option<String>, SyncError> {
        let Some(missing) = seen.missing(self.store, self.task, self.request.source, self.span)? else {
            return Ok(None);
        };
        if missing.keys.is_empty() {
            return Ok(None);
        }
        if seen.nameless > 0 {
            notes.push_str(&format!(
                "有 {} 行无法识别主键，本次不判断删除（疑似已删除 {} 行）；",
                seen.nameless,
                missing.keys.len()
            ));
            return Ok(None);
        }
        if !self.request.accept_deletions && missing.is_suspicious(self.task.guard_percent, report.rows) {
            return Ok(Some(format!(
                "{}：现有 {} 行中有 {} 行不在本次读取的结果里，超过防误删比例 {}%，未删除。\
                 请核对数据源；确属删除的，用 dipper sync run --accept-deletions 重新采集",
                self.task.table.chinese,
                missing.compared,
                missing.keys.len(),
                self.task.guard_percent
            )));
        }
        let origin = Origin {
            source: self.request.source,
            run: self.run.id,
            now: (self.request.now)().max(self.source_now),
        };
        let gone = self.store.tombstone(self.task.table, &missing.keys, &origin)?;
        self.write_beside(|log| log.log_tombstones(self.run.id, gone))?;
        Ok(None)
    }
}

fn unmapped_note(report: &ReadReport) -> String {
    let mut note = String::new();
    for value in report.unmapped.iter().take(5) {
        note.push_str(&format!("代码对照 {} 中没有“{}”（{} 行）；", value.codes, value.value, value.count));
    }
    if report.unmapped.len() > 5 {
        note.push_str(&format!("等共 {} 个未对照的值；", report.unmapped.len()));
    }
    note
}
