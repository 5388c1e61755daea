//! `dipper regroup`: a new pack over the discharges it applies to, beside the old results.

use crate::installation::{Installation, InstallationArgs};
use crate::long_work::LongWork;
use crate::report::print;
use crate::{hospital_clock, pack_dir};
use anyhow::{Context, bail};
use clap::Args;
use jiff::civil::Date;
use model::{DataScope, Viewer};
use std::path::PathBuf;
use store::{Comparison, ComputeCause, ComputeState, Difference, DifferenceBy};
use sync::{PackSet, RegroupScope};

#[derive(Args)]
pub(crate) struct RegroupArgs {
    #[command(flatten)]
    installation: InstallationArgs,
    /// 政策包文件夹或内置政策包名，可多个（各管各的日期）；不写则用在用的政策包
    #[arg(long, value_name = "DIR")]
    pack: Vec<PathBuf>,
    /// 出院日期起（含）；不写则用政策包的有效期
    #[arg(long, value_name = "日期")]
    from: Option<Date>,
    /// 出院日期止（含）
    #[arg(long, value_name = "日期")]
    to: Option<Date>,
    /// 完成后与现行结果比较：按科室、病种、病例
    #[arg(long)]
    compare: bool,
    /// 完成后发布：成为现行结果，政策包启用
    #[arg(long)]
    publish: bool,
    /// 继续上次中断的重算
    #[arg(long, conflicts_with_all = ["pack", "from", "to"])]
    resume: bool,
    /// 发布一个已完成的重算
    #[arg(long, value_name = "批次", conflicts_with_all = ["pack", "from", "to", "resume"])]
    publish_run: Option<i64>,
    /// 列出最近的计算批次
    #[arg(long, conflicts_with_all = ["pack", "from", "to", "resume", "publish_run"])]
    list: bool,
    /// 比较时最多列出多少例病例
    #[arg(long, default_value_t = 20)]
    cases: i64,
}

impl RegroupArgs {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let installation = self.installation.open()?;
        if self.list {
            return list(&installation);
        }
        let _lock = installation.store.lock_collection()?;
        let store = &installation.store;
        if let Some(run) = self.publish_run {
            return publish(&installation, run);
        }
        let runs = if self.resume {
            store.unfinished_regroups()?.iter().map(|run| run.id).collect()
        } else {
            // What waits for computing first, so that every case is the record's latest.
            let mut work = LongWork::begin();
            installation.compute(&mut work)?;
            work.end();
            vec![self.begin(&installation)?]
        };
        if runs.is_empty() {
            bail!("没有中断的重算");
        }
        for run in runs {
            let of = store.compute_run(run)?;
            let packs = PackSet::of(store, &of.packs, &installation.rules)?;
            let mut work = LongWork::begin();
            let now = installation.now();
            let today = hospital_clock::today(now);
            sync::continue_regroup(store, &packs, run, today, now, &mut work)
                .with_context(|| format!("计算批次 {run} 没有算完；用 dipper regroup --resume 继续"))?;
            work.end();
            let done = store.compute_run(run)?.done;
            print(&format!("计算批次 {run}：{done} 例，已完成，与现行结果并存\n"))?;
            if self.compare {
                compare(&installation, run, self.cases)?;
            }
            if self.publish {
                publish(&installation, run)?;
            }
        }
        Ok(())
    }

    /// Keeps the packs and begins the run.
    fn begin(&self, installation: &Installation) -> anyhow::Result<i64> {
        let store = &installation.store;
        let now = installation.now();
        let packs = if self.pack.is_empty() {
            PackSet::in_force(store, &installation.rules)?
        } else {
            let mut ids = Vec::new();
            for dir in &self.pack {
                ids.push(sync::add_pack(store, &pack_dir::read(dir)?, now)?);
            }
            PackSet::of(store, &ids, &installation.rules)?
        };
        let (first, last) = packs.dates();
        let scope =
            RegroupScope { from: Some(self.from.unwrap_or(first)), to: Some(self.to.unwrap_or(last)) };
        if scope.from > scope.to {
            bail!("出院日期起 {} 晚于止 {}", self.from.unwrap_or(first), self.to.unwrap_or(last));
        }
        Ok(sync::begin_regroup(store, &packs, &scope, now)?)
    }
}

fn publish(installation: &Installation, run: i64) -> anyhow::Result<()> {
    installation.store.publish(run, installation.now())?;
    let mut work = LongWork::begin();
    installation.compute_and_refresh(&mut work)?;
    work.end();
    print(&format!("计算批次 {run} 已发布：成为现行结果，政策包启用\n"))
}

fn list(installation: &Installation) -> anyhow::Result<()> {
    let mut text = String::from("批次    原因      状态      病例            开始                 政策包\n");
    for run in installation.store.compute_runs(30)? {
        let cause = if run.cause == ComputeCause::Sync { "数据变化" } else { "重新计算" };
        let packs: Vec<String> = run.packs.iter().map(i64::to_string).collect();
        text.push_str(&format!(
            "{:<6}  {cause}  {}  {}/{}  {}  {}\n",
            run.id,
            run.state.chinese(),
            run.done,
            run.total,
            hospital_clock::show(Some(run.started_at)),
            packs.join("、")
        ));
    }
    print(&text)
}

/// Compares a run with the results that are current now, by department, group and case.
fn compare(installation: &Installation, run: i64, cases: i64) -> anyhow::Result<()> {
    let store = &installation.store;
    if store.compute_run(run)?.state == ComputeState::Published {
        return print("这个批次已是现行结果\n");
    }
    // Whoever may run the program on the server sees the whole hospital.
    let operator = Viewer { scope: DataScope::Hospital, ..Viewer::default() };
    let mut text = String::new();
    for (by, title, limit) in [
        (DifferenceBy::Department, "按出院科室", i64::from(i32::MAX)),
        (DifferenceBy::Group, "按病种（结余变化最大的）", i64::from(i32::MAX)),
        (DifferenceBy::Case, "按病例（结余变化最大的）", cases),
    ] {
        let mut lines = store.compare(&operator, &Comparison::with_current(run), by, (limit, 0))?;
        let all = lines.len();
        lines.retain(|line| line.reason != "无变化");
        let unchanged = all - lines.len();
        if by == DifferenceBy::Group {
            lines.sort_by_key(|line| -(line.surplus_after - line.surplus_before).abs());
            lines.truncate(usize::try_from(cases).unwrap_or_default());
        }
        text.push_str(&format!("\n{title}\n      例数  改组      得分前        得分后      结余前（元）    结余后（元）    结余变化（元）  原因 / 名称\n"));
        lines.iter().for_each(|line| text.push_str(&row(line)));
        if unchanged > 0 {
            text.push_str(&format!("  另有 {unchanged} 项没有变化\n"));
        }
    }
    print(&text)
}

fn row(line: &Difference) -> String {
    let yuan = |fen: i64| model::Fen(fen).to_string();
    let points = |millionths: i64| rust_decimal::Decimal::new(millionths, 6).round_dp(2).to_string();
    format!(
        "  {:>8}  {:>4}  {:>12}  {:>12}  {:>14}  {:>14}  {:>14}  {}  {} {}\n",
        line.cases,
        line.regrouped,
        points(line.points_before),
        points(line.points_after),
        yuan(line.surplus_before),
        yuan(line.surplus_after),
        yuan(line.surplus_after - line.surplus_before),
        line.reason,
        if line.key.is_empty() { "未入组" } else { &line.key },
        line.name
    )
}
