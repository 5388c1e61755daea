//! `dipper terms map`: codes of one edition in the other, both directions.

use super::{catalogue_folder, day, kind};
use anyhow::{Context, ensure};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use terms::layouts::{DIAGNOSIS_MAP, PROCEDURE_MAP};
use terms::{Catalogue, CodeMap};

/// Arguments of `dipper terms map`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// 目录文件夹
    #[arg(long)]
    dir: PathBuf,
    /// 对照种类：diagnosis_map 或 procedure_map
    #[arg(long)]
    kind: String,
    /// 编码
    #[arg(required = true)]
    codes: Vec<String>,
    /// 反查：医保版 → 临床版
    #[arg(long)]
    reverse: bool,
    /// 只查哪一天有效的对照，缺省今天
    #[arg(long)]
    as_of: Option<String>,
    /// 只查哪一版本，缺省全部
    #[arg(long)]
    edition: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<String> {
    let layout = kind::of(&arguments.kind)?;
    ensure!(
        layout.is_map(),
        "{}不是对照：--kind 可选 {}",
        layout.title,
        kind::listed([&DIAGNOSIS_MAP, &PROCEDURE_MAP])
    );
    let on = day::as_of(arguments.as_of.as_deref())?;
    // Both code columns hold codes of one kind.
    let field = layout.fields.first().context("对照没有编码列")?;
    let mut codes = Vec::new();
    for written in &arguments.codes {
        codes.push(field.read(written.trim()).map_err(anyhow::Error::msg)?);
    }
    let catalogue = catalogue_folder::load(&arguments.dir, layout)?;
    let map = CodeMap::of(&catalogue, arguments.edition.as_deref(), on);
    let names = Names::of(&catalogue);
    let mut text = String::new();
    let direction = if arguments.reverse { "医保版 → 临床版" } else { "临床版 → 医保版" };
    writeln!(text, "{direction}，{on} 有效 {} 对", map.len())?;
    for code in &codes {
        if arguments.reverse {
            backward(&mut text, &map, &names, code)?;
        } else {
            forward(&mut text, &map, &names, code)?;
        }
    }
    Ok(text)
}

/// Targets of a clinical code, and who else leads there.
fn forward(text: &mut String, map: &CodeMap, names: &Names<'_>, code: &str) -> std::fmt::Result {
    let targets: Vec<&str> = map.targets(code).collect();
    writeln!(text, "{}：{}", with_name(&names.clinical, code), count(targets.len(), "医保版"))?;
    for target in targets {
        writeln!(text, "  → {}", with_name(&names.insurer, target))?;
        let others: Vec<String> = map
            .sources(target)
            .filter(|source| *source != code)
            .map(|source| with_name(&names.clinical, source))
            .collect();
        if !others.is_empty() {
            writeln!(text, "    另有 {} 个临床版编码对到它：{}", others.len(), others.join("、"))?;
        }
    }
    Ok(())
}

/// Sources of an insurer's code, and where else they lead.
fn backward(text: &mut String, map: &CodeMap, names: &Names<'_>, code: &str) -> std::fmt::Result {
    let sources: Vec<&str> = map.sources(code).collect();
    writeln!(text, "{}：{}", with_name(&names.insurer, code), count(sources.len(), "临床版"))?;
    for source in sources {
        writeln!(text, "  ← {}", with_name(&names.clinical, source))?;
        let others: Vec<String> = map
            .targets(source)
            .filter(|target| *target != code)
            .map(|target| with_name(&names.insurer, target))
            .collect();
        if !others.is_empty() {
            writeln!(text, "    它还对到 {} 个医保版编码：{}", others.len(), others.join("、"))?;
        }
    }
    Ok(())
}

fn count(codes: usize, edition: &str) -> String {
    if codes == 0 {
        format!("没有对照：请核对编码与日期，或补充{edition}对照")
    } else {
        format!("{codes} 个{edition}编码")
    }
}

/// Names of the codes as the map's own rows give them.
struct Names<'c> {
    clinical: BTreeMap<&'c str, &'c str>,
    insurer: BTreeMap<&'c str, &'c str>,
}

impl<'c> Names<'c> {
    fn of(catalogue: &'c Catalogue) -> Names<'c> {
        let layout = catalogue.layout();
        let names = |code, name| {
            let records = catalogue.records().iter();
            records.map(|record| (record.get(layout, code), record.get(layout, name))).collect()
        };
        Names {
            clinical: names("clinical_code", "clinical_name"),
            insurer: names("insurer_code", "insurer_name"),
        }
    }
}

fn with_name(names: &BTreeMap<&str, &str>, code: &str) -> String {
    let name = names.get(code).copied().unwrap_or_default();
    format!("{code} {name}").trim_end().to_owned()
}
