//! `dipper demo`: the engines on a synthetic month of a sample city, as a page to read in a terminal.

use crate::{Engine, pack_dir};
use clap::Args;
use grouper::{Grouping, SchemeOptions, Scratch, Ungrouped};
use hospital::CaseMix;
use model::{Case, Coded, Fen};
use policy::{Kind, Policy};
use settle::{Ask, Priced};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// 演示：用样例市政策对合成病例分组计价
#[derive(Args)]
pub(crate) struct DemoArgs {
    /// 政策包文件夹，或内置政策包名（sample/2025、zhongshan/2025）
    #[arg(long, value_name = "DIR", default_value = "sample/2025")]
    pack: PathBuf,
    /// 合成病例数
    #[arg(long, default_value_t = 5000)]
    cases: usize,
    /// 随机种子
    #[arg(long, default_value_t = 2025)]
    seed: u64,
}

/// Totals of a group.
#[derive(Default)]
struct GroupTotal {
    cases: u32,
    surplus: Fen,
}

impl DemoArgs {
    /// Prints the page.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let engine = Engine::new(pack_dir::load(&self.pack)?);
        let policy = engine.policy();
        println!("{}（{}）", policy.identity.name, policy.identity.status.chinese());
        println!(
            "  病种 {} 个，有效期 {} 至 {}",
            policy.groups.len(),
            policy.identity.effective_from,
            policy.identity.effective_to
        );
        println!("  {}\n", policy.hash);

        let mut scratch = Scratch::default();
        let mut month = Month::default();
        let mut cases: Vec<Case> = CaseMix::new(policy, self.seed).take(self.cases).collect();
        spoil(&mut cases);
        for case in &cases {
            let grouping = engine.grouper.group(case, &mut scratch);
            let priced = grouping.group().map(|group| engine.pricer.price(case, group, &Ask::default()));
            month.add(policy, case, grouping, priced.as_ref());
        }
        month.print(policy, cases.len());
        if let Some(case) = cases.iter().find(|case| case.procedures.len() > 1) {
            explain(&engine, case);
        }
        Ok(())
    }
}

/// A few records as they should not be, so that the page shows what happens to them.
fn spoil(cases: &mut [Case]) {
    for (at, case) in cases.iter_mut().enumerate() {
        match at % 500 {
            101 => case.principal_diagnosis = Coded::default(),
            202 => case.principal_diagnosis = Coded::diagnosis("Z00.000"),
            303 => case.discharged = None,
            _ => {}
        }
    }
}

#[derive(Default)]
struct Month {
    kinds: BTreeMap<Kind, u32>,
    reasons: BTreeMap<Ungrouped, u32>,
    bands: BTreeMap<u8, u32>,
    groups: BTreeMap<usize, GroupTotal>,
    insurer_cost: Fen,
    payment: Fen,
    surplus: Fen,
    unconfirmed: u32,
}

impl Month {
    fn add(&mut self, policy: &Policy, case: &Case, grouping: Grouping, priced: Option<&Priced>) {
        let (Some(group), Some(priced)) = (grouping.group(), priced) else {
            if let Grouping::Ungrouped(reason) = grouping {
                *self.reasons.entry(reason).or_default() += 1;
            }
            return;
        };
        let kind = policy.groups.get(group).map_or(Kind::Core, |group| group.kind);
        *self.kinds.entry(kind).or_default() += 1;
        if let Some(band) = priced.band {
            *self.bands.entry(band).or_default() += 1;
        }
        self.unconfirmed += u32::from(!priced.confirmed);
        if let (Some(payment), Some(surplus)) = (priced.payment, priced.surplus) {
            self.insurer_cost += case.insurer_cost.unwrap_or_default();
            self.payment += payment;
            self.surplus += surplus;
            let total = self.groups.entry(group).or_default();
            total.cases += 1;
            total.surplus += surplus;
        }
    }

    fn print(&self, policy: &Policy, cases: usize) {
        let grouped: u32 = self.kinds.values().sum();
        println!("一个月的合成病例 {cases} 例，入组 {grouped} 例（{}）", share(grouped, cases));
        for (kind, count) in &self.kinds {
            println!("  {:<6}{count:>7} 例  {:>7}", kind.chinese(), share(*count, cases));
        }
        for (reason, count) in &self.reasons {
            println!("  未入组：{} {count} 例", reason.chinese());
        }
        println!(
            "\n医保费用 {} 元，分值费用 {} 元，结余 {} 元",
            self.insurer_cost, self.payment, self.surplus
        );
        if self.unconfirmed > 0 {
            println!("其中 {} 例用到未确认参数（UNCONFIRMED），仅供测算", self.unconfirmed);
        }
        println!("\n基准率区间");
        for (band, count) in &self.bands {
            let label = policy.scoring.bands.labels.get(usize::from(*band)).map_or("", String::as_str);
            println!("  {label:<10}{count:>7} 例  {:>7}", share(*count, grouped as usize));
        }
        // Per case, among groups with at least 10 cases: rare groups would lead by chance.
        let mut ranked: Vec<(&usize, &GroupTotal)> =
            self.groups.iter().filter(|(_, total)| total.cases >= 10).collect();
        ranked.sort_by_key(|(_, total)| total.surplus.0 / i64::from(total.cases));
        println!("\n次均结余最低与最高的病种（至少 10 例）");
        let last = ranked.len().saturating_sub(5);
        for (group, total) in ranked.iter().take(5).chain(ranked.get(last..).unwrap_or(&[])) {
            if let Some(group) = policy.groups.get(**group) {
                let mean = Fen(total.surplus.0 / i64::from(total.cases)).to_string();
                println!("  {mean:>12} 元  {:>4} 例  {} {}", total.cases, group.code, group.name);
            }
        }
    }
}

/// One case from codes to money.
fn explain(engine: &Engine, case: &Case) {
    println!("\n一例病例的入组与计价过程（病例 {}）", case.id);
    let explanation = engine.grouper.explain(case);
    for step in explanation.steps() {
        println!("  {}", step.text);
    }
    if let Some(group) = explanation.grouping.group() {
        for step in engine.pricer.explain(case, group, &Ask::default()) {
            println!("  {}", step.sentence(engine.policy()));
        }
    }
    println!("\n可选方案（只用病历已有的诊断与操作）");
    for scheme in engine.grouper.schemes(case, SchemeOptions::default()) {
        if let Some(group) = engine.policy().groups.get(scheme.group) {
            let priced = engine.pricer.price(case, scheme.group, &Ask::default());
            let money = priced.surplus.map_or("—".to_owned(), |surplus| surplus.to_string());
            let mark = if scheme.first_choice { "首选" } else { "" };
            println!("  {:>12} 分  结余 {money:>12} 元  {} {} {mark}", group.points, group.code, group.name);
        }
    }
}

/// A percentage with two digits, `—` of nothing.
fn share(part: u32, whole: usize) -> String {
    let basis = (u64::from(part) * 1_000_000).checked_div(whole as u64);
    basis.map_or("—".to_owned(), |basis| {
        format!("{}.{:02}%", (basis + 50) / 10_000, (basis + 50) % 10_000 / 100)
    })
}
