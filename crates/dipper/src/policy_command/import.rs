//! `dipper policy import`: a published catalogue into a pack, shown before anything changes.

use crate::pack_dir;
use crate::replace_file;
use crate::report::{SHOWN, row_message, section};
use anyhow::Context;
use policy::PackFiles;
use policy::catalogue_text::CatalogueText;
use policy::import::{self, ColumnMap, Plan};
use policy::tables::column_title;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use terms::Table;
use terms::table::{Hint, read_table};

const CATALOGUE: &str = "catalogue.csv";
/// Arguments of `dipper policy import`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// 政策包文件夹
    #[arg(long)]
    pub(super) pack: PathBuf,
    /// 公布的分值库，或本系统导出、模板填写的表（.csv、.xlsx、.xls）
    #[arg(long = "in")]
    pub(super) input: PathBuf,
    /// 统计文件（次均费用、例数等），按病种编码对应
    #[arg(long)]
    pub(super) stats: Option<PathBuf>,
    /// 列对应文件；默认用政策包中的 import.toml
    #[arg(long)]
    pub(super) map: Option<PathBuf>,
    /// 写入政策包；不加则只比对
    #[arg(long)]
    pub(super) apply: bool,
}

/// What to print, and why nothing was or may be written.
pub(super) struct Outcome {
    pub(super) text: String,
    pub(super) refused: String,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    // The folder's own catalogue, not an inherited one: what an import replaces.
    let own = std::fs::read(arguments.pack.join(CATALOGUE)).ok();
    let files = pack_dir::read(&arguments.pack)?;
    let (map, table) = catalogue(arguments, &files)?;
    let statistics = match (&arguments.stats, &map.statistics) {
        (None, _) => None,
        (Some(path), of) => Some(read(path, &of.as_ref().map(|of| of.hint.clone()).unwrap_or_default())?),
    };
    let imported = import::import(&map, &table, statistics.as_ref())?;
    let plan = import::plan(&files, imported);
    let mut text = report(arguments, &files, &plan)?;
    let mut refused = String::new();
    if !plan.may_apply() {
        let rows = plan.changes.wrong.len();
        refused = if rows > 0 {
            format!("{rows} 行出错，未写入：请按提示改正后重新导入")
        } else {
            "导入后整包未通过校验，未写入：请先改正上列问题".to_owned()
        };
    } else if !plan.changes_anything() {
        writeln!(text, "与现有目录一致，无需写入。")?;
    } else if arguments.apply {
        text.push_str(&apply(arguments, own.as_deref(), &plan)?);
    } else {
        writeln!(text, "以上为预演，尚未写入；确认无误后加 --apply 写入。")?;
    }
    Ok(Outcome { text, refused })
}

/// The catalogue with the map that reads it: our own exports need none.
fn catalogue(arguments: &Arguments, files: &PackFiles) -> anyhow::Result<(ColumnMap, Table)> {
    let bytes = bytes(&arguments.input)?;
    let Some(path) = &arguments.map else {
        let read = import::read_catalogue(files, &bytes);
        return read
            .with_context(|| format!("读不了 {}；列对应也可用 --map 给出", arguments.input.display()));
    };
    let map = ColumnMap::read(&path.display().to_string(), &self::bytes(path)?)
        .map_err(|problems| anyhow::anyhow!("列对应有 {} 个问题：\n{problems}", problems.0.len()))?;
    let table =
        read_table(&bytes, &map.hint).with_context(|| format!("读不了 {}", arguments.input.display()))?;
    Ok((map, table))
}

fn read(path: &Path, hint: &Hint) -> anyhow::Result<Table> {
    read_table(&bytes(path)?, hint).with_context(|| format!("读不了 {}", path.display()))
}

fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("打不开 {}", path.display()))
}

fn report(arguments: &Arguments, files: &PackFiles, plan: &Plan) -> anyhow::Result<String> {
    let mut text = String::new();
    let changes = &plan.changes;
    writeln!(text, "导入 {} → {}", arguments.input.display(), arguments.pack.display())?;
    writeln!(text, "{}", changes.summary())?;
    if plan.imported.skipped > 0 {
        writeln!(text, "按规则跳过 {} 行", plan.imported.skipped)?;
    }
    if plan.reordered {
        writeln!(text, "行序有变化：行序是最后的择优依据")?;
    }
    if plan.evidence_changed > 0 {
        writeln!(text, "依据有变化 {} 行", plan.evidence_changed)?;
    }
    for note in &plan.imported.notes {
        writeln!(text, "说明：{note}")?;
    }
    let line = |group: &policy::Group| format!("{} {}，{} 分", group.code, group.name, group.points);
    section(&mut text, "新增", SHOWN, changes.added.iter().map(line))?;
    let (old, new) =
        (CatalogueText::new(files.get(CATALOGUE)), CatalogueText::new(plan.files.get(CATALOGUE)));
    let changed = changes.changed.iter().map(|change| {
        let cells = old.changes(&new, &change.after.code).into_iter();
        let cells: Vec<String> =
            cells.map(|c| format!("{} “{}”→“{}”", column_title(c.column), c.before, c.after)).collect();
        format!("{} {}：{}", change.after.code, change.after.name, cells.join("，"))
    });
    section(&mut text, "修改", SHOWN, changed)?;
    section(&mut text, "删除", SHOWN, changes.removed.iter().map(line))?;
    section(&mut text, "提示", SHOWN, plan.imported.warnings.iter().map(row_message))?;
    section(&mut text, "出错", SHOWN, changes.wrong.iter().map(row_message))?;
    match &plan.policy {
        Some(_) if !changes.wrong.is_empty() => {}
        Some(policy) => writeln!(text, "导入后整包校验通过：{}", policy.hash)?,
        None if plan.problems.0.is_empty() => {}
        None => writeln!(text, "导入后整包校验有 {} 个问题：\n{}", plan.problems.0.len(), plan.problems)?,
    }
    Ok(text)
}

/// Writes the catalogue of a plan into the pack's own folder; a parent's catalogue is never touched.
fn apply(arguments: &Arguments, planned_on: Option<&[u8]>, plan: &Plan) -> anyhow::Result<String> {
    let path = arguments.pack.join(CATALOGUE);
    let kept = replace_file::replace(&path, planned_on, plan.imported.catalogue.as_bytes())?;
    let mut text = format!("已写入 {}。\n", path.display());
    if let Some(kept) = kept {
        writeln!(text, "原目录保存为 {}（载入政策包时不读取）。", kept.display())?;
    }
    Ok(text)
}
