//! `dipper audit import`: published tables to a rule file, with a report of every row that is not as it should be.

use crate::line_files::Sink;
use anyhow::Context;
use audit::{ImportDescription, ImportedRules, NoteKind, import_rules};
use clap::Args;
use std::io::Write;
use std::path::PathBuf;

/// 把公布的知识点（CSV、XLSX）转换为规则文件，逐行报告重复、矛盾与错误
#[derive(Args)]
pub(super) struct ImportArgs {
    /// 导入说明（TOML）：哪个文件的哪一列是什么
    #[arg(long, value_name = "FILE")]
    description: PathBuf,
    /// 数据文件夹
    #[arg(long = "in", value_name = "DIR")]
    folder: PathBuf,
    /// 规则文件；- 为标准输出
    #[arg(long = "out", value_name = "FILE", default_value = "-")]
    output: PathBuf,
}

impl ImportArgs {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let text = std::fs::read_to_string(&self.description)
            .with_context(|| format!("读不了导入说明 {}", self.description.display()))?;
        let description = ImportDescription::read(&text)
            .map_err(|error| anyhow::anyhow!("导入说明 {} 有误：{error}", self.description.display()))?;
        let imported = import_rules(&description, |name| std::fs::read(self.folder.join(name)).ok())
            .map_err(|errors| {
                let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
                anyhow::anyhow!("转换出的规则有 {} 处错误，未写文件：\n{}", all.len(), all.join("\n"))
            })?;
        let mut sink = Sink::create(&self.output)
            .with_context(|| format!("写不了规则文件 {}", self.output.display()))?;
        sink.writer.write_all(imported.text().as_bytes())?;
        sink.finish()?;
        eprint!("{}", report(&imported));
        Ok(())
    }
}

fn report(imported: &ImportedRules) -> String {
    let mut report = String::new();
    for note in &imported.notes {
        report.push_str(&format!("{}:{} {}：{}\n", note.file, note.line, note.kind.name(), note.message));
    }
    for (file, rows) in &imported.rows {
        report.push_str(&format!("{file}：{rows} 行\n"));
    }
    let rows: usize = imported.rows.values().sum();
    report.push_str(&format!("共 {rows} 行，成为 {} 条规则", imported.documents.len()));
    for kind in NoteKind::ALL {
        report.push_str(&format!("；{} {} 处", kind.name(), imported.count(kind)));
    }
    report + "\n"
}
