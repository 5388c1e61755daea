//! 更新时间: whether the column can be relied on.

use super::finding::{Check, Finding};
use model::canonical::{Kind, Value};

/// The times of the rows in the order they came.
#[derive(Default)]
pub(super) struct Watermarks {
    rows: u64,
    future: u64,
    falling: u64,
    least: Option<i64>,
    greatest: Option<i64>,
    last: Option<i64>,
}

/// A commit may carry a time slightly after the clock that was read before it.
const TOLERATED: i64 = 300;

impl Watermarks {
    pub(super) fn see(&mut self, at: i64, now: i64) {
        self.rows += 1;
        self.future += u64::from(at > now + TOLERATED);
        self.falling += u64::from(self.last.is_some_and(|last| at < last));
        self.last = Some(at);
        self.least = Some(self.least.map_or(at, |least| least.min(at)));
        self.greatest = Some(self.greatest.map_or(at, |greatest| greatest.max(at)));
    }

    pub(super) fn findings(&self, task: &str, now: i64, out: &mut Vec<Finding>) {
        let show = |at: Option<i64>| Value::from(at).show(Kind::Moment).to_string();
        if self.future > 0 {
            let message =
                format!("{} 行的更新时间晚于数据源的时钟：这些行要到那时才会被同步，请厂商改正", self.future);
            out.push(Finding::error(task, Check::Watermark, self.future, &show(self.greatest), message));
        }
        let same = self.rows > 1 && self.least == self.greatest;
        let near_now = self.least.is_some_and(|at| (at - now).abs() <= TOLERATED);
        if same && near_now {
            let message = "所有行的更新时间都是此刻：视图多半用当前时间充当更新时间，每次都会读全部数据，请厂商给出真正的修改时间";
            out.push(Finding::error(
                task,
                Check::Watermark,
                self.rows,
                &show(self.least),
                message.to_owned(),
            ));
        } else if same {
            let message = "所有行的更新时间都相同：请厂商确认它会随修改而变";
            out.push(Finding::warning(
                task,
                Check::Watermark,
                self.rows,
                &show(self.least),
                message.to_owned(),
            ));
        }
        if self.falling > 0 {
            let message = format!(
                "{} 行的更新时间早于前一行：结果没有按更新时间排序，建议 SQL 加 ORDER BY",
                self.falling
            );
            out.push(Finding::info(task, Check::Watermark, self.falling, "", message));
        }
    }
}
