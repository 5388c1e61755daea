//! `dipper sync doctor`: examines a source before anybody trusts it.

use crate::hospital_clock;
use crate::report::print;
use anyhow::{Context, bail};
use clap::Args;
use connect::doctor::{DoctorOptions, Severity, examine};
use std::path::PathBuf;
use sync::Configuration;

#[derive(Args)]
pub(crate) struct DoctorArgs {
    /// 配置文件
    #[arg(long, value_name = "FILE", default_value = "dipper.toml")]
    config: PathBuf,
    /// 数据源；配置中只有一个时可省略
    #[arg(long)]
    source: Option<String>,
    /// 每个视图最多读多少行（默认全部）
    #[arg(long)]
    rows: Option<u64>,
}

impl DoctorArgs {
    /// Prints the findings; exit code 2 when one of them is an error.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let configuration = Configuration::read(&self.config)?;
        let source = match (&self.source, configuration.sources.as_slice()) {
            (None, [only]) => only,
            (Some(id), all) => {
                all.iter().find(|s| s.source.id == *id).with_context(|| format!("配置中没有数据源 {id}"))?
            }
            (None, _) => bail!("配置中有 {} 个数据源，请用 --source 指定", configuration.sources.len()),
        };
        let mapping = sync::load_mapping(source)?;
        let offset = configuration.offset_seconds().map_err(anyhow::Error::msg)?;
        let options = DoctorOptions {
            now: hospital_clock::now(offset),
            most_rows: self.rows,
            history: source.history()?,
        };
        let findings = examine(&source.source, &mapping, &options, &mut |task, rows| {
            if rows.is_multiple_of(1_000_000) && rows > 0 {
                eprintln!("{task}：已读 {rows} 行");
            }
        });
        let mut text = String::new();
        for severity in [Severity::Error, Severity::Warning, Severity::Info] {
            for finding in findings.iter().filter(|finding| finding.severity == severity) {
                let task = if finding.task.is_empty() { "数据源" } else { &finding.task };
                text.push_str(&format!(
                    "[{}] {task} · {}：{}",
                    severity.chinese(),
                    finding.check.chinese(),
                    finding.message
                ));
                if !finding.example.is_empty() {
                    text.push_str(&format!("（例：{}）", finding.example));
                }
                text.push('\n');
            }
        }
        let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        text.push_str(&format!("错误 {errors}，警告 {warnings}，提示 {}\n", count(Severity::Info)));
        print(&text)?;
        if errors > 0 { bail!("接入检查有 {errors} 个错误；改正前不要采集") } else { Ok(()) }
    }
}
