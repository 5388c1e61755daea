//! `dipper sync log`: what collections did.

use super::run::table;
use crate::hospital_clock;
use crate::installation::InstallationArgs;
use crate::report::print;
use clap::Args;
use store::{RunBy, RunFilter};

#[derive(Args)]
pub(crate) struct LogArgs {
    #[command(flatten)]
    installation: InstallationArgs,
    /// 只看这个任务（数据源/任务）
    #[arg(long)]
    task: Option<String>,
    /// 最近多少次
    #[arg(long, default_value_t = 30)]
    last: i64,
    /// 某次运行的详情与拒收的行
    #[arg(long, value_name = "编号")]
    run: Option<i64>,
    /// 统计最近多少天，按任务汇总
    #[arg(long, value_name = "天")]
    days: Option<i64>,
}

impl LogArgs {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let installation = self.installation.open()?;
        if let Some(days) = self.days {
            return totals(&installation, days);
        }
        let Some(run) = self.run else {
            return print(&table(&installation.store.runs(self.task.as_deref(), self.last)?));
        };
        let of = installation.store.run(run)?;
        let mut text = table(std::slice::from_ref(&of));
        text.push_str(&format!(
            "开始 {}，结束 {}，起点 {}，读到 {}，对照包 {}\n",
            hospital_clock::show(Some(of.started_at)),
            hospital_clock::show(of.ended_at),
            hospital_clock::show(of.from_watermark),
            hospital_clock::show(of.to_watermark),
            of.mapping
        ));
        for reject in installation.store.rejects(run, self.last.max(1))? {
            text.push_str(&format!(
                "第 {} 行（{}）{}：{}；{}\n    {}\n",
                reject.row_number, reject.key, reject.field, reject.reason, reject.remedy, reject.raw
            ));
        }
        print(&text)
    }
}

fn totals(installation: &crate::installation::Installation, days: i64) -> anyhow::Result<()> {
    let now = installation.now();
    let mut text = format!(
        "最近 {days} 天\n任务                          运行    失败      读取      新增      修改    拒收    删除\n"
    );
    let from = Some(now - days.saturating_mul(86_400));
    for totals in installation.store.run_counts(&RunFilter { from, ..RunFilter::default() }, RunBy::Task)? {
        text.push_str(&format!(
            "{:<28}  {:>4}  {:>6}  {:>8}  {:>8}  {:>8}  {:>6}  {:>6}\n",
            totals.key,
            totals.runs,
            totals.failed,
            totals.read,
            totals.inserted,
            totals.updated,
            totals.rejected,
            totals.tombstoned
        ));
    }
    print(&text)
}
