//! `dipper bench`: the speeds of `design.md` 9 on this machine, each beside a peer measured in the same run.

mod audit;
mod audit_peers;
mod engines;
mod hospital;
mod peers;
mod reports;
mod service;
mod web;

use clap::Args;
use std::path::PathBuf;

/// 测速：分组、计价、检索、采集、重算、分析库，并与对照实现同场比较
#[derive(Args)]
pub(crate) struct BenchArgs {
    /// 政策包文件夹，或内置政策包名
    #[arg(long, value_name = "DIR", default_value = "sample/2025")]
    pack: Vec<PathBuf>,
    /// 病例数（分组计价）
    #[arg(long, default_value_t = 200_000)]
    cases: usize,
    /// 编码检索用的编码表（CSV：code,name），可多个
    #[arg(long, value_name = "FILE")]
    terms: Vec<PathBuf>,
    /// 合成医院的出院病例数；0 不测采集与分析库
    #[arg(long, default_value_t = 200_000)]
    discharges: u32,
    /// 合成医院的数据文件夹；测完删除
    #[arg(long, value_name = "DIR", default_value = "out/bench")]
    data: PathBuf,
    /// 沿用上次的数据文件夹，测完保留
    #[arg(long)]
    keep: bool,
    /// 同场对照的 PostgreSQL（可建库的地址）；默认取环境变量 DIPPER_TEST_POSTGRES
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// 不测分组、计价与检索
    #[arg(long)]
    hospital_only: bool,
    /// 只测网页，用上次保留的数据（--keep）
    #[arg(long, requires = "keep")]
    pages_only: bool,
    /// 只测网页时，病例放大的倍数（明细除外）
    #[arg(long, default_value_t = 1, requires = "pages_only")]
    times: u32,
    /// 只测审核，用数据文件夹里已有的分析库与费用列快照
    #[arg(long)]
    audit_only: bool,
}

impl BenchArgs {
    /// Measures and prints the table.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        println!("{}", machine());
        println!("| 工作 | 数据 | 本次 | 要求 | 对照（同场） |\n|---|---|---|---|---|");
        let postgres = self.postgres.or_else(|| std::env::var("DIPPER_TEST_POSTGRES").ok());
        let postgres = postgres.as_deref();
        if self.audit_only {
            return audit::of_folder(&self.data, postgres);
        }
        if !self.hospital_only && !self.pages_only {
            engines::Engines { packs: &self.pack, cases: self.cases, terms: &self.terms }.run()?;
        }
        if self.discharges > 0 {
            let parts = hospital::Parts { keep: self.keep, pages_only: self.pages_only, times: self.times };
            hospital::run(self.discharges, &self.data, parts, postgres)?;
        }
        Ok(())
    }
}

/// `1234567` → `1 234 567`.
fn spaced(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Processor and core count, as the machine names itself.
fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("未知处理器");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("机器：{}，{cores} 核\n", model.trim_start_matches([' ', '\t', ':']))
}
