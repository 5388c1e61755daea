//! `dipper terms import`: a file into a catalogue, shown before anything changes.

use super::column_map::MapFile;
use super::import_report::{Imported, report};
use super::target::Place;
use super::{Outcome, day, kind};
use anyhow::{Context, ensure};
use model::Changes;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use sync::terminology::CatalogueTrial;
use terms::table::{Hint, read_table};
use terms::{
    Catalogue, ColumnMap, EDITION, Import, Layout, Mode, Record, Table, TableError, VALID_FROM, VALID_TO,
};

/// Arguments of `dipper terms import`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// 目录种类，如 diagnosis_insurer、drug；dipper terms list 列出全部
    #[arg(long)]
    kind: String,
    /// 要导入的表（.csv、.tsv、.xlsx、.xls）
    #[arg(long = "in")]
    pub(super) input: PathBuf,
    /// 列对应文件（TOML）；不给则按导入模板的列名
    #[arg(long)]
    map: Option<PathBuf>,
    /// 版本，用于文件中没有填写的行
    #[arg(long)]
    edition: Option<String>,
    /// 生效日期，用于文件中没有填写的行
    #[arg(long)]
    from: Option<String>,
    /// 失效日期，用于文件中没有填写的行
    #[arg(long)]
    to: Option<String>,
    /// 增量：文件中没有的编码保留；不加为全量，列为删除
    #[arg(long)]
    incremental: bool,
    /// 写入目录；不加则只比对
    #[arg(long)]
    apply: bool,
    /// 有出错行时仍写入其余各行（此时不删除）
    #[arg(long)]
    skip_wrong: bool,
    /// 列出全部明细
    #[arg(long)]
    all: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let layout = kind::of(&arguments.kind)?;
    let target = arguments.place.open(layout)?;
    let (table, import) = read(arguments, layout)?;
    let plan = plan(arguments, target.catalogue(), &table, &import)?;
    let trial = CatalogueTrial {
        layout,
        seen: target.seen(),
        mode: import.mode,
        plan,
        rows: table.len() + table.wrong.len(),
        unused: terms::unused_columns(layout, &import.columns, table.header()),
    };
    let imported = Imported {
        layout,
        input: &arguments.input,
        target: target.name(),
        unused: trial.unused.clone(),
        rows: trial.rows,
        mode: import.mode,
        is_new: target.is_new(),
    };
    let mut text = report(&imported, &trial.plan, arguments.all)?;
    let (wrong, kept, changes) = (trial.plan.wrong.len(), trial.held_back(), trial.changes_something());
    if !arguments.apply {
        if changes || kept > 0 {
            writeln!(text, "以上为预演，尚未写入；确认无误后加 --apply 写入。")?;
        }
        if wrong > 0 {
            writeln!(text, "有 {wrong} 行出错：请改正后重新导入；只写入其余各行，用 --apply --skip-wrong。")?;
        }
    } else if wrong > 0 && !arguments.skip_wrong {
        let refused =
            format!("{wrong} 行出错，未写入：请按提示改正后重新导入，或加 --skip-wrong 只写入其余各行");
        return Ok(Outcome { text, refused });
    } else if changes {
        let name = arguments.input.file_name().unwrap_or_default().to_string_lossy();
        text.push_str(&target.write(trial, &name)?);
    }
    if arguments.apply && kept > 0 {
        writeln!(
            text,
            "有出错行，{kept} 个拟删除的编码保留：它们可能就在出错的行里；改正后重新导入再删除。"
        )?;
    }
    if !changes && kept == 0 && wrong == 0 {
        writeln!(text, "与现有目录一致，无需写入。")?;
    }
    Ok(Outcome::from(text))
}

/// The file's rows with the settings that read them.
fn read(arguments: &Arguments, layout: &'static Layout) -> anyhow::Result<(Table, Import)> {
    let map = arguments.map.as_deref().map(|path| MapFile::read(path, layout)).transpose()?;
    let hint = map.as_ref().map(MapFile::hint).unwrap_or_default();
    let table = read_file(&arguments.input, &hint)?;
    let mut defaults: Vec<(String, String)> = Vec::new();
    let (table, columns) = match map {
        Some(map) => {
            defaults.extend(map.defaults);
            (table, ColumnMap::new(map.columns))
        }
        None => {
            let table = terms::with_spellings(layout, &table);
            let columns = ColumnMap::of_template(layout, &table);
            (table, columns)
        }
    };
    // Later ones win: what is typed counts more than what the map file holds.
    if let Some(edition) = &arguments.edition {
        defaults.push((EDITION.to_owned(), edition.clone()));
    }
    for (field, option, written) in
        [(VALID_FROM, "--from", &arguments.from), (VALID_TO, "--to", &arguments.to)]
    {
        if let Some(written) = written {
            defaults.push((field.to_owned(), day::read(option, written)?.to_string()));
        }
    }
    ensure!(
        !table.is_empty() || !table.wrong.is_empty(),
        "{} 只有表头，没有数据行：请核对导出是否完整",
        arguments.input.display()
    );
    let mode = if arguments.incremental { Mode::Incremental } else { Mode::Full };
    Ok((table, Import { columns, defaults, mode }))
}

fn read_file(path: &Path, hint: &Hint) -> anyhow::Result<Table> {
    let bytes = std::fs::read(path).with_context(|| format!("打不开 {}", path.display()))?;
    read_table(&bytes, hint).with_context(|| format!("读不了 {}", path.display()))
}

fn plan(
    arguments: &Arguments,
    catalogue: &Catalogue,
    table: &Table,
    import: &Import,
) -> anyhow::Result<Changes<Record>> {
    catalogue.plan(table, import).map_err(|error| {
        let layout = catalogue.layout();
        let header = table.header().iter().filter(|title| !title.is_empty()).map(String::as_str);
        let columns = header.collect::<Vec<_>>().join("、");
        let remedy = match &error {
            TableError::UnmappedField { field } => {
                let option = layout.fields.iter().find(|known| known.title == field).map(|known| known.id);
                match option {
                    Some(EDITION) => "文件中没有版本时用 --edition 2.0 统一填写；".to_owned(),
                    Some(VALID_FROM) => "文件中没有生效日期时用 --from 2024-01-01 统一填写；".to_owned(),
                    _ => String::new(),
                }
            }
            _ => String::new(),
        };
        let template = format!("模板：dipper terms template --kind {} --out 模板.xlsx", layout.id);
        anyhow::anyhow!("{}：{error}。{remedy}文件的列：{columns}；{template}", arguments.input.display())
    })
}
