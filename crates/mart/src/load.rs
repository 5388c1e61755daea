//! 装载: one thread reads the store while this one fills DuckDB.

use crate::MartError;
use crate::stage::{BATCH, Batch, StageColumn};
use duckdb::Connection;
use duckdb::arrow::array::RecordBatch;
use std::sync::mpsc::{SyncSender, sync_channel};
use store::{Reader, Scan, StoreError};

/// Batches read ahead.
const AHEAD: usize = 2;

/// Hands the rows of a scan on in batches. Returns how many rows there were.
pub(crate) fn pump(
    reader: &mut Reader,
    scan: Scan<'_>,
    columns: &[StageColumn],
    take: &mut dyn FnMut(RecordBatch) -> Result<(), MartError>,
) -> Result<u64, MartError> {
    std::thread::scope(|threads| {
        let (sender, receiver) = sync_channel(AHEAD);
        let reading = threads.spawn(move || read(reader, scan, columns, &sender));
        let mut rows = 0;
        let mut taken = Ok(());
        for batch in receiver {
            rows += batch.num_rows() as u64;
            taken = take(batch);
            if taken.is_err() {
                // Leaving drops the receiver; the reader stops at its next batch.
                break;
            }
        }
        let read = reading.join().map_err(|_| MartError::Query("读取线程异常退出".into()))?;
        taken?;
        read?;
        Ok(rows)
    })
}

fn read(
    reader: &mut Reader,
    scan: Scan<'_>,
    columns: &[StageColumn],
    sender: &SyncSender<RecordBatch>,
) -> Result<(), StoreError> {
    let mut batch = Batch::new(columns);
    let send = |batch: &mut Batch| {
        let full = batch.take().map_err(StoreError::caller)?;
        sender.send(full).map_err(|_| StoreError::Cancelled)
    };
    reader.scan(scan, &mut |row| {
        batch.push(row);
        if batch.len() >= BATCH { send(&mut batch) } else { Ok(()) }
    })?;
    if batch.len() > 0 { send(&mut batch) } else { Ok(()) }
}

/// Adds a batch to a table.
pub(crate) fn append(db: &Connection, table: &str, batch: RecordBatch) -> Result<(), MartError> {
    let mut appender = db.appender(table)?;
    appender.append_record_batch(batch)?;
    Ok(appender.flush()?)
}
