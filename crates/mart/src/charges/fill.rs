//! Filling the columns from the charge fact: all of them, or the months that changed.

use super::columns::ChargeColumns;
use super::lines::Lines;
use crate::refresh::report;
use crate::{Mart, MartError};
use duckdb::arrow::array::{Array, Int64Array, RecordBatch, StringArray};
use std::collections::HashSet;
use std::path::Path;
use store::{MonthVersion, Progress};

/// How the columns were got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnsReport {
    /// Months read from the charge fact.
    pub months: Vec<i64>,
    /// Lines read from the charge fact.
    pub lines: u64,
    /// Why the snapshot was of no use, in Chinese; `None` when it was good or there was none.
    pub snapshot: Option<String>,
}

/// Only what the columns hold; texts that are missing come as empty ones, so that no type but these two is met.
const READ: &str = "SELECT number, month, CAST(EPOCH(charged_at) AS BIGINT), item_key, \
    COALESCE(ordering_department_key, ''), CAST(quantity * 10000 AS BIGINT), amount, line_key, COALESCE(refund_of, '') \
    FROM charge_fact";

impl ChargeColumns {
    /// Reads the snapshot, brings it up to the mart and keeps it again when anything changed. A missing or damaged snapshot
    /// is built from the mart.
    pub fn load(
        mart: &Mart,
        snapshot: &Path,
        progress: &mut dyn Progress,
    ) -> Result<(ChargeColumns, ColumnsReport), MartError> {
        let (mut columns, unusable) = match ChargeColumns::read(snapshot) {
            Ok(columns) => (columns, None),
            Err(MartError::File(_, error)) if error.kind() == std::io::ErrorKind::NotFound => {
                Default::default()
            }
            Err(MartError::Snapshot(why)) => (ChargeColumns::default(), Some(why.to_owned())),
            Err(error) => return Err(error),
        };
        let report = columns.refresh(mart, progress)?;
        if !report.months.is_empty() || unusable.is_some() {
            columns.write(snapshot)?;
        }
        Ok((columns, ColumnsReport { snapshot: unusable, ..report }))
    }

    /// Reads the months that changed since the columns were filled, from one snapshot of the mart.
    pub fn refresh(&mut self, mart: &Mart, progress: &mut dyn Progress) -> Result<ColumnsReport, MartError> {
        let session = mart.session()?;
        // Versions and lines must be of the same state.
        session.db.execute_batch("BEGIN")?;
        let built = crate::refresh::built(&session.db)?;
        let versions: Vec<MonthVersion> = built
            .into_iter()
            .filter(|(month, _)| *month >= 0)
            .map(|(month, version)| MonthVersion { month, version })
            .collect();
        let stale = |v: &&MonthVersion| !self.versions.contains(v);
        let left = self.versions.iter().filter(|old| versions.iter().all(|v| v.month != old.month));
        let months: HashSet<i64> = versions.iter().filter(stale).chain(left).map(|v| v.month).collect();
        if months.is_empty() {
            return Ok(ColumnsReport::default());
        }
        let mut sorted: Vec<i64> = months.iter().copied().collect();
        sorted.sort_unstable();
        let list: Vec<String> = sorted.iter().map(i64::to_string).collect();
        let mut statement = session.db.prepare(&format!("{READ} WHERE month IN ({})", list.join(", ")))?;
        let mut lines = Lines::default();
        for batch in statement.stream_arrow([])? {
            self.take(&batch, &mut lines)?;
            report(progress, "读取费用列", lines.stay.len() as u64, 0)?;
        }
        let count = lines.stay.len() as u64;
        let moved: HashSet<i64> = lines.stay.iter().copied().collect();
        self.replace(|stay, month| months.contains(&month) || moved.contains(&stay), lines);
        self.versions = versions;
        Ok(ColumnsReport { months: sorted, lines: count, snapshot: None })
    }

    fn take(&mut self, batch: &RecordBatch, lines: &mut Lines) -> Result<(), MartError> {
        let (number, month, time) = (whole(batch, 0)?, whole(batch, 1)?, whole(batch, 2)?);
        let (item, department) = (text(batch, 3)?, text(batch, 4)?);
        let (quantity, amount) = (whole(batch, 5)?, whole(batch, 6)?);
        let (key, refund) = (text(batch, 7)?, text(batch, 8)?);
        for row in 0..batch.num_rows() {
            if !refund.value(row).is_empty() {
                lines.refunds.push((lines.stay.len(), refund.value(row).to_owned()));
            }
            lines.stay.push(number.value(row));
            lines.month.push(i32::try_from(month.value(row)).unwrap_or(0));
            lines.time.push(u32::try_from(time.value(row).max(0)).unwrap_or(u32::MAX));
            lines.item.push(self.items.number_for(item.value(row)));
            lines.department.push(self.departments.number_for(department.value(row)));
            lines.quantity.push(quantity.value(row));
            lines.amount.push(amount.value(row));
            lines.key_bytes.extend_from_slice(key.value(row).as_bytes());
            lines.key_end.push(lines.key_bytes.len() as u64);
        }
        if u32::try_from(lines.stay.len()).is_err() {
            return Err(MartError::Query("费用明细超过 42 亿行".into()));
        }
        Ok(())
    }
}

pub(super) fn whole(batch: &RecordBatch, column: usize) -> Result<&Int64Array, MartError> {
    let found = batch.column(column).as_any().downcast_ref();
    found.ok_or_else(|| MartError::Query(format!("费用列第 {column} 列类型不符")))
}

pub(super) fn text(batch: &RecordBatch, column: usize) -> Result<&StringArray, MartError> {
    let found = batch.column(column).as_any().downcast_ref();
    found.ok_or_else(|| MartError::Query(format!("费用列第 {column} 列类型不符")))
}
