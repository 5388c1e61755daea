//! The HIS as a folder of CSV exports, one file a view.

use crate::batch::Batch;
use crate::build::Target;
use crate::error::HisError;
use crate::layout::{HisTable, Layout};
use encoding_rs::{Encoding, GBK, UTF_8};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// A folder that files are written into: `V_费用明细.csv` …
pub struct CsvFolder {
    folder: PathBuf,
    encoding: &'static Encoding,
    files: HashMap<String, BufWriter<File>>,
}

impl CsvFolder {
    /// UTF-8 files.
    pub fn utf8(folder: &Path) -> CsvFolder {
        CsvFolder { folder: folder.to_owned(), encoding: UTF_8, files: HashMap::new() }
    }

    /// GBK files, as exports of old systems are.
    pub fn gbk(folder: &Path) -> CsvFolder {
        CsvFolder { encoding: GBK, ..CsvFolder::utf8(folder) }
    }

    fn write(&mut self, view: &str, text: &[u8]) -> Result<(), HisError> {
        let text = std::str::from_utf8(text).unwrap_or_default();
        let (bytes, _, lost) = self.encoding.encode(text);
        if lost {
            return Err(HisError::Layout(format!("{view} 中有 GBK 没有的字")));
        }
        let file = self.files.get_mut(view).ok_or_else(|| HisError::NoTable(view.to_owned()))?;
        file.write_all(&bytes)?;
        Ok(())
    }
}

impl Target for CsvFolder {
    fn wants_views(&self) -> bool {
        true
    }

    fn create(&mut self, layout: &Layout) -> Result<(), HisError> {
        std::fs::create_dir_all(&self.folder)?;
        for table in &layout.tables {
            let file = File::create(self.folder.join(format!("{}.csv", table.view)))?;
            self.files.insert(table.view.clone(), BufWriter::new(file));
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(table.columns.iter().map(|column| column.view.as_str()))?;
            let header = writer.into_inner().map_err(|error| error.into_error())?;
            self.write(&table.view, &header)?;
        }
        Ok(())
    }

    fn insert(&mut self, table: &HisTable, rows: &Batch) -> Result<(), HisError> {
        let width = table.columns.len();
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in 0..rows.rows() {
            writer.write_record((0..width).map(|column| rows.value(row, column).unwrap_or_default()))?;
        }
        let text = writer.into_inner().map_err(|error| error.into_error())?;
        self.write(&table.view, &text)
    }

    fn finish(&mut self, _layout: &Layout) -> Result<(), HisError> {
        for file in self.files.values_mut() {
            file.flush()?;
        }
        self.files.clear();
        Ok(())
    }
}
