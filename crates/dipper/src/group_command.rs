//! `dipper group`: cases in, groups, points, money and reasons out; streaming, in order, all cores.

use crate::line_files::{Sink, Source, bar};
use crate::pack_dir;
use anyhow::Context;
use casework::{ColumnMap, Engine, Stream, Wanted};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// Format of a case or result file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// JSON lines
    Jsonl,
    /// CSV，首行为表头
    Csv,
}

/// Encoding of a case file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Encoding {
    /// 自动识别
    Auto,
    /// UTF-8
    Utf8,
    /// GBK / GB18030
    Gbk,
}

/// 病例分组计价
#[derive(Args)]
pub(crate) struct GroupArgs {
    /// 政策包文件夹
    #[arg(long, value_name = "DIR")]
    pack: PathBuf,
    /// 病例文件；- 为标准输入
    #[arg(long = "in", value_name = "FILE", default_value = "-")]
    input: PathBuf,
    /// 结果文件；- 为标准输出
    #[arg(long = "out", value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// 输出入组与计价过程
    #[arg(long)]
    trace: bool,
    /// 输出全部候选病种
    #[arg(long)]
    candidates: bool,
    /// 输出入组方案（首选、最高分值、最优结余），只用病历已有的诊断与操作
    #[arg(long)]
    schemes: bool,
    /// 方案中也列出同类目而病历没有的诊断（仅供核对，慎用）
    #[arg(long, requires = "schemes")]
    siblings: bool,
    /// 输入格式；缺省按扩展名
    #[arg(long, value_enum)]
    from: Option<Format>,
    /// 输出格式；缺省按扩展名
    #[arg(long, value_enum)]
    to: Option<Format>,
    /// CSV 列对照文件
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// 输入编码
    #[arg(long, value_enum, default_value = "auto")]
    encoding: Encoding,
    /// 判定政策版本的日期，用于在院病例与试算；缺省按病例的出院或结算时间
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<jiff::civil::Date>,
    /// 线程数；缺省用全部处理器
    #[arg(long)]
    threads: Option<usize>,
    /// 不显示进度与汇总
    #[arg(long)]
    quiet: bool,
}

impl GroupArgs {
    /// Runs it. `Err` is for arguments, the pack and files that cannot be opened; bad cases go to the output.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let engine = Engine::new(pack_dir::load(&self.pack)?);
        let map = self.map.as_deref().map(read_map).transpose()?;
        let by_name = |path: &PathBuf, given: Option<Format>| {
            let csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
            given.unwrap_or(if csv { Format::Csv } else { Format::Jsonl })
        };
        let from = if map.is_some() { Format::Csv } else { by_name(&self.input, self.from) };
        let to = by_name(&self.output, self.to);
        anyhow::ensure!(
            to == Format::Jsonl || !(self.trace || self.candidates || self.schemes),
            "--trace、--candidates、--schemes 只能输出 JSON lines"
        );
        let source =
            Source::open(&self.input).with_context(|| format!("打不开病例文件 {}", self.input.display()))?;
        let mut sink = Sink::create(&self.output)
            .with_context(|| format!("写不了结果文件 {}", self.output.display()))?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads.unwrap_or(0)).build()?;
        let stream = Stream {
            engine: &engine,
            wanted: Wanted {
                trace: self.trace,
                candidates: self.candidates,
                schemes: self.schemes,
                siblings: self.siblings,
                as_of: self.as_of,
            },
            from: of_stream(from),
            to: of_stream(to),
            map,
            encoding: match self.encoding {
                Encoding::Auto => casework::Encoding::Auto,
                Encoding::Utf8 => casework::Encoding::Utf8,
                Encoding::Gbk => casework::Encoding::Gbk,
            },
            hospital: ("", ""),
        };
        let bar = bar(!self.quiet, source.bytes);
        let mut progress = |bytes: u64, cases: u64| {
            bar.set_position(bytes);
            bar.set_message(cases.to_string());
            true
        };
        let summary = pool.install(|| stream.run(source.reader, &mut sink.writer, None, &mut progress))?;
        sink.finish()?;
        bar.finish_and_clear();
        if !self.quiet {
            eprint!("{}", summary.text());
        }
        Ok(())
    }
}

fn read_map(path: &Path) -> anyhow::Result<ColumnMap> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("读不了列对照文件 {}", path.display()))?;
    Ok(ColumnMap::parse(&text, &path.display().to_string())?)
}

fn of_stream(format: Format) -> casework::Format {
    match format {
        Format::Jsonl => casework::Format::Jsonl,
        Format::Csv => casework::Format::Csv,
    }
}
