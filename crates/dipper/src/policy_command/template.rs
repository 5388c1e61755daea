//! `dipper policy template`: an empty catalogue with explanations and examples.

use crate::export_file::{csv, is_csv};
use crate::replace_file;
use policy::pack_export::{template, template_workbook};
use std::path::Path;

pub(super) fn run(out: &Path) -> anyhow::Result<String> {
    let bytes = if is_csv(out)? { csv(&template())? } else { template_workbook()? };
    replace_file::write(out, &bytes)?;
    Ok(format!("模板已写到 {}\n", out.display()))
}
