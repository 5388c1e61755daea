//! 采集任务: one view or file that fills one canonical table.

use super::field::FieldMap;
use super::file_query::FileQuery;
use super::template::Template;
use crate::period::Period;
use crate::read_task::Span;
use crate::sql::Sql;
use model::canonical::Table;

/// One task.
#[derive(Clone, Debug)]
pub struct Task {
    /// Unique in the pack.
    pub name: String,
    /// The table it fills.
    pub table: &'static Table,
    /// For databases.
    pub sql: Option<Sql>,
    /// For folders.
    pub file: Option<FileQuery>,
    /// What is read, and what a missing row means.
    pub mode: Mode,
    /// In pages.
    pub page: Option<Page>,
    /// The row's key.
    pub key: Template,
    /// Rows that are deletions.
    pub void: Option<Void>,
    /// Texts that mean "not recorded".
    pub empty: Vec<String>,
    /// 防误删: most percent of the compared rows that may be tombstoned without a person.
    pub guard_percent: u32,
    /// Rows committed at once, rows a page.
    pub batch: u32,
    /// Every mapped column but `key`, in the table's order.
    pub fields: Vec<FieldMap>,
}

/// What is read, and what a missing row means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// What changed; a missing row says nothing.
    Watermark {
        /// Source column with the last change.
        column: String,
        /// `strftime` when not as `2025-03-01 08:00:00`.
        format: Option<String>,
        /// How far a read goes back before the last watermark.
        overlap: Period,
    },
    /// A part of the business, whole; a missing row was deleted.
    Window(Window),
    /// Everything; a missing row was deleted.
    Full,
}

/// A part of the business that is re-read whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Days back from the source's today.
    pub days: Option<u32>,
    /// What the result is complete for.
    pub complete: Complete,
}

/// What a window's result is complete for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Complete {
    /// All rows of each encounter that appears.
    Encounter,
    /// All rows whose canonical column (by position) lies in `[from, to)`.
    Column(usize),
}

/// Reading in pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The source column that pages go by.
    pub column: String,
    /// `:after_key` of the first page.
    pub start: String,
}

/// 作废: rows that are deletions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Void {
    /// Source column.
    pub column: String,
    /// Its values that mean "deleted".
    pub values: Vec<String>,
}

const DAY: i64 = 86_400;

impl Task {
    /// The time window of a run, by the **source's** clock `now`. `watermark`: the end of the last complete run; `history`:
    /// where the first run starts. `None` for tasks without one.
    pub fn span(&self, now: i64, watermark: Option<i64>, history: i64) -> Option<Span> {
        match &self.mode {
            Mode::Full => None,
            Mode::Watermark { overlap, .. } => {
                let from = watermark.map_or(history, |at| at.saturating_sub(overlap.0));
                Some(Span { from: from.min(now), to: now })
            }
            Mode::Window(window) => window.days.map(|days| {
                let today = now.div_euclid(DAY) * DAY;
                Span { from: today.saturating_sub(i64::from(days) * DAY), to: now }
            }),
        }
    }

    /// Whether the task can be read from a folder or a database.
    pub fn reads(&self, kind: crate::SourceKind) -> bool {
        if kind == crate::SourceKind::Files { self.file.is_some() } else { self.sql.is_some() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(mode: Mode) -> Task {
        Task {
            name: "department".to_owned(),
            table: Table::named("department").unwrap(),
            sql: None,
            file: None,
            mode,
            page: None,
            key: Template::default(),
            void: None,
            empty: Vec::new(),
            guard_percent: 5,
            batch: 1,
            fields: Vec::new(),
        }
    }

    #[test]
    fn a_watermark_goes_back_by_the_overlap() {
        let task = task(Mode::Watermark { column: "t".to_owned(), format: None, overlap: Period(600) });
        assert_eq!(task.span(10_000, Some(9_000), 0), Some(Span { from: 8_400, to: 10_000 }));
        assert_eq!(task.span(10_000, None, 5), Some(Span { from: 5, to: 10_000 }));
        // A source whose clock was set back must not give a window that ends before it starts.
        assert_eq!(task.span(100, Some(9_000), 0), Some(Span { from: 100, to: 100 }));
    }

    #[test]
    fn a_window_starts_at_midnight() {
        let window = Window { days: Some(2), complete: Complete::Encounter };
        let now = 20_000 * DAY + 3600;
        assert_eq!(task(Mode::Window(window)).span(now, None, 0), Some(Span { from: 19_998 * DAY, to: now }));
        assert_eq!(task(Mode::Full).span(now, None, 0), None);
    }
}
