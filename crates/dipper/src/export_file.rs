//! 导出文件: the format that a path asks for.

use anyhow::bail;
use std::path::Path;
pub(crate) use terms::export::csv;

/// Whether a path asks for CSV; anything but `.csv` and `.xlsx` is refused.
pub(crate) fn is_csv(path: &Path) -> anyhow::Result<bool> {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => Ok(true),
        Some("xlsx") => Ok(false),
        _ => bail!("{}：请写成 .xlsx 或 .csv 结尾的文件名", path.display()),
    }
}
