//! 限速: no more rows a second than the hospital allows, day and night.

use crate::error::ConnectError;
use crate::source::{Query, RowReader, Source};
use crate::source_config::{SourceConfig, SourceKind};
use crate::text_row::TextRow;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// A source that is read no faster than its configuration says.
pub(crate) struct PacedSource {
    inner: Box<dyn Source>,
    config: SourceConfig,
}

impl PacedSource {
    pub(crate) fn new(inner: Box<dyn Source>, config: SourceConfig) -> PacedSource {
        PacedSource { inner, config }
    }
}

impl Source for PacedSource {
    fn kind(&self) -> SourceKind {
        self.inner.kind()
    }

    fn now(&mut self) -> Result<i64, ConnectError> {
        self.inner.now()
    }

    fn read(&mut self, query: &Query<'_>, reader: &mut dyn RowReader) -> Result<u64, ConnectError> {
        let opened = self.inner.now()?;
        let mut paced = PacedReader {
            reader,
            config: &self.config,
            opened,
            start: Instant::now(),
            rows: 0,
            cap: self.config.rate_at(opened),
            since: Instant::now(),
        };
        self.inner.read(query, &mut paced)
    }
}

struct PacedReader<'r> {
    reader: &'r mut dyn RowReader,
    config: &'r SourceConfig,
    /// The source's clock when the read began.
    opened: i64,
    start: Instant,
    /// Rows since the cap last changed.
    rows: u64,
    cap: Option<u32>,
    since: Instant,
}

impl PacedReader<'_> {
    fn wait(&mut self) {
        let passed = i64::try_from(self.start.elapsed().as_secs()).unwrap_or(i64::MAX);
        let cap = self.config.rate_at(self.opened.saturating_add(passed));
        if cap != self.cap {
            (self.cap, self.rows, self.since) = (cap, 0, Instant::now());
        }
        self.rows += 1;
        let Some(cap) = cap else { return };
        let due = Duration::from_secs_f64(self.rows as f64 / f64::from(cap));
        if let Some(early) = due.checked_sub(self.since.elapsed()).filter(|early| early.as_millis() >= 5) {
            std::thread::sleep(early);
        }
    }
}

impl RowReader for PacedReader<'_> {
    fn columns(&mut self, columns: &[String]) -> Result<(), ConnectError> {
        self.reader.columns(columns)
    }

    fn row(&mut self, row: &TextRow<'_>) -> ControlFlow<()> {
        self.wait();
        self.reader.row(row)
    }
}
