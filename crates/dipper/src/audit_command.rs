//! `dipper audit`: stays and their charge lines in, findings out; streaming, in order, all cores.

mod import;

use crate::line_files::{Sink, Source, bar};
use anyhow::Context;
use audit::{Engine, Rule, RuleFiles, RulePack, Scratch, StayError, read_rules, read_stay};
use clap::{Args, Subcommand};
use import::ImportArgs;
use rayon::prelude::*;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

/// Lines a batch.
const BATCH: usize = 2_048;
/// Bytes a batch, about; keeps batches of long stays small.
const BATCH_BYTES: u64 = 16 << 20;

/// 收费审核
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    other: Option<Other>,
    #[command(flatten)]
    audit: JudgeArgs,
}

#[derive(Subcommand)]
enum Other {
    Import(ImportArgs),
}

impl AuditArgs {
    /// Runs it. `Err` is for arguments, the rules and files that cannot be opened; bad stays go to the output.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.other {
            Some(Other::Import(import)) => import.run(),
            None => self.audit.run(),
        }
    }
}

#[derive(Args)]
struct JudgeArgs {
    /// 规则文件（每行一条规则，或一个 JSON 列表）、规则包文件夹，或内置规则包的名字（sample）
    #[arg(long, value_name = "FILE|DIR|NAME", required = true)]
    rules: Option<PathBuf>,
    /// 就诊文件：每行一个就诊及其费用明细（JSON）；- 为标准输入
    #[arg(long = "in", value_name = "FILE", default_value = "-")]
    input: PathBuf,
    /// 结果文件；- 为标准输出
    #[arg(long = "out", value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// 线程数；缺省用全部处理器
    #[arg(long)]
    threads: Option<usize>,
    /// 不显示进度与汇总
    #[arg(long)]
    quiet: bool,
}

/// What a run counted.
#[derive(Clone, Copy, Default)]
struct Summary {
    stays: u64,
    with_findings: u64,
    findings: u64,
    excess: i64,
    errors: u64,
}

impl JudgeArgs {
    fn run(self) -> anyhow::Result<()> {
        let rules = rules(&self.rules.context("缺少 --rules")?)?;
        let engine = Engine::new(rules);
        let source =
            Source::open(&self.input).with_context(|| format!("打不开就诊文件 {}", self.input.display()))?;
        let mut sink = Sink::create(&self.output)
            .with_context(|| format!("写不了结果文件 {}", self.output.display()))?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads.unwrap_or(0)).build()?;
        let bar = bar(!self.quiet, source.bytes);
        let mut reader = BufReader::with_capacity(1 << 20, source.reader);
        let (mut summary, mut first, mut bytes) = (Summary::default(), 1, 0);
        loop {
            let (lines, read) = batch(&mut reader).context("读就诊文件出错")?;
            if lines.is_empty() {
                break;
            }
            let answers: Vec<(Vec<u8>, Summary)> = pool.install(|| {
                let numbered = lines.par_iter().enumerate().with_min_len(16);
                numbered
                    .map_init(Scratch::default, |scratch, (at, line)| {
                        judge(&engine, line, first + at, scratch)
                    })
                    .collect()
            });
            for (answer, part) in answers {
                sink.writer.write_all(&answer)?;
                summary.add(part);
            }
            first += lines.len();
            bytes += read;
            bar.set_position(bytes);
            bar.set_message(summary.stays.to_string());
        }
        sink.finish()?;
        bar.finish_and_clear();
        if !self.quiet {
            eprintln!("{}", summary.text());
        }
        Ok(())
    }
}

/// The rules of a file, of a pack's folder, or of a built-in pack.
fn rules(from: &Path) -> anyhow::Result<Vec<Rule>> {
    let built_in = || from.to_str().filter(|_| !from.exists()).and_then(RulePack::built_in);
    let files = if from.is_dir() { Some(folder(from)?) } else { built_in() };
    if let Some(files) = files {
        let pack = RulePack::load(&files);
        return Ok(pack.with_context(|| format!("规则包 {} 未载入", from.display()))?.rules);
    }
    let text = std::fs::read_to_string(from)
        .with_context(|| format!("读不了规则文件 {}（应为 UTF-8）", from.display()))?;
    read_rules(&text).map_err(|errors| {
        let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("规则文件有 {} 处错误，未审核：\n{}", all.len(), all.join("\n"))
    })
}

fn folder(dir: &Path) -> anyhow::Result<RuleFiles> {
    let mut files = RuleFiles::new();
    for entry in std::fs::read_dir(dir).with_context(|| format!("打不开文件夹 {}", dir.display()))? {
        let path = entry?.path();
        if path.is_file() {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let bytes = std::fs::read(&path).with_context(|| format!("读不了 {}", path.display()))?;
            files.insert(name, bytes);
        }
    }
    Ok(files)
}

/// Some lines, without their ends, and their bytes; none at the end of the file.
fn batch(reader: &mut impl BufRead) -> std::io::Result<(Vec<Vec<u8>>, u64)> {
    let (mut lines, mut bytes) = (Vec::new(), 0);
    while lines.len() < BATCH && bytes < BATCH_BYTES {
        let mut line = Vec::new();
        let read = reader.read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        bytes += read as u64;
        lines.push(line);
    }
    Ok((lines, bytes))
}

/// The answer to a line; nothing to a blank one.
fn judge(engine: &Engine, line: &[u8], number: usize, scratch: &mut Scratch) -> (Vec<u8>, Summary) {
    let text = std::str::from_utf8(line).map(|text| text.trim_start_matches('\u{feff}').trim());
    let mut summary = Summary::default();
    let read = match text {
        Ok("") => return (Vec::new(), summary),
        Ok(text) => read_stay(text),
        Err(_) => Err(StayError {
            id: Value::Null,
            field: "JSON".to_owned(),
            problem: "本行不是 UTF-8 文本，请另存为 UTF-8".to_owned(),
        }),
    };
    let answer = match read {
        Ok(document) => {
            let verdict = engine.judge(&document.stay, scratch);
            summary.stays = 1;
            summary.with_findings = u64::from(!verdict.findings.is_empty() || !verdict.suspicions.is_empty());
            summary.findings = (verdict.findings.len() + verdict.suspicions.len()) as u64;
            summary.excess = verdict.findings.iter().map(|finding| finding.excess).sum();
            document.answer(engine.rules(), &verdict)
        }
        Err(error) => {
            summary.errors = 1;
            json!({ "line": number, "id": error.id, "field": error.field, "error": format!("第 {number} 行：{error}") })
        }
    };
    (format!("{answer}\n").into_bytes(), summary)
}

impl Summary {
    fn add(&mut self, other: Summary) {
        self.stays += other.stays;
        self.with_findings += other.with_findings;
        self.findings += other.findings;
        self.excess = self.excess.saturating_add(other.excess);
        self.errors += other.errors;
    }

    fn text(self) -> String {
        let money = format!("{}.{:02}", self.excess / 100, self.excess % 100);
        format!(
            "审核 {} 例，其中 {} 例有违规，共 {} 条，金额 {money} 元；{} 行出错",
            self.stays, self.with_findings, self.findings, self.errors
        )
    }
}
