//! 导出: every fact and dimension as a Parquet file that any tool reads.

use crate::dimension::DIMENSIONS;
use crate::facts::FACTS;
use crate::{Mart, MartError};
use std::path::{Path, PathBuf};
use store::Progress;

impl Mart {
    /// Writes `<table>.parquet` of every fact and dimension into a folder, from one snapshot. A file is there whole or not at
    /// all; one of an earlier export is replaced. Returns the files with their rows.
    pub fn export_parquet(
        &self,
        folder: &Path,
        progress: &mut dyn Progress,
    ) -> Result<Vec<(PathBuf, u64)>, MartError> {
        let file_error = |error| MartError::File("无法写入导出文件夹".into(), error);
        std::fs::create_dir_all(folder).map_err(file_error)?;
        let session = self.session()?;
        session.db.execute_batch("BEGIN")?;
        let tables: Vec<&str> = FACTS
            .iter()
            .map(|fact| fact.name)
            .chain(DIMENSIONS.iter().copied())
            .chain(["calendar"])
            .collect();
        let mut written = Vec::new();
        for (done, table) in tables.iter().enumerate() {
            if !progress.report(&format!("导出 {table}"), done as u64, tables.len() as u64) {
                return Err(MartError::Cancelled);
            }
            let path = folder.join(format!("{table}.parquet"));
            let unfinished = folder.join(format!("{table}.parquet.unfinished"));
            // Sorted by case: neighbours compress well, and a reader finds a case without reading all.
            let order =
                if FACTS.iter().any(|fact| fact.name == *table) { " ORDER BY month, number" } else { "" };
            let sql = format!(
                "COPY (SELECT * FROM {table}{order}) TO '{}' (FORMAT parquet, COMPRESSION zstd)",
                unfinished.to_string_lossy().replace('\'', "''")
            );
            let rows = session.db.execute(&sql, [])?;
            std::fs::rename(&unfinished, &path).map_err(file_error)?;
            written.push((path, rows as u64));
        }
        Ok(written)
    }
}
