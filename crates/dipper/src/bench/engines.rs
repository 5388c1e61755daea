//! The engines' speeds: grouping, pricing, explaining, code search.

use super::spaced;
use crate::pack_dir;
use casework::Engine;
use grouper::Scratch;
use hospital::CaseMix;
use model::{Case, Code};
use policy::{ClassRule, DiagnosisPattern, OperationClass, Policy};
use settle::Ask;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What is measured.
pub(super) struct Engines<'a> {
    pub(super) packs: &'a [PathBuf],
    pub(super) cases: usize,
    pub(super) terms: &'a [PathBuf],
}

impl Engines<'_> {
    /// Measures and prints its rows of the table.
    pub(super) fn run(&self) -> anyhow::Result<()> {
        for pack in self.packs {
            let engine = Engine::new(pack_dir::load(pack)?);
            let data = format!(
                "{}，{} 病种，{} 例",
                engine.policy().identity.id,
                engine.policy().groups.len(),
                self.cases
            );
            let cases: Vec<Case> = CaseMix::new(engine.policy(), 7).take(self.cases).collect();
            let scan = per_second(cases.len() / 100, || {
                for case in cases.iter().step_by(100) {
                    black_box(scan(engine.policy(), case));
                }
            });
            let mut scratch = Scratch::default();
            let group = per_second(cases.len(), || {
                for case in &cases {
                    black_box(engine.grouper.group(case, &mut scratch));
                }
            });
            row("仅分组，单线程", &data, group, "—", &format!("逐行扫描目录 {} 例/秒", spaced(scan)));
            let priced = per_second(cases.len(), || {
                for case in &cases {
                    if let Some(group) = engine.grouper.group(case, &mut scratch).group() {
                        black_box(engine.pricer.price(case, group, &Ask::default()));
                    }
                }
            });
            row(
                "分组+计价，单线程",
                &data,
                priced,
                "≥ 1 000 000 例/秒",
                &format!("逐行扫描目录 {} 例/秒", spaced(scan)),
            );
            let sample: Vec<&Case> = cases.iter().take(cases.len() / 10).collect();
            let recorded = per_second(sample.len(), || {
                for case in &sample {
                    let explanation = engine.grouper.explain(case);
                    if let Some(group) = explanation.grouping.group() {
                        black_box(engine.pricer.explain(case, group, &Ask::default()));
                    }
                    black_box(&explanation);
                }
            });
            row("分组+计价+过程记录，单线程", &data, recorded, "≥ 100 000 例/秒", "—");
            let written = per_second(sample.len(), || {
                for case in &sample {
                    let explanation = engine.grouper.explain(case);
                    if let Some(group) = explanation.grouping.group() {
                        for step in engine.pricer.explain(case, group, &Ask::default()) {
                            black_box(step.sentence(engine.policy()));
                        }
                    }
                    black_box(explanation.steps());
                }
            });
            row("分组+计价+过程成文（中文），单线程", &data, written, "≥ 100 000 例/秒", "—");
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            let all = per_second(cases.len(), || {
                use rayon::prelude::*;
                cases.par_iter().for_each_init(Scratch::default, |scratch, case| {
                    if let Some(group) = engine.grouper.group(case, scratch).group() {
                        black_box(engine.pricer.price(case, group, &Ask::default()));
                    }
                });
            });
            row(
                &format!("分组+计价，{threads} 线程"),
                &data,
                all,
                "1 000 000 例 ≤ 10 秒（含存储，问题 3）",
                "—",
            );
        }
        search(self.terms)
    }
}

/// Best of five runs: the machine's other work can only slow a run down.
fn best(mut work: impl FnMut()) -> Duration {
    let run = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..5).map(|_| run(&mut work)).min().unwrap_or_default()
}

fn per_second(count: usize, work: impl FnMut()) -> u128 {
    count as u128 * 1_000_000_000 / best(work).as_nanos().max(1)
}

fn row(work: &str, data: &str, speed: u128, bar: &str, peer: &str) {
    println!("| {work} | {data} | {} 例/秒 | {bar} | {peer} |", spaced(speed));
}

/// The peer: what a program does that reads the catalogue row by row for every case, as spreadsheets and scripts do.
fn scan(policy: &Policy, case: &Case) -> Option<usize> {
    let principal = case.principal_diagnosis.code.as_str();
    let class =
        |code: &Code| policy.operations.get(code).map_or(OperationClass::Conservative, |row| row.class);
    let highest = case.procedures.iter().map(|p| class(&p.code)).max().unwrap_or_default();
    let fits = |any_of: &Vec<Code>| any_of.iter().any(|code| case.procedures.iter().any(|p| p.code == *code));
    let mut best: Option<(usize, usize)> = None;
    for (at, group) in policy.groups.iter().enumerate() {
        let diagnosis = group.diagnosis.iter().any(|pattern| match pattern {
            DiagnosisPattern::Prefix(code) => principal.starts_with(code.as_str()),
            other => other.fits(principal),
        });
        let operations = group.main_operation.iter().chain(&group.related_operation).all(fits);
        let class = group.class_rule.is_none_or(|rule| rule == ClassRule::Class(highest));
        let terms = group.main_operation.len() + group.related_operation.len();
        if diagnosis && operations && class && best.is_none_or(|(most, _)| terms > most) {
            best = Some((terms, at));
        }
    }
    best.map(|(_, at)| at)
}

/// Queries a coder types: code, Chinese, initials, pinyin, mixed, several words.
const QUERIES: [&str; 10] =
    ["I10", "高血压", "gxy", "gaoxueya", "高xy", "性", "z", "糖尿病 肾", "lc ld", "47.01"];

fn search(files: &[PathBuf]) -> anyhow::Result<()> {
    let mut terms: Vec<(String, String)> = Vec::new();
    for file in files {
        let table = terms::table::read_table(&std::fs::read(file)?, &terms::table::Hint::default())?;
        let (code, name) = (table.column("code")?, table.column("name")?);
        terms.extend(table.rows().map(|row| (row.get(code).to_owned(), row.get(name).to_owned())));
    }
    if terms.is_empty() {
        println!("| 编码检索 | 未给出 --terms，略过 | — | ≤ 5 毫秒 | — |");
        return Ok(());
    }
    // Up to 50,000 terms, the size of the bar.
    let given = terms.len();
    for at in 0..50_000_usize.saturating_sub(given) {
        if let Some((code, name)) = terms.get(at).cloned() {
            terms.push((format!("{code}y{at}"), name));
        }
    }
    let index = terms::search::Index::new(terms.iter().map(|(code, name)| (code.as_str(), name.as_str())));
    for query in QUERIES {
        let found = index.search(query, 20, None).total;
        let time = best(|| {
            black_box(index.search(query, 20, None));
        });
        let scan = best(|| {
            black_box(
                terms.iter().filter(|(code, name)| code.contains(query) || name.contains(query)).count(),
            );
        });
        let (time, scan) = (micros(time), micros(scan));
        println!(
            "| 编码检索“{query}” | {} 条，命中 {found} | {time} 毫秒 | ≤ 5 毫秒 | 仅编码与汉字的子串扫描 {scan} 毫秒 |",
            terms.len()
        );
    }
    Ok(())
}

fn micros(time: Duration) -> String {
    format!("{}.{:02}", time.as_micros() / 1000, time.as_micros() % 1000 / 10)
}
