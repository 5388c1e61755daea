//! 文件: a folder of CSV, TXT, XLSX or XLS files.

mod csv_file;
mod metered;
mod utf16;
mod workbook_file;

use crate::error::ConnectError;
use crate::mapping::FileQuery;
use crate::open::machine_clock;
use crate::source::{Query, RowReader, Source};
use crate::source_config::{SourceConfig, SourceKind};
use std::path::{Path, PathBuf};

pub(crate) struct FilesSource {
    folder: PathBuf,
    config: SourceConfig,
}

/// One file of the folder.
struct FoundFile {
    name: String,
    path: PathBuf,
}

impl FilesSource {
    pub(crate) fn open(config: &SourceConfig) -> Result<FilesSource, ConnectError> {
        let folder = PathBuf::from(&config.address);
        if !folder.is_dir() {
            return Err(config.problem(format!("没有文件夹 {}：请核对 address", config.address)));
        }
        Ok(FilesSource { folder, config: config.clone() })
    }

    /// Files that fit the pattern, by name.
    fn find(&self, query: &FileQuery) -> Result<Vec<FoundFile>, ConnectError> {
        let disk = |error: std::io::Error| disk_error(&self.folder, &error);
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(disk)? {
            let entry = entry.map_err(disk)?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            // Office and download programs leave hidden and temporary files beside the real ones.
            let hidden = name.starts_with('.') || name.starts_with("~$");
            if !hidden && query.fits(&name) && entry.path().is_file() {
                found.push(FoundFile { name, path: entry.path() });
            }
        }
        if found.is_empty() {
            let folder = self.folder.display().to_string();
            return Err(ConnectError::NoFile { folder, pattern: query.pattern.clone() });
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }
}

impl Source for FilesSource {
    fn kind(&self) -> SourceKind {
        SourceKind::Files
    }

    fn now(&mut self) -> Result<i64, ConnectError> {
        machine_clock(&self.config)
    }

    fn read(&mut self, query: &Query<'_>, reader: &mut dyn RowReader) -> Result<u64, ConnectError> {
        let Query::File(query) = query else {
            return Err(ConnectError::Query { reason: "文件数据源没有 SQL".to_owned() });
        };
        let mut rows = 0;
        for file in self.find(query)? {
            let done = if workbook_file::is_one(&file)? {
                workbook_file::read(&file, query, reader)?
            } else {
                csv_file::read(&file, query, self.config.charset, reader)?
            };
            rows += done.rows;
            if done.stopped {
                break;
            }
        }
        Ok(rows)
    }
}

/// What was read of one file.
struct Done {
    rows: u64,
    stopped: bool,
}

fn disk_error(file: &Path, error: &std::io::Error) -> ConnectError {
    ConnectError::Disk { file: file.display().to_string(), reason: error.to_string() }
}
