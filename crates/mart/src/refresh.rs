//! 刷新: finds what changed in the store since the mart was built, and builds that.

use crate::build::{Build, Scope};
use crate::dictionaries::{self, DICTIONARIES};
use crate::macros::create_macros;
use crate::{Mart, MartError};
use duckdb::Connection;
use std::collections::{BTreeMap, BTreeSet};
use store::{MonthVersion, Progress, Store};

/// What a refresh did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefreshReport {
    /// Months built, in the order of building.
    pub months: Vec<i64>,
    /// All months were built in one go.
    pub whole: bool,
    /// Cases of the months built.
    pub cases: u64,
    /// Charge lines of the months built.
    pub charge_lines: u64,
    /// Why the file had to be built from nothing, in Chinese.
    pub rebuilt_because: Option<String>,
}

impl Mart {
    /// Builds the months that changed, each in one transaction: of a month that is there only the cases that changed since;
    /// with many changed months all of them at once, reading every table of the store from end to end. A damaged file is put aside and built from nothing.
    ///
    /// On [`MartError::Cancelled`] and after a killed process the months done stay and the next refresh goes on.
    pub fn refresh(&self, store: &Store, progress: &mut dyn Progress) -> Result<RefreshReport, MartError> {
        self.refresh_or_recover(store, progress, false)
    }

    /// Builds everything from nothing.
    pub fn rebuild(&self, store: &Store, progress: &mut dyn Progress) -> Result<RefreshReport, MartError> {
        self.refresh_or_recover(store, progress, true)
    }

    /// Months with the version of the store's months that they were built from.
    pub fn months(&self) -> Result<Vec<MonthVersion>, MartError> {
        let built = built(&self.session()?.db)?;
        Ok(built.into_iter().map(|(month, version)| MonthVersion { month, version }).collect())
    }

    fn refresh_or_recover(
        &self,
        store: &Store,
        progress: &mut dyn Progress,
        whole: bool,
    ) -> Result<RefreshReport, MartError> {
        let _one_at_a_time = self.writing();
        self.open_again_if_closed()?;
        match self.refresh_once(store, progress, whole) {
            Err(MartError::Broken(reason)) => {
                self.reopen(Some(&reason))?;
                let report = self.refresh_once(store, progress, true)?;
                Ok(RefreshReport { rebuilt_because: Some(reason), ..report })
            }
            Err(MartError::Full) => {
                // DuckDB wants to be opened again after a failed write. When even that finds no room, the next refresh tries.
                let _ = self.reopen(None);
                Err(MartError::Full)
            }
            done => done,
        }
    }

    fn refresh_once(
        &self,
        store: &Store,
        progress: &mut dyn Progress,
        whole: bool,
    ) -> Result<RefreshReport, MartError> {
        let session = self.session()?;
        let db = &session.db;
        db.execute_batch(&create_macros()?)?;
        let mut reader = store.reader()?;
        let wanted: BTreeMap<i64, i64> =
            reader.months()?.into_iter().map(|month| (month.month, month.version)).collect();
        if wanted.get(&DICTIONARIES) != built(db)?.get(&DICTIONARIES) {
            report(progress, "读取科室、人员与收费项目", 0, 0)?;
            dictionaries::refresh(db, &mut reader, wanted.get(&DICTIONARIES).copied())?;
        }
        let built = built(db)?;
        let is_month = |month: &&i64| **month >= 0;
        let all: BTreeSet<i64> = wanted.keys().chain(built.keys()).filter(is_month).copied().collect();
        let touched: Vec<i64> =
            all.iter().copied().filter(|month| whole || wanted.get(month) != built.get(month)).collect();

        let mut done = RefreshReport { rebuilt_because: self.put_aside(), ..RefreshReport::default() };
        if touched.is_empty() {
            return Ok(RefreshReport { rebuilt_because: None, ..done });
        }
        let mut build = Build { db, reader: &mut reader, progress, versions: &wanted };
        build.stage_patients()?;
        // Past half of the months one pass over each table is quicker than many look-ups.
        done.whole = whole || touched.len() * 2 > all.len();
        if done.whole {
            build.run(Scope::Whole, &mut done)?;
            done.months = all.into_iter().collect();
            return Ok(done);
        }
        let total = touched.len() as u64;
        // In-house patients last: most that leave month 0 are found in the month of their discharge by then.
        for (at, month) in touched.into_iter().rev().enumerate() {
            report(build.progress, &month_phase(month), at as u64, total)?;
            // Of a month that was built before, only what changed since then.
            let after = built.get(&month).copied().filter(|version| *version >= 0);
            build.run(Scope::Month(month, after), &mut done)?;
            done.months.push(month);
        }
        Ok(done)
    }
}

pub(crate) fn report(
    progress: &mut dyn Progress,
    phase: &str,
    done: u64,
    total: u64,
) -> Result<(), MartError> {
    if progress.report(phase, done, total) { Ok(()) } else { Err(MartError::Cancelled) }
}

fn month_phase(month: i64) -> String {
    match month {
        0 => "刷新分析库：在院患者".to_owned(),
        month => format!("刷新分析库：{} 年 {} 月", month / 100, month % 100),
    }
}

pub(crate) fn built(db: &Connection) -> Result<BTreeMap<i64, i64>, MartError> {
    let mut statement = db.prepare("SELECT month, version FROM mart_month")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
